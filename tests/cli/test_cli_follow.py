"""`trailsdk follow`: records as they come, a clean stop, and a cursor that knows what was written."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from process import COMMAND, PATIENCE_SECONDS, environment, run

from trailsdk.cli.follow import Run, stopped_by_signals
from trailsdk.cli.main import run as run_here
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_events import FakeEvents, LogEvent, RefusedError
from trailsdk.testing.fake_trail import FakeTrail

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

BUCKET = "org-trail"


def _document(name: str, *, minutes_ago: float = 1) -> dict[str, Any]:
    when = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {"eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eventID": name, "eventName": "PutBucketPolicy"}


def _key(unique: str) -> str:
    when = datetime.now(UTC)
    name = f"111122223333_CloudTrail_eu-west-1_{when:%Y%m%dT%H%M}Z_{unique:0>16}.json.gz"
    return f"AWSLogs/111122223333/CloudTrail/eu-west-1/{when:%Y/%m/%d}/{name}"


class Followed:
    """The command while it follows."""

    def __init__(self, url: str, *arguments: str) -> None:
        command = [*COMMAND, "follow", *arguments, "--endpoint-url", url, "--wait", "0.05"]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing"),  # noqa: S106 (nobody checks it)
        )

    def next(self) -> str:
        """Read the next record, which is there as soon as the command waits."""
        assert self.process.stdout is not None
        return str(json.loads(self.process.stdout.readline())["eventID"])

    def stop(self, number: int = signal.SIGINT) -> tuple[int, bytes, bytes]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def events() -> Iterator[FakeEvents]:
    with FakeEvents(groups={"trail": []}).serving() as fake:
        yield fake


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_log_group(events: FakeEvents, number: int) -> None:
    """What is there comes at once, what comes later when it is there; a signal ends it without an error."""
    group = events.groups["trail"]

    def appear(name: str) -> None:
        group.append(LogEvent(json.dumps(_document(name)), int(datetime.now(UTC).timestamp() * 1000)))

    appear("a")
    with Followed(events.url, "cloudwatch://eu-west-1/trail") as followed:
        assert followed.next() == "a"
        appear("b")
        appear("c")
        assert [followed.next(), followed.next()] == ["b", "c"]
        assert followed.stop(number) == (0, b"", b"")


def test_the_event_history(events: FakeEvents) -> None:
    """Old events are left out, unless they are asked for; conditions are those of `read`."""
    events.history += [_document("old", minutes_ago=60), _document("a")]
    with Followed(events.url, "history://eu-west-1", "--event-name", "Put*", "--category", "management") as followed:
        assert followed.next() == "a"
        assert followed.stop() == (0, b"", b"")


def test_what_was_reported(events: FakeEvents) -> None:
    """What could not be reached is reported, and tried again; the exit code tells that there was something."""
    events.history.append(_document("a"))
    events.closed["111122223333", "eu-west-1"] = RefusedError("AccessDeniedException")
    with Followed(events.url, "history://eu-west-1", "--category", "management") as followed:
        assert followed.process.stderr is not None
        assert b"access denied" in followed.process.stderr.readline()
        events.closed.clear()
        assert followed.next() == "a"
        code, out, _ = followed.stop()
        assert (code, out) == (1, b"")


def test_a_bucket_with_a_cursor(tmp_path: Path) -> None:
    """The cursor is written whenever all was written out: even a kill costs nothing, and the next run goes on."""
    trail = FakeTrail(bucket=BUCKET)

    def put(name: str) -> None:
        trail.objects.put((BUCKET, _key(name)), json.dumps({"Records": [_document(name)]}).encode())

    cursor = tmp_path / "c.sqlite"
    put("a")
    with FakeAws(trail) as aws:
        with Followed(aws.url, f"s3://{BUCKET}", "--cursor", str(cursor)) as followed:
            assert followed.next() == "a"
            put("b")
            assert followed.next() == "b"
            _wait_until_written(cursor, 2)
            assert followed.stop(signal.SIGKILL)[1:] == (b"", b"")
        put("c")
        with Followed(aws.url, f"s3://{BUCKET}", "--cursor", str(cursor)) as followed:
            assert followed.next() == "c"
            assert followed.stop() == (0, b"", b"")
        arguments = ["read", f"s3://{BUCKET}", "--cursor", str(cursor), "--endpoint-url", aws.url]
        done = run(*arguments, AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")  # noqa: S106 (nobody checks it)
        assert (done.returncode, done.stdout) == (0, b"")


def _wait_until_written(cursor: Path, number: int) -> None:
    """Wait until a cursor knows so many files: the output is there a moment before."""
    import sqlite3
    import time
    from contextlib import closing, suppress

    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(cursor)) as connection:
            if connection.execute("SELECT count(*) FROM file").fetchone() == (number,):
                return
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_limit(events: FakeEvents) -> None:
    """`--limit` ends it by itself."""
    events.history += [_document("a"), _document("b")]
    with Followed(events.url, "history://eu-west-1", "--limit", "1", "--category", "management") as followed:
        out, err = followed.process.communicate(timeout=PATIENCE_SECONDS)
        assert (followed.process.returncode, err, len(out.splitlines())) == (0, b"", 1)


def test_what_cannot_be_followed(tmp_path: Path) -> None:
    """A folder cannot be followed, which is a wrong call."""
    done = run("follow", tmp_path)
    assert (done.returncode, b"cannot be followed" in done.stderr) == (2, True)
    assert run("follow").returncode == 2


def test_a_reader_that_goes_away(events: FakeEvents) -> None:
    """When nobody reads the output any more, it ends at the next record."""
    events.history.append(_document("a"))
    with Followed(events.url, "history://eu-west-1", "--category", "management") as followed:
        assert followed.next() == "a"
        assert followed.process.stdout is not None
        followed.process.stdout.close()
        events.history.append(_document("b"))
        assert followed.process.wait(PATIENCE_SECONDS) == 141


def test_a_signal_before_it_begins() -> None:
    """A signal before there is anything to stop interrupts; afterwards signals mean what they did."""
    before: Mapping[int, object] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(KeyboardInterrupt), stopped_by_signals(Run()):
        signal.raise_signal(signal.SIGTERM)
    assert {number: signal.getsignal(number) for number in before} == before


def test_no_requester_pays(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The event history is no bucket: `lookup` offers no `--requester-pays`."""
    assert run_here(["lookup", "--help"]) == 0
    out, _ = capfdbinary.readouterr()
    assert b"--endpoint-url" in out
    assert b"--requester-pays" not in out
