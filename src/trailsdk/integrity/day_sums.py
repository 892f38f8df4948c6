"""Which log files a day had, kept small: how many, and the sum of their names' hashes, in whichever order they come."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import combinations
from typing import TypeAlias

from attrs import define, field

__all__ = ["DaySum", "DaySums", "fits"]

DaySum: TypeAlias = tuple[int, int]
"""How many names, and the sum of their SHA-256 as integers, modulo 2 to the 256."""

_MODULUS = 1 << 256
_MOST_UNSURE = 16
"""Names of which it is tried out whether they belong to a day."""


@define(eq=False)
class DaySums:
    """Sums by the folder of a day: the key of a log file without its last part."""

    sums: dict[str, DaySum] = field(factory=dict)

    def add(self, key: str) -> None:
        """Add a log file."""
        self._add(key.rpartition("/")[0], (1, _hash(key)))

    def merge(self, other: "DaySums") -> None:
        """Add all of others."""
        for folder, each in other.sums.items():
            self._add(folder, each)

    def _add(self, folder: str, more: DaySum) -> None:
        number, total = self.sums.get(folder, (0, 0))
        self.sums[folder] = number + more[0], (total + more[1]) % _MODULUS


def fits(kept: DaySum, sure: DaySum, unsure: Sequence[str]) -> frozenset[str] | None:
    """Tell whether a day has exactly the log files that it had.

    Args:
        kept: The sum that was kept.
        sure: The sum of what is there and must be among them.
        unsure: Keys that are there and may be among them, or not.

    Returns:
        Those of the unsure ones that are; `None` where it has other log files.
    """
    missing = kept[0] - sure[0]
    if not 0 <= missing <= len(unsure) <= _MOST_UNSURE:
        return None
    wanted = (kept[1] - sure[1]) % _MODULUS
    hashes = {key: _hash(key) for key in unsure}
    return next(
        (frozenset(keys) for keys in combinations(unsure, missing) if _sum(hashes[key] for key in keys) == wanted), None
    )


def _hash(key: str) -> int:
    return int.from_bytes(sha256(key.encode(errors="surrogatepass")).digest())


def _sum(hashes: Iterable[int]) -> int:
    return sum(hashes) % _MODULUS
