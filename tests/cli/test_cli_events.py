"""Log groups and the event history on the command line, asked of a fake on loopback."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trailsdk.cli.main import run
from trailsdk.testing.fake_events import FakeEvents, LogEvent

WHEN = datetime.now(UTC) - timedelta(hours=1)
DOCUMENT = {"eventTime": f"{WHEN:%Y-%m-%dT%H:%M:%SZ}", "eventName": "PutBucketPolicy", "eventID": "1"}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that nobody checks."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.parametrize("location", ["history://eu-west-1", "cloudwatch://eu-west-1/CloudTrail/logs"])
def test_another_address(location: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`--endpoint-url` says where log groups and the event history are asked."""
    groups = {"CloudTrail/logs": [LogEvent(json.dumps(DOCUMENT), int(WHEN.timestamp() * 1000))]}
    with FakeEvents([DOCUMENT], groups).serving() as fake:
        code = run(["read", location, "--since", "24h", "--category", "Management", "--endpoint-url", fake.url])
    out, err = capfdbinary.readouterr()
    assert (code, err) == (0, b"")
    assert json.loads(out) == DOCUMENT


def test_what_is_refused(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A log group that is not there is one line, and exit code 1."""
    with FakeEvents().serving() as fake:
        code = run(["read", "cloudwatch://eu-west-1/absent", "--endpoint-url", fake.url])
    assert code == 1
    assert b"there is no such log group" in capfdbinary.readouterr().err


def test_lookup(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`trailsdk lookup` asks AWS for one attribute and compares the others here."""
    history: list[Mapping[str, Any]] = [
        {**DOCUMENT, "eventID": name + user, "eventName": name, "userIdentity": {"type": "IAMUser", "userName": user}}
        for name in ("PutBucketPolicy", "GetBucketAcl")
        for user in ("alice", "bob")
    ]
    options = ["--event-name", "PutBucketPolicy", "--user-name", "alice", "--region", "eu-west-1"]
    with FakeEvents(history).serving() as fake:
        assert run(["lookup", *options, "--output", "ndjson", "--endpoint-url", fake.url]) == 0
        out, _ = capfdbinary.readouterr()
        assert run(["lookup", *options, "--endpoint-url", fake.url]) == 0
        table, _ = capfdbinary.readouterr()
    assert [json.loads(line)["eventID"] for line in out.splitlines()] == ["PutBucketPolicyalice"]
    assert b"alice" in table
    assert b"PutBucketPolicy" in table
    assert b"bob" not in table
    [asked] = {str(request.get("LookupAttributes")) for name, request in fake.requests if name == "LookupEvents"}
    assert asked == "[{'AttributeKey': 'Username', 'AttributeValue': 'alice'}]"


def test_lookup_needs_a_region(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Without a Region, in the options or in AWS's configuration, it is told that one is needed."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert run(["lookup", "--event-name", "PutBucketPolicy"]) == 2
    assert b"--region: name one" in capfdbinary.readouterr().err
