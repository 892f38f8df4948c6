"""What the plugin system costs: reading with no plugin from outside, and a stage that looks at each record."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

import trailsdk
from bench.generate import write_trail
from bench.measure import Times, interleave, print_table, verdict
from trailsdk._container import Place
from trailsdk._opened import Counting
from trailsdk.codec.files import divide_stream
from trailsdk.codec.records import decode_head, decode_record, make_record
from trailsdk.plugins import Blob, Selection, Stage, Stats, hookimpl

__all__ = ["plugins"]

_MOST = 1.05
"""How many times as long as the leanest loop `read()` may take."""
_MOST_US = 0.3
"""Microseconds a record that a stage may cost beside its own function."""

_HOW = (
    "{:,} records in {} gzip files. *Direct* is the leanest loop over trailsdk's own source and codec: "
    "`Local(folder).blobs(...)`, `divide_stream`, `decode_head`, `make_record`, with the same counters and origins, "
    "but no hooks, no `on_error`, no generator of records. *Read* is `trailsdk.read(folder)` with no plugin from "
    "outside. *Stage* is the same with `Stage(on_record=lambda record: None)`, and *lambda* what calling that lambda "
    "alone costs: a loop that does, less one that does not. {} rounds after one that does not count, in turns. The "
    "ratio is of the medians; what a stage costs is the median of the differences within each round."
)


def _direct(folder: Path) -> int:
    """Read all records with nothing between source, codec and this loop."""
    selection, stats = Selection.of(), Stats()
    for blob in trailsdk.Local(folder).blobs(selection, stats):
        assert not isinstance(blob, trailsdk.TrailError)
        _direct_file(blob, stats)
    return stats.yielded


def _direct_file(blob: Blob, stats: Stats) -> None:
    # A function, so that the texts of one file are let go before the next file is read: else it takes 7 % longer.
    with blob.open() as opened:
        division, wrong = divide_stream(Counting(opened, stats), blob.location)
        place = Place(blob.location)
        for index, piece in enumerate(division.pieces):
            raw = bytes(piece)  # type: ignore[arg-type]  # the records of sound files are bytes
            if raw.isascii():
                make_record(decode_head(raw), raw, place, index)
            else:
                decode_record(raw, place, index)
            stats.yielded += 1
    assert wrong is None
    stats.read += 1


def _read(folder: Path, *given: object) -> int:
    stream = trailsdk.read(folder, plugins=given)
    for _ in stream:
        pass
    return stream.stats.yielded


class _Looking:
    """A plugin with a stage that does nothing."""

    def __init__(self, on_record: Callable[[object], None]) -> None:
        self._on_record = on_record

    @hookimpl
    def trailsdk_stages(self) -> list[Stage]:
        return [Stage(on_record=self._on_record)]


def _loop(things: list[object]) -> int:
    for _ in things:
        pass
    return len(things)


def _calls(function: Callable[[object], None], things: list[object]) -> int:
    for thing in things:
        function(thing)
    return len(things)


def _more(times: Mapping[str, Times], name: str, base: str) -> list[float]:
    """Give the microseconds a record that one contender took longer than another, round by round."""
    one, other = times[name], times[base]
    return [one.microseconds(more - less) for more, less in zip(one.wall, other.wall, strict=True)]


def plugins(folder: Path, *, quick: bool) -> None:
    """Compare reading through the plugin system with calling its parts, and with one more stage."""
    folder /= "plugins"
    number, rounds = (25, 5) if quick else (100, 20)
    paths = write_trail(folder, [200] * number)
    look: Callable[[object], None] = lambda record: None  # noqa: E731, ARG005 (as a user would write it)
    things: list[object] = [None] * (200 * number)
    times = interleave(
        {
            "direct": partial(_direct, folder),
            "read": partial(_read, folder),
            "stage": partial(_read, folder, _Looking(look)),
            "loop": partial(_loop, things),
            "calls": partial(_calls, look, things),
        },
        rounds,
    )
    direct, read = times["direct"], times["read"]
    ratio = median(read.wall) / median(direct.wall)
    best, cpu = min(read.wall) / min(direct.wall), median(read.cpu) / median(direct.cpu)
    own = _more(times, "calls", "loop")
    costs = median(more - less for more, less in zip(_more(times, "stage", "read"), own, strict=True))
    rows = [
        *(
            (
                f"{name}, µs a record: median (best)",
                f"{its.microseconds(median(its.wall)):.2f} ({its.microseconds(min(its.wall)):.2f})",
                "",
            )
            for name, its in times.items()
            if name in ("direct", "read", "stage")
        ),
        (
            "read / direct (of the bests; of CPU time)",
            f"{ratio:.3f} ({best:.3f}; {cpu:.3f})",
            f"{_MOST}: {verdict(met=ratio <= _MOST)}",
        ),
        ("lambda, µs a call", f"{median(own):.3f}", ""),
        ("stage - read - lambda, µs a record", f"{costs:.3f}", f"{_MOST_US}: {verdict(met=costs <= _MOST_US)}"),
    ]
    how = _HOW.format(200 * number, len(paths), rounds)
    print_table("Plugins", how, ("what", "measured", "target"), rows)
