"""The pace of LookupEvents: 2 requests a second for each account and Region, whoever asks."""

import time
from collections.abc import Callable
from threading import Lock

__all__ = ["Governor", "shared_governor"]

_PER_SECOND = 2.0
_MARGIN = 1.02
"""The service measures arrivals, which jitter: a pace of exactly the limit is above it now and then."""
_SLOWEST = 8.0
_RECOVERY = 0.8


class Governor:
    """Spaces requests evenly; slows down when the service throttles, and recovers with each answer.

    Others may ask for the same account: AWS counts the console's and other programs' requests too.

    Args:
        per_second: Requests a second that are allowed.
        clock: Seconds, always growing.
        sleep: Waits for a number of seconds.

    Source: AWS CloudTrail API Reference, "LookupEvents": two requests a second, per account, per Region.
    """

    def __init__(
        self,
        per_second: float = _PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._shortest = _MARGIN / per_second
        self._interval = self._shortest
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._lock = Lock()

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        return self._interval

    def wait(self, sleep: Callable[[float], object] | None = None) -> None:
        """Wait until a request may be made. Several threads are let through one by one.

        Args:
            sleep: Waits instead of the governor's own, for whoever may be woken.
        """
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            (sleep or self._sleep)(turn - now)

    def answered(self) -> None:
        """Tell that a request was answered."""
        with self._lock:
            self._interval = max(self._shortest, self._interval * _RECOVERY)

    def throttled(self) -> None:
        """Tell that a request was refused as one too many, or that the service has a fault."""
        with self._lock:
            self._interval = min(self._interval * 2, _SLOWEST)
            self._next = max(self._next, self._clock() + self._interval)


_shared: dict[tuple[str, str], Governor] = {}
_shared_lock = Lock()


def shared_governor(account: str, region: str) -> Governor:
    """Give the one governor of this process for an account and a Region.

    Args:
        account: The account, or whatever stands for it.
        region: The Region.
    """
    with _shared_lock:
        return _shared.setdefault((account, region), Governor())
