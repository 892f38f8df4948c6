"""Following a source: how it waits for what is new, and how a stop ends the waiting."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from trailsdk.errors import UsageError

__all__ = [
    "UP_TO_DATE",
    "Following",
    "Stop",
    "StoppedError",
    "UpToDate",
    "files_until_stopped",
    "following_of",
    "taken",
    "until_stopped",
]

T = TypeVar("T")

_MOST_FAILED = 10_000
_GROWTH = 2


class UpToDate:
    """What a following source gives, among its files, when it has given all that is there.

    All files before are read to their end before the source is asked for more: then it waits.
    """

    def __repr__(self) -> str:
        return "UP_TO_DATE"


UP_TO_DATE = UpToDate()
"""Given by a source that is followed when it has given all that is there: it is asked for more when that is read."""


class StoppedError(Exception):
    """A stream was stopped between two records of a file. It never leaves the stream."""


class Stop:
    """A request to stop, from another thread or from a signal handler; whoever waits is woken at once."""

    def __init__(self) -> None:
        self.is_set = False
        """Whether somebody asked to stop."""
        # Not an Event: setting one in a signal handler may wait for a lock that the interrupted code holds.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._told: list[Callable[[], object]] = []

    def set(self) -> None:
        """Ask to stop. Once is enough, and for ever."""
        self.is_set = True
        self._wake.put(None)
        for tell in self._told:
            tell()

    def tell(self, whom: Callable[[], object]) -> None:
        """Call a function when somebody asks to stop, at once if somebody has: who waits for something else is woken.

        Args:
            whom: The function. It may run in a signal handler, so it must not take a lock.
        """
        self._told.append(whom)
        if self.is_set:
            whom()

    def wait(self, seconds: float) -> None:
        """Wait for some seconds, or until somebody asks to stop."""
        if self.is_set or seconds <= 0:
            return
        with suppress(Empty):
            self._wake.get(timeout=seconds)
            # For whoever else waits.
            self._wake.put(None)


class Following:
    """How a source is followed: how long it waits while nothing new comes.

    The first wait is `shortest`; each further one is twice as long, up to `longest`; what comes makes it short again.

    Hand it to a source, such as `trailsdk.S3(uri, follow=Following(longest=300))`; `follow=True` takes the source's own
    times. Each stream waits for itself, so that one object serves for many.

    Args:
        shortest: Seconds of the first wait.
        longest: Seconds of the longest.
        idle: Called each time when all that is there was given, before the source waits. Whoever collects records
            stores them here; `stream.commit()` may be called. What it raises passes through, and is a crash: nothing is
            written down since the last commit.
        wait: Waits for some seconds instead of the clock, for tests.

    Raises:
        UsageError: `shortest` is not above 0, or `longest` is shorter.
    """

    def __init__(
        self,
        *,
        shortest: float = 5.0,
        longest: float = 60.0,
        idle: Callable[[], object] | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        if not 0 < shortest <= longest:
            raise UsageError(f"Following: shortest={shortest}, longest={longest}: expected 0 < shortest <= longest")
        self.shortest, self.longest, self.idle = shortest, longest, idle
        self.failed: deque[tuple[str, str]] = deque(maxlen=_MOST_FAILED)
        """Names and locations of files that could not be read since the source looked last: the stream adds them, the
        source takes them. Pages of services have no names, and are not among them."""
        self._handed_in = wait
        self._seconds = shortest
        self._stop = Stop()

    def __repr__(self) -> str:
        return f"Following(shortest={self.shortest:g}, longest={self.longest:g})"

    def until(self, stop: Stop) -> "Following":
        """Give the same for one stream, whose waits this stop ends."""
        own = Following(shortest=self.shortest, longest=self.longest, idle=self.idle, wait=self._handed_in)
        own._stop = stop
        return own

    @property
    def stopped(self) -> bool:
        """Whether the source should come to its end."""
        return self._stop.is_set

    def tell_of_stop(self, whom: Callable[[], object]) -> None:
        """Call a function when the stream is stopped; see `Stop.tell`."""
        self._stop.tell(whom)

    def wait(self) -> bool:
        """Wait, longer each time.

        Returns:
            Whether to go on.
        """
        seconds = self._seconds
        self._seconds = min(seconds * _GROWTH, self.longest)
        return self.pause(seconds)

    def pause(self, seconds: float) -> bool:
        """Wait for as long as is said.

        Returns:
            Whether to go on.
        """
        if not self.stopped:
            (self._handed_in or self._stop.wait)(seconds)
        return not self.stopped

    def news(self) -> None:
        """Tell that something new has come: the next wait is short."""
        self._seconds = self.shortest


def following_of(follow: "bool | Following", shortest: float, longest: float) -> Following | None:
    """Read a source's option `follow`.

    Args:
        follow: What was given.
        shortest: Seconds of the first wait, where the caller leaves that to the source.
        longest: Seconds of the longest.
    """
    if isinstance(follow, Following):
        return follow
    return Following(shortest=shortest, longest=longest) if follow else None


def taken(items: deque[T]) -> Iterator[T]:
    """Take away what is there."""
    while items:
        yield items.popleft()


def until_stopped(records: Iterable[T], stop: Stop) -> Iterator[T]:
    """Give one record after the other; each that is taken is given, since it is counted.

    Raises:
        StoppedError: Somebody asked to stop, and the record at hand is done with.
    """
    for record in records:
        yield record
        if stop.is_set:
            raise StoppedError


def files_until_stopped(files: Iterable[T], stop: Stop) -> Iterator[T]:
    """Give one file after the other; none is begun after the stop.

    Raises:
        StoppedError: Somebody asked to stop.
    """
    for file in files:
        if not stop.is_set:
            yield file
        if stop.is_set:
            raise StoppedError
