"""`trailsdk key explain`: every part of a key, or why it is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from process import in_terminal, plain, run

from trails import HOSTILE
from trailsdk.cli.explain import explain, why_not
from trailsdk.cli.text import width_of
from trailsdk.model.keys import S3Key
from trailsdk.testing import damaged_keys, s3_keys

LOG = (
    "AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-west-1/2026/03/07/"
    "111122223333_CloudTrail_eu-west-1_20260307T0915Z_Ab1.json.gz"
)
DIGEST = (
    "audit/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/07/"
    "111122223333_CloudTrail-Digest_eu-west-1_main_trail_us-east-1_20260307T091500Z_backfill.json.gz"
)
LAKE = "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/03/07/0e1f-aa/result_1.csv.gz"


def parts(text: str) -> dict[str, str]:
    found = explain(text)
    assert found is not None
    return {each.name: each.text for each in found.parts}


class TestExplain:
    """The parts of a key."""

    def test_log_file(self) -> None:
        """A log file's key tells whose events, of which kind, from where, delivered when."""
        assert parts(f"s3://bucket/{LOG}") == {
            "bucket": "bucket",
            "root": "AWSLogs",
            "organization": "o-exampleorg1",
            "account": "111122223333",
            "folder": "CloudTrail",
            "region": "eu-west-1",
            "date": "2026-03-07",
            "time": "2026-03-07 09:15",
            "unique": "Ab1",
            "suffix": ".json.gz",
        }

    def test_digest(self) -> None:
        """A digest's key tells which trail it is of, and up to when it vouches."""
        assert parts(DIGEST) == {
            "prefix": "audit",
            "root": "AWSLogs",
            "account": "111122223333",
            "folder": "CloudTrail-Digest",
            "region": "eu-west-1",
            "date": "2026-03-07",
            "trail": "main_trail",
            "home region": "us-east-1",
            "end time": "2026-03-07 09:15:00",
            "backfill": "_backfill",
            "suffix": ".json.gz",
        }

    def test_lake_result(self) -> None:
        """A Lake result's key tells which query it answers."""
        assert parts(LAKE)["query"] == "0e1f-aa"
        assert parts(LAKE)["file"] == "result_1.csv.gz"

    def test_name_unlike_its_folder(self) -> None:
        """What the file's name says otherwise than its folder is shown as well."""
        assert parts(LOG.replace("111122223333_", "444455556666_"))["account (name)"] == "444455556666"

    @pytest.mark.parametrize(
        ("folder", "last"),
        [
            ("AWSLogs/", "root"),
            ("AWSLogs/111122223333", "account"),
            ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/", "date"),
            (LOG.rpartition("/")[0], "date"),
        ],
    )
    def test_folders(self, folder: str, last: str) -> None:
        """A folder is explained as far as it goes."""
        found = explain(folder)
        assert found is not None
        assert (found.kind, found.parts[-1].name) == ("a folder, not a key", last)

    @given(s3_keys())
    def test_every_key(self, key: S3Key) -> None:
        """Every key is explained, and each of its parts stands in it."""
        found = explain(str(key))
        assert found is not None
        assert all(each.meaning for each in found.parts)
        for name in ("prefix", "organization", "account", "trail", "home region", "unique", "query", "file"):
            for each in found.parts:
                assert each.name != name or each.text in str(key)


class TestWhyNot:
    """What is no key."""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "no folder AWSLogs"),
            ("awslogs/111122223333/", "no folder AWSLogs"),
            ("s3://bucket", "there is a bucket, but no key"),
            (LOG.replace("/", "%2F"), f"decoded it is one: {LOG}"),
            ("AWSLogs/a_b/CloudTrail/x", "'a_b' is neither an account nor an organization"),
            ("AWSLogs/111122223333/elasticloadbalancing/x.gz", "another service's"),
            ("AWSLogs/111122223333/CloudTrail/Europe/x.gz", "'Europe' is no Region"),
            (LOG.replace("2026/03/07", "2026/13/07"), "'13' cannot be in a date"),
            (
                LOG.replace("Z_Ab1", "_Ab1"),
                "expected 111122223333_CloudTrail_eu-west-1_YYYYMMDDTHHMMZ_<unique>.json.gz",
            ),
            (DIGEST.replace("T091500Z", "T0915Z"), "expected 111122223333_CloudTrail-Digest_eu-west-1_<trail>"),
            (LAKE.replace("result_1", "rows"), "there are only Query/"),
            ("AWSLogs/111122223333/CloudTrail/eu-west-1/x.json.gz", "is not below a day"),
            (f"{LOG}/x", "below a day there are files only"),
        ],
    )
    def test_reasons(self, text: str, reason: str) -> None:
        """The reason names the part that is wrong, and what could stand there."""
        assert explain(text) is None
        assert reason in why_not(text)

    @given(damaged_keys() | st.text())
    def test_always_one_of_both(self, text: str) -> None:
        """Any text is explained, or has a reason why not."""
        assert explain(text) is not None or why_not(text)


class TestCommand:
    """The command."""

    @pytest.mark.parametrize("columns", [40, 80])
    def test_fits(self, columns: int) -> None:
        """Every line fits the terminal; long keys are wrapped, nothing is cut off."""
        seen, code = in_terminal("key", "explain", LOG, DIGEST, LAKE, columns=columns)
        shown = plain(seen)
        assert max(map(width_of, shown.splitlines())) <= columns
        assert "".join(shown.split()).count("".join(LOG.split())) == 1
        assert code == 0

    def test_several(self) -> None:
        """One that is no key costs only itself; the exit code tells of it."""
        done = run("key", "explain", "nothing", LOG)
        assert done.returncode == 1
        assert done.stderr.startswith(b"error: nothing is no key of CloudTrail: no folder AWSLogs")
        assert b"a log file" in done.stdout

    def test_hostile(self) -> None:
        """A key cannot write on the terminal."""
        name = HOSTILE.replace("\x00", "").replace("\ud800", "")
        for key in (f"{name}/{LOG}", f"AWSLogs/{name}/CloudTrail/eu-west-1/x"):
            seen, _ = in_terminal("key", "explain", key, variables={"NO_COLOR": "1"})
            assert seen.replace("\n", "").isprintable()
