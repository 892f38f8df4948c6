"""What AWS hands to a Lambda function gives records, and a batch tells what of it failed."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from noticed import Noticed, bucket_and_queue, event, ids, key, kinds, log_file, notice, put_notice, sns
from signing import make_signer

import trailsdk
from trailsdk.errors import GoneError, TrailError, UsageError
from trailsdk.sources.queue.signatures import SnsSignatures

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:trail"
STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/trail"


def record(number: int) -> dict[str, Any]:
    return {"eventVersion": "1.11", "eventID": f"{number}", "awsRegion": f"eu-west-{number}"}


def sqs(*bodies: Any, queue: str = QUEUE) -> dict[str, Any]:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return {
        "Records": [
            {"messageId": f"m{number}", "eventSource": "aws:sqs", "eventSourceARN": queue, "body": text}
            for number, text in enumerate(texts)
        ]
    }


def of_sns(message: Any) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "EventSubscriptionArn": "s", "Sns": sns(message)}]}


def subscription(*documents: Any, kind: str = "DATA_MESSAGE") -> bytes:
    events = [{"id": "1", "timestamp": 1, "message": json.dumps(document)} for document in documents]
    message = {"messageType": kind, "owner": "111122223333", "logGroup": "g", "logStream": "s", "logEvents": events}
    return gzip.compress(json.dumps(message).encode())


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def kinesis(*contents: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:kinesis",
                "eventSourceARN": STREAM,
                "kinesis": {"sequenceNumber": f"s{number}", "data": coded(content)},
            }
            for number, content in enumerate(contents)
        ]
    }


def firehose(*contents: bytes) -> dict[str, Any]:
    records = [{"recordId": f"r{number}", "data": coded(content)} for number, content in enumerate(contents)]
    return {"invocationId": "i", "deliveryStreamArn": "arn:aws:firehose:x", "region": "eu-west-1", "records": records}


@pytest.fixture
def world() -> Iterator[Noticed]:
    with bucket_and_queue() as noticed:
        for number in range(4):
            noticed.put(key(number), log_file(f"{number}"))
        yield noticed


def created(name: str) -> dict[str, Any]:
    detail = {"bucket": {"name": "org-trail"}, "object": {"key": name}}
    return {"detail-type": "Object Created", "source": "aws.s3", "detail": detail}


class TestWhatGivesRecords:
    """Every service that calls a function with records, or with notices of files."""

    @pytest.mark.parametrize(
        "handed_in",
        [
            put_notice(key(1), key(2)),
            of_sns(notice(key(1), key(2))),
            of_sns(put_notice(key(1), key(2))),
            sqs(notice(key(1)), sns(put_notice(key(2)))),
            sqs(put_notice(key(1), key(2))),
            {"Records": [*put_notice(key(1))["Records"], *put_notice(key(2))["Records"]]},
            notice(key(1), key(2)),
            sqs(created(key(1)), created(key(2))),
        ],
    )
    def test_notices(self, world: Noticed, handed_in: dict[str, Any]) -> None:
        """The files that a notice names are read."""
        stream = trailsdk.from_event(handed_in, s3_client=world.s3)
        assert ids(stream) == ["1", "2"]
        assert stream.stats.read == 2

    @pytest.mark.parametrize(
        "handed_in",
        [
            {"awslogs": {"data": coded(subscription(record(1), record(2)))}},
            kinesis(subscription(record(1), record(2))),
            kinesis(json.dumps(record(1)).encode(), json.dumps(record(2)).encode()),
            kinesis(json.dumps({"Records": [record(1), record(2)]}).encode()),
            firehose(subscription(record(1)), subscription(record(2))),
            firehose(b"\n".join(json.dumps(record(number)).encode() for number in (1, 2))),
            sqs({**event(0), "detail": record(1)}, {**event(0), "detail": record(2)}),
            {"Records": [record(1), record(2)]},
        ],
    )
    def test_records(self, handed_in: dict[str, Any]) -> None:
        """Records that stand in the event itself."""
        assert ids(trailsdk.from_event(handed_in)) == ["1", "2"]

    def test_an_event_of_eventbridge(self) -> None:
        """It is one record; its envelope is kept."""
        [found] = trailsdk.from_event(event(1))
        assert found.event_id == "e1"
        assert found.origin is not None
        assert found.origin.envelope["id"] == "event-1"

    def test_what_speaks_of_nothing(self) -> None:
        """Test events and control messages give no records, and are no errors."""
        silent: list[dict[str, Any]] = [
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"},
            {"awslogs": {"data": coded(subscription(kind="CONTROL_MESSAGE"))}},
            {"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {}},
            {"Records": []},
        ]
        for handed_in in silent:
            assert ids(trailsdk.from_event(handed_in)) == []

    def test_the_selection(self, world: Noticed) -> None:
        """What is asked for is selected as in `read`; files that cannot hold it are not fetched."""
        named = put_notice(key(1), key(2, region="us-east-1"), "report.pdf")
        stream = trailsdk.from_event(named, regions="eu-west-1", where='{ $.eventID = "1" }', s3_client=world.s3)
        assert ids(stream) == ["1"]
        assert (stream.stats.pruned, stream.stats.skipped, world.aws.requests["GetObject"]) == (1, 1, 1)

    def test_origins(self, world: Noticed) -> None:
        """Records name the message that they came in."""
        bodies = sqs({**event(0), "detail": record(1)}, notice(key(1)))
        one, other = (each.origin for each in trailsdk.from_event(bodies, s3_client=world.s3))
        assert one is not None
        assert other is not None
        assert one.location == "sqs://eu-west-1/111122223333/trail#m0"
        assert other.location == f"s3://org-trail/{key(1)}"
        [third] = trailsdk.from_event(kinesis(json.dumps(record(1)).encode()))
        assert str(third.origin and third.origin.location) == f"{STREAM}#s0"

    @pytest.mark.parametrize(
        "handed_in", [{}, {"a": 1}, {"Records": [{"eventSource": "aws:dynamodb"}]}, {"records": 7}]
    )
    def test_other_events(self, handed_in: dict[str, Any]) -> None:
        """What is none of these is an error: a function that was called by mistake is not to be silent."""
        with pytest.raises(TrailError):
            list(trailsdk.from_event(handed_in))

    @pytest.mark.parametrize("handed_in", [None, [], "{}", {"a": float("nan")}, {"a": {1, 2}}])
    def test_no_events(self, handed_in: Any) -> None:
        """What is no JSON object is refused at once."""
        with pytest.raises(UsageError):
            trailsdk.from_event(handed_in)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(
    ["Records", "records", "awslogs", "detail-type", "detail", "invocationId", "TopicArn", "Event"]
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "eventSource": st.sampled_from(["aws:sqs", "aws:s3", "aws:kinesis"]) | json_values,
        "EventSource": st.just("aws:sns"),
        "body": json_values,
        "kinesis": json_values | st.fixed_dictionaries({"data": json_values}),
        "Sns": json_values,
        "s3": json_values,
    },
)


@given(st.dictionaries(members, json_values | st.lists(entries | json_values, max_size=3), max_size=4))
def test_any_event(handed_in: dict[str, Any]) -> None:
    """Whatever a function is called with: records come, or errors of ours; and what failed is told."""
    errors: list[TrailError] = []
    stream = trailsdk.from_event(handed_in, on_error=errors.append)
    list(stream)
    assert stream.stats.failed + stream.stats.bad == len(errors)
    assert stream.stats.held == 0
    assert bool(stream.stats.left) == bool(errors)


class TestBatchResponses:
    """Lambda is told which items of a batch it is to hand in again."""

    def test_all_is_well(self, world: Noticed) -> None:
        """When all was consumed, nothing is handed in again."""
        stream = trailsdk.from_event(sqs(notice(key(1)), "CloudTrail validation message."), s3_client=world.s3)
        assert ids(stream) == ["1"]
        assert stream.batch_response() == {"batchItemFailures": []}

    def test_what_failed(self, world: Noticed) -> None:
        """Files that are gone, messages that cannot be understood, records that cannot be read: these alone."""
        bad = gzip.compress(json.dumps({"Records": [record(1), 7]}).encode())
        world.put(key(8), bad)
        bodies = [notice(key(1)), notice(key(1), key(9)), "hello", notice(key(8)), notice(key(2))]
        errors: list[TrailError] = []
        stream = trailsdk.from_event(sqs(*bodies), on_error=errors.append, s3_client=world.s3)
        assert ids(stream) == ["1", "1", "2"]
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": f"m{each}"} for each in (1, 2, 3)]}
        # A message is understood before its files are fetched, of which several are on their way.
        assert sorted(kinds(errors)) == ["GoneError", "MalformedRecordError", "MessageError"]

    def test_the_default_raises(self, world: Noticed) -> None:
        """By default the first error ends the function, and Lambda hands in the whole batch again."""
        with pytest.raises(GoneError):
            list(trailsdk.from_event(sqs(notice(key(9))), s3_client=world.s3))

    @pytest.mark.parametrize(("taken", "failed"), [(0, [0, 1, 2]), (1, [0, 1, 2]), (2, [1, 2]), (3, [2]), (4, [])])
    def test_what_was_not_consumed(self, world: Noticed, taken: int, failed: list[int]) -> None:
        """A record is consumed when the next is asked for."""
        stream = trailsdk.from_event(sqs(*map(notice, map(key, range(3)))), s3_client=world.s3)
        for _ in range(taken):
            next(stream, None)
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": f"m{each}"} for each in failed]}

    def test_commit(self, world: Noticed) -> None:
        """After a commit the record that was given last is consumed, too."""
        stream = trailsdk.from_event(sqs(*map(notice, map(key, range(2)))), s3_client=world.s3)
        next(stream)
        stream.commit()
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": "m1"}]}

    def test_a_queue_that_keeps_the_order(self, world: Noticed) -> None:
        """Of a FIFO queue, all that follow the first failure are handed in again."""
        bodies = sqs(notice(key(1)), notice(key(9)), notice(key(2)), queue=f"{QUEUE}.fifo")
        stream = trailsdk.from_event(bodies, on_error="skip", s3_client=world.s3)
        assert ids(stream) == ["1", "2"]
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}

    def test_kinesis(self) -> None:
        """Items of Kinesis are named by their sequence numbers."""
        stream = trailsdk.from_event(kinesis(json.dumps(record(1)).encode(), b"hello"), on_error="skip")
        assert ids(stream) == ["1"]
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": "s1"}]}
        odd = kinesis(b"x")
        odd["Records"][0]["kinesis"]["data"] = "!"
        stream = trailsdk.from_event(odd, on_error="skip")
        assert ids(stream) == []
        assert stream.batch_response() == {"batchItemFailures": [{"itemIdentifier": "s0"}]}

    @pytest.mark.parametrize("handed_in", [event(1), put_notice(key(1)), firehose(b"x")])
    def test_events_that_fail_as_a_whole(self, handed_in: dict[str, Any]) -> None:
        """Lambda takes no such answer for other events; a function that gives one would lose what failed."""
        with pytest.raises(UsageError, match="as a whole"):
            trailsdk.from_event(handed_in).batch_response()

    def test_signatures(self, world: Noticed) -> None:
        """Messages of SQS that SNS has not signed fail, if that is asked for."""
        signer = make_signer()
        bodies = sqs(signer.sign(json.dumps(notice(key(1)))), sns(notice(key(2))), notice(key(3)))
        verify = SnsSignatures(certificates=[signer.pem])
        stream = trailsdk.from_event(
            bodies, on_error="skip", s3_client=world.s3, verify_sns=verify, buckets="org-trail"
        )
        assert ids(stream) == ["1"]
        assert [each["itemIdentifier"] for each in stream.batch_response()["batchItemFailures"]] == ["m1", "m2"]


def test_a_handler_is_three_lines(world: Noticed) -> None:
    """The whole of a function that reads a queue."""
    seen: list[Any] = []
    forward: Callable[[Any], None] = seen.append

    def handler(handed_in: dict[str, Any], _: object) -> dict[str, Any]:
        stream = trailsdk.from_event(handed_in, where='{ $.eventID != "2" }', on_error="skip", s3_client=world.s3)
        for found in stream:
            forward(found)
        return stream.batch_response()

    assert handler(sqs(notice(key(1)), notice(key(2)), notice(key(9))), None) == {
        "batchItemFailures": [{"itemIdentifier": "m2"}]
    }
    assert ids(seen) == ["1"]
