"""Coverage as a picture: a strip for each chain, with what is not vouched for in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from trailsdk.cli.screen import Screen
from trailsdk.integrity.coverage import Coverage, CoverageState

__all__ = ["coverage_strips"]


@frozen
class _Look:
    """How a state is shown."""

    sign: str
    style: str
    words: str


_LOOKS = {
    CoverageState.INVALID: _Look("X", "red", "digest not valid"),
    CoverageState.MISSING: _Look("_", "red", "digests missing"),
    CoverageState.INACCESSIBLE: _Look("!", "yellow", "could not be looked at"),
    CoverageState.UNVERIFIABLE: _Look("?", "yellow", "digest unproved"),
    CoverageState.GAP: _Look("-", "yellow", "between two chains"),
    CoverageState.BEFORE_START: _Look(".", "dim", "before the first digest"),
    CoverageState.PENDING: _Look("~", "dim", "pending"),
    CoverageState.PROVED_EARLIER: _Look("=", "green", "proved earlier"),
    CoverageState.VOUCHED: _Look("█", "green", "vouched for"),
}
"""The worst first: a column shows the worst of its time."""

_RANKS = {state: rank for rank, state in enumerate(_LOOKS)}
_VOUCHED = (CoverageState.VOUCHED, CoverageState.PROVED_EARLIER)
_WHOLE = {*_VOUCHED, CoverageState.PENDING, CoverageState.BEFORE_START}
"""States that are no hole: all that could be vouched for is."""
_MOST_WHOLE = 10
"""Chains without a hole that are shown; more are counted."""
_MOST_PARTS = 3
"""Times of one state that are shown for a chain; more are counted."""
_NARROWEST, _WIDEST = 12, 60


def coverage_strips(coverages: Sequence[Coverage], screen: Screen) -> str:
    """Draw a strip for each chain, the oldest time on the left; nothing where there is no chain.

    Args:
        coverages: Of all chains.
        screen: Where they are shown.
    """
    known = [each for each in coverages if each.intervals]
    whole = sum(map(_is_whole, known))
    left_out = whole if whole > _MOST_WHOLE else 0
    shown = [each for each in known if not (left_out and _is_whole(each))]
    names = {id(each): screen.escape(_name(each)) for each in shown}
    room = max((len(each) for each in names.values()), default=0)
    width = max(_NARROWEST, min(_WIDEST, screen.width - room - 16))
    lines = []
    for each in shown:
        strip = "".join(
            screen.paint(screen.own(_LOOKS[state].sign), _LOOKS[state].style) for state in _cells(each, width)
        )
        lines.append(f"{names[id(each)]:<{room}} {strip} {_share(each)}")
        lines += [f"  {line}" for line in _holes(each)]
    if left_out:
        lines.append(f"{left_out:,} {'more ' if shown else ''}chains without a hole")
    if shown:
        signs = {state for each in shown for state in _cells(each, width)}
        legend = (f"{screen.own(look.sign)} {look.words}" for state, look in reversed(_LOOKS.items()) if state in signs)
        lines.append("   ".join(legend))
    return "".join(f"{line}\n" for line in lines)


def _is_whole(coverage: Coverage) -> bool:
    return all(each.state in _WHOLE for each in coverage.intervals)


def _name(coverage: Coverage) -> str:
    return f"{coverage.chain.account_id} {coverage.chain.region} {coverage.chain.trail_name}"


def _cells(coverage: Coverage, width: int) -> Iterator[CoverageState]:
    """Give the worst state of each column's time."""
    intervals = coverage.intervals
    first = next((each.start for each in intervals if each.start is not None), intervals[-1].end)
    last = intervals[-1].end
    if intervals[0].start is None:
        yield intervals[0].state
        width -= 1
    step = (last - first) / width
    if not step:
        return
    known, at = [each for each in intervals if each.start is not None], 0
    for column in range(width):
        left, right = first + column * step, first + (column + 1) * step
        while at + 1 < len(known) and known[at].end <= left:
            at += 1
        states = []
        for each in known[at:]:
            if each.start is not None and each.start >= right:
                break
            states.append(each.state)
        yield min(states or [known[-1].state], key=_RANKS.__getitem__)


def _share(coverage: Coverage) -> str:
    """Tell how much of the asked time is vouched for. Only all of it is 100 %."""
    hours = coverage.hours(*CoverageState)
    if not hours:
        return ""
    share = 1000 * coverage.hours(*_VOUCHED) / hours
    return f"{int(share + 1e-9) / 10:.1f} %"


def _holes(coverage: Coverage) -> Iterator[str]:
    """Tell of each reason how much time it is, and from when to when."""
    for state, look in _LOOKS.items():
        found = [each for each in coverage.intervals if each.state is state]
        if state not in _VOUCHED and found:
            hours = coverage.hours(state)
            times = [f"{_time(each.start)} to {_time(each.end)}" for each in found[:_MOST_PARTS]]
            more = f", and {len(found) - _MOST_PARTS:,} more" if len(found) > _MOST_PARTS else ""
            yield f"{look.words}: {f'{hours:,.1f} h' if hours else 'nobody knows how long'}, {', '.join(times)}{more}"


def _time(time: datetime | None) -> str:
    return "..." if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
