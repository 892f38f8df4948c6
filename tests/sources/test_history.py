"""The event history, asked of a fake of LookupEvents on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from attrs import define
from botocore.config import Config

import trailsdk
from trailsdk.errors import (
    AccessDeniedError,
    CredentialsError,
    LocationError,
    TrailError,
    TransportError,
    UnreadableError,
    UsageError,
)
from trailsdk.sources.history import Governor
from trailsdk.testing.fake_events import CutError, FakeEvents, RefusedError

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)


@define
class Clock:
    """Time that passes when somebody waits."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def _document(number: int, **more: Any) -> dict[str, Any]:
    when = NOW - timedelta(hours=1) + timedelta(seconds=number)
    return {
        "eventVersion": "1.11",
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketPolicy" if number % 10 == 0 else "GetBucketAcl",
        "awsRegion": "eu-west-1",
        "eventID": f"{number:04}",
        "eventCategory": "Management",
        "userIdentity": {"type": "IAMUser", "userName": "alice" if number % 2 else "bob"},
        **more,
    }


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    with FakeEvents(history=[_document(number) for number in range(120)]).serving() as serving:
        yield serving


def _client(fake: FakeEvents) -> Any:
    return boto3.client(
        "cloudtrail",
        endpoint_url=fake.url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}),
    )


def _history(fake: FakeEvents, clock: Clock | None = None, **options: Any) -> trailsdk.History:
    clock = clock or Clock()
    governor = Governor(clock=clock, sleep=clock.sleep)
    return trailsdk.History("eu-west-1", client=_client(fake), governor=governor, now=lambda: NOW, **options)


def _ids(stream: trailsdk.RecordStream) -> list[str]:
    return [str(record.event_id) for record in stream]


def test_all_pages(fake: FakeEvents) -> None:
    """All events come, newest first, each with its page and its envelope; a page counts as a file."""
    stream = trailsdk.read(_history(fake), categories="Management")
    records = list(stream)
    assert [record.event_id for record in records] == [f"{number:04}" for number in reversed(range(120))]
    assert (stream.stats.listed, stream.stats.read, stream.stats.yielded) == (3, 3, 120)
    origin = records[50].origin
    assert origin is not None
    assert (origin.location, origin.index) == ("history://eu-west-1#management-2", 0)
    assert origin.envelope["EventTime"] == "2026-03-07T11:01:09Z"


def test_the_window_does_not_move(fake: FakeEvents) -> None:
    """All pages are asked for with the same times: a token is valid for them alone."""
    list(trailsdk.read(_history(fake), since="2026-03-07T11:00:10Z", categories="Management"))
    windows = {(asked["StartTime"], asked["EndTime"]) for _, asked in fake.requests}
    assert len(fake.requests) == 3
    assert windows == {(NOW.timestamp() - 3590, NOW.timestamp())}


def test_until_is_exclusive(fake: FakeEvents) -> None:
    """The service includes the end of the window; `until` does not."""
    stream = trailsdk.read(_history(fake), until="2026-03-07T11:00:02Z", categories="Management")
    assert _ids(stream) == ["0001", "0000"]
    assert stream.stats.filtered == 1


def test_where_asks_for_one_attribute(fake: FakeEvents) -> None:
    """The most selective attribute that `where` demands is asked for; the rest is decided here."""
    where = '{ $.eventName = "PutBucketPolicy" && $.userIdentity.userName = "bob" }'
    stream = trailsdk.read(_history(fake), where=where, categories="Management")
    assert len(_ids(stream)) == 12
    assert stream.stats.seen == 12
    [(_, asked)] = fake.requests
    assert asked["LookupAttributes"] == [{"AttributeKey": "EventName", "AttributeValue": "PutBucketPolicy"}]


def test_the_callers_attribute(fake: FakeEvents) -> None:
    """An attribute that records do not spell as the service does can be asked for; Insights have none such."""
    stream = trailsdk.read(_history(fake, attribute=("Username", "alice")))
    assert len(_ids(stream)) == 60
    assert all("EventCategory" not in asked for _, asked in fake.requests)
    with pytest.raises(UsageError, match="there are EventId"):
        _history(fake, attribute=("UserName", "alice"))


def test_insights_by_category(fake: FakeEvents) -> None:
    """Insights are asked for by their category, and come with all by default."""
    fake.history.append(_document(200, eventCategory="Insight"))
    assert _ids(trailsdk.read(_history(fake), categories="Insight")) == ["0200"]
    assert [asked.get("EventCategory") for _, asked in fake.requests] == ["insight"]
    assert len(_ids(trailsdk.read(_history(fake)))) == 121


def test_events_that_shift_the_pages(fake: FakeEvents) -> None:
    """An event that comes on two pages, since a new one came before it, is given once, and counted."""
    stream = trailsdk.read(_history(fake), categories="Management")
    first = [str(next(stream).event_id) for _ in range(50)]
    fake.history += [_document(number) for number in (120, 121)]
    rest = _ids(stream)
    assert sorted(first + rest) == [f"{number:04}" for number in range(120)]
    assert stream.stats.duplicate == 2


def test_a_token_that_expires(fake: FakeEvents) -> None:
    """A token that is no longer valid costs nothing: reading goes on from the time that was reached."""
    stream = trailsdk.read(_history(fake), categories="Management")
    first = [str(next(stream).event_id) for _ in range(50)]
    fake.faults.append(RefusedError("InvalidNextTokenException"))
    assert first + _ids(stream) == [f"{number:04}" for number in reversed(range(120))]
    assert stream.stats.failed == 0


