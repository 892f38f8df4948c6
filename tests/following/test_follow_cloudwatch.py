"""A log group that is followed, asked of a fake of FilterLogEvents whose time passes only when somebody waits."""

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from world import BEGIN, World

import trailsdk
from trailsdk.errors import AccessDeniedError, TrailError, TransportError, UnreadableError, UsageError
from trailsdk.testing.fake_events import CutError, FakeEvents, LogEvent, RefusedError

GROUP = "trail"
HOUR = timedelta(hours=1)


def _event(name: object, when: datetime) -> LogEvent:
    document = {"eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eventID": f"{name}", "eventName": "GetObject"}
    return LogEvent(json.dumps(document), int(when.timestamp() * 1000), event_id=f"{name}")


class InProcess:
    """A client that asks a fake without a network between, for many questions."""

    def __init__(self, fake: FakeEvents) -> None:
        self._fake = fake

    def filter_log_events(self, **asked: Any) -> Any:
        return self._fake.answer("FilterLogEvents", asked)


def _client(fake: FakeEvents) -> Any:
    return boto3.client(
        "logs",
        endpoint_url=fake.url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}),
    )


def _source(world: World, client: Any, **options: Any) -> trailsdk.CloudWatch:
    return trailsdk.CloudWatch(
        GROUP, region="eu-west-1", client=client, now=world.clock, follow=world.follow(longest=30), **options
    )


def _appears(world: World, fake: FakeEvents, name: object, when: datetime, late: timedelta = timedelta()) -> None:
    world.at(when + late, lambda: fake.groups[GROUP].append(_event(name, when)))


def _ids(stream: trailsdk.RecordStream) -> list[str]:
    return [str(record.event_id) for record in stream]


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    with FakeEvents(groups={GROUP: []}, page=3).serving() as serving:
        yield serving


def test_what_comes_is_given_once(fake: FakeEvents) -> None:
    """What is there comes first, then what comes; nothing comes twice."""
    world = World(BEGIN + HOUR)
    for number in range(-10, 50):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    stream = world.read(_source(world, _client(fake)))
    assert _ids(stream) == [f"{number}" for number in range(-10, 50)]
    assert (stream.stats.duplicate, stream.stats.unreached) == (0, 0)
    assert stream.stats.listed == stream.stats.read


def test_it_backs_off(fake: FakeEvents) -> None:
    """While nothing comes it asks less and less often; what comes makes it ask soon again."""
    world = World(BEGIN + timedelta(minutes=3))
    _appears(world, fake, "a", BEGIN + timedelta(seconds=100))
    assert _ids(world.read(_source(world, _client(fake)))) == ["a"]
    assert world.waits == [5, 10, 20, 30, 30, 30, 5, 10, 20, 30]


def test_what_is_late_is_not_lost(fake: FakeEvents) -> None:
    """A log event that becomes visible later than its neighbours is given, up to the overlap; behind it, it is not."""
    world = World(BEGIN + 4 * HOUR)
    for number in range(0, 120, 5):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    _appears(world, fake, "soon", BEGIN + timedelta(minutes=9), timedelta(seconds=50))
    _appears(world, fake, "late", BEGIN + timedelta(minutes=17), timedelta(minutes=59))
    _appears(world, fake, "too late", BEGIN + timedelta(minutes=30), timedelta(minutes=150))
    found = _ids(world.read(_source(world, InProcess(fake))))
    assert sorted(found) == sorted([*(f"{number}" for number in range(0, 120, 5)), "soon", "late"])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 3 * 3600), st.integers(0, 3600)), max_size=40),
    st.sets(st.integers(0, 300), max_size=5),
)
def test_every_delay_within_the_overlap(events: list[tuple[int, int]], faults: set[int]) -> None:
    """However late each log event becomes visible within the overlap, and whatever fails, all come, each once."""
    fake = FakeEvents(groups={GROUP: []}, page=4)
    world = World(BEGIN + 5 * HOUR)
    for number, (second, late) in enumerate(events):
        _appears(world, fake, number, BEGIN + timedelta(seconds=second - 3600), timedelta(seconds=late))

    class Faulty(InProcess):
        asked = 0

        def filter_log_events(self, **asked: Any) -> Any:
            self.asked += 1
            if self.asked in faults:
                raise ConnectionError
            return super().filter_log_events(**asked)

    stream = world.read(_source(world, Faulty(fake)), on_error="skip")
    assert Counter(_ids(stream)) == Counter(map(str, range(len(events))))


