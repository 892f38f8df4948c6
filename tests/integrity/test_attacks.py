"""Who may put and delete objects, or write a state, cannot make a trail look whole that is not."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from oracle import serve
from planting import made, plant, verify

import trailsdk
from trailsdk.errors import UsageError
from trailsdk.integrity import Report
from trailsdk.integrity.tail import _explained
from trailsdk.integrity.verdicts import Finding, FindingCode
from trailsdk.model.keys import DigestKey
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def codes(report: Report) -> list[str]:
    return sorted(each.code for each in report.findings if each.code != "proved-earlier")


def delete(trail: FakeTrail, part: str) -> None:
    for place in [each for each in trail.objects if part in each[1]]:
        trail.objects.delete(place)


class TestOneTrailIsAskedFor:
    """`--trail`: names of another trail excuse nothing unless its digests are believed."""

    def junk(self, trail: FakeTrail, region: str) -> None:
        """Put what is no digest under the name of another trail's."""
        name = DigestKey(
            account_id=trail.accounts[0],
            region=region,
            date=trail.digests[0].end.date(),
            trail_name="other",
            home_region="us-east-1",
            end_time=trail.digests[0].end,
        )
        trail.objects.put((trail.bucket, str(name)), b"junk")

    def test_planted(self) -> None:
        """A log file is unlisted, also beside such an object."""
        trail = made()
        plant(trail, trail.digests[3].start + HOUR / 2, trail.digests[3].start + HOUR / 2)
        self.junk(trail, "us-east-1")
        assert (codes(verify(trail, trail=trail.arn)), verify(trail, trail=trail.arn).exit_code) == (["unlisted"], 3)

    def test_digests_of_a_region_are_gone(self) -> None:
        """Its log files have no digests, also beside such an object."""
        trail = made(3, regions=["us-east-1", "eu-west-1"])
        tamper(trail, Tampering.DIGEST_DELETED, *trail.chain(region="eu-west-1"))
        assert codes(verify(trail, trail=trail.arn)) == ["no-digests"]
        self.junk(trail, "eu-west-1")
        assert codes(verify(trail, trail=trail.arn)) == ["no-digests"]

    def test_another_account(self) -> None:
        """A folder that is made up has no digests."""
        trail = made(3)
        plant(trail, trail.digests[1].start, account="444455556666")
        assert codes(verify(trail, trail=trail.arn)) == ["no-digests"]


class TestEdges:
    """At the ends of the asked time."""

    def test_begin(self, tmp_path: Path) -> None:
        """What was planted right behind the begin is not taken for something before it."""
        trail = made()
        since = trail.digests[2].start
        plant(trail, since, since + timedelta(seconds=20))
        assert codes(verify(trail, since=since)) == ["unlisted"]
        trail = made()
        plant(trail, since + 8 * MINUTE)
        trail.objects.write_into(tmp_path)
        report = trailsdk.verify(tmp_path, since=since, public_keys=trail.public_keys, now=trail.now)
        assert codes(report) == ["unlisted"]

    def test_no_file_falls_between_two_runs(self) -> None:
        """One until a moment, and one since it."""
        trail = made()
        moment = trail.digests[4].start
        plant(trail, moment + 5 * MINUTE, moment - 3 * MINUTE)
        found = codes(verify(trail, until=moment)) + codes(verify(trail, since=moment))
        assert found == ["unlisted"]

    @pytest.mark.parametrize("year", [1, 9999])
    def test_ends_of_time(self, year: int) -> None:
        """A name of the first or the last year costs nothing but itself."""
        trail = made(3)
        plant(trail, trail.now.replace(year=year, month=1, day=1), trail.now)
        assert verify(trail).logs.valid == 6

    def test_chain_that_stopped(self) -> None:
        """A Region whose newest digests are gone is missed, also where only the time behind them is asked for."""
        trail = made(60, regions=["us-east-1", "eu-west-1"])
        for digest in trail.chain(region="eu-west-1")[30:]:
            tamper(trail, Tampering.DIGEST_DELETED, digest)
            tamper(trail, Tampering.LOG_DELETED, *digest.logs)
        report = verify(trail, since="24h")
        assert (codes(report), report.exit_code) == (["tail"], 3)

    def test_nothing_of_the_chain_was_asked_for(self) -> None:
        """Before its first digest nothing can be proved; of the future nothing can be asked."""
        trail = made(3)
        report = verify(trail, until=trail.digests[0].start - HOUR)
        assert (codes(report), report.exit_code) == (["no-digests"], 3)
        with pytest.raises(UsageError, match="it is not yet"):
            verify(trail, since=trail.now + HOUR)


