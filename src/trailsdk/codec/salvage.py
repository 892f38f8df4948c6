"""Dividing damaged text: what one bad byte would otherwise take along.

Slower than the codec's ordinary way, and used only where that one refuses. Brackets are counted outside strings;
where they do not come out even, reading goes on at the next text that looks like the begin of a record.
"""

import re
from collections.abc import Generator, Iterator

from attrs import frozen

from trailsdk._json import INVALID, decode, reason_of

__all__ = ["Damaged", "documents", "end_of_value", "members_of", "salvage_array"]

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
"""A string (the last one may lack its end, so that matching stays linear) or a bracket."""

_NEXT_RECORD = re.compile(
    rb'\}\s*,\s*(?=\{\s*"(?:eventVersion|userIdentity|eventTime|awsRegion|additionalEventData)"\s*:)'
)
"""The end of one record and the begin of another: the first names that writers of records use."""

_SPACE = re.compile(rb"\s*")


@frozen
class Damaged:
    """A piece that is no JSON."""

    offset: int
    """Where it begins."""
    reason: str


LARGEST = 4 * 1024 * 1024
"""Bytes of a record beyond which a missing bracket is not looked for: CloudTrail's largest records have 1 MB, and
looking to the end of the file for each of many damaged records would take hours."""


def end_of_value(data: bytes, start: int, most: int | None = None) -> int:
    """Find where the array or object that begins at `start` ends; -1 where its brackets do not come out even.

    Args:
        data: The text.
        start: Where the bracket stands.
        most: Bytes to look at; all by default.
    """
    depth = 0
    stop = len(data) if most is None else min(len(data), start + most)
    for token in _TOKEN.finditer(data, start, stop):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return -1


def _skip_space(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return at if match is None else match.end()


def salvage_array(
    data: bytes,
    start: int,
    *,
    cut: bool = False,
) -> Generator[tuple[int, bytes] | Damaged, None, int]:
    """Divide a damaged array of objects.

    Args:
        data: The text.
        start: Where the array's `[` stands.
        cut: The end of the text is missing, which is reported elsewhere: an unfinished last element is no news.

    Yields:
        Offset and text of each element that is JSON, and what is damaged between them, in order.

    Returns:
        Where the array ends, behind its `]`; the length of the text where it does not.
    """
    at = _skip_space(data, start + 1)
    while at < len(data) and data[at] not in b"]":
        end, whole = _end_of_element(data, at, cut=cut)
        if end < 0:
            if not cut:
                yield Damaged(at, "the record does not end")
            return len(data)
        text = data[at:end]
        try:
            if not whole:
                raise ValueError
            decode(text)
        except INVALID as error:
            yield Damaged(at, reason_of(error) if whole else "not JSON: brackets or quotes do not match")
        else:
            yield at, text
        at = _skip_space(data, end)
        if at < len(data) and data[at] in b",":
            at = _skip_space(data, at + 1)
    if at >= len(data) and not cut:
        yield Damaged(len(data), "the array of records does not end")
    return at + 1


def _end_of_element(data: bytes, at: int, *, cut: bool) -> tuple[int, bool]:
    """Find where an element ends, and whether it ends as JSON does."""
    if data[at] in b"{[":
        end = end_of_value(data, at, LARGEST)
    elif data[at] in b",":
        return at, True
    else:
        scalar = _SCALAR.match(data, at)
        end = -1 if scalar is None else scalar.end()
    if end >= 0:
        after = _skip_space(data, end)
        if data[after : after + 1] in (b",", b"]") or (cut and after == len(data)):
            return end, True
    resumed = _NEXT_RECORD.search(data, at)
    if resumed is not None:
        return resumed.start() + 1, False
    return (-1, False) if end < 0 else (end, False)


def documents(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Divide several JSON documents in a row, in whatever way they are separated.

    Yields:
        Offset and text of each; of the last one all that is left, if it does not end.
    """
    at = _skip_space(data, start)
    while at < len(data):
        end = end_of_value(data, at) if data[at] in b"{[" else -1
        yield at, data[at : end if end >= 0 else len(data)]
        if end < 0:
            return
        at = _skip_space(data, end)


_KEY = re.compile(rb'\s*"((?:[^"\\]|\\.)*)"\s*:\s*', re.DOTALL)
_SCALAR = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,}\]]+', re.DOTALL)


def members_of(data: bytes, start: int) -> Iterator[tuple[str, int, int]]:
    """Go through the members of an object, repeated names included. Ends where the text is no object any more.

    Yields:
        The name, where its value begins, where that ends (-1: it does not).
    """
    at = start + 1
    while (key := _KEY.match(data, at)) is not None:
        begin = key.end()
        try:
            name = str(decode(b'"' + key[1] + b'"'))
        except INVALID:
            return
        if data[begin : begin + 1] in (b"{", b"["):
            end = end_of_value(data, begin)
        else:
            scalar = _SCALAR.match(data, begin)
            end = -1 if scalar is None else scalar.end()
        yield name, begin, end
        if end < 0:
            return
        at = _skip_space(data, end)
        if data[at : at + 1] != b",":
            return
        at += 1
