"""Results that wait for the end of their chain, since it may tell of what a log file is a copy."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import evolve

from trailsdk.integrity.coverage import Coverage
from trailsdk.integrity.recorder import Earlier, Proof
from trailsdk.integrity.verdicts import Finding, Reason, Verdict

__all__ = ["Held", "Waiting"]

Waiting: TypeAlias = Verdict | Finding | Coverage | Proof | Earlier
"""What is told to the caller, or to who records it."""

_MOST_HELD = 1000
"""Log files of a chain with another hash, of which it is found out whether they are copies; and results that wait."""


class Held:
    """Results that wait for the end of their chain, since it may tell of what a log file is a copy.

    What comes behind such a log file waits with it, so that results stay in order, up to a number.
    """

    def __init__(self) -> None:
        self.hashes: set[str] = set()
        self._number = 0
        self._waiting: deque[tuple[Waiting, str | None]] = deque()
        self._late: list[tuple[Waiting, str | None]] = []

    def pass_on(self, result: Waiting, found: str | None) -> Iterator[Waiting]:
        """Give what need not wait.

        Args:
            result: The next one.
            found: Of a log file with another hash, that hash.
        """
        if found is not None and self._number < _MOST_HELD:
            self.hashes.add(found)
            self._number += 1
        elif not self._waiting:
            yield result
            return
        self._waiting.append((result, found))
        if len(self._waiting) > _MOST_HELD:
            first, hash_of_first = self._waiting.popleft()
            if hash_of_first in self.hashes and len(self._late) < _MOST_HELD:
                self._late.append((first, hash_of_first))
            else:
                yield first

    def release(self, names: Mapping[str, str]) -> Iterator[Waiting]:
        """Give all; log files that are copies of others name them."""
        for result, found in (*self._waiting, *self._late):
            other = names.get(found or "")
            if other is not None and isinstance(result, Verdict):
                yield evolve(result, reason=Reason.REPLACED, other_uri=other, detail=f"a copy of {other}")
            else:
                yield result
        self.hashes, self._number, self._waiting, self._late = set(), 0, deque(), []
