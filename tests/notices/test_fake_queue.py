"""The fake queue keeps SQS's rules, and refuses what SQS refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define
from botocore.exceptions import ClientError, ParamValidationError
from noticed import SESSION

from trailsdk.testing.fake_queue import FakeQueue


@define
class Asked:
    """A queue, its client, and a clock that stands still."""

    queue: FakeQueue
    client: Any
    now: float = 100.0

    def receive(self, **more: Any) -> list[Any]:
        wanted = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0, "VisibilityTimeout": 30, **more}
        found: list[Any] = self.client.receive_message(QueueUrl=self.url, **wanted).get("Messages", [])
        return found

    @property
    def url(self) -> str:
        return f"{self.queue.url}/{self.queue.account}/{self.queue.name}"

    def delete(self, *receipts: str) -> Any:
        entries = [{"Id": str(number), "ReceiptHandle": each} for number, each in enumerate(receipts)]
        return self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)

    def hide(self, receipt: str, seconds: int) -> Any:
        entry = {"Id": "1", "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
        return self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=[entry])


@pytest.fixture
def asked() -> Iterator[Asked]:
    with FakeQueue(max_receive_count=2).serving() as queue:
        client = queue.client(SESSION)
        found = Asked(queue, client)
        queue.clock = lambda: found.now
        yield found
        client.close()


def test_messages_are_hidden_for_a_time(asked: Asked) -> None:
    """What was received comes again when its time is over, under another receipt; hiding it anew prolongs that."""
    asked.queue.send("one")
    [first] = asked.receive()
    assert asked.receive() == []
    assert asked.hide(first["ReceiptHandle"], 60)["Failed"] == []
    asked.now += 59
    assert asked.receive() == []
    asked.now += 1
    [second] = asked.receive()
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Body"] == "one"


def test_dead_letters(asked: Asked) -> None:
    """Who was received too often goes to the dead-letter queue."""
    asked.queue.send("one")
    for _ in range(2):
        assert len(asked.receive()) == 1
        asked.now += 31
    assert asked.receive() == []
    assert [message.body for message in asked.queue.dead_letters] == ["one"]


def test_deleting(asked: Asked) -> None:
    """A message that was deleted does not come again; deleting it twice is no error, an odd receipt is."""
    asked.queue.send("one", "two")
    receipts = [each["ReceiptHandle"] for each in asked.receive()]
    for _ in range(2):
        assert asked.delete(*receipts)["Failed"] == []
    assert asked.queue.messages == []
    [failed] = asked.delete("odd")["Failed"]
    assert failed["Code"] == "ReceiptHandleIsInvalid"


def test_hiding_what_is_not_in_flight(asked: Asked) -> None:
    """Only messages that are hidden can be hidden longer, and for 12 hours at the most."""
    asked.queue.send("one")
    [first] = asked.receive()
    [failed] = asked.hide(first["ReceiptHandle"], 43_201)["Failed"]
    assert failed["Code"] == "InvalidParameterValue"
    assert asked.hide(first["ReceiptHandle"], 0)["Failed"] == []
    [failed] = asked.hide(first["ReceiptHandle"], 30)["Failed"]
    assert failed["Code"] == "MessageNotInflight"
    asked.delete(first["ReceiptHandle"])
    [failed] = asked.hide(first["ReceiptHandle"], 30)["Failed"]
    assert failed["Code"] == "ReceiptHandleIsInvalid"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ({"WaitTimeSeconds": 21}, "InvalidParameterValue"),
        ({"VisibilityTimeout": 43_201}, "InvalidParameterValue"),
    ],
)
def test_what_is_refused(asked: Asked, more: Any, code: str) -> None:
    """Values out of their range are refused, and so are queues that are not there, and large batches."""
    with pytest.raises(ClientError, match=code):
        asked.receive(**more)
    with pytest.raises(ClientError, match="TooManyEntries"):
        asked.delete(*"abcdefghijk")
    with pytest.raises(ClientError, match="EmptyBatch"):
        asked.delete()
    with pytest.raises(ClientError, match="UnsupportedOperation"):
        asked.client.list_queues()
    asked.queue.exists = False
    with pytest.raises(ClientError, match="QueueDoesNotExist"):
        asked.receive()


def test_the_model_of_the_service_is_asked(asked: Asked) -> None:
    """Botocore itself refuses what the service does not know."""
    with pytest.raises(ParamValidationError):
        asked.receive(Nothing=1)
