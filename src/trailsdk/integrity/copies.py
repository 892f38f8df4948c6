"""Which genuine log file a replaced one is a copy of: the hashes of all log files of a chain, kept small."""

from array import array
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from trailsdk.integrity.chain import NamedLog

__all__ = ["Copies"]

_SIZE = 8
"""Bytes kept of each hash. Whether a find is right is seen when the digest is read again."""


_Place = TypeVar("_Place")


class Copies(Generic[_Place]):
    """The hashes of the log files that a chain's digests name: eight bytes for each."""

    def __init__(self) -> None:
        self._hashes = bytearray()
        self._digests: list[_Place] = []
        self._last = ""
        self._counts = array("L")

    def add(self, log: NamedLog, place: _Place) -> None:
        """Remember a log file, and where its digest is. Those of one digest come one after the other."""
        try:
            self._hashes += bytes.fromhex(log.file.hash_value or "")[:_SIZE].ljust(_SIZE, b"\0")
        except ValueError:
            self._hashes += bytes(_SIZE)
        if self._last != log.digest_uri:
            self._last = log.digest_uri
            self._digests.append(place)
            self._counts.append(0)
        self._counts[-1] += 1

    def find(self, hashes: Iterable[str]) -> Iterator[tuple[str, _Place]]:
        """Tell which digests name log files with these hashes.

        Args:
            hashes: In lower-case hex.

        Yields:
            A hash, and the place of a digest that may name such a log file.
        """
        wanted = {bytes.fromhex(each)[:_SIZE]: each for each in hashes}
        at = 0
        for digest, count in zip(self._digests, self._counts, strict=True):
            for _ in range(count):
                found = wanted.get(bytes(self._hashes[at : at + _SIZE]))
                at += _SIZE
                if found is not None:
                    yield found, digest
