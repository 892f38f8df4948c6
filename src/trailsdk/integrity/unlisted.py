"""Log files that no digest names: planted, delivered while nobody vouched, or too new to be named yet."""

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from trailsdk.errors import SourceError
from trailsdk.integrity.chain import Span
from trailsdk.integrity.checks import SeeObject
from trailsdk.integrity.coverage import HOUR, Coverage, CoverageState
from trailsdk.integrity.listing import MOST_FOREIGN, folder_uri, not_listed
from trailsdk.integrity.scope import Folder
from trailsdk.integrity.verdicts import Finding, FindingCode
from trailsdk.model.keys import LogFileKey, parse_key
from trailsdk.model.times import shifted
from trailsdk.sources.store import StoredObject

__all__ = ["FindNames", "Known", "Names", "Question", "find_unlisted"]

_ROUNDED = timedelta(minutes=10)
"""By how much the time in a log file's name may be wrong: minutes are rounded, to five in all samples."""

_STATED = timedelta(minutes=1)
"""By how much the time of S3 may differ from CloudTrail's."""

_LATEST = timedelta(days=31)
"""How long after the time in its name a log file may be delivered, and so be named by a later digest: after a fault of
the bucket's permissions CloudTrail tries for up to 30 days."""


class Names:
    """The names of log files: eight bytes of each. Which files share those, nobody outside of the process can tell."""

    _key = secrets.token_bytes(32)

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._sorted = True

    def add(self, uri: str) -> None:
        """Add one."""
        self._hashes.append(self._hash(uri))
        self._sorted = False

    def seal(self) -> "Names":
        """Make it ready to be asked."""
        if not self._sorted:
            self._hashes, self._sorted = array("Q", sorted(self._hashes)), True
        return self

    def __contains__(self, uri: str) -> bool:
        wanted = self._hash(uri)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted

    def _hash(self, uri: str) -> int:
        encoded = uri.encode(errors="surrogatepass")
        return int.from_bytes(blake2b(encoded, digest_size=8, key=self._key).digest())


@frozen
class Known:
    """What digests say: which log files there are, and for which time that is all."""

    names: Names
    coverages: tuple[Coverage, ...]

    def states_at(self, time: datetime) -> list[CoverageState]:
        """Give the state of a time, for each chain that speaks of it."""
        return [state for each in self.coverages if (state := each.state_at(time)) is not None]

    def is_vouched(self, first: datetime, last: datetime) -> bool:
        """Tell whether one chain vouches for both moments."""
        vouched = CoverageState.VOUCHED
        return any(each.state_at(first) is vouched and each.state_at(last) is vouched for each in self.coverages)


FindNames: TypeAlias = Callable[[datetime | None, datetime, bool], Known]
"""Reads what digests of another time say, or those of trails that were not asked for: begin, end, and whether
chains that were walked already are left out."""


@frozen(kw_only=True, eq=False)
class Question:
    """One account and Region: the log folders, and what its digests say of them."""

    folders: tuple[Folder, ...]
    """Folders of log files."""
    span: Span
    known: Known
    find_names: FindNames
    others: bool
    """There are chains of trails that were not asked for: their log files are in the same folders."""
    remembered: AbstractSet[str] = frozenset()
    """What an earlier run found unlisted, by URI: digests that are not read again cannot tell."""
    see: SeeObject | None = None
    """Is to see each object."""


@frozen(eq=False)
class _Candidate:
    """A log file that no digest names so far."""

    uri: str
    time: datetime
    """When it was delivered, as far as that is known."""
    margin: timedelta
    """How much earlier or later that may have been."""

    @property
    def first(self) -> datetime:
        """The earliest that it may have been delivered."""
        return shifted(self.time, -self.margin)

    @property
    def last(self) -> datetime:
        """The latest."""
        return shifted(self.time, self.margin)


