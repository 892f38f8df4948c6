"""Whatever happens between runs, every record comes, and what was written down as consumed does not come again."""

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from bucket import NOW, Bucket, HeldStore, InMemoryS3, key, log_file
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import trailsdk
from trailsdk.sources import CursorStore

REGIONS = ("eu-west-1", "us-east-1")


class Histories(RuleBasedStateMachine):
    """Files arrive late and out of order, are replaced, break and heal; readers commit, stop, and are killed."""

    def __init__(self) -> None:
        super().__init__()
        self.bucket = Bucket()
        self.contents: dict[str, tuple[str, ...]] = {}
        self.given: Counter[str] = Counter()
        self.durable: set[str] = set()
        self.number = 0
        self.newest = dict.fromkeys(REGIONS, 0)
        self.overlap = timedelta(days=2)
        self.folder = Path(tempfile.mkdtemp())
        self.store: str | Path | CursorStore = HeldStore()

    @initialize(kind=st.sampled_from(["json", "sqlite", "own"]), hours=st.sampled_from([48, 6]))
    def choose(self, kind: str, hours: int) -> None:
        self.overlap = timedelta(hours=hours)
        if kind != "own":
            self.store = self.folder / f"cursor.{kind}"

    def teardown(self) -> None:
        """In the end, with all files whole, all records have come."""
        try:
            self.bucket.broken.clear()
            for name in self.contents:
                self.put(name)
            for _ in range(2):
                stream = self.open(ordered=True)
                self.note(stream, [str(record.event_id) for record in stream], exhausted=True)
            everything = {each for ids in self.contents.values() for each in ids}
            assert everything <= self.given.keys()
            stream = self.open(ordered=True)
            assert list(stream) == []
        finally:
            shutil.rmtree(self.folder)

    def put(self, name: str) -> None:
        """Put a file whole. Where it was cut off, that is another file: its records come again."""
        content = log_file(*self.contents[name])
        if self.bucket.objects.get(name, content) != content:
            self.durable -= set(self.contents[name])
        self.bucket.objects[name] = content

    def cursor(self) -> trailsdk.Cursor:
        return trailsdk.Cursor(self.store, overlap=self.overlap, now=NOW)

    def open(self, *, ordered: bool) -> trailsdk.RecordStream:
        source = InMemoryS3(self.bucket, ordered=ordered, window=3, cursor=self.cursor())
        return trailsdk.read(source, on_error="skip")

    def ids(self, count: int) -> tuple[str, ...]:
        self.number += count
        return tuple(f"{each}" for each in range(self.number - count, self.number))

    @rule(
        region=st.sampled_from(REGIONS),
        days=st.sampled_from([0, 3, -2, 1, -1]),
        minutes=st.sampled_from([1, 700, 1100, 1439]),
        count=st.sampled_from([1, 2, 0, 3]),
    )
    def arrive(self, region: str, days: int, minutes: int, count: int) -> None:
        """A file comes: newer than all, or at most as late as the overlap allows."""
        late = int(self.overlap.total_seconds()) // 60
        minute = max(self.newest[region] + max(1440 * days + minutes, -late), 0)
        self.newest[region] = max(self.newest[region], minute)
        name = key(minute, region, f"{self.number:016}")
        if name not in self.contents:
            self.contents[name] = self.ids(count)
            self.put(name)

    @rule(name=st.sampled_from(["notes/export.json", "b.json"]), count=st.integers(1, 2))
    def arrive_without_time(self, name: str, count: int) -> None:
        """A file comes whose name tells no time."""
        if name not in self.contents:
            self.contents[name] = self.ids(count)
            self.put(name)

    @rule(data=st.data(), count=st.integers(1, 3))
    def replace(self, data: st.DataObject, count: int) -> None:
        """A recent file is replaced by one of other records."""
        recent = [name for name in self.contents if self.is_recent(name)]
        if recent:
            name = data.draw(st.sampled_from(recent))
            self.durable -= set(self.contents[name])
            self.contents[name] = self.ids(count)
            self.put(name)

    def is_recent(self, name: str) -> bool:
        if not name.startswith("AWSLogs"):
            return True
        region = name.split("/")[3]
        return (
            name.rsplit("_", 1)[0]
            >= key(max(self.newest[region] - int(self.overlap.total_seconds()) // 60, 0), region).rsplit("_", 1)[0]
        )

    @rule(data=st.data())
    def break_file(self, data: st.DataObject) -> None:
        """A file cannot be fetched any more."""
        if self.contents:
            self.bucket.broken.add(data.draw(st.sampled_from(sorted(self.contents))))

    @rule(data=st.data())
    def cut(self, data: st.DataObject) -> None:
        """A file that was not read yet turns out to be cut off."""
        unread = [name for name, ids in self.contents.items() if ids and not self.durable.intersection(ids)]
        if unread:
            name = data.draw(st.sampled_from(sorted(unread)))
            self.bucket.objects[name] = log_file(*self.contents[name])[:-9]

    @rule()
    def heal(self) -> None:
        """Files can be fetched again."""
        self.bucket.broken.clear()

    @rule(ordered=st.booleans())
    def read_all(self, ordered: bool) -> None:  # noqa: FBT001 (Hypothesis gives it)
        """A run to the end."""
        stream = self.open(ordered=ordered)
        self.note(stream, [str(record.event_id) for record in stream], exhausted=True)

    @rule(
        ordered=st.booleans(),
        number=st.integers(1, 6),
        commit=st.integers(0, 6),
        end=st.sampled_from(["close", "kill", "exception", "drop"]),
    )
    def read_some(self, ordered: bool, number: int, commit: int, end: str) -> None:  # noqa: FBT001 (Hypothesis)
        """A run that stops, perhaps after a commit, in one of the ways in which runs stop."""
        stream = self.open(ordered=ordered)
        found: list[trailsdk.Record] = []
        committed = 0
        try:
            with stream:
                for record in stream:
                    found.append(record)
                    if len(found) == commit:
                        stream.commit()
                        committed = commit
                    if len(found) >= number:
                        break
                if end == "kill":
                    stream._commits.crash()
                if end == "exception":
                    raise ZeroDivisionError  # noqa: TRY301 (what is tested)
        except ZeroDivisionError:
            pass
        passed = end in ("close", "drop")
        last = found[-1].origin.location if found and found[-1].origin else None
        names = [str(each.event_id) for each in found]
        self.note(stream, names, exhausted=False)
        self.durable |= set(names[:committed])
        if passed:
            self.durable |= {
                str(each.event_id) for each in found if each.origin is None or each.origin.location != last
            }

    def note(self, stream: trailsdk.RecordStream, found: list[str], *, exhausted: bool) -> None:
        """What was written down as consumed never comes again, and nothing comes twice within a run."""
        assert len(found) == len(set(found))
        assert not self.durable.intersection(found)
        self.given.update(found)
        if exhausted:
            self.durable |= set(found)
        stats = stream.stats
        assert stats.listed == (
            stats.read + stats.pruned + stats.skipped + stats.consumed + stats.failed + stats.unreached
        )
        assert stats.seen == stats.yielded + stats.filtered + stats.bad + stats.duplicate

    @invariant()
    def nothing_is_lost(self) -> None:
        """Files that were settled were consumed: no record is durable that was not given."""
        assert self.durable <= self.given.keys()


Histories.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase
