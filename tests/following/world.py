"""A world whose time passes only when somebody waits, and in which things appear when they are due."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from attrs import define, field

import trailsdk

BEGIN = datetime(2026, 3, 7, 12, tzinfo=UTC)


@define
class World:
    """A clock, what happens when, and when to stop whoever follows."""

    end: datetime
    """When the stream is stopped."""
    now: datetime = BEGIN
    waits: list[float] = field(factory=list)
    stream: trailsdk.RecordStream | None = None
    _due: list[tuple[datetime, int, Callable[[], object]]] = field(factory=list)
    _number: "count[int]" = field(factory=count)

    def clock(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def at(self, when: datetime, happens: Callable[[], object]) -> None:
        """Let something happen."""
        heappush(self._due, (when, next(self._number), happens))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= self.now:
            heappop(self._due)[2]()
        if self.now >= self.end and self.stream is not None:
            self.stream.stop()

    def wait(self, seconds: float) -> None:
        """Wait as a source does."""
        self.waits.append(seconds)
        self.sleep(seconds)

    def follow(self, *, shortest: float = 5, longest: float = 60) -> trailsdk.Following:
        return trailsdk.Following(shortest=shortest, longest=longest, wait=self.wait)

    def read(self, source: trailsdk.sources.Source, **options: object) -> trailsdk.RecordStream:
        """Read until the world's end."""
        self.stream = trailsdk.read(source, **options)  # type: ignore[arg-type]  # as read takes them
        self.sleep(0)
        return self.stream
