"""A queue on the command line."""

import json
import os
import subprocess
import sys

import pytest
from noticed import event

from trailsdk.cli.main import run
from trailsdk.testing.fake_queue import FakeQueue


def test_read(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`trailsdk read sqs://...` deletes the messages of the records that it has printed, and no others."""
    with FakeQueue(longest_wait=0.0).serving() as queue:
        queue.send(event(1), event(2), event(3))
        options = ["--endpoint-url", queue.url, "--output", "ndjson"]
        assert run(["read", queue.location, *options, "--limit", "2"]) == 0
        assert [json.loads(line)["eventID"] for line in capfdbinary.readouterr().out.splitlines()] == ["e1", "e2"]
        assert len(queue.messages) == 1
        assert run(["read", queue.location, *options]) == 0
        assert [json.loads(line)["eventID"] for line in capfdbinary.readouterr().out.splitlines()] == ["e3"]
        assert queue.messages == []


@pytest.mark.parametrize("command", ["read", "follow"])
def test_output_that_cannot_be_written(command: str) -> None:
    """Where the output cannot be written, no message is deleted: what is in it comes again."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110 (a device)
        pytest.skip("there is no /dev/full")
    with FakeQueue(longest_wait=0.0).serving() as queue, open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
        queue.send(*map(event, range(100)))
        arguments = [sys.executable, "-m", "trailsdk", command, queue.location, "--endpoint-url", queue.url]
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")
        assert len(queue.messages) == 100


def test_what_is_left(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A message that cannot be understood is told, ends the command with 1, and stays."""
    with FakeQueue(longest_wait=0.0).serving() as queue:
        queue.send("hello", event(1))
        code = run(["read", queue.location, "--endpoint-url", queue.url, "--output", "ndjson", "--on-error", "report"])
        out, err = capfdbinary.readouterr()
    assert code == 1
    assert json.loads(out)["eventID"] == "e1"
    assert b"not JSON" in err
    assert [message.body for message in queue.messages] == ["hello"]


def test_follow(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`trailsdk follow sqs://...` shows what comes, and deletes the messages of what it has shown."""
    with FakeQueue(longest_wait=0.0).serving() as queue:
        queue.send(*map(event, range(5)))
        options = ["--endpoint-url", queue.url, "--output", "ndjson", "--limit", "5"]
        assert run(["follow", queue.location, *options]) == 0
        out = capfdbinary.readouterr().out
        assert [json.loads(line)["eventID"] for line in out.splitlines()] == [f"e{number}" for number in range(5)]
        assert queue.messages == []
