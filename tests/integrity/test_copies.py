"""Copies at another place: genuine, but not valid there unless the caller says of what they are a copy."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache, reduce
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.cli.main import run
from trailsdk.errors import LocationError, UsageError
from trailsdk.integrity import KeySet, PublicKey, Report, Verdict, write_public_keys
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_keys import fake_key
from trailsdk.testing.fake_objects import FakeObjects
from trailsdk.testing.fake_trail import FakeDigest, FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

OLD, NEW = "example-trail", "example-copy"

PLACES = [("", "", ""), ("logs", "", "logs/"), ("", "backup/2026/", ""), ("logs", "backup/", "logs/")]
"""The trail's prefix, begin of the copy's keys, and what of the original's keys that stands for."""


def copied(trail: FakeTrail, here: str = "", there: str = "", *, metadata: bool = True) -> FakeObjects:
    """Copy all of a trail into a bucket of another name, of which nothing else is left."""
    made = FakeObjects()
    for bucket, key in trail.objects:
        each = trail.objects[bucket, key]
        made.put((NEW, here + key.removeprefix(there)), each.data, each.metadata if metadata else None)
    return made


def verify(of: FakeTrail, objects: FakeObjects, copied_from: str | None = None, **options: object) -> Report:
    store = objects.store(NEW)
    return trailsdk.verify(
        store,
        public_keys=of.public_keys,
        copied_from=copied_from,
        now=of.now,
        **options,  # type: ignore[arg-type]
    )


def verify_s3(of: FakeTrail, objects: FakeObjects, location: str, copied_from: str | None) -> Report:
    """Verify what a location in S3 holds: stores have no prefix."""
    served = FakeTrail(bucket=NEW, objects=objects)
    with FakeAws(served) as aws:
        source = trailsdk.S3(location, endpoint_url=aws.url)
        return trailsdk.verify(source, public_keys=of.public_keys, copied_from=copied_from, now=of.now)


class TestUntold:
    """Nobody said that it is a copy."""

    @pytest.mark.parametrize(("prefix", "here", "there"), PLACES)
    def test_genuine(self, prefix: str, here: str, there: str) -> None:
        """Each digest is genuine and not at its place: nothing is proved, and nothing is invalid."""
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"], prefix=prefix)
        trail.run(hours=3)
        report = verify(trail, copied(trail, here, there))
        assert (report.status, report.digests.unverifiable, report.digests.total) == ("unproved", 6, 6)
        for problem in report.problems:
            assert (problem.kind, problem.reason) == ("digest", "moved")
            assert problem.other_uri in {each.uri for each in trail.digests}
            assert problem.detail.startswith("genuine, not at its original place: CloudTrail delivered it to s3://")
            place, origin = f"s3://{NEW}/{here}".rstrip("/"), f"s3://{OLD}/{there}".rstrip("/")
            assert problem.detail.endswith(f"trailsdk verify {place} --copied-from {origin}")

    def test_beside_the_original(self) -> None:
        """A copy in the same bucket changes nothing of the verdict on what lies at its place."""
        trail = FakeTrail()
        trail.run(hours=3)
        before = list(trail.objects)
        for bucket, key in before:
            each = trail.objects[bucket, key]
            trail.objects.put((bucket, f"copy/{key}"), each.data, each.metadata)
        report = trailsdk.verify(trail.objects.store(OLD), public_keys=trail.public_keys, now=trail.now)
        assert (report.status, report.digests.valid, report.digests.unverifiable) == ("unproved", 3, 3)
        assert report.logs.valid == 6

    @pytest.mark.parametrize("tampering", [Tampering.DIGEST_MODIFIED, Tampering.DIGEST_FORGED])
    def test_not_genuine(self, tampering: Tampering) -> None:
        """What is not signed for its original place is as invalid as it ever was."""
        trail = FakeTrail()
        trail.run(hours=3)
        tamper(trail, tampering, trail.digests[-1])
        report = verify(trail, copied(trail))
        assert [(each.verdict, each.reason) for each in report.problems] == [
            ("invalid", "moved"),
            ("unverifiable", "moved"),
            ("unverifiable", "moved"),
        ]

    def test_without_metadata(self) -> None:
        """Whether the newest is genuine nobody can tell; the others' signatures stand in the next."""
        trail = FakeTrail(prefix="logs")
        trail.run(hours=3)
        report = verify(trail, copied(trail, "backup/", "logs/", metadata=False))
        newest, *others = report.problems[:1], *[each for each in report.problems if each.reason == "moved"]
        assert [each.reason for each in newest] == ["no-signature"]
        assert len(others) == 2
        assert report.digests.invalid == 0

    def test_unknown_key(self) -> None:
        """Without its key, nobody can tell whether it is genuine."""
        trail = FakeTrail()
        trail.run(hours=2)
        objects = copied(trail)
        report = trailsdk.verify(objects.store(NEW), public_keys=KeySet(), now=trail.now)
        assert {each.reason for each in report.problems if each.kind == "digest"} == {"no-key"}


