"""What is verified: which accounts, Regions and trails of a location, in which time, and wherever the chain leads."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

import trailsdk
from trailsdk.errors import AccessDeniedError, LocationError, NotFoundError, PublicKeyError, TransportError, UsageError
from trailsdk.integrity import Finding, PublicKey, Report, Verdict
from trailsdk.sources.folder_store import FolderStore
from trailsdk.sources.store import Body, Page
from trailsdk.testing.fake_keys import fake_key
from trailsdk.testing.fake_objects import FakeStore
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper


def verify(of: FakeTrail, *locations: object, **options: object) -> Report:
    stores = locations or (of.objects.store(of.bucket),)
    return trailsdk.verify(*stores, public_keys=of.public_keys, now=of.now, **options)  # type: ignore[arg-type]


class TestChains:
    """One trail, or all chains of a location."""

    def test_all_accounts_and_regions_of_an_organization(self) -> None:
        """The organization is seen in the keys; nobody has to be asked for it."""
        trail = FakeTrail(
            organization_id="o-exampleorg1",
            accounts=["111122223333", "444455556666"],
            regions=["us-east-1", "eu-west-1"],
        )
        trail.run(hours=3)
        report = verify(trail)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 12, 24)

    def test_asked_ones_only(self) -> None:
        """Accounts and Regions that are not asked for are not even listed."""
        trail = FakeTrail(accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
        trail.run(hours=3)
        report = verify(trail, accounts="444455556666", regions=["eu-west-1"])
        assert (report.status, report.digests.valid) == ("whole", 3)

    def test_several_trails_are_kept_apart(self) -> None:
        """Also when the name of one begins with another's, and with a Region."""
        one = FakeTrail(name="main")
        two = FakeTrail(name="main_us-east-1", objects=one.objects)
        three = FakeTrail(name="main", home_region="eu-west-1", objects=one.objects)
        for each in (one, two, three):
            each.run(hours=3)
        tamper(two, Tampering.DIGEST_DELETED, two.digests[1])
        keys = [*one.public_keys, *two.public_keys, *three.public_keys]
        store = one.objects.store(one.bucket)
        both = trailsdk.verify(store, public_keys=keys, now=one.now)
        assert (both.digests.valid, both.digests.invalid) == (8, 1)
        one_only = trailsdk.verify(store, trail=one.arn, public_keys=keys, now=one.now)
        # What the deleted digest named, nobody names.
        assert (one_only.digests.valid, one_only.digests.invalid) == (3, 0)
        assert {each.code for each in one_only.findings} == {"unlisted"}
        assert trailsdk.verify(store, trail=two.arn, public_keys=keys, now=one.now).status == "broken"

    @pytest.mark.parametrize("prefix", ["logs", "a/b/c", "o-exampleorg1", "AWSLogs", "AWSLogs/111122223333", "ü b"])
    def test_prefixes(self, prefix: str) -> None:
        """Prefixes are found; also those that look like parts of a key."""
        trail = FakeTrail(prefix=prefix, organization_id="o-exampleorg1")
        trail.run(hours=2)
        assert verify(trail).digests.valid == 2

    def test_nothing_found_proves_nothing(self) -> None:
        """What was asked for and has no digests is reported, one by one."""
        trail = FakeTrail()
        trail.run(hours=2)
        report = verify(trail, accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
        assert report.status == "unproved"
        details = [each.detail for each in report.findings if each.code == "no-digests"]
        assert details == [
            "account 111122223333, Region eu-west-1",
            "account 444455556666, Region eu-west-1",
            "account 444455556666, Region us-east-1",
        ]
        assert verify(trail, trail="arn:aws:cloudtrail:us-east-1:111122223333:trail/other").status == "unproved"

    def test_too_many_other_folders(self) -> None:
        """A bucket of other things is not searched for ever: the caller is to name the prefix."""
        trail = FakeTrail(prefix="z")
        trail.run(hours=2)
        for number in range(1200):
            trail.objects.put((trail.bucket, f"data/{number}/part/0"), b"")
        assert [each.code for each in verify(trail).findings] == ["not-listed"]


class TestMoves:
    """Changes of bucket and prefix are followed."""

    def moved(self) -> FakeTrail:
        trail = FakeTrail()
        trail.run(hours=3)
        trail.move(bucket="example-other", prefix="logs")
        trail.run(hours=2)
        trail.move(prefix="more/logs")
        trail.run(hours=2)
        return trail

    def test_followed(self) -> None:
        """From the newest bucket, the chain leads to the oldest."""
        trail = self.moved()
        report = verify(trail)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 7, 14)

    def test_each_digest_once(self) -> None:
        """Naming all buckets verifies nothing twice."""
        trail = self.moved()
        stores = [trail.objects.store(each) for each in ("example-other", "example-trail")]
        report = verify(trail, *stores)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 7, 14)

    @pytest.mark.parametrize("broken", range(6))
    def test_breaks_beside_a_move(self, broken: int) -> None:
        """A deleted digest hides nothing but itself, but where it is the one that leads to the old bucket."""
        trail = self.moved()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[broken])
        stores = [trail.objects.store(each) for each in ("example-other", "example-trail")]
        report = verify(trail, *stores)
        assert (report.status, report.digests.valid, report.digests.invalid) == ("broken", 6, 1)

    def test_backfill_in_the_old_bucket(self) -> None:
        """Backfill digests that were delivered before the move are found with it."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.backfill(trail.digests[0])
        trail.move(bucket="example-other")
        trail.run(hours=2)
        report = verify(trail)
        assert (report.status, report.backfill_digests.valid) == ("whole", 1)


class TestBackfill:
    """Backfill digests are chains of their own."""

    @pytest.mark.parametrize("chained", [True, False])
    def test_valid(self, chained: bool) -> None:  # noqa: FBT001 (a case)
        """Linked or not, they vouch for their log files; they are no gaps."""
        trail = FakeTrail()
        trail.run(hours=5)
        trail.now += timedelta(days=3)
        for each in (0, 1, 3):
            trail.backfill(trail.digests[each], chained=chained)
        report = verify(trail, until=trail.digests[4].end)
        assert (report.status, report.backfill_digests.valid, report.logs.valid) == ("whole", 3, 13)
        assert report.findings == ()

    @pytest.mark.parametrize("hours", [(0, 1, 3), (3, 1, 0), (1, 3, 0), (3, 0, 1)])
    def test_missing(self, hours: tuple[int, ...]) -> None:
        """One that another links to is missed, in whichever order the hours were filled."""
        trail = FakeTrail()
        trail.run(hours=5)
        made = [trail.backfill(trail.digests[each]) for each in hours]
        assert verify(trail).status == "whole"
        tamper(trail, Tampering.DIGEST_DELETED, made[1])
        report = verify(trail)
        assert [(each.uri, each.reason) for each in report.problems] == [(made[1].uri, "not-found")]

    def test_signed_long_after(self) -> None:
        """They are signed with the key of when they were made, which their metadata tells."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.now += timedelta(days=100)
        trail.rotate_keys()
        trail.backfill(trail.digests[0])
        report = verify(trail, until=trail.digests[2].end)
        assert (report.status, report.backfill_digests.valid) == ("whole", 1)


