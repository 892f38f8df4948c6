"""Coverage: which time of a chain is vouched for, and why the rest is not."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, frozen

from trailsdk.integrity.verdicts import ChainId
from trailsdk.model.times import shifted

__all__ = ["ClaimedHour", "Coverage", "CoverageState", "Interval", "Intervals", "without_pending"]

HOUR = timedelta(hours=1)


class CoverageState(StrEnum):
    """Whether a time is vouched for, or why it is not."""

    VOUCHED = "vouched"
    """A valid digest vouches for what was delivered in it, and for nothing else having been."""
    PROVED_EARLIER = "proved-earlier"
    """An earlier run found it vouched for, with all its log files valid, as the state that it kept says."""
    BEFORE_START = "before-start"
    """Before the first digest of the chain, which says itself that it is the first."""
    GAP = "gap"
    """Between two chains: validation was off, or digests were deleted."""
    MISSING = "missing"
    """Digests that should be there are not."""
    INVALID = "invalid"
    """The digest that stands there is proved not to be the one that CloudTrail delivered."""
    UNVERIFIABLE = "unverifiable"
    """Nothing sound speaks for the digest that stands there, such as for the newest one of a copy without metadata."""
    INACCESSIBLE = "inaccessible"
    """The digest could not be looked at."""
    PENDING = "pending"
    """Too new: the digest for it is not due yet."""


@frozen
class Interval:
    """A time of one state, `[start, end)`."""

    start: datetime | None
    """`None`: from the begin of everything, where no begin was asked for and none is proved."""
    end: datetime
    state: CoverageState

    @property
    def hours(self) -> float | None:
        """How long it is: as many hours, so many digests. `None` without a start."""
        return None if self.start is None else (self.end - self.start) / HOUR


@frozen(kw_only=True)
class Coverage:
    """What a chain's digests come to: states of all of the asked time, the oldest first, without holes."""

    chain: ChainId
    intervals: tuple[Interval, ...]
    newest_end: datetime | None = None
    """When the newest valid digest ends, also where that is before the asked time; `None`: there is none."""

    @property
    def start(self) -> datetime | None:
        """Begin of the time; `None`: no begin was asked for and none is proved, or there is no time at all."""
        return self.intervals[0].start if self.intervals else None

    @property
    def end(self) -> datetime | None:
        """End of the time."""
        return self.intervals[-1].end if self.intervals else None

    def state_at(self, time: datetime) -> CoverageState | None:
        """Tell the state of a moment; `None` outside of the asked time."""
        at = bisect_right(self.intervals, time, key=lambda each: each.end)
        if at == len(self.intervals):
            return None
        found = self.intervals[at]
        return found.state if found.start is None or found.start <= time else None

    def hours(self, *states: CoverageState) -> float:
        """Add up how many hours have one of these states; an interval without a begin counts nothing."""
        return sum(each.hours or 0.0 for each in self.intervals if each.state in states)


def without_pending(coverage: Coverage) -> Coverage:
    """Give a coverage whose newest digests are known to have been delivered: what is not there is missing."""
    pending, missing = CoverageState.PENDING, CoverageState.MISSING
    changed = [evolve(each, state=missing) if each.state is pending else each for each in coverage.intervals]
    intervals = Intervals(None, changed[-1].end)
    for each in reversed(changed):
        intervals.add(each.start, each.end, each.state)
    return evolve(coverage, intervals=intervals.done())


@frozen
class ClaimedHour:
    """The hour that a digest which is not valid would have vouched for: what its name says."""

    end: datetime
    state: CoverageState


class Intervals:
    """Puts intervals together, from the newest to the oldest, as a chain is walked.

    Args:
        since: Begin of the asked time, if there is one.
        end: End of the asked time.
    """

    def __init__(self, since: datetime | None, end: datetime) -> None:
        self._since, self._end = since, end
        self._newest_first: list[Interval] = []

    def add(self, start: datetime | None, end: datetime, state: CoverageState) -> None:
        """Add what comes before, as far as it is asked for."""
        if self._since is not None:
            start = self._since if start is None else max(start, self._since)
        end = min(end, self._end)
        if start is not None and start >= end:
            return
        last = self._newest_first[-1] if self._newest_first else None
        if last is not None and last.state is state and last.start == end:
            self._newest_first[-1] = Interval(start, last.end, state)
        else:
            self._newest_first.append(Interval(start, end, state))

    def add_hole(self, start: datetime | None, end: datetime, claims: Iterable[ClaimedHour]) -> None:
        """Add a time between valid digests: the hours of those that are not valid, and what is missing around them.

        Args:
            start: End of the older valid digest; `None` where there is none.
            end: Begin of the newer one.
            claims: The digests in between, the newest first.
        """
        for claim in claims:
            claimed_end = min(claim.end, end)
            if start is not None and claimed_end <= start:
                continue
            self.add(claimed_end, end, CoverageState.MISSING)
            end = min(claimed_end, shifted(claim.end, -HOUR))
            end = end if start is None else max(start, end)
            self.add(end, claimed_end, claim.state)
        if start is None or start < end:
            self.add(start, end, CoverageState.MISSING)

    def done(self) -> tuple[Interval, ...]:
        """Give all, the oldest first."""
        return tuple(reversed(self._newest_first))
