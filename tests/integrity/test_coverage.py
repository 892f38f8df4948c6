"""Coverage: each moment of the asked time has one state, and the right one."""

from datetime import timedelta
from io import BytesIO, TextIOWrapper
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.cli.coverage import coverage_strips
from trailsdk.cli.screen import Screen
from trailsdk.integrity import Coverage, CoverageState, Report
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR = timedelta(hours=1)
VOUCHED, MISSING, PENDING = CoverageState.VOUCHED, CoverageState.MISSING, CoverageState.PENDING


def made(hours: int = 8) -> FakeTrail:
    trail = FakeTrail()
    trail.run(hours=hours, logs=1)
    return trail


def verify(trail: FakeTrail, **options: object) -> Report:
    options = {"now": trail.now, **options}
    return trailsdk.verify(trail.objects.store(trail.bucket), public_keys=trail.public_keys, **options)  # type: ignore[arg-type]


def states(report: Report) -> list[tuple[str, float | None]]:
    """Give the states of the only chain, and their hours."""
    [coverage] = report.coverage
    return [(each.state.value, each.hours) for each in coverage.intervals]


class TestStates:
    """Why a time is not vouched for."""

    def test_whole(self) -> None:
        """All of it is."""
        assert states(verify(made())) == [("vouched", 8)]

    @pytest.mark.parametrize(
        ("tampering", "state"),
        [
            (Tampering.DIGEST_DELETED, "missing"),
            (Tampering.DIGEST_MODIFIED, "invalid"),
            (Tampering.DIGEST_REPLAYED, "invalid"),
        ],
    )
    def test_one_hour(self, tampering: Tampering, state: str) -> None:
        """The hour of a digest that is gone, or not the one that CloudTrail delivered."""
        trail = made()
        tamper(trail, tampering, trail.digests[3])
        assert states(verify(trail)) == [("vouched", 3), (state, 1), ("vouched", 4)]

    def test_hours_in_a_row(self) -> None:
        """Each hour by its own reason: one is deleted, two are damaged, one is deleted."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[2], trail.digests[5])
        tamper(trail, Tampering.DIGEST_DAMAGED, trail.digests[3], trail.digests[4])
        assert states(verify(trail)) == [
            ("vouched", 2),
            ("missing", 1),
            ("invalid", 2),
            ("missing", 1),
            ("vouched", 2),
        ]

    def test_gap(self) -> None:
        """Between two chains; more than that nobody can tell."""
        trail = made(3)
        trail.pause(5)
        trail.run(hours=2)
        assert states(verify(trail)) == [("vouched", 3), ("gap", 5), ("vouched", 2)]

    def test_before_start(self) -> None:
        """Before a first digest that says that it is the first, nothing is wrong."""
        trail = made()
        report = verify(trail, since=trail.digests[0].start - 5 * HOUR)
        assert (states(report), report.status) == ([("before-start", 5), ("vouched", 8)], "whole")

    def test_before_a_first_digest_that_is_gone(self) -> None:
        """The oldest digest that is there says that there was another: what is before it is missing."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[0])
        since = trail.digests[0].start - 5 * HOUR
        assert states(verify(trail, since=since)) == [("missing", 6), ("vouched", 7)]
        assert states(verify(trail)) == [("missing", None), ("vouched", 7)]

    def test_copy_without_metadata(self) -> None:
        """Nothing speaks for the newest digest; but the signature that it records proves the one before."""
        trail = made()
        tamper(trail, Tampering.DIGEST_METADATA_LOST, *trail.digests)
        report = verify(trail)
        assert (states(report), report.status) == ([("vouched", 7), ("unverifiable", 1)], "unproved")


class TestTail:
    """The newest digests: due or not."""

    @pytest.mark.parametrize(
        ("minutes", "expected", "status"),
        [
            (0, [("vouched", 8)], "whole"),
            (40, [("vouched", 8), ("pending", 2 / 3)], "whole"),
            (120, [("vouched", 8), ("pending", 2)], "whole"),
            (150, [("vouched", 8), ("missing", 1), ("pending", 1.5)], "unproved"),
            (420, [("vouched", 8), ("missing", 5), ("pending", 2)], "unproved"),
        ],
    )
    def test_rhythm(self, minutes: int, expected: list[tuple[str, float]], status: str) -> None:
        """An hour's digest comes within the next hour; what is older is missing."""
        trail = made()
        report = verify(trail, now=trail.now + timedelta(minutes=minutes))
        assert (states(report), report.status) == (expected, status)

    def test_only_pending(self) -> None:
        """Nothing but what is too new was asked for: the digest before it shows that all is well."""
        trail = made()
        report = verify(trail, since="30m", now=trail.now + 0.75 * HOUR)
        assert (states(report), report.status, report.digests.total) == ([("pending", 0.5)], "whole", 0)

    def test_only_missing(self) -> None:
        """What was asked for may still come; but a digest before it is overdue, so that not all is well."""
        trail = made()
        report = verify(trail, since="30m", now=trail.now + 2.5 * HOUR)
        assert (states(report), report.status) == ([("pending", 0.5)], "unproved")
        tamper(trail, Tampering.DIGEST_DELETED, *trail.digests[-3:])
        assert verify(trail, since="30m", now=trail.now + 2.5 * HOUR).status == "unproved"


