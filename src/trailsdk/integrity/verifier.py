"""Verifies: lists, fetches ahead what the chains ask for, and gives verdicts in the order of the chains.

```text
folders --list, in parallel--> chains --digests ahead, in threads--> Chain, in order
    --log files ahead, in threads--> verdicts
```

Whoever takes the verdicts drives it: nothing runs away, and memory does not grow with the number of log files.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from itertools import groupby
from threading import Lock
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from trailsdk.integrity.chain import NamedLog, Span
from trailsdk.integrity.checks import Checks
from trailsdk.integrity.copies import Copies
from trailsdk.integrity.coverage import Coverage, without_pending
from trailsdk.integrity.fetch import fetch_digest, uri_of
from trailsdk.integrity.found import Found, Group, Seen, gone_digests, group_of
from trailsdk.integrity.held import Held, Waiting
from trailsdk.integrity.keyring import Keys
from trailsdk.integrity.listing import find_folders, list_folder, list_older
from trailsdk.integrity.logs import check_log
from trailsdk.integrity.names import Known, Names
from trailsdk.integrity.recorder import Earlier, Proof, Recorder
from trailsdk.integrity.scope import Folder, Listed, ListedChain, Root, Scope
from trailsdk.integrity.tail import ExplainTail
from trailsdk.integrity.unlisted import Question, find_unlisted
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Reason, Verdict
from trailsdk.integrity.walk import Walked, Walker, named_uri
from trailsdk.model.key_tree import LOG_FOLDER
from trailsdk.sources.store import ObjectStore
from trailsdk.sources.window import Window, ahead, threads

__all__ = ["Result", "Verifier"]

Result: TypeAlias = Verdict | Finding | Coverage

_BATCH = 4
"""Pieces of work that one thread does one after the other, so that handing them out costs less."""

_OF_FILES = frozenset({FindingCode.UNLISTED, FindingCode.STRAY, FindingCode.NOT_LISTED})
"""Findings of a time that is verified anew; what they say of time is said already."""


@frozen(eq=False)
class _Log:
    """A log file that is to be checked."""

    log: NamedLog
    store: ObjectStore
    uri: str


@frozen(eq=False)
class _Tail:
    """A chain's coverage, and what was found of its newest digests, which CloudTrail may explain."""

    finding: Finding
    coverage: Coverage


@define(eq=False)
class _End:
    """The end of a chain."""

    copies: Copies[tuple[Root, str]]


_Step: TypeAlias = Waiting | _Log | _Tail | _End | Question


