"""Notices of new log files: what a message of a queue says, whatever it is wrapped in. Pure."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import unquote_plus

from attrs import frozen

from trailsdk import _json
from trailsdk._json import INVALID, Json

__all__ = ["Delivered", "Event", "Nothing", "Notice", "Unknown", "read_notice"]

_DEEPEST = 8
"""How deeply notices may be wrapped: more than any services do."""

_VALIDATION = "CloudTrail validation message."


@frozen
class Delivered:
    """An object was put into a bucket: a log file, or anything else."""

    bucket: str
    key: str
    version_id: str | None = None
    sequencer: str | None = None
    """Orders notices of one key; see `is_later`."""
    etag: str | None = None
    """Changes when the content does."""
    size: int | None = None
    """Bytes, as it is stored."""

    def is_later(self, other: "Delivered") -> bool | None:
        """Tell whether this notice speaks of a later state of the same object; `None` where that is not known.

        Source: Amazon S3 User Guide, "Event message structure": sequencers are compared after the shorter is padded
        with zeros on its left.
        """
        if self.sequencer is None or other.sequencer is None or (self.bucket, self.key) != (other.bucket, other.key):
            return None
        width = max(len(self.sequencer), len(other.sequencer))
        return self.sequencer.upper().rjust(width, "0") > other.sequencer.upper().rjust(width, "0")


@frozen
class Event:
    """An event of EventBridge that has a record in it."""

    raw: bytes
    """The event, as `trailsdk.parse` reads it."""


@frozen
class Nothing:
    """A message that speaks of no object: services send it to try a queue, or to tell of other changes."""

    kind: str


@frozen
class Unknown:
    """Something that is none of the known notices."""

    reason: str


Notice: TypeAlias = Delivered | Event | Nothing | Unknown


def read_notice(body: str, *, signed: bool = False) -> list[Notice]:
    """Find what a message says.

    Args:
        body: The message: a notice of CloudTrail, S3, EventBridge or SNS, or a batch of some, wrapped in any order.
        signed: It is a message of SNS, whose signature was checked: only what SNS signs is looked at, whatever else
            somebody may have put beside it.

    Returns:
        What it says, in its order. What cannot be understood is an `Unknown` at its place, and costs only itself.
    """
    return list(_signed(body) if signed else _text(body, 0))


def _signed(text: str) -> Iterator[Notice]:
    value = _json.decode(text.encode(errors="surrogatepass"))
    if isinstance(value, dict) and "Type" in value:
        yield from _of_sns(value, 0)
    else:
        yield Unknown("no message of SNS")


def _text(text: str, depth: int) -> Iterator[Notice]:
    if text.strip() == _VALIDATION:
        yield Nothing("a validation message of CloudTrail")
        return
    try:
        value = _json.decode(text.encode(errors="surrogatepass"))
    except INVALID:
        yield Unknown("not JSON")
        return
    yield from _value(value, depth)


def _value(value: Json, depth: int) -> Iterator[Notice]:
    if depth > _DEEPEST:
        yield Unknown(f"wrapped more than {_DEEPEST} times")
    elif not isinstance(value, dict):
        yield Unknown("no JSON object")
    elif isinstance(value.get("detail-type"), str):
        yield _event_bridge(value)
    elif "s3Bucket" in value and "s3ObjectKey" in value:
        yield from _of_cloudtrail(value)
    elif isinstance(value.get("Type"), str) and "TopicArn" in value:
        yield from _of_sns(value, depth)
    elif isinstance(value.get("Records"), list):
        for entry in value["Records"]:
            yield from _entry(entry, depth)
    elif value.get("Event") == "s3:TestEvent":
        yield Nothing("a test notification of S3")
    else:
        yield Unknown("JSON of an unknown kind")


def _of_cloudtrail(value: Mapping[str, Json]) -> Iterator[Notice]:
    """CloudTrail's own notice. Its keys are literal, one or several."""
    bucket, keys = value["s3Bucket"], value["s3ObjectKey"]
    for key in keys if isinstance(keys, list) else [keys]:
        yield _delivered(bucket, key)


def _delivered(bucket: Json, key: Json, stored: Json = None, *, version_id: str = "", etag: str = "") -> Notice:
    """Say which object was put.

    Args:
        bucket: The bucket's name.
        key: The object's key, decoded.
        stored: What else is told of the object.
        version_id: The name of that member.
        etag: The name of that member.
    """
    if not (isinstance(bucket, str) and bucket and isinstance(key, str) and key):
        return Unknown("a notice without the name of a bucket and a key")
    size = _member(stored, "size")
    return Delivered(
        bucket,
        key,
        _text_or_none(_member(stored, version_id)),
        _text_or_none(_member(stored, "sequencer")),
        _text_or_none(_member(stored, etag)),
        size if isinstance(size, int) and size >= 0 else None,
    )


def _text_or_none(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _of_sns(value: Mapping[str, Json], depth: int) -> Iterator[Notice]:
    if value["Type"] in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        yield Nothing(f"a {value['Type']} of SNS")
    elif isinstance(value.get("Message"), str):
        yield from _text(value["Message"], depth + 1)
    else:
        yield Unknown("an SNS message without a text")


def _event_bridge(value: Mapping[str, Json]) -> Notice:
    kind = str(value["detail-type"])
    detail = value.get("detail")
    if "viacloudtrail" in kind.replace(" ", "").casefold():
        return Event(_json.encode(dict(value)))
    if kind != "Object Created" or value.get("source") != "aws.s3":
        return Nothing("an event of EventBridge that speaks of no record and no new object")
    bucket, stored = _member(detail, "bucket"), _member(detail, "object")
    # Unlike the notices of S3 itself, EventBridge's have keys as they are.
    name, key = _member(bucket, "name"), _member(stored, "key")
    return _delivered(name, key, stored, version_id="version-id", etag="etag")


def _entry(entry: Json, depth: int) -> Iterator[Notice]:
    """An entry of `Records`: an object of S3, or a message that Lambda was handed."""
    if not isinstance(entry, dict):
        yield Unknown("an entry that is no JSON object")
        return
    source = entry.get("eventSource", entry.get("EventSource"))
    inner = {"aws:sqs": entry.get("body"), "aws:sns": _member(entry.get("Sns"), "Message")}
    if source == "aws:s3":
        yield _of_s3(entry)
    elif isinstance(source, str) and isinstance(inner.get(source), str):
        yield from _text(str(inner[source]), depth + 1)
    else:
        yield Unknown("an entry of an unknown kind")


def _of_s3(entry: Mapping[str, Json]) -> Notice:
    name = entry.get("eventName")
    if not isinstance(name, str) or not name.removeprefix("s3:").startswith("ObjectCreated:"):
        return Nothing("a notification of S3 that speaks of no new object")
    told = entry.get("s3")
    stored = _member(told, "object")
    key = _member(stored, "key")
    # Keys are encoded as in a form: a blank is a plus sign.
    key = unquote_plus(key, errors="surrogateescape") if isinstance(key, str) else key
    bucket = _member(_member(told, "bucket"), "name")
    return _delivered(bucket, key, stored, version_id="versionId", etag="eTag")


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
