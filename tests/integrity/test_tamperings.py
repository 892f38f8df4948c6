"""Every tampering gets the verdict that it deserves: singly and in runs, at the head, in the middle, at the tail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from oracle import Outcome, span_of, verify_trail

from trailsdk.integrity import FindingCode
from trailsdk.testing.fake_trail import FakeDigest, FakeLog, FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOURS = 8
RUNS = {"first": slice(0, 1), "middle": slice(3, 4), "run": slice(2, 5), "newest": slice(-1, None)}


def made() -> FakeTrail:
    trail = FakeTrail()
    trail.run(hours=HOURS)
    return trail


def targets(trail: FakeTrail, tampering: Tampering, where: slice) -> list[FakeLog | FakeDigest]:
    digests = trail.digests[where]
    return [each.logs[0] for each in digests] if tampering.value.kind == "log" else list(digests)


def deserved(tampering: Tampering, *, newest: bool) -> tuple[str | None, str | None]:
    value = tampering.value
    return value.at_head if newest and value.at_head is not None else (value.verdict, value.reason)


def told(outcome: Outcome, uri: str) -> tuple[str | None, str | None]:
    verdict = outcome.on(uri)
    return (None, None) if verdict is None else (verdict.verdict, verdict.reason)


def cases() -> Iterator[tuple[Tampering, str]]:
    for tampering in Tampering:
        for where in RUNS:
            # The first digest has no links to break. Of a run, each second one has no valid successor: see below.
            if tampering is Tampering.LOG_BOMB or (where == "first" and "LINK" in tampering.name):
                continue
            if where == "run" and tampering.value.reason == "replaced" and tampering.value.kind == "digest":
                continue
            yield tampering, where


@pytest.mark.parametrize(("tampering", "where"), list(cases()), ids=lambda each: getattr(each, "name", each))
def test_verdict(tampering: Tampering, where: str) -> None:
    """The file gets the verdict, others keep theirs, and the finding is there."""
    trail = made()
    chosen = targets(trail, tampering, RUNS[where])
    tamper(trail, tampering, *chosen)
    outcome = verify_trail(trail, span_of(trail))
    newest = trail.digests[-1]
    unlinked = _unlinked(tampering, chosen, newest)
    for each in chosen:
        expected = deserved(tampering, newest=each is newest or each in unlinked)
        if tampering is Tampering.LOG_PLANTED:
            expected = ("valid", None)
        assert told(outcome, each.uri) == expected
        if tampering.value.finding is not None and expected[0] == "valid":
            assert tampering.value.finding in outcome.codes
    touched = {each.uri for each in chosen}
    digests = {each.uri for each in chosen if isinstance(each, FakeDigest)}
    for digest in trail.digests:
        for log in digest.logs:
            if digest.uri not in digests and log.uri not in touched and digest not in _spoilt(tampering, trail, chosen):
                assert told(outcome, log.uri) == ("valid", None)


def _unlinked(
    tampering: Tampering, chosen: list[FakeLog | FakeDigest], newest: FakeDigest
) -> list[FakeLog | FakeDigest]:
    """Of a run, those whose successor is not valid either: only their metadata speaks for them."""
    if tampering.value.verdict == "valid" or tampering.value.kind == "log":
        return []
    return [] if tampering.value.at_head is None else chosen[:-1]


def _spoilt(tampering: Tampering, trail: FakeTrail, chosen: list[FakeLog | FakeDigest]) -> list[FakeDigest]:
    """The digests before those whose links are wrong."""
    if tampering not in (Tampering.DIGEST_LINK_HASH, Tampering.DIGEST_LINK_SIGNATURE):
        return []
    return [trail.digests[trail.digests.index(each) - 1] for each in chosen if isinstance(each, FakeDigest)]


def test_run_of_replaced_digests() -> None:
    """The newest is found out by the next digest; the one before it is believed, and finds out the one before that."""
    trail = made()
    tamper(trail, Tampering.DIGEST_REPLACED, *trail.digests[2:5])
    outcome = verify_trail(trail, span_of(trail))
    told_of = [told(outcome, each.uri) for each in trail.digests[2:5]]
    assert told_of == [("invalid", "replaced"), ("valid", None), ("invalid", "replaced")]
    assert outcome.report.status == "broken"


def test_bomb() -> None:
    """A file that inflates without end is given up at the limit, and costs nothing but itself."""
    trail = made()
    tamper(trail, Tampering.LOG_BOMB, trail.logs[0])
    outcome = verify_trail(trail, span_of(trail))
    assert outcome.problems == {trail.logs[0].uri: "invalid-format"}


def test_whole() -> None:
    """Nothing is found where nothing was done."""
    trail = made()
    outcome = verify_trail(trail, span_of(trail))
    assert outcome.report.status == "whole"
    assert (outcome.report.digests.valid, outcome.report.logs.valid) == (HOURS, 2 * HOURS)
    assert outcome.codes == []


class TestDeletedDigests:
    """What was deleted is reported missing, or as time that is not vouched for."""

    @pytest.mark.parametrize(("first", "number"), [(0, 1), (0, 3), (2, 1), (2, 4), (5, 3), (7, 1), (0, 8)])
    def test_every_hour_is_accounted_for(self, first: int, number: int) -> None:
        """The time that findings name is the time of the deleted digests."""
        trail = made()
        span = trail.digests[0].start, trail.digests[-1].end
        gone = trail.digests[first : first + number]
        tamper(trail, Tampering.DIGEST_DELETED, *gone)
        outcome = verify_trail(trail, span)
        assert outcome.report.status != "whole"
        times = [(each.start, each.end) for each in outcome.findings if each.files is None]
        assert times == [(gone[0].start, gone[-1].end)]

    def test_status(self) -> None:
        """A digest that another names is invalid when it is gone; the newest ones are only missed."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[3])
        assert verify_trail(trail, span_of(trail)).report.status == "broken"
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[-1])
        outcome = verify_trail(trail, span_of(trail))
        assert outcome.report.status == "unproved"
        assert outcome.codes == [FindingCode.TAIL, FindingCode.UNLISTED_UNCOVERED]