def test_since(fake: FakeEvents) -> None:
    """`since` says from when on, also when looking back."""
    world = World(BEGIN + HOUR)
    for number in range(-20, 20):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    stream = world.read(_source(world, _client(fake)), since=BEGIN)
    assert _ids(stream) == [f"{number}" for number in range(20)]
    first = (BEGIN - timedelta(minutes=15)).timestamp() * 1000
    assert all(asked["startTime"] >= first for _, asked in fake.requests)


def test_until(fake: FakeEvents) -> None:
    """With `until` it ends when nothing before can come any more."""
    world = World(BEGIN + 100 * HOUR)
    for number in range(6):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    source = _source(world, InProcess(fake), late_delivery=HOUR)
    assert _ids(world.read(source, until=BEGIN + timedelta(minutes=3))) == ["0", "1", "2"]
    assert timedelta(0) <= world.now - BEGIN - HOUR - timedelta(minutes=3) < timedelta(minutes=1)


def test_the_question_is_small(fake: FakeEvents) -> None:
    """Most questions look back for a minute, and one in each quarter of an hour for more than an hour."""
    world = World(BEGIN + 3 * HOUR)
    _appears(world, fake, "a", BEGIN)
    list(world.read(_source(world, _client(fake))))
    widths = [(asked["endTime"] - asked.get("startTime", 0)) / 60_000 for _, asked in fake.requests[1:]]
    sweeps = [width for width in widths if width > 60]
    assert len(sweeps) in (11, 12)
    assert all(60 < width <= 77 for width in sweeps)
    assert all(width <= 2 for width in widths if width <= 60)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (RefusedError("ThrottlingException"), UnreadableError),
        (RefusedError("ServiceUnavailableException", status=503), UnreadableError),
        (CutError(), TransportError),
        (RefusedError("AccessDeniedException"), AccessDeniedError),
        (RefusedError("ExpiredTokenException"), TrailError),
        (RefusedError("InvalidParameterException", "the token has expired"), TrailError),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_faults(fake: FakeEvents, fault: RefusedError | CutError, error: type[TrailError]) -> None:
    """What the service or the network refuses is told; following goes on, loses nothing and gives nothing twice."""
    world = World(BEGIN + timedelta(minutes=30))
    for number in range(-10, 20):
        _appears(world, fake, number, BEGIN + timedelta(minutes=number))
    world.at(BEGIN + timedelta(minutes=9), lambda: fake.faults.append(fault))
    told: list[TrailError] = []
    stream = world.read(_source(world, _client(fake)), on_error=told.append)
    found = [str(next(stream).event_id) for _ in range(2)]
    fake.faults.append(fault)  # between two pages of the first question
    found += _ids(stream)
    assert sorted(found, key=int) == [f"{number}" for number in range(-10, 20)]
    assert len(told) == 2
    assert all(isinstance(each, error) for each in told)
    assert stream.stats.failed == 2


def test_an_error_that_is_raised_ends_it(fake: FakeEvents) -> None:
    """By default the first error ends the stream."""
    world = World(BEGIN + HOUR)
    world.at(BEGIN + timedelta(minutes=1), lambda: fake.faults.append(RefusedError("AccessDeniedException")))
    with pytest.raises(AccessDeniedError):
        list(world.read(_source(world, _client(fake))))


def test_an_overlap_of_nothing() -> None:
    """Without an overlap, what is late would be lost."""
    with pytest.raises(UsageError, match="overlap"):
        trailsdk.CloudWatch(GROUP, region="eu-west-1", follow=True, overlap=timedelta())


def test_memory_over_a_day() -> None:
    """In a day of following, memory grows to what the overlap takes, and no further."""
    fake = FakeEvents(groups={GROUP: []})
    world = World(BEGIN + 24 * HOUR)
    group = fake.groups[GROUP]

    def appear(minute: int) -> None:
        # The fake is not what is measured: what nobody asks for any more is not kept.
        del group[: max(0, len(group) - 400)]
        group.extend(_event(f"{minute}-{number}", BEGIN + timedelta(minutes=minute)) for number in range(4))

    for minute in range(24 * 60 - 10):
        world.at(BEGIN + timedelta(minutes=minute), partial(appear, minute))
    client = InProcess(fake)
    source = trailsdk.CloudWatch(
        GROUP, region="eu-west-1", client=client, now=world.clock, follow=world.follow(shortest=300, longest=300)
    )
    stream = world.read(source)
    seen, early = 0, 0
    tracemalloc.start()
    try:
        for seen, _ in enumerate(stream, 1):
            if seen == 1200:
                early = tracemalloc.get_traced_memory()[0]
            fake.requests.clear()
            fake.callers.clear()
            world.waits.clear()
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert seen == (24 * 60 - 10) * 4
    assert late < early + 200_000
