"""The grammar of S3 keys."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trailsdk.model.keys import (
    DIGEST_FOLDER,
    FOLDERS,
    DigestKey,
    KeyPrefix,
    LakeResultKey,
    LogFileKey,
    parse_key,
    parse_prefix,
)
from trailsdk.testing import damaged_keys, digest_keys, lake_result_keys, log_file_keys, prefixes

NAME = "20260307T0915Z_Zq3mK0vXw9LtB2aR.json.gz"
DAY: dict[str, Any] = {"date": dt.date(2026, 3, 7), "time": dt.datetime(2026, 3, 7, 9, 15, tzinfo=dt.UTC)}
USUAL: dict[str, Any] = {
    "account_id": "111122223333",
    "region": "eu-west-1",
    "unique": "Zq3mK0vXw9LtB2aR",
    **DAY,
}
TAIL = f"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/111122223333_CloudTrail_eu-west-1_{NAME}"
DIGEST_TAIL = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/07/111122223333_CloudTrail-Digest_eu-west-1"
LAKE_DAY = "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/03/07"
QUERY_ID = "0c6f1a2e-8f0b-4c53-9a7e-3d5b7f1c2a90"


class TestLogFileKeys:
    """Keys of log files.

    > AccountID_CloudTrail_RegionName_YYYYMMDDTHHmmZ_UniqueString.FileNameFormat

    -- AWS, CloudTrail log file name format
    """

    @given(log_file_keys())
    def test_parsing_undoes_formatting(self, key: LogFileKey) -> None:
        """What is formatted and parsed is the same key, with the same hash."""
        assert parse_key(str(key)) == key
        assert hash(parse_key(str(key))) == hash(key)

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            pytest.param(TAIL, USUAL, id="no prefix"),
            pytest.param(f"logs/{TAIL}", {**USUAL, "prefix": "logs"}, id="prefix"),
            pytest.param(f"a/b c/ü/{TAIL}", {**USUAL, "prefix": "a/b c/ü"}, id="prefix with slashes"),
            pytest.param(f"/{TAIL}", {**USUAL, "prefix": "/"}, id="leading slash"),
            pytest.param(f"//{TAIL}", {**USUAL, "prefix": "//"}, id="leading slashes"),
            pytest.param(f"/a/{TAIL}", {**USUAL, "prefix": "/a"}, id="leading slash before a prefix"),
            pytest.param(f"a//{TAIL}", {**USUAL, "prefix": "a/"}, id="empty segment"),
            pytest.param(f"AWSLogs/{TAIL}", {**USUAL, "prefix": "AWSLogs"}, id="prefix AWSLogs"),
            pytest.param(f"{TAIL}/{TAIL}", {**USUAL, "prefix": TAIL}, id="prefix that is a key"),
            pytest.param(f"xAWSLogs/{TAIL}", {**USUAL, "prefix": "xAWSLogs"}, id="prefix that ends as the root"),
            pytest.param(
                TAIL.replace("AWSLogs/", "logs/AWSLogs/o-ab12cd34ef/"),
                {**USUAL, "prefix": "logs", "organization_id": "o-ab12cd34ef"},
                id="organization",
            ),
            pytest.param(
                TAIL.replace("AWSLogs/", "o-ab12cd34ef/AWSLogs/o-ab12cd34ef/"),
                {**USUAL, "prefix": "o-ab12cd34ef", "organization_id": "o-ab12cd34ef"},
                id="Control Tower",
            ),
            pytest.param(
                TAIL.replace("AWSLogs/", "AWSLogs/o-abcd/"),
                {**USUAL, "organization_id": "o-abcd"},
                id="anonymised organization",
            ),
            pytest.param(
                TAIL.replace("111122223333", "redacted"),
                {**USUAL, "account_id": "redacted"},
                id="anonymised account",
            ),
            pytest.param(TAIL.replace("aR.json.gz", "aR.json"), {**USUAL, "suffix": ".json"}, id="inflated"),
            *(
                pytest.param(TAIL.replace("eu-west-1", region), {**USUAL, "region": region}, id=region)
                for region in ("us-gov-east-1", "cn-north-1", "us-iso-east-1", "sagov-westsouth-1r")
            ),
            *(
                pytest.param(TAIL.replace("CloudTrail", folder), {**USUAL, "folder": folder}, id=folder)
                for folder in FOLDERS
            ),
        ],
    )
    def test_samples(self, text: str, parts: dict[str, Any]) -> None:
        """Keys as trails write them have these parts."""
        assert parse_key(text) == LogFileKey(**parts)
        assert str(LogFileKey(**parts)) == text

    def test_region_of_the_name(self) -> None:
        """A sample of AWS (in the page on SNS messages) has two regions; both are kept."""
        text = (
            "AWSLogs/123456789012/CloudTrail/us-east-2/2013/12/13/"
            "123456789012_CloudTrail_us-west-2_20131213T1920Z_LnPgDQnpkSKEsppV.json.gz"
        )
        key = parse_key(text)
        assert isinstance(key, LogFileKey)
        assert (key.region, key.name_region) == ("us-east-2", "us-west-2")
        assert (key.name_account_id, key.name_folder) == (None, None)
        assert str(key) == text

    def test_no_underscore(self) -> None:
        """A sample of AWS lacks the underscore before the unique part."""
        key = parse_key(TAIL.replace("Z_Zq", "ZZq"))
        assert key == LogFileKey(**USUAL, separator="")

    def test_day_of_the_folder(self) -> None:
        """The day of the folder and the day of the name need not be the same."""
        key = parse_key(TAIL.replace("2026/03/07", "2026/03/08"))
        assert isinstance(key, LogFileKey)
        assert (key.date, key.time) == (dt.date(2026, 3, 8), DAY["time"])

    def test_parts_that_only_repeat(self) -> None:
        """Naming the directory's own parts again makes no other key."""
        parts: dict[str, Any] = {
            "name_account_id": "111122223333",
            "name_folder": "CloudTrail",
            "name_region": "eu-west-1",
        }
        assert LogFileKey(**USUAL, **parts) == LogFileKey(**USUAL)

    def test_other_zones(self) -> None:
        """A time is written in UTC whatever its zone."""
        there = dt.timezone(dt.timedelta(hours=-11))
        key = LogFileKey(**{**USUAL, "time": dt.datetime(2026, 3, 6, 22, 15, tzinfo=there)})
        assert str(key) == TAIL

    def test_naive_times(self) -> None:
        """A time without a zone is refused."""
        with pytest.raises(ValueError, match="no time zone"):
            LogFileKey(**{**USUAL, "time": dt.datetime(2026, 3, 7, 9, 15)})  # noqa: DTZ001 - the naive time is meant


