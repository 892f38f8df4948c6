"""One JSON object: is it a record, an envelope of records, or something else?"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import field, frozen

from trailsdk import _json
from trailsdk._json import INVALID, Json, split_array
from trailsdk.codec.inflate import inflate
from trailsdk.codec.salvage import Damaged, members_of, salvage_array
from trailsdk.errors import MalformedFileError, NotRecordsError, TrailError

__all__ = ["USUAL", "Enveloped", "classify", "notification"]


@frozen
class Enveloped:
    """A record's text that stood in an envelope, often as a string."""

    raw: bytes
    envelope: Mapping[str, Json] = field(factory=dict)
    """The envelope without the record."""


_ABSENT = msgspec.Raw(b"")

_MARKS = (
    *("Records", "Events", "events", "logEvents", "awslogs", "records"),
    *("CloudTrailEvent", "detail", "detail-type", "messageType", "deliveryStreamArn"),
    *("digestS3Object", "digestPublicKeyFingerprint", "hashSignature"),
    *("s3Bucket", "s3ObjectKey", "Type", "TopicArn", "Service", "Event"),
    *("s3", "eventSource", "EventSource"),
    *("eventVersion", "eventName", "eventID", "eventId", "eventType", "userIdentity", "insightDetails"),
)
_Marks = msgspec.defstruct(
    "Marks",
    [(f"mark_{number}", msgspec.Raw, _ABSENT) for number, _ in enumerate(_MARKS)],
    rename={f"mark_{number}": name for number, name in enumerate(_MARKS)},
    frozen=True,
    gc=False,
)
_decode_marks = msgspec.json.Decoder(_Marks).decode
_FIELD = {name: f"mark_{number}" for number, name in enumerate(_MARKS)}

USUAL = b'{"eventVersion":"1.'
"""How records of CloudTrail begin; events of S3, which look alike, have version 2."""

_RECORD_MARKS = ("eventVersion", "eventName", "eventID", "eventId", "insightDetails", "userIdentity")

_SERVICES = {
    "aws:s3": "an S3 event notification",
    "aws:sqs": "a batch of SQS messages",
    "aws:sns": "a batch of SNS notifications",
    "aws:kinesis": "a batch of Kinesis records",
    "aws:dynamodb": "a batch of DynamoDB stream records",
}


class _Looked:
    """An object's marks, read when asked for."""

    def __init__(self, text: Any) -> None:
        try:
            self._marks = _decode_marks(text)
        except INVALID:
            self._marks = _marks_closely(bytes(text))

    def has(self, *names: str) -> bool:
        return all(self.raw(name) is not _ABSENT for name in names)

    def raw(self, name: str) -> msgspec.Raw:
        found: msgspec.Raw = getattr(self._marks, _FIELD[name])
        return found

    def value(self, name: str) -> Json:
        raw = self.raw(name)
        return None if raw is _ABSENT else _json.decode(raw)


def _marks_closely(text: bytes) -> Any:
    """Look at what msgspec refuses though it is JSON: a half surrogate pair somewhere must not cost the envelope.

    Raises:
        One of INVALID: It is no JSON object.
    """
    if not isinstance(_json.decode(text), dict):
        raise ValueError("no object")  # noqa: TRY004 (one of INVALID)
    found = members_of(text, text.index(b"{"))
    return _Marks(**{_FIELD[name]: msgspec.Raw(text[begin:end]) for name, begin, end in found if name in _FIELD})


def notification(text: Any) -> str | None:
    """Name an element of `Records` that is no CloudTrail record but an event of a service's own, else `None`."""
    if bytes(memoryview(text)[: len(USUAL)]) == USUAL:
        return None
    try:
        looked = _Looked(text)
        services = [looked.value(name) for name in ("eventSource", "EventSource")]
    except INVALID:
        return None
    return next((_SERVICES[service] for service in services if isinstance(service, str) and service in _SERVICES), None)


def classify(text: Any, location: str | None) -> list[Any]:
    """Find the records in one JSON object.

    Returns:
        The text itself for a record, as msgspec.Raw; the texts inside a container or envelope.

    Raises:
        NotRecordsError: It holds none, and what it is.
        MalformedFileError: It should hold some, but is broken.
        One of INVALID: It is no JSON object.
    """
    looked = _Looked(text)
    if looked.has("eventVersion") and not looked.has("s3"):
        return [msgspec.Raw(bytes(text))]
    for name, open_container in _CONTAINERS.items():
        if looked.has(name):
            return open_container(looked, text, location)
    kind = notification(text) or _name_of(looked)
    if kind is not None:
        raise NotRecordsError(location, "", kind)
    if any(looked.has(name) for name in _RECORD_MARKS):
        return [msgspec.Raw(bytes(text))]
    raise NotRecordsError(location, "", "JSON of an unknown kind")


def _name_of(looked: _Looked) -> str | None:
    """Recognise what holds no records."""
    names = (
        (("digestS3Object", "digestPublicKeyFingerprint"), "a digest file"),
        (("hashSignature",), "a sign file of CloudTrail Lake"),
        (("s3Bucket", "s3ObjectKey"), "a notification of delivered log files"),
        (("Type", "TopicArn"), "an SNS message"),
        (("Service", "Event"), "a test notification of S3"),
        (("s3",), "an S3 event notification"),
        (("records", "deliveryStreamArn"), "a batch of Firehose records"),
    )
    return next((kind for marks, kind in names if looked.has(*marks)), None)


def _elements(looked: _Looked, name: str, location: str | None) -> list[msgspec.Raw]:
    raw = bytes(looked.raw(name))
    if not raw.startswith(b"["):
        raise MalformedFileError(location, f"`{name}` is no array")
    try:
        return split_array(raw)
    except INVALID:
        found = list(salvage_array(raw, 0))
        if any(isinstance(each, Damaged) for each in found):
            raise
        return [msgspec.Raw(each[1]) for each in found if not isinstance(each, Damaged)]


def _records(looked: _Looked, _: Any, location: str | None) -> list[Any]:
    pieces = _elements(looked, "Records", location)
    kind = notification(pieces[0]) if pieces else None
    if kind is not None:
        raise NotRecordsError(location, "", kind)
    return list(pieces)


def _looked_up(_: _Looked, text: Any, location: str | None) -> list[Any]:
    """An event of LookupEvents; the record is a string in it."""
    envelope = _json.decode(bytes(text))
    return [_from_string(envelope, "CloudTrailEvent", {}, location)]


def _lookup_answer(looked: _Looked, _: Any, location: str | None) -> list[Any]:
    events = [_json.decode(raw) for raw in _elements(looked, "Events", location)]
    if any(not isinstance(event, dict) or "CloudTrailEvent" not in event for event in events):
        raise NotRecordsError(location, "", "a list of events that are not CloudTrail's")
    return [_from_string(event, "CloudTrailEvent", {}, location) for event in events]


def _log_events(looked: _Looked, text: Any, location: str | None) -> list[Any]:
    """A subscription message of CloudWatch Logs. Control messages hold none."""
    message = _json.decode(bytes(text))
    common = {name: message[name] for name in ("owner", "logGroup", "logStream") if name in message}
    if looked.value("messageType") == "CONTROL_MESSAGE":
        return []
    events = [_json.decode(raw) for raw in _elements(looked, "logEvents", location)]
    return [_from_string(event, "message", common, location) for event in events]


def _logs_answer(looked: _Looked, _: Any, location: str | None) -> list[Any]:
    """An answer of FilterLogEvents or GetLogEvents."""
    events = [_json.decode(raw) for raw in _elements(looked, "events", location)]
    if any(not isinstance(event, dict) or "message" not in event for event in events):
        raise NotRecordsError(location, "", "a list of events that are not log events")
    return [_from_string(event, "message", {}, location) for event in events]


def _awslogs(looked: _Looked, _: Any, location: str | None) -> list[Any]:
    """What CloudWatch Logs hands to a Lambda function: base64 of gzip of a subscription message."""
    value = looked.value("awslogs")
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, str):
        raise MalformedFileError(location, "`awslogs.data` is no text")
    try:
        inflated, error = inflate(base64.b64decode(data, validate=True), location=location)
    except binascii.Error:
        raise MalformedFileError(location, "`awslogs.data` is not base64") from None
    if error is not None:
        raise error
    try:
        inner = _Looked(inflated)
    except INVALID as problem:
        raise MalformedFileError(location, f"`awslogs.data`: {_json.reason_of(problem)}") from None
    if not inner.has("logEvents"):
        raise NotRecordsError(location, "", "a subscription message without log events")
    return _log_events(inner, inflated, location)


def _event_bridge(looked: _Looked, text: Any, location: str | None) -> list[Any]:
    """An EventBridge event; those of CloudTrail say so, in several spellings."""
    if not looked.has("detail"):
        raise MalformedFileError(location, "an EventBridge event without `detail`")
    said = looked.value("detail-type")
    name = said if isinstance(said, str) else "of an unknown kind"
    envelope = _json.decode(bytes(text))
    detail = looked.raw("detail")
    if "viacloudtrail" not in name.replace(" ", "").casefold():
        raise NotRecordsError(location, "", f"an EventBridge event '{name[:80]}'")
    return [Enveloped(bytes(detail), {key: value for key, value in envelope.items() if key != "detail"})]


def _from_string(event: Json, name: str, common: dict[str, Json], location: str | None) -> Enveloped | TrailError:
    text = event.get(name) if isinstance(event, dict) else None
    if not isinstance(text, str):
        return MalformedFileError(location, f"`{name}` is no text")
    envelope = {key: value for key, value in event.items() if key != name}
    return Enveloped(text.encode(errors="surrogatepass"), common | envelope)


_CONTAINERS: dict[str, Callable[[_Looked, Any, str | None], list[Any]]] = {
    "Records": _records,
    "CloudTrailEvent": _looked_up,
    "Events": _lookup_answer,
    "logEvents": _log_events,
    "awslogs": _awslogs,
    "detail-type": _event_bridge,
    "events": _logs_answer,
}
