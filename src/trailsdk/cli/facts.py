"""What is told of a record in one word each: when, who, what, from where, with what result."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailsdk.model.actor import Actor
    from trailsdk.model.record import Record

__all__ = ["call_of", "origin_of_call", "service_of", "what_of", "when_of", "who_of"]

_AWS = ".amazonaws.com"


def when_of(record: "Record") -> datetime | None:
    """Give the time of the event; of an aggregated one, the begin of its window."""
    return record.event_time or record.time_window.window_start


def who_of(actor: "Actor") -> str:
    """Name the person, else the role with its session, else the user, account or service."""
    name = actor.human or actor.name or ""
    if actor.human is None and actor.session_name:
        name = f"{name}/{actor.session_name}"
    return f"{name} via {_short(actor.via)}" if actor.via else name


def service_of(record: "Record") -> str | None:
    """Give the service, such as `s3.amazonaws.com`; of an Insights event, the one it is about."""
    return record.event_source or record.insight_details.event_source


def call_of(record: "Record") -> str | None:
    """Name the call; of events that are no calls, the nearest to a name."""
    insight = record.insight_details
    if insight:
        return f"{insight.event_name or ''} (insight)".strip()
    return record.event_name or record.event_category or record.event_type


def what_of(record: "Record") -> str:
    """Name the call with its service, such as `s3:PutBucketPolicy`."""
    return ":".join(part for part in (_short(service_of(record) or ""), call_of(record)) if part)


def origin_of_call(record: "Record") -> str:
    """Give the address, or the service, that the call came from."""
    return _short(record.source_ip_address or "")


def _short(host: str) -> str:
    return host.removesuffix(_AWS)