class TestDigestKeys:
    """Keys of digest files.

    > aws-account-id_CloudTrail-Digest_region_trail-name_region_digest_end_timestamp.json.gz

    -- AWS, CloudTrail digest file structure
    """

    @given(digest_keys())
    def test_parsing_undoes_formatting(self, key: DigestKey) -> None:
        """What is formatted and parsed is the same key."""
        assert parse_key(str(key)) == key

    def test_sample(self) -> None:
        """The sample that AWS gives has these parts."""
        text = (
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2015/08/17/"
            "111122223333_CloudTrail-Digest_us-east-2_your-trail-name_us-east-2_20150817T150131Z.json.gz"
        )
        key = DigestKey(
            account_id="111122223333",
            region="us-east-2",
            date=dt.date(2015, 8, 17),
            trail_name="your-trail-name",
            home_region="us-east-2",
            end_time=dt.datetime(2015, 8, 17, 15, 1, 31, tzinfo=dt.UTC),
        )
        assert parse_key(text) == key
        assert str(key) == text

    @pytest.mark.parametrize("trail_name", ["main", "main_trail", "a_us-east-1_b", "a_us-east-1", "us-east-1_b", "1"])
    @pytest.mark.parametrize("backfill", [False, True])
    def test_trail_names(self, trail_name: str, backfill: bool) -> None:  # noqa: FBT001 - a parameter of the test
        """A trail's name may hold underscores and regions, and a backfill digest has a suffix."""
        ending = "_backfill.json.gz" if backfill else ".json.gz"
        key = parse_key(f"logs/{DIGEST_TAIL}_{trail_name}_us-west-2_20260307T091500Z{ending}")
        assert isinstance(key, DigestKey)
        assert (key.trail_name, key.home_region, key.backfill) == (trail_name, "us-west-2", backfill)
        assert (key.prefix, key.region) == ("logs", "eu-west-1")

    def test_organization_and_backfill(self) -> None:
        """An organization's digests have its id in the directory only."""
        text = (
            DIGEST_TAIL.replace("AWSLogs/", "AWSLogs/o-ab12cd34ef/") + "_t_eu-west-1_20260307T091500Z_backfill.json.gz"
        )
        key = parse_key(text)
        assert isinstance(key, DigestKey)
        assert (key.organization_id, key.account_id, key.trail_name) == ("o-ab12cd34ef", "111122223333", "t")

    def test_parts_that_differ(self) -> None:
        """Account and region of the name are kept where they differ, and are nothing where they repeat."""
        text = DIGEST_TAIL.replace(
            "111122223333_CloudTrail-Digest_eu-west-1", "444455556666_CloudTrail-Digest_eu-west-2"
        )
        key = parse_key(f"{text}_t_eu-west-1_20260307T091500Z.json.gz")
        assert isinstance(key, DigestKey)
        assert (key.name_account_id, key.name_region) == ("444455556666", "eu-west-2")
        usual = attrs.evolve(key, name_account_id=None, name_region=None)
        assert attrs.evolve(key, name_account_id="111122223333", name_region="eu-west-1") == usual

    def test_naive_times(self) -> None:
        """A time without a zone is refused."""
        key = parse_key(f"{DIGEST_TAIL}_t_eu-west-1_20260307T091500Z.json.gz")
        assert isinstance(key, DigestKey)
        with pytest.raises(ValueError, match="no time zone"):
            attrs.evolve(key, end_time=key.end_time.replace(tzinfo=None))


