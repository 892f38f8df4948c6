"""A queue of SQS on loopback, by AWS's documented rules; what AWS refuses is refused."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from threading import Condition
from typing import TYPE_CHECKING, Any

from attrs import define, field

from trailsdk.testing.fake_events import RefusedError
from trailsdk.testing.loopback import serving

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["FakeQueue", "WaitingMessage"]

_BATCH = 10
_LONGEST_HIDDEN = 43_200
_LONGEST_WAIT = 20
_OPERATIONS = frozenset(
    [
        *("SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"),
        "PurgeQueue",
    ]
)


@define(eq=False)
class WaitingMessage:
    """A message in a queue."""

    body: str
    id: str
    visible_at: float = 0.0
    """By the queue's clock."""
    received: int = 0
    """How often it was received."""
    receipts: list[str] = field(factory=list)
    """One for each time that it was received, the latest last. By an older one SQS may still delete it."""


@define
class FakeQueue:
    """One standard queue, with a dead-letter queue if you say how often a message may be received.

    Messages come in the order in which they were sent, unless `choose` says otherwise: SQS promises none. What is
    changed between two requests is seen by the next.
    """

    account: str = "111122223333"
    region: str = "eu-west-1"
    name: str = "trail"
    max_receive_count: int | None = None
    """How often a message is received before it goes to `dead_letters`."""
    clock: Callable[[], float] = time.monotonic
    """Seconds. Requests that wait do so by the real clock."""
    longest_wait: float = float(_LONGEST_WAIT)
    """Seconds after which a request is answered, though it asks to wait longer: so tests need not wait for nothing."""
    choose: Callable[[Sequence[WaitingMessage]], Sequence[WaitingMessage]] = list
    """Puts the visible messages into the order in which they come; one that it gives twice is delivered twice."""
    messages: list[WaitingMessage] = field(factory=list)
    dead_letters: list[WaitingMessage] = field(factory=list)
    faults: list[RefusedError] = field(factory=list)
    """The answers to the next requests, whatever they ask."""
    exists: bool = True
    counts: Counter[str] = field(factory=Counter)
    """How often each operation was asked for."""
    url: str = ""
    _changed: Condition = field(factory=Condition)
    _number: int = 0

    @property
    def location(self) -> str:
        """The queue's URI."""
        return f"sqs://{self.region}/{self.account}/{self.name}"

    def send(self, *bodies: Any) -> list[WaitingMessage]:
        """Put messages into the queue; what is no text is sent as JSON."""
        made = []
        with self._changed:
            for body in bodies:
                self._number += 1
                text = body if isinstance(body, str) else json.dumps(body)
                made.append(WaitingMessage(text, f"{self._number:08}-0000-4000-8000-000000000000"))
            self.messages += made
            self._changed.notify_all()
        return made

    def wait_for(self, condition: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Wait until something is true, which is looked at before and after each request.

        Returns:
            Whether it is.
        """
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    @contextmanager
    def serving(self) -> Iterator["FakeQueue"]:
        """Serve while the block runs, at `url`."""
        with serving(_handler(self)) as self.url:
            yield self

    def client(self, session: "Session | None" = None) -> Any:
        """Make boto3's client for this queue, which tries each request once.

        Args:
            session: boto3's session; a new one by default.
        """
        from boto3.session import Session
        from botocore.config import Config

        return (session or Session()).client(
            "sqs",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
            config=Config(retries={"total_max_attempts": 1}),
        )

    def answer(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a request.

        Raises:
            RefusedError: AWS would refuse it, or a fault is due.
        """
        with self._changed:
            self.counts[operation] += 1
            self._changed.notify_all()
            try:
                return self._answer(operation, asked)
            finally:
                self._changed.notify_all()

    def _answer(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.faults:
            raise self.faults.pop(0)
        if operation not in _OPERATIONS:
            raise RefusedError("UnsupportedOperation", operation)
        if not self.exists or str(asked.get("QueueUrl", "")).rpartition("/")[2] != self.name:
            raise RefusedError("QueueDoesNotExist", "The specified queue does not exist.")
        if operation == "SendMessageBatch":
            return _batch(asked, self._sent)
        if operation == "PurgeQueue":
            self.messages.clear()
            return {}
        if operation == "ReceiveMessage":
            return self._receive(asked)
        if operation == "DeleteMessageBatch":
            return _batch(asked, self._delete)
        return _batch(asked, self._hide)

    def _sent(self, entry: Mapping[str, Any]) -> None:
        self.send(entry["MessageBody"])

    def _receive(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        number, wait = asked.get("MaxNumberOfMessages", 1), asked.get("WaitTimeSeconds", 0)
        hidden = asked.get("VisibilityTimeout", 30)
        if not (1 <= number <= _BATCH and 0 <= wait <= _LONGEST_WAIT and 0 <= hidden <= _LONGEST_HIDDEN):
            raise RefusedError("InvalidParameterValue")
        self._changed.wait_for(lambda: not self.exists or bool(self._visible()), min(wait, self.longest_wait))
        if not self.exists:
            raise RefusedError("QueueDoesNotExist", "The specified queue does not exist.")
        given = []
        for message in list(self.choose(self._visible()))[:number]:
            message.received += 1
            message.visible_at = self.clock() + hidden
            message.receipts.append(f"{message.id}#{message.received}")
            given.append(
                {
                    "MessageId": message.id,
                    "ReceiptHandle": message.receipts[-1],
                    "MD5OfBody": _digest(message.body),
                    "Body": message.body,
                }
            )
        return {"Messages": given} if given else {}

    def _visible(self) -> list[WaitingMessage]:
        """Give the messages that can be received; those that were received too often are dead letters."""
        found = [each for each in self.messages if each.visible_at <= self.clock()]
        dead = [
            each for each in found if self.max_receive_count is not None and each.received >= self.max_receive_count
        ]
        for each in dead:
            self.messages.remove(each)
            self.dead_letters.append(each)
        return [each for each in found if each not in dead]

    def _delete(self, entry: Mapping[str, Any]) -> str | None:
        """Delete a message; one that is deleted already is no error. An older receipt works while it is hidden."""
        id_, mark, _ = entry["ReceiptHandle"].partition("#")
        if not mark:
            return "ReceiptHandleIsInvalid"
        self.messages = [each for each in self.messages if each.id != id_]
        return None

    def _hide(self, entry: Mapping[str, Any]) -> str | None:
        seconds = entry.get("VisibilityTimeout", 0)
        if not 0 <= seconds <= _LONGEST_HIDDEN:
            return "InvalidParameterValue"
        found = [each for each in self.messages if entry["ReceiptHandle"] in each.receipts]
        if not found:
            return "ReceiptHandleIsInvalid"
        [message] = found
        if message.visible_at <= self.clock():
            return "MessageNotInflight"
        message.visible_at = self.clock() + seconds
        return None


def _batch(asked: Mapping[str, Any], do: Callable[[Mapping[str, Any]], str | None]) -> Mapping[str, Any]:
    entries = asked["Entries"]
    if not entries:
        raise RefusedError("EmptyBatchRequest")
    if len(entries) > _BATCH:
        raise RefusedError("TooManyEntriesInBatchRequest")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise RefusedError("BatchEntryIdsNotDistinct")
    refused = {entry["Id"]: do(entry) for entry in entries}
    failed = [{"Id": id_, "Code": code, "SenderFault": True} for id_, code in refused.items() if code is not None]
    return {"Successful": [{"Id": id_} for id_, code in refused.items() if code is None], "Failed": failed}


def _digest(body: str) -> str:
    return md5(body.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _handler(queue: FakeQueue) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, queue.answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked)
            except RefusedError as refused:
                status, answer = refused.status, {"__type": refused.code, "message": refused.message}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