def test_throttling(fake: FakeEvents) -> None:
    """Throttling and faults of the service slow reading down, and lose nothing."""
    clock = Clock()
    fake.faults += [
        RefusedError("ThrottlingException"),
        RefusedError("ThrottlingException"),
        RefusedError("InternalFailure", status=500),
    ]
    assert len(_ids(trailsdk.read(_history(fake, clock), categories="Management"))) == 120
    assert clock.now > 7


def test_what_the_service_counts(fake: FakeEvents) -> None:
    """Where AWS counts the requests, none is one too many; where somebody else asks too, all the same all comes."""
    clock = Clock()
    fake.clock, fake.history_page = clock, 5
    assert len(_ids(trailsdk.read(_history(fake, clock), categories="Management"))) == 120
    assert (fake.throttled, len(fake.requests)) == (0, 24)
    greedy = Governor(per_second=20, clock=clock, sleep=clock.sleep)
    source = trailsdk.History("eu-west-1", client=_client(fake), governor=greedy, now=lambda: NOW)
    assert len(_ids(trailsdk.read(source, categories="Management"))) == 120
    assert 0 < fake.throttled < 24


@pytest.mark.parametrize(("cuts", "error"), [(1, None), (8, TransportError)])
def test_a_network_that_is_cut(fake: FakeEvents, cuts: int, error: type[TrailError] | None) -> None:
    """A connection that is cut costs a little time; one that is cut again and again is told."""
    errors: list[TrailError] = []
    stream = trailsdk.read(_history(fake), categories="Management", on_error=errors.append)
    first = [str(next(stream).event_id) for _ in range(50)]
    fake.faults += [CutError()] * cuts
    rest = _ids(stream)
    assert len(first + rest) == (120 if error is None else 50)
    assert [type(each) for each in errors] == ([] if error is None else [error])


def test_credentials_that_expire(fake: FakeEvents) -> None:
    """Credentials that expire in mid-stream are told as what they are."""
    errors: list[TrailError] = []
    stream = trailsdk.read(_history(fake), categories="Management", on_error=errors.append)
    next(stream)
    fake.faults.append(RefusedError("ExpiredTokenException"))
    assert len(_ids(stream)) == 49
    assert [type(error) for error in errors] == [CredentialsError]


def test_throttling_without_end(fake: FakeEvents) -> None:
    """What is refused again and again is an error of ours that says so."""
    fake.faults += [RefusedError("ThrottlingException")] * 8
    with pytest.raises(UnreadableError, match="ThrottlingException"):
        list(trailsdk.read(_history(fake)))


def test_refused_in_mid_stream(fake: FakeEvents) -> None:
    """What came before an error has come; the error is told and counted."""
    errors: list[TrailError] = []
    stream = trailsdk.read(_history(fake), on_error=errors.append, categories="Management")
    next(stream)
    fake.faults.append(RefusedError("AccessDeniedException"))
    assert len(_ids(stream)) == 49
    assert [type(error) for error in errors] == [AccessDeniedError]
    assert (stream.stats.listed, stream.stats.read, stream.stats.failed) == (2, 1, 1)


def test_ninety_days(fake: FakeEvents) -> None:
    """What is older than the history holds is told; what it does hold comes all the same."""
    with pytest.raises(UnreadableError, match="90 days: what is older than 2025-12-07T12:00:00Z"):
        list(trailsdk.read(_history(fake), since="2025-12-07T11:44:59Z"))
    errors: list[TrailError] = []
    stream = trailsdk.read(_history(fake), since="2025-01-01", on_error=errors.append)
    assert (len(_ids(stream)), len(errors)) == (120, 1)
    with pytest.raises(UnreadableError, match="90 days"):
        list(trailsdk.read(_history(fake), until="2025-01-01"))


def test_exactly_ninety_days(fake: FakeEvents) -> None:
    """A `since` of 90 days is no older event, though time passes between the two looks at the clock."""
    assert len(_ids(trailsdk.read(_history(fake), since="90d", now=NOW - timedelta(seconds=5)))) == 120


def test_an_event_without_its_record(fake: FakeEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every member of an event is optional: one without the record's text costs only itself."""
    answer = {"Events": [{"EventId": "x"}, {"CloudTrailEvent": '{"eventID":"y"}'}, {"CloudTrailEvent": "{"}]}
    monkeypatch.setattr(FakeEvents, "answer", lambda *_: answer)
    stream = trailsdk.read(_history(fake), on_error="skip", categories="Management")
    assert _ids(stream) == ["y"]
    assert stream.stats.bad == 2


@pytest.mark.parametrize("text", ["history://", "history://EU", "history://eu-west-1/x", "history://eu-west-1?x"])
def test_odd_locations(text: str) -> None:
    """What names no Region is refused."""
    with pytest.raises(LocationError):
        trailsdk.read(text)


def test_the_pace() -> None:
    """In ten minutes at least 95 % of the requests that AWS allows are made, and in no second more than two."""
    clock = Clock()
    governor = Governor(clock=clock, sleep=clock.sleep)
    times = []
    while clock.now < 600:
        governor.wait()
        times.append(clock.now)
        governor.answered()
    assert len(times) >= 0.95 * 1200
    assert all(later - earlier > 1 for earlier, later in zip(times, times[2:], strict=False))


def test_the_pace_recovers() -> None:
    """After throttling the pace is slower, at most one request in 8 seconds, and comes back with answers."""
    governor = Governor(clock=Clock())
    usual = governor.interval
    for _ in range(10):
        governor.throttled()
    assert governor.interval == 8
    for _ in range(20):
        governor.answered()
    assert governor.interval == usual