def find_unlisted(question: Question) -> Iterator[Finding]:
    """Compare the listing of log folders with what digests name. In a thread.

    Args:
        question: What is compared.
    """
    search = _Search(question)
    for folder in question.folders:
        yield from search.look_through(folder)
    yield from search.decide()


@define(eq=False)
class _Search:
    question: Question
    _candidates: list[_Candidate] = field(factory=list, init=False)
    """Those at a time that is vouched for, or of which the digests are to be read yet."""
    _at_edges: list[_Candidate] = field(factory=list, init=False)
    """Those between a time that was proved earlier and another one: the digest that names them may not be read."""
    _uncovered: dict[tuple[FindingCode, str, str], Finding] = field(factory=dict, init=False)
    """The others: how many, for each reason."""

    def look_through(self, folder: Folder) -> Iterator[Finding]:
        """Go through a folder."""
        prefix, store, foreign = str(folder.position), folder.root.store, 0
        uri_of_folder = folder_uri(folder.root, prefix)
        try:
            for each in _objects(folder, self.question.span):
                if self.question.see is not None:
                    yield from self.question.see(store, each)
                uri = store.uri(each.key)
                if uri in self.question.known.names:
                    continue
                if uri in self.question.remembered:
                    yield Finding(code=FindingCode.UNLISTED, uri=uri)
                    continue
                name = parse_key(each.key)
                if isinstance(name, LogFileKey) and str(name.directory).startswith(prefix):
                    self._consider(_candidate(uri, each, name, folder, self.question.span), uri_of_folder)
                elif not each.key.endswith("/") or each.size:
                    foreign += 1
                    if foreign <= MOST_FOREIGN:
                        yield Finding(code=FindingCode.FOREIGN_NAME, uri=uri)
        except SourceError as error:
            yield not_listed(folder.root, prefix, error)
        if foreign > MOST_FOREIGN:
            yield Finding(code=FindingCode.FOREIGN_NAME, uri=uri_of_folder, detail=f"and {foreign - MOST_FOREIGN} more")

    def _consider(self, candidate: _Candidate | None, folder: str) -> None:
        if candidate is not None:
            self._take(candidate, folder)

    def _take(self, candidate: _Candidate, folder: str) -> None:
        known, end = self.question.known, self.question.span.end
        if not known.coverages:
            self._count(FindingCode.NO_DIGESTS, None, candidate, folder)
            return
        if candidate.time >= end:
            # Delivered after the asked time, or claiming to be of the future.
            self._candidates.append(candidate)
            return
        first, last = candidate.first, min(candidate.last, end - timedelta.resolution)
        states = known.states_at(first) + known.states_at(last)
        if set(states) == {CoverageState.PROVED_EARLIER}:
            # The run that read the digests of that time has compared them.
            return
        if CoverageState.PENDING in states:
            self._count(FindingCode.UNLISTED_PENDING, CoverageState.PENDING, candidate, folder)
        elif CoverageState.PROVED_EARLIER in states:
            self._at_edges.append(candidate)
        elif known.is_vouched(first, last):
            self._candidates.append(candidate)
        else:
            state = next((each for each in states if each is not CoverageState.VOUCHED), CoverageState.BEFORE_START)
            self._count(FindingCode.UNLISTED_UNCOVERED, state, candidate, folder)

    def _count(self, code: FindingCode, state: CoverageState | None, candidate: _Candidate, folder: str) -> None:
        """Count a log file at a time for which nobody vouches: there may be as many as a year has."""
        detail = "" if state is None else state.value
        key, time = (code, detail, folder), candidate.time
        found = self._uncovered.get(key)
        if found is None:
            self._uncovered[key] = Finding(code=code, uri=folder, start=time, end=time, files=1, detail=detail)
            return
        first, last = min(found.start or time, time), max(found.end or time, time)
        self._uncovered[key] = evolve(found, start=first, end=last, files=(found.files or 0) + 1)

    def decide(self) -> Iterator[Finding]:
        """Read further digests where they may name what is left, and tell."""
        span, left = self.question.span, self._candidates
        if self._at_edges:
            first, last = min(each.first for each in self._at_edges), max(each.last for each in self._at_edges)
            left = [*left, *_without(self._at_edges, self._find(shifted(first, -HOUR), shifted(last, HOUR)))]
        if left and self.question.others:
            left = self._without_others(left)
        if span.since is not None and any(each.first < span.since for each in left):
            left = _without(left, self._find(shifted(span.since, -2 * HOUR), span.since))
        if span.end < span.now:
            left = self._without_later(left)
        for each in left:
            yield Finding(code=FindingCode.UNLISTED, uri=each.uri, start=each.time, end=each.time)
        yield from self._uncovered.values()

    def _without_others(self, left: list[_Candidate]) -> list[_Candidate]:
        """Leave out what trails that were not asked for name, or might have named."""
        known = self._find(self.question.span.since, self.question.span.end, others=True)
        kept = []
        for each in _without(left, known):
            states = known.states_at(each.first) + known.states_at(each.last)
            state = next((state for state in states if state is not CoverageState.VOUCHED), None)
            if state is None:
                kept.append(each)
            else:
                self._count(FindingCode.UNLISTED_UNCOVERED, state, each, _folder_of(each))
        return kept

    def _without_later(self, left: list[_Candidate]) -> list[_Candidate]:
        """Leave out what later digests name, or may still name."""
        end = self.question.span.end
        late = [each for each in left if each.last >= end]
        if not late:
            return left
        known = self._find(end, min(max(each.last for each in late) + 2 * HOUR, shifted(end, _LATEST)))
        left = _without(left, known)
        for each in left:
            if each.last >= end and CoverageState.PENDING in known.states_at(each.last):
                self._count(FindingCode.UNLISTED_PENDING, CoverageState.PENDING, each, _folder_of(each))
        return [each for each in left if CoverageState.PENDING not in known.states_at(each.last)]

    def _find(self, start: datetime | None, end: datetime, *, others: bool = False) -> Known:
        return self.question.find_names(start, end, others)


