"""Log files that no digest names: planted, delivered while nobody vouched, or too new to be named yet."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from trailsdk.errors import SourceError
from trailsdk.integrity.chain import Span
from trailsdk.integrity.checks import SeeObject
from trailsdk.integrity.coverage import HOUR, CoverageState
from trailsdk.integrity.day_sums import DaySums, fits
from trailsdk.integrity.listing import LATEST, MOST_FOREIGN, NO_NAME, folder_uri, is_readable, not_listed
from trailsdk.integrity.names import ROUNDED, VOUCHED, Known
from trailsdk.integrity.scope import Folder
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Verdict
from trailsdk.model.keys import LogFileKey, parse_key
from trailsdk.model.times import shifted
from trailsdk.sources.store import StoredObject

__all__ = ["FindNames", "Question", "VerifyAgain", "find_unlisted"]

_STATED = timedelta(minutes=1)
"""By how much the time of S3 may differ from CloudTrail's."""


FindNames: TypeAlias = Callable[[datetime | None, datetime, bool], Known]
"""Reads what digests of another time say, or those of trails that were not asked for: begin, end, and whether
chains that were walked already are left out."""


VerifyAgain: TypeAlias = Callable[[datetime, datetime], Iterator[Verdict | Finding]]
"""Verifies a time of an account and Region, whatever was proved earlier."""


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
    chains_in: Callable[[Folder], frozenset[ChainId]]
    """Gives the chains whose digests lie beside a folder of log files, with the same prefix."""
    earlier: DaySums = field(factory=DaySums)
    """Which log files those digests name that were proved earlier, and not read again."""
    verify_again: VerifyAgain | None = None
    """Verifies a time anew, of which the log files are others than they were."""
    see: SeeObject | None = None
    """Is to see each object."""


@frozen(eq=False)
class _Candidate:
    """A log file that no digest names so far."""

    uri: str
    key: str
    time: datetime
    """When it was delivered, as far as that is known."""
    margin: timedelta
    """How much earlier or later that may have been."""
    named: datetime
    """What its name says."""

    @property
    def first(self) -> datetime:
        """The earliest that it may have been delivered."""
        return shifted(self.time, -self.margin)

    @property
    def last(self) -> datetime:
        """The latest."""
        return shifted(self.time, self.margin)


def find_unlisted(question: Question) -> Iterator[Verdict | Finding]:
    """Compare the listing of log folders with what digests name. In a thread.

    Args:
        question: What is compared.
    """
    search = _Search(question)
    for folder in question.folders:
        yield from search.look_through(folder)
    yield from search.decide()


@define(eq=False)
class _Day:
    """Log files of a day that digests may name which were not read again."""

    sure: DaySums = field(factory=DaySums)
    unsure: dict[str, tuple[_Candidate, Known]] = field(factory=dict)
    """By key: those that may as well be of a time that was not proved earlier."""