class TestTold:
    """The caller says of what it is a copy."""

    @pytest.mark.parametrize(("prefix", "here", "there"), PLACES)
    @pytest.mark.parametrize("metadata", [True, False], ids=["", "without metadata"])
    def test_whole(self, prefix: str, here: str, there: str, metadata: bool) -> None:  # noqa: FBT001 (a case)
        """Digests and log files are found at the new place, and verified as what was delivered to the old one."""
        trail = FakeTrail(prefix=prefix)
        trail.run(hours=4)
        objects = copied(trail, here, there, metadata=metadata)
        report = verify_s3(trail, objects, f"s3://{NEW}/{here}", f"s3://{OLD}/{there}")
        lost = 0 if metadata else 1
        assert report.status == ("whole" if metadata else "unproved")
        assert (report.digests.valid, report.logs.valid) == (4 - lost, 8 - 2 * lost)
        [finding] = [each for each in report.findings if each.code == "copied"]
        assert (finding.effect, finding.uri, finding.detail.endswith(f"s3://{OLD}")) == ("none", None, True)
        for problem in report.problems:
            assert problem.reason in ("no-signature", "digest-not-valid")
            assert problem.uri.startswith(f"s3://{NEW}/{here}")

    def test_one_finding_a_chain(self) -> None:
        """Not one a file."""
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"], accounts=["111122223333", "444455556666"])
        trail.run(hours=3)
        trail.backfill(trail.digests[0])
        report = verify(trail, copied(trail), f"s3://{OLD}")
        assert report.status == "whole"
        assert [each.code for each in report.findings] == ["copied"] * 5
        assert len({each.chain for each in report.findings}) == 5

    def test_whoever_copies_a_trail_that_goes_on(self) -> None:
        """What is old was copied into the bucket that the trail delivers to by now: one chain, in one place."""
        trail = FakeTrail()
        trail.run(hours=3)
        objects = copied(trail)
        trail.move(bucket=NEW)
        trail.objects = objects
        trail.run(hours=2)
        report = verify(trail, objects, f"s3://{OLD}")
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 5, 10)
        assert [each.code for each in report.findings] == ["copied"]

    @pytest.mark.parametrize(("old", "new"), [("", "archive"), ("archive", ""), ("a", "b"), ("a", "a/b"), ("a/b", "a")])
    def test_within_one_bucket(self, old: str, new: str) -> None:
        """The prefix was changed, and what is old was moved below the new one: both are where they should be."""
        trail = FakeTrail(prefix=old)
        trail.run(hours=3)
        objects = FakeObjects()
        begin = f"{new}/" if new else ""
        for bucket, key in trail.objects:
            each = trail.objects[bucket, key]
            objects.put((bucket, begin + key[key.index("AWSLogs") :]), each.data, each.metadata)
        trail.objects = objects
        trail.move(prefix=new)
        trail.run(hours=2)
        with FakeAws(trail) as aws:
            source = trailsdk.S3(f"s3://{OLD}/{begin}", endpoint_url=aws.url)
            options = {"copied_from": f"s3://{OLD}/{old}", "public_keys": trail.public_keys, "now": trail.now}
            report = trailsdk.verify(source, **options)  # type: ignore[arg-type]
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 5, 10)
        assert [each.code for each in report.findings] == ["copied"]

    @pytest.mark.parametrize(("place", "there"), [(1, ""), (3, "logs/")])
    @pytest.mark.parametrize(
        "tampering", [each for each in Tampering if each is not Tampering.LOG_BOMB], ids=lambda each: each.name
    )
    def test_tamperings(self, tampering: Tampering, place: int, there: str) -> None:
        """Whatever is done to a copy gets the verdict that it would get at the old place, at the new URI."""
        trail = FakeTrail(prefix="logs")
        trail.run(hours=4)
        target = trail.digests[place].logs[0] if tampering.value.kind == "log" else trail.digests[place]
        tamper(trail, tampering, target)
        options = {"public_keys": trail.public_keys, "now": trail.now}
        original = trailsdk.iter_verify(trail.objects.store(OLD), **options)  # type: ignore[arg-type]
        store = copied(trail, "", there).store(NEW)
        moved = trailsdk.iter_verify(store, copied_from=f"s3://{OLD}/{there}", **options)  # type: ignore[arg-type]

        def told(results: Iterator[object]) -> list[tuple[str, str, object]]:
            verdicts = [each for each in results if isinstance(each, Verdict)]
            here = [(f"s3://{OLD}/{there}", f"s3://{NEW}/"), (f"s3://{OLD}/", f"s3://{NEW}/")]
            uris = [reduce(lambda uri, change: uri.replace(*change), here, each.uri) for each in verdicts]
            return sorted((uri, each.verdict, f"{each.reason}") for uri, each in zip(uris, verdicts, strict=True))

        assert told(moved) == told(original)

    def test_outside_of_the_copy(self) -> None:
        """What was never below the copied prefix was not looked at: it is not missing."""
        trail = FakeTrail(prefix="first")
        trail.run(hours=2)
        trail.move(prefix="second")
        trail.run(hours=2)
        objects = FakeObjects()
        for bucket, key in trail.objects:
            if key.startswith("second/"):
                each = trail.objects[bucket, key]
                objects.put((NEW, key.removeprefix("second/")), each.data, each.metadata)
        report = verify(trail, objects, f"s3://{OLD}/second")
        assert (report.status, report.digests.valid, report.digests.inaccessible) == ("unproved", 2, 1)
        assert report.problems[0].detail == f"only a copy of s3://{OLD}/second is at hand"

    def test_folders(self, tmp_path: Path) -> None:
        """A mirror of the renamed bucket, whose sidecars name that; and its parts in several folders."""
        trail = FakeTrail()
        trail.run(hours=3)
        objects = copied(trail)
        objects.write_into(tmp_path / "one")
        options = {"public_keys": trail.public_keys, "now": trail.now}
        untold = trailsdk.verify(tmp_path / "one", **options)  # type: ignore[arg-type]
        assert (untold.status, untold.digests.unverifiable) == ("unproved", 3)
        told = trailsdk.verify(tmp_path / "one", copied_from=f"s3://{OLD}", **options)  # type: ignore[arg-type]
        assert (told.status, told.logs.valid) == ("whole", 6)
        for path in sorted((tmp_path / "one").rglob("*_CloudTrail_*.gz"))[::2]:
            target = tmp_path / "two" / path.relative_to(tmp_path / "one")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        folders = [tmp_path / each for each in ("one", "two")]
        parted = trailsdk.verify(*folders, copied_from=f"s3://{OLD}", **options)  # type: ignore[arg-type]
        assert (parted.status, parted.logs.valid) == ("whole", 6)

    @pytest.mark.parametrize("copied_from", ["", "old-bucket", "s3://", "gs://bucket", "/folder"])
    def test_usage(self, tmp_path: Path, copied_from: str) -> None:
        """What names no bucket is refused at once."""
        with pytest.raises(LocationError):
            trailsdk.verify(tmp_path, copied_from=copied_from)

    def test_a_trail_is_no_copy(self) -> None:
        """Where a trail delivers to is asked of CloudTrail: there is nothing to map."""
        with pytest.raises(UsageError, match="copied_from"):
            trailsdk.verify(trail="arn:aws:cloudtrail:us-east-1:111122223333:trail/main", copied_from="s3://a")


