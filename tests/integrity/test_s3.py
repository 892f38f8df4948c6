"""Verifying over HTTP: through boto3 and obstore, with everything that S3 and CloudTrail may refuse."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from oracle import serve

import trailsdk
from trailsdk.errors import NotFoundError
from trailsdk.integrity import Report
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper


@pytest.fixture
def trail() -> FakeTrail:
    trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
    trail.run(hours=4)
    return trail


@pytest.fixture
def aws(trail: FakeTrail) -> Iterator[FakeAws]:
    aws = serve(trail)
    yield aws
    aws.refused_operations.clear()
    aws.page_size = 1000


def verify(trail: FakeTrail, *, obstore: bool = False) -> Report:
    return trailsdk.verify(trailsdk.S3(f"s3://{trail.bucket}", obstore=obstore), now=trail.now)


@pytest.mark.parametrize("obstore", [False, True])
def test_whole(trail: FakeTrail, aws: FakeAws, obstore: bool) -> None:  # noqa: FBT001 (a case)
    """Keys are asked for in each Region, once."""
    aws.requests.clear()
    report = verify(trail, obstore=obstore)
    assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 8, 16)
    assert aws.requests["ListPublicKeys"] == 2
    assert aws.requests["GetObject"] == 24


def test_where_the_trail_delivers(trail: FakeTrail, aws: FakeAws) -> None:
    """Without a location, CloudTrail is asked for it."""
    assert trailsdk.verify(trail=trail.arn, now=trail.now).status == "whole"
    with pytest.raises(NotFoundError):
        trailsdk.verify(trail="arn:aws:cloudtrail:us-east-1:111122223333:trail/other")


def test_pages(trail: FakeTrail, aws: FakeAws) -> None:
    """Listings of many pages are put together."""
    aws.page_size = 2
    assert verify(trail).digests.valid == 8


@pytest.mark.parametrize(
    ("code", "reason"), [("AccessDenied", "refused"), ("InvalidObjectState", "archived"), ("KMS.Disabled", "refused")]
)
def test_refused_objects(trail: FakeTrail, aws: FakeAws, code: str, reason: str) -> None:
    """What S3 refuses is inaccessible, and nothing else is touched by it."""
    digest, log = trail.chain()[1], trail.chain()[3].logs[0]
    aws.refused.update({digest.place: code, log.place: code})
    report = verify(trail)
    assert report.status == "unproved"
    assert {each.uri: (each.verdict, each.reason) for each in report.problems} == {
        digest.uri: ("inaccessible", reason),
        log.uri: ("inaccessible", reason),
    }
    assert (report.digests.valid, report.logs.valid) == (7, 13)


def test_broken_connections_are_tried_again(trail: FakeTrail, aws: FakeAws) -> None:
    """A body that breaks off is no verdict."""
    aws.broken.update({trail.digests[0].place: 1, trail.logs[5].place: 2})
    assert verify(trail).status == "whole"


def test_keys_are_refused(trail: FakeTrail, aws: FakeAws) -> None:
    """Without `cloudtrail:ListPublicKeys` nothing is proved."""
    aws.refused_operations["ListPublicKeys"] = "AccessDeniedException"
    report = verify(trail)
    assert (report.status, report.digests.inaccessible) == ("unproved", 8)


def test_no_bucket(trail: FakeTrail, aws: FakeAws) -> None:
    """A bucket that is not there is not whole."""
    report = trailsdk.verify("s3://example-nowhere", now=trail.now)
    assert (report.status, [each.code for each in report.findings]) == ("unproved", ["not-listed", "no-digests"])


def test_a_client_can_be_handed_in(trail: FakeTrail, aws: FakeAws) -> None:
    """It is used for other buckets too."""
    trail.move(bucket="example-other")
    trail.run(hours=2)
    source = trailsdk.S3("s3://example-other", client=boto3.client("s3", endpoint_url=aws.url))
    assert trailsdk.verify(source, now=trail.now).digests.valid == 12


def test_upload(trail: FakeTrail) -> None:
    """A fake trail can be put into any S3."""
    moto = pytest.importorskip("moto")
    with moto.mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        client = boto3.client("s3", region_name="us-east-1")
        trail.objects.upload(client)
        source = trailsdk.S3(f"s3://{trail.bucket}", client=client)
        report = trailsdk.verify(source, public_keys=trail.public_keys, now=trail.now)
    assert report.status == "whole"


class TestCommand:
    """`trailsdk verify`."""

    def run(self, aws: FakeAws, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **aws.environment, "COLUMNS": "200"}
        command = [sys.executable, "-m", "trailsdk", "verify", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def test_classic_story(self, trail: FakeTrail, aws: FakeAws) -> None:
        """One log file deleted, one modified and gzipped again: the two INVALID lines, and exit code 1."""
        deleted, modified = trail.chain()[1].logs
        tamper(trail, Tampering.LOG_DELETED, deleted)
        tamper(trail, Tampering.LOG_MODIFIED, modified)
        until = f"{trail.digests[-1].end:%Y-%m-%dT%H:%M:%SZ}"
        done = self.run(aws, f"s3://{trail.bucket}", "--until", until, "--region", "us-east-1")
        assert done.returncode == 1
        assert done.stderr == ""
        assert done.stdout.splitlines() == [
            f"Log file\t{deleted.uri}\tINVALID: not found",
            f"Log file\t{modified.uri}\tINVALID: hash value doesn't match",
            "",
            f"Results requested for ... to {until}",
            f"Results found for 2026-03-07T08:12:44Z to {until}:",
            "",
            "4/4 digest files valid",
            "6/8 log files valid, 2/8 log files INVALID",
            "",
            f"111122223333 us-east-1 main {'█' * 60} 100.0 %",
            "█ vouched for",
            "",
            "broken: something is invalid",
        ]

    def test_json_lines(self, trail: FakeTrail, aws: FakeAws) -> None:
        """One line for each verdict and each chain's coverage, and the report as the last."""
        until = f"{trail.digests[-1].end:%Y-%m-%dT%H:%M:%SZ}"
        done = self.run(aws, f"s3://{trail.bucket}", "--until", until, "--output", "ndjson")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0
        assert [each["type"] for each in lines] == [*["verdict"] * 12, "coverage"] * 2 + ["report"]
        assert lines[-1]["status"] == "whole"

    def test_exit_codes(self, trail: FakeTrail, aws: FakeAws) -> None:
        """2 is a wrong call, 3 is what could not be proved: nothing found, and no such trail."""
        assert self.run(aws).returncode == 2
        assert self.run(aws, f"s3://{trail.bucket}", "--since", "1h").returncode == 3
        done = self.run(aws, "--trail", "arn:aws:cloudtrail:us-east-1:111122223333:trail/other")
        assert done.returncode == 3
        assert done.stderr.startswith("error: ")


