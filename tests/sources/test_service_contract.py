"""Log groups and the event history keep the contract of sources, as far as it does not speak of files.

What is put there as files is what the service would have of them: their records. Each test that is another one here
says why.
"""

import gc
import gzip
import json
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

import trailsdk
from trailsdk.errors import TrailError
from trailsdk.sources.history import source
from trailsdk.sources.history.governor import Governor
from trailsdk.testing.fake_events import FakeEvents, LogEvent
from trailsdk.testing.sources import SourceContract

BEGIN = datetime.now(UTC) - timedelta(hours=2)
PATIENCE_SECONDS = 60


class ServiceContract(SourceContract):
    """The contract of a service that has records, and no files."""

    fake: FakeEvents
    uri: ClassVar[str]

    @pytest.fixture(autouse=True)
    def service(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with FakeEvents(page=7).serving() as self.fake:
            monkeypatch.setenv("AWS_ENDPOINT_URL", self.fake.url)
            monkeypatch.setattr(source, "shared_governor", lambda *_: Governor(per_second=1e9))
            yield

    def location(self, folder: Path, files: dict[str, bytes]) -> str:  # noqa: ARG002 (the contract's)
        """Give the service the records of all files, in the order of their keys, a second apart."""
        documents: list[Any] = []
        for key in sorted(files):
            records = json.loads(gzip.decompress(files[key]))["Records"]
            place = key.split("/")
            documents += [{"awsRegion": place[3], "recipientAccountId": place[1], **each} for each in records]
        self.put([{"eventTime": f"{_when(each):%Y-%m-%dT%H:%M:%SZ}", **one} for each, one in enumerate(documents)])
        return self.uri

    def put(self, documents: list[dict[str, Any]]) -> None:
        raise NotImplementedError

    def test_every_record_once(self, tmp_path: Path) -> None:
        """As the contract says, but a file is a page, of the service's size."""
        stream = self.read(self.location(tmp_path, _files(5, 3)))
        assert sorted(str(record.event_id) for record in stream) == [f"{each:04}" for each in range(15)]
        stats = stream.stats
        assert stats.listed == stats.read > 0
        assert stats.seen == stats.yielded == 15

    def test_selection_by_key(self, tmp_path: Path) -> None:
        """As the contract says, but there are no keys: what is not wanted is counted as filtered, record by record."""
        stream = self.read(self.location(tmp_path, _files(3, 2)), regions="eu-west-1", accounts="444455556666")
        assert list(stream) == []
        assert stream.stats.filtered == 6

    def test_a_bad_file_costs_one_file(self, tmp_path: Path) -> None:
        """There are no files: what is no record costs itself."""
        location = self.location(tmp_path, _files(2, 2))
        self.spoil()
        errors: list[TrailError] = []
        stream = self.read(location, on_error=errors.append)
        assert sum(1 for _ in stream) == 4
        assert (len(errors), stream.stats.bad, stream.stats.failed) == (1, 1, 0)

    def spoil(self) -> None:
        """Put something that is no record among them."""
        raise NotImplementedError

    def test_foreign_files_are_skipped(self, tmp_path: Path) -> None:
        """There are no files, and so no foreign ones."""

    def test_origins(self, tmp_path: Path) -> None:
        """As the contract says, but a page has no key: it has a number, and the service's own words about the event."""
        [record] = self.read(self.location(tmp_path, _files(1, 1)))
        assert record.origin is not None
        assert record.origin.index == 0
        assert str(record.origin.location).startswith(f"{self.uri}#")
        assert record.origin.key is None
        assert record.origin.envelope

    def test_a_failed_file_comes_again(self, tmp_path: Path) -> None:
        """There are no files, and nothing is resumed: the other tests of that skip themselves."""

    def test_closing_releases_everything(self, tmp_path: Path) -> None:
        """As the contract says, but the service runs in the same process: its threads end a moment later."""
        location = self.location(tmp_path, _files(4, 3))
        threads = threading.active_count()
        for _ in range(3):
            next(self.read(location))
            with self.read(location) as stream:
                next(stream)
            assert list(stream) == []
        gc.collect()
        end = time.monotonic() + PATIENCE_SECONDS
        while threading.active_count() > threads:
            assert time.monotonic() < end
            time.sleep(0.001)

    def test_memory_is_flat(self, tmp_path: Path) -> None:
        """As the contract says, with fewer records: AWS gives fewer at once, and the fake looks through all of them."""
        stream = self.read(self.location(tmp_path, _files(28, 18)))
        early = seen = 0
        tracemalloc.start()
        try:
            for seen, _ in enumerate(stream, 1):
                self.fake.requests.clear()
                if seen == 200:
                    early = tracemalloc.get_traced_memory()[0]
            late = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert seen == 28 * 18
        assert late < early + 100_000


class TestCloudWatch(ServiceContract):
    """A log group."""

    uri = "cloudwatch://eu-west-1/trail"

    def put(self, documents: list[dict[str, Any]]) -> None:
        self.fake.page = 100 if len(documents) > 100 else 7
        events = [LogEvent(json.dumps(one), int(_when(each).timestamp() * 1000)) for each, one in enumerate(documents)]
        self.fake.groups["trail"] = events

    def spoil(self) -> None:
        self.fake.groups["trail"].insert(2, LogEvent('{"eventID": "cut', int(_when(2).timestamp() * 1000)))


class TestHistory(ServiceContract):
    """The event history."""

    uri = "history://eu-west-1"

    def read(self, location: str, **options: Any) -> trailsdk.RecordStream:
        return super().read(location, **{"categories": "Management", **options})

    def put(self, documents: list[dict[str, Any]]) -> None:
        self.fake.history_page = 50 if len(documents) > 100 else 7
        self.fake.history[:] = [{"eventCategory": "Management", **each} for each in documents]

    def spoil(self) -> None:
        self.fake.without_records = 1

    def test_order_is_stable(self, tmp_path: Path) -> None:
        """As the contract says, but the history is given newest first."""
        location = self.location(tmp_path, _files(3, 5))
        once, twice = ([str(record.event_id) for record in self.read(location)] for _ in range(2))
        assert once == twice == sorted(once, reverse=True)


def _when(number: int) -> datetime:
    return BEGIN + timedelta(seconds=number)


def _files(days: int, records: int) -> dict[str, bytes]:
    """Make log files, one a day, of so many records each."""
    files = {}
    for day in range(1, days + 1):
        documents = [{"eventID": f"{(day - 1) * records + each:04}"} for each in range(records)]
        name = f"111122223333_CloudTrail_eu-west-1_202603{day:02}T0910Z_AbCdEfGh01234567.json.gz"
        key = f"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/{day:02}/{name}"
        files[key] = gzip.compress(json.dumps({"Records": documents}).encode())
    return files