class TestTime:
    """`[since, until)`, by delivery."""

    def test_keys_rotate(self) -> None:
        """Each digest is verified with the key of its time."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.rotate_keys()
        trail.run(hours=2)
        assert verify(trail).status == "whole"

    def test_partly_asked_digests_count(self) -> None:
        """A digest of which only a part is asked for is verified, with all its log files."""
        trail = FakeTrail()
        trail.run(hours=6)
        since, until = trail.digests[1].start + timedelta(minutes=30), trail.digests[3].start + timedelta(minutes=30)
        report = verify(trail, since=since, until=until)
        assert (report.status, report.digests.valid, report.first, report.last) == (
            "whole",
            3,
            trail.digests[1].start,
            trail.digests[3].end,
        )

    def test_half_open(self) -> None:
        """A digest that ends where the time begins has nothing of it, nor one that begins where it ends."""
        trail = FakeTrail()
        trail.run(hours=6)
        report = verify(trail, since=trail.digests[1].end, until=trail.digests[4].start)
        assert report.digests.valid == 2

    def test_before_the_first(self) -> None:
        """Time before a chain's proved begin is shown, and does no harm."""
        trail = FakeTrail()
        trail.run(hours=3)
        report = verify(trail, since=trail.digests[0].start - timedelta(hours=5))
        assert report.status == "whole"
        [found] = report.findings
        assert (found.code, found.end) == ("before-start", trail.digests[0].start)

    def test_pending(self) -> None:
        """The last hour has no digest yet; that does no harm either."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.now += timedelta(minutes=70)
        report = verify(trail)
        assert (report.status, [each.code for each in report.findings]) == ("whole", ["pending"])

    def test_tail(self) -> None:
        """Where nothing has come for hours, that time is not vouched for."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.now += timedelta(hours=3)
        report = verify(trail)
        assert (report.status, [each.code for each in report.findings]) == ("unproved", ["tail"])

    def test_gap(self) -> None:
        """Between two chains nothing is vouched for."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.pause(2.5)
        trail.run(hours=2)
        report = verify(trail)
        [gap] = report.gaps
        assert (report.status, gap.start, gap.end) == ("unproved", trail.digests[1].end, trail.digests[2].start)

    def test_empty_hours_are_evidence(self) -> None:
        """Digests without log files are digests."""
        trail = FakeTrail()
        trail.run(hours=2, logs=0)
        trail.run(hours=2, logs=3, late=1)
        report = verify(trail)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 4, 6)

    def test_clock_skew(self) -> None:
        """Digests from the future, by this machine's clock, are verified too."""
        trail = FakeTrail()
        trail.run(hours=3)
        store = trail.objects.store(trail.bucket)
        report = trailsdk.verify(store, public_keys=trail.public_keys, now=trail.digests[0].start)
        assert (report.status, report.digests.valid) == ("whole", 3)

    def test_late_digest(self) -> None:
        """A digest of a long window that ends days after the asked time is found."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.run(hour=timedelta(days=3))
        trail.run(hours=2)
        report = verify(trail, since=trail.digests[0].start, until=trail.digests[1].end + timedelta(hours=1))
        assert (report.status, report.digests.valid) == ("whole", 3)


class Faulty(FakeStore):
    """A store that fails as it is told."""

    def __init__(self, trail: FakeTrail, **failing: Exception) -> None:
        super().__init__(trail.objects, trail.bucket)
        self.failing = failing

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "", size: int = 1000) -> Iterator[Page]:
        for part, error in self.failing.items():
            if f"{part.replace('_', '-')}/" in prefix[-40:] or (part == "all"):
                raise error
        return super().pages(prefix, delimiter=delimiter, start_after=start_after, size=size)

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        if "get" in self.failing:
            raise self.failing["get"]
        return super().get(key, version_id=version_id)


class TestFaults:
    """Could not look is never invalid, and one refusal never ends the rest."""

    def test_a_region_cannot_be_listed(self) -> None:
        """The others are verified; the report says what is unknown."""
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
        trail.run(hours=2)
        report = verify(trail, Faulty(trail, eu_west_1=AccessDeniedError("s3://example-trail", "refused")))
        assert (report.status, report.digests.valid) == ("unproved", 2)
        assert [each.code for each in report.findings] == ["not-listed"]

    def test_nothing_can_be_listed(self) -> None:
        """That is no success."""
        trail = FakeTrail()
        trail.run(hours=2)
        report = verify(trail, Faulty(trail, all=TransportError("s3://example-trail", "broken")))
        assert (report.status, report.digests.total) == ("unproved", 0)

    def test_nothing_can_be_fetched(self) -> None:
        """All digests are inaccessible, none is invalid."""
        trail = FakeTrail()
        trail.run(hours=3)
        report = verify(trail, Faulty(trail, get=TransportError("s3://example-trail", "broken")))
        assert (report.status, report.digests.inaccessible, report.digests.invalid) == ("unproved", 3, 0)

    def test_keys_are_refused(self) -> None:
        """Without public keys nothing can be proved, and nothing is invalid."""
        trail = FakeTrail()
        trail.run(hours=3)

        def refuse(region: str, start: datetime, end: datetime) -> list[PublicKey]:
            raise AccessDeniedError("ListPublicKeys", "refused")

        report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=refuse, now=trail.now)
        assert (report.status, report.digests.inaccessible) == ("unproved", 3)
        assert "public keys" in report.problems[0].detail

    def test_wrong_key_under_a_fingerprint(self) -> None:
        """A key that is not the one of its fingerprint is not used."""
        trail = FakeTrail()
        trail.run(hours=2)
        other = FakeTrail(regions=["eu-west-1"]).public_keys[0]
        keys = [PublicKey(value=other.value, fingerprint=trail.public_keys[0].fingerprint)]
        report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=keys, now=trail.now)
        assert {each.reason for each in report.problems if each.kind == "digest"} == {"bad-key"}

    def test_no_key_at_all(self) -> None:
        """A key that is no key is no crash."""
        trail = FakeTrail()
        trail.run(hours=2)
        from trailsdk.integrity.signing import fingerprint_of

        broken = b"no key"
        digest = trail.digests[-1]
        trail.sign_again(digest, {"digestPublicKeyFingerprint": fingerprint_of(broken)})
        keys = [*trail.public_keys, PublicKey(value=broken, fingerprint=fingerprint_of(broken))]
        report = trailsdk.verify(trail.objects.store(trail.bucket), public_keys=keys, now=trail.now)
        assert [each.reason for each in report.problems if each.kind == "digest"] == ["bad-key"]

    def test_other_bucket_cannot_be_opened(self) -> None:
        """Where the chain leads to a bucket that cannot be looked at, that is said."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.move(bucket="example-other")
        trail.run(hours=2)

        class Alone(FakeStore):
            def of_bucket(self, bucket: str) -> FakeStore:
                raise AccessDeniedError(f"s3://{bucket}", "refused")

        report = verify(trail, Alone(trail.objects, "example-other"))
        assert (report.status, report.digests.valid, report.digests.inaccessible) == ("unproved", 2, 1)