@cache
def crowd() -> tuple[FakeTrail, ...]:
    """Trails that differ in account, Region, name, home Region or bucket; all are signed by CloudTrail."""
    mine = FakeTrail(accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
    others = (
        FakeTrail(name="other"),
        FakeTrail(home_region="eu-west-1"),
        FakeTrail(bucket="example-third"),
        FakeTrail(prefix="more"),
        FakeTrail(organization_id="o-exampleorg1"),
    )
    for each in (mine, *others):
        each.run(hours=3, logs=1)
    return (mine, *others)


def crowd_keys() -> list[PublicKey]:
    return [key for each in crowd() for key in each.public_keys]


genuine = st.sampled_from([(trail, digest) for trail in crowd() for digest in trail.digests])


@given(genuine, st.sampled_from(crowd()[0].digests), st.booleans(), st.sampled_from([None, f"s3://{OLD}"]))
def test_no_other_digest_is_valid_in_a_copy(
    other: tuple[FakeTrail, FakeDigest],
    place: FakeDigest,
    metadata: bool,  # noqa: FBT001 (a case)
    copied_from: str | None,
) -> None:
    """A genuine digest of another account, Region, trail, time or place is refused where a copy should be."""
    source, digest = other
    mine = crowd()[0]
    objects = copied(mine)
    each = source.objects[digest.place]
    objects.put((NEW, place.place[1]), each.data, each.metadata if metadata else None)
    results = list(
        trailsdk.iter_verify(objects.store(NEW), public_keys=crowd_keys(), copied_from=copied_from, now=mine.now)
    )
    uri = f"s3://{NEW}/{place.place[1]}"
    [verdict] = [found for found in results if isinstance(found, Verdict) and found.uri == uri]
    if digest == place:
        is_newest = place == mine.chain(place.account, place.region)[-1]
        proved = copied_from is not None and (metadata or not is_newest)
        assert verdict.verdict == ("valid" if proved else "unverifiable")
    else:
        assert verdict.verdict != "valid"
        same = (digest.account, digest.region, digest.end) == (place.account, place.region, place.end)
        if not (same and source in (crowd()[3], crowd()[4])):
            assert verdict.verdict == "invalid"


def test_a_signature_of_another_place_does_not_count() -> None:
    """Whoever rewrites the place in a digest, so that it fits the copy, has broken its signature."""
    trail = FakeTrail()
    trail.run(hours=2)
    newest = trail.digests[-1]
    objects = copied(trail)
    changed = evolve(newest, place=(NEW, newest.place[1]))
    objects_of = FakeTrail(objects=objects)
    objects_of.sign_again(changed, {"digestS3Bucket": NEW}, key=fake_key("foreign"))
    for copied_from in (None, f"s3://{OLD}"):
        verdicts = {each.uri: each.reason for each in verify(trail, objects, copied_from).problems}
        assert verdicts[f"s3://{NEW}/{newest.place[1]}"] == "bad-signature"


class TestCommand:
    """What the command says."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        trail = FakeTrail()
        trail.run(hours=3)
        copied(trail).write_into(tmp_path / "copy")
        copied(trail).write_into(tmp_path / "plain", sidecars=False)
        write_public_keys(trail.public_keys, tmp_path / "keys.json")
        return tmp_path

    def call(self, capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
        code = run(["verify", *map(str, arguments), "--until", "2026-03-07T11:12:44Z"])
        out, err = capfd.readouterr()
        assert err == ""
        return code, out

    def test_renamed(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        """Each file says where it was delivered and how to accept the copy; accepted, the chain says that it is one."""
        keys = ("--public-keys", folder / "keys.json")
        code, out = self.call(capfd, folder / "copy", *keys)
        assert code == 3
        assert out.count("UNVERIFIABLE: has been moved from its original location (genuine, not at its original") == 3
        assert f"trailsdk verify {folder / 'copy'} --copied-from s3://{OLD})" in out
        code, out = self.call(capfd, folder / "copy", *keys, "--copied-from", f"s3://{OLD}")
        assert code == 0
        assert out.count("A copy, not at its original place") == 1
        assert "whole" in out

    def test_plain(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        """The newest digest of a plain copy is unproved, and it is said why."""
        code, out = self.call(capfd, folder / "plain", "--public-keys", folder / "keys.json")
        assert code == 3
        assert out.count("UNVERIFIABLE: signature lost (it stands in the metadata, which this copy has not") == 1
        assert "2/3 digest files valid, 1/3 digest files UNVERIFIABLE" in out
        assert "Not vouched for: digests are missing or not valid\t2026-03-07T10:12:44Z to 2026-03-07T11:12:44Z" in out


def test_hours_of_a_copy_add_up() -> None:
    """What a copy vouches for is what its original does."""
    trail = FakeTrail()
    trail.run(hours=2)
    trail.pause(2)
    trail.run(hours=2)
    since = trail.digests[0].start - timedelta(hours=1)
    original = trailsdk.verify(trail.objects.store(OLD), public_keys=trail.public_keys, now=trail.now, since=since)
    copy = verify(trail, copied(trail), f"s3://{OLD}", since=since)
    assert [each for each in copy.findings if each.code != "copied"] == list(original.findings)
    assert copy.coverage == original.coverage


@pytest.mark.parametrize(("prefix", "here", "there"), PLACES)
def test_planted_in_a_copy(prefix: str, here: str, there: str) -> None:
    """A log file that no digest names is found in a copy too, where it lies; those that are named are no strangers."""
    trail = FakeTrail(prefix=prefix)
    trail.run(hours=3)
    tamper(trail, Tampering.LOG_PLANTED, trail.logs[2])
    report = verify_s3(trail, copied(trail, here, there), f"s3://{NEW}/{here}", f"s3://{OLD}/{there}")
    assert sorted(each.code for each in report.findings) == ["copied", "unlisted"]
    [planted] = [each for each in report.findings if each.code == "unlisted"]
    assert planted.uri is not None
    assert planted.uri.startswith(f"s3://{NEW}/{here}{prefix if not there else ''}".rstrip("/"))
    assert planted.uri.endswith("fake.json.gz")
