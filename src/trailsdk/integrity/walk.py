"""Walking chains: digests are fetched ahead, taken in order, and followed to other buckets and prefixes."""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from attrs import evolve, frozen

from trailsdk.errors import FileError, SourceError
from trailsdk.integrity.chain import Chain, NamedLog, Span
from trailsdk.integrity.checks import Checks
from trailsdk.integrity.coverage import Coverage
from trailsdk.integrity.fetch import fetch_link, fetch_listed, holder_of, place_of, uri_of
from trailsdk.integrity.keyring import Keys
from trailsdk.integrity.listing import list_folder
from trailsdk.integrity.procedure import FetchedDigest, Link
from trailsdk.integrity.recorder import Earlier, Proof, Recorder
from trailsdk.integrity.scope import DigestRef, Ends, Folder, Listed, ListedChain, Root, Scope, chain_of, folder_of
from trailsdk.integrity.state import ProvedDigest, Segment
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Verdict
from trailsdk.model.key_tree import DIGEST_FOLDER, KeyPrefix
from trailsdk.model.times import parse_time
from trailsdk.sources.folder_store import FolderStore
from trailsdk.sources.window import Window, ahead

__all__ = ["Walked", "Walker", "listed_ends", "location_of", "location_of_prefix", "named_uri"]

_IN_MEMORY = 12
"""How many times its stored bytes a decoded digest takes."""

_Fetched: TypeAlias = tuple[DigestRef, FetchedDigest]


