"""From the model back to a JSON document: what is written of a record that was built by keyword."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from trailsdk._json import Json
from trailsdk.model._fields import Part, Readable
from trailsdk.model.times import EventVersion

__all__ = ["document_of"]

ALWAYS_WRITTEN = frozenset({"requestParameters", "responseElements"})
"""Fields that CloudTrail writes as null where there is nothing; other absent fields are left out."""


def document_of(value: Readable) -> dict[str, Json]:
    """Give the JSON object that says the same as a record or a part, in AWS's names."""
    document: dict[str, Json] = {}
    names = _names(value)
    for each in attrs.fields(type(value)):
        if "aws" not in each.metadata:
            continue
        name = names.get(each.name, each.metadata["aws"][0])
        given = getattr(value, each.name)
        if given is None or given == each.default:
            if name in ALWAYS_WRITTEN:
                document[name] = None
            continue
        document[name] = _json(given, text=each.metadata["text"])
    for name, kept in value.extra.items():
        # A value that did not fit gives way to one that was set since.
        document.setdefault(name, kept)
    return document


def _names(value: Any) -> Mapping[str, str]:
    """Aggregated events have a spelling of their own, and neither requests nor responses."""
    return {"event_id": "eventId"} if getattr(value, "event_category", None) == "Aggregated" else {}


def _json(value: Any, *, text: bool) -> Json:
    if isinstance(value, Part):
        return document_of(value)
    if isinstance(value, EventVersion):
        return str(value)
    if isinstance(value, datetime):
        return _write_time(value)
    if isinstance(value, tuple):
        return [_json(each, text=False) for each in value]
    if text and isinstance(value, bool):
        return "true" if value else "false"
    return value


def _write_time(time: datetime) -> str:
    """Spell a time as `eventTime` does, with a fraction only where there is one."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