@given(
    st.lists(st.sampled_from([*range(10)]), max_size=6),
    st.sampled_from([Tampering.DIGEST_DELETED, Tampering.DIGEST_DAMAGED, Tampering.DIGEST_METADATA_LOST]),
    st.one_of(st.none(), st.integers(-300, 900)),
    st.one_of(st.none(), st.integers(-300, 900)),
    st.integers(0, 400),
)
def test_intervals_are_disjoint_and_fill_the_asked_time(
    hit: list[int], tampering: Tampering, since: int | None, until: int | None, later: int
) -> None:
    """Whatever is missing, and whatever was asked for: each moment has one state, and valid digests are vouched for."""
    trail = FakeTrail()
    trail.run(hours=5, logs=0)
    trail.pause(2)
    trail.run(hours=5, logs=0)
    begin, now = trail.digests[0].start, trail.now + timedelta(minutes=later)
    start = None if since is None else begin + timedelta(minutes=since)
    end = None if until is None else begin + timedelta(minutes=until)
    if start is not None and end is not None and start >= end:
        start, end = end, start + timedelta(minutes=1)
    if start is not None and start >= now:
        return
    tamper(trail, tampering, *(trail.digests[each] for each in set(hit)))
    report = verify(trail, since=start, until=end, now=now)
    for coverage in report.coverage:
        intervals = coverage.intervals
        last = now if end is None else min(end, now)
        if not intervals:
            # No time at all, or without a begin only time before the chain's, which has no length.
            assert last <= (begin if start is None else start)
            continue
        assert all(one.end == two.start for one, two in pairwise(intervals))
        assert all(each.start is not None and each.start < each.end for each in intervals[1:])
        assert all(one.state is not two.state for one, two in pairwise(intervals))
        assert intervals[-1].end == last
        assert start is None or intervals[0].start == start
        _check_valid_digests(trail, coverage, report)


def _check_valid_digests(trail: FakeTrail, coverage: Coverage, report: Report) -> None:
    """The time of each digest that got no other verdict, and was asked for, is vouched for; no other is."""
    wrong = {each.uri for each in report.problems}
    for digest in trail.digests:
        moment = digest.start + timedelta(minutes=30)
        state = coverage.state_at(moment)
        if state is not None:
            is_there = digest.place in trail.objects and digest.uri not in wrong
            assert (state is VOUCHED) == is_there


class TestStrips:
    """The picture."""

    def draw(self, *coverages: Coverage, width: int = 80, encoding: str = "utf-8") -> list[str]:
        screen = Screen(TextIOWrapper(BytesIO()), is_terminal=False, width=width, color=False, encoding=encoding)
        return coverage_strips(coverages, screen).splitlines()

    def test_strip(self) -> None:
        """An hour in eight is an eighth of the strip."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[3])
        lines = self.draw(*verify(trail).coverage, width=len("111122223333 us-east-1 main") + 16 + 16)
        assert lines == [
            "111122223333 us-east-1 main ██████__████████ 87.5 %",
            "  digests missing: 1.0 h, 2026-03-07T11:12:44Z to 2026-03-07T12:12:44Z",
            "█ vouched for   _ digests missing",
        ]
        assert "######__########" in self.draw(*verify(trail).coverage, width=59, encoding="ascii")[0]

    def test_a_missing_hour_of_a_year_is_seen(self) -> None:
        """The worst state of a column's time is shown, and nothing that has a hole is 100 %."""
        trail = FakeTrail()
        trail.run(hours=600, logs=0)
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[300])
        first = self.draw(*verify(trail).coverage)[0]
        assert first.count("_") == 1
        assert first.endswith(" 99.8 %")

    def test_many_whole_chains_are_counted(self) -> None:
        """Of eighty chains only those with a hole are drawn."""
        trail = FakeTrail(
            regions=["us-east-1", "eu-west-1", "eu-north-1"], accounts=[f"11112222333{each}" for each in range(4)]
        )
        trail.run(hours=2, logs=0)
        tamper(trail, Tampering.DIGEST_DELETED, trail.chain()[0])
        lines = self.draw(*verify(trail).coverage)
        assert len([line for line in lines if line.startswith("1111")]) == 1
        assert "11 more chains without a hole" in lines

    def test_nothing(self) -> None:
        """Where there is no chain, there is no picture."""
        assert self.draw() == []
