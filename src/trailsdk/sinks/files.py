"""Files of records: NDJSON, or a log file as CloudTrail writes it."""

import gzip
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias, cast

from trailsdk.codec.encode import encode_container, encode_line
from trailsdk.errors import UsageError, WriteError
from trailsdk.model.record import Record

__all__ = ["Format", "write_file"]

Format: TypeAlias = Literal["ndjson", "records"]
"""`ndjson`: one record a line. `records`: `{"Records": [...]}`, as CloudTrail's log files."""


def _format_of(name: str) -> Format:
    stem = name.removesuffix(".gz")
    return "records" if stem.endswith(".json") else "ndjson"


def write_file(
    records: Iterable[Record],
    destination: str | os.PathLike[str] | BinaryIO,
    kind: Format | None,
) -> int:
    """Write records to a file, to standard output (`-`), or to a file that the caller opened.

    Returns:
        How many.

    Raises:
        UsageError: There is no such format.
        WriteError: The operating system refused; a file at that path is as it was.
    """
    if kind not in (None, "ndjson", "records"):
        raise UsageError(f"format={kind!r}: there are 'ndjson' and 'records'")
    counted = _Counted(records)
    if isinstance(destination, (str, os.PathLike)):
        name = os.fspath(destination)
        with _opened(name) as out:
            _write(_pieces(counted, kind or _format_of(name)), out, name)
    else:
        _write(_pieces(counted, kind or "ndjson"), destination, "the open file")
    return counted.number


class _Counted(Iterator[Record]):
    """Counts the records that pass."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.number = 0
        self._records = iter(records)

    def __next__(self) -> Record:
        record = next(self._records)
        self.number += 1
        return record


def _pieces(records: Iterable[Record], kind: Format) -> Iterator[bytes]:
    return encode_container(records) if kind == "records" else map(encode_line, records)


def _write(pieces: Iterable[bytes], out: BinaryIO, name: str) -> None:
    for piece in pieces:
        try:
            out.write(piece)
        except OSError as error:
            raise WriteError(name, error.strerror or type(error).__name__) from error


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file that takes its place only when all is written."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    folder = Path(name).parent
    try:
        handle, temporary = tempfile.mkstemp(prefix=".trailsdk-", dir=folder)
    except OSError as error:
        raise WriteError(name, error.strerror or type(error).__name__) from error
    try:
        with os.fdopen(handle, "wb") as plain:
            if name.endswith(".gz"):
                # No name and no time in the header: the same records give the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield plain
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(name)
    except OSError as error:
        raise WriteError(name, error.strerror or type(error).__name__) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    """Ask for the permissions of new files; there is no way but to set them and set them back."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
