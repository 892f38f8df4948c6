"""What AWS hands to a Lambda function, as a source of records."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from trailsdk import _json
from trailsdk._json import Json
from trailsdk.errors import LocationError, TrailError, UsageError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.queue.buckets import Buckets
from trailsdk.sources.queue.ledger import Ledger, Message
from trailsdk.sources.queue.location import parse_queue
from trailsdk.sources.queue.named import Named, check_of
from trailsdk.sources.queue.progress import MessageProgress
from trailsdk.sources.window import Window

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.sources.queue.signatures import SnsSignatures

__all__ = ["LambdaEvent"]

_NOTICES = ("detail-type", "s3Bucket", "TopicArn", "Event")
"""Members by one of which a notice is known that is no batch."""


@frozen
class _Item:
    """A part of an event that can be read, or fail, alone."""

    location: str
    body: str | None = field(default=None, repr=False)
    """A notice, as a message of a queue has it."""
    content: bytes | None = field(default=None, repr=False)
    """A file."""
    wrong: str = ""
    """Why it is neither."""
    retried_as: str | None = None
    """By which name Lambda is told that it alone failed; `None` where it cannot be told."""
    signed: bool = False
    """SNS may have signed it."""


class LambdaEvent:
    """An event that AWS hands to a function. See `trailsdk.from_event`.

    Args:
        event: The event.
        s3_client: boto3's client of S3, for the files that it names. Otherwise one is made of `session`.
        session: boto3's session: credentials. Its default session otherwise.
        buckets: The buckets that it may name. By default all.
        verify_sns: Trust only those messages of SQS that SNS has signed.

    Raises:
        UsageError: It is no mapping of JSON.
    """

    location = "event"
    window = Window()
    ordered = True

    def __init__(
        self,
        event: Mapping[str, Any],
        *,
        s3_client: Any = None,
        session: "Session | None" = None,
        buckets: Iterable[str] | str | None = None,
        verify_sns: "bool | SnsSignatures" = False,
    ) -> None:
        if not isinstance(event, Mapping):
            raise UsageError(
                f"from_event() wants the event that Lambda hands to a function, not a {type(event).__name__}"
            )
        try:
            self._items = list(_items(event))
        except (TypeError, ValueError, RecursionError):
            raise UsageError("the event holds something that is no JSON value") from None
        self._client, self._session = s3_client, session
        self._allowed = frozenset([buckets] if isinstance(buckets, str) else buckets) if buckets is not None else None
        self._check = check_of(verify_sns)
        self._consumed: set[str] = set()
        self._buckets = Buckets(s3_client, session)

    def __repr__(self) -> str:
        return f"LambdaEvent({len(self._items)} items)"

    def with_session(self, session: "Session") -> "LambdaEvent":
        """Give the same source with other credentials, unless it has a client or a session of its own."""
        if self._client is not None or self._session is not None:
            return self
        same = copy(self)
        same.__dict__.update(_session=session, _buckets=Buckets(None, session))
        return same

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (the protocol)
        """Tell what will be looked at: the event."""
        return SourcePlan(self.location)

    def own_progress(self) -> MessageProgress:
        """Give what is to be told of the files of a stream."""
        return MessageProgress()

    def close(self) -> None:
        """Close connections, but those of a client that was handed in."""
        self._buckets.close()

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        """Give the files that the event names, or has in itself."""
        names: dict[Message, str] = {}

        def settle(message: Message) -> None:
            stats.left += message.failed
            stats.acknowledged += not message.failed
            if message in names and not message.failed:
                self._consumed.add(names[message])

        ledger = Ledger(stats, settle)
        plain = Named(selection, ledger, self._buckets, allowed=self._allowed)
        checked = Named(selection, ledger, self._buckets, allowed=self._allowed, check=self._check)
        for item in self._items:
            message = Message(item.location, item.body or "")
            if item.retried_as is not None:
                names[message] = item.retried_as
            if item.content is not None:
                yield from plain.content(message, item.content)
            elif item.wrong:
                yield from plain.refuse(message, item.wrong)
            else:
                yield from (checked if item.signed else plain).blobs(message)

    def failures(self) -> list[str]:
        """Name the items that Lambda is to hand in again: those that failed, or were not consumed.

        Raises:
            UsageError: Lambda cannot be told of single items of this event.
        """
        if not all(item.retried_as is not None for item in self._items):
            raise UsageError("batch_response() is for batches of SQS and of Kinesis: other events fail as a whole")
        failed = [item for item in self._items if item.retried_as not in self._consumed]
        if failed and failed[0].location.partition("#")[0].endswith(".fifo"):
            # AWS Lambda Developer Guide: for a FIFO queue all that follow the first failure, to preserve the order.
            failed = self._items[self._items.index(failed[0]) :]
        return [str(item.retried_as) for item in failed]


def _items(event: Mapping[str, Any]) -> Iterator[_Item]:
    """Divide an event into what can be read, or fail, alone."""
    whole = _json.encode_ascii(event)
    batch, stream = event.get("Records"), event.get("records")
    if isinstance(batch, list) and any(_source(entry) is not None for entry in batch):
        for entry in batch:
            yield _of_batch(entry)
    elif isinstance(stream, list) and "invocationId" in event:
        place = str(event.get("deliveryStreamArn") or "firehose")
        for entry in stream:
            name = entry.get("recordId") if isinstance(entry, Mapping) else None
            yield _of_base64(entry, f"{place}#{name}", None)
    elif any(name in event for name in _NOTICES):
        yield _Item("event", body=whole.decode())
    else:
        yield _Item("event", content=whole)


_SOURCES = ("aws:sqs", "aws:sns", "aws:s3", "aws:kinesis")


def _source(entry: Any) -> str | None:
    """Tell which service an entry of `Records` comes from, if it is one of those that hand in batches."""
    if not isinstance(entry, Mapping):
        return None
    said = entry.get("eventSource", entry.get("EventSource"))
    return said if said in _SOURCES else None


def _of_batch(entry: Any) -> _Item:
    source = _source(entry)
    if source == "aws:sqs":
        name, body = entry.get("messageId"), entry.get("body")
        place = f"{_queue(entry.get('eventSourceARN'))}#{name}"
        if not isinstance(body, str):
            return _Item(place, wrong="it has no body", retried_as=str(name))
        return _Item(place, body=body, retried_as=str(name), signed=True)
    if source == "aws:kinesis":
        data = entry.get("kinesis")
        name = data.get("sequenceNumber") if isinstance(data, Mapping) else None
        place = f"{entry.get('eventSourceARN') or 'kinesis'}#{name}"
        return _of_base64(data, place, str(name))
    # S3 and SNS hand in few, and retry all of them.
    return _Item("event", body=_json.encode_ascii({"Records": [entry]}).decode())


def _of_base64(entry: Any, location: str, retried_as: str | None) -> _Item:
    data = entry.get("data") if isinstance(entry, Mapping) else None
    try:
        content = base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        content = None
    if content is None:
        return _Item(location, wrong="its data is not base64", retried_as=retried_as)
    return _Item(location, content=content, retried_as=retried_as)


def _queue(arn: Json) -> str:
    try:
        return str(parse_queue(str(arn)))
    except LocationError:
        return str(arn)
