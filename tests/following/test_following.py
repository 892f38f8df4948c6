"""Streams that are stopped, and sources that wait for what is new."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

import trailsdk
from trailsdk.errors import TrailError, UnreadableError, UsageError
from trailsdk.select.selection import Selection
from trailsdk.sources import UP_TO_DATE, Blob, Following, SourcePlan, Stats
from trailsdk.sources.base import Source
from trailsdk.sources.following import Stop, UpToDate
from trailsdk.sources.window import Window


def _file(*ids: str) -> bytes:
    return json.dumps({"Records": [{"eventID": each} for each in ids]}).encode()


def _opened(content: bytes) -> AbstractContextManager[BytesIO]:
    return nullcontext(BytesIO(content))


class Growing:
    """A source to which more comes while it waits: a list of files for each round."""

    def __init__(self, rounds: list[list[bytes]], follow: Following | None = None, *, ahead: bool = False) -> None:
        self.location = "growing"
        self.follow = follow or Following()
        self.rounds = rounds
        self.cursor: trailsdk.Cursor | None = None
        self.window = Window() if ahead else None

    def with_follow(self, follow: Following) -> "Growing":
        self.follow = follow
        return self

    def with_cursor(self, cursor: trailsdk.Cursor) -> "Growing":
        self.cursor = cursor
        return self

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (the protocol)
        return SourcePlan(self.location)

    def blobs(
        self,
        selection: Selection,  # noqa: ARG002 (the protocol)
        stats: Stats,  # noqa: ARG002 (the protocol)
    ) -> Iterator[Blob | TrailError | UpToDate]:
        number = 0
        for files in self.rounds:
            for content in files:
                number += 1
                fetch = partial(bytes, content) if self.window else None
                yield Blob(f"{number}", partial(_opened, content), f"{number}", fetch=fetch)
            yield UP_TO_DATE
            if not self.follow.wait():
                return


@pytest.mark.parametrize("ahead", [False, True])
def test_all_is_given_before_it_waits(ahead: bool) -> None:  # noqa: FBT001 (pytest gives it)
    """What is there is given, whether it is fetched ahead or not, before a source waits."""
    seen: list[str] = []
    waits: list[tuple[float, int]] = []
    follow = Following(wait=lambda seconds: waits.append((seconds, len(seen))))
    source = Growing([[_file("1", "2"), _file("3")], [], [_file("4")]], follow, ahead=ahead)
    for record in trailsdk.read(source):
        seen.append(str(record.event_id))  # noqa: PERF401 (it is looked at meanwhile)
    assert seen == ["1", "2", "3", "4"]
    assert waits == [(5, 3), (10, 3), (20, 4)]


def test_waits_grow_and_shrink() -> None:
    """Each wait is twice as long as the one before, up to a bound; what comes makes them short again."""
    waits: list[float] = []
    follow = Following(shortest=1, longest=5, wait=waits.append)
    for _ in range(5):
        assert follow.wait()
    follow.news()
    assert follow.wait()
    assert waits == [1, 2, 4, 5, 5, 1]


@pytest.mark.parametrize(("shortest", "longest"), [(0, 5), (-1, 5), (2, 1)])
def test_odd_waits(shortest: float, longest: float) -> None:
    """Waits that are none are refused."""
    with pytest.raises(UsageError, match="shortest"):
        Following(shortest=shortest, longest=longest)


def test_a_stop_wakes() -> None:
    """Another thread wakes a source that waits, however long it would have."""
    source = Growing([[_file("1")], [_file("2")]], Following(shortest=3600, longest=3600))
    stream = trailsdk.read(source)
    threading.Timer(0.05, stream.stop).start()
    begin = time.monotonic()
    assert [record.event_id for record in stream] == ["1"]
    assert time.monotonic() - begin < 60


def test_a_stop_wakes_everybody() -> None:
    """All who wait are woken, and who comes later does not wait."""
    stop = Stop()
    waiting = [threading.Thread(target=stop.wait, args=(3600,)) for _ in range(3)]
    for thread in waiting:
        thread.start()
    stop.set()
    for thread in waiting:
        thread.join(60)
        assert not thread.is_alive()
    stop.wait(3600)


def _read_two_then_stop(read: Callable[[], trailsdk.RecordStream]) -> tuple[trailsdk.RecordStream, list[str]]:
    seen = []
    with read() as stream:
        for record in stream:
            seen.append(str(record.event_id))
            if len(seen) == 2:
                stream.stop()
    return stream, seen


def test_a_stop_ends_after_the_record_at_hand(tmp_path: Path) -> None:
    """The record at hand is the last, in the middle of a file too, and what was consumed is written down."""

    def read() -> trailsdk.RecordStream:
        return trailsdk.read(Growing([[_file("1", "2", "3"), _file("4")]]), cursor=trailsdk.Cursor(tmp_path / "c"))

    stream, seen = _read_two_then_stop(read)
    assert seen == ["1", "2"]
    assert (stream.stats.yielded, stream.stats.unreached, stream.stats.read) == (2, 1, 0)
    stream, seen = _read_two_then_stop(read)
    assert seen == ["3", "4"]


def test_any_stream_can_be_stopped(tmp_path: Path) -> None:
    """A stream of files that nobody follows is stopped as well."""
    for number in range(3):
        (tmp_path / f"{number}.json").write_bytes(_file(f"{number}a", f"{number}b"))
    stream, seen = _read_two_then_stop(lambda: trailsdk.read(tmp_path))
    assert seen == ["0a", "0b"]
    assert list(stream) == []


def test_a_stop_before_it_begins(tmp_path: Path) -> None:
    """A stream that is stopped before its first record gives none, and consumes none."""
    cursor = trailsdk.Cursor(tmp_path / "c")
    stream = trailsdk.read(Growing([[_file("1")]]), cursor=cursor)
    stream.stop()
    assert list(stream) == []
    assert [
        record.event_id for record in trailsdk.read(Growing([[_file("1")]], Following(wait=_no_wait)), cursor=cursor)
    ] == ["1"]


def _no_wait(_: float) -> None:
    pass


def test_a_stop_without_autocommit(tmp_path: Path) -> None:
    """With `autocommit=False` a stop writes nothing down: the program commits."""
    cursor = trailsdk.Cursor(tmp_path / "c", autocommit=False)
    _read_two_then_stop(lambda: trailsdk.read(Growing([[_file("1", "2"), _file("3")]]), cursor=cursor))
    assert not (tmp_path / "c").exists()


def test_what_is_idle_commits(tmp_path: Path) -> None:
    """Before a source waits, the caller's function may store what it has collected, and commit."""
    batch: list[str] = []
    stored: list[str] = []

    def idle() -> None:
        stored.extend(batch)
        batch.clear()
        stream.commit()

    cursor = trailsdk.Cursor(tmp_path / "c", autocommit=False)
    source = Growing([[_file("1", "2")], [_file("3")]], Following(idle=idle, wait=lambda _: None))
    stream = trailsdk.read(source, cursor=cursor)
    for record in stream:
        batch.append(str(record.event_id))
        if record.event_id == "3":
            assert stored == ["1", "2"]
            saved = json.loads((tmp_path / "c").read_text())
            assert "1" in json.dumps(saved)
            break


