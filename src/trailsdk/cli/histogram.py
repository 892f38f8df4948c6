"""Records over time, in a few steps of a natural length: minutes, hours, days, months, years."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from attrs import frozen

__all__ = ["EPOCH", "Bin", "Histogram", "make_histogram"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Bin:
    """One step of time."""

    begin: datetime
    label: str
    """The begin, as exactly as the step asks for."""
    count: int


@frozen
class Histogram:
    """How many records fall into each step of time."""

    step: str
    """Such as `15 minutes`."""
    bins: tuple[Bin, ...]
    """Without gaps, from the first record to the last."""


@frozen
class _Step:
    name: str
    label_size: int
    """Characters of `2026-03-07 09:15` that tell the begin."""
    floor: Callable[[datetime], datetime]
    following: Callable[[datetime], datetime]


def make_histogram(times: Mapping[int, int], most: int = 12) -> Histogram | None:
    """Choose the shortest step with which so many bins suffice.

    Args:
        times: How many records begin at each time, in seconds since 1970 (UTC).
        most: Bins.

    Returns:
        The histogram; `None` where there are no times.
    """
    if not times:
        return None
    first, last = (EPOCH + timedelta(seconds=edge(times)) for edge in (min, max))
    step, begins = next((step, begins) for step in _STEPS if (begins := _begins(step, first, last, most)) is not None)
    counts = dict.fromkeys(begins, 0)
    for seconds, count in times.items():
        counts[step.floor(EPOCH + timedelta(seconds=seconds))] += count
    return Histogram(
        step.name,
        tuple(Bin(begin, begin.isoformat(" ")[: step.label_size], count) for begin, count in counts.items()),
    )


def _begins(step: _Step, first: datetime, last: datetime, most: int) -> list[datetime] | None:
    """Give the begins of all bins; `None` where they are too many."""
    begins = [step.floor(first)]
    while len(begins) <= most:
        try:
            following = step.following(begins[-1])
        except (ValueError, OverflowError):
            # The calendar ends with the year 9999.
            return begins
        if following > last:
            return begins
        begins.append(following)
    return None


def _fixed(name: str, label_size: int, **length: int) -> _Step:
    size = timedelta(**length)
    return _Step(name, label_size, lambda when: when - (when - EPOCH) % size, lambda begin: begin + size)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _weeks() -> _Step:
    def floor(when: datetime) -> datetime:
        # The first week of the calendar has no Monday before it.
        return _midnight(date.fromordinal(max(when.toordinal() - when.weekday(), 1)))

    return _Step("1 week", 10, floor, lambda begin: begin + timedelta(days=7))


def _months(name: str, number: int) -> _Step:
    def floor(when: datetime) -> datetime:
        return datetime(when.year, (when.month - 1) // number * number + 1, 1, tzinfo=UTC)

    def following(begin: datetime) -> datetime:
        later = begin.month - 1 + number
        return datetime(begin.year + later // 12, later % 12 + 1, 1, tzinfo=UTC)

    return _Step(name, 7, floor, following)


def _years(number: int) -> _Step:
    def floor(when: datetime) -> datetime:
        return datetime(max(when.year // number * number, 1), 1, 1, tzinfo=UTC)

    def following(begin: datetime) -> datetime:
        return datetime((begin.year // number + 1) * number, 1, 1, tzinfo=UTC)

    return _Step("1 year" if number == 1 else f"{number} years", 4, floor, following)


_STEPS = (
    *(_fixed(f"{number} minute{'s' * (number > 1)}", 16, minutes=number) for number in (1, 5, 15, 30)),
    *(_fixed(f"{number} hour{'s' * (number > 1)}", 16, hours=number) for number in (1, 3, 6, 12)),
    _fixed("1 day", 10, days=1),
    _weeks(),
    _months("1 month", 1),
    _months("3 months", 3),
    *(_years(number) for number in (1, 2, 5, 10, 20, 50, 100, 1000, 10_000)),
)
