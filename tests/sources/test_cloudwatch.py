"""A log group, asked of a fake of FilterLogEvents on loopback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

import trailsdk
from tests.servers import MotoEndpoint
from trailsdk.errors import LocationError, NotFoundError, TrailError, TransportError, UsageError
from trailsdk.testing.fake_events import CutError, FakeEvents, LogEvent, RefusedError

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)
BEGIN = NOW - timedelta(hours=1)


def _event(number: int, *, late: int = 300, **more: Any) -> LogEvent:
    when = BEGIN + timedelta(seconds=number)
    document = {
        "eventVersion": "1.11",
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventName": "PutBucketPolicy" if number % 10 == 0 else "GetBucketAcl",
        "eventID": f"{number:04}",
    }
    return LogEvent(json.dumps(document), int((when.timestamp() + late) * 1000), **more)


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    groups = {"CloudTrail/logs": [_event(number) for number in range(30)], "/empty": []}
    with FakeEvents(groups=groups, page=7).serving() as serving:
        yield serving


def _group(fake: FakeEvents, name: str = "CloudTrail/logs", **options: Any) -> trailsdk.CloudWatch:
    client = boto3.client(
        "logs",
        endpoint_url=fake.url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}),
    )
    return trailsdk.CloudWatch(name, client=client, now=lambda: NOW, **options)


def _ids(stream: trailsdk.RecordStream) -> list[str]:
    return [str(record.event_id) for record in stream]


def test_all_pages(fake: FakeEvents) -> None:
    """All records come, oldest first, each with its page and its log event."""
    stream = trailsdk.read(_group(fake))
    records = list(stream)
    assert [record.event_id for record in records] == [f"{number:04}" for number in range(30)]
    assert (stream.stats.listed, stream.stats.read) == (5, 5)
    origin = records[7].origin
    assert origin is not None
    assert (origin.location, origin.index) == ("cloudwatch://eu-west-1/CloudTrail/logs#2", 0)
    assert origin.envelope["logStreamName"] == "111122223333_CloudTrail_eu-west-1"


def test_event_time_decides(fake: FakeEvents) -> None:
    """The window speaks of when an event took place, however late it was delivered."""
    fake.groups["CloudTrail/logs"].append(_event(5, late=3000))
    stream = trailsdk.read(_group(fake), since="2026-03-07T11:00:05Z", until="2026-03-07T11:00:07Z")
    assert _ids(stream) == ["0005", "0006", "0005"]


def test_empty_pages(fake: FakeEvents) -> None:
    """With a pattern, pages may be empty: only the absence of a token is the end."""
    stream = trailsdk.read(_group(fake), where='{ $.eventID = "0029" }')
    assert _ids(stream) == ["0029"]
    assert (stream.stats.read, stream.stats.seen) == (5, 1)
    assert fake.requests[0][1]["filterPattern"] == '{ $.eventID = "0029" }'


def test_a_function_is_not_asked_of_the_service(fake: FakeEvents) -> None:
    """What cannot be written as a pattern is decided here."""
    stream = trailsdk.read(_group(fake), where=lambda record: record.event_id == "0003")
    assert _ids(stream) == ["0003"]
    assert all("filterPattern" not in asked for _, asked in fake.requests)


def test_the_window_does_not_move(fake: FakeEvents) -> None:
    """All pages are asked for with the same times, in milliseconds, up to the time at which reading began."""
    list(trailsdk.read(_group(fake)))
    assert {asked["endTime"] for _, asked in fake.requests} == {int(NOW.timestamp() * 1000)}
    assert all("startTime" not in asked for _, asked in fake.requests)


@pytest.mark.parametrize("message", ["", "hello", '{"eventVersion":"1.11","eventID":"x","requestParam', "[1]"])
def test_messages_that_are_no_records(fake: FakeEvents, message: str) -> None:
    """A message that is cut, or foreign, costs only itself."""
    events = fake.groups["CloudTrail/logs"]
    events.insert(3, LogEvent(message, events[3].timestamp))
    errors: list[TrailError] = []
    stream = trailsdk.read(_group(fake), on_error=errors.append)
    assert len(_ids(stream)) == 30
    assert (stream.stats.bad, len(errors)) == (1, 1)


def test_streams(fake: FakeEvents) -> None:
    """Log streams are chosen by name or by the begin of names."""
    fake.groups["CloudTrail/logs"].append(_event(99, stream="444455556666_CloudTrail_eu-west-1"))
    for streams in ("444455556666_", ["444455556666_CloudTrail_eu-west-1"]):
        assert _ids(trailsdk.read(_group(fake, streams=streams))) == ["0099"]
    for number in (0, 101):
        with pytest.raises(UsageError, match="1 to 100"):
            _group(fake, streams=["a"] * number)


def test_what_the_service_refuses(fake: FakeEvents) -> None:
    """What the service refuses is an error of ours; what came before has come."""
    with pytest.raises(NotFoundError, match="log group"):
        list(trailsdk.read(_group(fake, "absent")))
    stream = trailsdk.read(_group(fake), on_error="skip")
    next(stream)
    fake.faults.append(RefusedError("ResourceNotFoundException"))
    assert len(_ids(stream)) == 6
    assert (stream.stats.read, stream.stats.failed) == (1, 1)


@pytest.mark.parametrize(
    "fault", [CutError(), RefusedError("ThrottlingException"), RefusedError("ServiceUnavailable", status=503)]
)
def test_what_passes(fake: FakeEvents, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """What boto3 tries again costs nothing, in mid-stream too."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")  # noqa: S106 (nobody checks it)
    uri = "cloudwatch://eu-west-1/CloudTrail/logs"
    stream = trailsdk.read(trailsdk.CloudWatch(uri, session=session, endpoint_url=fake.url, now=lambda: NOW))
    first = [str(next(stream).event_id) for _ in range(7)]
    fake.faults += [fault, fault]  # type: ignore[list-item]  # each is one of both
    assert first + _ids(stream) == [f"{number:04}" for number in range(30)]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "InvalidParameterException"])
