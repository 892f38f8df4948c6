"""The way through a bucket: what is found, in which order, by how many calls."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore

from trailsdk.errors import AccessDeniedError
from trailsdk.model.keys import DIGEST_FOLDER, LogFileKey, S3Key, parse_key
from trailsdk.select.selection import Selection
from trailsdk.sources.s3.tree import Entry, Scope, Tree
from trailsdk.sources.window import threads
from trailsdk.testing import s3_keys

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")


def key(day: int, hour: int = 9, account: str = ACCOUNTS[0], region: str = REGIONS[0], **more: str) -> str:
    when = datetime(2026, 3, day, hour, 10, tzinfo=UTC)
    return str(
        LogFileKey(account_id=account, region=region, date=when.date(), time=when, unique="AbCdEfGh01234567", **more)
    )


def walk(
    store: MemoryStore, prefix: str = "", selection: Selection | None = None, *, digests: bool = False
) -> list[str]:
    """Give what is found: keys, and the locations that were refused in brackets."""
    wanted = selection or Selection()
    scope = Scope(
        selection=wanted,
        enters=lambda folder: (digests or folder != DIGEST_FOLDER) and wanted.wants_folder(folder),
        left_out=lambda _: None,
    )
    with threads(4, "test") as pool:
        found = list(Tree(store, scope, pool).walk(prefix))
    return [each.stored.key if isinstance(each, Entry) else f"[{each.location}]" for each in found]


def bucket(*keys: str, **options: object) -> MemoryStore:
    return MemoryStore(dict.fromkeys(keys, b""), **options)  # type: ignore[arg-type]  # options of the store


class TestAnyPrefix:
    """A trail's prefix may be empty, hold slashes, be the organization's id, or the caller may point deep into it."""

    @pytest.mark.parametrize(
        ("prefix", "organization"),
        [
            ("", None),
            ("logs", None),
            ("a/b/c", "o-exampleorg1"),
            ("o-exampleorg1", "o-exampleorg1"),
            ("", "o-exampleorg1"),
            ("/", None),
            ("//", None),
            ("AWSLogs", None),
        ],
    )
    def test_found_from_every_level(self, prefix: str, organization: str | None) -> None:
        """From each folder on the way down, what is below it is found, and nothing else."""
        one = LogFileKey(
            prefix=prefix,
            organization_id=organization,
            account_id=ACCOUNTS[0],
            region=REGIONS[0],
            date=datetime(2026, 3, 7, tzinfo=UTC).date(),
            time=datetime(2026, 3, 7, 9, 10, tzinfo=UTC),
            unique="AbCdEfGh01234567",
        )
        store = bucket(str(one), "zzz/other.txt")
        parts = str(one).split("/")
        assert walk(store) == [str(one), "zzz/other.txt"]
        for depth in range(1, len(parts)):
            assert walk(store, "/".join(parts[:depth]) + "/") == [str(one)], depth

    def test_several_trees(self) -> None:
        """Trees stand side by side, and one within another: each object is found once."""
        keys = [key(7), key(7, prefix="more/logs"), key(7, prefix="AWSLogs"), key(7, organization_id="o-exampleorg1")]
        assert sorted(walk(bucket(*keys))) == sorted(keys)

    def test_a_tree_below_a_foreign_folder_of_a_tree(self) -> None:
        """Folders of a tree that are none of CloudTrail's are not looked into, unless they are named."""
        odd = key(7, prefix="AWSLogs//more")
        assert walk(bucket(key(7), odd)) == [key(7)]
        assert walk(bucket(key(7), odd), "AWSLogs//more/") == [odd]

    @given(st.lists(s3_keys().filter(lambda each: "AWSLogs" not in each.prefix), max_size=6, unique_by=str))
    def test_any_keys(self, keys: list[S3Key]) -> None:
        """Whatever keys CloudTrail may have written, no log file is lost and nothing comes twice."""
        texts = [str(each) for each in keys]
        found = walk(bucket(*texts), digests=True)
        assert len(found) == len(set(found))
        wanted = {str(each) for each in keys if isinstance(each, LogFileKey)}
        assert wanted - set(found) == set()


class TestOrder:
    """Records come by account, Region and time."""

    def test_by_account_region_time(self) -> None:
        """Folders of one Region are read together, by the time of delivery."""
        keys = [
            key(day, account=account, region=region, folder=folder)
            for account in ACCOUNTS
            for region in REGIONS
            for day in (1, 2, 10)
            for folder in ("CloudTrail", "CloudTrail-Insight")
        ]
        assert walk(bucket(*reversed(keys))) == keys

    def test_however_long_the_pages(self) -> None:
        """The pages of a listing may end anywhere."""
        keys = [
            key(day, account=account, region=region) for account in ACCOUNTS for region in REGIONS for day in (1, 2)
        ]
        for page in range(1, 6):
            assert walk(bucket(*keys, page=page)) == keys


