"""Log files that no digest names: planted, delivered while nobody vouched, or too new."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import serve
from planting import made, plant, verify

import trailsdk
from trailsdk.integrity import Coverage, CoverageState, Finding, Interval, Report
from trailsdk.sources.store import Page
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_objects import FakeStore
from trailsdk.testing.fake_trail import FakeLog, FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR = timedelta(hours=1)


def vouched(coverage: Coverage) -> list[Interval]:
    return [each for each in coverage.intervals if each.state is CoverageState.VOUCHED]


def unlisted(report: Report) -> list[Finding]:
    return [each for each in report.findings if each.code.startswith("unlisted")]


class TestPlanted:
    """At a time that is vouched for."""

    def test_named(self) -> None:
        """Each is named, and the report is not whole; the genuine ones keep their verdicts."""
        trail = made()
        tamper(trail, Tampering.LOG_PLANTED, trail.logs[3], trail.logs[9])
        report = verify(trail)
        assert [each.code for each in unlisted(report)] == ["unlisted", "unlisted"]
        assert all(each.uri is not None and each.uri.endswith("fake.json.gz") for each in unlisted(report))
        assert (report.status, report.exit_code, report.logs.valid) == ("unproved", 3, 16)

    def test_put_later(self) -> None:
        """With an old name: S3 says when it was put, and the digest of that hour does not name it."""
        trail = made()
        put = trail.digests[6].start + HOUR / 2
        uri = plant(trail, trail.digests[1].start + HOUR / 2, put)
        [finding] = unlisted(verify(trail))
        assert (finding.uri, finding.start, finding.effect) == (uri, put, "unproved")

    def test_put_just_now(self) -> None:
        """What was put after the newest digest may be named by the next one, whatever its name says."""
        trail = made()
        plant(trail, trail.digests[1].start + HOUR / 2, trail.now + HOUR / 2)
        report = verify(trail, now=trail.now + 0.75 * HOUR)
        assert ([each.code for each in unlisted(report)], report.status) == (["unlisted-pending"], "whole")
        trail.run()
        assert [each.code for each in unlisted(verify(trail))] == ["unlisted"]

    def test_of_the_future(self) -> None:
        """A name of next year is not pending."""
        trail = made()
        uri = plant(trail, trail.now + timedelta(days=300))
        assert [each.uri for each in unlisted(verify(trail))] == [uri]
        assert unlisted(verify(trail, until=trail.now)) == []

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("2026/03/07/x_CloudTrail_us-east-1_20260301T0000Z_a.json.gz", "unlisted"),
            ("2026/03/07/Events.JSON", "unlisted"),
            ("2026/03/07/more/111122223333_CloudTrail_us-east-1_20260307T1000Z_a.json.gz", "unlisted"),
            ("2026/13/45/a.json.gz", "unlisted"),
            ("2026/03/07/readme.txt", "foreign-name"),
            ("odd", "foreign-name"),
        ],
    )
    def test_odd_names(self, name: str, expected: str) -> None:
        """What readers would read is unlisted; what they would not is a foreign name."""
        trail = made()
        key = f"AWSLogs/111122223333/CloudTrail/us-east-1/{name}"
        trail.objects.put((trail.bucket, key), b"planted")
        for report in (verify(trail, since=trail.digests[0].start), verify(trail)):
            assert [each.code for each in report.findings] == [expected]
            assert report.status == ("unproved" if expected == "unlisted" else "whole")

    def test_folders_of_consoles_are_nothing(self) -> None:
        """An empty object whose name ends with a slash."""
        trail = made()
        trail.objects.put((trail.bucket, "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/07/"), b"")
        assert verify(trail).status == "whole"

    @given(st.lists(st.integers(0, 8 * 60 - 1), min_size=1, max_size=5, unique=True))
    def test_genuine_files_keep_their_verdicts(self, minutes: list[int]) -> None:
        """Whatever is planted, in either kind of folder: genuine files and their time are what they were."""
        trail = made(4, regions=["us-east-1", "eu-west-1"])
        before = verify(trail)
        for each in minutes:
            plant(trail, trail.digests[0].start + timedelta(minutes=each))
            name = trail.digests[0].place[1].replace("T091244Z", f"T09{each % 60:02}45Z")
            trail.objects.put((trail.bucket, name), b"planted")
        after = verify(trail)
        assert (after.logs.valid, after.digests.valid) == (before.logs.valid, before.digests.valid)
        assert [each.reason for each in after.problems if each.uri in {log.uri for log in trail.logs}] == []
        assert [vouched(each) for each in after.coverage] == [vouched(each) for each in before.coverage]
        assert after.status != "whole"


class TestUncovered:
    """At a time that is not vouched for: counted, by reason."""

    def only(self, report: Report) -> tuple[str, str, int | None, str]:
        [finding] = unlisted(report)
        return finding.code, finding.detail, finding.files, finding.effect

    def test_while_validation_was_off(self) -> None:
        """They say nothing of each other."""
        trail = made(2)
        logs = trail.pause(3, logs=5)
        trail.run(hours=2)
        report = verify(trail)
        assert self.only(report) == ("unlisted-uncovered", "gap", 5, "none")
        assert report.status == "unproved"
        assert report.findings[0].start == min(trail.digests[1].end, *(self.time(trail, each) for each in logs))

    def time(self, trail: FakeTrail, log: FakeLog) -> datetime:
        time = trail.objects[log.place].last_modified
        assert time is not None
        return time

    def test_before_the_start(self) -> None:
        """Validation was turned on: what came before is shown, and nothing is wrong."""
        trail = FakeTrail()
        trail.pause(5, logs=7)
        trail.run(hours=2)
        report = verify(trail)
        assert self.only(report) == ("unlisted-uncovered", "before-start", 7, "none")
        assert report.status == "whole"

    def test_digest_is_gone(self) -> None:
        """The log files of its hour."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[3])
        assert self.only(verify(trail))[:3] == ("unlisted-uncovered", "missing", 2)

    def test_pending(self) -> None:
        """The hour's digest is to come: exit code 0, and the files are counted."""
        trail = made()
        end = trail.now
        trail.pause(0.5, logs=3)
        report = verify(trail)
        assert self.only(report) == ("unlisted-pending", "pending", 3, "none")
        assert (report.status, report.exit_code) == ("whole", 0)
        assert unlisted(verify(trail, until=end)) == []

    def test_region_without_digests(self) -> None:
        """All digests of a Region are deleted: its log files tell that there was one."""
        trail = made(3, regions=["us-east-1", "eu-west-1"])
        tamper(trail, Tampering.DIGEST_DELETED, *trail.chain(region="eu-west-1"))
        report = verify(trail)
        [finding] = [each for each in report.findings if each.code == "no-digests"]
        assert (finding.files, report.status) == (6, "unproved")
        assert finding.uri == "s3://example-trail/AWSLogs/111122223333/CloudTrail/eu-west-1/"
        assert verify(trail, regions="us-east-1").status == "whole"
        assert verify(trail, since=trail.now + HOUR, now=trail.now + 1.5 * HOUR, regions="us-east-1").status == "whole"