class TestPlaces:
    """What readers read is found wherever it lies."""

    @pytest.mark.parametrize(
        "key",
        [
            "AWSLogs/111122223333/CloudTrail/111122223333_CloudTrail_us-east-1_20260307T1000Z_a.json.gz",
            "AWSLogs/111122223333/CloudTrail/US-EAST-1/2026/03/07/x.json.gz",
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/111122223333_CloudTrail_us-east-1_20260307T1000Z_a.json.gz",
        ],
    )
    def test_beside_and_among(self, key: str) -> None:
        """Beside the folders of Regions, in one that is no Region's, and among digest files."""
        trail = made(3)
        trail.objects.put((trail.bucket, key), b"planted")
        report = verify(trail)
        assert (codes(report), report.exit_code) == (["unlisted"], 3)

    def test_two_prefixes(self) -> None:
        """A trail without validation below another prefix has no digests; one that is asked for is whole."""
        one = made(4, prefix="a")
        two = FakeTrail(name="two", prefix="b", objects=one.objects)
        two.pause(4, logs=2)
        report = verify(one)
        assert (codes(report), report.findings[0].uri) == (
            ["no-digests"],
            "s3://example-trail/b/AWSLogs/111122223333/CloudTrail/us-east-1/",
        )
        assert verify(one, trail=one.arn).status == "whole"


