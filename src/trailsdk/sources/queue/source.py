"""`trailsdk.Queue`: a queue of notices of new log files, as a source of records."""

from collections.abc import Iterable, Iterator
from copy import copy
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from trailsdk.errors import SourceError, TrailError, UsageError
from trailsdk.select.selection import LATE_DELIVERY, Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.following import Following, UpToDate, following_of
from trailsdk.sources.queue.buckets import Buckets
from trailsdk.sources.queue.location import parse_queue
from trailsdk.sources.queue.named import Named, check_of
from trailsdk.sources.queue.progress import MessageProgress
from trailsdk.sources.queue.run import Run
from trailsdk.sources.queue.service import SqsQueue
from trailsdk.sources.requests import answers, check_access, make_client
from trailsdk.sources.window import Window

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.sources.queue.signatures import SnsSignatures

__all__ = ["Queue"]

_LONGEST_WAIT = 20
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 60.0
_SHORTEST_HIDDEN, _LONGEST_HIDDEN = 1, 43_200


class Queue:
    """A queue of SQS that is told of new log files: by CloudTrail through SNS, by S3, or by EventBridge.

    The log files that messages name are read. Events of EventBridge that have a record in them give it directly.
    A message is deleted when all records of all of its files were consumed: the next one was asked for, or the stream
    was committed. One whose file, or a record in it, could not be read, or that cannot be understood, is left: it comes
    again, or goes to the dead-letter queue. Messages that name nothing that is asked for are deleted: test messages,
    objects that are no log files, files of other accounts, Regions or times.

    Args:
        location: `sqs://region/account/queue`, or the queue's ARN or URL.
        follow: Go on when the queue is empty, until `stream.stop()` or `stream.close()`; its waits are those between
            requests to a queue that cannot be reached. Otherwise the stream ends when all is read and one more request
            has waited for `wait_seconds` and brought nothing.
        client: boto3's client of SQS. Otherwise one is made of `session`.
        s3_client: boto3's client of S3, for the files. Otherwise one is made of `session`.
        session: boto3's session: credentials. Its default session otherwise.
        endpoint_url: Another address than AWS's, for both.
        wait_seconds: How long the queue is asked to wait for a message, 0 to 20. With 0 it may seem empty, and is not.
        visibility_timeout: Seconds for which messages are hidden from other readers, 1 to 43,200. It is prolonged as
            long as they are at hand; after a crash they come again when it is over.
        buckets: The buckets that messages may name. Others are not read: whoever can write to the queue could
            otherwise let any file be read. By default all.
        verify_sns: Trust only messages that SNS has signed, see
            `trailsdk.sources.queue.signatures.SnsSignatures`; raw delivery has no signature.
        ordered: Give records in the order of the messages; otherwise as files come.
        window: How many objects, and how many of their bytes, are fetched ahead.
        requester_pays: Agree to pay for requests to buckets, and transfer.
        late_delivery: How long after an event its file may have come; see `LATE_DELIVERY`.

    Raises:
        LocationError: The location is none of a queue.
        UsageError: The options contradict each other.
    """

    def __init__(  # noqa: PLR0913 (each is an option of its own)
        self,
        location: str,
        *,
        follow: bool | Following = False,
        client: Any = None,
        s3_client: Any = None,
        session: "Session | None" = None,
        endpoint_url: str | None = None,
        wait_seconds: int = _LONGEST_WAIT,
        visibility_timeout: int = 300,
        buckets: Iterable[str] | str | None = None,
        verify_sns: "bool | SnsSignatures" = False,
        ordered: bool = True,
        window: Window | int = Window(),  # noqa: B008 (a frozen value)
        requester_pays: bool = False,
        late_delivery: timedelta = LATE_DELIVERY,
    ) -> None:
        self.place = parse_queue(location)
        self.location = str(self.place)
        if client is None or s3_client is None:
            check_access("Queue", None, None, endpoint_url)
        else:
            check_access("Queue", client, session, endpoint_url)
        if client is not None and client.meta.region_name != self.place.region:
            raise UsageError(f"Queue: the client asks {client.meta.region_name}, and {self.location} is elsewhere")
        if not 0 <= wait_seconds <= _LONGEST_WAIT:
            raise UsageError(f"Queue: wait_seconds={wait_seconds}: expected 0 to {_LONGEST_WAIT}")
        if not _SHORTEST_HIDDEN <= visibility_timeout <= _LONGEST_HIDDEN:
            limits = f"{_SHORTEST_HIDDEN} to {_LONGEST_HIDDEN}"
            raise UsageError(f"Queue: visibility_timeout={visibility_timeout}: expected {limits} seconds")
        self.follow = following_of(follow, _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self.ordered = ordered
        self.window = Window(number=window) if isinstance(window, int) else window
        self.wait_seconds, self.visibility_timeout, self.late_delivery = wait_seconds, visibility_timeout, late_delivery
        self._client, self._s3_client, self._session, self._endpoint_url = client, s3_client, session, endpoint_url
        self._allowed = frozenset([buckets] if isinstance(buckets, str) else buckets) if buckets is not None else None
        self._check = check_of(verify_sns)
        self._requester_pays = requester_pays

    def __repr__(self) -> str:
        return f"Queue({self.location!r})"

    def with_session(self, session: "Session") -> "Queue":
        """Give the same source with other credentials, unless it has clients or a session of its own."""
        if self._session is not None or (self._client is not None and self._s3_client is not None):
            return self
        same = copy(self)
        same.__dict__.update(_session=session)
        return same

    def with_follow(self, follow: Following) -> "Queue":
        """Give the same source, followed."""
        same = copy(self)
        same.follow = follow
        return same

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (the protocol)
        """Tell what will be looked at: the queue, whatever is in it."""
        return SourcePlan(self.location)

    def own_progress(self) -> MessageProgress:
        """Give what is to be told of the files of a stream."""
        return MessageProgress()

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
        """Receive messages, and give the files that they name."""
        try:
            with answers(self.location):
                client = self._client or make_client("sqs", self.place.region, self._session, self._endpoint_url)
        except SourceError as error:
            yield error
            return
        buckets = Buckets(self._s3_client, self._session, self._endpoint_url, requester_pays=self._requester_pays)
        queue = SqsQueue(
            client,
            self.place.url(str(client.meta.endpoint_url)),
            self.location,
            visibility_timeout=self.visibility_timeout,
        )
        named_by = partial(
            Named,
            selection.with_late_delivery(self.late_delivery),
            buckets=buckets,
            allowed=self._allowed,
            check=self._check,
        )
        interval = self.visibility_timeout / 3
        run = Run(queue, named_by, stats, wait_seconds=self.wait_seconds, follow=self.follow, interval=interval)
        try:
            yield from run.blobs()
        finally:
            buckets.close()
            if self._client is None:
                client.close()
