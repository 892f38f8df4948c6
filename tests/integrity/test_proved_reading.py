"""Reading only what is proved, or all with its verdict: exactly what `verify` says of each file."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proved import StoreSource, adds_up, files, read, verdicts

import trailsdk
from trailsdk.errors import AccessDeniedError, PublicKeyError, TrailError, UnreadableError, UsageError
from trailsdk.model.keys import LogFileKey, parse_key
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.store import Body, Page
from trailsdk.testing.fake_objects import FakeObjects, FakeStore
from trailsdk.testing.fake_trail import FakeDigest, FakeLog, FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR = timedelta(hours=1)


def made() -> FakeTrail:
    """A trail that has moved, has had hours without log files, a gap, backfill and a rotated key."""
    trail = FakeTrail(regions=("us-east-1", "eu-west-1"))
    trail.run(hours=2, logs=1)
    trail.run(logs=0)
    trail.rotate_keys()
    trail.run(hours=2, logs=2)
    trail.pause(2, logs=1)
    trail.run(hours=2, logs=1, late=1)
    trail.backfill(trail.chain()[0])
    return trail


CHEAP = [each for each in Tampering if each is not Tampering.LOG_BOMB]


@pytest.mark.parametrize("tampering", CHEAP, ids=lambda each: each.name)
@pytest.mark.parametrize("at", [1, -1])
def test_exactly_the_records_of_valid_files(tampering: Tampering, at: int) -> None:
    """Whatever is done to a file: what is given are the records of those on which `verify` says valid."""
    trail = made()
    chain = [each for each in trail.chain() if not each.backfill and each.logs]
    tamper(trail, tampering, chain[at].logs[0] if tampering.value.kind == "log" else chain[at])
    compare(trail, trail.objects)


def compare(trail: FakeTrail, objects: FakeObjects) -> None:
    said = verdicts(trail, objects)
    valid = {uri for uri, each in said.items() if each.verdict == "valid"}
    plain = files(read(trail, objects, verify=None, public_keys=None))
    stream = read(trail, objects)
    only = files(stream)
    assert only == {uri: number for uri, number in plain.items() if uri in valid}
    assert adds_up(stream.stats)
    assert stream.stats.unverified == sum(stream.unverified.values())
    tagged = read(trail, objects, verify="tag")
    for record in tagged:
        assert record.origin is not None
        each = said.get(str(record.origin.location))
        if each is None:
            assert record.origin.verdict in ("unverifiable", "inaccessible")
            assert str(record.origin.reason).startswith(("unlisted", "no-digests"))
        else:
            assert record.origin.verdict == each.verdict
            # A copy of a log file of another chain is only told by reading, which looks at all of the Region.
            assert record.origin.reason in (each.reason, "replaced" if each.reason == "hash-mismatch" else None)
    assert adds_up(tagged.stats)
    assert (tagged.stats.unverified, tagged.stats.yielded) == (0, plain.total())


TRAIL = made()
targets = st.tuples(st.sampled_from(CHEAP), st.integers(0, 50))


@given(st.lists(targets, max_size=5))
def test_any_tamperings_together(deeds: list[tuple[Tampering, int]]) -> None:
    """The same for several at once, in both Regions; where one undoes what another needs, it is left out."""
    objects, TRAIL.objects = TRAIL.objects, TRAIL.objects.copy()
    try:
        for tampering, number in deeds:
            among: list[FakeLog] | list[FakeDigest] = TRAIL.logs if tampering.value.kind == "log" else TRAIL.digests
            target = among[number % len(among)]
            first = isinstance(target, FakeDigest) and target.document["previousDigestSignature"] is None
            if target.place in TRAIL.objects and not (first and "LINK" in tampering.name):
                try:
                    tamper(TRAIL, tampering, target)
                except (KeyError, OSError, ValueError, EOFError, IndexError):
                    continue  # what it works on is damaged already
        compare(TRAIL, TRAIL.objects)
    finally:
        TRAIL.objects = objects


def test_a_bomb() -> None:
    """A file that inflates without end is left out, and counted as failed."""
    trail = made()
    tamper(trail, Tampering.LOG_BOMB, trail.logs[0])
    stream = read(trail)
    assert trail.logs[0].uri not in files(stream)
    assert stream.stats.failed == 1


@pytest.mark.parametrize("order", [1, -1])
def test_each_file_is_fetched_once(order: int) -> None:
    """Also where files come in another order than that of time."""
    trail = FakeTrail(accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
    trail.run(hours=30, logs=1)
    source = StoreSource(trail.objects.store(trail.bucket), order)
    stream = trailsdk.read(source, verify="only", public_keys=trail.public_keys, now=trail.now)
    assert sum(1 for _ in stream) == 2 * len(trail.logs)
    assert set(source.fetched.values()) == {1}
    assert len(source.fetched) == len(trail.logs)


def test_many_interleaved() -> None:
    """Accounts and Regions may come in any order, and more of them than are kept."""
    accounts = [f"{number:012}" for number in range(111122223333, 111122223343)]
    trail = FakeTrail(accounts=accounts)
    trail.run(hours=3, logs=1)

    class Mixed(StoreSource):
        def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
            return iter(sorted(super().blobs(selection, stats), key=lambda blob: str(getattr(blob, "name", ""))[-20:]))

    source = Mixed(trail.objects.store(trail.bucket))
    stream = trailsdk.read(source, verify="only", public_keys=trail.public_keys, now=trail.now)
    assert sum(1 for _ in stream) == 2 * len(trail.logs)


@given(st.integers(0, 20))
def test_counters_add_up_at_any_moment(number: int) -> None:
    """Closed early, too."""
    objects = TRAIL.objects.copy()
    for each in TRAIL.logs[::3]:
        objects.replace(each.place, objects[TRAIL.logs[1].place].data)
    with read(TRAIL, objects) as stream:
        for _ in range(number):
            next(stream, None)
            assert adds_up(stream.stats)
            assert stream.stats.unverified == sum(stream.unverified.values())
    assert adds_up(stream.stats)


class TestUnnamed:
    """Files that no digest names are never given, and told apart."""

    def test_planted(self) -> None:
        """At a time that is vouched for: `unlisted`."""
        trail = FakeTrail()
        trail.run(hours=6)
        tamper(trail, Tampering.LOG_PLANTED, trail.chain()[2].logs[0])
        stream = read(trail)
        assert all(record.event_name != "Planted" for record in stream)
        assert stream.unverified == {"unlisted": 1}

    def test_pending(self) -> None:
        """Newer than the last digest: `unlisted-pending`."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.pause(1, logs=2)
        stream = read(trail)
        assert sum(1 for _ in stream) == 12
        assert stream.unverified == {"unlisted-pending": 4}

    def test_gap(self) -> None:
        """While validation was off: `unlisted-uncovered`, and which state that is."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.pause(9, logs=1)
        trail.run(hours=2)
        stream = read(trail, verify="tag")
        told = {(str(each.origin.reason), each.origin.detail) for each in stream if each.origin and each.origin.reason}
        assert told == {("unlisted-uncovered", "gap")}

    def test_no_digests(self) -> None:
        """Of an account and Region without any: `no-digests`."""
        trail = FakeTrail()
        trail.pause(2, logs=3)
        stream = read(trail)
        assert list(stream) == []
        assert stream.unverified == {"no-digests": 6}

    def test_what_is_no_bucket(self, tmp_path: Path) -> None:
        """Files that lie in no trail's folder, open files and texts have no digests."""
        path = tmp_path / "export.json"
        path.write_bytes(b'{"Records":[{"eventName":"Any"}]}')
        stream = trailsdk.read(path, verify="only")
        assert (list(stream), stream.unverified) == ([], {"no-digests": 1})
        with path.open("rb") as file:
            [record] = trailsdk.read(file, verify="tag")
        assert record.origin is not None
        assert (record.origin.verdict, record.origin.reason) == ("unverifiable", "no-digests")

    def test_a_large_file_of_lines(self, tmp_path: Path) -> None:
        """What no digest names is read as it comes, and its records are counted."""
        path = tmp_path / "export.ndjson"
        path.write_bytes(b'{"eventName":"Any","requestParameters":"%s"}\n' % (b"a" * 1000) * 17_000)
        stream = trailsdk.read(path, verify="only")
        assert list(stream) == []
        assert stream.stats.unverified == 17_000


