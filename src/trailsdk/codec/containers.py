"""What records come in: log files, lists, lines, and the envelopes of AWS's services. Recognised by content.

Ordinary log files take one step: a check of the frame, and msgspec divides the array. Everything else is looked
at more closely, and what holds no records is named.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from typing import TypeAlias

import msgspec
from attrs import define, field

from trailsdk._json import INVALID, decode, reason_of, split_array
from trailsdk.codec.envelopes import USUAL, Enveloped, classify, notification
from trailsdk.codec.inflate import MAGIC
from trailsdk.codec.salvage import Damaged, documents, members_of, salvage_array
from trailsdk.errors import FileError, MalformedFileError, NotRecordsError, TrailError

__all__ = [
    "NOT_JSON",
    "Content",
    "Division",
    "Piece",
    "Placed",
    "check_first_line",
    "decode_container",
    "divide_lines",
    "looks_like_lines",
]


@define
class Placed:
    """A record's text, with its place in the file."""

    offset: int
    raw: bytes

    def __bytes__(self) -> bytes:
        return self.raw


Piece: TypeAlias = msgspec.Raw | bytes | Placed | Enveloped | Damaged | TrailError
"""One record's text, in one of its forms, or why there is none."""


@define(eq=False)
class Content:
    """What a file holds, for a decoder to look at. Not frozen, for speed; treat it as if it were."""

    data: bytes
    """Its bytes, inflated where they were gzip."""
    location: str | None = None
    """Where they were read."""
    cut: bool = False
    """The end is missing, which is reported elsewhere."""


@define(eq=False)
class Division:
    """A container, divided into its records' texts."""

    pieces: Iterable[Piece]
    data: bytes = b""
    """The container, where the pieces point into it."""
    rejected: bool = False
    """It was not divided, since its bytes cannot hold what is asked for."""
    _index: int = field(default=0, init=False)
    _at: int = field(default=0, init=False)
    """Up to which piece offsets have been looked for, and where that was: errors come in order."""

    def offset(self, index: int) -> int | None:
        """Find where a piece begins that points into the container. Looked for only where an error wants it."""
        if not isinstance(self.pieces, list) or not self.data:
            return None
        if index < self._index:
            self._index = self._at = 0
        for piece in self.pieces[self._index : index]:
            text = bytes(piece)
            self._at = self.data.find(text, self._at) + len(text)
        self._index = index
        return self.data.find(bytes(self.pieces[index]), self._at)

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)


NOT_JSON = "something other than JSON"
"""What a file is called that is neither gzip nor JSON."""