@define(eq=False)
class _Search:
    question: Question
    _candidates: list[_Candidate] = field(factory=list, init=False)
    """Those at a time that is vouched for, or of which the digests are to be read yet."""
    _days: dict[str, _Day] = field(factory=dict, init=False)
    """By the folder of the day, as keys name it."""
    _uncovered: dict[tuple[FindingCode, str, str], Finding] = field(factory=dict, init=False)
    """The others: how many, for each reason."""
    _told: set[str] = field(factory=set, init=False)
    """What is reported already, by URI."""
    _refused: bool = field(default=False, init=False)
    """Whether a folder could not be listed to its end."""

    def look_through(self, folder: Folder) -> Iterator[Finding]:
        """Go through a folder."""
        prefix, store, foreign = str(folder.position), folder.root.store, 0
        known = self.question.known.of_chains(self.question.chains_in(folder))
        try:
            for each in _objects(folder, self.question.span):
                if self.question.see is not None:
                    yield from self.question.see(store, each)
                uri = store.uri(each.key)
                if uri in known.names:
                    continue
                name = parse_key(each.key)
                if isinstance(name, LogFileKey) and str(name.directory).startswith(prefix) and _is_of_its_day(name):
                    self._take(_candidate(uri, each, name, folder, self.question.span), folder, known)
                elif is_readable(each):
                    # Readers take it for a log file, whatever its name.
                    self._told.add(uri)
                    yield Finding(code=FindingCode.UNLISTED, uri=uri, detail=NO_NAME)
                elif not each.key.endswith("/") or each.size:
                    foreign += 1
                    if foreign <= MOST_FOREIGN:
                        yield Finding(code=FindingCode.FOREIGN_NAME, uri=uri)
        except SourceError as error:
            self._refused = True
            yield not_listed(folder.root, prefix, error)
        if foreign > MOST_FOREIGN:
            uri = folder_uri(folder.root, prefix)
            yield Finding(code=FindingCode.FOREIGN_NAME, uri=uri, detail=f"and {foreign - MOST_FOREIGN} more")

    def _take(self, candidate: _Candidate, folder: Folder, known: Known) -> None:
        span, directory = self.question.span, candidate.key.rpartition("/")[0]
        is_before = span.since is not None and candidate.time < span.since
        if span.until is not None and candidate.named >= span.until and candidate.time >= span.until:
            return
        first = candidate.first if span.since is None else max(candidate.first, span.since)
        last = min(candidate.last, span.end - timedelta.resolution)
        states = known.states_at(first) + known.states_at(last)
        if directory in self.question.earlier.sums and (is_before or CoverageState.PROVED_EARLIER in states):
            day = self._days.setdefault(directory, _Day())
            if is_before or not {CoverageState.PENDING, CoverageState.VOUCHED} & set(states):
                day.sure.add(candidate.key)
            else:
                day.unsure[candidate.key] = candidate, known
        elif not is_before:
            self._settle(candidate, folder_uri(folder.root, str(folder.position)), known, states, (first, last))

    def _settle(
        self,
        candidate: _Candidate,
        folder: str,
        known: Known,
        states: list[CoverageState],
        window: tuple[datetime, datetime],
    ) -> None:
        """Decide on a log file that no digest names, by the state of its time."""
        if not known.coverages and not self.question.others:
            self._count(FindingCode.NO_DIGESTS, None, candidate, folder)
        elif candidate.time >= self.question.span.end or not known.coverages:
            # Delivered after the asked time, or claiming to be of the future; or perhaps another trail's.
            self._candidates.append(candidate)
        elif CoverageState.PENDING in states:
            self._count(FindingCode.UNLISTED_PENDING, CoverageState.PENDING, candidate, folder)
        elif known.is_vouched(*window):
            self._candidates.append(candidate)
        else:
            state = next((each for each in states if each not in VOUCHED), CoverageState.BEFORE_START)
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

    def decide(self) -> Iterator[Verdict | Finding]:
        """Read further digests where they may name what is left, and tell."""
        if not self._refused:
            yield from self._compare_days()
        span, left = self.question.span, self._candidates
        if left and self.question.others:
            left = self._without_others(left)
        if span.since is not None and any(each.first < span.since for each in left):
            left = _without(left, self._find(shifted(span.since, -2 * HOUR), span.since))
        if span.end < span.now:
            left = self._without_later(left)
        for each in left:
            if each.uri in self._told:
                continue
            if self.question.known.coverages:
                yield Finding(code=FindingCode.UNLISTED, uri=each.uri, start=each.time, end=each.time)
            else:
                self._count(FindingCode.NO_DIGESTS, None, each, _folder_of(each))
        yield from self._uncovered.values()

    def _compare_days(self) -> Iterator[Verdict | Finding]:
        """Compare the log files that were proved earlier with those that are there; where they differ, verify anew."""
        span = self.question.span
        days = ((_date_of(directory), directory) for directory in self.question.earlier.sums)
        listed = [(date, directory) for date, directory in days if date is not None and _is_listed(date, span)]
        again = [date for date, directory in sorted(listed) if not self._is_as_before(directory)]
        for first, last in _runs(again):
            begin = first if span.since is None else max(first, span.since)
            yield from self._verify_again(begin, min(last + timedelta(days=1), span.end))

    def _is_as_before(self, directory: str) -> bool:
        """Tell whether a day has the log files that it had; others that have come are of a later time, and settled."""
        kept, day = self.question.earlier.sums[directory], self._days.get(directory, _Day())
        fitting = fits(kept, day.sure.sums.get(directory, (0, 0)), tuple(day.unsure))
        for key, (candidate, known) in day.unsure.items() if fitting is not None else ():
            if key not in (fitting or ()):
                self._settle_late(candidate, known)
        return fitting is not None

    def _verify_again(self, start: datetime, end: datetime) -> Iterator[Verdict | Finding]:
        for each in () if self.question.verify_again is None else self.question.verify_again(start, end):
            if isinstance(each, Verdict):
                yield each
            elif each.uri not in self._told:
                self._told.add(each.uri or "")
                yield each

    def _settle_late(self, candidate: _Candidate, known: Known) -> None:
        """Decide on a log file that was not proved earlier, though its time may have been."""
        last = min(candidate.last, self.question.span.end - timedelta.resolution)
        states = [each for each in known.states_at(candidate.first) + known.states_at(last) if each not in VOUCHED]
        self._settle(candidate, _folder_of(candidate), known, states, (candidate.time, candidate.time))

    def _without_others(self, left: list[_Candidate]) -> list[_Candidate]:
        """Leave out what trails that were not asked for name, or may still name."""
        known = self._find(self.question.span.since, self.question.span.end, others=True)
        kept = []
        for each in _without(left, known):
            states = known.states_at(each.first) + known.states_at(each.last)
            if CoverageState.PENDING in states:
                self._count(FindingCode.UNLISTED_PENDING, CoverageState.PENDING, each, _folder_of(each))
            else:
                kept.append(each)
        return kept

    def _without_later(self, left: list[_Candidate]) -> list[_Candidate]:
        """Leave out what later digests name, or may still name."""
        end = self.question.span.end
        late = [each for each in left if each.last >= end]
        if not late:
            return left
        known = self._find(end, min(max(each.last for each in late) + 2 * HOUR, shifted(end, LATEST)))
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


