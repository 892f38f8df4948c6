"""Files on their way ahead of need: fetched and inflated in threads, opened when it is their turn."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO

from trailsdk.codec.files import Readable, inflate_file
from trailsdk.errors import TrailError
from trailsdk.sources.base import Blob
from trailsdk.sources.window import Done, Window, ahead, threads

__all__ = ["Fetched", "fetched"]

_INFLATING = 2
"""Threads that inflate, and files inflated ahead of need. In the many threads that fetch, memory would fragment."""

_SMALL = 1_000_000
"""Bytes of files that are inflated ahead. Larger ones wait as they are, to take less memory."""


def fetched(wanted: Iterator[Blob | TrailError], window: Window, *, ordered: bool) -> Iterator[Blob | TrailError]:
    """Fetch files ahead, and inflate them: both let the thread work that divides and decodes.

    Files that cannot be fetched as a whole are opened when it is their turn.
    """
    with threads(window.number, "trailsdk-fetch") as fetching, threads(_INFLATING, "trailsdk-inflate") as inflating:
        come = ahead(wanted, _fetch, fetching, window, size=_size_of, ordered=ordered)
        for done in ahead(come, _inflate, inflating, Window(_INFLATING)):
            blob = done.item.item
            if isinstance(blob, Blob) and blob.fetch is not None:
                # Not `done`, which knows the file: a circle would wait for the garbage collector, with all its bytes.
                blob.open = partial(_opened, done.future)
            yield blob


def _size_of(blob: Blob | TrailError) -> int:
    return 0 if isinstance(blob, TrailError) else blob.size or 0


def _fetch(blob: Blob | TrailError) -> bytes:
    """Fetch a file; in a thread."""
    return b"" if isinstance(blob, TrailError) or blob.fetch is None else blob.fetch()


class Fetched:
    """A file that is in memory."""

    def __init__(self, data: bytes, location: str | None) -> None:
        small = len(data) <= _SMALL
        self.inflated = inflate_file(data, location) if small else None
        self.read = BytesIO(b"" if small else data).read


def _inflate(done: Done[Blob | TrailError, bytes]) -> Fetched:
    """Inflate a file; in a thread."""
    return Fetched(done.result(), getattr(done.item, "location", None))


def _opened(done: Future[Fetched]) -> AbstractContextManager[Readable]:
    """Open what was fetched.

    Raises:
        What fetching it raised.
    """
    return nullcontext(done.result())
