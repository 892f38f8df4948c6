"""A bucket that is followed: in memory, and whose time passes only when somebody waits."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bucket import BEGIN, Bucket, InMemoryS3, key, log_file
from hypothesis import given, settings
from hypothesis import strategies as st
from world import World

import trailsdk
from trailsdk.errors import AccessDeniedError, CursorConflictError, CursorError, GoneError, NotFoundError, TrailError
from trailsdk.sources.cursor import progress

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def _world(hours: float = 1) -> World:
    return World(BEGIN + timedelta(hours=hours), BEGIN)


def _put(bucket: Bucket, minute: int, *ids: str, **more: Any) -> Callable[[], None]:
    return partial(bucket.objects.__setitem__, key(minute, **more), log_file(*ids))


def _appears(world: World, bucket: Bucket, minute: int, *ids: str, late: int = 0, **more: Any) -> None:
    """Let a file be there that was delivered at a minute, so many minutes late."""
    world.at(BEGIN + (minute + late) * MINUTE, _put(bucket, minute, *ids, **more))


def _read(
    world: World, bucket: Bucket, store: Any = None, *, longest: float = 60, **options: Any
) -> trailsdk.RecordStream:
    cursor = None if store is None else trailsdk.Cursor(store, now=world.clock)
    source = InMemoryS3(bucket, cursor=cursor, follow=world.follow(longest=longest), now=world.clock, window=4)
    return world.read(source, **options)


def _ids(stream: trailsdk.RecordStream) -> list[str]:
    found = [str(record.event_id) for record in stream]
    stats = stream.stats
    assert stats.listed == stats.read + stats.pruned + stats.skipped + stats.consumed + stats.failed + stats.unreached
    return found


@pytest.fixture(params=["json", "sqlite", None])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param is None else tmp_path / f"cursor.{request.param}"


def test_what_comes_is_given_once(store: Path | None) -> None:
    """What is there comes first, then what comes; each file is listed, read and counted once."""
    world, bucket = _world(2), Bucket()
    for minute in range(-60, 100, 10):
        _appears(world, bucket, minute, f"{minute}a", f"{minute}b")
    world.sleep(0)
    stream = _read(world, bucket, store)
    assert _ids(stream) == [f"{minute}{letter}" for minute in range(-60, 100, 10) for letter in "ab"]
    assert (stream.stats.listed, stream.stats.read, stream.stats.consumed) == (16, 16, 0)
    assert len(bucket.gets) == 16


def test_what_is_late_is_not_lost(store: Path | None) -> None:
    """A file that comes after newer ones is read, up to the overlap."""
    world, bucket = _world(60), Bucket()
    for minute in range(0, 3000, 100):
        _appears(world, bucket, minute, f"{minute}")
    _appears(world, bucket, 505, "late", late=60)
    _appears(world, bucket, 601, "very late", late=2000)
    found = _ids(_read(world, bucket, store, longest=7200))
    assert Counter(found) == Counter([*(f"{minute}" for minute in range(0, 3000, 100)), "late", "very late"])


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 1500), st.integers(0, 1440), st.sampled_from(["eu-west-1", "us-east-1"])), max_size=12
    ),
    st.booleans(),
)
def test_every_delay_within_the_overlap(files: list[tuple[int, int, str]], held: bool) -> None:  # noqa: FBT001 (Hypothesis gives it)
    """However late files come within the overlap, in whatever order, all are read, each once."""
    world, bucket = _world(55), Bucket()
    wanted = {
        key(minute, region, f"{number:016}"): (minute, late) for number, (minute, late, region) in enumerate(files)
    }
    for name, (minute, late) in wanted.items():
        world.at(BEGIN + (minute + late) * MINUTE, partial(bucket.objects.__setitem__, name, log_file(name)))
    cursor = trailsdk.Cursor(_Held(), now=world.clock, overlap=timedelta(days=1)) if held else None
    source = InMemoryS3(
        bucket, cursor=cursor, follow=world.follow(shortest=10_000, longest=10_000), now=world.clock, window=4
    )
    assert Counter(_ids(world.read(source, on_error="skip"))) == Counter(list(wanted))


class _Held:
    """A place for a cursor."""

    location = "a row"

    def __init__(self) -> None:
        self.saved: trailsdk.sources.Saved | None = None

    def load(self) -> trailsdk.sources.Saved | None:
        return self.saved

    def save(self, saved: trailsdk.sources.Saved) -> bool:
        self.saved = saved
        return True


def test_a_later_run_goes_on(tmp_path: Path) -> None:
    """A stop writes down what was consumed; the next run begins there, also in the middle of a file."""
    world, bucket = _world(), Bucket()
    for minute in range(0, 30, 10):
        _appears(world, bucket, minute, f"{minute}a", f"{minute}b")
    seen = []
    with _read(world, bucket, tmp_path / "c") as stream:
        for record in stream:
            seen.append(str(record.event_id))
            if record.event_id == "10a":
                stream.stop()
    world.end += HOUR
    seen += _ids(_read(world, bucket, tmp_path / "c"))
    assert seen == [f"{minute}{letter}" for minute in range(0, 30, 10) for letter in "ab"]


def test_a_kill_while_it_waits(tmp_path: Path) -> None:
    """Progress is on disk while a source waits: a run that is killed there costs nothing."""
    world, bucket = _world(), Bucket()
    _appears(world, bucket, 0, "a")
    stream = _read(world, bucket, tmp_path / "c")

    def kill() -> None:
        raise KeyboardInterrupt

    world.at(BEGIN + 5 * MINUTE, kill)
    with pytest.raises(KeyboardInterrupt):
        list(stream)
    world.end += HOUR
    assert _ids(_read(world, bucket, tmp_path / "c")) == []


def test_two_at_once(tmp_path: Path) -> None:
    """Two that use the same cursor are noticed: the second that writes gets an error, and what it was to write."""
    world, bucket = _world(), Bucket()
    _appears(world, bucket, 0, "a")
    _appears(world, bucket, 6, "b")
    others: list[str] = []

    def other() -> None:
        others.extend(_ids(trailsdk.read(InMemoryS3(bucket), cursor=trailsdk.Cursor(tmp_path / "c"))))

    stream = _read(world, bucket, tmp_path / "c")
    world.at(BEGIN + 6 * MINUTE, other)
    assert [str(next(stream).event_id) for _ in range(2)] == ["a", "b"]
    assert others == ["b"]
    with pytest.raises(CursorConflictError):
        next(stream)


def test_only_new_days_are_listed(tmp_path: Path) -> None:
    """Days that lie behind the overlap are not listed any more."""
    world, bucket = _world(24 * 6), Bucket()
    for day in range(6):
        _appears(world, bucket, day * 1440, f"{day}")
    source = InMemoryS3(
        bucket,
        cursor=trailsdk.Cursor(tmp_path / "c", now=world.clock, overlap=timedelta(days=1)),
        follow=world.follow(shortest=7200, longest=7200),
        now=world.clock,
    )
    assert _ids(world.read(source)) == [f"{day}" for day in range(6)]
    listed = ["".join(each) for each in bucket.lists[-3:]]
    assert any("2026/03/05" in each for each in listed)
    assert not any("2026/03/03" in each for each in listed)


def test_a_file_that_fails_is_tried_again(store: Path | None) -> None:
    """A file that cannot be read is tried again, less and less often, until it can; the others do not wait for it."""
    world, bucket = _world(3), Bucket()
    _appears(world, bucket, 0, "a")
    _appears(world, bucket, 10, "b")
    bucket.broken.add(key(0))
    world.at(BEGIN + 40 * MINUTE, bucket.broken.clear)
    told: list[TrailError] = []
    assert _ids(_read(world, bucket, store, on_error=told.append)) == ["b", "a"]
    assert 4 <= len(told) <= 7


def test_a_file_that_breaks_in_the_middle(store: Path | None) -> None:
    """Of a file that broke, the records that came do not come again when it is whole."""
    world, bucket = _world(), Bucket()
    whole = log_file("a", "b", "c", *(f"{number}" for number in range(500)))
    bucket.objects[key(0)] = whole[:-40]
    seen: list[str] = []

    def heal() -> None:
        assert "a" in seen
        bucket.objects[key(0)] = whole

    world.at(BEGIN + 10 * MINUTE, heal)
    stream = _read(world, bucket, store, on_error="skip")
    for record in stream:
        seen.append(str(record.event_id))  # noqa: PERF401 (it is looked at meanwhile)
    assert set(seen) == {"a", "b", "c", *(f"{number}" for number in range(500))}
    # It has another ETag, so it is another file: what is in it comes as a whole, and is told.
    assert stream.stats.replaced == 1


def test_a_replaced_file_is_read_again(store: Path | None) -> None:
    """A file whose content changes is read again and counted: it may not hide behind the old one."""
    world, bucket = _world(), Bucket()
    _appears(world, bucket, 0, "a")
    world.at(BEGIN + 10 * MINUTE, _put(bucket, 0, "other"))
    stream = _read(world, bucket, store)
    assert _ids(stream) == ["a", "other"]
    assert stream.stats.replaced == 1


def test_a_file_that_failed_and_is_replaced(store: Path | None) -> None:
    """A file that is replaced before it is tried again is read once."""
    world, bucket = _world(), Bucket({key(0): b"{"})
    world.at(BEGIN + timedelta(seconds=5), _put(bucket, 0, "a"))
    assert _ids(_read(world, bucket, store, on_error="skip")) == ["a"]


def test_a_file_that_failed_and_is_gone(store: Path | None) -> None:
    """A file that failed and was deleted is told as gone, once, and forgotten."""
    world, bucket = _world(5), Bucket({key(0): b"{", key(1): log_file("a")})
    world.at(BEGIN + timedelta(seconds=15), partial(bucket.objects.pop, key(0)))
    told: list[TrailError] = []
    assert _ids(_read(world, bucket, store, on_error=told.append)) == ["a"]
    assert [type(each) for each in told].count(GoneError) == 1


def test_too_many_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """When more files fail than are remembered, following ends, with or without a cursor: it would lose some."""
    monkeypatch.setattr(progress, "MOST_FAILED", 3)
    bucket = Bucket({key(minute): b"{" for minute in range(5)})
    with pytest.raises(CursorError, match="5 files could not be read"):
        list(_read(_world(), bucket, on_error="skip"))


def test_a_listing_that_fails(store: Path | None) -> None:
    """Where a listing is refused, the next one begins where it did, however much newer the rest has become."""
    world, bucket = _world(24 * 8), Bucket()
    regions = ("eu-west-1", "us-east-1")
    for day in range(8):
        for region in regions:
            _appears(world, bucket, day * 1440, f"{day} {region}", region=region)

    class Refusing(Bucket):
        def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Any:
            refused = BEGIN + 20 * HOUR < world.now < BEGIN + 150 * HOUR
            if refused and "us-east-1" in prefix:
                raise AccessDeniedError(self.uri(prefix), "access denied")
            return super().pages(prefix, delimiter=delimiter, start_after=start_after)

    refusing = Refusing()
    refusing.objects = bucket.objects
    cursor = None if store is None else trailsdk.Cursor(store, now=world.clock)
    source = InMemoryS3(refusing, cursor=cursor, follow=world.follow(shortest=7200, longest=7200), now=world.clock)
    found = _ids(world.read(source, on_error="skip"))
    assert Counter(found) == Counter(f"{day} {region}" for day in range(8) for region in regions)


def test_nothing_is_there_yet() -> None:
    """Where nothing lies below the location, that is told once: a name may be misspelt. Then it is waited for."""
    world, bucket = _world(), Bucket()
    _appears(world, bucket, 10, "a")
    told: list[TrailError] = []
    assert _ids(_read(world, bucket, on_error=told.append)) == ["a"]
    assert [type(each) for each in told] == [NotFoundError]


def test_until() -> None:
    """With `until` it ends when no file before can come any more."""
    world, bucket = _world(24 * 10), Bucket({key(0): log_file("a")})
    assert _ids(_read(world, bucket, until=BEGIN + HOUR, longest=600)) == ["a"]
    assert timedelta(0) <= world.now - BEGIN - 25 * HOUR <= 10 * MINUTE


def test_two_streams_of_one_source() -> None:
    """A source without a cursor gives everything to each of its streams."""
    bucket = Bucket({key(0): log_file("a")})
    world = _world()
    source = InMemoryS3(bucket, follow=world.follow())
    assert _ids(world.read(source)) == ["a"]
    world.end += HOUR
    assert _ids(world.read(source)) == ["a"]


@pytest.mark.parametrize("suffix", ["sqlite", None])
def test_memory_over_days(suffix: str | None, tmp_path: Path) -> None:
    """In days of following, memory grows to what the overlap takes, and no further."""
    world, bucket = _world(24 * 9), Bucket()
    for minute in range(0, 9 * 1440 - 60, 60):
        _appears(world, bucket, minute, f"{minute}")
        # The bucket in memory is not what is measured.
        world.at(BEGIN + (minute + 4 * 1440) * MINUTE, partial(bucket.objects.pop, key(minute)))
    cursor = None
    if suffix is not None:
        cursor = trailsdk.Cursor(tmp_path / f"c.{suffix}", now=world.clock, overlap=timedelta(days=1))
    source = InMemoryS3(bucket, cursor=cursor, follow=world.follow(shortest=7200, longest=7200), now=world.clock)
    stream = world.read(source)
    seen = early = 0
    tracemalloc.start()
    try:
        for record in stream:
            seen += 1
            bucket.gets.clear()
            bucket.lists.clear()
            world.waits.clear()
            if str(record.event_id) == f"{4 * 1440 + 120}":
                early = tracemalloc.get_traced_memory()[0]
        late = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert seen == 9 * 24 - 1
    assert late < early + 100_000


def test_the_clock_of_a_cursor_may_stand() -> None:
    """A cursor's time may be a fixed one."""
    when = datetime.fromisoformat("2026-03-07T00:00:00Z")
    assert trailsdk.Cursor("c", now=when).now() == when