def test_what_idle_raises() -> None:
    """What the caller's function raises passes through, and ends the stream."""

    def idle() -> None:
        raise KeyError("mine")

    stream = trailsdk.read(Growing([[_file("1")]], Following(idle=idle)))
    assert next(stream).event_id == "1"
    with pytest.raises(KeyError, match="mine"):
        next(stream)


def test_what_idle_raises_is_a_crash(tmp_path: Path) -> None:
    """Where the caller's function fails, nothing is written down: what it was to store comes again."""

    def idle() -> None:
        raise KeyError("mine")

    for _ in range(2):
        stream = trailsdk.read(Growing([[_file("1")]], Following(idle=idle)), cursor=trailsdk.Cursor(tmp_path / "c"))
        assert next(stream).event_id == "1"
        with pytest.raises(KeyError):
            next(stream)


def test_progress_is_kept_while_it_waits(tmp_path: Path) -> None:
    """With a cursor it is written down whenever all was given: a kill then costs nothing."""
    looked: list[bool] = []
    source = Growing([[_file("1")]], Following(wait=lambda _: looked.append((tmp_path / "c").exists())))
    list(trailsdk.read(source, cursor=trailsdk.Cursor(tmp_path / "c")))
    assert looked == [True]


def test_only_the_last_location_is_followed(tmp_path: Path) -> None:
    """A location behind one that is followed would never be read."""
    with pytest.raises(UsageError, match="last location"):
        trailsdk.read(Growing([]), tmp_path)


def test_it_is_a_source() -> None:
    """A source that is followed is a source."""
    assert isinstance(Growing([]), Source)


def test_errors_do_not_end_it() -> None:
    """What cannot be listed is told; following goes on."""

    class Failing(Growing):
        def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
            yield UnreadableError("growing", "not yet")
            yield from super().blobs(selection, stats)

    errors: list[TrailError] = []
    stream = trailsdk.read(Failing([[_file("1")]], Following(wait=lambda _: None)), on_error=errors.append)
    assert [record.event_id for record in stream] == ["1"]
    assert len(errors) == 1