class TestLakeResultKeys:
    """Keys of saved query results.

    > [<prefix>/]AWSLogs/<account>/CloudTrail-Lake/Query/<YYYY>/<MM>/<DD>/<query>/

    -- trailsdk, the grammar of Lake results
    """

    @given(lake_result_keys())
    def test_parsing_undoes_formatting(self, key: LakeResultKey) -> None:
        """What is formatted and parsed is the same key."""
        assert parse_key(str(key)) == key

    @pytest.mark.parametrize("file_name", ["result_1.csv.gz", "result_12.csv.gz", "result_sign.json"])
    def test_samples(self, file_name: str) -> None:
        """Parts of a result and the file of their signatures are known."""
        key = LakeResultKey(
            prefix="q",
            account_id="111122223333",
            date=dt.date(2026, 3, 7),
            query_id=QUERY_ID,
            file_name=file_name,
        )
        assert parse_key(f"q/{LAKE_DAY}/{QUERY_ID}/{file_name}") == key

    def test_other_files(self) -> None:
        """Other files beside them, and days that are none, are no keys."""
        assert parse_key(f"{LAKE_DAY}/{QUERY_ID}/result.csv") is None
        assert parse_key(f"{LAKE_DAY}/{QUERY_ID}/result_1.csv.gz".replace("03/07", "02/30")) is None


