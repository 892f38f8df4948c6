"""The checks that the AWS CLI's own tests of validate-logs make, made of trailsdk where they apply.

Each class names the group of their tests; what is checked elsewhere is named there: signatures in `test_digests.py`,
verdicts in `test_tamperings.py`, moves, gaps and backfill in `test_scope.py`, whole runs in `test_oracle.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

import trailsdk
from trailsdk.errors import TimeError, UsageError
from trailsdk.integrity import FindingCode, PublicKey, Report
from trailsdk.integrity.scope import Trail
from trailsdk.model.keys import DigestKey, parse_key
from trailsdk.sources.store import Body
from trailsdk.testing.fake_objects import FakeStore
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

KEY = (
    "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/07/"
    "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20260307T091244Z{}"
)


class TestArguments:
    """formats_dates, parses_dates, normalizes_date_timezones, ensures_cloudtrail_arns_are_valid, initializes_args."""

    @pytest.mark.parametrize("arn", ["foo:bar:baz", "arn:aws:cloudtrail:us-east-1:111122223333:foo", "", "main"])
    def test_arns(self, arn: str) -> None:
        """What is no ARN of a trail is refused, with the text that was given."""
        with pytest.raises(UsageError, match="expected an ARN"):
            Trail.parse(arn)

    @pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-iso-b"])
    def test_partitions(self, partition: str) -> None:
        """Every partition has trails."""
        arn = f"arn:{partition}:cloudtrail:us-gov-east-1:111122223333:trail/a_b.c-d"
        assert Trail.parse(arn) == Trail("a_b.c-d", "us-gov-east-1", "111122223333")

    def test_times(self) -> None:
        """A time that is none is told; offsets are honoured, where the AWS CLI drops them."""
        with pytest.raises(TimeError, match="foo"):
            trailsdk.iter_verify(".", since="foo")
        with pytest.raises(TimeError):
            trailsdk.iter_verify(".", since="2026-03-08", until="2026-03-07")
        trail = FakeTrail()
        trail.run(hours=4)
        start = f"{trail.digests[2].start + timedelta(hours=9):%Y-%m-%dT%H:%M:%S}+09:00"
        assert verify(trail, since=start).digests.valid == 2

    def test_default_end_is_now(self) -> None:
        """Without `until`, time goes up to now."""
        trail = FakeTrail()
        trail.run(hours=4)
        report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys)
        [tail] = report.findings
        assert tail.code == FindingCode.TAIL
        assert tail.end is not None
        assert datetime.now(UTC) - tail.end < timedelta(minutes=1)


class TestKeys:
    """extracts_dates_from_digest_keys, is_backfill_digest_key."""

    @pytest.mark.parametrize(("ending", "backfill"), [(".json.gz", False), ("_backfill.json.gz", True)])
    def test_names(self, ending: str, backfill: bool) -> None:  # noqa: FBT001 (a case)
        """The end time stands in the name, whichever kind of digest it is."""
        key = parse_key(KEY.format(ending))
        assert isinstance(key, DigestKey)
        assert (key.end_time, key.backfill) == (datetime(2026, 3, 7, 9, 12, 44, tzinfo=UTC), backfill)

    @pytest.mark.parametrize("ending", ["_backfill.txt", "_backfill_other.json.gz", "backfill.json.gz", "_foo", ""])
    def test_near_misses(self, ending: str) -> None:
        """What is nearly a digest's name is none."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.objects.put((trail.bucket, KEY.format(ending)), b"")
        report = verify(trail)
        assert (report.status, report.digests.valid) == ("whole", 2)
        assert [each.code for each in report.findings] == [FindingCode.FOREIGN_NAME]


class Counting(FakeStore):
    """A store that counts."""

    def __init__(self, trail: FakeTrail) -> None:
        super().__init__(trail.objects, trail.bucket)
        self.got: list[str] = []

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        self.got.append(key)
        return super().get(key, version_id=version_id)


def counted(
    trail: FakeTrail,
) -> tuple[Callable[[str, datetime, datetime], list[PublicKey]], list[tuple[str, datetime, datetime]]]:
    asked: list[tuple[str, datetime, datetime]] = []

    def fetch(region: str, start: datetime, end: datetime) -> list[PublicKey]:
        asked.append((region, start, end))
        return [
            each
            for each in trail.public_keys
            if each.region == region
            and each.validity_start is not None
            and each.validity_end is not None
            and each.validity_start <= end
            and each.validity_end >= start
        ]

    return fetch, asked


def verify(of: FakeTrail, **options: object) -> Report:
    store = of.objects.store(of.bucket)
    return trailsdk.verify(store, public_keys=of.public_keys, now=of.now, **options)  # type: ignore[arg-type]