class TestCalls:
    """Only what can hold an answer is listed."""

    KEYS = tuple(
        key(day, hour, account, region)
        for account in ACCOUNTS
        for region in REGIONS
        for day in range(1, 29)
        for hour in range(24)
    )

    def test_one_day(self) -> None:
        """One day takes a call for each Region, one for each account's folders and Regions, and two for the root."""
        selection = Selection(since=datetime(2026, 3, 6, 12, tzinfo=UTC), until=datetime(2026, 3, 6, 18, tzinfo=UTC))
        store = bucket(*self.KEYS)
        found = walk(store, "AWSLogs/", selection)
        assert len(store.lists) == 1 + 2 * 2 + 4
        wanted = [each for each in self.KEYS if "/2026/03/06/" in each or "/2026/03/07/" in each]
        assert set(found) <= set(wanted)
        assert {each for each in wanted if selection.wants_key(parse_key(each))} <= set(found)

    def test_accounts_and_regions(self) -> None:
        """Accounts that are not wanted are not entered; Regions that are named need not be looked for."""
        store = bucket(*self.KEYS)
        selection = Selection(accounts=frozenset({ACCOUNTS[1]}), regions=frozenset({"us-east-1"}))
        found = walk(store, "AWSLogs/", selection)
        assert found == [each for each in self.KEYS if ACCOUNTS[1] in each and "us-east-1" in each]
        assert [prefix for prefix, _, _ in store.lists] == [
            "AWSLogs/",
            f"AWSLogs/{ACCOUNTS[1]}/",
            f"AWSLogs/{ACCOUNTS[1]}/CloudTrail/us-east-1/",
        ]

    def test_digests_are_not_listed(self) -> None:
        """A folder of digests is not even entered, nor those of other services."""
        digest = key(7).replace("CloudTrail/", "CloudTrail-Digest/", 1)
        store = bucket(key(7), digest, "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/03/07/x.log.gz")
        assert walk(store) == [key(7)]
        assert not any("Digest/" in prefix or "elastic" in prefix for prefix, _, _ in store.lists)

    def test_foreign_keys_in_the_way(self) -> None:
        """Foreign objects cost a call a thousand, however they are foldered; a tree among them is jumped over."""
        foreign = [f"a/{number // 10}/{number}" for number in range(2500)]
        store = bucket(*foreign, *self.KEYS, "z")
        assert sorted(walk(store)) == sorted([*foreign, *self.KEYS, "z"])
        assert sum(not prefix for prefix, _, _ in store.lists) == 4

    def test_a_folder_that_is_no_region(self, caplog: pytest.LogCaptureFixture) -> None:
        """What is no folder of CloudTrail's is left out, and said to be."""
        caplog.set_level(logging.INFO)
        store = bucket(key(7), "AWSLogs/111122223333/CloudTrail/lost+found/2026/03/07/x.json.gz")
        assert walk(store) == [key(7)]
        assert "lost+found" in caplog.text


class TestRefusals:
    """A refused prefix is reported, and the rest goes on."""

    KEYS = tuple(key(7, account=account, region=region) for account in ACCOUNTS for region in REGIONS)

    def test_one_account(self) -> None:
        """An account that may not be listed costs that account."""
        store = bucket(*self.KEYS, refused=[f"AWSLogs/{ACCOUNTS[0]}/"])
        assert walk(store) == [f"[s3://memory/AWSLogs/{ACCOUNTS[0]}/]", *self.KEYS[2:]]

    def test_one_region(self) -> None:
        """A Region that may not be listed costs that Region."""
        store = bucket(*self.KEYS, refused=[f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/"])
        found = walk(store)
        assert found == [f"[s3://memory/AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/]", *self.KEYS[1:]]

    @pytest.mark.parametrize("start", ["", "AWSLogs/"])
    def test_only_ones_own_account(self, start: str) -> None:
        """Who may list nothing but their own account's prefix names the account, and need not name the folder."""
        store = bucket(*self.KEYS, refused=["", "AWSLogs/"])
        selection = Selection(accounts=frozenset({ACCOUNTS[1]}))
        assert walk(store, start, selection) == list(self.KEYS[2:])
        assert walk(store, start) == [f"[s3://memory/{start}]"]

    def test_in_the_middle_of_a_listing(self) -> None:
        """What was listed before a refusal is still given."""

        class Failing(MemoryStore):
            def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterable[object]:  # type: ignore[override]
                for number, page in enumerate(super().pages(prefix, delimiter=delimiter, start_after=start_after)):
                    if number == 1 and prefix.endswith("eu-west-1/"):
                        raise AccessDeniedError(prefix, "the credentials were revoked")
                    yield page

        keys = [key(day) for day in range(1, 6)]
        store = Failing(dict.fromkeys(keys, b""), page=2)
        found = walk(store, "AWSLogs/")
        assert found[:2] == keys[:2]
        assert found[2].startswith("[")
        assert len(found) == 3