def test_replaced_names_the_other() -> None:
    """A log file that is a copy of another one names it, wherever in the chain that is."""
    trail = made()
    last = trail.digests[-1].logs[0]
    trail.objects.replace(last.place, trail.objects[trail.digests[0].logs[1].place].data)
    verdict = verify_trail(trail, span_of(trail)).on(last.uri)
    assert verdict is not None
    assert (verdict.reason, verdict.other_uri) == ("replaced", trail.digests[0].logs[1].uri)


def test_replayed_names_the_other() -> None:
    """A digest that is a copy of another one names it."""
    trail = made()
    tamper(trail, Tampering.DIGEST_REPLAYED, trail.digests[4])
    verdict = verify_trail(trail, span_of(trail)).on(trail.digests[4].uri)
    assert verdict is not None
    assert verdict.other_uri == trail.digests[3].uri


def test_swapped() -> None:
    """Two digests that were swapped each name the other."""
    trail = made()
    first, second = trail.digests[2:4]
    one, other = trail.objects[first.place], trail.objects[second.place]
    trail.objects.put(first.place, other.data, other.metadata)
    trail.objects.put(second.place, one.data, one.metadata)
    outcome = verify_trail(trail, span_of(trail))
    assert outcome.problems == {first.uri: "replayed", second.uri: "replayed"}


def test_all_metadata_lost() -> None:
    """Of a copy without any metadata only the newest digest is unproved: each other's signature stands in the next."""
    trail = made()
    tamper(trail, Tampering.DIGEST_METADATA_LOST, *trail.digests)
    outcome = verify_trail(trail, span_of(trail))
    # Nothing speaks for the newest, so that nothing sound speaks for the one before it.
    assert told(outcome, trail.digests[-1].uri) == ("unverifiable", "no-signature")


def test_a_later_digest_speaks_for_the_last_one() -> None:
    """The digest behind the asked time is read too: its record proves the last one of it."""
    trail = made()
    tamper(trail, Tampering.DIGEST_METADATA_LOST, trail.digests[4])
    until = trail.digests[4].end - timedelta(minutes=10)
    outcome = verify_trail(trail, (trail.digests[0].start, until))
    assert outcome.report.digests.valid == 5
    assert outcome.report.status == "whole"
    assert outcome.codes == ["metadata-lost"]


def test_thousand_planted_names() -> None:
    """Foreign names hide nothing; the first hundred are named, the others counted."""
    trail = made()
    bucket, key = trail.digests[3].place
    for number in range(1000):
        trail.objects.put((bucket, key.replace("main", f"main/{number}")), b"")
    outcome = verify_trail(trail, span_of(trail))
    assert outcome.report.status == "whole"
    assert outcome.report.digests.valid == HOURS
    assert outcome.codes == ["foreign-name"] * 101
    assert outcome.findings[-1].detail == "and 900 more" or any(
        each.detail == "and 900 more" for each in outcome.findings
    )


def test_planted_digest_is_judged_and_hides_nothing() -> None:
    """A digest that somebody made up for the far future is invalid, and all others stay valid."""
    trail = made()
    bucket, key = trail.digests[-1].place
    end = f"{trail.digests[-1].end:%Y%m%dT%H%M%SZ}"
    planted = key.replace(end, "99991231T235959Z").replace(f"{trail.digests[-1].end:/%Y/%m/%d/}", "/9999/12/31/")
    trail.objects.put((bucket, planted), trail.objects[bucket, key].data)
    outcome = verify_trail(trail, (None, None))
    assert list(outcome.problems) == [f"s3://{bucket}/{planted}"]
    assert outcome.report.digests.valid == HOURS