class TestTime:
    """Digests are read for the time that the files may be of."""

    def test_a_window(self) -> None:
        """With a window, a file that is named much later, by a late digest, is proved all the same."""
        trail = FakeTrail()
        trail.run(hours=60, logs=1)
        now = trail.now
        middle = trail.digests[20]
        trail.backfill(middle)
        source = Windowed(trail.objects.store(trail.bucket), middle)
        stream = trailsdk.read(source, verify="only", public_keys=trail.public_keys, now=now + 9 * HOUR)
        assert sum(1 for _ in stream) == stream.stats.seen > 0

    def test_only_what_is_needed(self) -> None:
        """From the first file's hour on: a resumed run does not read the digests of a year."""
        trail = FakeTrail()
        trail.run(hours=50, logs=1)
        gets: Counter[bool] = Counter()

        class Counted(FakeStore):
            def get(self, key: str, *, version_id: str | None = None) -> Body:
                gets["_CloudTrail-Digest_" in key] += 1
                return super().get(key, version_id=version_id)

        source = Windowed(Counted(trail.objects, trail.bucket), trail.digests[-2])
        stream = trailsdk.read(source, verify="only", public_keys=trail.public_keys, now=trail.now)
        assert sum(1 for _ in stream) == 2
        assert gets[True] <= 6