_FRAME = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:\s*(?=\[)')
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_SPACES = re.compile(rb"\s*")
_SAMPLE = 20
"""Documents or lines of which one must be sound, for a file to be several of them."""

_EXPORT_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z (?=\{)")
"""How CloudWatch Logs exports to S3: time of the log event, a blank, the message."""


def decode_container(content: Content) -> Division:
    """Divide an inflated file into its records' texts.

    Args:
        content: `{"Records": [...]}`, a bare list, a single record, JSON Lines, several documents in a row, an answer
            of LookupEvents, FilterLogEvents or GetLogEvents, an export or a subscription message of CloudWatch Logs,
            EventBridge events; in UTF-8, with or without a byte order mark.

    Raises:
        NotRecordsError: It is something else.
        MalformedFileError: It cannot be divided.
    """
    data, location, cut = content.data, content.location, content.cut
    frame = _FRAME.match(data)
    if frame is not None:
        end = data.rfind(b"]") + 1
        if data[end : end + 64].strip(_SPACE) == b"}" and len(data) - end <= 64:  # noqa: PLR2004 (white space)
            try:
                # If the text between the brackets is an array, then this is all that there is: no second `Records`.
                pieces = split_array(memoryview(data)[frame.end() : end])
            except INVALID:
                pass
            else:
                kind = notification(pieces[0]) if pieces else None
                if kind is not None:
                    raise NotRecordsError(location, "", kind)
                return Division(pieces, data)
    return _divide_closely(data, location, cut=cut)


def _divide_closely(data: bytes, location: str | None, *, cut: bool) -> Division:
    start = len(_BOM) if data.startswith(_BOM) else 0
    head = data[start : start + 4096].lstrip(_SPACE)
    if not head and not data.strip(_SPACE):
        raise MalformedFileError(location, "the file is empty")
    if head.startswith(MAGIC):
        raise NotRecordsError(location, ", which CloudTrail does not write", "a gzip file inside a gzip file")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:2]:
        raise MalformedFileError(location, "the text is UTF-16 or UTF-32, not UTF-8")
    if _EXPORT_LINE.match(head):
        return Division(divide_lines([data[start:]], location, start, cut=cut))
    if head[:1] not in (b"{", b"["):
        raise NotRecordsError(location, "", NOT_JSON)
    try:
        pieces = _one_document(data, start, location)
        return Division(pieces, data if all(isinstance(piece, msgspec.Raw) for piece in pieces) else b"")
    except INVALID as error:
        problem = error
    if looks_like_lines(data[start:]):
        check_first_line(data[start:], location)
        return Division(divide_lines([data[start:]], location, start, cut=cut))
    return _divide_damaged(data, start, location, problem, cut=cut)


def _one_document(data: bytes, start: int, location: str | None) -> list[Piece]:
    """Divide a file that is one JSON document.

    Raises:
        One of INVALID: It is not.
    """
    text = memoryview(data)[start:] if start else data
    if data[start:].lstrip(_SPACE)[:1] == b"[":
        return _list_of_documents(split_array(text), location)
    pieces = classify(data[start:].strip(_SPACE), location)
    at = data.index(b"{", start)
    records = [name for name, _, _ in members_of(data, at) if name == "Records"]
    if len(records) > 1:
        raise MalformedFileError(location, f"`Records` stands {len(records)} times in one object", at)
    return pieces


def _list_of_documents(elements: list[msgspec.Raw], location: str | None) -> list[Piece]:
    """Divide a bare list of records or envelopes. One whose first object is neither is no container."""
    first = next((raw for raw in elements if bytes(raw)[:1] == b"{"), None)
    if first is None:
        if elements:
            raise NotRecordsError(location, "", "a JSON array without objects")
        return []
    classify(first, location)
    pieces: list[Piece] = []
    for element in elements:
        try:
            pieces.extend(classify(element, location))
        except FileError as error:
            pieces.append(error)
        except INVALID:
            pieces.append(element)
    return pieces


def _divide_damaged(data: bytes, start: int, location: str | None, problem: Exception, *, cut: bool) -> Division:
    """Divide several documents in a row, or save what is sound of a damaged container."""
    at = data.index(b"{", start) if data[start:].lstrip(_SPACE)[:1] == b"{" else data.index(b"[", start)
    if data[at : at + 1] == b"[":
        return Division(_salvaged(data, at, location, cut=cut))
    found = list(documents(data, at))
    if len(found) > 1 and not _FRAME.match(data) and any(_is_json(text) for _, text in found[:_SAMPLE]):
        return Division(_documents(found, location, cut=cut))
    for name, begin, _ in members_of(data, at):
        if name == "Records" and data[begin : begin + 1] == b"[":
            return Division(_salvaged(data, begin, location, cut=cut, within=True))
    if cut:
        return Division([])
    raise MalformedFileError(location, reason_of(problem), at)


def _salvaged(data: bytes, start: int, location: str | None, *, cut: bool, within: bool = False) -> Iterator[Piece]:
    """Save what is sound of a damaged array, and look at what stands behind it.

    Args:
        data: The text.
        start: Where the array begins.
        location: Where it was read, for errors.
        cut: The end is missing, which is reported elsewhere.
        within: The array is a member of an object.
    """
    end = yield from _salvaged_elements(data, start, location, cut=cut, within=within)
    if within:
        end = yield from _rest_of_object(data, end, location, cut=cut)
    for offset, text in documents(data, end):
        if not cut or _is_json(text):
            yield from _classify_document(text, offset, location)


def _salvaged_elements(
    data: bytes,
    start: int,
    location: str | None,
    *,
    cut: bool,
    within: bool,
) -> Generator[Piece, None, int]:
    """Give what is sound of an array, and return where it ends."""
    found = salvage_array(data, start, cut=cut)
    while True:
        try:
            each = next(found)
        except StopIteration as stop:
            end: int = stop.value
            return end
        if isinstance(each, Damaged):
            yield each
        elif within:
            yield Placed(*each)
        else:
            # A bare list may hold envelopes.
            yield from _classify_document(each[1], each[0], location)


def _rest_of_object(data: bytes, end: int, location: str | None, *, cut: bool) -> Generator[Piece, None, int]:
    """Look at what stands behind `Records` in its object, and return where the object ends."""
    for name, begin, after in members_of(data, end):
        if name == "Records":
            yield MalformedFileError(location, "`Records` stands a second time in one object", begin)
        end = after if after >= 0 else len(data)
    space = _SPACES.match(data, end)
    at = end if space is None else space.end()
    if data[at : at + 1] == b"}":
        return at + 1
    if at < len(data) and not cut:
        yield Damaged(at, "not JSON: the object of the records does not end as it should")
        return at
    return len(data)


def _is_json(text: bytes) -> bool:
    try:
        decode(text)
    except INVALID:
        return False
    return True


def _documents(found: list[tuple[int, bytes]], location: str | None, *, cut: bool) -> Iterator[Piece]:
    for number, (offset, text) in enumerate(found):
        if cut and number == len(found) - 1 and not _is_json(text):
            return
        yield from _classify_document(text, offset, location)


def _classify_document(text: bytes, offset: int, location: str | None) -> Iterator[Piece]:
    """Divide one of several documents; what is wrong with it costs it alone."""
    if text.startswith(USUAL):
        yield Placed(offset, text)
        return
    try:
        pieces = _list_of_documents(split_array(text), location) if text[:1] == b"[" else classify(text, location)
    except NotRecordsError as error:
        yield NotRecordsError(location, error.reason, error.kind, offset)
    except FileError as error:
        yield error
    except INVALID as error:
        yield Damaged(offset, reason_of(error))
    else:
        for piece in pieces:
            # A record that is the whole document is given with its place.
            yield Placed(offset, text) if isinstance(piece, msgspec.Raw) and bytes(piece) == text else piece


def looks_like_lines(head: bytes) -> bool:
    """Tell whether a text is JSON Lines, or an export of CloudWatch Logs, from its begin.

    It is where one of the first two lines, or half of the first 20, are whole JSON objects.
    """
    if _EXPORT_LINE.match(head.lstrip(_SPACE)):
        return True
    lines = head.removeprefix(_BOM).lstrip(_SPACE).split(b"\n", _SAMPLE)[:_SAMPLE]
    if len(lines) < 2:  # noqa: PLR2004 (one line is one document)
        return False
    whole = [line.strip(_SPACE)[:1] == b"{" and _is_json(line.strip(_SPACE)) for line in lines]
    # Not any one of them: a document over many lines may have a line that is whole by chance, such as `{}`.
    return any(whole[:2]) or 2 * sum(whole) >= len(whole)


def check_first_line(head: bytes, location: str | None) -> None:
    """Look at the first line: if that is something else, then the file is.

    Raises:
        NotRecordsError: It is JSON, but neither a record nor an envelope of records.
    """
    line = head.removeprefix(_BOM).lstrip(_SPACE).partition(b"\n")[0]
    try:
        classify(line, location)
    except INVALID:
        # A damaged line, or an export's, which begins with a time.
        return


def divide_lines(
    chunks: Iterable[bytes],
    location: str | None = None,
    start: int = 0,
    *,
    cut: bool = False,
) -> Iterator[Piece]:
    """Divide JSON Lines as they come, in memory that does not grow.

    Args:
        chunks: The text, in pieces of any size.
        location: Where it is read, for errors.
        start: Offset of the first piece.
        cut: The end is missing, which is reported elsewhere: an unfinished last line is no news.
    """
    too_long = False
    rest: list[bytes] = []
    offset = start
    for chunk in chunks:
        *ended, last = chunk.split(b"\n")
        if ended:
            ended[0] = b"".join([*rest, ended[0]])
            rest = []
            if too_long:
                offset += len(ended.pop(0)) + 1
                too_long = False
            for line in ended:
                if line.startswith(USUAL):
                    yield Placed(offset, line.rstrip(_SPACE))
                else:
                    yield from _line(line, offset, location)
                offset += len(line) + 1
        rest.append(last)
        if sum(map(len, rest)) > LONGEST_LINE:
            if not too_long:
                yield Damaged(offset, f"the line is longer than {LONGEST_LINE} bytes")
            too_long = True
            offset += sum(map(len, rest))
            rest = []
    line = b"".join(rest)
    if not too_long and not (cut and not _is_whole(line)):
        yield from _line(line, offset, location)


def _is_whole(line: bytes) -> bool:
    """Tell whether a last line is not cut off. The begin of a time, `2026`, is JSON too."""
    message = _EXPORT_LINE.sub(b"", line.strip(_SPACE), 1)
    return message.startswith(b"{") and _is_json(message)


LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that is read. CloudTrail's largest events have 1 MB."""


def _line(line: bytes, offset: int, location: str | None) -> Iterator[Piece]:
    text = line.strip(_SPACE)
    if offset == 0:
        text = text.removeprefix(_BOM)
    if not text:
        return
    export = _EXPORT_LINE.match(text)
    if export is not None:
        time, message = text[: export.end() - 1].decode(), text[export.end() :]
        for piece in _classify_document(message, offset + line.index(message), location):
            # A message is a record, or by way of exception a container of some.
            yield Enveloped(message, {"timestamp": time}) if isinstance(piece, Placed) else piece
        return
    yield from _classify_document(text, offset + line.index(text), location)
