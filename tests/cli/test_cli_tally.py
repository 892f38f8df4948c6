"""What `stats` counts, as functions."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trailsdk import Record, parse_record
from trailsdk.cli.histogram import EPOCH, make_histogram
from trailsdk.cli.progress import describe
from trailsdk.cli.tally import Tally, Who
from trailsdk.sources.base import Stats
from trailsdk.testing import records

TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda when: when.replace(microsecond=0))
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def at(*times: datetime) -> Tally:
    tally = Tally()
    for when in times:
        tally.add(Record(event_name="X", event_time=when))
    return tally


def seconds(when: datetime) -> int:
    return (when - EPOCH) // timedelta(seconds=1)


class TestTally:
    """Numbers of records."""

    @given(st.lists(records(), max_size=8))
    def test_every_record_counts_once(self, given_records: list[Record]) -> None:
        """Outcomes add up to the records; the histogram to those with a time; nothing counts twice."""
        tally = Tally()
        for record in given_records:
            tally.add(record)
        assert tally.records == sum(tally.outcomes.values()) == len(given_records)
        histogram = tally.histogram()
        shown = 0 if histogram is None else sum(each.count for each in histogram.bins)
        assert shown == len(given_records) - tally.untimed
        for counts in (tally.services, tally.calls, tally.actors, tally.addresses, tally.errors):
            assert sum(counts.values()) <= len(given_records)

    def test_sessions_are_one_actor(self) -> None:
        """A role counts once, whatever its sessions; a person behind it is told apart."""
        role = "arn:aws:iam::111122223333:role/web"

        def session(name: str, human: str | None = None) -> Record:
            return parse_record(
                {
                    "userIdentity": {
                        "type": "AssumedRole",
                        "arn": f"arn:aws:sts::111122223333:assumed-role/web/{name}",
                        "sessionContext": {
                            "sessionIssuer": {"type": "Role", "arn": role, "userName": "web"},
                            **({} if human is None else {"sourceIdentity": human}),
                        },
                    }
                }
            )

        tally = Tally()
        for record in (session("i-1"), session("i-2"), session("i-3", "dan@example.com")):
            tally.add(record)
        assert tally.actors == Counter(
            {Who("role", role, "web", None): 2, Who("role", role, "web", "dan@example.com"): 1}
        )

    def test_errors_without_a_code(self) -> None:
        """Sign-ins that fail have a message only; it counts as the error."""
        tally = Tally()
        tally.add(Record(event_name="ConsoleLogin", error_message="Failed authentication"))
        tally.add(Record(event_name="X", error_code="AccessDenied", error_message="is not authorized"))
        assert tally.errors == {"Failed authentication": 1, "AccessDenied": 1}

    def test_memory_is_bounded(self) -> None:
        """However many times there are, only so many are kept; none is lost."""
        tally = at(*(EPOCH + timedelta(minutes=61 * each) for each in range(20_000)))
        assert len(tally._times) < 5001
        histogram = tally.histogram()
        assert histogram is not None
        assert sum(each.count for each in histogram.bins) == 20_000


class TestHistogram:
    """Records over time."""

    @example([FIRST, LAST], 12)
    @example([LAST], 1)
    @example([FIRST], 1)
    @example([FIRST, FIRST + timedelta(days=60)], 10)
    @given(st.lists(TIMES, min_size=1, max_size=20), st.integers(1, 20))
    def test_few_bins_without_gaps(self, times: list[datetime], most: int) -> None:
        """Any times fall into so many bins, in order, the first and the last with something in them."""
        histogram = make_histogram(Counter(map(seconds, times)), most)
        assert histogram is not None
        begins = [each.begin for each in histogram.bins]
        assert len(begins) <= most
        assert begins == sorted(set(begins))
        assert begins[0] <= min(times)
        assert len({each.label for each in histogram.bins}) == len(begins)
        assert histogram.bins[0].count > 0
        assert histogram.bins[-1].count > 0
        for each, following in zip(begins, [*begins[1:], LAST + timedelta(0)], strict=True):
            inside = sum(each <= when and (when < following or following == LAST) for when in times)
            assert dict(zip(begins, histogram.bins, strict=True))[each].count == inside

    @pytest.mark.parametrize(
        ("length", "step"),
        [
            (timedelta(), "1 minute"),
            (timedelta(minutes=11), "1 minute"),
            (timedelta(minutes=12), "5 minutes"),
            (timedelta(hours=2), "15 minutes"),
            (timedelta(hours=23), "3 hours"),
            (timedelta(days=7), "1 day"),
            (timedelta(days=70), "1 week"),
            (timedelta(days=300), "1 month"),
            (timedelta(days=900), "3 months"),
            (timedelta(days=4000), "1 year"),
            (timedelta(days=8000), "2 years"),
        ],
    )
    def test_natural_steps(self, length: timedelta, step: str) -> None:
        """The shortest natural step is taken with which twelve bins suffice."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        histogram = at(begin, begin + length).histogram()
        assert histogram is not None
        assert histogram.step == step

    def test_labels(self) -> None:
        """A label is as exact as its step."""
        begin = datetime(2026, 3, 7, 9, 20, tzinfo=UTC)
        for length, labels in (
            (timedelta(minutes=1), ["2026-03-07 09:20", "2026-03-07 09:21"]),
            (timedelta(days=1), ["2026-03-07 09:00", "2026-03-07 12:00"]),
            (timedelta(days=4), ["2026-03-07 00:00", "2026-03-07 12:00"]),
            (timedelta(days=11), ["2026-03-07", "2026-03-08"]),
            (timedelta(days=40), ["2026-03-02", "2026-03-09"]),
            (timedelta(days=200), ["2026-03", "2026-04"]),
        ):
            histogram = at(begin, begin + length).histogram()
            assert histogram is not None
            assert [each.label for each in histogram.bins[:2]] == labels

    def test_nothing(self) -> None:
        """Without times there is no histogram."""
        assert Tally().histogram() is None


class TestProgressLine:
    """The line of progress."""

    STATS = Stats(listed=1501, read=1400, skipped=50, failed=20, pruned=10, yielded=54_321, bytes_read=12_345_678)

    def test_all_there_is(self) -> None:
        """It tells what went wrong, files, bytes, records, speed, time."""
        assert describe(self.STATS, 61, 80) == "20 bad · 1,480 files · 12.3 MB · 54,321 records · 891 records/s · 1:01"

    @given(st.integers(5, 100), st.integers(0, 10**12), st.floats(0, 10**6))
    def test_fits(self, width: int, bytes_read: int, duration: float) -> None:
        """It never takes more than its width."""
        self.STATS.bytes_read = bytes_read
        assert len(describe(self.STATS, duration, width)) <= width
