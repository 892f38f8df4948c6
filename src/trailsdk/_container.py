"""The records of one container: the loop where the time goes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen
from msgspec import Raw

from trailsdk import _json
from trailsdk._json import INVALID
from trailsdk.codec.containers import Division, Piece, Placed
from trailsdk.codec.envelopes import Enveloped
from trailsdk.codec.records import decode_head, decode_record, make_record
from trailsdk.codec.salvage import Damaged
from trailsdk.errors import MalformedRecordError, RecordError, TrailError
from trailsdk.model.origin import Origin
from trailsdk.model.record import Record
from trailsdk.select.selection import RecordTest
from trailsdk.sources.base import Stats

__all__ = ["records_of_division"]


@frozen
class _Place:
    """The file that records are read from; makes their origins when somebody asks."""

    location: str | None

    def origin(self, index: int) -> Origin:
        return Origin(self.location, index)


def records_of_division(
    division: Division,
    pieces: Iterable[tuple[int, Piece]],
    location: str | None,
    test: RecordTest | None,
    stats: Stats,
    handle: Callable[[TrailError], object],
    *,
    strict: bool,
) -> Iterator[Record]:
    """Read the records of one container, whose pieces come with their numbers. This loop is where the time goes."""
    place = _Place(location)
    for index, piece in pieces:
        try:
            raw = bytes(piece)  # type: ignore[arg-type]  # pieces that are no bytes are the odd ones
            if strict or not raw.isascii():
                record = decode_record(raw, place, index, strict=strict)
            else:
                record = make_record(decode_head(raw), raw, place, index)
        except (TypeError, RecordError, *INVALID):
            found = _odd_piece(piece, division, location, index, strict=strict)
            if isinstance(found, TrailError):
                stats.bad += 1
                handle(found)
                continue
            record = found
        if test is not None and not test(record):
            stats.filtered += 1
            continue
        stats.yielded += 1
        yield record


def _odd_piece(
    piece: Any, division: Division, location: str | None, index: int, *, strict: bool
) -> Record | TrailError:
    """Decode a piece that the loop could not, or say what is wrong with it."""
    if isinstance(piece, TrailError):
        return piece
    if isinstance(piece, Mapping):
        try:
            piece = _json.encode(piece)
        except (TypeError, ValueError, RecursionError):
            return MalformedRecordError(location, index, None, "a decoder gave a mapping that is no JSON")
    if isinstance(piece, Damaged):
        return MalformedRecordError(location, index, piece.offset, piece.reason)
    source: object = _Place(location)
    offset: int | None = None
    if isinstance(piece, Placed):
        raw, offset = piece.raw, piece.offset
    elif isinstance(piece, Enveloped):
        raw, source = piece.raw, Origin(location, index, piece.envelope)
    elif isinstance(piece, (bytes, Raw)):
        raw = bytes(piece)
        offset = division.offset(index)
    else:
        return MalformedRecordError(location, index, None, f"a decoder gave a {type(piece).__name__}, no record")
    try:
        return decode_record(raw, source, index, location=location, offset=offset, strict=strict)
    except RecordError as error:
        return error
