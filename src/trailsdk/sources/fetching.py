"""Files on their way ahead of need: fetched and inflated in threads, opened when it is their turn."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO

from trailsdk.codec.files import Readable, hash_file, inflate_file
from trailsdk.errors import FileError, TrailError
from trailsdk.sources.base import Blob
from trailsdk.sources.following import UP_TO_DATE, UpToDate
from trailsdk.sources.window import Window, ahead, threads

__all__ = ["Fetched", "fetched"]

_SMALL = 1_000_000
"""Bytes of files that are inflated ahead. Larger ones wait as they are, to take less memory."""

_INFLATES_TO = 10
"""How many times as large a log file becomes, about."""


def fetched(
    wanted: Iterator[Blob | TrailError | UpToDate], window: Window, *, ordered: bool, hashed: bool = False
) -> Iterator[Blob | TrailError | UpToDate]:
    """Fetch files ahead, and inflate them: both let the thread work that divides and decodes.

    Files that cannot be fetched as a whole are opened when it is their turn. Before a source waits, all that are on
    their way are given.

    Args:
        wanted: The files.
        window: How far ahead.
        ordered: Give them in their order; otherwise as they come.
        hashed: Hash what they inflate to as well, which lets that thread work too.
    """
    fetch = _fetch_and_hash if hashed else _fetch
    with threads(window.number, "trailsdk-fetch") as pool:
        while True:
            part = _Part(wanted)
            for done in ahead(part, fetch, pool, window, size=_size_of, ordered=ordered):
                blob = done.item
                if isinstance(blob, Blob) and blob.fetch is not None:
                    # Not `done`, which knows the file: a circle would wait for the garbage collector, with all its
                    # bytes.
                    blob.open = partial(_opened, done.future)
                yield blob
            if part.is_last:
                return
            yield UP_TO_DATE


class _Part:
    """Files up to the next wait."""

    def __init__(self, wanted: Iterator[Blob | TrailError | UpToDate]) -> None:
        self._wanted = wanted
        self.is_last = True

    def __iter__(self) -> Iterator[Blob | TrailError]:
        for blob in self._wanted:
            if isinstance(blob, UpToDate):
                self.is_last = False
                return
            yield blob


def _size_of(blob: Blob | TrailError) -> int:
    size = 0 if isinstance(blob, TrailError) or blob.fetch is None else blob.size or 0
    return size * _INFLATES_TO if size <= _SMALL else size


def _fetch(blob: Blob | TrailError) -> "Fetched":
    """Fetch a file, and inflate it; in a thread."""
    if isinstance(blob, TrailError) or blob.fetch is None:
        return _NOTHING
    return Fetched(blob.fetch(), blob.location)


def _fetch_and_hash(blob: Blob | TrailError) -> "Fetched":
    """Fetch a file, inflate it, and hash what came out; in a thread."""
    if isinstance(blob, TrailError) or blob.fetch is None:
        return _NOTHING
    data = blob.fetch()
    found = Fetched(data, blob.location)
    if found.inflated is not None:
        found.content_hash = hash_file(data, found.inflated, blob.location)
    return found


class Fetched:
    """A file that is in memory."""

    content_hash: tuple[str | None, FileError | None] | None = None
    """What `hash_file` gave, where it was asked."""

    def __init__(self, data: bytes, location: str | None) -> None:
        small = len(data) <= _SMALL
        self.inflated = inflate_file(data, location) if small else None
        self.read = BytesIO(b"" if small else data).read


_NOTHING = Fetched(b"", None)


def _opened(done: Future[Fetched]) -> AbstractContextManager[Readable]:
    """Open what was fetched.

    Raises:
        What fetching it raised.
    """
    return nullcontext(done.result())