class TestForeignText:
    """What is no key.

    > Files: listed = read + pruned + skipped (foreign) + consumed + failed + unreached.

    -- trailsdk, design, counters
    """

    @given(st.one_of(damaged_keys(), st.text(), prefixes().map(lambda prefix: f"{prefix}/AWSLogs/")))
    @example(TAIL + "\n")
    @example("AWSLogs/")
    def test_formatting_undoes_parsing(self, text: str) -> None:
        """Any text is no key, or one whose text it is again."""
        key = parse_key(text)
        assert key is None or str(key) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "AWSLogs",
            "AWSLogs/",
            f"{TAIL}\n",
            f"{TAIL}/",
            f"{TAIL}.tmp",
            f"x{TAIL}",
            TAIL.removeprefix("AWSLogs/"),
            TAIL.replace("AWSLogs", "awslogs"),
            TAIL.replace("AWSLogs/", "AWSLogs//"),
            TAIL.replace("2026/03/07", "2026/02/31"),
            TAIL.replace("2026/03/07", "0000/03/07"),
            TAIL.replace("2026/03/07", "2026/3/7"),
            TAIL.replace("20260307", "20260231"),
            TAIL.replace("T0915Z", "T2560Z"),
            TAIL.replace("T0915Z", "T2400Z"),
            TAIL.replace("T0915Z", "T091500Z"),
            TAIL.replace("T0915Z", "T0915"),
            TAIL.replace("2026/03/07", "2026/03/0\u0667"),
            TAIL.replace("T0915Z", "T091\u0665Z"),
            TAIL.replace("Z_Zq3mK0vXw9LtB2aR", "Z_"),
            TAIL.replace("/CloudTrail/", "/Config/"),
            TAIL.replace("CloudTrail", "CloudTrail-New"),
            TAIL.replace("eu-west-1", "EU"),
            TAIL.replace("111122223333", "o-ab12cd34ef"),
            TAIL.replace("AWSLogs/111122223333", "AWSLogs/ou-ab12-cd34ef56/111122223333"),
            TAIL.replace("/07/", "/07/more/"),
            f"{DIGEST_TAIL}_t_eu-west-1_20260307T0915Z.json.gz",
            f"{DIGEST_TAIL}_t_eu-west-1_20260307T091560Z.json.gz",
            f"{DIGEST_TAIL}__eu-west-1_20260307T091500Z.json.gz",
            f"{DIGEST_TAIL}_eu-west-1_20260307T091500Z.json.gz",
            f"{DIGEST_TAIL}_t_eu-west-1_20260307T091500Z_backfill.json.gz\n",
            "111122223333_CloudTrail_us-east-1-20200930T2200.json",
            "AWSLogs/111122223333/CloudTrail/111122223333_CloudTrail_us-east-1-20200930T2200.json",
            "AWSLogs/111122223333/CloudTrail/CloudTrail-Digest/",
        ],
    )
    def test_no_keys(self, text: str) -> None:
        """Times that do not exist, digits of other scripts, other services and copies under other names."""
        assert parse_key(text) is None


