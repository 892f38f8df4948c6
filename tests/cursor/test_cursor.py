"""A cursor: what it remembers, when it writes, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from bucket import NOW, Bucket, HeldStore, InMemoryS3, key, log_file

import trailsdk
from trailsdk.errors import CursorConflictError, CursorError, GoneError, TrailError, UsageError
from trailsdk.sources import Blob, Saved
from trailsdk.sources.cursor import progress
from trailsdk.sources.store import Body

DAY = 1440


@pytest.fixture(params=["json", "sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"cursor.{request.param}"


def ids(stream: trailsdk.RecordStream) -> list[str | None]:
    found = [record.event_id for record in stream]
    stats = stream.stats
    assert stats.listed == stats.read + stats.pruned + stats.skipped + stats.consumed + stats.failed + stats.unreached
    return found


def read(bucket: Bucket, store: Any, *, ordered: bool = True, window: int = 8, **options: Any) -> trailsdk.RecordStream:
    named = ("overlap", "autocommit")
    cursor = trailsdk.Cursor(store, now=NOW, **{each: options.pop(each) for each in named if each in options})
    return trailsdk.read(InMemoryS3(bucket, ordered=ordered, window=window, cursor=cursor), **options)


class TestWhenItIsWritten:
    """
    > A record is consumed when the next one is asked for, or `commit()` is called. After a crash everything since the
    > last commit comes again; within a run nothing comes twice.
    """

    @pytest.fixture
    def bucket(self) -> Bucket:
        return Bucket({key(0): log_file("1", "2", "3"), key(5): log_file("4", "5", "6")})

    def test_at_the_end(self, bucket: Bucket, path: Path) -> None:
        """All is consumed when there is nothing more; nothing is fetched again."""
        assert ids(read(bucket, path)) == ["1", "2", "3", "4", "5", "6"]
        bucket.gets.clear()
        stream = read(bucket, path)
        assert ids(stream) == []
        assert (stream.stats.consumed, bucket.gets) == (2, [])

    def test_at_a_break(self, bucket: Bucket, path: Path) -> None:
        """Files that were passed are consumed, the file at hand is not."""
        for record in read(bucket, path):
            if record.event_id == "5":
                break
        del record
        assert ids(read(bucket, path)) == ["4", "5", "6"]

    def test_by_a_commit(self, bucket: Bucket, path: Path) -> None:
        """A commit in the middle of a file leaves only the rest of it, with the places that the records have in it."""
        with read(bucket, path) as stream:
            for record in stream:
                if record.event_id == "4":
                    stream.commit()
                    break
        [five, six] = read(bucket, path)
        assert (five.event_id, six.event_id) == ("5", "6")
        assert five.origin is not None
        assert five.origin.index == 1

    def test_by_a_commit_with_a_pattern(self, bucket: Bucket, path: Path) -> None:
        """Records that a pattern leaves out, before they are decoded, shift nothing."""
        pattern = '{ $.eventID = "2" || $.eventID = "4" || $.eventID = "6" }'
        with read(bucket, path, where=pattern) as stream:
            assert [next(stream).event_id for _ in range(2)] == ["2", "4"]
            stream.commit()
        stream = read(bucket, path, where=pattern)
        assert ids(stream) == ["6"]
        assert (stream.stats.filtered, stream.stats.consumed) == (1, 1)

    def test_by_a_commit_after_the_end(self, bucket: Bucket, path: Path) -> None:
        """A stream that has ended or is closed can be committed."""
        stream = read(bucket, path, autocommit=False)
        assert len(ids(stream)) == 6
        stream.commit()
        assert ids(read(bucket, path)) == []

    def test_a_commit_of_a_closed_stream(self, bucket: Bucket, path: Path) -> None:
        """The record that was given last is consumed too."""
        stream = read(bucket, path, autocommit=False)
        for _ in range(5):
            next(stream)
        stream.close()
        stream.commit()
        assert ids(read(bucket, path)) == ["6"]

    def test_an_exception_in_a_block(self, bucket: Bucket, path: Path) -> None:
        """What leaves a `with` block by an exception has crashed: nothing but commits is written."""
        with suppress(ZeroDivisionError), read(bucket, path) as stream:
            for record in stream:
                if record.event_id == "2":
                    stream.commit()
                if record.event_id == "5":
                    raise ZeroDivisionError
        assert ids(read(bucket, path)) == ["3", "4", "5", "6"]

    def test_a_generator_that_is_closed(self, bucket: Bucket, path: Path) -> None:
        """Whoever reads within a generator of their own, and closes it, has stopped, not crashed."""

        def names() -> Any:
            with read(bucket, path) as stream:
                for record in stream:
                    yield record.event_id

        running = names()
        assert [next(running) for _ in range(4)] == ["1", "2", "3", "4"]
        running.close()
        assert ids(read(bucket, path)) == ["4", "5", "6"]

    def test_without_autocommit(self, bucket: Bucket, path: Path) -> None:
        """Only commits are written: who handles many records at once loses none of them."""
        stream = read(bucket, path, autocommit=False)
        next(stream)
        stream.commit()
        assert len(ids(stream)) == 5
        assert ids(read(bucket, path)) == ["2", "3", "4", "5", "6"]

    def test_from_within(self, bucket: Bucket, path: Path) -> None:
        """A function that the stream calls cannot commit: the record on its way is not given yet."""
        streams: list[trailsdk.RecordStream] = []

        def where(_: trailsdk.Record) -> bool:
            streams[0].commit()
            return True

        streams.append(read(bucket, path, where=where))
        with pytest.raises(UsageError, match="between two records"):
            next(streams[0])

    def test_what_the_callers_function_raises(self, bucket: Bucket, path: Path) -> None:
        """It passes through, and the file at hand comes again."""

        def where(record: trailsdk.Record) -> bool:
            if record.event_id == "5":
                raise ZeroDivisionError
            return True

        with pytest.raises(ZeroDivisionError):
            list(read(bucket, path, where=where))
        assert ids(read(bucket, path)) == ["4", "5", "6"]

    def test_kill(self, tmp_path: Path, path: Path) -> None:
        """After `kill -9` everything since the last commit comes again."""
        for minute, names in ((0, ("1", "2", "3")), (5, ("4", "5", "6"))):
            file = tmp_path / "trail" / key(minute)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(log_file(*names))
        code = (
            "import sys, time, trailsdk\n"
            "for record in (stream := trailsdk.read(sys.argv[1], cursor=trailsdk.Cursor(sys.argv[2]))):\n"
            "    if record.event_id == '2': stream.commit()\n"
            "    print(record.event_id, flush=True)\n"
            "    if record.event_id == '5': time.sleep(60)\n"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "trail"), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert [process.stdout.readline().strip().decode() for _ in range(5)] == ["1", "2", "3", "4", "5"]
            os.kill(process.pid, signal.SIGKILL)
        assert ids(trailsdk.read(tmp_path / "trail", cursor=trailsdk.Cursor(path))) == ["3", "4", "5", "6"]


class TestFiles:
    """Which files come again, and which do not."""

    def test_late(self, path: Path) -> None:
        """A file that comes late, within the overlap, is read, once."""
        bucket = Bucket({key(5 * DAY): log_file("1")})
        assert ids(read(bucket, path)) == ["1"]
        bucket.objects[key(3 * DAY)] = log_file("2")
        assert ids(read(bucket, path)) == ["2"]
        assert ids(read(bucket, path)) == []

    def test_later_than_the_overlap(self) -> None:
        """One that comes later than that is not seen, and a larger overlap would have seen it."""
        bucket = Bucket({key(5 * DAY): log_file("1")})
        for overlap, expected in ((timedelta(days=2), []), (timedelta(days=4), ["2"])):
            store = HeldStore()
            assert ids(read(bucket, store, overlap=overlap)) == ["1"]
            bucket.objects[key(2 * DAY)] = log_file("2")
            assert ids(read(bucket, store, overlap=overlap)) == expected
            del bucket.objects[key(2 * DAY)]

    def test_a_day_settles_as_a_whole(self, path: Path) -> None:
        """Within a day, odd names may be listed in any order, so even without an overlap the last day stays open."""
        bucket = Bucket({key(10): log_file("1")})
        assert ids(read(bucket, path, overlap=timedelta())) == ["1"]
        bucket.objects[key(5)] = log_file("2")
        assert ids(read(bucket, path, overlap=timedelta())) == ["2"]
        assert ids(read(bucket, path, overlap=timedelta())) == []

    def test_a_larger_overlap_afterwards(self, path: Path) -> None:
        """What was settled stays settled."""
        bucket = Bucket({key(day * DAY): log_file(f"{day}") for day in range(10)})
        assert len(ids(read(bucket, path))) == 10
        assert ids(read(bucket, path, overlap=timedelta(days=30))) == []

    def test_only_what_may_be_new_is_listed(self, path: Path) -> None:
        """A Region is listed from the overlap on; a Region that is new from its begin."""
        bucket = Bucket({key(day * DAY): log_file(f"{day}") for day in range(10)})
        ids(read(bucket, path))
        bucket.objects[key(0, region="us-east-1")] = log_file("new")
        stream = read(bucket, path)
        assert ids(stream) == ["new"]
        assert (stream.stats.listed, stream.stats.consumed) == (4, 3)
        survey = stream.plan[0].survey()
        assert survey is not None
        assert (survey.gets, survey.consumed) == (0, 4)

    def test_memory_is_bounded(self, path: Path) -> None:
        """What is settled is forgotten, also in a run that never commits."""
        bucket = Bucket({key(hour * 60): log_file(f"{hour}") for hour in range(24 * 60)})
        stream = read(bucket, path, autocommit=False)
        for _ in stream:
            pass
        [following] = stream._commits._met
        assert isinstance(following, progress.Progress)
        [change] = following._folders.values()
        assert len(change.files) < 600
        stream.commit()
        content = path.read_bytes()
        assert b"2026/04/27" in content
        assert b"2026/04/20" not in content

    def test_replaced(self, path: Path) -> None:
        """A file with another ETag is read again, as a whole, and counted."""
        bucket = Bucket({key(0): log_file("1", "2")})
        stream = read(bucket, path)
        next(stream)
        stream.commit()
        stream.close()
        bucket.objects[key(0)] = log_file("3", "4")
        stream = read(bucket, path)
        assert ids(stream) == ["3", "4"]
        bucket.objects[key(0)] = log_file("5")
        again = read(bucket, path)
        assert ids(again) == ["5"]
        assert (stream.stats.replaced, again.stats.replaced) == (1, 1)

    def test_a_name_in_the_future(self, path: Path) -> None:
        """A file that claims to come from the future does not hide those that come."""
        bucket = Bucket({key(0): log_file("1"), key(400 * DAY): log_file("2")})
        assert ids(read(bucket, path)) == ["1", "2"]
        bucket.objects[key(91 * DAY)] = log_file("3")
        assert ids(read(bucket, path)) == ["3"]

    def test_names_without_a_time(self, path: Path) -> None:
        """They are remembered by name and ETag, whenever they come."""
        bucket = Bucket({"exports/b.json": log_file("1")})
        assert ids(read(bucket, path)) == ["1"]
        bucket.objects["exports/a.json"] = log_file("2")
        assert ids(read(bucket, path)) == ["2"]
        assert ids(read(bucket, path)) == []

    def test_one_object(self, path: Path) -> None:
        """A single object is remembered as well."""
        bucket = Bucket({key(0): log_file("1")})

        def once() -> list[str | None]:
            source = InMemoryS3(bucket, cursor=trailsdk.Cursor(path, now=NOW))
            source._place = type(source._place)("bucket", key(0))
            return ids(trailsdk.read(source))

        assert once() == ["1"]
        assert once() == []
        bucket.objects[key(0)] = log_file("2")
        assert once() == ["2"]

    def test_a_slow_file(self, path: Path) -> None:
        """What is still on its way settles nothing that is newer, however far the others have got."""
        bucket = Bucket({key(day * DAY): log_file(f"{day}") for day in range(6)})
        arrived = Event()

        class Slow(Bucket):
            def get(self, key: str, *, version_id: str | None = None) -> Body:
                if key == first:
                    arrived.wait(20)
                return super().get(key, version_id=version_id)

        first = key(0)
        stream = read(Slow(bucket.objects), path, ordered=False)
        found = [next(stream).event_id for _ in range(5)]
        assert sorted(map(str, found)) == ["1", "2", "3", "4", "5"]
        stream.commit()
        arrived.set()
        stream._commits.crash()
        stream.close()
        assert ids(read(bucket, path)) == ["0"]

    def test_a_part_that_could_not_be_listed(self, path: Path, tmp_path: Path) -> None:
        """Its files come when it can be listed, even long after."""

        class Walled(trailsdk.Local):
            def blobs(self, selection: Any, stats: Any) -> Any:
                for blob in super().blobs(selection, stats):
                    assert isinstance(blob, Blob)
                    if walled and "/2026/03/01/" in blob.location:
                        yield trailsdk.errors.UnreadableError(str(Path(blob.location).parent), "permission denied")
                    else:
                        yield blob

        for day in range(9):
            file = tmp_path / "trail" / key(day * DAY)
            file.parent.mkdir(parents=True)
            file.write_bytes(log_file(f"{day}"))

        def once() -> list[str | None]:
            cursor = trailsdk.Cursor(path)
            return ids(trailsdk.read(Walled(tmp_path / "trail", cursor=cursor), on_error="skip"))

        walled = True
        assert once() == ["1", "2", "3", "4", "5", "6", "7", "8"]
        assert once() == []
        walled = False
        assert once() == ["0"]


class TestFailedFiles:
    """A file that could not be read is never consumed."""

    def test_until_it_succeeds(self, path: Path) -> None:
        """It comes again each time, also when it has left the overlap."""
        bucket = Bucket({key(day * DAY): log_file(f"{day}") for day in range(9)})
        bucket.broken.add(key(0))
        errors: list[TrailError] = []
        assert len(ids(read(bucket, path, on_error=errors.append))) == 8
        assert ids(read(bucket, path, on_error=errors.append)) == []
        bucket.broken.clear()
        assert ids(read(bucket, path)) == ["0"]
        assert ids(read(bucket, path)) == []
        assert len(errors) == 2

    def test_raised(self, path: Path) -> None:
        """With `on_error="raise"` the files before it are consumed."""
        bucket = Bucket({key(0): log_file("0"), key(5): log_file("1"), key(9): log_file("2")})
        bucket.broken.add(key(5))
        with pytest.raises(TrailError, match="broken"):
            list(read(bucket, path))
        bucket.broken.clear()
        assert ids(read(bucket, path)) == ["1", "2"]

    def test_records_before_a_cut(self, path: Path) -> None:
        """Those that a damaged file gave do not come twice, until it is another file."""
        bucket = Bucket({key(0): log_file("0", "1")[:-9]})
        assert ids(read(bucket, path, on_error="skip")) == ["0", "1"]
        stream = read(bucket, path, on_error="skip")
        assert ids(stream) == []
        assert stream.stats.failed == 1
        bucket.objects[key(0)] = log_file("0", "1", "2")
        assert ids(read(bucket, path)) == ["0", "1", "2"]

    def test_gone(self, path: Path) -> None:
        """If it is deleted, that is told once."""
        bucket = Bucket({key(day * DAY): log_file(f"{day}") for day in range(9)})
        bucket.broken.add(key(0))
        ids(read(bucket, path, on_error="skip"))
        del bucket.objects[key(0)]
        errors: list[TrailError] = []
        for _ in range(3):
            assert ids(read(bucket, path, on_error=errors.append)) == []
        assert [type(error) for error in errors] == [GoneError]

    def test_too_many(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cursor does not move on when it cannot remember what failed."""
        monkeypatch.setattr(progress, "MOST_FAILED", 3)
        bucket = Bucket({key(minute): log_file(f"{minute}") for minute in range(8)})
        bucket.broken.update(list(bucket.objects)[:4])
        with pytest.raises(CursorError, match="4 files could not be read"):
            list(read(bucket, path, on_error="skip"))
        bucket.broken.clear()
        assert len(ids(read(bucket, path))) == 8