def test_fake_aws_answers_like_aws(trail: FakeTrail, aws: FakeAws) -> None:
    """boto3 understands what it answers."""
    client = boto3.client("cloudtrail", region_name="eu-west-1")
    [described] = client.describe_trails(trailNameList=[trail.arn])["trailList"]
    assert (described["TrailARN"], described["S3BucketName"]) == (trail.arn, trail.bucket)
    status = client.get_trail_status(Name=trail.arn)
    assert status["IsLogging"]
    assert status["LatestDigestDeliveryTime"] == trail.digests[-1].end + timedelta(minutes=20)
    [key] = client.list_public_keys(StartTime=trail.digests[0].start, EndTime=trail.now)["PublicKeyList"]
    assert key["Fingerprint"] == next(each.fingerprint for each in trail.public_keys if each.region == "eu-west-1")
    assert (
        client.list_public_keys(EndTime=trail.now - timedelta(days=99), StartTime=trail.now - timedelta(days=100))[
            "PublicKeyList"
        ]
        == []
    )
    s3 = boto3.client("s3")
    keys = [
        each["Key"]
        for page in s3.get_paginator("list_objects").paginate(Bucket=trail.bucket, PaginationConfig={"PageSize": 7})
        for each in page["Contents"]
    ]
    assert keys == [key for _, key in trail.objects]
    folders = [
        each["Prefix"]
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=trail.bucket, Prefix="AWSLogs/111122223333/", Delimiter="/", PaginationConfig={"PageSize": 1}
        )
        for each in page.get("CommonPrefixes", [])
    ]
    assert folders == ["AWSLogs/111122223333/CloudTrail-Digest/", "AWSLogs/111122223333/CloudTrail/"]