@define(eq=False)
class Verifier:
    """One verification.

    Args:
        roots: Where to look.
        scope: What is asked for.
        keys: Public keys.
        number: How many objects are fetched at once.
        explain_tail: Asks CloudTrail why the newest digests are not there; `None`: nobody is asked.
        recorder: Knows what was proved earlier, and is told what is; `None` where nothing is kept.
        checks: What plugins add.
    """

    roots: tuple[Root, ...]
    scope: Scope
    keys: Keys
    number: int = 32
    explain_tail: ExplainTail | None = None
    recorder: Recorder | None = None
    checks: Checks = field(factory=Checks)
    _walker: Walker = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)
    _log_pool: ThreadPoolExecutor = field(init=False)
    _again: Lock = field(factory=Lock, init=False)

    def results(self) -> Iterator[Result]:
        """Give all verdicts, findings and coverages: chain by chain, each from its newest digest to its oldest."""
        with ExitStack() as stack:
            self._pool = stack.enter_context(threads(self.number, "trailsdk-digests"))
            self._log_pool = stack.enter_context(threads(self.number, "trailsdk-logs"))
            self._walker = Walker(
                self.roots, self.scope, self.keys, self._pool, self.number, self.recorder, self.checks
            )
            window = Window(number=2 * self.number // _BATCH + 2)
            held = Held()
            for done in ahead(_batches(self._steps()), self._check, self._log_pool, window):
                for result, found in done.result():
                    if isinstance(result, _End):
                        yield from self._told(held.release(self._names(held.hashes, result.copies)))
                    else:
                        yield from self._told(held.pass_on(result, found))

    def _told(self, results: Iterator[Waiting]) -> Iterator[Result]:
        """Give what is for the caller; the recorder sees all."""
        for each in results:
            if isinstance(each, Proof | Earlier):
                if self.recorder is not None:
                    self.recorder.add(each)
                continue
            if self.recorder is not None:
                self.recorder.see(each)
            yield each

    def _steps(self) -> Iterator[_Step]:
        """Walk all chains; after those of an account and Region, compare what they name with what is there."""
        found = Found()
        for listed in self._list():
            if isinstance(listed, Finding):
                yield listed
            elif isinstance(listed, Folder):
                position = listed.position
                found.log_folders[position.account_id or "", position.region or ""].append(listed)
            else:
                yield from (*listed.findings, *listed.said)
                self._take(listed, found)
        yield from self._not_found(found)
        if self.recorder is not None:
            yield from gone_digests(self.recorder.earlier, found, self.roots, self.scope)
        groups = found.groups()
        walks = self._walker.walk(each for group in groups.values() for each in group)
        for group, together in groupby(walks, key=lambda walk: group_of(walk[0].chain)):
            seen, coverages = Seen(), []
            for listed_chain, walk in together:
                for step in self._walk(walk, seen, may_ask=self._knows_trail(listed_chain)):
                    if isinstance(step, Coverage | _Tail):
                        coverages.append(step.coverage if isinstance(step, _Tail) else step)
                    yield step
            yield self._question(group, found, Known(seen.names.seal(), tuple(coverages)), seen)

    def _take(self, listed: Listed, found: Found) -> None:
        self._walker.take_listed(listed, found.chains)
        group = listed.folder.position.account_id or "", listed.folder.position.region or ""
        if listed.others:
            found.others.add(group)
        if any(each.code is FindingCode.NOT_LISTED for each in listed.findings):
            found.refused.add(group)

    def _list(self) -> Iterator[Listed | Folder | Finding]:
        """List all digest folders, and name the folders of log files."""
        for root in self.roots:
            folders = find_folders(root, self.scope, self._pool)
            for done in ahead(folders, self._list_one, self._pool, Window(number=self.number)):
                yield done.result()

    def _list_one(self, folder: Folder | Finding) -> Listed | Folder | Finding:
        """List a digest folder, and fetch the keys that its digests are signed with. In a thread."""
        if isinstance(folder, Finding) or folder.position.folder == LOG_FOLDER:
            return folder
        listed = list_folder(folder, self.scope, see=self.checks.of_object)
        if not listed.chains and all(each.code is not FindingCode.NOT_LISTED for each in listed.findings):
            # A chain that stopped shortly before the asked time is to be missed.
            older = list_older(folder, self.scope)
            listed.chains, listed.others = older.chains, listed.others or older.others
        for chain, ends in listed.chains.items():
            if not chain.backfill:
                self.keys.load(chain.region, *ListedChain(chain, [ends]).window(self.scope.span.now))
        return listed

    def _not_found(self, found: Found) -> Iterator[_Step]:
        """Report what was asked for and has no digests at all."""
        accounts, regions = self.scope.accounts or {None}, self.scope.regions or {None}
        groups = {group_of(each) for each in found.chains if not each.backfill}
        told: set[tuple[str | None, str | None]] = set()
        for account in sorted(accounts, key=str):
            for region in sorted(regions, key=str):
                if not any(account in (None, its) and region in (None, where) for its, where in groups):
                    told.add((account, region))
                    asked = [f"account {account}"] * bool(account) + [f"Region {region}"] * bool(region)
                    if self.scope.trail is not None:
                        asked.append(f"trail {self.scope.trail.name} ({self.scope.trail.home_region})")
                    span = self.scope.span
                    detail = ", ".join(asked)
                    yield Finding(code=FindingCode.NO_DIGESTS, start=span.since, end=span.end, detail=detail)
        for group in sorted(found.log_folders.keys() - found.groups().keys() - found.refused):
            account, region = group
            is_told = not told.isdisjoint({(None, None), (account, None), (None, region), group})
            if not is_told:
                yield self._question(group, found, Known(Names(), ()), Seen())

    def _knows_trail(self, listed: ListedChain) -> bool:
        """Tell whether CloudTrail can be asked for a chain's trail: whose an organization's is, no key says."""
        if self.scope.trail is not None:
            return listed.chain.account_id == self.scope.trail.account_id
        return all(part.folder.position.organization_id is None for part in listed.parts)

    def _walk(self, walk: Iterator[Walked], seen: Seen, *, may_ask: bool) -> Iterator[_Step]:
        """Take what comes out of walking one chain, and note which log files are named."""
        copies: Copies[tuple[Root, str]] = Copies()
        tail: Finding | None = None
        for each in walk:
            outcome, uri = each.outcome, named_uri(each)
            if uri is not None:
                seen.names.add(uri)
            if isinstance(outcome, Earlier):
                seen.earlier.merge(outcome.segment.days)
            if isinstance(outcome, NamedLog):
                seen.see(outcome.file.s3_object or "")
                copies.add(outcome, (each.root, each.key))
                yield self._log(each, outcome, uri or "")
            elif isinstance(outcome, Finding) and outcome.code in (FindingCode.TAIL, FindingCode.PENDING):
                tail = outcome
            elif isinstance(outcome, Coverage) and tail is not None and not may_ask:
                yield from (tail, outcome)
            elif isinstance(outcome, Coverage) and tail is not None:
                yield _Tail(tail, outcome)
            else:
                yield outcome
        yield _End(copies)

    def _question(self, group: Group, found: Found, known: Known, seen: Seen) -> Question:
        """Ask what the digests of an account and Region leave unsaid of the log files that are there."""
        digests = tuple(self._walker.folders[group])
        folders = {(each.root.store.location, str(each.position)): each for each in found.log_folders.get(group, ())}
        for each in digests:
            for name in (LOG_FOLDER, *sorted(seen.categories)):
                beside = Folder(each.root, evolve(each.position, folder=name))
                folders.setdefault((each.root.store.location, str(beside.position)), beside)
        asked = [each for each in folders.values() if self._is_asked(each, known)]
        return Question(
            folders=tuple(asked),
            span=self.scope.span,
            known=known,
            find_names=partial(self._find_names, digests),
            others=group in found.others,
            chains_in=self._walker.chains_beside,
            earlier=seen.earlier,
            verify_again=partial(self._verify_again, group),
            see=self.checks.of_object,
        )

    def _is_asked(self, logs: Folder, known: Known) -> bool:
        """Tell whether a folder of log files may be of the trail that was asked for, if one was."""
        return self.scope.trail is None or not known.coverages or bool(self._walker.chains_beside(logs))

    def _find_names(self, folders: tuple[Folder, ...], start: datetime | None, end: datetime, others: bool) -> Known:  # noqa: FBT001 (as FindNames has it)
        """Read what digests say of another time, or those of trails that were not asked for. In a thread."""
        span = Span(start, end, self.scope.span.now)
        scope = evolve(self.scope, span=span, trail=None)
        walker, names, coverages = Walker(self.roots, scope, self.keys, self._pool, self.number), Names(), []
        chains: dict[ChainId, ListedChain] = {}
        for folder in folders:
            listed = list_folder(folder, scope)
            if others:
                listed.chains = {chain: ends for chain, ends in listed.chains.items() if not self.scope.wants(chain)}
            walker.take_listed(listed, chains)
        for _, walk in walker.walk(chains.values()):
            for each in walk:
                uri = named_uri(each)
                # What is not believed names nothing here: nobody is told of its verdict.
                if isinstance(each.outcome, NamedLog) and uri is not None:
                    names.add(uri)
                if isinstance(each.outcome, Coverage) and each.outcome.newest_end is not None:
                    coverages.append(each.outcome)
        return Known(names.seal(), tuple(coverages))

    def _verify_again(self, group: Group, start: datetime, end: datetime) -> Iterator[Verdict | Finding]:
        """Verify a time of an account and Region, whatever was proved earlier. In a thread."""
        span, (account, region) = Span(start, end, self.scope.span.now), group
        scope = evolve(self.scope, span=span, accounts=frozenset((account,)), regions=frozenset((region,)))
        # One at a time: whoever plants something everywhere is not to make it start threads without end.
        with self._again:
            for each in Verifier(self.roots, scope, self.keys, self.number, checks=self.checks).results():
                if isinstance(each, Verdict) or (isinstance(each, Finding) and each.code in _OF_FILES):
                    yield each

    def _log(self, walked: Walked, log: NamedLog, uri: str) -> _Step:
        if isinstance(walked.holder, Root):
            return _Log(log, walked.holder.store, uri)
        return Verdict(
            kind="log",
            verdict="inaccessible",
            reason=Reason.TRANSPORT,
            uri=uri,
            chain=log.chain,
            digest_uri=log.digest_uri,
            detail="" if walked.holder is None else walked.holder.reason,
        )

    def _check(self, batch: list[_Step]) -> list[tuple[Waiting | _End, str | None]]:
        """Do the work of a batch. In a thread.

        Returns:
            Results; with log files whose hash is another one, that hash.
        """
        results: list[tuple[Waiting | _End, str | None]] = []
        for step in batch:
            if isinstance(step, _Log):
                said: list[Finding] = []
                verdict, found = check_log(step.log, step.store, step.uri, see=self.checks.of_log(said))
                results.append((verdict, found if verdict.reason is Reason.HASH_MISMATCH else None))
                results += [(each, None) for each in said]
            elif isinstance(step, _Tail):
                ask, newest = self.explain_tail, step.coverage.newest_end
                finding = step.finding if ask is None or newest is None else ask(step.finding, newest)
                is_new = finding.code is FindingCode.TAIL and step.finding.code is not FindingCode.TAIL
                results += [(finding, None), (without_pending(step.coverage) if is_new else step.coverage, None)]
            elif isinstance(step, Question):
                results += [(each, None) for each in find_unlisted(step)]
            else:
                results.append((step, None))
        return results

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


def _batches(steps: Iterator[_Step]) -> Iterator[list[_Step]]:
    """Put steps together, so that each batch has a few pieces of work at the most."""
    batch: list[_Step] = []
    work = 0
    for step in steps:
        batch.append(step)
        work += isinstance(step, _Log | _Tail | Question)
        if work == _BATCH or len(batch) == 8 * _BATCH:
            yield batch
            batch, work = [], 0
    if batch:
        yield batch