class TestFolders:
    """A folder that holds a copy."""

    def test_with_sidecars(self, tmp_path: Path) -> None:
        """A mirror is verified as the bucket is; also from a folder within it."""
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
        trail.run(hours=3)
        trail.objects.write_into(tmp_path)
        assert verify(trail, tmp_path).status == "whole"
        within = verify(trail, tmp_path / "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1")
        assert (within.status, within.digests.valid) == ("whole", 3)

    def test_without_sidecars(self, tmp_path: Path) -> None:
        """Of a plain copy the newest digest is unproved, and its log files; the others' signatures stand in it."""
        trail = FakeTrail(regions=["us-east-1", "eu-west-1"])
        trail.run(hours=3)
        trail.backfill(trail.digests[0])
        trail.objects.write_into(tmp_path, sidecars=False)
        report = verify(trail, tmp_path)
        newest = {each.place[1] for each in trail.digests[-3:]}
        assert report.status == "unproved"
        problems = {each.uri for each in report.problems if each.kind == "digest"}
        assert problems == {str(tmp_path / each) for each in newest}
        assert {each.reason for each in report.problems} == {"no-signature", "digest-not-valid"}
        assert (report.digests.valid, report.logs.valid) == (4, 8)
        hours = [(each.start, each.end) for each in report.findings if each.code == "uncovered"]
        assert hours == [(trail.digests[-2].start, trail.digests[-2].end)] * 2

    def test_what_a_plain_copy_lacks_is_proved_by_what_follows(self, tmp_path: Path) -> None:
        """The digest behind the asked time speaks for all of it, though nothing speaks for itself."""
        trail = FakeTrail()
        trail.run(hours=4)
        trail.objects.write_into(tmp_path, sidecars=False)
        report = verify(trail, tmp_path, until=trail.digests[2].end)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 3, 6)

    def test_tampered_plain_copy(self, tmp_path: Path) -> None:
        """Without metadata, whatever was changed is found all the same."""
        trail = FakeTrail()
        trail.run(hours=5)
        tamper(trail, Tampering.DIGEST_MODIFIED, trail.digests[2])
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[0])
        trail.objects.write_into(tmp_path, sidecars=False)
        report = verify(trail, tmp_path)
        found = {each.uri: each.reason for each in report.problems if each.verdict == "invalid"}
        assert found == {
            str(tmp_path / trail.digests[2].place[1]): "bad-signature",
            str(tmp_path / trail.logs[0].place[1]): "hash-mismatch",
        }

    def test_planted_records_of_signatures_hide_nothing(self, tmp_path: Path) -> None:
        """A digest that somebody made up, with a wrong signature of the one before it, proves and spoils nothing."""
        trail = FakeTrail()
        trail.run(hours=4)
        newest = trail.digests[-1]
        end = newest.end - timedelta(minutes=10)
        bucket, key = newest.place
        place = (bucket, key.replace(f"{newest.end:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}"))
        changes = {"digestS3Object": place[1], "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        planted = evolve(newest, place=place)
        trail.sign_again(planted, {**changes, "previousDigestSignature": "00" * 256}, key=fake_key("foreign"))
        trail.objects.write_into(tmp_path, sidecars=False)
        report = verify(trail, tmp_path)
        assert {each.uri for each in report.problems if each.kind == "digest"} == {
            str(tmp_path / newest.place[1]),
            str(tmp_path / place[1]),
        }
        assert report.digests.valid == 3

    def test_several(self, tmp_path: Path) -> None:
        """A trail that moved, mirrored bucket by bucket, is one chain over all folders."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.move(bucket="example-other")
        trail.run(hours=2)
        folders = [tmp_path / each for each in ("example-other", "example-trail")]
        for folder in folders:
            trail.objects.write_into(folder, bucket=folder.name)
        report = verify(trail, *folders)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 5, 10)

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
    def test_what_no_listing_has_is_asked_of_all(self, tmp_path: Path, order: tuple[int, ...]) -> None:
        """A digest or a log file that a digest of another folder means is found, whichever folder holds it."""
        trail = FakeTrail()
        trail.run(hours=4)
        folders = [tmp_path / each for each in ("newest", "hidden", "rest")]
        for folder in folders:
            trail.objects.write_into(folder)
        keep = [{trail.digests[3].place[1]}, {trail.digests[2].place[1], trail.logs[0].place[1]}]
        keep.append({key for _, key in trail.objects} - keep[0] - keep[1])
        for folder, kept in zip(folders, keep, strict=True):
            for path in folder.rglob("*.gz"):
                if path.relative_to(folder).as_posix() not in kept:
                    path.unlink()
        # Within this one, only the log files are listed: its digest is not met but by asking.
        hidden = folders[1] / "AWSLogs/111122223333/CloudTrail"
        locations = [(folders[0], hidden, folders[2])[each] for each in order]
        report = verify(trail, *locations)
        assert (report.status, report.digests.valid, report.logs.valid) == ("whole", 4, 8)

    def test_overlapping(self, tmp_path: Path) -> None:
        """What two locations both name is verified once."""
        trail = FakeTrail()
        trail.run(hours=3)
        trail.objects.write_into(tmp_path)
        report = verify(trail, tmp_path, tmp_path / "AWSLogs", tmp_path / "AWSLogs/111122223333")
        assert (report.status, report.digests.valid) == ("whole", 3)

    def test_tampered(self, tmp_path: Path) -> None:
        """Verdicts name paths."""
        trail = FakeTrail()
        trail.run(hours=3)
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[0])
        trail.objects.write_into(tmp_path)
        [problem] = verify(trail, tmp_path).problems
        assert problem.uri == str(tmp_path / trail.logs[0].place[1])

    def test_sidecar_of_another_bucket(self, tmp_path: Path) -> None:
        """A digest that was delivered to another bucket than its copy comes from has been moved."""
        trail = FakeTrail()
        trail.run(hours=2)
        trail.objects.write_into(tmp_path)
        for path in tmp_path.rglob(".*.s3.json"):
            path.write_text(path.read_text().replace('"example-trail"', '"example-copy"'))
        report = verify(trail, FolderStore(tmp_path))
        assert {each.reason for each in report.problems if each.kind == "digest"} == {"moved"}

    def test_no_folder(self, tmp_path: Path) -> None:
        """A misspelt folder is a usage error."""
        with pytest.raises(LocationError):
            trailsdk.verify(tmp_path / "nowhere")


class TestCall:
    """What cannot be carried out is said at once."""

    def test_usage(self) -> None:
        """Nothing named, a trail that is none, odd locations, odd times."""
        for arguments, options in (
            ((), {}),
            ((), {"trail": "main"}),
            (("",), {}),
            (("gs://bucket",), {}),
            ((5,), {}),
            ((".",), {"since": "soon"}),
            ((".",), {"accounts": 5}),
        ):
            with pytest.raises(UsageError):
                trailsdk.iter_verify(*arguments, **options)

    def test_a_report_has_no_truth_value(self) -> None:
        """Nobody can mistake a broken trail for true."""
        trail = FakeTrail()
        trail.run()
        with pytest.raises(TypeError, match="truth"):
            bool(verify(trail))

    def test_iter_verify_gives_verdicts_in_the_order_of_the_chain(self) -> None:
        """The newest digest first, each before its log files; what it gives is what `verify` sums up."""
        trail = FakeTrail()
        trail.run(hours=3)
        given = list(
            trailsdk.iter_verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys, now=trail.now)
        )
        expected = [
            uri for digest in reversed(trail.digests) for uri in (digest.uri, *(log.uri for log in digest.logs))
        ]
        assert [each.uri for each in given if isinstance(each, Verdict)] == expected
        assert not [each for each in given if isinstance(each, Finding)]

    def test_public_keys_of_a_file(self, tmp_path: Path) -> None:
        """What the AWS CLI prints is read; what is no such file is an error."""
        path = tmp_path / "keys.json"
        for content in (
            b"",
            b"[]",
            b"{}",
            b'{"PublicKeyList":[1]}',
            b'{"PublicKeyList":[{"Value":"!","Fingerprint":"a"}]}',
        ):
            path.write_bytes(content)
            with pytest.raises(PublicKeyError, match=r"keys\.json"):
                trailsdk.verify(tmp_path, public_keys=path)
        with pytest.raises(PublicKeyError):
            trailsdk.verify(tmp_path, public_keys=tmp_path / "no")

    def test_abandoned(self) -> None:
        """Whoever stops early leaves no thread behind."""
        import threading

        trail = FakeTrail()
        trail.run(hours=5)
        before = threading.active_count()
        results = trailsdk.iter_verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys, now=trail.now)
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert threading.active_count() == before


def test_missing_objects_are_found_by_asking(tmp_path: Path) -> None:
    """An object that a store does not have is not found, whichever store it is."""
    trail = FakeTrail()
    with pytest.raises(NotFoundError):
        trail.objects.store("example-trail").get("no")
    with pytest.raises(NotFoundError):
        FolderStore(tmp_path).get("no")
