"""gzip, strictly: the bytes that were hashed are the bytes that are parsed.

One member, to its end mark, with checksum and size right, nothing behind it. `gzip.open` joins members and
`zlib.decompressobj` stops silently at the first or at a cut; an attacker, or a broken copy, can hide behind either.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, cast

from isal.isal_zlib import IsalError, decompressobj

from trailsdk.errors import CorruptError, FileError, TooLargeError, TrailingDataError, TruncatedError

__all__ = ["DEFAULT_LIMIT", "MAGIC", "declared_size", "hash_inflated", "inflate", "inflate_stream"]

MAGIC = b"\x1f\x8b"
"""What gzip data begins with. Names are no sign: copies lose or gain `.gz`."""

DEFAULT_LIMIT = 128 * 1024 * 1024
"""Bytes that a file may inflate to. CloudTrail's largest files are 50 MB before compression."""

_ERROR = cast("type[Exception]", IsalError)
"""isal's type stub calls the class an instance."""

_GZIP = 31
"""zlib's number for "a gzip container"."""
_STEP = 1024 * 1024
_PIECE = 64 * 1024


def declared_size(data: bytes) -> int:
    """Give the inflated size that the last four bytes claim (modulo 4 GiB). A hint, no promise."""
    return int.from_bytes(data[-4:], "little")


def inflate(data: bytes, *, location: str | None = None, limit: int = DEFAULT_LIMIT) -> tuple[bytes, FileError | None]:
    """Inflate a whole gzip file.

    Args:
        data: The compressed bytes.
        location: Where they were read, for the error.
        limit: Most bytes to inflate to.

    Returns:
        The inflated bytes, and what is wrong: of a truncated file the bytes before the cut, with the error;
        of every other bad file no bytes, since none of them can be trusted.
    """
    stream = decompressobj(_GZIP)
    try:
        # One byte more than declared: a right file ends in this one call, into a buffer of the right size.
        out = stream.decompress(data, min(declared_size(data), limit) + 1)
        if not stream.eof:
            out = _finish(stream, out, limit)
    except _ERROR as error:
        return b"", CorruptError(location, f"bad gzip data: {_words(error)}")
    if len(out) > limit:
        return b"", TooLargeError(location, f"inflates to more than {limit} bytes")
    if not stream.eof:
        return out, TruncatedError(location, f"gzip data ends before its end mark, {len(out)} bytes inflated")
    if stream.unused_data:
        return b"", TrailingDataError(location, trailing(stream.unused_data))
    return out, None


def hash_inflated(
    data: bytes, *, location: str | None = None, limit: int = DEFAULT_LIMIT
) -> tuple[str | None, FileError | None]:
    """Compute the SHA-256 of what a gzip file inflates to, in memory that does not grow with it.

    Args:
        data: The compressed bytes.
        location: Where they were read, for the error.
        limit: Most bytes to inflate to.

    Returns:
        The hash in lower-case hex, or what is wrong: by the same rules as `inflate`.
    """
    stream, size = decompressobj(_GZIP), 0
    try:
        piece = stream.decompress(data, min(declared_size(data), _STEP) + 1)
        done = sha256(piece)
        size = len(piece)
        while not stream.eof and size <= limit:
            piece = stream.decompress(stream.unconsumed_tail, _STEP)
            if not piece and not stream.unconsumed_tail:
                break
            done.update(piece)
            size += len(piece)
    except _ERROR as error:
        return None, CorruptError(location, f"bad gzip data: {_words(error)}")
    if size > limit:
        return None, TooLargeError(location, f"inflates to more than {limit} bytes")
    if not stream.eof:
        return None, TruncatedError(location, f"gzip data ends before its end mark, {size} bytes inflated")
    if stream.unused_data:
        return None, TrailingDataError(location, trailing(stream.unused_data))
    return done.hexdigest(), None


def trailing(rest: bytes) -> str:
    """Say what follows a gzip member."""
    if rest.startswith(MAGIC):
        return f"a second gzip member follows the first ({len(rest)} bytes)"
    return f"{len(rest)} bytes follow the gzip member"


def _finish(stream: Any, out: bytes, limit: int) -> bytes:
    """Inflate the rest of a file that is larger than it declares, or cut off."""
    pieces, size = [out], len(out)
    while not stream.eof and size <= limit:
        piece = stream.decompress(stream.unconsumed_tail, _STEP)
        if not piece and not stream.unconsumed_tail:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _words(error: Exception) -> str:
    """Say what zlib and isal report with numbers."""
    text = str(error).lower()
    if "checksum" in text or "incorrect data check" in text or "crc" in text:
        return "the checksum does not match"
    if "length check" in text:
        return "the size does not match"
    return "the compressed data is damaged"


def _small(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut into small pieces: at each step what is left of a piece is copied."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def inflate_stream(chunks: Iterable[bytes], *, location: str | None = None) -> Iterator[bytes]:
    """Inflate a gzip file piece by piece, in memory that does not grow.

    Args:
        chunks: The compressed bytes, in pieces of any size.
        location: Where they are read, for errors.

    Yields:
        Inflated pieces of at most 1 MiB.

    Raises:
        GzipError: As in `inflate`, but at the end of what could be read: a checksum stands behind the data.
    """
    stream = decompressobj(_GZIP)
    try:
        for chunk in _small(chunks):
            if stream.eof:
                raise TrailingDataError(location, trailing(chunk))
            piece = stream.decompress(chunk, _STEP)
            while piece:
                yield piece
                piece = stream.decompress(stream.unconsumed_tail, _STEP)
    except _ERROR as error:
        raise CorruptError(location, f"bad gzip data: {_words(error)}") from None
    if not stream.eof:
        raise TruncatedError(location, "gzip data ends before its end mark")
    if stream.unused_data:
        raise TrailingDataError(location, trailing(stream.unused_data))
