"""The numbers of `trailsdk stats`, laid out for people."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from trailsdk.cli.screen import Screen
from trailsdk.cli.tally import Tally, Who
from trailsdk.cli.text import fit
from trailsdk.sources.base import Stats

__all__ = ["render_ranking", "render_summary"]

_NARROW = 60
"""Columns of a terminal below which there are no bars."""
_BAR = 20
_NUMBER = 10
_SHARE = 6
_LABEL = 8
_STYLES = {"success": "green", "failure": "yellow", "denied": "red"}


def render_summary(tally: Tally, counters: Stats, top: int, screen: Screen) -> str:
    """Lay out the numbers in the width of a screen."""
    return "".join(f"{line}\n" for line in _lines(tally, counters, top, screen))


def render_ranking(title: str, counts: Counter[Any], top: int, show: Callable[[Any], str], screen: Screen) -> str:
    """Lay out the most frequent of some values, with their share of all that have one."""
    more = f", {top} of {len(counts):,} values" if len(counts) > top else ""
    lines = [screen.paint(screen.escape(title) + more, "bold"), *_ranking(counts, top, show, counts.total(), screen)]
    return "".join(f"{line}\n" for line in lines)


def _lines(tally: Tally, counters: Stats, top: int, screen: Screen) -> Iterator[str]:
    yield from _overview(tally, counters, screen)
    histogram = tally.histogram()
    if histogram is not None:
        yield ""
        yield screen.paint(f"Records per {histogram.step.removeprefix('1 ')}, UTC", "bold")
        highest = max(each.count for each in histogram.bins)
        for each in histogram.bins:
            yield f"{each.label}{_measure(each.count, highest, tally.records, screen)}".rstrip()
    lists: tuple[tuple[str, Counter[Any], Callable[[Any], str]], ...] = (
        ("Services", tally.services, str),
        ("Calls", tally.calls, _call),
        ("Actors", tally.actors, _actor),
        ("Source addresses", tally.addresses, str),
        ("Errors", tally.errors, str),
    )
    for name, counts, show in lists:
        if counts:
            yield ""
            yield screen.paint(f"{name}, {top} of {len(counts):,}" if len(counts) > top else name, "bold")
            yield from _ranking(counts, top, show, tally.records, screen)


def _overview(tally: Tally, counters: Stats, screen: Screen) -> Iterator[str]:
    records = [
        (counters.yielded, "counted"),
        (counters.filtered, "not asked for"),
        (counters.duplicate, "that came already"),
        (counters.bad, "bad"),
        (counters.unverified, "not proved"),
    ]
    files = [
        (counters.read, "read"),
        (counters.pruned, "not asked for"),
        (counters.skipped, "no log files"),
        (counters.consumed, "read before"),
        (counters.failed, "failed"),
        (counters.unreached, "not reached"),
    ]
    yield from _item("Records", _sum(counters.seen, records), screen)
    yield from _item("Files", _sum(counters.listed, files), screen)
    if tally.first is not None and tally.last is not None:
        begin, end = (when.isoformat(" ")[:19] for when in (tally.first, tally.last))
        yield from _item("Time", f"{begin} to {end} UTC", screen)
    if counters.conflicts:
        yield from _item("", f"{counters.conflicts:,} records with an id that came already, and other bytes", screen)
    if tally.untimed:
        yield from _item("", f"{tally.untimed:,} records without a time", screen)
    for number, (name, count) in enumerate(tally.outcomes.most_common()):
        what = "no calls" if name == "none" else name
        yield from _item("" if number else "Outcomes", f"{count:,} {what}", screen, _STYLES.get(name))


def _sum(total: int, parts: list[tuple[int, str]]) -> str:
    """Tell a sum by its parts; those that are none are left out."""
    present = [f"{number:,} {what}" for number, what in parts if number]
    return f"{total:,}" + (f" = {' + '.join(present)}" if present else "")


def _item(label: str, text: str, screen: Screen, style: str | None = None) -> Iterator[str]:
    lines = textwrap.wrap(text, max(screen.width - _LABEL - 2, _LABEL))
    for number, line in enumerate(lines):
        head = fit("" if number else label, _LABEL)
        yield f"{screen.paint(head, 'bold')}  {screen.paint(line, style)}"


def _ranking(counts: Counter[Any], top: int, show: Callable[[Any], str], total: int, screen: Screen) -> Iterator[str]:
    ranked = counts.most_common(top)
    used = _NUMBER + 2 + _SHARE + 2 + (_BAR + 2 if screen.width >= _NARROW else 0)
    for value, count in ranked:
        text = fit(screen.escape(show(value)), max(screen.width - used, 10), screen.own("…"))
        yield f"{_measure(count, ranked[0][1], total, screen)}  {text.rstrip()}"


def _measure(count: int, highest: int, total: int, screen: Screen) -> str:
    """Tell a number: itself, its share, its bar."""
    share = f"{count / total:.1%}" if count else ""
    told = f"{count:>{_NUMBER},}  {screen.paint(f'{share:>{_SHARE}}', 'dim')}"
    if screen.width < _NARROW:
        return told
    halves = max(round(2 * _BAR * count / highest), 1) if count else 0
    bar = screen.own("█" * (halves // 2) + "▌" * (halves % 2))
    return f"{told}  {screen.paint(fit(bar, _BAR), 'cyan')}"


def _call(call: tuple[str, str]) -> str:
    service, name = call
    return f"{service.removesuffix('.amazonaws.com')}:{name}" if service else name


def _actor(who: Who) -> str:
    """Name an actor, with its kind and account."""
    details = [who.kind, *filter(None, (who.arn or "").split(":")[4:5])]
    if who.human is not None and who.name not in (None, who.human):
        details.insert(0, who.name or "")
    return f"{who.human or who.name} ({', '.join(details)})"
