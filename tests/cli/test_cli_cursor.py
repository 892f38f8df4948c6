"""`--cursor` and `--deduplicate`: only what is new, and what was written is what was consumed."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from process import COMMAND, PATIENCE_SECONDS, environment, run

from trails import CALL, write_records

COUNT = 25_000
"""More than a pipe holds, and than is committed at once."""


def names(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["eventID"] for line in done.stdout.splitlines()]


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    folder = tmp_path / "trail"
    folder.mkdir()
    for file in range(2):
        write_records(folder / f"{file}.json.gz", *[{**CALL, "eventID": f"{file}{each}"} for each in range(3)])
    return folder


@pytest.fixture(params=["json", "sqlite"])
def cursor(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"cursor.{request.param}"


class TestCursor:
    """What was written is consumed, and nothing else."""

    def test_only_what_is_new(self, trail: Path, cursor: Path) -> None:
        """The second run gives what has come since; `--limit` leaves the rest for the next."""
        assert names(run("read", trail, "--cursor", cursor, "--limit", "4")) == ["00", "01", "02", "10"]
        assert names(run("read", trail, "--cursor", cursor)) == ["11", "12"]
        assert names(run("read", trail, "--cursor", cursor)) == []

    def test_output_that_cannot_be_written(self, trail: Path, cursor: Path) -> None:
        """What did not fit on the disk comes again."""
        if not os.path.exists("/dev/full"):  # noqa: PTH110 (a device)
            pytest.skip("there is no /dev/full")
        with open("/dev/full", "wb") as full:  # noqa: PTH123 (a device)
            command = [*COMMAND, "read", str(trail), "--cursor", str(cursor)]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
        assert done.returncode == 1
        assert len(names(run("read", trail, "--cursor", cursor))) == 6

    def test_broken_pipe(self, tmp_path: Path, cursor: Path) -> None:
        """A reader that goes away loses nothing of what was not written."""
        file = write_records(tmp_path / "log.json.gz", *[{**CALL, "eventID": f"{each}"} for each in range(COUNT)])
        command = [*COMMAND, "read", str(file), "--cursor", str(cursor)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            process.stdout.close()
            assert process.wait(PATIENCE_SECONDS) == 141
        assert first["eventID"] == "0"
        assert len(names(run("read", file, "--cursor", cursor))) == COUNT

    def test_stats(self, trail: Path, cursor: Path) -> None:
        """`stats` counts only what is new, too."""
        files = [
            json.loads(run("stats", trail, "--cursor", cursor, "--output", "json").stdout)["files"] for _ in range(2)
        ]
        assert [(each["read"], each["consumed"]) for each in files] == [(2, 0), (0, 2)]

    def test_what_does_not_fit(self, trail: Path, cursor: Path) -> None:
        """A cursor of something else is one line, and what to do."""
        run("read", trail, "--cursor", cursor)
        done = run("read", trail / "0.json.gz", "--cursor", cursor)
        assert done.returncode == 1
        assert b"use a cursor of its own" in done.stderr
        done = run("read", "--cursor", cursor, stdin=b"")
        assert (done.returncode, b"standard input" in done.stderr) == (2, True)


def test_deduplicate(trail: Path) -> None:
    """Records that came already are dropped and counted."""
    file = trail / "0.json.gz"
    assert names(run("read", file, file, "--deduplicate")) == ["00", "01", "02"]
    document = json.loads(run("stats", file, file, "--deduplicate", "--output", "json").stdout)
    assert (document["records"]["yielded"], document["records"]["duplicate"]) == (3, 3)
    assert b"6 = 3 counted + 3 that came already" in run("stats", file, file, "--deduplicate").stdout