def test_a_token_that_expires(fake: FakeEvents, code: str) -> None:
    """When credentials, or the place in the pages, expire, what came has come, and the rest is told to be missing."""
    errors: list[TrailError] = []
    stream = trailsdk.read(_group(fake), on_error=errors.append)
    next(stream)
    fake.faults.append(RefusedError(code, "expired"))
    assert len(_ids(stream)) == 6
    assert (len(errors), stream.stats.failed) == (1, 1)


def test_nobody_answers() -> None:
    """A connection that fails is an error of ours."""
    source = trailsdk.CloudWatch(
        "g",
        region="eu-west-1",
        client=boto3.client(
            "logs",
            endpoint_url="http://127.0.0.1:9",
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
            config=Config(retries={"total_max_attempts": 1}),
        ),
    )
    with pytest.raises(TransportError):
        list(trailsdk.read(source))


def test_an_empty_group(fake: FakeEvents) -> None:
    """A log group without events holds no records, and that is no error."""
    assert list(trailsdk.read(_group(fake, "/empty"))) == []


@pytest.mark.parametrize(
    ("uri", "group"),
    [
        ("cloudwatch://eu-west-1/CloudTrail/logs", "CloudTrail/logs"),
        ("cloudwatch://eu-west-1//aws/trail", "/aws/trail"),
        ("cloudwatch://eu-west-1/a%23b", "a#b"),
    ],
)
def test_locations(uri: str, group: str) -> None:
    """A URI names Region and log group; the source tells the same URI."""
    source = trailsdk.CloudWatch(uri)
    assert (source.region, source.group, source.location) == ("eu-west-1", group, uri)


@pytest.mark.parametrize(
    "text", ["cloudwatch://", "cloudwatch://eu-west-1", "cloudwatch://eu-west-1/", "cloudwatch:///g"]
)
def test_odd_locations(text: str) -> None:
    """What names no Region or no log group is refused."""
    with pytest.raises(LocationError):
        trailsdk.read(text)


class TestMoto:
    """A second server, which is not ours: moto's CloudWatch Logs."""

    def test_same_records(self, moto: MotoEndpoint) -> None:
        """What was put into several streams comes; a window and streams leave out the rest.

        AWS gives log events by their time, whatever their stream; moto gives stream after stream.
        """
        logs = moto.client("logs")
        logs.create_log_group(logGroupName="CloudTrail/logs")
        begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        for stream, first in (("one", 0), ("two", 1)):
            logs.create_log_stream(logGroupName="CloudTrail/logs", logStreamName=stream)
            events = [
                {
                    "timestamp": int((begin + timedelta(seconds=number)).timestamp() * 1000),
                    "message": json.dumps(
                        {
                            "eventTime": f"{begin + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
                            "eventName": "GetBucketAcl",
                            "eventID": f"{number:04}",
                        }
                    ),
                }
                for number in range(first, 300, 2)
            ]
            logs.put_log_events(logGroupName="CloudTrail/logs", logStreamName=stream, logEvents=events)

        def read(**options: Any) -> list[str]:
            streams = options.pop("streams", None)
            group = trailsdk.CloudWatch("CloudTrail/logs", client=logs, streams=streams)
            return _ids(trailsdk.read(group, **options))

        every = [f"{number:04}" for number in range(300)]
        assert read() == [*every[::2], *every[1::2]]
        assert sorted(read(since=begin + timedelta(seconds=10), until=begin + timedelta(seconds=20))) == every[10:20]
        assert read(streams=["two"]) == every[1::2]

    def test_no_such_group(self, moto: MotoEndpoint) -> None:
        """It is told as what it is."""
        with pytest.raises(NotFoundError):
            list(trailsdk.read(trailsdk.CloudWatch("nowhere", client=moto.client("logs"))))
