"""Files of records: NDJSON, or a log file as CloudTrail writes it."""

import gzip
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from trailsdk.codec.encode import encode_container, encode_line
from trailsdk.errors import WriteError
from trailsdk.model.record import Record

__all__ = ["Counted", "WriteTo", "write_file", "write_lines", "write_log_file"]

WriteTo: TypeAlias = Callable[[Iterable[Record], BinaryIO], object]
"""Writes all records to an open file."""


def write_lines(records: Iterable[Record], out: BinaryIO) -> None:
    """Write NDJSON: one record a line."""
    out.writelines(encode_line(record) for record in records)


def write_log_file(records: Iterable[Record], out: BinaryIO) -> None:
    """Write `{"Records": [...]}`, as CloudTrail's log files."""
    out.writelines(encode_container(records))


class Counted(Iterator[Record]):
    """Counts the records that pass, and marks what their source raises as not the destination's."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.number = 0
        self.failed: Exception | None = None
        self._records = iter(records)

    def __next__(self) -> Record:
        try:
            record = next(self._records)
        except StopIteration:
            raise
        except Exception as error:
            self.failed = error
            raise
        self.number += 1
        return record


def write_file(counted: Counted, destination: str | os.PathLike[str] | BinaryIO, write: WriteTo) -> None:
    """Write records to a file, to standard output (`-`), or to a file that the caller opened.

    Raises:
        WriteError: The operating system refused; a file at that path is as it was.
    """
    if isinstance(destination, (str, os.PathLike)):
        name = os.fspath(destination)
        try:
            with _opened(name) as out:
                _write(counted, out, name, write)
        except WriteError:
            if counted.failed is None:
                raise
            # What the records' source raised is not the destination's fault.
            raise counted.failed from None
    else:
        _write(counted, destination, "the open file", write)


def _write(records: Counted, out: BinaryIO, name: str, write: WriteTo) -> None:
    try:
        write(records, out)
    except OSError as error:
        if error is records.failed:
            raise
        raise WriteError(name, error.strerror or type(error).__name__) from error


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file that takes its place only when all is written."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(os.path.realpath(name))
    if target.exists() and not target.is_file():
        # A pipe or a device is written to, not replaced.
        try:
            with target.open("wb", buffering=0) as out:
                yield cast("BinaryIO", out)
        except OSError as error:
            raise WriteError(name, error.strerror or type(error).__name__) from error
        return
    temporary = target.parent / f".trailsdk-{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as plain:
            if name.endswith(".gz"):
                # No name and no time in the header: the same records give the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield plain
        temporary.replace(target)
    except OSError as error:
        raise WriteError(name, error.strerror or type(error).__name__) from error
    finally:
        temporary.unlink(missing_ok=True)
