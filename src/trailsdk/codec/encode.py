"""From records back to bytes."""

from collections.abc import Iterable, Iterator

from trailsdk import _json
from trailsdk.model.document import document_of
from trailsdk.model.record import Record

__all__ = ["encode_container", "encode_line", "encode_record"]


def encode_record(record: Record) -> bytes:
    """Give a record's text: its own where it has one, so that nothing is lost; else what its fields say."""
    return _json.encode(document_of(record)) if record.raw is None else record.raw


def encode_line(record: Record) -> bytes:
    """Give a record as one line of NDJSON: white space between tokens is removed, nothing else is changed."""
    return _json.compact(encode_record(record)) + b"\n"


def encode_container(records: Iterable[Record]) -> Iterator[bytes]:
    """Give the pieces of `{"Records": [...]}`, as CloudTrail writes it: on one line."""
    yield b'{"Records":['
    before = b""
    for record in records:
        yield before + encode_record(record)
        before = b","
    yield b"]}"