class TestState:
    """What was proved is compared with what is there."""

    @pytest.fixture
    def state(self, tmp_path: Path) -> Path:
        return tmp_path / "state.json"

    @pytest.mark.parametrize("part", ["/444455556666/", "/eu-west-1/"])
    def test_whole_chains_are_gone(self, state: Path, part: str) -> None:
        """An account, or a Region: told in each run."""
        trail = made(3, accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
        assert verify(trail, since="35d", state=state).status == "whole"
        delete(trail, part)
        for _ in range(2):
            report = verify(trail, since="35d", state=state)
            assert (set(codes(report)) - {"before-start"}, report.exit_code) == ({"gone"}, 3)

    def test_newest_is_gone(self, state: Path) -> None:
        """By the clock it might not be due; but it was there."""
        trail = made(4)
        verify(trail, state=state)
        delete(trail, trail.digests[-1].place[1])
        report = verify(trail, state=state, now=trail.now + 10 * MINUTE)
        assert ("gone" in codes(report), report.exit_code) == (True, 3)

    def test_older_chain_is_gone(self, state: Path) -> None:
        """What lies before a restart of the trail leaves no link behind, but a state."""
        trail = made(3)
        trail.pause(2)
        trail.run(hours=3)
        verify(trail, state=state)
        for digest in trail.digests[:3]:
            tamper(trail, Tampering.DIGEST_DELETED, digest)
            tamper(trail, Tampering.LOG_DELETED, *digest.logs)
        report = verify(trail, state=state)
        assert ("gone" in codes(report), report.exit_code) == (True, 3)

    def test_planted_into_a_proved_hour_of_a_copy(self, state: Path, tmp_path: Path) -> None:
        """A copy does not say when a file came; the names of the day do."""
        trail = made(4)
        trail.objects.write_into(tmp_path / "mirror")
        options = {"public_keys": trail.public_keys, "now": trail.now, "state": state}
        assert trailsdk.verify(tmp_path / "mirror", **options).status == "whole"  # type: ignore[arg-type]
        plant(trail, trail.digests[1].start + HOUR / 2)
        trail.objects.write_into(tmp_path / "mirror")
        for _ in range(2):
            report = trailsdk.verify(tmp_path / "mirror", **options)  # type: ignore[arg-type]
            assert (codes(report), report.exit_code) == (["unlisted"], 3)

    def test_deleted_from_a_proved_hour(self, state: Path) -> None:
        """A log file that is not listed any more is missed, though its digest is not read again."""
        trail = made(4)
        verify(trail, state=state)
        tamper(trail, Tampering.LOG_DELETED, trail.logs[2])
        for _ in range(2):
            report = verify(trail, state=state)
            assert [each.uri for each in report.problems] == [trail.logs[2].uri]

    def test_half_an_hour_was_asked_for(self, state: Path) -> None:
        """The other half of its hour is compared when it is asked for."""
        trail = made(8)
        plant(trail, trail.digests[4].start + 5 * MINUTE, trail.digests[4].start + 5 * MINUTE)
        assert verify(trail, since=trail.digests[4].start + HOUR / 2, state=state).status == "whole"
        assert codes(verify(trail, state=state)) == ["unlisted"]

    def test_another_folder_of_the_same_relative_path(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was proved of one mirror says nothing of another one."""
        trail = made(3)
        trail.objects.write_into(tmp_path / "a" / "mirror")
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[1])
        trail.objects.write_into(tmp_path / "b" / "mirror")
        found = []
        for folder in ("a", "b"):
            monkeypatch.chdir(tmp_path / folder)
            report = trailsdk.verify("mirror", public_keys=trail.public_keys, now=trail.now, state=state)
            found.append(report.status)
        assert found == ["whole", "broken"]

    def test_two_trails_one_of_which_began_later(self, state: Path) -> None:
        """Nothing is read again because of time before one of them."""
        one = made(6)
        two = FakeTrail(name="two", objects=one.objects, start=one.now)
        for each in (one, two):
            each.run(hours=4)
        verify(one, state=state, since=one.digests[0].start)
        report = verify(one, state=state, since=one.digests[0].start)
        assert (report.status, report.digests.total, report.logs.total) == ("whole", 0, 0)


class TestTrailStatus:
    """`GetTrailStatus` speaks of the newest digest, wherever the asked time begins."""

    @pytest.fixture
    def trail(self) -> FakeTrail:
        return made()

    def test_recent_begin(self, trail: FakeTrail) -> None:
        """Also where only the last minutes are asked for."""
        aws: FakeAws = serve(trail)
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[-1])
        since = trail.digests[-2].end + HOUR / 2
        report = trailsdk.verify(f"s3://{trail.bucket}", since=since, now=trail.now + HOUR / 2)
        assert codes(report) == ["tail", "unlisted-pending"]
        assert aws.requests["GetTrailStatus"]

    @pytest.mark.parametrize(("minutes", "code"), [(30, "pending"), (61, "pending"), (80, "tail")])
    def test_late_digest(self, minutes: int, code: str) -> None:
        """The newest digest may itself have been delivered late."""
        end = datetime.fromisoformat("2026-03-07T16:12:44Z")
        finding = Finding(code=FindingCode.PENDING, start=end, end=end + 2 * HOUR)
        status = {"LatestDigestDeliveryTime": end + minutes * MINUTE}
        assert _explained(finding, end, status, end + 2 * HOUR).code == code


def test_planted_everywhere(tmp_path: Path) -> None:
    """Days of many Regions are verified anew, one after the other, however many threads there are."""
    regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-north-1", "ap-south-1", "sa-east-1"]
    trail = made(30, regions=regions)
    state = tmp_path / "state.json"
    assert verify(trail, state=state).status == "whole"
    for region in regions:
        for hours in (2, 26):
            plant(trail, trail.digests[0].start + hours * HOUR, region=region)
    before = threading.active_count()
    report = verify(trail, state=state)
    assert (codes(report), threading.active_count()) == (["unlisted"] * 12, before)
