"""How far back a service without files is asked again while it is followed, and what of its answers was given."""

from datetime import datetime, timedelta

from trailsdk.model.times import shifted

__all__ = ["Lookback"]

_SWEEPS = 4
"""How often the whole overlap is asked for within its own length."""

_BUCKET_SECONDS = 60


class Lookback:
    """What was asked and given, in bounded memory.

    What comes soon is found by short looks back. What comes later is found by sweeps of the whole overlap, four in its
    length: each begins an overlap before the end of the one before, so that nothing that becomes visible within the
    overlap after its time is between two of them.

    Args:
        overlap: How long after its time something may become visible.
        near: How far back each look goes.
    """

    def __init__(self, overlap: timedelta, near: timedelta) -> None:
        self._overlap, self._near = overlap, min(near, overlap)
        self._reached: datetime | None = None
        self._swept: datetime | None = None
        self._given: dict[int, set[str]] = {}

    def begin(self, end: datetime) -> datetime | None:
        """Tell from when on to ask.

        Args:
            end: Up to when.

        Returns:
            The time; `None` for the first question, which the caller begins where he wants.
        """
        if self._swept is None or self._reached is None:
            return None
        if end - self._swept >= self._overlap / _SWEEPS:
            return shifted(self._swept, -self._overlap)
        return shifted(self._reached, -self._near)

    def answered(self, begin: datetime | None, end: datetime) -> None:
        """Tell that a question was answered to its end."""
        self._reached = end
        if begin is None or self._swept is None or begin <= shifted(self._swept, -self._overlap):
            self._swept = end
        self.forget(shifted(self._swept, -self._overlap))

    def is_new(self, when: datetime, identity: str) -> bool:
        """Tell whether something was not given yet, and remember that it is."""
        given = self._given.setdefault(_bucket(when), set())
        if identity in given:
            return False
        given.add(identity)
        return True

    def forget(self, before: datetime) -> None:
        """Forget what is older than it can be asked for again."""
        # One more, since services round times.
        first = _bucket(before) - 1
        for bucket in [each for each in self._given if each < first]:
            del self._given[bucket]

    @property
    def remembered(self) -> int:
        """How many things are remembered."""
        return sum(map(len, self._given.values()))


def _bucket(when: datetime) -> int:
    return int(when.timestamp()) // _BUCKET_SECONDS
