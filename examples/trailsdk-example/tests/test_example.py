"""The example plugin, used as its users would."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

import trailsdk
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.sources import SourceContract

RECORD = {"eventTime": "2026-03-07T23:00:00Z", "eventName": "PutObject", "eventID": "1"}


def archive(folder: Path, **files: bytes) -> Path:
    """Make a ZIP archive."""
    path = folder / "evidence.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def test_source_decoder_and_stage(tmp_path: Path) -> None:
    """Log files and a vendor's export in one archive are read alike, and enriched."""
    log_file = gzip.compress(json.dumps({"Records": [RECORD]}).encode())
    export = b'{"event": {"eventName": "GetObject"}, "tags": ["x"]}\n' * 2
    path = archive(tmp_path, a=log_file, b=export, c=b"text")
    stream = trailsdk.read(f"zip://{path}")
    found = [(record.event_name, dict(record.enrichments)) for record in stream]
    assert found == [("PutObject", {"example": {"out_of_hours": True}}), ("GetObject", {}), ("GetObject", {})]
    assert (stream.stats.listed, stream.stats.read, stream.stats.skipped) == (3, 2, 1)


def test_observer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit trail names what was read."""
    monkeypatch.setenv("TRAILSDK_EXAMPLE_AUDIT", str(tmp_path / "audit"))
    path = archive(tmp_path, a=json.dumps(RECORD).encode(), b=b"{")
    list(trailsdk.read(f"zip://{path}", on_error="skip"))
    lines = (tmp_path / "audit").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["done", "error", "done", "end"]
    assert lines[-1] == "end 1 files, 1 records"


def test_sink(tmp_path: Path) -> None:
    """A destination that ends in `.csv` becomes CSV."""
    assert trailsdk.write(trailsdk.parse(json.dumps(RECORD)), tmp_path / "out.csv") == 1
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "2026-03-07 23:00:00+00:00,,,PutObject,success"


def test_check() -> None:
    """An hour without log files is told, and leaves the trail whole."""
    trail = FakeTrail()
    trail.run(hours=2)
    [quiet] = trail.run(hours=1, logs=0)
    report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys, now=trail.now)
    [finding] = report.findings
    assert (finding.code, finding.uri, report.status) == ("example:quiet-hour", quiet.uri, "whole")


class TestZipSource(SourceContract):
    """The ZIP source keeps the contract of sources."""

    def location(self, folder: Path, files: dict[str, bytes]) -> str:
        """Put the contract's files where the source finds them."""
        path = folder / "contract.zip"
        with zipfile.ZipFile(path, "w") as out:
            for name, data in files.items():
                out.writestr(name, data)
        return f"zip://{path}"
