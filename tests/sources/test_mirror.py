"""A mirror: the same bytes, what S3 knows of them, and the same records; whatever stands in the way."""

import errno
import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest

import trailsdk
from tests.servers import MotoEndpoint
from trailsdk.errors import AccessDeniedError, LocationError, NotFoundError, TrailError, UsageError, WriteError
from trailsdk.model.keys import DigestKey, LogFileKey, parse_key
from trailsdk.sources.mirror import copy as copying
from trailsdk.sources.sidecar import is_sidecar, read_sidecar, sidecar_path
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail

BUCKET = "example-trail"
PRIVATE_KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}


@pytest.fixture
def trail() -> FakeTrail:
    """Two accounts, two Regions, four hours: 16 digest files, 32 log files."""
    made = FakeTrail(
        accounts=("111122223333", "444455556666"),
        regions=("us-east-1", "eu-west-1"),
        organization_id="o-exampleorg1",
        prefix="logs",
    )
    made.run(hours=4, logs=2)
    return made


@pytest.fixture
def aws(trail: FakeTrail, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    with FakeAws(trail) as served:
        for name, value in {**served.environment, "AWS_DEFAULT_REGION": "us-east-1"}.items():
            monkeypatch.setenv(name, value)
        yield served


def mirror(folder: Path, **options: Any) -> trailsdk.MirrorReport:
    """Mirror the bucket. The counters add up, also while it runs, and nothing half-written is left."""
    counters: list[trailsdk.MirrorReport] = []
    report = trailsdk.mirror(f"s3://{BUCKET}", folder, started=counters.append, **options)
    assert counters == [report]
    assert report.unreached == 0
    assert_sound(folder)
    return report


def files(folder: Path) -> dict[Path, bytes]:
    """Give the files of a folder that are no sidecars."""
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file() and not is_sidecar(each.name)}


def assert_sound(folder: Path) -> None:
    """All that is there is whole, and each sidecar speaks of the file beside it."""
    for path, content in files(folder).items():
        assert not path.name.startswith(".trailsdk"), "a temporary file is left"
        sidecar = read_sidecar(path)
        if sidecar is not None:
            assert (sidecar.size, sidecar.etag) == (len(content), hashlib.md5(content).hexdigest())  # noqa: S324 (S3's)


def copies(folder: Path) -> dict[str, bytes]:
    """Give what the mirror holds, by the keys that its sidecars tell."""
    found = {}
    for path, content in files(folder).items():
        sidecar = read_sidecar(path)
        assert sidecar is not None
        assert sidecar.key is not None
        found[sidecar.key] = content
    return found


def objects(trail: FakeTrail) -> dict[str, bytes]:
    return {key: trail.objects[bucket, key].data for bucket, key in trail.objects if bucket == trail.bucket}


def records(*locations: str | Path, **options: Any) -> list[bytes]:
    return sorted(record.raw or b"" for record in trailsdk.read(*locations, **options))


