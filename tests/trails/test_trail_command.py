"""The command `trailsdk trail`, as a process against a fake account."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_account import ACCOUNT, REGION, Fake

from trailsdk.trails import TrailArn, bucket_policy

pytest_plugins = ("trail_fixtures",)

MULTI_ACCOUNT = (
    *("main", "--bucket", "example-trail", "--share-with", "444455556666", "--topic", "notices"),
    *("--log-group", "CloudTrail/main", "--object-lock-days", "365"),
)
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


def trail(fake: Fake | None, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "trailsdk", "trail", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, "NO_COLOR": "1", **({} if fake is None else fake.variables)},
        timeout=60,
        check=False,
    )


def test_from_empty_to_clean(fake: Fake) -> None:
    """One command makes a trail of several accounts, with validation, notices and logs; the doctor is content."""
    planned = trail(fake, "plan", *MULTI_ACCOUNT)
    assert planned.returncode == 0, planned.stderr
    assert b" 1. create the bucket: example-trail" in planned.stdout
    refused = trail(fake, "apply", *MULTI_ACCOUNT)
    assert refused.returncode == 2
    assert b"error: nothing was changed: add --yes" in refused.stderr
    assert fake.clients.get("s3", REGION).list_buckets()["Buckets"] == []
    done = trail(fake, "apply", *MULTI_ACCOUNT, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(b"done  start logging: arn:aws:cloudtrail:")
    again = trail(fake, "apply", *MULTI_ACCOUNT, "--yes")
    assert (again.returncode, again.stdout) == (0, b"Everything is there already.\n")
    healthy = trail(fake, "doctor", "main")
    assert (healthy.returncode, healthy.stdout.decode()) == (0, f"{ARN}\nNothing found.\n")


def test_doctor(fake: Fake) -> None:
    """Findings are text or JSON; exit code 1 for serious ones, 3 where nothing could be looked at."""
    assert trail(fake, "apply", "main", "--bucket", "example-trail", "--no-validation", "--yes").returncode == 0
    text = trail(fake, "doctor", ARN)
    assert text.returncode == 1
    assert b"high  validation-off  arn:aws:cloudtrail:" in text.stdout
    assert b"fix: aws cloudtrail update-trail" in text.stdout
    found = trail(fake, "doctor", "main", "--output", "json")
    findings = json.loads(found.stdout)["findings"]
    assert [(each["check"], each["severity"]) for each in findings] == [
        ("validation-off", "high"),
        ("no-object-lock", "low"),
    ]
    absent = trail(fake, "doctor", "other")
    assert (absent.returncode, absent.stderr.count(b"\n")) == (3, 1)
    assert b"there is no such trail" in absent.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (("plan", "m", "--bucket", "example-trail"), b"3 to 128 characters", None),
        (("plan", "main", "--bucket", "example-trail", "--share-with", "1"), b"were leading zeros lost", None),
        (("plan", "main", "--bucket", "elsewhere"), b"it is in us-east-1, not in eu-west-1", b"--bucket-region"),
        (("policy", "bucket", "--bucket", "b-1", "--trail", "x"), b"an ARN of a trail is", None),
        (("metric-filters", "--log-group", "none"), b"there is none in eu-west-1", None),
    ],
)
def test_errors(fake: Fake, arguments: tuple[str, ...], error: bytes, hint: bytes | None) -> None:
    """An error is one line, with a hint where one helps; nothing is changed."""
    fake.clients.get("s3", "us-east-1").create_bucket(Bucket="elsewhere")
    done = trail(fake, *arguments)
    assert done.returncode in (1, 2)
    lines = done.stderr.splitlines()
    assert error in lines[0]
    assert hint is None or hint in lines[1]
    assert done.stdout == b""


def test_policies(tmp_path: Path) -> None:
    """Policies are printed without AWS being asked; one that is there is added to."""
    one, two = (TrailArn("aws", REGION, account, "main") for account in ("111122223333", "444455556666"))
    made = trail(None, "policy", "bucket", "--bucket", "example-trail", "--trail", str(one))
    assert json.loads(made.stdout) == bucket_policy("example-trail", [one])
    file = tmp_path / "policy.json"
    file.write_bytes(made.stdout)
    more = trail(None, "policy", "bucket", "--bucket", "example-trail", "--trail", str(two), "--add-to", str(file))
    assert json.loads(more.stdout) == bucket_policy("example-trail", [one, two])
    bad = trail(None, "policy", "bucket", "--bucket", "example-trail", "--trail", str(two), "--add-to", "-", stdin=b"{")
    assert (bad.returncode, bad.stdout) == (2, b"")
    assert bad.stderr.startswith(b"error: bucket policy of example-trail: not JSON")


def test_metric_filters(fake: Fake) -> None:
    """Filters and alarms are made with --yes only."""
    fake.clients.get("logs", REGION).create_log_group(logGroupName="group")
    arguments = ("metric-filters", "--log-group", "group", "--pattern", "ROOT_USAGE", "--topic", "alarms")
    assert trail(fake, *arguments).returncode == 2
    done = trail(fake, *arguments, "--yes")
    assert done.stdout.splitlines() == [
        f"done  create the topic: arn:aws:sns:{REGION}:{ACCOUNT}:alarms".encode(),
        b"done  create the metric filter: ROOT_USAGE",
        b"done  create the alarm: CloudTrail-ROOT_USAGE",
    ]
    assert trail(fake, *arguments, "--yes").stdout == b"Everything is there already.\n"
