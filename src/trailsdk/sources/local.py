"""Files: one, a folder of them, a glob, standard input, an open file."""

import glob
import os
import stat
import sys
from calendar import monthrange
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import date, timedelta
from functools import partial
from typing import BinaryIO, Self

from trailsdk.codec.files import Readable
from trailsdk.errors import NotFoundError, TrailError, UnreadableError, UsageError
from trailsdk.model.keys import LAKE_FOLDER, KeyPrefix, parse_key, parse_prefix
from trailsdk.model.times import shifted
from trailsdk.select.selection import CLOCK_SKEW, LATE_DELIVERY, Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats, Survey, survey_of
from trailsdk.sources.cursor import Cursor
from trailsdk.sources.cursor.progress import unconsumed

__all__ = ["Local", "OpenFile"]


class Local:
    """Files of this machine.

    A folder is walked in the order of names. Below `AWSLogs`, folders of other accounts, Regions, categories and days
    and results of CloudTrail Lake are not entered; elsewhere each file is looked at. Digest files are skipped, hidden
    files, links to folders and what is no JSON too.

    Args:
        path: A file, a folder, a glob (`**` goes into folders), or `-` for standard input.
        late_delivery: How long after an event its file may have come; see `LATE_DELIVERY`.
        cursor: Remembers which files were consumed, by name, size and time of the last change.

    Raises:
        UsageError: Standard input cannot be read with a cursor.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        late_delivery: timedelta = LATE_DELIVERY,
        cursor: Cursor | None = None,
    ) -> None:
        self.location = os.fspath(path)
        self.cursor = cursor
        self._late_delivery = late_delivery
        if cursor is not None and self.location == "-":
            raise UsageError("cursor: standard input has no files that could be remembered")

    def __repr__(self) -> str:
        return f"Local({self.location!r})"

    def with_cursor(self, cursor: Cursor) -> "Local":
        """Give the same source with a cursor."""
        return Local(self.location, late_delivery=self._late_delivery, cursor=cursor)

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell what will be looked at; days count only below `AWSLogs`."""
        first = None if selection.since is None else shifted(selection.since, -CLOCK_SKEW).date()
        last = None if selection.until is None else shifted(selection.until, self._late_delivery).date()
        return SourcePlan(self.location, first, last, partial(self._look, selection))

    def _look(self, selection: Selection) -> Survey:
        """Count files and their sizes. Standard input is not touched."""
        stats = Stats()
        blobs = self.blobs(selection, stats)
        if self.cursor is not None:
            blobs = unconsumed(blobs, self.cursor.open(self.location, selection), stats)
        return survey_of(map(_sized, blobs), stats, lambda: 0)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        """Find the files that can hold an answer, in the order of their names."""
        found = self._blobs(selection, stats)
        return found if self.cursor is None else _tagged(found, self.cursor, stats)

    def _blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        selection = selection.with_late_delivery(self._late_delivery)
        if self.location == "-":
            yield Blob("-", _standard_input)
            return
        named = os.path.lexists(self.location)
        paths = [self.location] if named else _matches(self.location)
        if not paths:
            yield NotFoundError(self.location, "no such file or folder")
        walked: tuple[str, ...] = ()
        for path in paths:
            if path.startswith(walked):
                continue
            if os.path.isdir(path):
                walked += (os.path.join(path, ""),)
                yield from _walk(path, selection, stats)
            else:
                blob = _blob(path, _slashed(path), selection, stats, found=not named)
                if blob is not None:
                    yield blob


def _sized(blob: Blob | TrailError) -> Blob | TrailError:
    """Look up a file's size. One that has gone, or is no file, counts none."""
    if isinstance(blob, Blob):
        with suppress(OSError):
            blob.size = os.stat(blob.location).st_size
    return blob


def _tagged(blobs: Iterator[Blob | TrailError], cursor: Cursor, stats: Stats) -> Iterator[Blob | TrailError]:
    """Look up what changes when a file is written anew. What has gone is noticed when it is opened."""
    for blob in blobs:
        if isinstance(blob, Blob):
            if cursor.is_kept_in(blob.location):
                stats.skip()
                continue
            with suppress(OSError):
                found = os.stat(blob.location)
                blob.etag = f"{found.st_size:x}-{found.st_mtime_ns:x}"
        yield blob


def _matches(pattern: str) -> list[str]:
    """Give what a glob matches, in the order of names; folders come before what is in them."""
    return sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else []


def _standard_input() -> AbstractContextManager[Readable]:
    if sys.stdin is None:
        raise UnreadableError("-", "standard input is closed")
    return nullcontext(sys.stdin.buffer)


