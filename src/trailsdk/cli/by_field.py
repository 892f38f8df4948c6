"""`trailsdk stats --by FIELD`: how often each value of a field stands in the records."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import click

from trailsdk import _json
from trailsdk.cli.fields import parse_fields
from trailsdk.cli.options import Session
from trailsdk.cli.summary import render_ranking
from trailsdk.cli.text import escape_json
from trailsdk.model.path import ABSENT

if TYPE_CHECKING:
    from trailsdk._json import Json

__all__ = ["count_by"]

_ABSENT = b""
"""No JSON value, and so none that is counted."""


def count_by(session: Session, by: str, top: int, form: Literal["text", "json"]) -> int:
    """Read, count the values of a field, and print the most frequent.

    Values that are equal as JSON are one: objects whatever the order of their members. Memory grows with the number
    of distinct values.

    Returns:
        The exit code.
    """
    fields = parse_fields(by)
    if len(fields) != 1:
        raise click.UsageError("--by: expected one field", click.get_current_context(silent=True))
    [field] = fields
    counts: Counter[bytes] = Counter()
    with session.progress, session.open() as stream:
        for record in stream:
            value = field.read(record)
            counts[_ABSENT if value is ABSENT or value is None else _sorted(value)] += 1
    absent = counts.pop(_ABSENT, 0)
    if form == "json":
        document = {
            "by": field.name,
            "records": stream.stats.yielded,
            "absent": absent,
            "distinct": len(counts),
            "values": [{"value": _json.decode(text), "count": number} for text, number in counts.most_common(top)],
        }
        session.out.write(escape_json(_json.encode(document).decode(), session.out.encoding) + "\n")
    else:
        name = f"{field.name}: {stream.stats.yielded - absent:,} of {stream.stats.yielded:,} records have it"
        session.out.write(render_ranking(name, counts, top, _shown, session.out))
    session.commit(stream)
    return session.end(stream)


def _sorted(value: "Json") -> bytes:
    """Write a value so that equal ones are written alike."""
    return _json.encode(_in_order(value))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list) else value


def _shown(text: bytes) -> str:
    value = _json.decode(text)
    return value if isinstance(value, str) else text.decode(errors="replace")
