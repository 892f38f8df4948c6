"""Verifies: lists, fetches ahead what the chains ask for, and gives verdicts in the order of the chains.

```text
folders --list, in parallel--> chains --digests ahead, in threads--> Chain, in order
    --log files ahead, in threads--> verdicts
```

Whoever takes the verdicts drives it: nothing runs away, and memory does not grow with the number of log files.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from heapq import merge
from itertools import groupby
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from trailsdk.errors import SourceError
from trailsdk.integrity.chain import Chain, NamedLog
from trailsdk.integrity.copies import Copies
from trailsdk.integrity.fetch import fetch_digest, fetch_link, place_of, uri_of
from trailsdk.integrity.keyring import KeyRing
from trailsdk.integrity.listing import find_folders, list_folder
from trailsdk.integrity.logs import check_log
from trailsdk.integrity.procedure import FetchedDigest, Link
from trailsdk.integrity.scope import (
    DigestRef,
    Ends,
    Folder,
    Listed,
    ListedChain,
    Root,
    Scope,
    chain_of,
    folder_of,
)
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Reason, Verdict
from trailsdk.sources.store import ObjectStore
from trailsdk.sources.window import Window, ahead, threads

__all__ = ["Result", "Verifier"]

Result: TypeAlias = Verdict | Finding

_IN_MEMORY = 12
"""How many times its stored bytes a decoded digest takes."""

_BATCH = 4
"""Log files that one thread checks one after the other, so that handing them out costs less."""

_MOST_HELD = 1000
"""Log files of a chain with another hash, of which it is found out whether they are copies; and results that wait."""


@frozen(eq=False)
class _Log:
    """A log file that is to be checked."""

    log: NamedLog
    store: ObjectStore
    uri: str


@define(eq=False)
class _End:
    """The end of a chain."""

    copies: Copies[tuple[Root, str]]


_Step: TypeAlias = Result | _Log | _End


@define(eq=False)
class Verifier:
    """One verification.

    Args:
        roots: Where to look.
        scope: What is asked for.
        keys: Public keys.
        number: How many objects are fetched at once.
    """

    roots: tuple[Root, ...]
    scope: Scope
    keys: KeyRing
    number: int = 32
    _later: list[ListedChain] = field(factory=list, init=False)
    """Chains that were met in folders which others led to."""
    _taken: set[tuple[str, str, ChainId]] = field(factory=set, init=False)
    """Parts of chains that are walked: store, folder, chain."""
    _pool: ThreadPoolExecutor = field(init=False)
    _log_pool: ThreadPoolExecutor = field(init=False)

    def results(self) -> Iterator[Result]:
        """Give all verdicts and findings: chain by chain, each from its newest digest to its oldest."""
        with ExitStack() as stack:
            self._pool = stack.enter_context(threads(self.number, "trailsdk-digests"))
            self._log_pool = stack.enter_context(threads(self.number, "trailsdk-logs"))
            window = Window(number=2 * self.number // _BATCH + 2)
            held = _Held()
            for done in ahead(_batches(self._steps()), _check, self._log_pool, window):
                for result, found in done.result():
                    if isinstance(result, _End):
                        yield from held.release(self._names(held.hashes, result.copies))
                    else:
                        yield from held.pass_on(result, found)

    def _steps(self) -> Iterator[_Step]:
        """Walk all chains."""
        chains: dict[ChainId, ListedChain] = {}
        for listed in self._list():
            if isinstance(listed, Finding):
                yield listed
                continue
            yield from listed.findings
            for chain, ends in listed.chains.items():
                # Locations may overlap.
                if _part(ends) not in self._taken:
                    self._taken.add(_part(ends))
                    chains.setdefault(chain, ListedChain(chain)).parts.append(ends)
        yield from self._not_found(chains)
        ordered = [chains[each] for each in sorted(chains, key=_order)]
        refs = (ref for each in ordered for ref in each.refs())
        together = groupby(self._fetched(refs), key=lambda pair: pair[0].chain)
        for listed_chain, (_, group) in zip(ordered, together, strict=True):
            yield from self._walk(listed_chain, group)
        while self._later:
            found = self._later.pop(0)
            if _part(found.parts[0]) not in self._taken:
                self._taken.add(_part(found.parts[0]))
                yield from self._walk(found, self._fetched(found.refs()))

    def _fetched(self, refs: Iterator[DigestRef]) -> Iterator[tuple[DigestRef, FetchedDigest]]:
        """Fetch digests ahead, in their order."""
        window = Window(number=self.number, size=64 * 1024 * 1024)
        for done in ahead(refs, self._fetch, self._pool, window, size=lambda ref: _IN_MEMORY * ref.size):
            yield done.item, done.result()

    def _list(self) -> Iterator[Listed | Finding]:
        """List all digest folders."""
        for root in self.roots:
            folders = find_folders(root, self.scope, self._pool)
            for done in ahead(folders, self._list_one, self._pool, Window(number=self.number)):
                yield done.result()

    def _list_one(self, folder: Folder | Finding) -> Listed | Finding:
        """List a digest folder, and fetch the keys that its digests are signed with. In a thread."""
        if isinstance(folder, Finding):
            return folder
        listed = list_folder(folder, self.scope)
        for chain, ends in listed.chains.items():
            if not chain.backfill:
                self.keys.load(chain.region, *ListedChain(chain, [ends]).window(self.scope.span.now))
        return listed

    def _not_found(self, chains: Iterable[ChainId]) -> Iterator[Finding]:
        """Report what was asked for and has no digests at all."""
        accounts, regions = self.scope.accounts or {None}, self.scope.regions or {None}
        found = {(each.account_id, each.region) for each in chains}
        for account in sorted(accounts, key=str):
            for region in sorted(regions, key=str):
                if not any(account in (None, its) and region in (None, where) for its, where in found):
                    asked = [f"account {account}"] * bool(account) + [f"Region {region}"] * bool(region)
                    if self.scope.trail is not None:
                        asked.append(f"trail {self.scope.trail.name} ({self.scope.trail.home_region})")
                    span = self.scope.span
                    detail = ", ".join(asked)
                    yield Finding(code=FindingCode.NO_DIGESTS, start=span.since, end=span.end, detail=detail)

    def _walk(self, listed: ListedChain, group: Iterator[tuple[DigestRef, FetchedDigest]]) -> Iterator[_Step]:
        """Walk one chain, from its newest digest to its oldest, and follow it to other buckets and prefixes."""
        root = listed.parts[0].folder.root
        find_key = partial(self.keys.find, listed.chain.region)
        fold = Chain(listed.chain, self.scope.span, find_key, lambda bucket, key: uri_of(root, bucket, key))
        copies: Copies[tuple[Root, str]] = Copies()
        upcoming = next(group, None)
        while True:
            link = fold.wanted(None if upcoming is None else upcoming[0].name.end_time)
            if link is not None:
                elsewhere = self._elsewhere(root, link, listed.chain)
                if isinstance(elsewhere, Finding):
                    yield elsewhere
                elif elsewhere is not None:
                    waiting = group if upcoming is None else _before(upcoming, group)
                    group = merge(waiting, elsewhere, key=lambda pair: pair[0].name.end_time, reverse=True)
                    upcoming = next(group, None)
                    continue
                there = place_of(root, link.bucket)
                place, digest = there if isinstance(there, Root) else root, fetch_link(root, link)
            elif upcoming is not None:
                place, digest = upcoming[0].root, upcoming[1]
                upcoming = next(group, None)
            else:
                break
            for outcome in fold.take(digest):
                if isinstance(outcome, NamedLog):
                    copies.add(outcome, (place, digest.key))
                    yield self._log(place, outcome)
                else:
                    yield outcome
        yield from fold.finish()
        yield _End(copies)

    def _elsewhere(
        self, root: Root, link: Link, chain: ChainId
    ) -> Iterator[tuple[DigestRef, FetchedDigest]] | Finding | None:
        """List the folder that a link leads to, where it is another one than those that were listed."""
        there = place_of(root, link.bucket)
        if link.name is None or chain_of(link.name) != chain or isinstance(there, SourceError):
            return None
        folder = folder_of(there, link.name)
        if (there.store.location, str(folder.position), chain) in self._taken:
            return None
        self._taken.add((there.store.location, str(folder.position), chain))
        listed = list_folder(folder, self.scope, link.name.end_time)
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

    def _fetch(self, ref: DigestRef) -> FetchedDigest:
        """Fetch and decode a digest. In a thread."""
        return fetch_digest(ref.root.store, ref.root.bucket, ref.key, ref.name)

    def _log(self, root: Root, log: NamedLog) -> _Step:
        bucket, key = log.file.s3_bucket or "", log.file.s3_object or ""
        there = place_of(root, bucket)
        if isinstance(there, Root):
            return _Log(log, there.store, there.store.uri(key))
        return Verdict(
            kind="log",
            verdict="inaccessible",
            reason=Reason.TRANSPORT,
            uri=uri_of(root, bucket, key),
            chain=log.chain,
            digest_uri=log.digest_uri,
            detail=there.reason,
        )

    def _names(self, hashes: set[str], copies: Copies[tuple[Root, str]]) -> dict[str, str]:
        """Find out which log files of a chain have these hashes: a replaced log file may be a copy of one."""
        names: dict[str, str] = {}
        for content_hash, (root, key) in copies.find(hashes) if hashes else ():
            if content_hash not in names:
                digest = fetch_digest(root.store, root.bucket, key, None).digest
                for file in () if digest is None else digest.log_files:
                    if (file.hash_value or "").lower() == content_hash:
                        names[content_hash] = uri_of(root, file.s3_bucket or "", file.s3_object or "")
        return names


class _Held:
    """Results that wait for the end of their chain, since it may tell of what a log file is a copy.

    What comes behind such a log file waits with it, so that results stay in order, up to a number.
    """

    def __init__(self) -> None:
        self.hashes: set[str] = set()
        self._number = 0
        self._waiting: deque[tuple[Result, str | None]] = deque()
        self._late: list[tuple[Result, str | None]] = []

    def pass_on(self, result: Result, found: str | None) -> Iterator[Result]:
        """Give what need not wait.

        Args:
            result: The next one.
            found: Of a log file with another hash, that hash.
        """
        if found is not None and self._number < _MOST_HELD:
            self.hashes.add(found)
            self._number += 1
        elif not self._waiting:
            yield result
            return
        self._waiting.append((result, found))
        if len(self._waiting) > _MOST_HELD:
            first, hash_of_first = self._waiting.popleft()
            if hash_of_first in self.hashes and len(self._late) < _MOST_HELD:
                self._late.append((first, hash_of_first))
            else:
                yield first

    def release(self, names: Mapping[str, str]) -> Iterator[Result]:
        """Give all; log files that are copies of others name them."""
        for result, found in (*self._waiting, *self._late):
            other = names.get(found or "")
            if other is not None and isinstance(result, Verdict):
                yield evolve(result, reason=Reason.REPLACED, other_uri=other, detail=f"a copy of {other}")
            else:
                yield result
        self.hashes, self._number, self._waiting, self._late = set(), 0, deque(), []


def _part(ends: Ends) -> tuple[str, str, ChainId]:
    return ends.folder.root.store.location, str(ends.folder.position), ends.chain


def _order(chain: ChainId) -> tuple[str, str, str, str, bool]:
    return chain.account_id, chain.region, chain.trail_name, chain.home_region, chain.backfill


def _before(
    first: tuple[DigestRef, FetchedDigest], others: Iterator[tuple[DigestRef, FetchedDigest]]
) -> Iterator[tuple[DigestRef, FetchedDigest]]:
    yield first
    yield from others


def _batches(steps: Iterator[_Step]) -> Iterator[list[_Step]]:
    """Put steps together, so that each batch has a few log files at the most."""
    batch: list[_Step] = []
    logs = 0
    for step in steps:
        batch.append(step)
        logs += isinstance(step, _Log)
        if logs == _BATCH or len(batch) == 8 * _BATCH:
            yield batch
            batch, logs = [], 0
    if batch:
        yield batch


def _check(batch: list[_Step]) -> list[tuple[Result | _End, str | None]]:
    """Check the log files of a batch. In a thread.

    Returns:
        Results; with those whose hash is another one, that hash.
    """
    results: list[tuple[Result | _End, str | None]] = []
    for step in batch:
        if isinstance(step, _Log):
            verdict, found = check_log(step.log, step.store, step.uri)
            results.append((verdict, found if verdict.reason is Reason.HASH_MISMATCH else None))
        else:
            results.append((step, None))
    return results
