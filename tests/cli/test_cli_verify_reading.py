"""`--verify` of `read` and `stats`: what is proved, and how much is not."""

import json
from pathlib import Path

import pytest
from process import run

from trailsdk.integrity import write_public_keys
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail with one log file that was changed and one that was planted, and its keys."""
    trail = FakeTrail()
    trail.run(hours=3)
    tamper(trail, Tampering.LOG_MODIFIED, trail.logs[0])
    tamper(trail, Tampering.LOG_PLANTED, trail.logs[4])
    folder = tmp_path_factory.mktemp("trail")
    trail.objects.write_into(folder / "copy")
    write_public_keys(trail.public_keys, folder / "keys.json")
    return folder


def test_only(folder: Path) -> None:
    """Records are the lines of plain reading, but for those left out; standard error says how many and why."""
    plain = run("read", folder / "copy").stdout.splitlines()
    done = run("read", folder / "copy", "--verify", "only", "--public-keys", folder / "keys.json")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    assert set(lines) < set(plain)
    told = b"3 records left out, of files that are not proved: 2 hash-mismatch, 1 unlisted"
    assert done.stderr.strip() == told


def test_tag(folder: Path) -> None:
    """The verdict is a field of the origin; each record's own text stays as it is."""
    options = ("--verify", "tag", "--public-keys", folder / "keys.json")
    assert run("read", folder / "copy", *options).stdout == run("read", folder / "copy").stdout
    done = run("read", folder / "copy", *options, "--fields", "eventName,origin.verdict,origin.reason")
    found = {(each["origin.verdict"], each["origin.reason"]) for each in map(json.loads, done.stdout.splitlines())}
    assert found == {("valid", None), ("invalid", "hash-mismatch"), ("unverifiable", "unlisted")}


def test_stats(folder: Path) -> None:
    """Records that are not proved are a part of the sum."""
    options = ("--verify", "only", "--public-keys", folder / "keys.json")
    assert b"13 = 10 counted + 3 not proved" in run("stats", folder / "copy", *options).stdout
    document = json.loads(run("stats", folder / "copy", *options, "--output", "json").stdout)
    assert (document["records"]["seen"], document["records"]["unverified"]) == (13, 3)


def test_wrong_calls(folder: Path, tmp_path: Path) -> None:
    """Keys are for proving only, and must be some."""
    assert run("read", folder / "copy", "--public-keys", folder / "keys.json").returncode == 2
    done = run("read", folder / "copy", "--verify", "only", "--public-keys", tmp_path / "none.json")
    assert (done.returncode, done.stdout) == (1, b"")
