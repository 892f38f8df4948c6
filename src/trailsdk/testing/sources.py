"""The contract of sources, as a class of tests that a source's author subclasses.

```python
from trailsdk.testing.sources import SourceContract


class TestMySource(SourceContract):
    def location(self, folder, files):
        ...  # put the files where the source finds them
        return "myscheme://..."
```
"""

import gc
import gzip
import json
import threading
import tracemalloc
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar
from unittest import SkipTest

import trailsdk
from trailsdk.errors import TrailError
from trailsdk.plugins.manager import make_manager
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, Stats
from trailsdk.sources.following import UpToDate

__all__ = ["SourceContract"]


def _log_file(*documents: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": documents}).encode(), mtime=0)


def _key(day: int, minute: int = 10, region: str = "eu-west-1", account: str = "111122223333") -> str:
    name = f"{account}_CloudTrail_{region}_202603{day:02}T09{minute:02}Z_AbCdEfGh01234567.json.gz"
    return f"AWSLogs/{account}/CloudTrail/{region}/2026/03/{day:02}/{name}"


def _documents(start: int, count: int) -> list[dict[str, Any]]:
    return [{"eventID": f"{number:04}", "eventName": "PutObject"} for number in range(start, start + count)]


class SourceContract:
    """What every source owes its users. Subclass it in your tests, and say where the files are."""

    plugins: ClassVar[Sequence[object]] = ()
    """Plugins to hand in, where the source is not installed as one."""

    def read(self, location: str, **options: Any) -> trailsdk.RecordStream:
        """Read with these plugins."""
        return trailsdk.read(location, plugins=self.plugins, **options)

    @abstractmethod
    def location(self, folder: Path, files: dict[str, bytes]) -> str:
        """Put files where the source finds them.

        Args:
            folder: An empty folder to work in.
            files: Content by key.

        Returns:
            The location to read.
        """

    def add(self, location: str, folder: Path, files: dict[str, bytes]) -> None:
        """Add files to a location, or replace some; the others stay as they are.

        By default this is `location` once more, if that gives the same location. Tests of resumption need it.

        Args:
            location: What `location` returned.
            folder: The folder that it was given.
            files: Content by key.
        """
        if self.location(folder, files) != location:
            raise SkipTest(f"{type(self).__name__} has no method add, and location() cannot be asked twice")

    def read_on(self, folder: Path, location: str, **options: Any) -> trailsdk.RecordStream:
        """Read with a cursor, kept in a file in the folder; skip the test where the source offers none."""
        scheme, mark, _ = location.partition("://")
        source = make_manager(self.plugins).sources()[scheme if mark else "file"].given(location)
        if not hasattr(source, "with_cursor"):
            raise SkipTest(f"{type(source).__name__} has no method with_cursor: it offers no resumption")
        return self.read(location, cursor=trailsdk.Cursor(folder.with_name(f"{folder.name}-cursor.json")), **options)

    def test_every_record_once(self, tmp_path: Path) -> None:
        """All records of all files come, each once, and the counters add up."""
        files = {_key(day): _log_file(*_documents(day * 10, 3)) for day in range(1, 6)}
        stream = self.read(self.location(tmp_path, files))
        found = sorted(str(record.event_id) for record in stream)
        assert found == [f"{day * 10 + number:04}" for day in range(1, 6) for number in range(3)]
        stats = stream.stats
        assert (stats.listed, stats.read, stats.unreached) == (5, 5, 0)
        _files_add_up(stats)
        assert stats.seen == stats.yielded == 15

    def test_order_is_stable(self, tmp_path: Path) -> None:
        """Read twice, the records come in the same order; within a file in the file's."""
        files = {_key(day): _log_file(*_documents(day * 10, 5)) for day in (3, 1, 2)}
        location = self.location(tmp_path, files)
        once, twice = ([record.event_id for record in self.read(location)] for _ in range(2))
        assert once == twice
        for day in (1, 2, 3):
            own = [each for each in once if each is not None and int(each) // 10 == day]
            assert own == sorted(own)

    def test_selection_by_key(self, tmp_path: Path) -> None:
        """What a key tells is not opened: other accounts and other Regions."""
        files = {
            _key(7): _log_file(*_documents(0, 1)),
            _key(7, region="us-east-1"): _log_file(*_documents(1, 1)),
            _key(7, account="444455556666"): _log_file(*_documents(2, 1)),
        }
        stream = self.read(self.location(tmp_path, files), accounts="111122223333", regions="eu-west-1")
        assert [record.event_id for record in stream] == ["0000"]
        assert stream.stats.read == 1

    def test_a_bad_file_costs_one_file(self, tmp_path: Path) -> None:
        """A damaged file is one error of ours; the others are read."""
        good = _log_file(*_documents(0, 2))
        files = {_key(1): good, _key(2): good[:-15], _key(3): b"{", _key(4): good}
        errors: list[TrailError] = []
        stream = self.read(self.location(tmp_path, files), on_error=errors.append)
        assert sum(1 for _ in stream) >= 4
        assert (len(errors), stream.stats.failed, stream.stats.read) == (2, 2, 2)

    def test_foreign_files_are_skipped(self, tmp_path: Path) -> None:
        """Text that is no JSON may lie among the log files; it is counted."""
        files = {_key(1): _log_file(*_documents(0, 1)), "AWSLogs/README.txt": b"hello"}
        stream = self.read(self.location(tmp_path, files))
        assert sum(1 for _ in stream) == 1
        assert (stream.stats.listed, stream.stats.skipped) == (2, 1)

    def test_origins(self, tmp_path: Path) -> None:
        """A record's origin names the file, so that its key can be read from it."""
        key = _key(7)
        [record] = self.read(self.location(tmp_path, {key: _log_file(*_documents(0, 1))}))
        assert record.origin is not None
        assert record.origin.index == 0
        assert str(record.origin.location).endswith(key)
        assert record.origin.key is not None

    def test_lazy(self, tmp_path: Path) -> None:
        """Nothing is opened before its first record is asked for."""
        files = {_key(day): _log_file(*_documents(day, 1)) for day in range(1, 20)}
        with self.read(self.location(tmp_path, files)) as stream:
            next(stream)
            assert stream.stats.read <= 1

    def test_closing_releases_everything(self, tmp_path: Path) -> None:
        """A stream that is closed or dropped early leaves no thread and no open file."""
        files = {_key(day): _log_file(*_documents(day, 3)) for day in range(1, 5)}
        location = self.location(tmp_path, files)
        # What libraries open once in a process, and keep, is none of the stream's.
        list(self.read(location))
        threads = threading.active_count()
        opened = _open_files()
        for _ in range(3):
            next(self.read(location))
            with self.read(location) as stream:
                next(stream)
            assert list(stream) == []
        gc.collect()
        assert threading.active_count() == threads
        assert _open_files() <= opened

    def test_memory_is_flat(self, tmp_path: Path) -> None:
        """Memory does not grow with the number of files."""
        content = _log_file(*_documents(0, 20))
        files = {_key(1 + number // 50, number % 50): content for number in range(600)}
        stream = self.read(self.location(tmp_path, files))
        seen = peak = early = 0
        tracemalloc.start()
        try:
            for seen, _ in enumerate(stream, 1):
                # By then all threads have had their turn.
                if seen == 6000:
                    early = tracemalloc.get_traced_memory()[1]
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert seen == 12_000
        assert peak < early + 1_000_000

    def test_it_is_a_source(self, tmp_path: Path) -> None:
        """What the scheme opens has a location, a plan and blobs; blobs come one by one."""
        location = self.location(tmp_path, {_key(1): _log_file(*_documents(0, 1))})
        scheme, mark, _ = location.partition("://")
        source = make_manager(self.plugins).sources()[scheme if mark else "file"].given(location)
        assert isinstance(source, Source)
        assert source.plan(Selection()).location
        assert all(isinstance(blob, (Blob, UpToDate)) for blob in source.blobs(Selection(), Stats()))

    def test_resumed(self, tmp_path: Path) -> None:
        """With a cursor, what was consumed is not opened again, and a file that is left in the middle goes on there."""
        location = self.location(tmp_path, {_key(day): _log_file(*_documents(day * 10, 3)) for day in (1, 2, 3)})
        with self.read_on(tmp_path, location) as stream:
            once = [str(next(stream).event_id) for _ in range(5)]
            stream.commit()
        again = self.read_on(tmp_path, location)
        twice = [str(record.event_id) for record in again]
        assert sorted(once + twice) == [f"{day * 10 + number:04}" for day in (1, 2, 3) for number in range(3)]
        assert (again.stats.consumed, again.stats.read) == (1, 2)
        _files_add_up(again.stats)
        last = self.read_on(tmp_path, location)
        assert list(last) == []
        assert last.stats.read == 0

    def test_resumed_after_a_crash(self, tmp_path: Path) -> None:
        """After a crash everything since the last commit comes again, and nothing else."""
        location = self.location(tmp_path, {_key(day): _log_file(*_documents(day * 10, 2)) for day in (1, 2, 3)})
        with suppress(_CrashError), self.read_on(tmp_path, location) as stream:
            once = [next(stream).event_id for _ in range(3)]
            stream.commit()
            next(stream)
            next(stream)
            raise _CrashError
        twice = [record.event_id for record in self.read_on(tmp_path, location)]
        assert sorted(map(str, once + twice)) == [f"{day * 10 + number:04}" for day in (1, 2, 3) for number in (0, 1)]

    def test_a_late_file_is_read(self, tmp_path: Path) -> None:
        """A file that comes after newer ones were consumed is read, once."""
        files = {_key(day): _log_file(*_documents(day, 1)) for day in (5, 6)}
        location = self.location(tmp_path, files)
        list(self.read_on(tmp_path, location))
        self.add(location, tmp_path, {_key(5, minute=5): _log_file(*_documents(9, 1))})
        assert [record.event_id for record in self.read_on(tmp_path, location)] == ["0009"]
        assert list(self.read_on(tmp_path, location)) == []

    def test_a_replaced_file_is_read(self, tmp_path: Path) -> None:
        """A file whose content has changed is read again and counted: it may not hide behind the old one."""
        files = {_key(day): _log_file(*_documents(day, 1)) for day in (5, 6)}
        location = self.location(tmp_path, files)
        list(self.read_on(tmp_path, location))
        self.add(location, tmp_path, {_key(6): _log_file(*_documents(8, 2))})
        stream = self.read_on(tmp_path, location)
        assert [record.event_id for record in stream] == ["0008", "0009"]
        assert stream.stats.replaced == 1

    def test_a_failed_file_comes_again(self, tmp_path: Path) -> None:
        """A file that could not be read is not consumed."""
        files = {_key(1): _log_file(*_documents(1, 1)), _key(2): b"{", _key(3): _log_file(*_documents(3, 1))}
        location = self.location(tmp_path, files)
        stream = self.read_on(tmp_path, location, on_error="skip")
        assert [record.event_id for record in stream] == ["0001", "0003"]
        errors: list[TrailError] = []
        assert list(self.read_on(tmp_path, location, on_error=errors.append)) == []
        assert len(errors) == 1
        self.add(location, tmp_path, {_key(2): _log_file(*_documents(2, 1))})
        assert [record.event_id for record in self.read_on(tmp_path, location)] == ["0002"]


class _CrashError(Exception):
    """A program that ends in the middle."""


def _files_add_up(stats: Stats) -> None:
    """Check that each file is counted once."""
    parts = (stats.read, stats.pruned, stats.skipped, stats.consumed, stats.failed, stats.unreached)
    assert stats.listed == sum(parts)


def _open_files() -> int:
    """Count open files, where the system tells."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0
