"""Files: one, a folder of them, a glob, standard input, an open file."""

import glob
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from functools import partial
from typing import BinaryIO, Self

from trailsdk.errors import NotFoundError, TrailError, UnreadableError
from trailsdk.model.keys import LAKE_FOLDER, KeyPrefix, parse_key, parse_prefix
from trailsdk.select.selection import CLOCK_SKEW, LATE_DELIVERY, Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats

__all__ = ["Local", "OpenFile"]


class Local:
    """Files of this machine.

    A folder is walked in the order of names. Below `AWSLogs`, folders of other accounts, Regions, categories and days
    and results of CloudTrail Lake are not entered; elsewhere each file is looked at. Digest files are skipped, hidden
    files and what is no JSON too.

    Args:
        path: A file, a folder, a glob (`**` goes into folders), or `-` for standard input.
        late_delivery: How long after an event its file may have come; see `LATE_DELIVERY`.
    """

    def __init__(self, path: str | os.PathLike[str], *, late_delivery: timedelta = LATE_DELIVERY) -> None:
        self.location = os.fspath(path)
        self._late_delivery = late_delivery

    def __repr__(self) -> str:
        return f"Local({self.location!r})"

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell what will be looked at; days count only below `AWSLogs`."""
        first = None if selection.since is None else (selection.since - CLOCK_SKEW).date()
        last = None if selection.until is None else _later(selection.until.date(), self._late_delivery)
        return SourcePlan(self.location, first, last)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        """Find the files that can hold an answer, in the order of their names."""
        selection = selection.with_late_delivery(self._late_delivery)
        if self.location == "-":
            stats.listed += 1
            yield Blob("-", lambda: nullcontext(sys.stdin.buffer))
            return
        paths = self._paths()
        if not paths:
            stats.listed += 1
            stats.failed += 1
            yield NotFoundError(self.location, "no such file or folder")
        for path in paths:
            if os.path.isdir(path):
                yield from _walk(path, parse_prefix(_slashed(os.path.abspath(path)) + "/"), selection, stats)
            else:
                stats.listed += 1
                yield Blob(path, partial(_File, path), _slashed(path))

    def _paths(self) -> list[str]:
        """Give the path itself, or what a glob matches: a path that exists is none, whatever its characters."""
        if os.path.lexists(self.location) or not glob.has_magic(self.location):
            return [self.location] if os.path.lexists(self.location) else []
        return sorted(glob.glob(self.location, recursive=True))


class OpenFile:
    """A file that the caller opened; it is read from where it stands, and left open."""

    def __init__(self, file: BinaryIO) -> None:
        name = getattr(file, "name", None)
        self.location = name if isinstance(name, str) else f"<{type(file).__name__}>"
        self._file = file

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (there is but one file)
        """Tell what will be looked at."""
        return SourcePlan(self.location)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:  # noqa: ARG002 (there is but one file)
        """Give the one file."""
        stats.listed += 1
        yield Blob(self.location, lambda: nullcontext(self._file))


def _later(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return date.max


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


def _walk(
    folder: str,
    position: KeyPrefix | None,
    selection: Selection,
    stats: Stats,
) -> Iterator[Blob | TrailError]:
    """Go through a folder in the order of names.

    Args:
        folder: Its path.
        position: Where it stands in the tree of a bucket; `None` where it stands in none.
        selection: What is asked for.
        stats: Counters.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, _kind(entry)) for entry in entries)
    except OSError as error:
        stats.listed += 1
        stats.failed += 1
        yield UnreadableError(folder, _reason(error))
        return
    base = os.path.join(folder, "")
    before = "" if position is None else str(position)
    by_key = position is not None and selection.by_key
    for name, kind in found:
        if kind is None or name.startswith("."):
            continue
        path = base + name
        if kind is stat.S_IFDIR:
            if position is not None and position.folder is None and name == LAKE_FOLDER:
                continue
            below = _step(position, name, path)
            if below is None or _enters(below, selection):
                yield from _walk(path, below, selection, stats)
            continue
        stats.listed += 1
        if _is_digest(name):
            stats.skipped += 1
        elif by_key and not selection.wants_key(parse_key(before + name)):
            stats.pruned += 1
        else:
            yield Blob(path, partial(_File, path), before + name, found=True)


def _kind(entry: "os.DirEntry[str]") -> int | None:
    """Tell files from folders. Links to folders are not followed, since they may lead in a circle; pipes never."""
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return stat.S_IFREG if entry.is_file() else None


def _step(position: KeyPrefix | None, name: str, path: str) -> KeyPrefix | None:
    """Go one folder down the tree of a bucket."""
    if position is not None:
        below = position.child(name)
        if below is not None:
            return below
    return parse_prefix(_slashed(path) + "/") if name == "AWSLogs" else None


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
        first = date(position.year, position.month, 1)
        return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    day = date(position.year, position.month, position.day)
    return day, day


def _is_digest(name: str) -> bool:
    """Recognise a digest file, also where it was copied out of its folder."""
    return "_CloudTrail-Digest_" in name


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