def _candidate(uri: str, stored: StoredObject, name: LogFileKey, folder: Folder, span: Span) -> _Candidate:
    """Tell when a log file was delivered: S3 says so to the second; a copy says only when it was copied."""
    time, stated = name.time, stored.last_modified
    is_original = folder.root.bucket is not None and folder.root.original is None
    if is_original and stated is not None and shifted(time, -ROUNDED) <= stated <= span.now:
        return _Candidate(uri, stored.key, stated, _STATED, time)
    # A name may be rounded into the future.
    is_rounded = span.now <= time <= shifted(span.now, ROUNDED)
    likely = min(time, shifted(span.now, -timedelta.resolution)) if is_rounded else time
    return _Candidate(uri, stored.key, likely, ROUNDED, time)


def _is_of_its_day(name: LogFileKey) -> bool:
    """Tell whether a log file's name is of its folder's day, but for what minutes are rounded."""
    day = datetime(name.date.year, name.date.month, name.date.day, tzinfo=UTC)
    return shifted(day, -ROUNDED) <= name.time < shifted(day, timedelta(days=1) + ROUNDED)


def _date_of(directory: str) -> datetime | None:
    """Read the day of a log folder."""
    try:
        year, month, day = map(int, directory.rsplit("/", 3)[1:])
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _is_listed(date: datetime, span: Span) -> bool:
    """Tell whether the folder of a day is listed as a whole."""
    is_late_enough = span.since is None or date.date() >= span.since.date()
    return is_late_enough and date.date() <= span.end.date()


def _runs(days: Iterable[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Put days together that follow each other: the first and the last of each run."""
    first = last = None
    for day in sorted(set(days)):
        if first is None or last is None:
            first = day
        elif day - last > timedelta(days=1):
            yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last