def _folder_of(candidate: _Candidate) -> str:
    return candidate.uri.rpartition("/")[0] + "/"


def _without(candidates: Iterable[_Candidate], known: Known) -> list[_Candidate]:
    return [each for each in candidates if each.uri not in known.names]


def _objects(folder: Folder, span: Span) -> Iterator[StoredObject]:
    """List the log files of the asked days; without an end, also what claims to be of the future."""
    prefix = str(folder.position)
    start_after = "" if span.since is None else f"{prefix}{span.since:%Y/%m/%d}/"
    last = None if span.until is None else f"{prefix}{span.until:%Y/%m/%d}0"
    for page in folder.root.store.pages(prefix, start_after=start_after):
        for each in page.objects:
            if last is not None and each.key > last:
                return
            yield each


def _candidate(uri: str, stored: StoredObject, name: LogFileKey, folder: Folder, span: Span) -> _Candidate | None:
    """Tell when a log file was delivered: S3 says so to the second; a copy says only when it was copied.

    A name that is not of its folder's day is none of CloudTrail's: then the folder's day counts, as far as it was asked
    for, since that is where readers find it.

    Returns:
        `None` where it was delivered before the asked time, or its name says that it was after.
    """
    time, stated = name.time, stored.last_modified
    if time.date() != name.date:
        day = datetime(name.date.year, name.date.month, name.date.day, tzinfo=UTC)
        time = day if span.since is None else max(day, span.since)
    is_original = folder.root.bucket is not None and folder.root.original is None
    if is_original and stated is not None and time - _ROUNDED <= stated <= span.now:
        found = _Candidate(uri, stated, _STATED)
    else:
        # A name may be rounded into the future.
        found = _Candidate(uri, min(time, span.now) if time <= span.now + _ROUNDED else time, _ROUNDED)
    is_before = span.since is not None and found.time < span.since
    return None if is_before or (span.until is not None and time >= span.until) else found
