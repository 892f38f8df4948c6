"""One file, as it lies in its store: compressed or not, small or larger than memory."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain
from typing import Protocol, TypeAlias

from attrs import frozen

from trailsdk.codec.containers import (
    Content,
    Division,
    check_first_line,
    decode_container,
    divide_lines,
    looks_like_lines,
)
from trailsdk.codec.inflate import DEFAULT_LIMIT, MAGIC, declared_size, hash_inflated, inflate, inflate_stream
from trailsdk.errors import FileError, TooLargeError, TruncatedError

__all__ = [
    "WHOLE",
    "Decode",
    "Inflated",
    "Readable",
    "divide_file",
    "divide_inflated",
    "divide_stream",
    "hash_file",
    "inflate_file",
    "read_whole",
]

WHOLE = 16 * 1024 * 1024
"""Bytes up to which a file is simply held in memory."""

_CHUNK = 1024 * 1024
_SMALL = 64 * 1024


class Readable(Protocol):
    """What is read from: an open binary file, or anything that reads like one."""

    def read(self, size: int, /) -> bytes:
        """Read up to a number of bytes; none at the end."""


Decode: TypeAlias = Callable[[Content], Division]
"""Divides the content of a file."""


@frozen
class Inflated:
    """A file that is held in memory, inflated but not divided yet.

    Inflating lets other threads work, dividing does not: whoever has threads inflates in them.
    """

    data: bytes
    error: FileError | None
    """What is wrong with the gzip container; of a truncated one, `data` is what stands before the cut."""
    stored: int
    """Bytes of the file, as it is stored."""


def inflate_file(data: bytes, location: str | None = None, *, limit: int = DEFAULT_LIMIT) -> Inflated:
    """Inflate a file that is held in memory; one that is not compressed is taken as it is.

    Args:
        data: The file's bytes.
        location: Where they were read, for errors.
        limit: Most bytes to inflate to.
    """
    if not data.startswith(MAGIC):
        return Inflated(data, None, len(data))
    inflated, error = inflate(data, location=location, limit=limit)
    return Inflated(inflated, error, len(data))


def hash_file(data: bytes, inflated: Inflated, location: str | None = None) -> tuple[str | None, FileError | None]:
    """Compute the SHA-256 of a file that is inflated already: of the very bytes that are to be divided.

    Args:
        data: The file's bytes, as they are stored.
        inflated: What they inflate to.
        location: Where they were read, for the error.

    Returns:
        The hash in lower-case hex, or what is wrong, as `hash_inflated`: what is not compressed is no log file.
    """
    if not data.startswith(MAGIC):
        return hash_inflated(data, location=location)
    if inflated.error is not None:
        return None, inflated.error
    return sha256(inflated.data).hexdigest(), None


def divide_inflated(
    file: Inflated,
    location: str | None = None,
    *,
    decode: Decode = decode_container,
) -> tuple[Division, FileError | None]:
    """Divide an inflated file into its records' texts.

    Args:
        file: The file.
        location: Where it was read, for errors.
        decode: What divides the inflated bytes.

    Returns:
        The pieces, and an error to report after them: of a truncated file the first part is still good.

    Raises:
        FileError: It is bad as a whole.
    """
    error = file.error
    if error is None:
        return decode(Content(file.data, location)), None
    if not isinstance(error, TruncatedError):
        raise error
    try:
        return decode(Content(file.data, location, cut=True)), error
    except FileError:
        # Too little is left to tell what it was.
        raise error from None


def divide_file(
    data: bytes,
    location: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
    decode: Decode = decode_container,
) -> tuple[Division, FileError | None]:
    """Divide a file that is held in memory into its records' texts.

    Args:
        data: The file's bytes, gzip or plain.
        location: Where they were read, for errors.
        limit: Most bytes to inflate to; JSON Lines may be of any size.
        decode: What divides the inflated bytes.

    Returns:
        As `divide_inflated`.

    Raises:
        FileError: It is bad as a whole.
    """
    compressed = data.startswith(MAGIC)
    if compressed and declared_size(data) > WHOLE and _are_lines(next(inflate_stream([data[:_CHUNK]]), b""), location):
        return Division(divide_lines(inflate_stream([data], location=location), location)), None
    return divide_inflated(inflate_file(data, location, limit=limit), location, decode=decode)


def divide_stream(
    stream: Readable,
    location: str | None = None,
    *,
    limit: int = DEFAULT_LIMIT,
    decode: Decode = decode_container,
) -> tuple[Division, FileError | None]:
    """Divide a file of any size: JSON Lines as they come, any other container in memory, up to the limit.

    Args:
        stream: Opened for reading bytes; what it raises (OSError) passes through.
        location: Where it is read, for errors.
        limit: Most bytes of a container that is no JSON Lines, compressed or inflated.
        decode: What divides the inflated bytes.

    Raises:
        FileError: As in `divide_file`.
    """
    # Most files are small. Asking for WHOLE at once would raise the allocator's threshold for giving memory back.
    head = _read(stream, _SMALL)
    if len(head) == _SMALL:
        head += _read(stream, WHOLE - _SMALL)
    if len(head) < WHOLE:
        return divide_file(head, location, limit=limit, decode=decode)
    first = next(inflate_stream([head[:_CHUNK]]), b"") if head.startswith(MAGIC) else head[:_CHUNK]
    if _are_lines(first, location):
        chunks: Iterator[bytes] = chain([head], iter(lambda: stream.read(_CHUNK), b""))
        if head.startswith(MAGIC):
            chunks = inflate_stream(chunks, location=location)
        return Division(divide_lines(chunks, location)), None
    data = head + _read(stream, limit - len(head) + 1)
    if len(data) > limit:
        raise TooLargeError(location, f"larger than {limit} bytes")
    return divide_file(data, location, limit=limit, decode=decode)


def read_whole(stream: Readable, *, limit: int = DEFAULT_LIMIT) -> bytes:
    """Read all of a file, and of a larger one than the limit one byte more than that.

    Args:
        stream: Opened for reading bytes; what it raises (OSError) passes through.
        limit: Most bytes, as it is stored.
    """
    pieces = [_read(stream, _SMALL)]
    size = len(pieces[0])
    while size <= limit and (piece := stream.read(min(_CHUNK, limit + 1 - size))):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _are_lines(head: bytes, location: str | None) -> bool:
    """Tell whether a file is lines of records, which can be read as they come."""
    if not looks_like_lines(head):
        return False
    try:
        check_first_line(head, location)
    except FileError:
        return False
    return True


def _read(stream: Readable, size: int) -> bytes:
    """Read up to a number of bytes; pipes give them in smaller pieces."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