class TestSharedFolders:
    """Several trails deliver into the same folders."""

    def trails(self) -> tuple[FakeTrail, FakeTrail]:
        one = FakeTrail(name="one")
        two = FakeTrail(name="two", objects=one.objects)
        for each in (one, two):
            each.run(hours=4)
        return one, two

    def test_others_name_their_own(self) -> None:
        """Asking for one trail does not make the other's log files strangers."""
        one, _ = self.trails()
        assert verify(one, trail=one.arn).status == "whole"
        tamper(one, Tampering.LOG_PLANTED, one.logs[3])
        assert [each.code for each in verify(one, trail=one.arn).findings] == ["unlisted"]

    def test_the_other_might_have_named_it(self) -> None:
        """Where the other trail's digest is gone, nobody can tell its log files from planted ones."""
        one, two = self.trails()
        tamper(two, Tampering.DIGEST_DELETED, two.digests[1])
        report = verify(one, trail=one.arn)
        assert ({each.code for each in report.findings}, report.status) == ({"unlisted"}, "unproved")
        assert verify(one).status == "broken"


class TestEdges:
    """Log files near the ends of the asked time, and late ones."""

    @pytest.mark.parametrize("minutes", range(0, 60, 7))
    def test_any_part_of_a_whole_trail_is_whole(self, minutes: int) -> None:
        """Also where a digest outside of the asked time names the log files at its edges."""
        trail = made(6)
        since = trail.digests[1].start + timedelta(minutes=minutes)
        until = trail.digests[4].start + timedelta(minutes=minutes)
        report = verify(trail, since=since, until=until)
        assert (report.status, unlisted(report)) == ("whole", [])

    @pytest.mark.parametrize("minutes", range(0, 60, 7))
    def test_in_a_folder(self, minutes: int, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A copy does not tell when a file was delivered but to the minute of its name."""
        trail = made(6)
        folder = tmp_path_factory.mktemp("copy")
        trail.objects.write_into(folder)
        since = trail.digests[1].start + timedelta(minutes=minutes)
        for until in (trail.digests[4].start + timedelta(minutes=minutes), None):
            report = trailsdk.verify(folder, since=since, until=until, public_keys=trail.public_keys, now=trail.now)
            assert (report.status, unlisted(report)) == ("whole", [])

    def test_named_late(self) -> None:
        """After a fault of delivery a log file is named by a digest of hours later."""
        trail = made(2)
        trail.run(hour=timedelta(hours=6))
        report = verify(trail, until=trail.digests[2].start + HOUR)
        assert (report.status, unlisted(report)) == ("whole", [])

    def test_named_by_backfill_digests(self) -> None:
        """Digests that AWS made afterwards name log files too."""
        trail = made()
        trail.now += timedelta(days=2)
        trail.backfill(trail.digests[2], logs=3)
        report = verify(trail, until=trail.digests[-1].end)
        assert (report.status, unlisted(report)) == ("whole", [])

    def test_moved(self) -> None:
        """In each bucket and prefix that a chain leads to."""
        trail = made(3)
        trail.move(bucket="example-other", prefix="logs")
        trail.run(hours=3)
        tamper(trail, Tampering.LOG_PLANTED, trail.logs[1], trail.logs[-1])
        found = {each.uri for each in unlisted(verify(trail)) if each.uri is not None}
        assert {each.partition("/AWSLogs/")[0] for each in found} == {"s3://example-trail", "s3://example-other/logs"}


class TestFaults:
    """Could not look."""

    def test_log_folder_cannot_be_listed(self) -> None:
        """What is in it is unknown; all that digests name is verified."""

        class Refusing(FakeStore):
            def pages(
                self, prefix: str, *, delimiter: str = "", start_after: str = "", size: int = 1000
            ) -> Iterator[Page]:
                if prefix.endswith("CloudTrail/us-east-1/"):
                    raise trailsdk.errors.AccessDeniedError(self.uri(prefix), "refused")
                return super().pages(prefix, delimiter=delimiter, start_after=start_after, size=size)

        trail = made()
        store = Refusing(trail.objects, trail.bucket)
        report = trailsdk.verify(store, public_keys=trail.public_keys, now=trail.now)
        assert ([each.code for each in report.findings], report.status) == (["not-listed"], "unproved")
        assert report.logs.valid == 16

    def test_many_foreign_names(self) -> None:
        """A hundred are named, the others counted."""
        trail = made()
        for number in range(150):
            trail.objects.put(
                (trail.bucket, f"AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/07/{number}.txt"), b"x"
            )
        report = verify(trail)
        assert (report.findings_total, report.status) == (101, "whole")
        assert "and 50 more" in {each.detail for each in report.findings}


class TestCloudTrailIsAsked:
    """`GetTrailStatus`, about newest digests that are not there."""

    @pytest.fixture
    def trail(self) -> FakeTrail:
        return made()

    @pytest.fixture(autouse=True)
    def aws(self, trail: FakeTrail) -> Iterator[FakeAws]:
        aws = serve(trail)
        yield aws
        aws.refused_operations.clear()

    def verify(self, trail: FakeTrail, later: timedelta) -> Report:
        return trailsdk.verify(f"s3://{trail.bucket}", now=trail.now + later)

    def test_deleted_though_not_due(self, trail: FakeTrail) -> None:
        """By the clock the newest digest might still come; CloudTrail says that it has."""
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[-1])
        report = self.verify(trail, HOUR / 2)
        [finding] = [each for each in report.findings if each.code == "tail"]
        assert finding.detail == "CloudTrail delivered a digest at 2026-03-07T16:32:44Z, which is not there"
        assert report.coverage[0].intervals[-1].state == "missing"
        assert report.status == "unproved"

    def test_pending_stays_pending(self, trail: FakeTrail) -> None:
        """CloudTrail delivered none behind the newest that is there."""
        report = self.verify(trail, HOUR / 2)
        assert ([each.code for each in report.findings], report.status) == (["pending"], "whole")

    def test_stopped(self, trail: FakeTrail) -> None:
        """A trail that was stopped says so; its time is not vouched for all the same."""
        trail.logging = False
        report = self.verify(trail, 9 * HOUR)
        assert [(each.code, each.detail) for each in report.findings] == [("tail", "logging was stopped")]

    def test_may_not_be_asked(self, trail: FakeTrail, aws: FakeAws) -> None:
        """Without permission the clock alone decides."""
        aws.refused_operations["GetTrailStatus"] = "AccessDeniedException"
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[-1])
        assert self.verify(trail, HOUR / 2).status == "whole"
        assert self.verify(trail, 3 * HOUR).status == "unproved"

    def test_whose_an_organization_trail_is_nobody_knows(self, aws: FakeAws) -> None:
        """Unless its ARN is said, and then its own account is asked for; others have no status of their own."""
        accounts = ["111122223333", "444455556666"]
        trail = made(2, organization_id="o-exampleorg1", accounts=accounts)
        aws.trails = (trail,)
        aws.requests.clear()
        self.verify(trail, HOUR / 2)
        assert aws.requests["GetTrailStatus"] == 0
        trailsdk.verify(f"s3://{trail.bucket}", trail=trail.arn, now=trail.now + HOUR / 2)
        assert aws.requests["GetTrailStatus"] == 1

    def test_nobody_is_asked_with_keys_at_hand(self, trail: FakeTrail, aws: FakeAws) -> None:
        """Who brings public keys wants no call of CloudTrail's."""
        aws.requests.clear()
        trailsdk.verify(f"s3://{trail.bucket}", public_keys=trail.public_keys, now=trail.now + 5 * HOUR)
        assert aws.requests["GetTrailStatus"] == 0