class OpenFile:
    """A file that the caller opened; it is read from where it stands, and left open."""

    def __init__(self, file: BinaryIO) -> None:
        name = getattr(file, "name", None)
        self.location = name if isinstance(name, str) else f"<{type(file).__name__}>"
        self._file = file

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (there is but one file)
        """Tell what will be looked at."""
        return SourcePlan(self.location)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:  # noqa: ARG002 (but one file)
        """Give the one file."""
        yield Blob(self.location, lambda: nullcontext(self._file))


def _slashed(path: str) -> str:
    return path.replace(os.sep, "/") if os.sep != "/" else path


class _File:
    """An open file, by the system's calls alone: `open` takes as long as the rest of reading a small file."""

    __slots__ = ("_number", "_path")

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._number = os.open(self._path, _READ_ONLY)
        return self

    def read(self, size: int) -> bytes:
        return os.read(self._number, size)

    def __exit__(self, *_: object) -> None:
        os.close(self._number)


# Windows would change line ends otherwise.
_READ_ONLY = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _walk(folder: str, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
    """Go through a folder in the order of names, and into its folders as they come.

    A stack holds the folders that are open: a tree may be deeper than functions can call each other.
    """
    open_folders = [_Folder(folder, parse_prefix(_slashed(os.path.abspath(folder)) + "/"))]
    while open_folders:
        current = open_folders[-1]
        if current.entries is None:
            try:
                current.entries = iter(_listed(current.path))
            except OSError as error:
                open_folders.pop()
                yield UnreadableError(current.path, error.strerror or type(error).__name__)
                continue
        for name, kind in current.entries:
            if kind == stat.S_IFREG:
                blob = _blob(current.base + name, current.before + name, selection, stats, found=True)
                if blob is not None:
                    yield blob
            elif kind is None:
                stats.skip()
            elif (below := current.below(name, selection)) is not None:
                open_folders.append(below)
                break
        else:
            open_folders.pop()


class _Folder:
    """A folder that is gone through."""

    def __init__(self, path: str, position: KeyPrefix | None) -> None:
        self.path = path
        self.base = os.path.join(path, "")
        self.before = "" if position is None else str(position)
        self.entries: Iterator[tuple[str, int | None]] | None = None
        self._position = position
        """Where it stands in the tree of a bucket; `None` where it stands in none."""

    def below(self, name: str, selection: Selection) -> "_Folder | None":
        """Go one folder down; `None` where nothing there can hold an answer."""
        position = self._position
        if position is not None and position.folder is None and name == LAKE_FOLDER:
            return None
        path = self.base + name
        step = None if position is None else position.child(name)
        if step is None and name == "AWSLogs":
            step = parse_prefix(_slashed(path) + "/")
        return _Folder(path, step) if step is None or _enters(step, selection) else None


def _listed(folder: str) -> list[tuple[str, int | None]]:
    """List a folder by name; hidden entries are nobody's business."""
    with os.scandir(folder) as entries:
        return sorted((entry.name, _kind(entry)) for entry in entries if not entry.name.startswith("."))


def _blob(path: str, name: str, selection: Selection, stats: Stats, *, found: bool) -> Blob | None:
    """Make the blob of a file, or count why it is not looked at."""
    if found and "_CloudTrail-Digest_" in name.rpartition("/")[2]:
        stats.skip()
        return None
    if selection.by_key and not selection.wants_key(parse_key(name)):
        stats.prune()
        return None
    return Blob(path, partial(_File, path), name, found=found)


def _kind(entry: "os.DirEntry[str]") -> int | None:
    """Tell files from folders. Links to folders are not followed, since they may lead in a circle; pipes never."""
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return stat.S_IFREG if entry.is_file() else None


def _enters(position: KeyPrefix, selection: Selection) -> bool:
    """Tell whether a folder of a bucket's tree can hold an answer."""
    if position.account_id is not None and not selection.wants_account(position.account_id):
        return False
    if position.folder is not None and not selection.wants_folder(position.folder):
        return False
    if position.region is not None and not selection.wants_region(position.region):
        return False
    days = _days(position)
    return days is None or selection.wants_days(*days)


def _days(position: KeyPrefix) -> tuple[date, date] | None:
    """Give the first and the last day of a folder of a year, a month or a day."""
    if position.year is None:
        return None
    if position.month is None:
        return date(position.year, 1, 1), date(position.year, 12, 31)
    if position.day is None:
        last = monthrange(position.year, position.month)[1]
        return date(position.year, position.month, 1), date(position.year, position.month, last)
    day = date(position.year, position.month, position.day)
    return day, day
