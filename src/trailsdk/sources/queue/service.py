"""The requests that a reader of a queue makes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trailsdk.sources.queue.ledger import Message
from trailsdk.sources.requests import answers

__all__ = ["BATCH", "SqsQueue"]

BATCH = 10
"""Messages that one request may be about."""


class SqsQueue:
    """One queue of SQS. Its methods may be called by several threads at once.

    Args:
        client: boto3's client of SQS.
        url: The queue's URL.
        location: What it is called in errors.
        visibility_timeout: Seconds for which a message that is received is hidden from others.
    """

    def __init__(self, client: Any, url: str, location: str, *, visibility_timeout: int) -> None:
        self._client, self._url, self._location = client, url, location
        self._visibility_timeout = visibility_timeout

    def receive(self, wait_seconds: int) -> list[Message]:
        """Ask for messages.

        Args:
            wait_seconds: How long the queue waits for the first one to come.

        Raises:
            SourceError: The queue refused, or could not be reached.
        """
        with answers(self._location):
            answer: Mapping[str, Any] = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=self._visibility_timeout,
            )
        return [
            Message(f"{self._location}#{each['MessageId']}", each["Body"], each["ReceiptHandle"])
            for each in answer.get("Messages", ())
        ]

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete up to ten messages.

        Returns:
            Those of which the queue says that it could not.

        Raises:
            SourceError: The queue refused, or could not be reached.
        """
        return self._batch(self._client.delete_message_batch, messages)

    def hide(self, messages: Sequence[Message], seconds: int | None = None) -> list[Message]:
        """Hide any number of messages from others, from now on.

        Args:
            messages: Which; they are at hand.
            seconds: For how long; by default as when they were received. 0 shows them at once.

        Returns:
            Those of which the queue says that it could not.

        Raises:
            SourceError: The queue refused, or could not be reached.
        """
        timeout = self._visibility_timeout if seconds is None else seconds
        failed = []
        for start in range(0, len(messages), BATCH):
            part = messages[start : start + BATCH]
            failed += self._batch(self._client.change_message_visibility_batch, part, VisibilityTimeout=timeout)
        return failed

    def _batch(self, call: Callable[..., Any], messages: Sequence[Message], **more: int) -> list[Message]:
        entries = [
            {"Id": str(number), "ReceiptHandle": message.receipt, **more} for number, message in enumerate(messages)
        ]
        with answers(self._location):
            answer: Mapping[str, Any] = call(QueueUrl=self._url, Entries=entries)
        return [messages[int(each["Id"])] for each in answer.get("Failed", ())]