class TestPublicKeyProvider:
    """returns_public_key_in_range, ensures_public_keys_are_loaded, ensures_public_key_is_found."""

    def test_window(self) -> None:
        """Keys are asked for once, for the time of the digests and two hours more, in which the last may be signed."""
        trail = FakeTrail()
        trail.run(hours=4)
        fetch, asked = counted(trail)
        trailsdk.verify(trail.objects.store(trail.bucket), public_keys=fetch, now=trail.now)
        [(region, start, end)] = asked
        assert region == "us-east-1"
        assert start <= trail.digests[0].start
        assert end >= trail.digests[-1].end + timedelta(hours=2)

    def test_end_at_a_rotation(self) -> None:
        """A digest that was signed with a key that began after its end, but before it was delivered, is valid."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.rotate_keys()
        late = trail.digests[-1]
        region, key, start, end = trail._keys[1]
        trail._keys[1] = (region, key, start + timedelta(hours=1), end)
        trail.sign_again(late, {"digestPublicKeyFingerprint": key.fingerprint}, key=key)
        assert verify(trail).digests.valid == 3

    def test_backfill_asks_for_the_time_of_its_generation(self) -> None:
        """One more question for keys that signed long after the hour; the same answer serves the next digests."""
        trail = FakeTrail()
        trail.run(hours=4)
        trail.now += timedelta(days=100)
        trail.rotate_keys()
        for each in range(3):
            trail.backfill(trail.digests[each])
        fetch, asked = counted(trail)
        report = trailsdk.verify(
            trail.objects.store(trail.bucket), until=trail.digests[3].end, public_keys=fetch, now=trail.now
        )
        assert report.status == "whole"
        assert len(asked) == 2
        assert asked[1][2] >= trail.now

    def test_questions_are_bounded(self) -> None:
        """Planted digests that name a thousand keys do not ask a thousand times, and make nothing genuine invalid."""
        trail = FakeTrail()
        trail.run(hours=3)
        for number in range(300):
            end = trail.digests[0].end - timedelta(days=number + 1)
            changes = {
                "digestStartTime": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
                "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                "digestPublicKeyFingerprint": f"{number:032x}",
            }
            key = KEY.format(".json.gz").replace("20260307T091244Z", f"{end:%Y%m%dT%H%M%SZ}")
            place = (trail.bucket, key.replace("/2026/03/07/", f"{end:/%Y/%m/%d/}"))
            trail.sign_again(trail.digests[0], {**changes, "digestS3Object": place[1]})
            trail.objects.put(place, trail.objects[trail.digests[0].place].data, {"signature": "00"})
        trail.sign_again(trail.digests[0])
        fetch, asked = counted(trail)
        report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=fetch, now=trail.now)
        assert len(asked) <= 200
        assert report.digests.valid == 3


class TestDigestProvider:
    """returns_digests_in_range, calls_list_objects_correctly, load_all_digest_keys_separates_standard_and_backfill."""

    def test_range(self) -> None:
        """Digests before and after, and of another Region, are not fetched, but a few behind the end.

        Those of another trail are of the same time: its log files are in the same folder.
        """
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
        other = FakeTrail(name="other", objects=trail.objects)
        trail.run(hours=10)
        other.run(hours=10)
        store = Counting(trail)
        chain = trail.chain()
        trailsdk.verify(
            store,
            trail=trail.arn,
            regions="us-east-1",
            since=chain[3].start,
            until=chain[5].end,
            public_keys=trail.public_keys,
            now=trail.now,
        )
        fetched = {key for key in store.got if "CloudTrail-Digest" in key}
        wanted = {each.place[1] for each in chain[3:7]}
        # A log file that was delivered in the minute of the end may be named by a later digest.
        allowed = {each.place[1] for of in (chain, other.chain()) for each in of[3:9]}
        assert wanted <= fetched <= allowed

    def test_each_object_once(self) -> None:
        """A run fetches each digest and each log file once."""
        trail = FakeTrail()
        trail.run(hours=4)
        store = Counting(trail)
        assert trailsdk.verify(store, public_keys=trail.public_keys, now=trail.now).status == "whole"
        assert sorted(store.got) == sorted(key for _, key in trail.objects)

    @pytest.mark.parametrize("signature", ["odd", "", "zz", "\N{SNOWMAN}"])
    def test_odd_signature(self, signature: str) -> None:
        """does_not_hard_fail_on_invalid_signature: it is invalid, and the walk goes on."""
        trail = FakeTrail()
        trail.run(hours=3)
        newest = trail.digests[-1]
        trail.objects.put(newest.place, trail.objects[newest.place].data, {**newest.metadata, "signature": signature})
        report = verify(trail)
        assert [each.reason for each in report.problems if each.kind == "digest"] == ["bad-signature"]
        assert report.digests.valid == 2


class TestTraverser:
    """invokes_cb_and_continues_when_missing, when_invalid, when_gap."""

    def test_goes_on(self) -> None:
        """Behind a missing one and two invalid ones the walk goes on."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.pause(2)
        trail.run(hours=5)
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[6])
        tamper(trail, Tampering.DIGEST_DAMAGED, *trail.digests[3:5])
        report = verify(trail)
        assert (report.digests.valid, report.digests.invalid) == (5, 3)
        covered = {(each.code, each.start, each.end) for each in report.findings if each.files is None}
        assert covered == {
            (FindingCode.UNCOVERED, trail.digests[6].start, trail.digests[6].end),
            (FindingCode.UNCOVERED, trail.digests[2].end, trail.digests[4].end),
        }
