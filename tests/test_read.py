"""`read()`: which files, which records, in which order, and what the counters say."""

import errno
import gc
import gzip
import io
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import trailsdk
from trailsdk.errors import (
    LocationError,
    MalformedRecordError,
    NotFoundError,
    NotRecordsError,
    TimeError,
    TrailError,
    TruncatedError,
    UnreadableError,
    UsageError,
)
from trailsdk.select.selection import Selection
from trailsdk.sources import Blob, SourcePlan, Stats

LOG_NAME = "111122223333_CloudTrail_eu-west-1_20260307T0910Z_AbCdEfGh01234567.json.gz"


def log_file(path: Path, *documents: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": documents}).encode()))
    return path


def delivered(root: Path, account: str, region: str, time: datetime, *documents: dict[str, Any]) -> Path:
    """Write a log file where CloudTrail would have delivered it."""
    name = f"{account}_CloudTrail_{region}_{time:%Y%m%dT%H%MZ}_AbCdEfGh01234567.json.gz"
    return log_file(root / f"AWSLogs/{account}/CloudTrail/{region}/{time:%Y/%m/%d}" / name, *documents)


def at(hour: int, minute: int = 0, day: int = 7) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def event(time: datetime | None = None, **more: Any) -> dict[str, Any]:
    return ({} if time is None else {"eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"}) | more


def names(stream: Iterator[trailsdk.Record]) -> list[str | None]:
    return [record.event_name for record in stream]


class TestLocations:
    """A path, a folder, a glob, `-`, an open file, a source."""

    def test_order_of_names(self, tmp_path: Path) -> None:
        """A folder is read in the order of names, its folders among its files."""
        for name in ("b/1.json.gz", "a.json.gz", "c.json.gz", "b/0.json.gz"):
            log_file(tmp_path / name, event(eventName=name))
        assert names(trailsdk.read(tmp_path)) == ["a.json.gz", "b/0.json.gz", "b/1.json.gz", "c.json.gz"]

    def test_several_locations(self, tmp_path: Path) -> None:
        """Locations are read one after the other, as they were given."""
        one, two = (log_file(tmp_path / name, event(eventName=name)) for name in ("1", "2"))
        assert names(trailsdk.read(two, str(one))) == ["2", "1"]

    def test_glob(self, tmp_path: Path) -> None:
        """A glob gives its matches in the order of names; `**` goes into folders."""
        for name in ("x/1.gz", "x/y/2.gz", "x/3.txt"):
            log_file(tmp_path / name, event(eventName=name))
        assert names(trailsdk.read(f"{tmp_path}/**/*.gz")) == ["x/1.gz", "x/y/2.gz"]

    def test_a_file_that_looks_like_a_glob(self, tmp_path: Path) -> None:
        """A path that exists is no glob."""
        path = log_file(tmp_path / "a[1].gz", event(eventName="x"))
        assert names(trailsdk.read(path)) == ["x"]

    def test_open_files(self, tmp_path: Path) -> None:
        """An open file is read from where it stands, and left open."""
        path = log_file(tmp_path / "f", event(eventName="x"))
        with path.open("rb") as opened:
            assert names(trailsdk.read(opened)) == ["x"]
            assert not opened.closed

    def test_from_where_it_stands(self) -> None:
        """What was read before is not read again."""
        opened = io.BytesIO(b'xx{"eventName":"y"}')
        opened.seek(2)
        assert names(trailsdk.read(opened)) == ["y"]

    def test_memory(self) -> None:
        """An open file may be memory; its records say so in their origin."""
        [record] = trailsdk.read(io.BytesIO(b'{"eventName":"y"}'))
        assert record.origin == trailsdk.Origin("<BytesIO>", 0)

    def test_standard_input(self) -> None:
        """`-` is standard input, a pipe too."""
        code = "import trailsdk; print([r.event_name for r in trailsdk.read('-')])"
        data = gzip.compress(b'{"Records":[{"eventName":"piped"}]}')
        done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
        assert done.stdout.decode().strip() == "['piped']"

    def test_nothing_there(self, tmp_path: Path) -> None:
        """A path without anything is an error that obeys `on_error`, and is counted."""
        with pytest.raises(NotFoundError, match="nowhere"):
            list(trailsdk.read(tmp_path / "nowhere"))
        stream = trailsdk.read(tmp_path / "nowhere*", on_error="skip")
        assert list(stream) == []
        assert (stream.stats.listed, stream.stats.failed) == (1, 1)

    @pytest.mark.parametrize("location", ["gopher://x", "", b"bytes", 5, None])
    def test_no_location(self, location: Any) -> None:
        """What cannot be read is refused at once."""
        with pytest.raises(LocationError):
            trailsdk.read(location)

    def test_no_locations(self) -> None:
        """At least one is wanted."""
        with pytest.raises(UsageError, match="at least one"):
            trailsdk.read()

    def test_refused(self) -> None:
        """A file that may not be read, or that breaks off while it is read, costs this file."""
        errors: list[TrailError] = []
        stream = trailsdk.read(Refusing(), on_error=errors.append)
        assert names(stream) == ["good"]
        assert [str(error) for error in errors] == ["a: Permission denied", "b: Input/output error"]
        assert all(isinstance(error, UnreadableError) for error in errors)
        assert (stream.stats.listed, stream.stats.read, stream.stats.failed) == (3, 1, 2)

    def test_a_folder_in_place_of_a_file(self, tmp_path: Path) -> None:
        """A link that leads nowhere, a pipe and a circle of links in a folder are not followed."""
        (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
        (tmp_path / "circle").symlink_to(tmp_path)
        os.mkfifo(tmp_path / "pipe")
        log_file(tmp_path / "file", event(eventName="x"))
        (tmp_path / "link").symlink_to(tmp_path / "file")
        assert names(trailsdk.read(tmp_path)) == ["x", "x"]

    def test_file_names_of_any_bytes(self, tmp_path: Path) -> None:
        """Names that are no UTF-8 are read too."""
        log_file(tmp_path / os.fsdecode(b"\xff\n.gz"), event(eventName="x"))
        [record] = trailsdk.read(tmp_path)
        assert record.origin is not None
        assert os.fsencode(record.origin.location or "").endswith(b"\xff\n.gz")


class Breaking(io.BytesIO):
    """A file whose disk fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), size)


class Refusing:
    """A source of a file that may not be opened, one that cannot be read, and a good one."""

    location = "refusing"

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (there is nothing to plan)
        return SourcePlan(self.location)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:  # noqa: ARG002 (all is wanted)
        def refuse() -> io.BytesIO:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a")

        for name, opens in (("a", refuse), ("b", Breaking), ("c", lambda: io.BytesIO(b'{"eventName":"good"}'))):
            yield Blob(name, opens)


class TestFaultsOfFiles:
    """What is handed in may be no binary file, or closed."""

    def test_text(self) -> None:
        """An open text file is refused with a hint."""
        with pytest.raises(UnreadableError, match="binary mode"):
            list(trailsdk.read(io.StringIO("{}")))  # type: ignore[arg-type]  # that is the test

    def test_closed(self) -> None:
        """A closed file is an error of ours."""
        closed = io.BytesIO()
        closed.close()
        with pytest.raises(UnreadableError, match="closed"):
            list(trailsdk.read(closed))


class TestFolders:
    """What is met in a folder may be no log file at all."""

    def test_foreign_files_are_skipped(self, tmp_path: Path) -> None:
        """Text that is no JSON, digests and hidden files are no errors; the first two are counted."""
        log_file(tmp_path / "log.gz", event(eventName="x"))
        (tmp_path / "README.md").write_text("# Hello")
        (tmp_path / ".DS_Store").write_bytes(b"\0\0")
        log_file(tmp_path / "111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260307T101112Z.json.gz")
        stream = trailsdk.read(tmp_path)
        assert names(stream) == ["x"]
        assert (stream.stats.listed, stream.stats.read, stream.stats.skipped) == (3, 1, 2)

    def test_json_that_holds_no_records_is_an_error(self, tmp_path: Path) -> None:
        """A digest under another name is named, never mis-read."""
        (tmp_path / "x").write_text('{"digestS3Object":"k","digestPublicKeyFingerprint":"f"}')
        with pytest.raises(NotRecordsError, match="a digest file"):
            list(trailsdk.read(tmp_path))

    def test_asked_for_by_name(self, tmp_path: Path) -> None:
        """A foreign file that is asked for by name is an error."""
        (tmp_path / "README.md").write_text("# Hello")
        with pytest.raises(NotRecordsError, match="other than JSON"):
            list(trailsdk.read(tmp_path / "README.md"))


class TestSelection:
    """What the caller asked for."""

    def test_half_open(self, tmp_path: Path) -> None:
        """
        The window is half-open.

        > `since` and `until` are half-open, `[since, until)`
        """
        log_file(tmp_path / "f", *(event(at(9, minute), eventName=str(minute)) for minute in range(5)))
        assert names(trailsdk.read(tmp_path, since=at(9, 1), until=at(9, 3))) == ["1", "2"]
        assert names(trailsdk.read(tmp_path, since="2026-03-07T09:01", until="2026-03-07T10:03+01:00")) == ["1", "2"]
        assert names(trailsdk.read(tmp_path, since="2m", now=at(9, 5))) == ["3", "4"]

    def test_records_without_a_time_are_kept(self, tmp_path: Path) -> None:
        """They are counted; aggregated events have the begin of their window."""
        window = {"timeWindow": {"windowStart": "2026-03-07T09:00:00Z"}}
        log_file(tmp_path / "f", event(eventName="none"), event(eventName="in") | window, event(at(8)))
        stream = trailsdk.read(tmp_path, since=at(9))
        assert names(stream) == ["none", "in"]
        assert (stream.stats.untimed, stream.stats.filtered, stream.stats.yielded) == (1, 1, 2)

    def test_accounts_by_key_and_by_record(self, tmp_path: Path) -> None:
        """The key decides where the file has one, else the record."""
        delivered(tmp_path, "111122223333", "eu-west-1", at(9), event(eventName="a", recipientAccountId="0"))
        delivered(tmp_path, "444455556666", "eu-west-1", at(9), event(eventName="b"))
        log_file(
            tmp_path / "flat.gz",
            event(eventName="c", recipientAccountId="444455556666"),
            event(eventName="d", userIdentity={"accountId": "111122223333"}),
            event(eventName="e"),
        )
        stream = trailsdk.read(tmp_path, accounts="111122223333")
        assert names(stream) == ["a", "d"]
        assert (stream.stats.listed, stream.stats.read, stream.stats.filtered) == (2, 2, 2)

    def test_regions(self, tmp_path: Path) -> None:
        """Folders of other Regions are not entered."""
        for region in ("eu-west-1", "us-east-1"):
            delivered(tmp_path, "111122223333", region, at(9), event(eventName=region))
        log_file(tmp_path / "flat.gz", event(eventName="x", awsRegion="us-east-1"), event(awsRegion="eu-west-1"))
        assert names(trailsdk.read(tmp_path, regions=["us-east-1", "us-west-2"])) == ["us-east-1", "x"]

    def test_days(self, tmp_path: Path) -> None:
        """Only days that can hold an answer are entered, with room for late delivery."""
        for day in range(1, 11):
            time = at(12, day=day)
            delivered(tmp_path, "111122223333", "eu-west-1", time, event(time, eventName=str(day)))
        late = at(10, day=8)
        delivered(tmp_path, "111122223333", "eu-west-1", late, event(at(9, day=7), eventName="late"))
        stream = trailsdk.read(tmp_path, since=at(0, day=7), until=at(23, day=7))
        assert names(stream) == ["7", "late"]
        # The day before is entered too: clocks may differ by minutes. Its file's name says that it is too old.
        assert (stream.stats.listed, stream.stats.pruned, stream.stats.filtered) == (4, 1, 1)

    def test_late_delivery_is_an_option(self, tmp_path: Path) -> None:
        """How late is late can be said."""
        delivered(tmp_path, "111122223333", "eu-west-1", at(0, day=20), event(at(9), eventName="very late"))
        assert names(trailsdk.read(tmp_path, until=at(10))) == []
        source = trailsdk.Local(tmp_path, late_delivery=timedelta(days=30))
        assert names(trailsdk.read(source, until=at(10))) == ["very late"]

    def test_categories(self, sample_trail: Path) -> None:
        """By `eventCategory`; folders of other categories are not entered."""
        stream = trailsdk.read(sample_trail, categories=["Insight", "NetworkActivity"])
        assert {record.event_category for record in stream} == {"Insight", "NetworkActivity"}
        assert stream.stats.listed == 2
        data = trailsdk.read(sample_trail, categories="Data")
        assert names(data) == ["GetObject"]

    def test_categories_of_old_records(self, tmp_path: Path) -> None:
        """Before 1.07 there is none: `managementEvent` tells, or the type; else the record is kept for both."""
        log_file(
            tmp_path / "f",
            event(eventName="old"),
            event(eventName="data", managementEvent=False),
            event(eventName="management", managementEvent=True),
            event(eventName="network", eventType="AwsVpceEvents"),
            event(eventName="insight", eventType="AwsCloudTrailInsight"),
        )
        assert names(trailsdk.read(tmp_path, categories="Data")) == ["old", "data"]
        assert names(trailsdk.read(tmp_path, categories="Management")) == ["old", "management"]
        assert names(trailsdk.read(tmp_path, categories="NetworkActivity")) == ["network"]
        assert names(trailsdk.read(tmp_path, categories="Insight")) == ["insight"]

    def test_where(self, sample_trail: Path) -> None:
        """A function of a record."""
        stream = trailsdk.read(sample_trail, where=lambda record: record.outcome == "denied")
        assert names(stream) == ["StopLogging", "GetObject"]
        assert stream.stats.filtered == stream.stats.seen - 2

    def test_what_where_raises_passes_through(self, sample_trail: Path) -> None:
        """
        The caller's own errors are the caller's.

        > What the caller's own callables raise passes through unchanged.
        """
        with pytest.raises(ZeroDivisionError):
            list(trailsdk.read(sample_trail, where=lambda _: bool(1 / 0), on_error="skip"))
        with pytest.raises(TypeError, match="mine"):
            list(trailsdk.read(sample_trail, where=fail_with(TypeError("mine")), on_error="skip"))
        with pytest.raises(OSError, match="mine"):
            list(trailsdk.read(sample_trail, where=fail_with(OSError("mine")), on_error="skip"))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"since": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001 (that is the test)
            ({"since": "yesterday"}, "expected ISO 8601"),
            ({"since": 5}, "expected an aware datetime"),
            ({"since": "999999999w"}, "too long ago"),
            ({"since": "2026-01-02", "until": "2026-01-01"}, "before since"),
            ({"now": datetime(2026, 1, 1)}, "expected an aware datetime"),  # noqa: DTZ001 (that is the test)
            ({"categories": "management"}, "there are Management"),
            ({"accounts": [111122223333]}, "expected text"),
            ({"accounts": 111122223333}, "expected text"),
            ({"now": 5}, "expected an aware datetime"),
            ({"where": 5}, "or a function"),
            ({"on_error": "ignore"}, "expected 'raise', 'skip'"),
        ],
    )
    def test_misuse(self, tmp_path: Path, options: dict[str, Any], message: str) -> None:
        """A wrong call is refused at once, before anything is read."""
        with pytest.raises((UsageError, TimeError), match=message):
            trailsdk.read(tmp_path, **options)


def fail_with(error: Exception) -> Callable[[trailsdk.Record], bool]:
    def where(_: trailsdk.Record) -> bool:
        raise error

    return where


class TestKeys:
    """A key decides wherever a file has one."""

    def test_named_files_and_globs(self, tmp_path: Path) -> None:
        """Files that are named, or matched by a glob, are selected by their keys as those of a folder are."""
        path = delivered(tmp_path, "111122223333", "eu-west-1", at(9), event(eventName="x"))
        for location in (path, f"{tmp_path}/**/*.gz", tmp_path):
            assert names(trailsdk.read(location, accounts="444455556666")) == []
            assert names(trailsdk.read(location, regions="us-east-1")) == []
            assert names(trailsdk.read(location, accounts="111122223333", regions="eu-west-1")) == ["x"]

    def test_any_source(self, tmp_path: Path) -> None:
        """Also where a source prunes nothing."""
        path = delivered(tmp_path, "111122223333", "eu-west-1", at(9), event(eventName="x"))

        class Careless(Refusing):
            def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:  # noqa: ARG002
                yield Blob(str(path), lambda: path.open("rb"), str(path))

        assert names(trailsdk.read(Careless(), accounts="444455556666")) == []
        assert names(trailsdk.read(Careless(), accounts="111122223333")) == ["x"]

    def test_a_glob_reads_each_file_once(self, tmp_path: Path) -> None:
        """`**` matches folders and what is in them; each file is read once, digests are skipped."""
        delivered(tmp_path, "111122223333", "eu-west-1", at(9), event(eventName="x"))
        digest = "111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260307T101112Z.json.gz"
        log_file(tmp_path / digest)
        for pattern in ("**", "**/*", "**/*.gz", "*"):
            assert names(trailsdk.read(f"{tmp_path}/{pattern}")) == ["x"]

    def test_an_overwritten_log_file(self, tmp_path: Path) -> None:
        """A file that is named like a log file is none to skip, whatever is in it."""
        (tmp_path / LOG_NAME).write_text("overwritten")
        with pytest.raises(NotRecordsError, match="other than JSON"):
            list(trailsdk.read(tmp_path))

    def test_extreme_days(self, tmp_path: Path) -> None:
        """The first and the last day of the calendar are days."""
        last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
        delivered(tmp_path, "111122223333", "eu-west-1", last, event(eventName="x"))
        assert names(trailsdk.read(tmp_path, since="0001-01-01", until="9999-12-31T23:59:59Z")) == ["x"]

    def test_deep_folders(self, tmp_path: Path) -> None:
        """A tree may be deeper than functions can call each other."""
        here = Path.cwd()
        levels = 1200
        try:
            os.chdir(tmp_path)
            for _ in range(levels):
                Path("d").mkdir()
                os.chdir("d")
            Path("f").write_bytes(b'{"eventName":"deep"}')
            os.chdir(here)
            stream = trailsdk.read(tmp_path, on_error="skip")
            list(stream)
            assert stream.stats.listed == 1
        finally:
            # pytest removes old temporary folders level by level, by calls within calls: it cannot remove this one.
            os.chdir(here)
            (tmp_path / "/".join("d" * levels) / "f").unlink()
            for depth in range(levels, 0, -1):
                (tmp_path / "/".join("d" * depth)).rmdir()


class TestErrors:
    """What happens after an error."""

    def test_raise(self, tmp_path: Path) -> None:
        """By default the first error ends the stream, after the records before it."""
        (tmp_path / "f").write_bytes(b'{"Records":[{"eventName":"a"},null,{"eventName":"b"}]}')
        stream = trailsdk.read(tmp_path)
        assert next(stream).event_name == "a"
        with pytest.raises(MalformedRecordError):
            next(stream)
        assert list(stream) == []

    def test_a_function(self, tmp_path: Path) -> None:
        """A function receives each error; if it raises, that comes out."""
        (tmp_path / "f").write_bytes(b'{"Records":[{"eventName":"a"},null,{"eventName":"b"}]}')
        errors: list[TrailError] = []
        assert names(trailsdk.read(tmp_path, on_error=errors.append)) == ["a", "b"]
        assert len(errors) == 1

        def refuse(error: TrailError) -> None:
            raise KeyError(str(error))

        with pytest.raises(KeyError):
            list(trailsdk.read(tmp_path, on_error=refuse))

    def test_a_partly_read_file_is_failed(self, tmp_path: Path) -> None:
        """
        Its good records still come.

        > a partly read file is `failed`, its good records still come
        """
        data = gzip.compress(json.dumps({"Records": [event(eventName=str(n)) for n in range(100)]}).encode())
        (tmp_path / "f").write_bytes(data[:-12])
        log_file(tmp_path / "g", event(eventName="after"))
        errors: list[TrailError] = []
        stream = trailsdk.read(tmp_path, on_error=errors.append)
        found = names(stream)
        assert found[-1] == "after"
        assert len(found) > 50
        assert isinstance(errors[0], TruncatedError)
        assert (stream.stats.read, stream.stats.failed) == (1, 1)

    def test_the_stream_goes_on_after_a_bad_file(self, tmp_path: Path) -> None:
        """One bad file costs one file."""
        (tmp_path / "a").write_bytes(b"\x1f\x8bxxxxxxxxxxxxxxxxxxxxx")
        log_file(tmp_path / "b", event(eventName="good"))
        assert names(trailsdk.read(tmp_path, on_error="skip")) == ["good"]


class TestStream:
    """Lazy, one pass, closed when it is dropped, counted at any moment."""

    def test_lazy(self, tmp_path: Path) -> None:
        """A file is opened when its first record is asked for."""
        first = log_file(tmp_path / "a", event(eventName="a"))
        second = log_file(tmp_path / "b", event(eventName="b"))
        stream = trailsdk.read(first, second)
        assert next(stream).event_name == "a"
        second.unlink()
        with pytest.raises(NotFoundError):
            next(stream)

    def test_counters_in_between(self, tmp_path: Path) -> None:
        """Files that were not finished are unreached."""
        for name in "abc":
            log_file(tmp_path / name, event(), event())
        with trailsdk.read(tmp_path) as stream:
            for _ in range(3):
                next(stream)
            assert (stream.stats.listed, stream.stats.read, stream.stats.unreached) == (2, 1, 1)
            assert (stream.stats.yielded, stream.stats.seen) == (3, 3)
        assert list(stream) == []
        assert stream.stats.unreached == 1

    def test_dropping_closes(self, tmp_path: Path) -> None:
        """A dropped stream leaves no file open and no thread behind."""
        log_file(tmp_path / "a", event(), event())
        before = threading.active_count()
        opened = sum(1 for _ in Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else 0
        for _ in range(5):
            next(trailsdk.read(tmp_path))
        gc.collect()
        assert threading.active_count() == before
        if opened:
            assert sum(1 for _ in Path("/proc/self/fd").iterdir()) <= opened

    def test_one_pass(self, sample_trail: Path) -> None:
        """A second loop goes on where the first ended."""
        stream = trailsdk.read(sample_trail)
        for record in stream:
            assert record.raw is not None
            break
        rest = list(stream)
        assert len(rest) == stream.stats.yielded - 1

    def test_a_kept_record_keeps_no_file(self, tmp_path: Path) -> None:
        """
        A record owns only its own bytes.

        > keeping one record of a file does not keep the file
        """
        log_file(tmp_path / "f", event(eventName="small"), event(requestParameters={"x": "y" * 100_000}))
        kept = next(trailsdk.read(tmp_path))
        assert kept.raw == b'{"eventName": "small"}'
        reachable: set[int] = set()
        todo: list[object] = [kept]
        while todo:
            thing = todo.pop()
            if id(thing) not in reachable and not isinstance(thing, type):
                reachable.add(id(thing))
                assert not (isinstance(thing, (bytes, memoryview)) and len(thing) > 1000)
                todo.extend(gc.get_referents(thing))

    def test_records_are_freed(self, sample_trail: Path) -> None:
        """The stream keeps no record that the caller dropped."""
        stream = trailsdk.read(sample_trail)
        record: trailsdk.Record | None = next(stream)
        reference = weakref.ref(record)
        record = None
        next(stream)
        assert reference() is None

    def test_plan(self, tmp_path: Path) -> None:
        """The plan tells which days of delivery are looked at, without looking."""
        [plan] = trailsdk.read(tmp_path, since=at(9), until=at(10)).plan
        assert (plan.location, plan.first_day, plan.last_day) == (str(tmp_path), at(9).date(), at(0, day=8).date())

    def test_repr(self, tmp_path: Path) -> None:
        """It says what it reads, and how far it is."""
        assert repr(trailsdk.read(tmp_path)) == f"<RecordStream of {tmp_path}: 0 records>"


class TestOrigin:
    """Each record knows where it was read."""

    def test_log_file(self, tmp_path: Path) -> None:
        """File, place in it, and what the file's key says."""
        path = delivered(tmp_path, "111122223333", "eu-west-1", at(9, 10), event(), event())
        _, record = trailsdk.read(tmp_path)
        assert record.origin == trailsdk.Origin(str(path), 1)
        assert record.origin is not None
        assert record.origin.key is not None
        assert (record.origin.key.account_id, str(record.origin.key)) == ("111122223333", str(path))

    def test_envelopes(self) -> None:
        """What stood around the record is kept apart from it."""
        data = json.dumps({"detail-type": "AWS API Call via CloudTrail", "id": "i", "detail": {"eventName": "X"}})
        [record] = trailsdk.parse(data)
        assert record.event_name == "X"
        assert record.origin is not None
        assert record.origin.envelope == {"detail-type": "AWS API Call via CloudTrail", "id": "i"}

    def test_built_records_have_none(self) -> None:
        """What was read nowhere has no origin."""
        assert trailsdk.Record(event_name="X").origin is None
        assert trailsdk.parse_record("{}").origin is None
