"""The event history that is followed, asked of a fake of LookupEvents whose time passes only when somebody waits."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from world import BEGIN, World

import trailsdk
from trailsdk.errors import AccessDeniedError, SourceError, TrailError, UsageError
from trailsdk.sources.history import Governor
from trailsdk.testing.fake_events import CutError, FakeEvents, RefusedError

HOUR = timedelta(hours=1)


def _document(name: object, when: datetime, **more: Any) -> dict[str, Any]:
    return {"eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eventID": f"{name}", "eventName": "PutBucketPolicy", **more}


def _appears(world: World, fake: FakeEvents, name: object, when: datetime, late: timedelta = timedelta()) -> None:
    world.at(when + late, lambda: fake.history.append(_document(name, when)))


class InProcess:
    """A client that asks a fake without a network between, for many questions."""

    def __init__(self, fake: FakeEvents) -> None:
        self._fake = fake

    def lookup_events(self, **asked: Any) -> Any:
        times = {name: asked[name].timestamp() for name in ("StartTime", "EndTime")}
        answer = self._fake.answer("LookupEvents", asked | times)
        events = [each | {"EventTime": datetime.fromtimestamp(each["EventTime"], UTC)} for each in answer["Events"]]
        return {**answer, "Events": events}


def _client(fake: FakeEvents) -> Any:
    return boto3.client(
        "cloudtrail",
        endpoint_url=fake.url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}),
    )


def _source(world: World, client: Any, **options: Any) -> trailsdk.History:
    governor = Governor(clock=world.seconds, sleep=world.sleep)
    return trailsdk.History(
        "eu-west-1", client=client, governor=governor, now=world.clock, follow=world.follow(), **options
    )


def _read(world: World, source: trailsdk.History, **options: Any) -> trailsdk.RecordStream:
    return world.read(source, categories="Management", **options)


def _ids(stream: trailsdk.RecordStream) -> list[str]:
    return [str(record.event_id) for record in stream]


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    with FakeEvents().serving() as serving:
        yield serving


def test_what_comes_is_given_once(fake: FakeEvents) -> None:
    """What is there comes first, newest first, then what comes; nothing comes twice."""
    world = World(BEGIN + HOUR)
    for number in range(-70, 60):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    stream = _read(world, _source(world, _client(fake)))
    found = _ids(stream)
    assert found[:71] == [f"{number}" for number in reversed(range(-70, 1))]
    assert sorted(found, key=int) == [f"{number}" for number in range(-70, 60)]
    assert stream.stats.duplicate == 0


def test_it_keeps_the_pace(fake: FakeEvents) -> None:
    """However much there is, no second has more than two requests; while nothing comes, it backs off."""
    world = World(BEGIN + timedelta(minutes=10))
    times: list[float] = []

    class Counting(InProcess):
        def lookup_events(self, **asked: Any) -> Any:
            times.append(world.seconds())
            return super().lookup_events(**asked)

    for number in range(300):
        _appears(world, fake, number, BEGIN + timedelta(seconds=number / 5))
    assert len(_ids(_read(world, _source(world, Counting(fake))))) == 300
    assert all(later - earlier > 1 for earlier, later in zip(times, times[2:], strict=False))
    assert world.waits[-1] == 60


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 3 * 3600), st.integers(0, 3600)), max_size=40),
    st.sets(st.integers(0, 60), max_size=5),
    st.integers(1, 4),
)
def test_every_delay_within_the_overlap(events: list[tuple[int, int]], faults: set[int], page: int) -> None:
    """However late each event becomes visible within the overlap, and whatever fails, all come, each once."""
    fake = FakeEvents(history_page=page)
    world = World(BEGIN + 5 * HOUR)
    for number, (second, late) in enumerate(events):
        _appears(world, fake, number, BEGIN + timedelta(seconds=second - 3600), timedelta(seconds=late))

    class Faulty(InProcess):
        asked = 0

        def lookup_events(self, **asked: Any) -> Any:
            self.asked += 1
            if self.asked in faults:
                raise _refusal("AccessDeniedException")
            return super().lookup_events(**asked)

    stream = _read(world, _source(world, Faulty(fake)), on_error="skip")
    assert Counter(_ids(stream)) == Counter(map(str, range(len(events))))


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "LookupEvents")


def test_until(fake: FakeEvents) -> None:
    """With `until` it ends when nothing before can come any more."""
    world = World(BEGIN + 100 * HOUR)
    for number in range(6):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    stream = _read(world, _source(world, InProcess(fake)), since=BEGIN, until=BEGIN + timedelta(minutes=3))
    assert sorted(_ids(stream)) == ["0", "1", "2"]
    assert timedelta(0) <= world.now - BEGIN - HOUR - timedelta(minutes=3) < timedelta(minutes=2)


def test_behind_the_overlap(fake: FakeEvents) -> None:
    """What becomes visible much later than the overlap is not seen: that is the bound."""
    world = World(BEGIN + 5 * HOUR)
    _appears(world, fake, "late", BEGIN + HOUR, timedelta(minutes=59))
    _appears(world, fake, "too late", BEGIN + HOUR, timedelta(minutes=150))
    assert _ids(_read(world, _source(world, InProcess(fake)))) == ["late"]


@pytest.mark.parametrize(
    ("fault", "repeated", "told"),
    [
        (RefusedError("ThrottlingException"), 1, 0),
        (RefusedError("ThrottlingException"), 8, 1),
        (RefusedError("InternalFailure", status=500), 1, 0),
        (CutError(), 1, 0),
        (CutError(), 8, 1),
        (RefusedError("ExpiredTokenException"), 1, 1),
        (RefusedError("AccessDeniedException"), 1, 1),
        (RefusedError("InvalidNextTokenException"), 1, 0),
    ],
    ids=lambda value: str(getattr(value, "code", value)),
)
def test_faults(fake: FakeEvents, fault: RefusedError | CutError, repeated: int, told: int) -> None:
    """A fault between two pages slows it down, or is told; nothing is lost, and nothing comes twice."""
    world = World(BEGIN + timedelta(minutes=30))
    for number in range(-120, 15):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    errors: list[TrailError] = []
    stream = _read(world, _source(world, _client(fake)), on_error=errors.append)
    found = [str(next(stream).event_id) for _ in range(50)]
    fake.faults += [fault] * repeated
    found += _ids(stream)
    assert sorted(found, key=int) == [f"{number}" for number in range(-120, 15)]
    assert (len(errors), stream.stats.failed) == (told, told)
    assert all(isinstance(each, SourceError) for each in errors)


def test_a_stop_while_it_is_throttled(fake: FakeEvents) -> None:
    """A stop ends a wait of the governor as well, and nothing more is asked."""
    world = World(BEGIN + timedelta(seconds=20))
    fake.faults += [RefusedError("ThrottlingException")] * 100
    assert _ids(_read(world, _source(world, _client(fake)))) == []
    assert len(fake.requests) < 8


def _session(key: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key="testing")  # noqa: S106 (nobody checks it)


def test_all_regions(fake: FakeEvents) -> None:
    """Every Region of the account is followed, also one that is enabled meanwhile, within an hour."""
    fake.regions = ["eu-west-1", "us-east-1"]
    world = World(BEGIN + 2 * HOUR)
    fake.histories = {
        ("111122223333", region): [_document(region, BEGIN - HOUR)]
        for region in ("ap-south-1", "eu-west-1", "us-east-1")
    }
    world.at(BEGIN + HOUR, lambda: fake.regions.append("ap-south-1"))
    source = trailsdk.History(
        "*",
        session=_session("testing"),
        endpoint_url=fake.url,
        governor=Governor(clock=world.seconds, sleep=world.sleep),
        now=world.clock,
        follow=world.follow(shortest=300, longest=300),
    )
    assert _ids(_read(world, source)) == ["eu-west-1", "us-east-1", "ap-south-1"]


def test_regions_that_are_not_told(fake: FakeEvents) -> None:
    """Where EC2 does not tell the Regions, that is told, and asked again."""
    world = World(BEGIN + HOUR)
    fake.histories = {("111122223333", "us-east-1"): [_document("a", BEGIN - HOUR)]}
    fake.faults.append(RefusedError("UnauthorizedOperation", status=403))
    source = trailsdk.History(
        "*",
        session=_session("testing"),
        endpoint_url=fake.url,
        governor=Governor(clock=world.seconds, sleep=world.sleep),
        now=world.clock,
        follow=world.follow(shortest=300, longest=300),
    )
    errors: list[TrailError] = []
    assert _ids(_read(world, source, on_error=errors.append)) == ["a"]
    assert [type(each) for each in errors] == [AccessDeniedError]


def test_an_overlap_of_nothing() -> None:
    """Without an overlap, what is late would be lost."""
    with pytest.raises(UsageError, match="overlap"):
        trailsdk.History("eu-west-1", follow=True, overlap=timedelta())


def test_insights_and_management_events_have_their_own_memory(fake: FakeEvents) -> None:
    """An Insight with the id of a management event is another event."""
    world = World(BEGIN + HOUR)
    insight: Mapping[str, Any] = {"eventCategory": "Insight"}
    fake.history += [_document("a", BEGIN - HOUR), _document("a", BEGIN - HOUR, **insight)]
    stream = world.read(_source(world, _client(fake)))
    assert _ids(stream) == ["a", "a"]
