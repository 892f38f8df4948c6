"""A bucket that is followed: which days are listed again, what was given, and what is tried again."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from trailsdk.errors import GoneError, SourceError
from trailsdk.model.keys import KeyPrefix, LogFileKey
from trailsdk.model.times import shifted
from trailsdk.sources.cursor import Cursor, Saved
from trailsdk.sources.cursor.places import divided, folder_of, overlaps
from trailsdk.sources.s3.tree import Entry

__all__ = ["HeldCursor", "Retries", "Rounds"]

_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=1)


class Rounds:
    """What one stream knows of a bucket, from one listing to the next.

    Each folder of a Region is listed again from the cursor's overlap before its newest file; all files since then are
    remembered, some 250 bytes each, so that each is given once, and again when it is replaced. Files whose names tell
    no time of delivery are remembered for ever.

    Args:
        overlap: How much later than its neighbours a file may come.
        now: The clock: names that lie in the future do not move on what is listed.
        first_day: Tells of a Region's folder before which day all was consumed by an earlier run.
    """

    def __init__(
        self, overlap: timedelta, now: Callable[[], datetime], first_day: Callable[[KeyPrefix], date | None]
    ) -> None:
        self._overlap, self._now, self._consumed = overlap, now, first_day
        self._given: dict[str, dict[str, str | None]] = {}
        self._newest: dict[str, datetime] = {}
        self._first: dict[str, date] = {}
        self._kept_from: dict[str, date] = {}
        self._unlisted: list[str] = []
        self.news = False
        """Whether anything new was found in this round."""

    def begin(self) -> None:
        """A listing begins."""
        self._unlisted, self.news = [], False

    def first_day(self, position: KeyPrefix) -> date | None:
        """Tell from which day on a Region's folder is to be listed; `None`: from the begin."""
        return self._first.get(folder_of(position)) or self._consumed(position)

    def is_new(self, entry: Entry) -> bool:
        """Tell whether an object was not given as it stands, and remember that it is."""
        folder, name = divided(entry.stored.key) if isinstance(entry.key, LogFileKey) else ("", entry.stored.key)
        given = self._given.setdefault(folder, {})
        if name in given and given[name] == entry.stored.etag:
            return False
        given[name] = entry.stored.etag
        if isinstance(entry.key, LogFileKey):
            time = min(entry.key.time, self._now())
            newest = self._newest[folder] = max(self._newest.get(folder, time), time)
            self._forget(folder, shifted(newest, -self._overlap).date())
        self.news = True
        return True

    def _forget(self, folder: str, first: date) -> None:
        """Let go of what is not listed any more. Should it be, since a listing failed, the cursor knows it."""
        if self._kept_from.get(folder) != first:
            self._kept_from[folder] = first
            given, text = self._given[folder], first.isoformat()
            self._given[folder] = {name: etag for name, etag in given.items() if _day(name) >= text}

    def could_not_list(self, error: SourceError) -> None:
        """Remember that a part was not listed: there, the next listing begins where this one did."""
        if not isinstance(error, GoneError):
            self._unlisted.append(error.location)

    def end(self) -> None:
        """A listing has come to its end: the next need not go back as far."""
        for folder, newest in self._newest.items():
            if not any(overlaps(location, folder) for location in self._unlisted):
                self._first[folder] = shifted(newest, -self._overlap).date()


def _day(name: str) -> str:
    """Give the day of a file below its Region's folder, `2026/03/07/...`."""
    return name[:10].replace("/", "-")


class Retries:
    """Files that could not be read: they are tried again after a minute, two, four, up to an hour.

    Args:
        now: The clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._waiting: dict[str, tuple[str, datetime, timedelta]] = {}
        self._tried: dict[str, timedelta] = {}

    def add(self, failed: Iterable[tuple[str, str]]) -> None:
        """Add what failed since the last time; what was tried meanwhile and is not among it has succeeded.

        Args:
            failed: Names and locations.
        """
        for name, location in failed:
            delay = min(self._tried.get(name, _FIRST_DELAY / 2) * 2, _LONGEST_DELAY)
            self._waiting[name] = (location, self._now() + delay, delay)
        self._tried = {}

    def due(self) -> list[tuple[str, str]]:
        """Give the names and locations of what is to be tried."""
        now = self._now()
        due = {name: each for name, each in self._waiting.items() if each[1] <= now}
        for name, (_, _, delay) in due.items():
            del self._waiting[name]
            self._tried[name] = delay
        return [(name, location) for name, (location, _, _) in due.items()]


class HeldCursor(Cursor):
    """A cursor of one stream: where the caller has none, nothing is to come twice all the same."""

    def __init__(self, overlap: timedelta, now: Callable[[], datetime]) -> None:
        super().__init__(_Held(), overlap=overlap, autocommit=False, now=now)


class _Held:
    """Keeps a cursor as long as the stream."""

    location = "the stream"

    def __init__(self) -> None:
        self._saved: Saved | None = None

    def load(self) -> Saved | None:
        """Give what was saved last."""
        return self._saved

    def save(self, saved: Saved) -> bool:
        """Keep it."""
        self._saved = saved
        return True
