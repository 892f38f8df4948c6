"""What the digests of one account and Region say of log files: names and hashes, in a few bytes of each."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum

from trailsdk.integrity.names import hash_of

__all__ = ["Claim", "NamedFiles"]

_HASH_BYTES = 32


class Claim(IntEnum):
    """What a digest's naming of a log file is worth."""

    VOUCHED = 0
    """A valid digest says its SHA-256."""
    OTHER_ALGORITHM = 1
    """A valid digest says a hash by another algorithm."""
    NOT_VALID = 2
    """The digest that names it is not valid."""


class NamedFiles:
    """Log files that digests name.

    A file is only proved by its content: whose name is mistaken for another's has other content.
    """

    def __init__(self) -> None:
        self._names = array("Q")
        self._claims = bytearray()
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, uri: str, claim: Claim, content_hash: str | None = None) -> None:
        """Note that a digest names a log file.

        Args:
            uri: The log file.
            claim: What that is worth.
            content_hash: The hash that it says, in hex. What is no SHA-256 is that of no content.
        """
        self._names.append(hash_of(uri))
        self._claims.append(claim)
        self._hashes += _bytes_of(content_hash)

    def seal(self) -> "NamedFiles":
        """Make it ready to be asked: the last call that changes it."""
        order = sorted(range(len(self._names)), key=self._names.__getitem__)
        self._claims = bytearray(self._claims[at] for at in order)
        self._hashes = bytearray(b"".join(self._hashes[at * _HASH_BYTES : (at + 1) * _HASH_BYTES] for at in order))
        self._names = array("Q", map(self._names.__getitem__, order))
        return self

    def claims_on(self, uri: str) -> list[tuple[Claim, str]]:
        """Give what digests say of a log file: what that is worth, and the hash, in lower-case hex."""
        return list(self._found(hash_of(uri)))

    def is_content(self, content_hash: str) -> bool:
        """Tell whether a digest that is valid says this hash of any log file."""
        wanted = bytes.fromhex(content_hash)
        at = self._hashes.find(wanted)
        while at >= 0:
            if at % _HASH_BYTES == 0 and self._claims[at // _HASH_BYTES] == Claim.VOUCHED:
                return True
            at = self._hashes.find(wanted, at + 1)
        return False

    def _found(self, name: int) -> Iterator[tuple[Claim, str]]:
        at = bisect_left(self._names, name)
        while at < len(self._names) and self._names[at] == name:
            yield Claim(self._claims[at]), self._hashes[at * _HASH_BYTES : (at + 1) * _HASH_BYTES].hex()
            at += 1


def _bytes_of(content_hash: str | None) -> bytes:
    if content_hash is not None and len(content_hash) == 2 * _HASH_BYTES:
        with suppress(ValueError):
            return bytes.fromhex(content_hash)
    # Nobody knows any content with the hash of zeros.
    return bytes(_HASH_BYTES)
