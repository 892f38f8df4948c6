"""Log groups and the event history on the command line, asked of a fake on loopback."""

import json
from datetime import UTC, datetime, timedelta

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
