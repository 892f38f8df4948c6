"""Rejecting bytes: whole files before they are divided, single records before they are decoded."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from attrs import define, field
from msgspec import Raw

from trailsdk.codec.containers import Content, Division
from trailsdk.codec.files import Decode
from trailsdk.select.where.compiled import merged
from trailsdk.select.where.literals import Formula, literals_of, places_of, rejecter, spelt_otherwise, weight_of
from trailsdk.select.where.tree import And, Condition, Envelope, FilterPattern, Not, Or

__all__ = ["REJECTED", "Scan", "make_scan", "scanned_for"]

REJECTED = Division((), rejected=True)
"""What a file is divided into that cannot hold an answer."""

_USUAL = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:\s*\[\s*\{\s*"eventVersion"\s*:\s*"1\.')
"""How a log file of CloudTrail begins. What begins otherwise is always divided: it may be an envelope with encoded
content, or nothing that CloudTrail writes, which is to be told."""
_LARGE = 4 * 1024 * 1024
"""Bytes of a file whose records are looked at one by one, so that they need not be held beside it."""
_HEAVIEST = 8
"""Times that bytes are gone through at most: beyond, decoding is no dearer."""


@define(eq=False)
class Scan:
    """Tells what cannot hold an answer. Made for one stream."""

    formula: Formula
    rejects: Callable[[bytes], bool]
    """Tells of a record's text, which is well-formed JSON, that the condition is false of it."""
    spelt_otherwise: Callable[[bytes], bool]
    _looked_at: bytes = field(default=b"", init=False)
    _places: Sequence[int] = field(default=(), init=False)
    """Where in the file that was looked at last the literals stand; none where that proves nothing."""

    def before(self, decode: Decode) -> Decode:
        """Look at the bytes of a whole log file before it is divided."""

        def divide(content: Content) -> Division:
            data = content.data
            if (
                not content.cut
                and _USUAL.match(data)
                and data[-16:].rstrip().endswith(b"]}")
                and self._rejects_file(data)
            ):
                return REJECTED
            return decode(content)

        return divide

    def _rejects_file(self, data: bytes) -> bool:
        places = places_of(self.formula, data)
        if places is None:
            return self.rejects(data)
        if self.spelt_otherwise(data):
            return False
        if places:
            self._looked_at, self._places = data, places
        return not places

    def candidates(
        self,
        division: Division,
        pieces: Iterable[tuple[int, Any]],
        reject: Callable[[int], None],
    ) -> Iterator[tuple[int, Any]]:
        """Give the pieces that may hold an answer, and all that may be bad, so that it is told.

        Args:
            division: What the pieces are of.
            pieces: The pieces with their numbers, as they come; perhaps not from the first on.
            reject: Told how many pieces were left out, before the next one is given.
        """
        wanted = self._wanted(division) if isinstance(division.pieces, list) else None
        if wanted is None:
            return self._one_by_one(pieces, reject)
        return self._some(pieces, wanted, reject)

    def _one_by_one(
        self, pieces: Iterable[tuple[int, Any]], reject: Callable[[int], None]
    ) -> Iterator[tuple[int, Any]]:
        rejects = self.rejects
        for index, piece in pieces:
            if type(piece) is Raw and _is_sound(raw := bytes(piece)) and rejects(raw):
                reject(1)
            else:
                yield index, piece

    def _some(
        self, pieces: Iterable[tuple[int, Any]], wanted: Sequence[bool], reject: Callable[[int], None]
    ) -> Iterator[tuple[int, Any]]:
        left_out = 0
        for index, piece in pieces:
            if wanted[index]:
                if left_out:
                    reject(left_out)
                    left_out = 0
                yield index, piece
            else:
                left_out += 1
        if left_out:
            reject(left_out)

    def _wanted(self, division: Division) -> list[bool] | None:
        """Decide all pieces of a file at once, by where in the file the literals stand.

        Returns:
            For each piece whether it is wanted; `None` where that is not to be told so.
        """
        data, pieces, places = division.data, division.pieces, self._places
        known = data is self._looked_at
        # Not to be held until the next file: its memory is wanted for that.
        self._looked_at, self._places = b"", ()
        if not known or not places or len(data) > _LARGE:
            return None
        if not isinstance(pieces, list) or not all(type(piece) is Raw for piece in pieces):
            return None
        raws = list(map(bytes, pieces))
        begin, end = data.find(b"[") + 1, data.rfind(b"]")
        ends = list(accumulate(map(len, raws)))
        if not raws or begin + ends[-1] + len(raws) - 1 != end:
            # There is white space between the records: where each of them begins is not known.
            return None
        wanted = [raw[:1] != b"{" or not raw.isascii() for raw in raws]
        # Up to each piece's end there are, beside the pieces, as many commas as pieces before it.
        after = [begin + number + end for number, end in enumerate(ends)]
        for place in places:
            wanted[min(bisect_right(after, place), len(wanted) - 1)] = True
        return wanted


def _is_sound(raw: bytes) -> bool:
    """Tell whether a text is a record for certain. msgspec has found it to be JSON, but for the encoding of text."""
    return raw[:1] == b"{" and raw.isascii()


def scanned_for(condition: Condition) -> Formula | None:
    """Tell what is looked for in the bytes; `None` where nothing is.

    A condition of the envelope is asked of every record, since it is an error where there is none.
    """
    if _asks(condition, Envelope):
        return None
    formula = literals_of(merged(condition))
    return formula if weight_of(formula) <= _HEAVIEST else None


def make_scan(condition: Condition) -> Scan | None:
    """Make the scan of a condition, if it has one."""
    formula = scanned_for(condition)
    rejects = rejecter(formula)
    return Scan(formula, rejects, spelt_otherwise(formula)) if formula is not None and rejects is not None else None


def _asks(condition: Condition, kind: type[Condition]) -> bool:
    if isinstance(condition, (And, Or)):
        return any(_asks(part, kind) for part in condition.parts)
    if isinstance(condition, (Not, FilterPattern)):
        return _asks(condition.part, kind)
    return isinstance(condition, kind)
