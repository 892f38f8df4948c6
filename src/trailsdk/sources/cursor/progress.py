"""One run with a cursor: which files it need not read, and how far it has got."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from attrs import define, frozen

from trailsdk.errors import CursorError, GoneError, TrailError
from trailsdk.model.key_tree import find_root
from trailsdk.model.keys import KeyPrefix, LogFileKey
from trailsdk.model.times import shifted
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.cursor.memory import Changes, Entry, Folder, FolderChange, Memory, Unfinished
from trailsdk.sources.cursor.places import divided, folder_of, overlaps
from trailsdk.sources.cursor.question import Question

__all__ = ["MOST_FAILED", "Progress", "unconsumed"]

T = TypeVar("T")

MOST_FAILED = 10_000
"""Files that failed, or were left in the middle, which are remembered. With more of them, a cursor does not move on."""

_TIDY = 512
"""Files of a folder after which those that are settled are let go of."""


@frozen
class _Place:
    """What a cursor knows a file by."""

    folder: str
    """The folder in which files appear in order of time; else what was asked for, where that matters."""
    name: str
    """Behind the folder."""
    time: str
    """The minute of its delivery; empty where its name does not tell."""


@define
class _Reading:
    """A file that is read."""

    blob: Blob
    start: int
    pieces: int
    is_left: bool = False


class Progress:
    """One run through a location.

    Args:
        memory: What was consumed before.
        question: What is asked for.
        selection: The same, as the source knows it.
        location: What is read, as the source spells it.
        kept: Where the cursor is kept, for errors.
        overlap: How much later than its neighbours a file may come.
        now: The clock.
        autocommit: Whether it is written down at the end, too, what was consumed.
    """

    def __init__(
        self,
        memory: Memory,
        question: Question,
        selection: Selection,
        location: str,
        kept: str,
        *,
        overlap: timedelta,
        now: Callable[[], datetime],
        autocommit: bool,
    ) -> None:
        self._memory = memory
        self._question = question
        self._kept = kept
        self._overlap = overlap
        self._now = now
        self.autocommit = autocommit
        self._begin = dict(memory.folders)
        self._folders: dict[str, FolderChange] = {}
        self._unfinished: dict[str, Unfinished | None] = {}
        self._expected: dict[Blob, tuple[_Place, int]] = {}
        self._times: dict[str, dict[Blob, str]] = {}
        self._reading: _Reading | None = None
        self._unlisted: list[str] = []
        self._unlisted_before: list[str] = []
        self._roots = () if "://" in location else (_root(question.location), _root(location))
        self._asked = _tag(selection)

    # What a source asks.

    def first_day(self, position: KeyPrefix) -> date | None:
        """Tell the first day of a Region's folder on which there may be files that were not consumed."""
        settled = self._begin.get(folder_of(position), Folder()).settled
        return date.fromisoformat(settled[:10]) if settled else None

    def left_behind(self) -> list[tuple[str, str]]:
        """Give the names and locations of unfinished files, of days that are settled and so not listed."""
        found = []
        for name, one in self._memory.unfinished.items():
            folder, rest = divided(name)
            settled = self._begin.get(folder, Folder()).settled
            if rest[:10].replace("/", "-") < settled[:10]:
                found.append((name, one.location))
        return found

    def is_consumed(self, blob: Blob) -> bool:
        """Tell whether a file was consumed, as it stands."""
        place = self._place(blob)
        if self._find_unfinished(place) is not None:
            return False
        entry = self._find(place)
        if entry is not None:
            return entry.etag == blob.etag
        return bool(place.time) and place.time < self._settled(place.folder)

    def _settled(self, folder: str) -> str:
        """Tell up to when a folder is consumed for good. It moves while a location is followed."""
        change = self._folders.get(folder)
        return (self._memory.folders.get(folder, Folder()) if change is None else change.folder).settled

    # What the stream tells.

    def expect(self, blob: Blob, stats: Stats) -> None:
        """Remember that a file will be read: until it is, nothing newer than it settles."""
        place = self._place(blob)
        one, entry = self._find_unfinished(place), self._find(place)
        etag = one.etag if one is not None else (blob.etag if entry is None else entry.etag)
        stats.replaced += etag != blob.etag
        start = one.pieces if one is not None and etag == blob.etag else 0
        self._expected[blob] = place, start
        if place.time:
            self._times.setdefault(place.folder, {})[blob] = place.time

    def leave_out(self, blob: Blob) -> None:
        """A file that is not wanted is not remembered: it may be, another time."""

    def could_not_list(self, error: TrailError) -> None:
        """Remember that a part was not listed: what lies there does not settle. What is gone is forgotten."""
        location = str(getattr(error, "location", None) or "")
        if isinstance(error, GoneError):
            unfinished = {**self._memory.unfinished, **self._unfinished}
            gone = [name for name, one in unfinished.items() if one is not None and one.location == location]
            self._unfinished.update(dict.fromkeys(gone))
            if gone:
                return
        self._unlisted.append(location)

    def listed_once(self) -> None:
        """All was listed that there is, and it will be once more: what could not be listed may be then.

        Raises:
            CursorError: Too many files failed.
        """
        self._check_failed()
        self._unlisted_before, self._unlisted = self._unlisted, []

    def at_hand(self, blob: Blob, stats: Stats) -> "_AtHand":
        """Read a file within a `with` block, at whose end it is seen what became of it."""
        return _AtHand(self, blob, stats)

    @property
    def start(self) -> int:
        """How many pieces of the file at hand were consumed before."""
        return 0 if self._reading is None else self._reading.start

    def unread(self, pieces: Iterable[T], wrong: Callable[[], object]) -> Iterable[T]:  # noqa: ARG002 (as others)
        """Give those pieces of the file at hand that were not consumed, and count them."""
        reading = self._reading
        assert reading is not None  # noqa: S101 (for the type checker: called within `at_hand`)
        return _counted(islice(iter(pieces), reading.start, None), reading)

    def begin(self, blob: Blob) -> None:
        """A file is opened."""
        self._reading = _Reading(blob, self._expected[blob][1], self._expected[blob][1])

    def leave(self) -> None:
        """The file at hand is to come again from where it began, as one that could not be read."""
        if self._reading is not None:
            self._reading.pieces, self._reading.is_left = self._reading.start, True

    def finish(self, blob: Blob, *, failed: bool) -> None:
        """A file is done with: the next is asked for."""
        place, start = self._expected.pop(blob)
        self._times.get(place.folder, {}).pop(blob, None)
        pieces = start if self._reading is None else self._reading.pieces
        failed = failed or (self._reading is not None and self._reading.is_left)
        self._reading = None
        name = place.folder + place.name
        if failed:
            self._unfinished[name] = Unfinished(blob.etag, pieces, failed=True, location=blob.location)
            return
        if self._find_unfinished(place) is not None:
            self._unfinished[name] = None
        change = self._change(place.folder)
        change.files[place.name] = Entry(place.time, blob.etag)
        newest = max(change.folder.newest, min(place.time, _minute(self._now())))
        change.folder = Folder(newest, change.folder.settled)
        if len(change.files) % _TIDY == 0:
            self._settle(place.folder, change)

    def save(self, *, at_hand: bool) -> None:
        """Write down what was consumed.

        Args:
            at_hand: Of the file that is being read too: the pieces that were taken from it.

        Raises:
            CursorConflictError: Another reader wrote in between.
            CursorError: It cannot be written, or too many files failed.
        """
        reading = self._reading
        if at_hand and reading is not None and reading.pieces > reading.start:
            place = self._expected[reading.blob][0]
            one = Unfinished(reading.blob.etag, reading.pieces, failed=False, location=reading.blob.location)
            self._unfinished[place.folder + place.name] = one
        for name, change in self._folders.items():
            self._settle(name, change)
        if not self._folders and not self._unfinished:
            return
        self._check_failed()
        self._memory.save(Changes(self._question, self._folders, self._unfinished))
        self._folders, self._unfinished = {}, {}

    def _check_failed(self) -> None:
        number = sum(one is not None for one in {**self._memory.unfinished, **self._unfinished}.values())
        if number > MOST_FAILED:
            raise CursorError(self._kept, f"{number:,} files could not be read; it does not move on before they can")

    def close(self) -> None:
        """Let go of what is open. Saving is possible still."""
        self._memory.close()

    def _place(self, blob: Blob) -> _Place:
        name = blob.name or blob.location
        key = blob.key
        if not isinstance(key, LogFileKey):
            return _Place(self._asked, self._inside(name), "")
        folder, rest = divided(name)
        day = key.date.isoformat()
        # A name may tell another day than its folder; folders are what is listed in order.
        time = max(f"{day}T00:00", min(_minute(key.time), f"{day}T23:59"))
        return _Place(self._inside(folder), rest, time)

    def _inside(self, name: str) -> str:
        """Name a local file from the location on, so that it is the same from whichever folder one looks."""
        for root in self._roots:
            name = name.removeprefix(root)
        return name

    def _find(self, place: _Place) -> Entry | None:
        change = self._folders.get(place.folder)
        found = None if change is None else change.files.get(place.name)
        return found or self._memory.find(place.folder, place.name)

    def _find_unfinished(self, place: _Place) -> Unfinished | None:
        name = place.folder + place.name
        return self._unfinished[name] if name in self._unfinished else self._memory.unfinished.get(name)

    def _change(self, folder: str) -> FolderChange:
        change = self._folders.get(folder)
        if change is None:
            change = self._folders[folder] = FolderChange(self._memory.folders.get(folder, Folder()))
        return change

    def _settle(self, name: str, change: FolderChange) -> None:
        """Find out up to when a folder is consumed for good, and let go of the entries of before.

        Days are listed in order, but within a day odd names may come in any; and what was found but not read yet, or
        could not be listed, holds up all that is newer.
        """
        newest = change.folder.newest
        if not newest or any(overlaps(each, name) for each in (*self._unlisted_before, *self._unlisted)):
            return
        settled = min(_minute(shifted(_time(newest), -self._overlap)), f"{newest[:10]}T00:00")
        expected = self._times.get(name)
        if expected:
            settled = min(settled, *expected.values())
        settled = max(settled, change.folder.settled)
        change.folder = Folder(newest, settled)
        change.files = {file: entry for file, entry in change.files.items() if entry.time >= settled}


