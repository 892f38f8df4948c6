"""Walking chains: digests are fetched ahead, taken in order, and followed to other buckets and prefixes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import merge
from itertools import groupby
from typing import TypeAlias

from attrs import evolve, frozen

from trailsdk.errors import SourceError
from trailsdk.integrity.chain import Chain, NamedLog
from trailsdk.integrity.coverage import Coverage
from trailsdk.integrity.fetch import fetch_link, fetch_listed, holder_of, place_of, uri_of
from trailsdk.integrity.keyring import Keys
from trailsdk.integrity.listing import list_folder
from trailsdk.integrity.procedure import FetchedDigest, Link
from trailsdk.integrity.scope import DigestRef, Ends, Folder, ListedChain, Root, Scope, chain_of, folder_of
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Verdict
from trailsdk.sources.window import Window, ahead

__all__ = ["Walked", "Walker", "named_uri"]

_IN_MEMORY = 12
"""How many times its stored bytes a decoded digest takes."""

_Fetched: TypeAlias = "tuple[DigestRef, FetchedDigest]"


@frozen(eq=False)
class Walked:
    """What came out of one step over a chain, and where that was."""

    outcome: Verdict | Finding | NamedLog | Coverage
    root: Root
    """The bucket of the digest at hand."""
    key: str = ""
    """Its key; empty at the end of a chain."""
    holder: Root | SourceError | None = None
    """Of a log file that a valid digest names: where it is, or why one cannot get there."""


class Walker:
    """Walks chains.

    Args:
        roots: Where to look.
        scope: What is asked for.
        keys: Public keys.
        pool: Threads for fetching digests.
        number: How many digests are fetched at once.
    """

    def __init__(self, roots: Sequence[Root], scope: Scope, keys: Keys, pool: ThreadPoolExecutor, number: int) -> None:
        self.folders: defaultdict[tuple[str, str], list[Folder]] = defaultdict(list)
        """The digest folders of each account and Region: those that were listed, and those that others led to."""
        self._roots, self._scope, self._keys, self._pool, self._number = roots, scope, keys, pool, number
        self._taken: set[tuple[str, str, ChainId]] = set()
        """Parts of chains that are walked: store, folder, chain."""
        self._later: list[ListedChain] = []
        """Chains that were met in folders which others led to."""

    def take(self, ends: Ends) -> bool:
        """Take a part of a chain for walking, unless it is taken already: locations may overlap."""
        return self._take(ends.folder, ends.chain)

    def _take(self, folder: Folder, chain: ChainId) -> bool:
        part = folder.root.store.location, str(folder.position), chain
        if part in self._taken:
            return False
        self._taken.add(part)
        known = self.folders[chain.account_id, chain.region]
        if all((each.root.store.location, str(each.position)) != part[:2] for each in known):
            known.append(folder)
        return True

    def walk(self, chains: Iterable[ListedChain]) -> Iterator[tuple[ListedChain, Iterator[Walked]]]:
        """Walk chains, one after the other. Each is to be gone through before the next is asked for.

        Chains that are met on the way, in folders which others lead to, come right after these.
        """
        ordered = list(chains)
        together = groupby(
            self._fetched(ref for each in ordered for ref in each.refs()), key=lambda pair: pair[0].chain
        )
        for listed, (_, group) in zip(ordered, together, strict=True):
            yield listed, self._walk(listed, group)
            while self._later:
                found = self._later.pop(0)
                if self.take(found.parts[0]):
                    yield found, self._walk(found, self._fetched(found.refs()))

    def _fetched(self, refs: Iterator[DigestRef]) -> Iterator[_Fetched]:
        """Fetch digests ahead, in their order."""
        window = Window(number=self._number, size=64 * 1024 * 1024)
        for done in ahead(refs, _fetch, self._pool, window, size=lambda ref: _IN_MEMORY * ref.size):
            yield done.item, done.result()

    def _walk(self, listed: ListedChain, group: Iterator[_Fetched]) -> Iterator[Walked]:
        """Walk one chain, from its newest digest to its oldest, and follow it to other buckets and prefixes."""
        root = listed.parts[0].folder.root
        find_key = partial(self._keys.find, listed.chain.region)
        fold = Chain(listed.chain, self._scope.span, find_key, partial(uri_of, root))
        upcoming = next(group, None)
        while True:
            link = fold.wanted(None if upcoming is None else upcoming[0].name.end_time)
            if link is not None:
                home = holder_of(root, self._roots, link.bucket, link.key)
                elsewhere = self._elsewhere(home, link, listed.chain)
                if isinstance(elsewhere, Finding):
                    yield Walked(elsewhere, root)
                elif elsewhere is not None:
                    waiting = group if upcoming is None else _before(upcoming, group)
                    group = merge(waiting, elsewhere, key=lambda pair: pair[0].name.end_time, reverse=True)
                    upcoming = next(group, None)
                    continue
                there = place_of(home, link.bucket)
                place, digest = there if isinstance(there, Root) else home, fetch_link(home, link)
            elif upcoming is not None:
                place, digest = upcoming[0].root, upcoming[1]
                upcoming = next(group, None)
            else:
                break
            for outcome in fold.take(digest):
                holder = self._holder(place, outcome) if isinstance(outcome, NamedLog) else None
                yield Walked(outcome, place, digest.key, holder)
        for last in fold.finish():
            yield Walked(last, root)

    def _holder(self, root: Root, log: NamedLog) -> Root | SourceError:
        """Tell where a log file is."""
        bucket, key = log.file.s3_bucket or "", log.file.s3_object or ""
        return place_of(holder_of(root, self._roots, bucket, key), bucket)

    def _elsewhere(self, root: Root, link: Link, chain: ChainId) -> Iterator[_Fetched] | Finding | None:
        """List the folder that a link leads to, where it is another one than those that were listed."""
        there = place_of(root, link.bucket)
        if link.name is None or chain_of(link.name) != chain or isinstance(there, SourceError) or there.is_copy:
            return None
        folder = folder_of(there, link.name)
        if not self._take(folder, chain):
            return None
        listed = list_folder(folder, self._scope, link.name.end_time)
        refused = next((each for each in listed.findings if each.code is FindingCode.NOT_LISTED), None)
        if refused is not None:
            return evolve(refused, chain=chain)
        # Backfill digests are on a chain of their own, which may not have moved with the trail.
        self._later += [
            ListedChain(each, [ends])
            for each, ends in listed.chains.items()
            if evolve(each, backfill=False) == chain != each
        ]
        return self._fetched(ListedChain(chain, [listed.chains[chain]]).refs()) if chain in listed.chains else None


def named_uri(walked: Walked) -> str | None:
    """Name the log file that a step was about, if it was about one, whether its digest is believed or not."""
    outcome = walked.outcome
    if isinstance(outcome, NamedLog):
        root = walked.holder if isinstance(walked.holder, Root) else walked.root
        return uri_of(root, outcome.file.s3_bucket or "", outcome.file.s3_object or "")
    return outcome.uri if isinstance(outcome, Verdict) and outcome.kind == "log" else None


def _fetch(ref: DigestRef) -> FetchedDigest:
    """Fetch and decode a digest. In a thread."""
    return fetch_listed(ref)


def _before(first: _Fetched, others: Iterator[_Fetched]) -> Iterator[_Fetched]:
    yield first
    yield from others
