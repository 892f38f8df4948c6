"""The forms of output: from records to the text of each."""

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from itertools import chain
from typing import Literal, TypeAlias

from trailsdk import _json
from trailsdk.cli.fields import Field
from trailsdk.cli.screen import Screen
from trailsdk.cli.table import Table, columns_of_fields, standard_table
from trailsdk.cli.text import escape_json
from trailsdk.codec.encode import encode_container, encode_line, encode_record
from trailsdk.model.path import ABSENT
from trailsdk.model.record import Record

__all__ = ["Form", "make_output"]

Form: TypeAlias = Literal["table", "ndjson", "json", "raw"]

Output: TypeAlias = Callable[[Iterator[Record]], Iterator[bytes]]


def make_output(form: Form, fields: Sequence[Field], screen: Screen, zone: tzinfo | None) -> Output:
    """Choose what turns records into output, a piece at a time.

    Args:
        form: What was asked for.
        fields: Which fields; none means whole records, or the table's own columns.
        screen: Where it will be seen.
        zone: The zone of times in tables; `None` is that of this machine.
    """
    if form == "table":
        table = Table(screen, columns_of_fields(fields), zone) if fields else standard_table(screen, zone)
        return lambda records: (line.encode(screen.encoding, "backslashreplace") for line in table.lines(records))
    output: Output
    if form == "json":
        output = (lambda records: _container(records, fields)) if fields else _log_file
    elif form == "raw":
        output = _raw
    else:
        output = (lambda records: (_object(record, fields) + b"\n" for record in records)) if fields else _lines
    return (lambda records: _shown(output(records), screen.encoding)) if screen.is_terminal else output


def _lines(records: Iterator[Record]) -> Iterator[bytes]:
    return map(encode_line, records)


def _raw(records: Iterator[Record]) -> Iterator[bytes]:
    return (encode_record(record) + b"\n" for record in records)


def _log_file(records: Iterator[Record]) -> Iterator[bytes]:
    return chain(encode_container(records), [b"\n"])


def _container(records: Iterator[Record], fields: Sequence[Field]) -> Iterator[bytes]:
    """Write the same container as for whole records, so that a program finds both in the same place."""
    yield b'{"Records":['
    before = b""
    for record in records:
        yield before + _object(record, fields)
        before = b","
    yield b"]}\n"


def _object(record: Record, fields: Sequence[Field]) -> bytes:
    """Make the object of the fields; what is absent is left out, a null that is there stays."""
    values = {each.name: each.read(record) for each in fields}
    return _json.encode({name: value for name, value in values.items() if value is not ABSENT})


def _shown(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    for piece in pieces:
        yield escape_json(piece.decode("utf-8", "replace"), encoding).encode(encoding, "backslashreplace")