class TestKeyPrefixes:
    """Directories.

    > AWSLogs/O-ID/aws-account-id/CloudTrail-Digest/region/digest-end-year/digest-end-month/digest-end-date/

    -- AWS, CloudTrail digest file structure
    """

    @given(log_file_keys() | digest_keys())
    def test_steps_lead_to_the_directory(self, key: LogFileKey | DigestKey) -> None:
        """Going down from `AWSLogs` one directory at a time ends where the key's directory is."""
        position: KeyPrefix | None = KeyPrefix(prefix=key.prefix)
        names = str(key).removeprefix(str(position)).split("/")[:-1]
        for name in names:
            assert position is not None
            assert position.date is None
            below = position.child(name)
            assert below == parse_prefix(f"{position}{name}/")
            position = below
        assert position == key.directory == parse_prefix(str(key.directory))
        assert position is not None
        assert position.date == key.date
        assert position.folder == (key.folder if isinstance(key, LogFileKey) else DIGEST_FOLDER)
        assert f"{position}{key.name}" == str(key)

    @given(st.data())
    def test_a_step_is_what_parsing_says(self, data: st.DataObject) -> None:
        """A child is the position of the longer path, whatever its name, and at whatever level."""
        text = str(data.draw(log_file_keys()).directory)
        position = parse_prefix(text[: data.draw(st.integers(0, len(text)))])
        known = st.sampled_from([*FOLDERS, DIGEST_FOLDER, "AWSLogs", "o-ab", "eu-west-1", "2026", "12", "31", "3", "²"])
        name = data.draw(known | st.text().filter(lambda name: "/" not in name))
        if position is not None:
            assert position.child(name) == parse_prefix(f"{position}{name}/")

    @given(damaged_keys() | st.text())
    def test_formatting_undoes_parsing(self, text: str) -> None:
        """Any text is no position, or one whose text it is again, but for the slash at the end."""
        for path in (text, text.rpartition("/")[0], text.rpartition("/")[0] + "/"):
            position = parse_prefix(path)
            assert position is None or str(position) in {path, f"{path}/"}

    def test_levels(self) -> None:
        """Each level of the path fills its field; the slash at the end may lack."""
        parts: dict[str, Any] = {
            "prefix": "logs",
            "organization_id": "o-ab12cd34ef",
            "account_id": "111122223333",
            "folder": "CloudTrail",
            "region": "eu-west-1",
            "year": 2026,
            "month": 3,
            "day": 7,
        }
        names = [
            "logs/AWSLogs",
            "o-ab12cd34ef",
            "111122223333",
            "CloudTrail",
            "eu-west-1",
            "2026",
            "03",
            "07",
        ]
        for depth in range(1, len(parts) + 1):
            position = KeyPrefix(**dict(list(parts.items())[:depth]))
            path = "/".join(names[:depth])
            assert parse_prefix(path) == parse_prefix(f"{path}/") == position
            assert str(position) == f"{path}/"
        assert position.date == dt.date(2026, 3, 7)

    @pytest.mark.parametrize("prefix", ["", "/", "//", "/a", "a/", "AWSLogs", "o-ab12cd34ef", "a/AWSLogs/b"])
    def test_prefixes(self, prefix: str) -> None:
        """Every prefix has a root of its own."""
        assert parse_prefix(str(KeyPrefix(prefix=prefix))) == KeyPrefix(prefix=prefix)

    def test_roots_within(self) -> None:
        """`AWSLogs` begins a tree of its own at any depth."""
        assert KeyPrefix(account_id="111122223333").child("AWSLogs") == KeyPrefix(prefix="AWSLogs/111122223333")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "/",
            "logs/",
            "logs/xAWSLogs/",
            "AWSLogs//",
            "AWSLogs/a_b/",
            "AWSLogs/o-ab12cd34ef/CloudTrail/eu-west-1/",
            "AWSLogs/111122223333/Config/",
            "AWSLogs/111122223333/CloudTrail-Lake/",
            "AWSLogs/111122223333/CloudTrail/Europe/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/0000/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/20260/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/٢٠٢٦/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/13/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/3/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/02/29/",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/02/28/more/",
            TAIL,
        ],
    )
    def test_no_positions(self, text: str) -> None:
        """Other services' directories, days that are none, and what lies below a day."""
        assert parse_prefix(text) is None


class TestFolders:
    """Folders and categories.

    > `eventCategory`, else from the folder, else from `eventType`; by default all, digests never.

    -- trailsdk, design, `categories`
    """

    def test_digests_are_no_log_files(self) -> None:
        """The folder of digests is known apart, so that nobody reads digests as records."""
        assert DIGEST_FOLDER not in FOLDERS
        assert FOLDERS["CloudTrail"] is None
        assert FOLDERS["CloudTrail-Insight"] == "Insight"