class TestWhatItBelongsTo:
    """A cursor that does not fit is refused, since files would be missed."""

    def test_another_location(self, path: Path, tmp_path: Path) -> None:
        """It belongs to one location."""
        ids(read(Bucket({key(0): log_file("1")}), path))
        with pytest.raises(CursorError, match="belongs to s3://bucket, not to"):
            list(trailsdk.read(tmp_path, cursor=trailsdk.Cursor(path)))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"until": "2026-03-02"}, {"until": "2026-03-03"}),
            ({"until": "2026-03-02"}, {}),
            ({"since": "2026-02-20"}, {"since": "2026-02-19"}),
            ({"since": "2026-02-20"}, {}),
            ({"categories": "Data"}, {"categories": "Management"}),
            ({"categories": "Data"}, {}),
        ],
    )
    def test_a_wider_question(self, path: Path, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Files that were consumed may hold records that were not asked for then."""
        bucket = Bucket({key(0): log_file("1")})
        ids(read(bucket, path, **before))
        [name] = before
        with pytest.raises(CursorError, match=f"read with {name}="):
            list(read(bucket, path, **after))
        ids(read(bucket, path, **before))

    def test_a_narrower_question(self, path: Path) -> None:
        """An age moves `since` on with the clock."""
        bucket = Bucket({key(0): log_file("1")})
        ids(read(bucket, path, since="2026-02-20", categories=["Data", "Management"]))
        assert ids(read(bucket, path, since="2026-02-21", categories=["Data"])) == []

    def test_other_accounts(self, path: Path) -> None:
        """Accounts that are added are read from their begin, and the others go on."""
        bucket = Bucket({key(0): log_file("1"), key(0, region="us-east-1"): log_file("2")})
        assert ids(read(bucket, path, regions="eu-west-1")) == ["1"]
        assert ids(read(bucket, path, regions=["eu-west-1", "us-east-1"])) == ["2"]

    def test_times_in_other_zones(self, path: Path) -> None:
        """Times are compared, not their texts."""
        bucket = Bucket({key(0): log_file("1")})
        zone = timezone(timedelta(hours=5))
        ids(read(bucket, path, since=datetime(2026, 2, 20, 1, tzinfo=UTC)))
        assert ids(read(bucket, path, since=datetime(2026, 2, 20, 6, tzinfo=zone))) == []
        with pytest.raises(CursorError, match="read with since="):
            list(read(bucket, path, since=datetime(2026, 2, 20, 5, tzinfo=zone)))

    def test_within_the_folder_that_is_read(self, tmp_path: Path, path: Path) -> None:
        """The cursor's own file is no log file."""
        (tmp_path / "log.json").write_bytes(log_file("1"))
        assert ids(trailsdk.read(tmp_path, cursor=trailsdk.Cursor(path))) == ["1"]
        stream = trailsdk.read(tmp_path, cursor=trailsdk.Cursor(path))
        assert ids(stream) == []
        assert (stream.stats.consumed, stream.stats.skipped) == (1, 1)

    def test_several_locations(self, tmp_path: Path) -> None:
        """`read` with a cursor takes one location."""
        with pytest.raises(UsageError, match="one location"):
            trailsdk.read("a", "b", cursor=trailsdk.Cursor(tmp_path / "c"))

    def test_what_has_no_files(self, tmp_path: Path) -> None:
        """Standard input and open files cannot be remembered."""
        cursor = trailsdk.Cursor(tmp_path / "c")
        with pytest.raises(UsageError, match="standard input"):
            trailsdk.read("-", cursor=cursor)
        with (tmp_path / "f").open("wb+") as file, pytest.raises(UsageError, match="no source"):
            trailsdk.read(file, cursor=cursor)
        with pytest.raises(UsageError, match="negative"):
            trailsdk.Cursor("x", overlap=timedelta(days=-1))

    def test_from_another_folder(self, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Local files are the same from wherever one looks."""
        file = tmp_path / "trail" / key(0)
        file.parent.mkdir(parents=True)
        file.write_bytes(log_file("1"))
        assert ids(trailsdk.read(tmp_path / "trail", cursor=trailsdk.Cursor(path))) == ["1"]
        monkeypatch.chdir(tmp_path)
        assert ids(trailsdk.read("trail", cursor=trailsdk.Cursor(path))) == []
        monkeypatch.chdir(tmp_path / "trail")
        assert ids(trailsdk.read("../trail", cursor=trailsdk.Cursor(path))) == []


class TestTwoAtOnce:
    """Two readers with one cursor are noticed, and nobody's progress is lost."""

    def test_the_second_that_writes(self, path: Path) -> None:
        """It gets an error; what the first wrote stays."""
        bucket = Bucket({key(0): log_file("1", "2"), key(5): log_file("3")})
        one, other = read(bucket, path), read(bucket, path)
        next(one)
        next(other)
        one.commit()
        with pytest.raises(CursorConflictError, match="another reader"):
            other.commit()
        with pytest.raises(CursorConflictError):
            other.close()
        one.close()
        assert ids(read(bucket, path)) == ["2", "3"]

    def test_it_was_deleted_in_between(self, path: Path) -> None:
        """A cursor that vanishes is not begun anew in the middle."""
        bucket = Bucket({key(0): log_file("1", "2")})
        stream = read(bucket, path)
        next(stream)
        stream.commit()
        path.unlink()
        next(stream)
        with pytest.raises(CursorError):
            stream.commit()
        with pytest.raises(CursorError):
            stream.close()

    def test_it_does_not_hide_what_was_wrong(self, path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """An error of the stream is what the caller sees; that nothing is saved is logged."""
        bucket = Bucket({key(0): log_file("1"), key(5): log_file("2")})
        bucket.broken.add(key(5))
        stream = read(bucket, path)
        next(stream)
        ids(read(bucket, path, on_error="skip"))
        with pytest.raises(TrailError, match="broken"):
            next(stream)
        assert "progress is not saved" in caplog.text


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _scribbled(data: bytes) -> bytes:
    return data[:60] + b"\xff\x00\xff" * 100 + data[360:]


class TestDamage:
    """A cursor that cannot be understood is an error that says what to do; it is never begun anew by itself."""

    @pytest.mark.parametrize("damage", [_cut, _scribbled, lambda _: b""])
    def test_damaged(self, path: Path, damage: Callable[[bytes], bytes]) -> None:
        """Nothing is read, and the file is left as it is."""
        bucket = Bucket({key(0): log_file("1")})
        ids(read(bucket, path))
        content = damage(path.read_bytes())
        path.write_bytes(content)
        with pytest.raises(CursorError):
            list(read(bucket, path, on_error="skip"))
        assert path.read_bytes() == content

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"hello", b'{"trailsdk_cursor": 2}', b"1"])
    def test_foreign(self, path: Path, content: bytes) -> None:
        """Another file is not overwritten."""
        path.write_bytes(content)
        with pytest.raises(CursorError):
            list(read(Bucket({key(0): log_file("1")}), path))
        assert path.read_bytes() == content

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("folders", {"x": {"newest": "zzz", "settled": "", "files": {}}}),
            ("unfinished", 1),
            ("location", None),
            ("since", "x"),
        ],
    )
    def test_wrong_values(self, tmp_path: Path, field: str, value: object) -> None:
        """Values that no cursor has are damage, too."""
        path = tmp_path / "cursor"
        bucket = Bucket({key(0): log_file("1")})
        ids(read(bucket, path, since="2026-01-01"))
        path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
        with pytest.raises(CursorError, match="damaged"):
            list(read(bucket, path, since="2026-01-01"))

    def test_where_nothing_can_be_written(self, tmp_path: Path) -> None:
        """It is told before anything is read."""
        bucket = Bucket({key(0): log_file("1")})
        for name in ("no/cursor.json", "no/cursor.db"):
            with pytest.raises(CursorError):
                next(read(bucket, tmp_path / name))
        assert bucket.gets == []

    def test_a_folder(self, path: Path) -> None:
        """A folder is no cursor."""
        path.mkdir()
        with pytest.raises(CursorError):
            next(read(Bucket({key(0): log_file("1")}), path))

    def test_nothing_is_left_behind(self, path: Path) -> None:
        """Beside the cursor there is no other file."""
        ids(read(Bucket({key(0): log_file("1")}), path))
        assert list(path.parent.iterdir()) == [path]

    def test_odd_names(self, path: Path) -> None:
        """Names that are no UTF-8, quotes and all that are kept as they are."""
        bucket = Bucket({"b\udcff.json": log_file("1"), "a'\"\n.json": log_file("2"), "é.json": log_file("3")})
        assert len(ids(read(bucket, path))) == 3
        bucket.broken.update(bucket.objects)
        assert ids(read(bucket, path)) == []


class TestOwnStore:
    """A cursor may be kept wherever the caller wants."""

    def test_kept_by_the_caller(self) -> None:
        """Two methods do, and each save is one generation later."""
        store = HeldStore()
        bucket = Bucket({key(0): log_file("1")})
        assert ids(read(bucket, store)) == ["1"]
        assert ids(read(bucket, store)) == []
        assert store.saved is not None
        assert store.saved.generation == 1
        bucket.objects[key(5)] = log_file("2")
        assert ids(read(bucket, store)) == ["2"]
        assert store.saved.generation == 2

    def test_its_own_errors(self) -> None:
        """What the caller's store raises passes through."""

        class Broken(HeldStore):
            def save(self, saved: Saved) -> bool:  # noqa: ARG002 (as any store)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            list(read(Bucket({key(0): log_file("1")}), Broken()))
