"""One file, as it lies in its store: compressed or not, small or larger than memory."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from trailsdk.codec.containers import Division, divide, divide_lines, looks_like_lines
from trailsdk.codec.inflate import DEFAULT_LIMIT, MAGIC, declared_size, inflate, inflate_stream
from trailsdk.errors import FileError, TooLargeError, TruncatedError

__all__ = ["WHOLE", "divide_file", "divide_stream"]

WHOLE = 16 * 1024 * 1024
"""Bytes up to which a file is simply held in memory."""

_CHUNK = 1024 * 1024


def divide_file(
    data: bytes,
    location: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
) -> tuple[Division, FileError | None]:
    """Divide a file that is held in memory into its records' texts.

    Args:
        data: The file's bytes, gzip or plain.
        location: Where they were read, for errors.
        limit: Most bytes to inflate to; JSON Lines may be of any size.

    Returns:
        The pieces, and an error to report after them: of a truncated file the first part is still good.

    Raises:
        FileError: It is bad as a whole.
    """
    if not data.startswith(MAGIC):
        return divide(data, location), None
    if declared_size(data) > WHOLE and looks_like_lines(next(inflate_stream([data[:_CHUNK]]), b"")):
        return Division(divide_lines(inflate_stream([data], location=location), location)), None
    inflated, error = inflate(data, location=location, limit=limit)
    if error is not None and not isinstance(error, TruncatedError):
        raise error
    if error is not None and not inflated:
        raise error
    return divide(inflated, location, cut=error is not None), error


def divide_stream(
    stream: BinaryIO,
    location: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
) -> tuple[Division, FileError | None]:
    """Divide a file of any size: JSON Lines as they come, any other container in memory, up to the limit.

    Args:
        stream: Opened for reading bytes; what it raises (OSError) passes through.
        location: Where it is read, for errors.
        limit: Most bytes of a container that is no JSON Lines, compressed or inflated.

    Raises:
        FileError: As in `divide_file`.
    """
    head = _read(stream, WHOLE)
    if len(head) < WHOLE:
        return divide_file(head, location, limit=limit)
    if head.startswith(MAGIC):
        lines = looks_like_lines(next(inflate_stream([head[:_CHUNK]]), b""))
    else:
        lines = looks_like_lines(head[:_CHUNK])
    if lines:
        chunks: Iterator[bytes] = chain([head], iter(lambda: stream.read(_CHUNK), b""))
        if head.startswith(MAGIC):
            chunks = inflate_stream(chunks, location=location)
        return Division(divide_lines(chunks, location)), None
    data = head + _read(stream, limit - len(head) + 1)
    if len(data) > limit:
        raise TooLargeError(location, f"larger than {limit} bytes")
    return divide_file(data, location, limit=limit)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read up to a number of bytes; pipes give them in smaller pieces."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
