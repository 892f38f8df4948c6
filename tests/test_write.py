"""`write()`: what was read is what is written."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import trailsdk
from trailsdk.errors import UsageError, WriteError


class TestWrite:
    """NDJSON, or log files as CloudTrail writes them."""

    @pytest.mark.parametrize("name", ["out.ndjson", "out.jsonl", "out.json", "out.json.gz", "out.ndjson.gz", "out"])
    def test_what_was_read_is_written(self, sample_trail: Path, tmp_path: Path, name: str) -> None:
        """Each format reads back to the same texts, in the same order."""
        before = list(trailsdk.read(sample_trail / "AWSLogs"))
        assert trailsdk.write(before, tmp_path / name) == len(before)
        after = list(trailsdk.read(tmp_path / name))
        assert [record.raw for record in after] == [record.raw for record in before]

    def test_a_log_file_is_as_it_was(self, sample_trail: Path, tmp_path: Path) -> None:
        """A whole log file comes out byte for byte."""
        [path, *_] = sorted(sample_trail.rglob("*.json.gz"))
        trailsdk.write(trailsdk.read(path), tmp_path / "out.json")
        assert (tmp_path / "out.json").read_bytes() == gzip.decompress(path.read_bytes())

    def test_white_space_between_tokens_goes(self) -> None:
        """NDJSON has one record a line; strings and numbers are as they were."""
        text = '{ "eventName" : "a  b\\n" ,\n "n" : [ 1.0e5 , 1E400, -0 ] }'
        out = io.BytesIO()
        trailsdk.write([trailsdk.parse_record(text)], out)
        assert out.getvalue() == b'{"eventName":"a  b\\n","n":[1.0e5,1E400,-0]}\n'

    def test_built_records(self) -> None:
        """Absent parameters are written as null, other absent fields not at all."""
        out = io.BytesIO()
        trailsdk.write([trailsdk.Record(event_name="X", read_only=False)], out)
        document = {"eventName": "X", "requestParameters": None, "responseElements": None, "readOnly": False}
        assert json.loads(out.getvalue()) == document

    def test_same_records_same_bytes(self, sample_trail: Path, tmp_path: Path) -> None:
        """A compressed file holds no time and no name."""
        for name in ("a.json.gz", "b.json.gz"):
            trailsdk.write(trailsdk.read(sample_trail / "AWSLogs"), tmp_path / name)
        assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()

    def test_all_or_nothing(self, tmp_path: Path) -> None:
        """A file appears when all is written; after an error the old one is there, and nothing else."""
        path = tmp_path / "out.ndjson"
        path.write_text("old")

        def broken() -> Iterator[trailsdk.Record]:
            yield trailsdk.Record(event_name="X")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            trailsdk.write(broken(), path)
        assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])

    def test_links_and_pipes(self, tmp_path: Path) -> None:
        """A link is followed, a pipe is written to; neither is replaced."""
        (tmp_path / "target").write_text("old")
        (tmp_path / "link").symlink_to(tmp_path / "target")
        trailsdk.write([trailsdk.Record(event_name="X")], tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert b'"X"' in (tmp_path / "target").read_bytes()
        os.mkfifo(tmp_path / "pipe")
        reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE)  # noqa: S607 (any cat will do)
        trailsdk.write([trailsdk.Record(event_name="Y")], tmp_path / "pipe")
        assert b'"Y"' in reader.communicate(timeout=30)[0]
        assert (tmp_path / "pipe").is_fifo()

    def test_permissions(self, tmp_path: Path) -> None:
        """A new file has the permissions of new files."""
        trailsdk.write([], tmp_path / "out")
        (tmp_path / "plain").touch()
        assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_no_such_folder(self, tmp_path: Path) -> None:
        """The operating system's refusal is told with the path."""
        with pytest.raises(WriteError, match="nowhere"):
            trailsdk.write([], tmp_path / "nowhere" / "out")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_full_disk(self) -> None:
        """A full disk is an error, not a shorter file."""
        many = [trailsdk.Record(event_name="X" * 10_000)] * 10
        with pytest.raises(WriteError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as full:
            trailsdk.write(many, full)

    def test_no_such_format(self, tmp_path: Path) -> None:
        """There are two formats."""
        with pytest.raises(UsageError, match="parquet"):
            trailsdk.write([], tmp_path / "out", format="parquet")

    def test_standard_output(self) -> None:
        """`-` is standard output."""
        code = "import trailsdk; trailsdk.write([trailsdk.Record(event_name='X')], '-')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert json.loads(done.stdout)["eventName"] == "X"
