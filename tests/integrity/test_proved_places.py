"""Proved reading of buckets, mirrors and copies, with everything else that reading can do."""

import os
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from oracle import serve
from proved import adds_up, files, read, verdicts

import trailsdk
from trailsdk import Record
from trailsdk.errors import AccessDeniedError, TrailError
from trailsdk.integrity import PublicKey, PublicKeys
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR = timedelta(hours=1)


@pytest.fixture
def trail() -> FakeTrail:
    """An organization's trail; some of its files are no longer what they were."""
    accounts = ["111122223333", "444455556666"]
    trail = FakeTrail(accounts=accounts, regions=["us-east-1", "eu-west-1"], organization_id="o-abcdefghij")
    trail.run(hours=5, logs=1)
    tamper(trail, Tampering.LOG_MODIFIED, trail.logs[0])
    tamper(trail, Tampering.LOG_DAMAGED, trail.logs[3])
    tamper(trail, Tampering.LOG_PLANTED, trail.logs[5])
    tamper(trail, Tampering.DIGEST_ALGORITHM, trail.digests[6])
    return trail


@pytest.fixture
def aws(trail: FakeTrail) -> FakeAws:
    aws = serve(trail)
    aws.refused_operations.clear()
    return aws


def valid(trail: FakeTrail) -> set[str]:
    return {uri for uri, each in verdicts(trail).items() if each.verdict == "valid"}


def names(stream: trailsdk.RecordStream) -> Counter[str]:
    return Counter({name.rpartition("/")[2]: number for name, number in files(stream).items()})