class Windowed(StoreSource):
    """Gives the files of one digest's hour, and says that it looks at nothing else."""

    def __init__(self, store: FakeStore, digest: FakeDigest) -> None:
        super().__init__(store)
        self._digest = digest

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (a Source)
        return SourcePlan(self.location, self._digest.start.date(), self._digest.end.date())

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        for blob in super().blobs(selection, stats):
            key = parse_key(str(getattr(blob, "name", "")))
            assert isinstance(key, LogFileKey)
            if self._digest.start - timedelta(minutes=1) <= key.time < self._digest.end:
                yield blob


class TestErrors:
    """An invalid file is no error of reading. That one could not look is."""

    def test_invalid_files(self) -> None:
        """Nothing is raised, though on_error is `raise`, and the counters tell."""
        trail = FakeTrail()
        trail.run(hours=6)
        for number, deed in enumerate([Tampering.LOG_MODIFIED, Tampering.LOG_DAMAGED, Tampering.LOG_TRUNCATED]):
            tamper(trail, deed, trail.logs[number])
        stream = read(trail, on_error="raise")
        assert sum(1 for _ in stream) == 2 * 9
        assert stream.stats.failed == 2
        assert stream.unverified["hash-mismatch"] == 2

    def test_tagged_files(self) -> None:
        """Where all is given, what cannot be read is an error as ever."""
        trail = FakeTrail()
        trail.run(hours=2)
        tamper(trail, Tampering.LOG_DAMAGED, trail.logs[0])
        with pytest.raises(TrailError):
            list(read(trail, verify="tag", on_error="raise"))

    def test_refused_keys(self) -> None:
        """Told once for each account and Region; the records are counted."""

        def refuse(region: str, *_: object) -> list[object]:
            raise AccessDeniedError(f"keys of {region}", "refused")

        trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
        trail.run(hours=4)
        errors: list[TrailError] = []
        stream = read(trail, public_keys=refuse, on_error=errors.append)
        assert list(stream) == []
        assert [type(each) for each in errors] == [AccessDeniedError] * 2
        assert stream.stats.unverified == 32
        with pytest.raises(AccessDeniedError):
            list(read(trail, public_keys=refuse, on_error="raise"))

    def test_refused_folder(self) -> None:
        """A folder of digests that may not be listed: nobody knows what they say."""

        class Refused(FakeStore):
            def pages(
                self, prefix: str, *, delimiter: str = "", start_after: str = "", size: int = 1000
            ) -> Iterator[Page]:
                if "CloudTrail-Digest" in prefix:
                    raise UnreadableError(prefix, "no")
                return super().pages(prefix, delimiter=delimiter, start_after=start_after, size=size)

        trail = FakeTrail()
        trail.run(hours=2)
        errors: list[TrailError] = []
        source = StoreSource(Refused(trail.objects, trail.bucket))
        stream = trailsdk.read(source, verify="tag", public_keys=trail.public_keys, on_error=errors.append)
        found = {(each.origin.verdict, each.origin.reason) for each in stream if each.origin}
        assert found == {("inaccessible", "not-listed")}
        assert len(errors) == 1

    def test_a_store_that_cannot_be_opened(self) -> None:
        """It is the fault of the source; nothing is given."""
        trail = FakeTrail()
        trail.run(hours=1)

        class Broken(StoreSource):
            def store(self) -> FakeStore:
                raise OSError("no")

        errors: list[TrailError] = []
        source = Broken(trail.objects.store(trail.bucket))
        stream = trailsdk.read(source, verify="only", public_keys=trail.public_keys, on_error=errors.append)
        assert (list(stream), stream.stats.failed, len(errors)) == ([], 2, 2)
        assert adds_up(stream.stats)

    def test_missing_keys(self, tmp_path: Path) -> None:
        """Keys that lack the digests' make nothing valid."""
        trail, other = FakeTrail(), FakeTrail(regions=["eu-west-1"])
        trail.run(hours=2)
        stream = read(trail, public_keys=other.public_keys)
        assert list(stream) == []
        assert stream.unverified == {"digest-not-valid": 8}
        (tmp_path / "keys.json").write_bytes(b"no keys")
        with pytest.raises(PublicKeyError):
            read(trail, public_keys=tmp_path / "keys.json")

    @pytest.mark.parametrize(
        "options",
        [{"verify": "all"}, {"verify": None, "public_keys": "keys.json"}, {"verify": None, "copied_from": "s3://a"}],
    )
    def test_usage(self, tmp_path: Path, options: dict[str, str]) -> None:
        """Words that do not exist, and what only proving needs."""
        with pytest.raises(UsageError):
            trailsdk.read(tmp_path, **options)  # type: ignore[arg-type]  # that is the case

    def test_what_comes_before_its_digest(self) -> None:
        """Sources that are followed, and queues, are refused: nothing of them could be proved."""
        followed = trailsdk.S3("s3://example-trail").with_follow(trailsdk.Following())
        for location in (followed, "sqs://us-east-1/111122223333/trail"):
            with pytest.raises(UsageError, match="before their digest"):
                trailsdk.read(location, verify="only")
