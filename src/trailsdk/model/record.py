"""The record: one CloudTrail event, whatever it came from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from attrs import field, fields, frozen

from trailsdk._json import Json
from trailsdk.model._fields import EMPTY, Part, Readable, aws, read_through
from trailsdk.model.actor import Actor, actor_of
from trailsdk.model.document import document_of
from trailsdk.model.identity import UserIdentity
from trailsdk.model.insight import InsightDetails, Summary, TimeWindow
from trailsdk.model.origin import Origin
from trailsdk.model.outcome import Outcome, outcome_of
from trailsdk.model.path import ABSENT, look_up, parse_path
from trailsdk.model.times import EventVersion

T = TypeVar("T")

__all__ = ["Addendum", "EdgeDeviceDetails", "EventContext", "Record", "Resource", "TlsDetails"]


@read_through
@frozen(kw_only=True, repr=False)
class Resource(Part):
    """A resource that the call touched. `arn` or `arn_prefix`, not both."""

    arn: str | None = aws("ARN")
    """ARN of the resource."""
    arn_prefix: str | None = aws("ARNPrefix")
    """What the ARNs of the resources begin with, for lists of S3 objects."""
    account_id: str | None = aws("accountId")
    """Account of the resource; empty in the caller's copy of a refused call to another account."""
    type: str | None = aws("type")
    """Type, such as `AWS::S3::Bucket`."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Addendum(Part):
    """Why a record came late, or which earlier record it corrects."""

    reason: str | None = aws("reason")
    """`DELIVERY_DELAY`, `UPDATED_DATA` or `SERVICE_OUTAGE`."""
    updated_fields: str | None = aws("updatedFields")
    """The fields that changed, with `UPDATED_DATA`."""
    original_request_id: str | None = aws("originalRequestID")
    """`requestID` of the record that is corrected."""
    original_event_id: str | None = aws("originalEventID")
    """`eventID` of the record that is corrected."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class EdgeDeviceDetails(Part):
    """The edge device, such as a Snowball, that was the target of the call."""

    type: str | None = aws("type")
    """Type of the device."""
    snow_job_id: str | None = aws("snowJobId")
    """Job of the device."""
    device_id: str | None = aws("deviceId")
    """Id of the device."""
    device_family: str | None = aws("deviceFamily")
    """Family of the device."""
    attributes: Mapping[str, Json] = aws("attributes", default=EMPTY, hashed=False)
    """Further attributes."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class TlsDetails(Part):
    """TLS of the call. Absent where an AWS service called for you."""

    tls_version: str | None = aws("tlsVersion")
    """Such as `TLSv1.3`."""
    cipher_suite: str | None = aws("cipherSuite")
    """Such as `TLS_AES_128_GCM_SHA256`."""
    client_provided_host_header: str | None = aws("clientProvidedHostHeader")
    """The host name that the client called."""
    key_exchange: str | None = aws("keyExchange")
    """Such as `x25519`, or `X25519MLKEM768` (post-quantum)."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class EventContext(Part):
    """Condition keys and tags. In event data stores only, never in log files."""

    request_context: Mapping[str, Json] = aws("requestContext", default=EMPTY, hashed=False)
    """Condition keys that were evaluated, such as `aws:ViaAWSService`: text, or lists of text."""
    tag_context: Mapping[str, Json] = aws("tagContext", default=EMPTY, hashed=False)
    """Tags of the principal and the resources."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


class _Places(Readable):
    """Where a record that a codec made keeps what is not of the record itself."""

    __slots__ = ("_documents", "_index", "_source")

    _documents: dict[str, Json]
    """Top-level values that `get` has decoded."""
    _index: int
    """Which record of its container."""
    _source: Any
    """An Origin, or what makes one from the index."""


@read_through
@frozen(kw_only=True, eq=False, repr=False)
class Record(_Places):
    """One CloudTrail record, as CloudTrail wrote it: of a log file, a log stream or the event history.

    There is one class for all categories of events; what a category lacks is `None` or empty.
    Nested parts such as `user_identity` are never `None`: an absent one is empty and falsy.
    A field of an unexpected type never rejects a record: its attribute is `None`, its value stands in `extra`
    and is found by `get`.

    Two records are equal where they say the same, whatever their white space or order of members.
    """

    event_version: EventVersion | None = aws("eventVersion")
    """Version of the record's format; compares as (major, minor): `record.event_version >= (1, 8)`."""
    user_identity: UserIdentity = aws("userIdentity", default=UserIdentity())
    """Who made the call, as it was written. Never `None`. See also `actor`."""
    event_time: datetime | None = aws("eventTime")
    """When the call was completed (aware, UTC), by the clock of the service's host. The text is `get("eventTime")`."""
    event_source: str | None = aws("eventSource")
    """The service, such as `s3.amazonaws.com`."""
    event_name: str | None = aws("eventName")
    """The call, such as `PutBucketPolicy`."""
    aws_region: str | None = aws("awsRegion")
    """The Region of the call; `us-east-1` for global services."""
    source_ip_address: str | None = aws("sourceIPAddress")
    """An IP address, or a service's DNS name, or `AWS Internal`: hence text."""
    user_agent: str | None = aws("userAgent")
    """What the client said it was; cut at 1 KB."""
    error_code: str | None = aws("errorCode")
    """The error, such as `AccessDenied`. Not every failed call has one: see `outcome`."""
    error_message: str | None = aws("errorMessage")
    """Description of the error; may come without a code."""
    request_parameters: Json = aws("requestParameters", hashed=False)
    """What was asked. Its shape depends on the call; over 100 KB it is left out, see `omitted_fields`."""
    response_elements: Json = aws("responseElements", hashed=False)
    """What came back from a call that changes something; `None` for others."""
    additional_event_data: Json = aws("additionalEventData", hashed=False)
    """Further facts on the event, of any shape."""
    request_id: str | None = aws("requestID")
    """Id that the service gave the request. Not always a UUID, and not unique."""
    event_id: str | None = aws("eventID", "eventId")
    """Id that CloudTrail gave the event; one more copy in another account has another."""
    read_only: bool | None = aws("readOnly")
    """Whether the call only read; `None` where the record does not say."""
    resources: tuple[Resource, ...] = aws("resources", default=())
    """The resources that the call touched."""
    event_type: str | None = aws("eventType")
    """`AwsApiCall`, `AwsServiceEvent`, `AwsConsoleAction`, `AwsConsoleSignIn`, `AwsVpceEvent`,
    `AwsCloudTrailInsight`, `AwsAggregatedEvent`, or a newer one."""
    api_version: str | None = aws("apiVersion")
    """Version of the service's API, in any format."""
    management_event: bool | None = aws("managementEvent")
    """Whether it is a management event; `None` where the record does not say."""
    recipient_account_id: str | None = aws("recipientAccountId", "recipientAccountID")
    """Account that received the event; another one than the caller's for calls across accounts."""
    service_event_details: Json = aws("serviceEventDetails", hashed=False)
    """What the service tells of an event of its own."""
    shared_event_id: str | None = aws("sharedEventID")
    """Joins the copies of one event in several accounts; for Insights joins start and end."""
    vpc_endpoint_id: str | None = aws("vpcEndpointId")
    """VPC endpoint of the call, or `AWS Internal`."""
    vpc_endpoint_account_id: str | None = aws("vpcEndpointAccountId")
    """Owner of that endpoint."""
    addendum: Addendum = aws("addendum", default=Addendum())
    """Why the record is late or which one it corrects. Never `None`."""
    event_category: str | None = aws("eventCategory")
    """`Management`, `Data`, `NetworkActivity`, `Insight` or `Aggregated`."""
    session_credential_from_console: bool | None = aws("sessionCredentialFromConsole", text=True)
    """Whether the credentials came from a console session; written only where it is so."""
    edge_device_details: EdgeDeviceDetails = aws("edgeDeviceDetails", default=EdgeDeviceDetails())
    """The edge device that was called. Never `None`."""
    tls_details: TlsDetails = aws("tlsDetails", default=TlsDetails())
    """TLS of the call. Never `None`."""
    event_context: EventContext = aws("eventContext", default=EventContext())
    """Condition keys and tags, in event data stores. Never `None`."""
    annotation: Json = aws("annotation", hashed=False)
    """An annotation by the user, in event data stores."""
    insight_details: InsightDetails = aws("insightDetails", default=InsightDetails())
    """What an Insights event is about. Never `None`."""
    account_id: str | None = aws("accountId")
    """Account of an aggregated event."""
    time_window: TimeWindow = aws("timeWindow", default=TimeWindow())
    """Window of an aggregated event. Never `None`."""
    summary: Summary = aws("summary", default=Summary())
    """What an aggregated event counts. Never `None`."""

    extra: Mapping[str, Json] = field(default=EMPTY)
    """Fields that this library does not know, and values of unexpected types, under their AWS names."""
    enrichments: Mapping[str, Any] = field(default=EMPTY)
    """What plugins added, by plugin. Not part of the record: not compared, not written."""
    raw: bytes | None = field(default=None, init=False)
    """The exact text, where the record came from text; `None` where it was built or changed by keyword."""

    @property
    def origin(self) -> Origin | None:
        """Where it was read; `None` for a record built by keyword. Not compared, not written."""
        try:
            source = self._source
        except AttributeError:
            return None
        return source if source is None or isinstance(source, Origin) else source.origin(self._index)

    @property
    def actor(self) -> Actor:
        """Who really did it: one answer for every type of identity. Never raises."""
        return actor_of(self.user_identity, self.get)

    @property
    def outcome(self) -> Outcome | None:
        """How the call ended; `None` for records that are no calls. Never raises."""
        return outcome_of(
            self.event_type,
            self.event_name,
            self.error_code,
            self.error_message,
            self.response_elements,
            self.service_event_details,
        )

    @property
    def omitted_fields(self) -> tuple[str, ...]:
        """AWS names of the fields that CloudTrail left out because they were too large.

        In their place stands an object such as `{"reason": "requestParameters too large", "omitted": "true"}`.
        A large request can hide what it did in this way. Texts that were cut at 1 KB carry no such mark.
        """
        return tuple(name for name in _OMITTABLE if _is_omission(self.get(name)))

    def get(self, path: str, default: Json = None) -> Json:
        """Give the JSON value at a path, as it was written.

        Args:
            path: In AWS's names, such as `requestParameters.bucketName`, `resources[0].ARN`
                or `requestParameters['a.b']`.
            default: What to give where the path leads nowhere. A null that is there is `None`.

        Raises:
            SelectorError: The path is misspelt.
        """
        found = self._look_up(path)
        return default if found is ABSENT else found

    def has(self, path: str) -> bool:
        """Tell whether there is a value at a path, null included.

        Raises:
            SelectorError: The path is misspelt.
        """
        return self._look_up(path) is not ABSENT

    def request_as(self, cls: type[T]) -> T:
        """Give the request parameters as an attrs class of the caller's.

        Args:
            cls: An attrs class. Its fields are named as the parameters, in snake case (`bucket_name` for
                `bucketName`), or say the name in their metadata: `field(metadata={"aws": "x-amz-acl"})`.
                Types are checked, nothing is converted; other parameters are ignored.

        Raises:
            StructureError: They do not fit; it tells each place.
        """
        from trailsdk.model.structure import structure

        return structure(self.request_parameters, cls)

    def _look_up(self, path: str) -> Json:
        first, *rest = parse_path(path)
        if isinstance(first, int):
            return ABSENT
        value = self._member(first)
        return value if value is ABSENT or not rest else look_up(value, tuple(rest))

    def _member(self, name: str) -> Json:
        if self.raw is None:
            return document_of(self).get(name, ABSENT)
        try:
            documents = self._documents
        except AttributeError:
            documents = {}
            object.__setattr__(self, "_documents", documents)
        if name not in documents:
            documents[name] = self._head.member(self.raw, name)
        return documents[name]

    def to_dict(self) -> dict[str, Json]:
        """Give the whole record as CloudTrail wrote it: AWS's names, nulls, unknown fields.

        A record that was built by keyword gives what would be written of it.
        """
        return document_of(self) if self.raw is None else self._head.document(self.raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        if self.raw is not None and self.raw == other.raw:
            return True
        return self.event_id == other.event_id and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.event_id)

    def __repr__(self) -> str:
        time = self.event_time or self.time_window.window_start
        parts = (
            "no time" if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}",
            self.event_source or self.insight_details.event_source,
            self.event_name or self.insight_details.event_name or self.event_type,
            self.actor.name,
            self.event_id,
        )
        return "<Record " + " ".join("-" if part is None else _printable(part) for part in parts) + ">"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.raw is None:
            return super().__reduce__()
        return type(self._head).restore, (self.raw, self.origin, dict(self.enrichments))


_OMITTABLE = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")


def _is_omission(value: Json) -> bool:
    """Recognise the mark of a field that was left out; its values have been seen as text and as JSON's own types."""
    return isinstance(value, dict) and (
        value.get("omitted") in (True, "true") or str(value.get("reason")).endswith(" too large")
    )


def _printable(text: str) -> str:
    """Keep a text on one line and printable: clients choose user agents and names freely."""
    return text if text.isprintable() and len(text) <= 200 else ascii(text[:200])[1:-1]  # noqa: PLR2004


RECORD_FIELDS: Mapping[str, str] = {name: each.name for each in fields(Record) for name in each.metadata.get("aws", ())}
"""From AWS's names to the attributes of a record."""