class TestCopy:
    """All that belongs to the trail, as it is."""

    def test_moto(self, trail: FakeTrail, moto: MotoEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys are paths, bytes are the same, and records too; what S3 knows stands in the sidecars."""
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
        session = boto3.Session(**PRIVATE_KEYS)
        trail.objects.upload(moto.client())
        report = mirror(tmp_path, session=session)
        assert (report.copied, report.listed) == (48, 48)
        assert report.bytes_copied == sum(map(len, objects(trail).values()))
        assert {path.relative_to(tmp_path).as_posix(): each for path, each in files(tmp_path).items()} == objects(trail)
        for digest in trail.digests:
            sidecar = read_sidecar(tmp_path / digest.place[1])
            assert sidecar is not None
            assert (sidecar.bucket, sidecar.key) == digest.place
            assert sidecar.metadata == digest.metadata
            assert sidecar.last_modified is not None
        assert records(tmp_path) == records(f"s3://{BUCKET}", session=session) != []
        again = mirror(tmp_path, session=session)
        assert (again.unchanged, again.copied, again.bytes_copied) == (48, 0, 0)

    def test_origin(self, aws: FakeAws, tmp_path: Path) -> None:
        """A record of the mirror still tells account, Region and time of its file."""
        mirror(tmp_path)
        for record in trailsdk.read(tmp_path):
            assert record.origin is not None
            assert isinstance(record.origin.key, LogFileKey)
            assert record.origin.key.account_id == record.recipient_account_id
        assert aws.requests["GetObject"] == 48

    def test_verification(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """What was mirrored for a time can be verified for that time: the digests at its ends are there."""
        since, until = trail.now - timedelta(hours=3), trail.now - timedelta(hours=1)
        report = mirror(tmp_path, since=since, until=until, accounts="444455556666")
        assert report.copied < 24
        verified = trailsdk.verify(
            tmp_path,
            accounts="444455556666",
            since=since,
            until=until,
            public_keys=trail.public_keys,
            now=trail.now + timedelta(hours=3),
        )
        assert (verified.status, verified.digests.valid) == ("whole", 4)
        asked = {"since": since, "until": until, "accounts": "444455556666"}
        assert records(tmp_path, **asked) == records(f"s3://{BUCKET}", **asked)
        assert aws.requests["GetObject"] > 0

    def test_without_digests(self, aws: FakeAws, tmp_path: Path) -> None:
        """Digests are left out if they are not wanted: not even listed."""
        report = mirror(tmp_path, digests=False, regions=["eu-west-1"])
        assert (report.copied, report.listed) == (16, 16)
        assert not any(isinstance(parse_key(key), DigestKey) for key in copies(tmp_path))
        assert aws.requests["GetObject"] == 16

    def test_window_of_digests(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """Of digests, those end up in the mirror that name what was delivered since, and up to two hours after."""
        source = trailsdk.S3(f"s3://{BUCKET}", late_delivery=timedelta(0))
        first = trail.digests[0].end
        report = trailsdk.mirror(source, tmp_path, since=first, until=first + timedelta(minutes=30))
        ends = {key.end_time for key in map(parse_key, copies(tmp_path)) if isinstance(key, DigestKey)}
        assert ends == {first, first + timedelta(hours=1), first + timedelta(hours=2)}
        assert report.pruned > 0
        assert aws.requests["GetObject"] == report.copied

    def test_foreign_objects(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """What is none of CloudTrail's is left where it is, and counted."""
        foreign = (
            "reports/monthly.pdf",
            "logs/AWSLogs/o-exampleorg1/111122223333/CloudTrail/us-east-1/2026/03/07/x.gz",
        )
        for key in foreign:
            trail.objects.put((BUCKET, key), b"foreign")
        trail.objects.put((BUCKET, "logs/AWSLogs/o-exampleorg1/111122223333/vpcflowlogs/us-east-1/x.gz"), b"flows")
        report = mirror(tmp_path)
        assert (report.copied, report.skipped, report.folders_left_out) == (48, 2, 1)
        assert aws.requests["GetObject"] == 48

    def test_one_object(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """The key of one object copies that one, below its whole path; again, nothing."""
        log = trail.logs[0]
        for copied in (1, 0):
            report = trailsdk.mirror(log.uri, tmp_path)
            assert (report.listed, report.copied) == (1, copied)
        assert copies(tmp_path) == {log.place[1]: trail.objects[log.place].data}
        assert aws.requests["GetObject"] == 1


class TestAgain:
    """Only what is new, changed or not whole is fetched."""

    def test_what_is_fetched_again(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """A changed object, a cut file, a file that is gone, one without a sidecar and one with a broken one."""
        mirror(tmp_path)
        trail.run(logs=1)
        paths = [tmp_path / log.place[1] for log in trail.logs[:4]]
        trail.objects.replace(trail.logs[4].place, b"x" * len(trail.objects[trail.logs[4].place].data))
        paths[0].write_bytes(paths[0].read_bytes()[:-1])
        paths[1].unlink()
        (paths[2].parent / f".{paths[2].name}.s3.json").unlink()
        (paths[3].parent / f".{paths[3].name}.s3.json").write_text("{")
        before = aws.requests["GetObject"]
        report = mirror(tmp_path)
        assert (report.copied, report.unchanged, report.replaced) == (13, 43, 1)
        assert aws.requests["GetObject"] - before == 13
        assert copies(tmp_path) == objects(trail)

    def test_nothing_is_deleted(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """What is gone from the bucket stays in the mirror."""
        mirror(tmp_path)
        held = objects(trail)
        trail.objects.delete(trail.logs[0].place)
        assert mirror(tmp_path).unchanged == 47
        assert copies(tmp_path) == held
        assert aws.requests["GetObject"] == 48

    def test_another_bucket(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """The copy of another bucket's object is not overwritten."""
        mirror(tmp_path)
        held = copies(tmp_path)
        for place in list(trail.objects):
            trail.objects.put(("other-trail", place[1]), b"other")
        found: list[TrailError] = []
        report = trailsdk.mirror("s3://other-trail", tmp_path, on_error=found.append)
        assert (report.failed, report.copied) == (48, 0)
        assert all(isinstance(error, WriteError) and "another bucket" in error.reason for error in found)
        assert copies(tmp_path) == held
        assert aws.requests["GetObject"] == 48

    def test_abandoned_files(self, aws: FakeAws, tmp_path: Path) -> None:
        """What a killed mirror was writing is cleared away after a day, but not what another is writing now."""
        mirror(tmp_path)
        folder = next(iter(files(tmp_path))).parent
        old, new = folder / ".trailsdk-0.tmp", folder / ".trailsdk-1.tmp"
        for path in (old, new):
            path.write_bytes(b"half")
        os.utime(old, (0, 0))
        trailsdk.mirror(f"s3://{BUCKET}", tmp_path)
        assert (old.exists(), new.exists()) == (False, True)
        assert aws.requests["GetObject"] == 48

    def test_two_at_once(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """Mirrors that write to one folder do not get in each other's way, whichever content each has seen."""
        other = FakeTrail(bucket=BUCKET)
        for place in trail.objects:
            other.objects.put(place, b"y" * len(trail.objects[place].data))
        with FakeAws(other) as second:
            sources = [trailsdk.S3(f"s3://{BUCKET}", endpoint_url=each.url) for each in (aws, second, aws, second)]
            reports: list[trailsdk.MirrorReport] = []

            def run(source: trailsdk.S3) -> None:
                reports.append(trailsdk.mirror(source, tmp_path))

            threads = [Thread(target=run, args=(source,)) for source in sources]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert [report.copied + report.unchanged for report in reports] == [48] * 4
        assert_sound(tmp_path)
        mirror(tmp_path)
        assert copies(tmp_path) == objects(trail)


HOSTILE = (
    "../../climbs.json",
    "..",
    "./here.json",
    "/absolute.json",
    "twice//slashed.json",
    "A.json",
    "a.json",
    "caf\u00e9.json",
    "cafe\u0301.json",
    "a.json/b.json",
    "a.json/b.json/c.json",
    ".hidden.json",
    ".a.json.s3.json",
    ".trailsdk-0.tmp/x.json",
    "NUL.json",
    "dots..json. /x.json",
    "C:\\x.json",
    "new\nline.json",
    "100%.json",
    "%2E.json",
    "x" * 300 + ".json",
    "X" * 300 + ".json",
)


class TestFolder:
    """Keys may be anything; the mirror stays in its folder, and holds each."""

    def test_hostile_keys(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """Each object has a file of its own inside the folder, and the mirror gives the same records."""
        for number, key in enumerate(HOSTILE):
            trail.objects.put((BUCKET, key), b'{"eventID": "%d"}' % number)
        folder = tmp_path / "deep" / "mirror"
        for copied in (48 + len(HOSTILE) - 1, 0):
            report = mirror(folder)
            assert (report.copied, report.skipped) == (copied, 1)
        held = objects(trail)
        del held[".."]
        assert copies(folder) == held
        assert [each.name for each in (tmp_path / "deep").iterdir()] == ["mirror"]
        assert [each.name for each in tmp_path.iterdir()] == ["deep"]
        assert records(folder) == records(f"s3://{BUCKET}")
        assert aws.requests["GetObject"] > 0

    def test_links(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """Links that somebody planted are not followed: to a folder they are refused, in a file's place replaced."""
        folder, outside = tmp_path / "mirror", tmp_path / "outside"
        log = folder / trail.logs[0].place[1]
        log.parent.mkdir(parents=True)
        outside.mkdir()
        (outside / "victim").write_bytes(b"victim")
        log.symlink_to(outside / "victim")
        (log.parent / f".{log.name}.s3.json").symlink_to(outside / "victim")
        (folder / "logs/AWSLogs/o-exampleorg1/444455556666").symlink_to(outside)
        found: list[TrailError] = []
        report = mirror(folder, on_error=found.append)
        assert (report.copied, report.failed) == (24, 24)
        assert all(isinstance(error, WriteError) and error.reason == "a link is in the way" for error in found)
        assert [(each.name, each.read_bytes()) for each in outside.iterdir()] == [("victim", b"victim")]
        assert log.read_bytes() == trail.objects[trail.logs[0].place].data
        assert not log.is_symlink()
        assert aws.requests["GetObject"] == 24

    def test_pipes(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """A pipe where a copy or a sidecar should be is replaced, not opened, which would wait for ever."""
        key = trail.digests[0].place[1]
        path = tmp_path / key
        path.parent.mkdir(parents=True)
        os.mkfifo(path)
        os.mkfifo(sidecar_path(path))
        mirror(tmp_path)
        assert copies(tmp_path) == objects(trail)
        assert aws.requests["GetObject"] == len(objects(trail))

    def test_in_the_way(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """A file where a folder belongs, and a folder where a file does, cost what belongs there."""
        (tmp_path / trail.logs[0].place[1]).mkdir(parents=True)
        (tmp_path / "logs/AWSLogs/o-exampleorg1/444455556666").write_bytes(b"")
        found: list[TrailError] = []
        report = trailsdk.mirror(f"s3://{BUCKET}", tmp_path, on_error=found.append)
        assert (report.copied, report.failed) == (23, 25)
        assert {type(error) for error in found} == {WriteError}
        assert aws.requests["GetObject"] == 24

    def test_names_too_long(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """What the system does not take as a path costs that object."""
        deep = "/".join(["\u00e9" * 40] * 12)
        trail.objects.put((BUCKET, f"{deep}/x.json"), b"{}")
        folder = tmp_path.joinpath(*["d" * 200] * 6)
        found: list[TrailError] = []
        report = mirror(folder, on_error=found.append)
        assert (report.copied, report.failed) == (48, 1)
        assert "too long" in str(found[0])
        assert aws.requests["GetObject"] >= 48

    @pytest.mark.parametrize("folder", ["", "a\0b", b"copy"])
    def test_no_folder(self, folder: Any) -> None:
        """What is no path is told at once."""
        with pytest.raises(LocationError, match="path of a folder"):
            trailsdk.mirror(f"s3://{BUCKET}", folder)

    def test_cannot_be_made(self, tmp_path: Path) -> None:
        """A folder that cannot be made stops the mirror before it begins."""
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(WriteError):
            trailsdk.mirror(f"s3://{BUCKET}", tmp_path / "file" / "mirror")


class TestFaults:
    """What fails costs itself, and is made good by the next run."""

    @pytest.fixture(params=["held", "streamed"])
    def size(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
        """Let objects count as large, or not."""
        if request.param == "streamed":
            monkeypatch.setattr(copying, "_LARGE", 0)
            monkeypatch.setattr(copying, "_PIECE", 100)
        return str(request.param)

    @pytest.mark.usefixtures("size")
    def test_broken_bodies(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """A body that breaks off is fetched again; the copy is whole."""
        for log in trail.logs[:5]:
            aws.broken[log.place] = 2
        assert mirror(tmp_path).copied == 48
        assert copies(tmp_path) == objects(trail)

    @pytest.mark.usefixtures("size")
    def test_refused(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """A refused object is told, all others are copied, and next time it is there."""
        aws.refused = {log.place: "AccessDenied" for log in trail.logs[:3]}
        found: list[TrailError] = []
        report = mirror(tmp_path, on_error=found.append)
        assert (report.copied, report.failed) == (45, 3)
        assert {str(error).partition(": ")[0] for error in found} == {log.uri for log in trail.logs[:3]}
        assert {type(error) for error in found} == {AccessDeniedError}
        aws.refused = {}
        assert mirror(tmp_path).copied == 3
        assert copies(tmp_path) == objects(trail)

    def test_raise(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
        """By default the first error ends it, with no file half-written."""
        aws.refused = {trail.logs[0].place: "AccessDenied"}
        with pytest.raises(AccessDeniedError):
            mirror(tmp_path)
        assert_sound(tmp_path)
        assert mirror(tmp_path, on_error="skip").failed == 1

    @pytest.mark.usefixtures("size")
    def test_full_disk(self, trail: FakeTrail, aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What does not fit on the disk is told with its place; when there is room again, it is copied."""
        real = os.fsync
        written: list[int] = []

        def fsync(handle: int) -> None:
            written.append(handle)
            if len(written) > 40:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        found: list[TrailError] = []
        report = mirror(tmp_path, on_error=found.append)
        assert (report.copied, report.failed) == (40, 8)
        for error in found:
            assert isinstance(error, WriteError)
            assert error.reason == "No space left on device"
            assert error.location.startswith(str(tmp_path))
        monkeypatch.undo()
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3", endpoint_url=aws.url, **PRIVATE_KEYS)
        assert trailsdk.mirror(trailsdk.S3(f"s3://{BUCKET}", client=client), tmp_path).copied == 8
        assert copies(tmp_path) == objects(trail)

    def test_gone(self, aws: FakeAws, tmp_path: Path) -> None:
        """A bucket that is not there is an error, and makes nothing."""
        with pytest.raises(NotFoundError):
            trailsdk.mirror("s3://no-such-bucket", tmp_path / "mirror")
        assert aws.requests["GetObject"] == 0

    @pytest.mark.parametrize(
        ("location", "options"),
        [("AWSLogs", {}), (trailsdk.Local("AWSLogs"), {}), ("s3://", {}), ("s3://b", {"on_error": "explode"})],
    )
    def test_called_wrongly(self, tmp_path: Path, location: Any, options: dict[str, Any]) -> None:
        """Only S3 can be mirrored; the call says so before anything is made."""
        with pytest.raises(UsageError):
            trailsdk.mirror(location, tmp_path / "mirror", **options)
        assert not (tmp_path / "mirror").exists()

    @pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://host", "http://", "http://[", "http://a b", ""])
    def test_no_endpoint(self, url: str) -> None:
        """An address that boto3 would not take is refused at once."""
        with pytest.raises(UsageError, match="endpoint_url"):
            trailsdk.S3(f"s3://{BUCKET}", endpoint_url=url)
