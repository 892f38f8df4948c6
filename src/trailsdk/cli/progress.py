"""Progress of long work: one line on standard error, drawn by a thread of its own a few times a second.

The reading loop does nothing for it; the counters of the stream are there anyway.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, RLock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import pluggy

from trailsdk.cli.screen import Screen

if TYPE_CHECKING:
    from trailsdk.plugins.parts import Observer
    from trailsdk.sources.base import Stats

hookimpl = pluggy.HookimplMarker("trailsdk")
"""The same as trailsdk.plugins.hookimpl, so that help does not wait for the library."""

__all__ = ["Progress", "describe", "format_size", "join_parts", "wants_progress"]

Describe: TypeAlias = Callable[[float, int], str]
"""Tells how far work is, of the seconds since it began, in at most so many columns."""

_QUIET_SECONDS = 0.2
"""Work that is done sooner, and rows that come faster, need no progress."""
_STEP_SECONDS = 0.15

_CLEAR_LINE = "\r\x1b[K"


def wants_progress(asked: bool | None, out: Screen, err: Screen) -> bool:  # noqa: FBT001 (an option's value)
    """Tell whether to show progress.

    By default where standard error is a terminal, but not when standard output goes to another program: it may draw
    on the same terminal, as `less`, `grep` and `head` do.
    """
    import os

    return (err.is_terminal and os.environ.get("TERM") != "dumb" and not out.is_pipe) if asked is None else asked


class Progress:
    """Shows the counters while the work is long; gives way to everything that is printed."""

    def __init__(self, screen: Screen, *, wanted: bool) -> None:
        self._screen = screen
        self._wanted = wanted
        self._line: Describe | None = None
        self._lock = RLock()
        self._drawn = False
        self._begin = self._printed = time.monotonic()
        self._done = Event()
        self._thread: Thread | None = None

    @hookimpl
    def trailsdk_observers(self) -> "list[Observer]":
        """Come in as an observer: the counters that it is given stay up to date by themselves."""
        from trailsdk.plugins.parts import Observer

        return [Observer(plan_made=lambda _, stats: self.watch(stats))]

    def watch(self, stats: "Stats") -> None:
        """Show these counters from now on."""
        self.show(lambda seconds, width: describe(stats, seconds, width))

    def show(self, line: Describe) -> None:
        """Show what a function of the seconds since the work began, and of the columns that there are, tells."""
        self._line = line
        if self._wanted and self._thread is None:
            self._thread = Thread(target=self._draw_until_done, name="progress", daemon=True)
            self._thread.start()

    def printing(self) -> AbstractContextManager[None]:
        """Make room for what is printed to the terminal."""
        return self._printing() if self._thread is not None else nullcontext()

    @contextmanager
    def _printing(self) -> Iterator[None]:
        with self._lock:
            self._clear()
            self._printed = time.monotonic()
            yield

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._clear()

    def _draw_until_done(self) -> None:
        while not self._done.wait(_STEP_SECONDS):
            with self._lock:
                now = time.monotonic()
                if now - self._printed >= _QUIET_SECONDS and self._line is not None:
                    self._drawn = True
                    width = self._screen.width - 1
                    line = self._screen.own(self._line(now - self._begin, width))
                    self._write(_CLEAR_LINE + self._screen.paint(line, "dim"))

    def _clear(self) -> None:
        if self._drawn:
            self._drawn = False
            self._write(_CLEAR_LINE)

    def _write(self, text: str) -> None:
        try:
            self._screen.write(text)
        except OSError:
            # The terminal has gone; the work has not.
            self._wanted = False


def describe(stats: "Stats", seconds: float, width: int) -> str:
    """Tell the counters in at most so many columns; what matters least is left out first.

    Args:
        stats: The counters.
        seconds: Since the work began.
        width: Columns.
    """
    parts = [f"{stats.listed - stats.unreached:,} files"]
    if stats.bytes_read:
        parts.append(format_size(stats.bytes_read))
    parts.append(f"{stats.seen:,} records")
    if seconds >= 1:
        parts.append(f"{stats.seen / seconds:,.0f} records/s")
    if bad := stats.bad + stats.failed:
        parts.insert(0, f"{bad:,} bad")
    return join_parts(parts, seconds, width)


def join_parts(parts: list[str], seconds: float, width: int) -> str:
    """Join the parts of a line of progress, with the time behind them; what stands last is left out first."""
    parts = [*parts, f"{int(seconds) // 60}:{int(seconds) % 60:02}"]
    while len(parts) > 1 and len(" · ".join(parts)) > width:
        parts.pop()
    return " · ".join(parts)[:width]


def format_size(number: float) -> str:
    """Tell a number of bytes in SI units."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:  # noqa: PLR2004 (SI units)
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