@pytest.mark.parametrize("obstore", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
def test_a_bucket(trail: FakeTrail, aws: FakeAws, obstore: bool, ordered: bool) -> None:  # noqa: FBT001 (cases)
    """Each object is got once, digests included, and the keys of each Region are asked for once."""
    aws.requests.clear()
    source = trailsdk.S3(f"s3://{trail.bucket}", obstore=obstore, ordered=ordered)
    stream = trailsdk.read(source, verify="only", now=trail.now)
    assert files(stream).keys() == valid(trail)
    assert adds_up(stream.stats)
    assert (aws.requests["GetObject"], aws.requests["ListPublicKeys"]) == (len(trail.objects), 2)
    assert stream.unverified.keys() == {"hash-mismatch", "unlisted", "digest-not-valid"}


def test_a_part_of_a_bucket(trail: FakeTrail, aws: FakeAws) -> None:
    """A folder, or one object, is proved by the digests that lie elsewhere in the bucket."""
    one = next(each for each in trail.logs if each.uri in valid(trail))
    folder = one.uri.rpartition("/")[0] + "/"
    assert files(trailsdk.read(one.uri, verify="only", now=trail.now)) == {one.uri: 2}
    found = files(trailsdk.read(folder, verify="only", now=trail.now))
    assert found.keys() == {uri for uri in valid(trail) if uri.startswith(folder)}


def test_closed_early(trail: FakeTrail, aws: FakeAws) -> None:
    """No thread is left behind, and the counters add up."""
    with trailsdk.read(f"s3://{trail.bucket}", verify="only", now=trail.now) as stream:
        next(stream)
        assert adds_up(stream.stats)
    assert adds_up(stream.stats)
    assert not [each.name for each in threading.enumerate() if each.name.startswith("trailsdk-")]
    assert list(stream) == []


def test_refused(trail: FakeTrail, aws: FakeAws) -> None:
    """What CloudTrail refuses is an error, at the first file; or told once for each account and Region."""
    aws.refused_operations["ListPublicKeys"] = "AccessDenied"
    with pytest.raises(AccessDeniedError):
        list(trailsdk.read(f"s3://{trail.bucket}", verify="only", now=trail.now))
    errors: list[TrailError] = []
    stream = trailsdk.read(f"s3://{trail.bucket}", verify="only", now=trail.now, on_error=errors.append)
    assert (list(stream), len(errors)) == ([], 4)
    aws.refused_operations.clear()


def test_windows(trail: FakeTrail, aws: FakeAws) -> None:
    """With a window, exactly the plain records of valid files."""
    proved = valid(trail)
    for first, last in [(4, 0), (4, 2), (900, 3)]:
        since, until = trail.now - first * HOUR, trail.now - last * HOUR
        plain = files(trailsdk.read(f"s3://{trail.bucket}", on_error="skip", since=since, until=until))
        only = files(trailsdk.read(f"s3://{trail.bucket}", verify="only", now=trail.now, since=since, until=until))
        assert only == {uri: number for uri, number in plain.items() if uri in proved}


def test_a_mirror(trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
    """A mirror is read without AWS: all of it, a folder of it, a glob, one file."""
    trailsdk.mirror(f"s3://{trail.bucket}", tmp_path, now=trail.now)
    proved = {uri.rpartition("/")[2] for uri in valid(trail)}
    for location in (tmp_path, tmp_path / "AWSLogs", os.path.relpath(tmp_path), f"{tmp_path}/AWSLogs/**/*.json.gz"):
        stream = trailsdk.read(location, verify="only", public_keys=trail.public_keys, now=trail.now)
        assert names(stream).keys() == proved
        assert adds_up(stream.stats)
    one = next(path for path in tmp_path.rglob("*_CloudTrail_*.gz") if path.name in proved)
    assert names(trailsdk.read(one, verify="only", public_keys=trail.public_keys, now=trail.now)) == {one.name: 2}


def test_plain_copies_of_two_buckets(tmp_path: Path) -> None:
    """Without metadata the newest digest in one folder is proved by the next one, which lies in the other."""
    trail = FakeTrail()
    trail.run(hours=3, logs=1)
    trail.move(bucket="other", prefix="logs")
    trail.run(hours=3, logs=1)
    for bucket in ("example-trail", "other"):
        trail.objects.write_into(tmp_path / bucket, bucket=bucket, sidecars=False)
    places = (tmp_path / "example-trail", tmp_path / "other")
    report = trailsdk.verify(*places, public_keys=trail.public_keys, now=trail.now)
    stream = trailsdk.read(*places, verify="only", public_keys=trail.public_keys, now=trail.now)
    assert len(files(stream)) == report.logs.valid == 5


def test_a_copy_at_another_place(trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
    """Below another prefix nothing is proved, unless it is said of what it is a copy."""
    trail.objects.write_into(tmp_path / "copy" / "of")
    place, keys = tmp_path / "copy", trail.public_keys
    stream = trailsdk.read(place, verify="only", public_keys=keys, now=trail.now)
    assert (list(stream), stream.stats.unverified > 0) == ([], True)
    origin = f"s3://{trail.bucket}"
    stream = trailsdk.read(place / "of", verify="only", public_keys=keys, copied_from=origin, now=trail.now)
    assert names(stream).keys() == {uri.rpartition("/")[2] for uri in valid(trail)}


class TestOtherOptions:
    """Each option keeps its meaning."""

    def test_where(self, trail: FakeTrail) -> None:
        """A file without an answer is pruned, proved or not; of others, what is not proved is not looked at."""
        seen = []

        def test(record: Record) -> bool:
            seen.append(record.event_name)
            return len(seen) % 2 == 0

        stream = read(trail, where=test)
        assert sum(1 for _ in stream) == stream.stats.yielded == len(seen) // 2
        assert "Planted" not in seen
        wanted = '{ $.eventName = "NoSuchCall" }'
        stream, plain = read(trail, where=wanted), read(trail, where=wanted, verify=None, public_keys=None)
        assert list(stream) == list(plain) == []
        assert stream.stats.pruned == plain.stats.pruned > 0
        assert adds_up(stream.stats)

    def test_deduplicate(self, trail: FakeTrail) -> None:
        """A planted copy of a record drops nothing."""
        bucket, key = trail.logs[2].place
        planted = key.replace(key[-12:], "copy.json.gz")
        trail.objects.put((bucket, planted), trail.objects[bucket, key].data)
        stream = read(trail, deduplicate=True)
        assert sum(1 for _ in stream) == 2 * len(valid(trail))
        assert stream.stats.duplicate == 0

    def test_strict(self, trail: FakeTrail) -> None:
        """Only records of proved files are looked at."""
        stream = read(trail, strict=True)
        assert sum(1 for _ in stream) == 2 * len(valid(trail))

    def test_cursor(self, tmp_path: Path) -> None:
        """What is too new to be proved comes with a later run, when it is; nothing comes twice."""
        trail = FakeTrail()
        trail.run(hours=3, logs=1)
        pending = trail.now
        trail.run(hours=1, logs=2)
        trail.objects.write_into(tmp_path / "bucket")
        digest = tmp_path / "bucket" / trail.digests[-1].place[1]
        content = digest.read_bytes()
        digest.unlink()
        seen: Counter[str] = Counter()
        for now, number, unverified in [(pending + HOUR, 6, 4), (pending + HOUR, 0, 4), (pending + 2 * HOUR, 4, 0)]:
            stream = trailsdk.read(
                tmp_path / "bucket",
                verify="only",
                cursor=trailsdk.Cursor(tmp_path / "cursor.json"),
                public_keys=trail.public_keys,
                now=now,
            )
            found = [str(record.event_id) for record in stream]
            seen.update(found)
            assert (len(found), stream.stats.unverified) == (number, unverified)
            assert adds_up(stream.stats)
            if number == 0:
                digest.write_bytes(content)
        assert set(seen.values()) == {1}

    def test_cursor_and_refusals(self, tmp_path: Path) -> None:
        """What could not be looked at comes with a later run, whether its digest names it or not."""
        trail = FakeTrail()
        trail.run(hours=3, logs=1)
        trail.pause(2, logs=1)
        trail.run(hours=1, logs=1)
        trail.objects.write_into(tmp_path / "bucket")

        def refuse(region: str, *_: object) -> list[PublicKey]:
            raise AccessDeniedError(f"keys of {region}", "refused")

        def run(public_keys: PublicKeys) -> trailsdk.RecordStream:
            cursor = trailsdk.Cursor(tmp_path / "cursor.json")
            options = {"cursor": cursor, "public_keys": public_keys, "now": trail.now, "on_error": "skip"}
            return trailsdk.read(tmp_path / "bucket", verify="only", **options)  # type: ignore[arg-type]  # as named

        stream = run(refuse)
        assert (list(stream), stream.stats.unverified) == ([], 10)
        stream = run(trail.public_keys)
        assert len(list(stream)) == 8
        assert stream.unverified == {"unlisted-uncovered": 2}
        stream = run(trail.public_keys)
        assert (list(stream), stream.stats.consumed) == ([], 5)

    def test_pickled(self, trail: FakeTrail) -> None:
        """The verdict goes with a record."""
        import pickle

        for record in read(trail, verify="tag"):
            assert pickle.loads(pickle.dumps(record)).origin == record.origin  # noqa: S301 (our own)
