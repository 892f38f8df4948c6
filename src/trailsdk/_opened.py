"""Open files: their bytes are counted and divided, and what goes wrong with them becomes an error of ours."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from trailsdk._pieces import as_ours
from trailsdk.codec.containers import Division
from trailsdk.codec.files import Decode, Readable, divide_inflated, divide_stream
from trailsdk.errors import FileError, TrailError, UnreadableError
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.fetching import Fetched

if TYPE_CHECKING:
    from trailsdk.integrity.reading import Proofs

__all__ = ["Counting", "close", "divide"]


def divide(
    opened: Readable, blob: Blob, stats: Stats, decode: Decode, proofs: "Proofs | None"
) -> tuple[Division, FileError | None]:
    """Divide an open file into its records' texts; with proofs, it is judged before."""
    inflated = opened.inflated if isinstance(opened, Fetched) else None
    if inflated is None:
        stream = Counting(opened, stats)
        if proofs is not None:
            return proofs.divide_stream(stream, blob, decode)
        return divide_stream(stream, blob.location, decode=decode)
    stats.bytes_read += inflated.stored
    if proofs is not None and isinstance(opened, Fetched):
        proofs.judge(blob, opened.content_hash)
    return divide_inflated(inflated, blob.location, decode=decode)


class Counting:
    """An open file; counts the bytes that are read."""

    __slots__ = ("_read", "_stats")

    def __init__(self, opened: Readable, stats: Stats) -> None:
        self._read = opened.read
        self._stats = stats

    def read(self, size: int) -> bytes:
        """Read up to a number of bytes."""
        data = self._read(size)
        if not isinstance(data, bytes):
            raise UnreadableError("the file", f"reading it gave a {type(data).__name__}; open it in binary mode")
        self._stats.bytes_read += len(data)
        return data


def close(entered: AbstractContextManager[Readable], location: str, plugin: str) -> TrailError | None:
    """Close a file, and give what went wrong with that."""
    try:
        entered.__exit__(None, None, None)
    except Exception as error:  # noqa: BLE001 (whatever a source's file raises is the source's)
        return as_ours(error, location, plugin)
    return None