@frozen(eq=False)
class Walked:
    """What came out of one step over a chain, and where that was."""

    outcome: Verdict | Finding | NamedLog | Coverage | Proof | Earlier
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
        recorder: Knows what was proved earlier, and is told what is; `None` where nothing is kept.
        checks: What plugins add.
    """

    def __init__(
        self,
        roots: Sequence[Root],
        scope: Scope,
        keys: Keys,
        pool: ThreadPoolExecutor,
        number: int,
        recorder: Recorder | None = None,
        checks: Checks = Checks(),  # noqa: B008 (frozen)
    ) -> None:
        self.folders: defaultdict[tuple[str, str], list[Folder]] = defaultdict(list)
        """The digest folders of each account and Region: those that were listed, and those that others led to."""
        self._roots, self._scope, self._keys, self._pool, self._number = roots, scope, keys, pool, number
        self._recorder, self._checks = recorder, checks
        self._said: list[Finding] = []
        """What checks say of objects in folders which others led to, and is not told yet."""
        self._taken: set[tuple[str, str, ChainId]] = set()
        """Parts of chains that are walked: store, folder, chain."""
        self._later: list[ListedChain] = []
        """Chains that were met in folders which others led to."""

    def take(self, ends: Ends) -> bool:
        """Take a part of a chain for walking, unless it is taken already: locations may overlap."""
        return self._take(ends.folder, ends.chain)

    def take_listed(self, listed: Listed, chains: dict[ChainId, ListedChain]) -> None:
        """Take all that a folder holds, and put it together with what others hold of the same chains.

        Args:
            listed: What the folder holds.
            chains: To which it is added.
        """
        for chain, ends in listed.chains.items():
            if self.take(ends):
                chains.setdefault(chain, ListedChain(chain)).parts.append(ends)

    def _take(self, folder: Folder, chain: ChainId) -> bool:
        part = folder.root.store.location, str(folder.position), chain
        if part in self._taken:
            return False
        self._taken.add(part)
        known = self.folders[chain.account_id, chain.region]
        if all((each.root.store.location, str(each.position)) != part[:2] for each in known):
            known.append(folder)
        return True

    def chains_beside(self, logs: Folder) -> frozenset[ChainId]:
        """Give the chains whose digests lie beside a folder of log files: with the same prefix, in the same store."""
        place = logs.root.store.location, str(evolve(logs.position, folder=DIGEST_FOLDER))
        return frozenset(chain for *part, chain in self._taken if tuple(part) == place)

    def walk(self, chains: Iterable[ListedChain]) -> Iterator[tuple[ListedChain, Iterator[Walked]]]:
        """Walk chains, one after the other. Each is to be gone through before the next is asked for.

        Chains that are met on the way, in folders which others lead to, come right after these.
        """
        ordered = list(chains)
        refs = (ref for each in ordered for ref in self._refs(each))
        together = groupby(self._fetched(refs), key=lambda pair: pair[0].chain)
        for listed, (_, group) in zip(ordered, together, strict=True):
            yield listed, self._walk(listed, group)
            while self._later:
                found = self._later.pop(0)
                if self.take(found.parts[0]):
                    yield found, self._walk(found, self._fetched(self._refs(found)))

    def _refs(self, listed: ListedChain) -> Iterator[DigestRef]:
        """Give the digests of a chain; of a run that was proved earlier only the newest."""
        if self._recorder is None or listed.chain.backfill:
            return listed.refs()
        return listed.refs(_earlier(listed, self._recorder, self._scope.span))

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
                yield from self._told(root)
                if isinstance(elsewhere, Finding):
                    yield Walked(elsewhere, root)
                elif elsewhere is not None:
                    group = _merged(upcoming, group, elsewhere)
                    upcoming = next(group, None)
                    continue
                there = place_of(home, link.bucket)
                place, digest = there if isinstance(there, Root) else home, fetch_link(home, link)
            elif upcoming is not None:
                ref, digest = upcoming
                place, upcoming = ref.root, next(group, None)
                if ref.segment is not None and ref.within is not None:
                    steps = _pass_over(fold, ref, ref.segment)
                    if steps is None:
                        group = _merged(upcoming, group, self._fetched(ref.within()))
                        upcoming = next(group, None)
                    else:
                        yield from steps
                    continue
            else:
                break
            yield from self._take_digest(fold, place, digest)
        for last in fold.finish():
            yield Walked(last, root)

    def _take_digest(self, fold: Chain, place: Root, digest: FetchedDigest) -> Iterator[Walked]:
        """Let the fold take a digest."""
        signature = fold.recorded_signature(digest)
        for outcome in fold.take(digest):
            holder = self._holder(place, outcome) if isinstance(outcome, NamedLog) else None
            yield Walked(outcome, place, digest.key, holder)
            if isinstance(outcome, Verdict) and outcome.kind == "digest":
                proof = None if self._recorder is None else _proof(outcome, place, digest, signature)
                if proof is not None:
                    yield Walked(proof, place, digest.key)
                if self._checks.checks and digest.digest is not None:
                    for finding in self._checks.of_digest(outcome, digest.digest):
                        yield Walked(finding, place, digest.key)

    def _told(self, root: Root) -> Iterator[Walked]:
        """Tell what checks said of objects."""
        said, self._said = self._said, []
        for each in said:
            yield Walked(each, root)

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
        listed = list_folder(folder, self._scope, link.name.end_time, self._checks.of_object)
        self._said += listed.said
        refused = next((each for each in listed.findings if each.code is FindingCode.NOT_LISTED), None)
        if refused is not None:
            return evolve(refused, chain=chain)
        # Backfill digests are on a chain of their own, which may not have moved with the trail.
        self._later += [
            ListedChain(each, [ends])
            for each, ends in listed.chains.items()
            if evolve(each, backfill=False) == chain != each
        ]
        return self._fetched(self._refs(ListedChain(chain, [listed.chains[chain]]))) if chain in listed.chains else None


def location_of(root: Root, position: KeyPrefix) -> str:
    """Name a digest folder for a state: a local one by its real path, wherever it was named from."""
    return f"{_store_of(root)} {evolve(position, year=None, month=None, day=None)}"


def location_of_prefix(root: Root) -> str:
    """Give the begin of the names of all digest folders of a location."""
    return f"{_store_of(root)} {root.prefix}"


def _store_of(root: Root) -> str:
    location = root.store.location
    return str(Path(location).resolve()) if isinstance(root.store, FolderStore) else location


def _earlier(listed: ListedChain, recorder: Recorder, span: Span) -> dict[int, Segment]:
    """Choose the runs that were proved earlier, and of which each digest is still there and no other has come.

    Args:
        listed: What is there.
        recorder: Knows them.
        span: The asked time. A run that reaches behind it serves another time.
    """
    found = {}
    for segment in recorder.earlier.segments.get(listed.chain, ()):
        parts = {
            location_of(part.folder.root, part.folder.position): ends
            for part in listed.parts
            if (ends := _within(part.times, segment.first_end, segment.last_end))
        }
        if not parts or (span.until is not None and segment.last_end > span.until.timestamp()):
            continue
        recorder.consider(segment)
        # One that is gone, one that came since, and one of the same time in another folder are to be looked at.
        if parts == {segment.location: listed_ends(segment, span)}:
            found[segment.last_end] = segment
    return found


def listed_ends(segment: Segment, span: Span) -> "array[int]":
    """Give when those digests of a run end that a listing for the asked time has, in seconds since 1970."""
    first = 0 if span.listed_from is None else int(span.listed_from.timestamp()) + 1
    return _within(segment.ends, first, None if span.until is None else int(span.until.timestamp()))


def _within(times: "array[int]", first: int, last: int | None) -> "array[int]":
    """Cut out of times, which are in order, those from the first to the last."""
    return times[bisect_left(times, first) : None if last is None else bisect_right(times, last)]


def _pass_over(fold: Chain, ref: DigestRef, segment: Segment) -> Iterator[Walked] | None:
    """Pass over a run that was proved earlier; `None` where that is not to be believed."""
    try:
        newest, oldest = segment.newest.fetched(), segment.oldest.fetched()
    except FileError:
        return None
    if newest.key != ref.key or not fold.is_proved(newest, oldest):
        return None
    return _passed_over(fold, ref, segment, newest, oldest)


def _passed_over(
    fold: Chain, ref: DigestRef, segment: Segment, newest: FetchedDigest, oldest: FetchedDigest
) -> Iterator[Walked]:
    yield Walked(Earlier(ref.chain, segment), ref.root)
    for finding in fold.pass_over(newest, oldest):
        yield Walked(finding, ref.root)
    first, last = segment.first_proved, segment.last_proved
    when = f"{first:%Y-%m-%dT%H:%M:%SZ}" + (f" to {last:%Y-%m-%dT%H:%M:%SZ}" if first != last else "")
    finding = Finding(
        code=FindingCode.PROVED_EARLIER,
        chain=ref.chain,
        start=parse_time(segment.oldest.document["digestStartTime"] or ""),
        end=datetime.fromtimestamp(segment.last_end, UTC),
        files=len(segment.ends) + segment.logs,
        detail=f"proved {when}",
    )
    yield Walked(finding, ref.root)


def _proof(verdict: Verdict, root: Root, fetched: FetchedDigest, signature: str | None) -> Proof | None:
    """Keep what is to be remembered of a digest; nothing of backfill digests and of copies at another place."""
    if verdict.verdict != "valid" or verdict.backfill or fetched.copy_of is not None:
        return None
    if fetched.digest is None or fetched.name is None or signature is None:
        return None
    digest = ProvedDigest.of(fetched, fetched.digest, signature)
    keys = tuple(each.s3_object or "" for each in fetched.digest.log_files)
    return Proof(verdict.chain, location_of(root, fetched.name.directory), digest, fetched.name.end_time, keys)


def named_uri(walked: Walked) -> str | None:
    """Name the log file that a step was about, if it was about one, whether its digest is believed or not."""
    outcome = walked.outcome
    if isinstance(outcome, NamedLog):
        root = walked.holder if isinstance(walked.holder, Root) else walked.root
        return uri_of(root, outcome.file.s3_bucket or "", outcome.file.s3_object or "")
    return outcome.uri if isinstance(outcome, Verdict) and outcome.kind == "log" else None


def _fetch(ref: DigestRef) -> FetchedDigest:
    """Fetch and decode a digest. In a thread."""
    if ref.segment is not None:
        # Its newest digest is at hand.
        return FetchedDigest(uri=ref.root.store.uri(ref.key), bucket=ref.root.bucket, key=ref.key, name=ref.name)
    return fetch_listed(ref)


def _before(first: _Fetched, others: Iterator[_Fetched]) -> Iterator[_Fetched]:
    yield first
    yield from others


def _merged(upcoming: _Fetched | None, group: Iterator[_Fetched], more: Iterator[_Fetched]) -> Iterator[_Fetched]:
    """Put further digests among those that are still to come, the newest first."""
    waiting = group if upcoming is None else _before(upcoming, group)
    return merge(waiting, more, key=lambda pair: pair[0].name.end_time, reverse=True)
