"""Records in a Lambda function: from the event that AWS hands to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trailsdk._api import read
from trailsdk._stream import RecordStream
from trailsdk.plugins.parts_of_stream import OnError
from trailsdk.sources.queue.handed_in import LambdaEvent

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.select.where.tree import Where
    from trailsdk.sources.queue.signatures import SnsSignatures

__all__ = ["EventStream", "from_event"]


class EventStream(RecordStream):
    """The records of an event that AWS handed to a function."""

    def __init__(self, stream: RecordStream, source: LambdaEvent) -> None:
        records, commits, stop = stream._records, stream._commits, stream._stop  # noqa: SLF001 (it becomes this one)
        super().__init__(records, stream.stats, stream.plan, commits, stop)
        self._source = source

    def batch_response(self) -> dict[str, list[dict[str, str]]]:
        """Give what a function returns, so that Lambda hands in again only what failed.

        An item failed if it could not be understood, if a file that it names, or a record in it, could not be read, or
        if its records were not consumed: call this after the loop. Lambda heeds it where the event source mapping says
        `ReportBatchItemFailures`; otherwise it takes any answer for a success.

        Returns:
            `{"batchItemFailures": [{"itemIdentifier": ...}]}`: message ids of SQS, sequence numbers of Kinesis. Of a
            FIFO queue all that follow the first failure are named, so that the order is kept.

        Raises:
            UsageError: It is no batch of SQS or Kinesis: other events fail as a whole.
        """
        return {"batchItemFailures": [{"itemIdentifier": name} for name in self._source.failures()]}


def from_event(  # noqa: PLR0913 (each is a question of its own)
    event: Mapping[str, Any],
    *,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    accounts: Iterable[str] | str | None = None,
    regions: Iterable[str] | str | None = None,
    categories: Iterable[str] | str | None = None,
    where: "Where | None" = None,
    on_error: OnError = "raise",
    strict: bool = False,
    deduplicate: bool | int = False,
    plugins: Iterable[object] = (),
    session: "Session | None" = None,
    now: datetime | None = None,
    s3_client: Any = None,
    buckets: Iterable[str] | str | None = None,
    verify_sns: "bool | SnsSignatures" = False,
) -> EventStream:
    """Read the CloudTrail records of an event that AWS hands to a Lambda function.

    Args:
        event: The event, whatever service it is from: notices of S3, SNS, SQS and EventBridge, whose log files are
            read; EventBridge's events with a record in them; a subscription of CloudWatch Logs; batches of Kinesis and
            of Firehose, whose data is such a subscription, or any container that `trailsdk.parse` reads.
        since: As in `read`.
        until: As in `read`.
        accounts: As in `read`.
        regions: As in `read`.
        categories: As in `read`.
        where: As in `read`.
        on_error: As in `read`. With `"skip"`, what failed is told by `stream.batch_response()`.
        strict: As in `read`.
        deduplicate: As in `read`.
        plugins: As in `read`.
        session: boto3's session: credentials for the log files that the event names. Its default session otherwise.
        now: As in `read`.
        s3_client: boto3's client of S3. One that is made outside the function's handler serves many calls.
        buckets: The buckets that the event may name: others are not read. By default all.
        verify_sns: Trust only those messages of SQS that SNS has signed; see
            `trailsdk.sources.queue.signatures.SnsSignatures`.

    Returns:
        The records. An item of the event is consumed when all of its records are; see `EventStream.batch_response`.

    Raises:
        UsageError: The event is no mapping of JSON, or the call itself cannot be carried out.
        TrailError: As with `read`, while iterating.
    """
    source = LambdaEvent(event, s3_client=s3_client, session=session, buckets=buckets, verify_sns=verify_sns)
    stream = read(
        source,
        since=since,
        until=until,
        accounts=accounts,
        regions=regions,
        categories=categories,
        where=where,
        on_error=on_error,
        strict=strict,
        deduplicate=deduplicate,
        plugins=plugins,
        now=now,
    )
    return EventStream(stream, source)
