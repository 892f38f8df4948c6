"""The records of one container: the loop where the time goes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen
from msgspec import Raw

from trailsdk import _json
from trailsdk._json import INVALID, Json
from trailsdk.codec.containers import Division, Piece, Placed
from trailsdk.codec.envelopes import Enveloped
from trailsdk.codec.records import decode_head, decode_record, make_record
from trailsdk.codec.salvage import Damaged
from trailsdk.errors import MalformedRecordError, RecordError, TrailError
from trailsdk.model._fields import EMPTY
from trailsdk.model.origin import Origin
from trailsdk.model.record import Record
from trailsdk.select.selection import RecordTest
from trailsdk.sources.base import Stats

if TYPE_CHECKING:
    from trailsdk.integrity.judging import Judged

__all__ = ["Place", "records_of_division"]


@frozen
class Place:
    """The file that records are read from; makes their origins when somebody asks."""

    location: str | None
    judged: "Judged | None" = None
    """What digests say of the file, where they are asked."""

    def origin(self, index: int) -> Origin:
        """Make the origin of one of its records."""
        return self.origin_in(index, EMPTY)

    def origin_in(self, index: int, envelope: Mapping[str, Json]) -> Origin:
        """Make the origin of a record that came in an envelope."""
        judged = self.judged
        if judged is None:
            return Origin(self.location, index, envelope)
        reason = None if judged.reason is None else str(judged.reason)
        return Origin(self.location, index, envelope, judged.verdict, reason, judged.detail)


def records_of_division(
    division: Division,
    pieces: Iterable[tuple[int, Piece]],
    place: Place,
    test: RecordTest | None,
    stats: Stats,
    handle: Callable[[TrailError], object],
    *,
    strict: bool,
) -> Iterator[Record]:
    """Read the records of one container, whose pieces come with their numbers. This loop is where the time goes."""
    for index, piece in pieces:
        try:
            raw = bytes(piece)  # type: ignore[arg-type]  # pieces that are no bytes are the odd ones
            if strict or not raw.isascii():
                record = decode_record(raw, place, index, strict=strict)
            else:
                record = make_record(decode_head(raw), raw, place, index)
        except (TypeError, RecordError, *INVALID):
            found = _odd_piece(piece, division, place, index, strict=strict)
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


def _odd_piece(piece: Any, division: Division, place: Place, index: int, *, strict: bool) -> Record | TrailError:
    """Decode a piece that the loop could not, or say what is wrong with it."""
    location = place.location
    if isinstance(piece, TrailError):
        return piece
    if isinstance(piece, Mapping):
        try:
            piece = _json.encode(piece)
        except (TypeError, ValueError, RecursionError):
            return MalformedRecordError(location, index, None, "a decoder gave a mapping that is no JSON")
    if isinstance(piece, Damaged):
        return MalformedRecordError(location, index, piece.offset, piece.reason)
    source: object = place
    offset: int | None = None
    if isinstance(piece, Placed):
        raw, offset = piece.raw, piece.offset
    elif isinstance(piece, Enveloped):
        raw, source = piece.raw, place.origin_in(index, piece.envelope)
    elif isinstance(piece, (bytes, Raw)):
        raw = bytes(piece)
        offset = division.offset(index)
    else:
        return MalformedRecordError(location, index, None, f"a decoder gave a {type(piece).__name__}, no record")
    try:
        return decode_record(raw, source, index, location=location, offset=offset, strict=strict)
    except RecordError as error:
        return error