def unconsumed(blobs: Iterable[Blob | TrailError], progress: Progress, stats: Stats) -> Iterator[Blob | TrailError]:
    """Leave out, and count, files that were consumed, of those that a source finds."""
    try:
        for blob in blobs:
            if isinstance(blob, TrailError) or not progress.is_consumed(blob):
                yield blob
            else:
                stats.consumed += 1
    finally:
        progress.close()


class _AtHand:
    """The time in which a file is read."""

    def __init__(self, progress: Progress, blob: Blob, stats: Stats) -> None:
        self._progress, self._blob, self._stats = progress, blob, stats
        self._failed = stats.failed

    def __enter__(self) -> Self:
        self._progress.begin(self._blob)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        failed = self._stats.failed > self._failed
        if failed or kind is None:
            self._progress.finish(self._blob, failed=failed)


def _counted(pieces: Iterator[T], reading: _Reading) -> Iterator[T]:
    for piece in pieces:
        reading.pieces += 1
        yield piece


def _root(path: str) -> str:
    """Give the part of a local path that is no part of a bucket's key."""
    root = path.replace(os.sep, "/").rstrip("/") + "/"
    at = find_root(root)
    return root if at < 0 else root[:at]


def _tag(selection: Selection) -> str:
    """Name what was asked for where keys cannot tell it: other accounts and Regions are other files, then."""
    parts = (("accounts", selection.accounts), ("regions", selection.regions))
    return "".join(f"{name}={','.join(sorted(values))};" for name, values in parts if values is not None)


def _minute(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="minutes")[:16]


def _time(minute: str) -> datetime:
    return datetime.fromisoformat(f"{minute}+00:00")
