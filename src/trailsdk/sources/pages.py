"""Answers of services that give records without files: each page is read as if it were a file."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from trailsdk import _json
from trailsdk.sources.base import Blob

__all__ = ["page_blob"]


def page_blob(location: str, name: str, events: Sequence[Mapping[str, Any]]) -> Blob:
    """Make a file of a page of events.

    Args:
        location: What the page is called in origins and errors.
        name: The member that the service's answer has the events in.
        events: As boto3 gives them. Their times are written as ISO 8601, in UTC.
    """
    content = _json.encode({name: [{key: _plain(value) for key, value in event.items()} for event in events]})
    return Blob(location, lambda: BytesIO(content), size=len(content))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value
