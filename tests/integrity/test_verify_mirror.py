"""A mirror is verified as its bucket is, without AWS."""

from datetime import timedelta
from pathlib import Path

import pytest
from oracle import serve

import trailsdk
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail


@pytest.fixture(params=["", "Ünsafe*/%41/..//b"], ids=["plain", "unsafe"])
def trail(request: pytest.FixtureRequest) -> FakeTrail:
    trail = FakeTrail(regions=["us-east-1", "eu-west-1"], prefix=request.param)
    trail.run(hours=4)
    return trail


@pytest.fixture
def aws(trail: FakeTrail) -> FakeAws:
    return serve(trail)


def test_whole(trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
    """All digests and log files are there, with their signatures, whatever the prefix is made of."""
    report = trailsdk.mirror(f"s3://{trail.bucket}", tmp_path, now=trail.now)
    assert (report.copied, report.failed) == (24, 0)
    verified = trailsdk.verify(tmp_path, public_keys=trail.public_keys, now=trail.now)
    assert (verified.status, verified.digests.valid, verified.logs.valid) == ("whole", 8, 16)


def test_a_window(trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
    """A mirror of a window holds the digests that verifying the window needs."""
    since, until = trail.now - timedelta(hours=3), trail.now - timedelta(hours=1)
    trailsdk.mirror(f"s3://{trail.bucket}", tmp_path, since=since, until=until, now=trail.now)
    here = trailsdk.verify(tmp_path, since=since, until=until, public_keys=trail.public_keys, now=trail.now)
    there = trailsdk.verify(f"s3://{trail.bucket}", since=since, until=until, now=trail.now)
    assert (here.status, here.digests.valid, here.logs.valid) == (there.status, there.digests.valid, there.logs.valid)
    assert here.status == "whole"


def test_tampered(trail: FakeTrail, aws: FakeAws, tmp_path: Path) -> None:
    """What is changed in the mirror is found."""
    trailsdk.mirror(f"s3://{trail.bucket}", tmp_path, now=trail.now)
    changed = next(path for path in tmp_path.rglob("*_CloudTrail_*") if not path.name.startswith("."))
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    verified = trailsdk.verify(tmp_path, public_keys=trail.public_keys, now=trail.now)
    assert (verified.status, verified.logs.valid, verified.logs.invalid) == ("broken", 15, 1)
