"""Keys in a file: where they come from, what their absence says, and that nobody is asked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.cli.main import run
from trailsdk.errors import AccessDeniedError, PublicKeyError, PublicKeyMissingError, UsageError, WriteError
from trailsdk.integrity import AskedTime, KeySet, PublicKey, Report, fetch_public_keys, read_public_keys
from trailsdk.integrity.key_file import add_public_keys, write_public_keys
from trailsdk.integrity.keyring import GivenKeys
from trailsdk.integrity.listed_keys import listed_keys
from trailsdk.sources import atomic, requests
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_keys import fake_key
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REGIONS = ("us-east-1", "eu-west-1")


@pytest.fixture
def trail() -> FakeTrail:
    made = FakeTrail(regions=REGIONS)
    made.run(hours=4)
    return made


@pytest.fixture
def aws(trail: FakeTrail, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    with FakeAws(trail) as served:
        for name, value in served.environment.items():
            monkeypatch.setenv(name, value)
        yield served


def key_of(name: str, region: str | None = "eu-west-1", start: datetime | None = None) -> PublicKey:
    key = fake_key(name)
    return PublicKey(value=key.value, fingerprint=key.fingerprint, region=region, validity_start=start)


def verify(of: FakeTrail, folder: Path, keys: object) -> Report:
    return trailsdk.verify(folder, public_keys=keys, now=of.now)  # type: ignore[arg-type]


class TestFetching:
    """What CloudTrail is asked for, and what is known then."""

    def test_regions_and_times(self, trail: FakeTrail, aws: FakeAws) -> None:
        """Each Region is asked; the times are wider than the asked one, and end when CloudTrail was asked."""
        keys = fetch_public_keys(REGIONS, trail.digests[0].start, now=trail.now)
        assert set(keys) == set(trail.public_keys)
        assert aws.requests["ListPublicKeys"] == 2
        start = trail.digests[0].start - timedelta(days=1)
        assert set(keys.asked) == {AskedTime(each, start, trail.now) for each in REGIONS}
        past = fetch_public_keys("eu-west-1", trail.now, trail.now + HOUR, now=trail.now + 99 * HOUR)
        assert past.asked[0].end == trail.now + 4 * HOUR

    def test_refused(self, trail: FakeTrail, aws: FakeAws) -> None:
        """What one Region refuses is an error that names it: half of the keys would look like all."""
        aws.refused_operations["ListPublicKeys"] = "AccessDenied"
        with pytest.raises(AccessDeniedError, match="ListPublicKeys in eu-west-1"):
            fetch_public_keys(REGIONS, trail.now, now=trail.now)

    @pytest.mark.parametrize("since", [None, "soon", ""])
    def test_usage(self, since: str) -> None:
        """Without a begin, nobody knows what to ask for."""
        with pytest.raises(UsageError):
            fetch_public_keys("eu-west-1", since)

    def test_all_enabled_regions(self, trail: FakeTrail, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where none is named, all are asked that are enabled in the account."""
        monkeypatch.setattr(requests, "enabled_regions", lambda *_: ["us-east-1", "sa-east-1"])
        keys = fetch_public_keys(None, trail.now, now=trail.now)
        assert [each.region for each in keys.asked] == ["sa-east-1", "us-east-1"]
        assert [each.region for each in keys] == ["us-east-1"]
        assert aws.requests["ListPublicKeys"] == 2

    def test_pages(self) -> None:
        """A token is followed, in the same Region and time; one that does not change ends it."""
        key = fake_key("page")
        entry = {"Value": key.value, "Fingerprint": key.fingerprint.upper()}
        pages: list[dict[str, object]] = [
            {"NextToken": "a"},
            {"PublicKeyList": [entry], "NextToken": "b"},
            {"NextToken": "b"},
        ]

        class Client:
            meta = SimpleNamespace(region_name="eu-west-1")
            asked: ClassVar[list[dict[str, object]]] = []

            def list_public_keys(self, **arguments: object) -> dict[str, object]:
                self.asked.append(arguments)
                return pages[len(self.asked) - 1]

        [found] = listed_keys(Client(), "eu-west-1", NOON, NOON + HOUR)
        assert (found.fingerprint, found.region) == (key.fingerprint, "eu-west-1")
        assert [each.get("NextToken") for each in Client.asked] == [None, "a", "b"]
        assert {each["StartTime"] for each in Client.asked} == {NOON}


class TestCommand:
    """`trailsdk public-keys`."""

    def call(self, capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
        code = run(["public-keys", *map(str, arguments)])
        return code, *capfd.readouterr()

    def test_export(self, aws: FakeAws, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Region by Region into one file, in as many runs as it takes."""
        file, since = tmp_path / "keys.json", ("--since", "2026-03-07", "--until", "2026-03-08")
        first = self.call(capfd, "export", file, "--region", "eu-west-1", *since)
        assert first == (0, f"1 key of 1 Region, 1 key in {file}\n", "")
        both = self.call(capfd, "export", file, "--region", "eu-west-1", "--region", "us-east-1", *since)
        assert both == (0, f"2 keys of 2 Regions, 2 keys in {file}\n", "")
        assert aws.requests["ListPublicKeys"] == 3
        code, out, _ = self.call(capfd, "show", file)
        assert code == 0
        lines = out.splitlines()
        assert [lines[0], lines[3]] == sorted(REGIONS)
        assert lines[2].startswith("  all keys of 2026-03-06T00:00:00Z to ")

    def test_refused(self, aws: FakeAws, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Without an answer nothing is written, and what was written stays."""
        aws.refused_operations["ListPublicKeys"] = "AccessDenied"
        file = tmp_path / "keys.json"
        file.write_text('{"PublicKeyList": []}')
        code, out, err = self.call(capfd, "export", file, "--region", "eu-west-1", "--since", "24h")
        assert (code, out) == (1, "")
        assert err.startswith("error: ListPublicKeys in eu-west-1: access denied")
        assert file.read_text() == '{"PublicKeyList": []}'

    def test_usage(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Without a time, nobody knows what to ask for."""
        assert self.call(capfd, "export", tmp_path / "keys.json", "--region", "eu-west-1")[0] == 2
        assert self.call(capfd, "export", tmp_path / "keys.json", "--region", "eu-west-1", "--since", "soon")[0] == 2
        assert list(tmp_path.iterdir()) == []

    def test_show_what_the_aws_cli_prints(
        self, trail: FakeTrail, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Of such keys neither Region nor time is known."""
        (tmp_path / "keys.json").write_text(json.dumps({"PublicKeyList": printed(trail)[:1]}))
        code, out, _ = self.call(capfd, "show", tmp_path / "keys.json")
        assert (code, out.splitlines()[0]) == (0, "Region not known")
        assert out.splitlines()[-1] == "  not known to be all of any time"


class TestFiles:
    """What is written is read again, and added to."""

    def test_round_trip(self, trail: FakeTrail, tmp_path: Path) -> None:
        """Keys, Regions, validity and times."""
        keys = KeySet(tuple(trail.public_keys), (AskedTime("eu-west-1", NOON, NOON + HOUR),))
        write_public_keys(keys, tmp_path / "keys.json")
        assert read_public_keys(tmp_path / "keys.json") == keys

    def test_added(self, tmp_path: Path) -> None:
        """Keys and times that are there stay; times that touch are one; a newer validity counts."""
        path = tmp_path / "keys.json"
        add_public_keys(KeySet((key_of("a"), key_of("b")), (AskedTime("eu-west-1", NOON, NOON + HOUR),)), path)
        newer = key_of("b", start=NOON)
        more = (AskedTime("eu-west-1", NOON + HOUR, NOON + 3 * HOUR), AskedTime("us-east-1", NOON, NOON + HOUR))
        both = add_public_keys(KeySet((newer, key_of("b", "us-east-1")), more), path)
        assert both == read_public_keys(path)
        assert both.keys == (key_of("a"), newer, key_of("b", "us-east-1"))
        assert both.asked == (AskedTime("eu-west-1", NOON, NOON + 3 * HOUR), more[1])

    @pytest.mark.parametrize("content", ["", "{}", "my notes", '{"PublicKeyList":[],"Asked":[{"Region":"a"}]}'])
    def test_what_is_no_such_file_is_left_alone(self, tmp_path: Path, content: str) -> None:
        """Nothing of somebody's is overwritten."""
        path = tmp_path / "keys.json"
        path.write_text(content)
        with pytest.raises(PublicKeyError, match=r"keys\.json"):
            add_public_keys(KeySet((key_of("a"),)), path)
        assert path.read_text() == content

    def test_two_keys_of_one_fingerprint(self, tmp_path: Path) -> None:
        """A file in which somebody put another key under a name of CloudTrail's is not silently mended."""
        path, genuine = tmp_path / "keys.json", key_of("a")
        forged = PublicKey(value=fake_key("b").value, fingerprint=genuine.fingerprint, region=genuine.region)
        write_public_keys([forged], path)
        with pytest.raises(PublicKeyError, match="two keys of this fingerprint"):
            add_public_keys(KeySet((genuine,)), path)

    def test_atomic(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When writing fails, the file is what it was, and nothing is left beside it."""
        path = tmp_path / "keys.json"
        write_public_keys([key_of("a")], path)
        before = path.read_bytes()

        def fail(_made: object, *, sync: bool) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(atomic.Temporary, "finish", fail)
        with pytest.raises(WriteError, match="No space left"):
            add_public_keys(KeySet((key_of("b"),)), path)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    def test_two_at_once(self, tmp_path: Path) -> None:
        """Who adds at the same time takes nothing from the other."""
        path = tmp_path / "keys.json"

        def add(number: int) -> None:
            add_public_keys(KeySet((key_of("a", f"region-{number}"),)), path)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(12)))
        assert {each.region for each in read_public_keys(path)} == {f"region-{number}" for number in range(12)}

    def test_nowhere(self, tmp_path: Path) -> None:
        """A folder that is not there is told."""
        with pytest.raises(WriteError, match="No such file"):
            add_public_keys(KeySet(), tmp_path / "no" / "keys.json")

    def test_link(self, tmp_path: Path) -> None:
        """A link is followed: what it leads to is written, and it stays a link."""
        link = tmp_path / "link.json"
        link.symlink_to(tmp_path / "keys.json")
        write_public_keys([key_of("a")], link)
        assert link.is_symlink()
        assert len(read_public_keys(tmp_path / "keys.json")) == 1


asked_times = st.builds(
    lambda region, start, hours: AskedTime(region, NOON + start * HOUR, NOON + (start + hours) * HOUR),
    st.sampled_from(REGIONS),
    st.integers(0, 12),
    st.integers(0, 6),
)


@given(st.lists(asked_times), st.lists(asked_times), st.integers(0, 18), st.sampled_from(REGIONS))
def test_joined_times_cover_what_their_parts_do(
    one: list[AskedTime], other: list[AskedTime], hour: int, region: str
) -> None:
    """An hour is covered by both together exactly when one of their times covers it or they touch within it."""
    both = KeySet(asked=tuple(one)).merged(KeySet(asked=tuple(other)))
    start, end = NOON + hour * HOUR, NOON + (hour + 1) * HOUR
    # Times begin and end at full hours, so that no two parts of an hour make a whole.
    expected = any(each.region == region and each.start <= start and end <= each.end for each in (*one, *other))
    assert both.covers(region, start, end) == expected


class TestAbsence:
    """A key that is not there says something only where all would be there."""

    def forged(self, folder: Path) -> FakeTrail:
        trail = FakeTrail()
        trail.run(hours=4)
        tamper(trail, Tampering.DIGEST_RESIGNED, trail.digests[-1])
        trail.objects.write_into(folder)
        return trail

    @pytest.mark.parametrize(
        ("region", "hours", "verdict"),
        [
            ("us-east-1", (-2, 9), ("invalid", "unknown-key")),
            ("us-east-1", (-2, 4), ("unverifiable", "no-key")),
            ("us-east-1", (4, 9), ("unverifiable", "no-key")),
            ("eu-west-1", (-2, 9), ("unverifiable", "no-key")),
        ],
        ids=["covered", "too short", "too late", "another Region"],
    )
    def test_forged(self, tmp_path: Path, region: str, hours: tuple[int, int], verdict: tuple[str, str]) -> None:
        """CloudTrail has no such key: that is said only of Regions and times that were asked for."""
        trail = self.forged(tmp_path)
        begin, end = (trail.digests[0].start + hour * HOUR for hour in hours)
        keys = KeySet(tuple(trail.public_keys), (AskedTime(region, begin, end),))
        write_public_keys(keys, tmp_path / "keys.json")
        for given_keys in (keys, tmp_path / "keys.json"):
            report = verify(trail, tmp_path, given_keys)
            problem = next(each for each in report.problems if each.kind == "digest")
            assert (problem.verdict, problem.reason) == verdict
            assert report.digests.valid == 3
            if verdict[1] == "no-key":
                assert "trailsdk public-keys export" in problem.detail
                assert "--region us-east-1 --since 2026-03-07" in problem.detail

    def test_nothing_is_known_of_what_the_aws_cli_prints(self, tmp_path: Path) -> None:
        """It does not say what was asked for. Keys that are in it verify, whatever their Region."""
        trail = self.forged(tmp_path)
        entries = [{"Value": each["Value"], "Fingerprint": each["Fingerprint"]} for each in printed(trail)]
        (tmp_path / "keys.json").write_text(json.dumps({"PublicKeyList": entries}))
        for keys in (tmp_path / "keys.json", read_public_keys(tmp_path / "keys.json")):
            report = verify(trail, tmp_path, keys)
            assert (report.status, report.digests.valid, report.digests.unverifiable) == ("unproved", 3, 1)
        simply = verify(trail, tmp_path, trail.public_keys)
        assert (simply.status, simply.digests.invalid) == ("broken", 1)

    def test_forged_in_the_middle(self, tmp_path: Path) -> None:
        """A digest that the next one does not mean is invalid, whether its key is at hand or not."""
        trail = FakeTrail()
        trail.run(hours=4)
        tamper(trail, Tampering.DIGEST_RESIGNED, trail.digests[1])
        trail.objects.write_into(tmp_path)
        write_public_keys(trail.public_keys, tmp_path / "keys.json")
        [problem] = [each for each in verify(trail, tmp_path, tmp_path / "keys.json").problems if each.kind == "digest"]
        assert (problem.verdict, problem.reason) == ("invalid", "link-mismatch")

    def test_keys_that_are_handed_in(self) -> None:
        """Whoever hands in keys vouches for the Regions of which there are some."""
        keys = GivenKeys(KeySet((key_of("a"),)), vouched=True)
        assert keys.find("eu-west-1", fake_key("a").fingerprint, NOON, NOON) == key_of("a")
        assert keys.find("eu-west-1", "00", NOON, NOON) is None
        with pytest.raises(PublicKeyMissingError, match="us-east-1"):
            keys.find("us-east-1", "00", NOON, NOON)

    def test_a_region_without_keys(self, trail: FakeTrail, tmp_path: Path) -> None:
        """Of a Region whose keys were never exported all is unproved, and nothing invalid."""
        trail.objects.write_into(tmp_path)
        only = [each for each in trail.public_keys if each.region == "us-east-1"]
        asked = AskedTime("us-east-1", NOON - 99 * HOUR, NOON + 99 * HOUR)
        report = verify(trail, tmp_path, KeySet(tuple(only), (asked,)))
        assert (report.status, report.digests.valid, report.digests.unverifiable) == ("unproved", 4, 4)
        assert report.digests.invalid == report.logs.invalid == 0


def printed(trail: FakeTrail) -> list[dict[str, str]]:
    from base64 import b64encode

    return [{"Value": b64encode(each.value).decode(), "Fingerprint": each.fingerprint} for each in trail.public_keys]


_ALONE = """
import sys

def refuse(event, arguments):
    if event.startswith("socket.") or event == "subprocess.Popen":
        raise SystemExit(f"it asked: {event}")

sys.addaudithook(refuse)
from trailsdk.cli.main import run
code = run(sys.argv[1:])
assert not any(name.partition(".")[0] in ("boto3", "botocore", "ssl") for name in sys.modules), "for nobody to ask"
sys.exit(code)
"""


@pytest.mark.parametrize("sidecars", [True, False], ids=["mirror", "plain"])
def test_no_aws_at_all(trail: FakeTrail, aws: FakeAws, tmp_path: Path, sidecars: bool) -> None:  # noqa: FBT001 (a case)
    """With a file of keys, a copy is verified without a socket, without credentials, without boto3 even."""
    keys = tmp_path / "keys.json"
    add_public_keys(fetch_public_keys(REGIONS, trail.digests[0].start, now=trail.now), keys)
    trail.objects.write_into(tmp_path / "copy", sidecars=sidecars)
    until = f"{trail.digests[-1].end - (HOUR if not sidecars else timedelta()):%Y-%m-%dT%H:%M:%SZ}"
    arguments = ["verify", str(tmp_path / "copy"), "--public-keys", str(keys), "--until", until]
    done = subprocess.run(
        [sys.executable, "-c", _ALONE, *arguments],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": ""},
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "whole" in done.stdout
