"""The selection: what is asked for is given, and nothing else."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, RecordStream
from trailsdk.select.category import CATEGORIES
from trailsdk.select.selection import time_of
from trailsdk.testing import odd_documents, record_documents

MIXED = st.lists(record_documents() | odd_documents(), max_size=6)
NEAR = st.datetimes(
    min_value=datetime(2013, 1, 1),  # noqa: DTZ001 (the zone is put apart)
    max_value=datetime(2031, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
REGIONS = ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"]


def read(documents: Sequence[dict[str, Any]], **asked: Any) -> RecordStream:
    return trailsdk.read(io.BytesIO(json.dumps({"Records": documents}).encode()), **asked)


def everything(documents: Sequence[dict[str, Any]]) -> list[Record]:
    return list(read(documents))


class TestWindow:
    """Time.

    > `since` and `until` are half-open, `[since, until)` ... records without a time are kept and counted `untimed`.

    -- trailsdk, design, public face
    """

    @given(MIXED, st.data())
    def test_it_is_half_open(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """Records of the first moment are given, records of the last are not, records without a time are."""
        records = everything(documents)
        times = [time for record in records if (time := time_of(record)) is not None]
        bounds = st.sampled_from(times) | NEAR if times else NEAR
        since, until = sorted([data.draw(bounds), data.draw(bounds)])
        stream = read(documents, since=since, until=until)
        moments = [(record, time_of(record)) for record in records]
        assert list(stream) == [record for record, time in moments if time is None or since <= time < until]
        assert stream.stats.untimed == len(records) - len(times)
        assert stream.stats.yielded + stream.stats.filtered == len(records)

    @given(MIXED, NEAR)
    def test_two_windows_share_nothing(self, documents: list[dict[str, Any]], moment: datetime) -> None:
        """What is before a moment and what is not are together everything, each once."""
        before, after = list(read(documents, until=moment)), list(read(documents, since=moment))
        untimed = [record for record in everything(documents) if time_of(record) is None]
        assert len(before) + len(after) == len(documents) + len(untimed)

    @given(MIXED, NEAR, st.integers(0, 10**6))
    def test_ages(self, documents: list[dict[str, Any]], now: datetime, minutes: int) -> None:
        """An age counts back from `now`; a text without a zone is UTC."""
        since = now - timedelta(minutes=minutes)
        expected = list(read(documents, since=since))
        assert list(read(documents, since=f"{minutes}m", now=now)) == expected
        assert list(read(documents, since=since.replace(tzinfo=None).isoformat())) == expected


class TestEveryRecordIsAccountedFor:
    """Selections.

    > Records: seen = yielded + filtered + bad + duplicate + unverified.

    -- trailsdk, design, counters
    """

    @given(st.lists(record_documents(), max_size=6), st.sets(st.sampled_from(CATEGORIES), min_size=1))
    def test_categories(self, documents: list[dict[str, Any]], asked: set[str]) -> None:
        """Each record is of one category at least; what says its category is given for that one only."""
        stream = read(documents, categories=asked)
        found = list(stream)
        assert stream.stats.yielded + stream.stats.filtered == len(documents)
        assert all(record.event_category is None or record.event_category in asked for record in found)
        every = [record for record in everything(documents) if record.event_category in asked]
        assert [record for record in found if record.event_category is not None] == every
        assert len(list(read(documents, categories=CATEGORIES))) == len(documents)

    @given(MIXED, st.sets(st.sampled_from(REGIONS), min_size=1))
    def test_regions(self, documents: list[dict[str, Any]], asked: set[str]) -> None:
        """Each record is given for its own Region, and for no other."""
        stream = read(documents, regions=asked)
        assert list(stream) == [record for record in everything(documents) if record.aws_region in asked]
        assert stream.stats.yielded + stream.stats.filtered == len(documents)

    @given(st.lists(record_documents(), max_size=6), st.sampled_from(["111122223333", "123456789012", "444455556666"]))
    def test_accounts(self, documents: list[dict[str, Any]], asked: str) -> None:
        """A record that names its recipient is given for that account only."""
        stream = read(documents, accounts=asked)
        found = list(stream)
        assert all(record.recipient_account_id in (asked, None) for record in found)
        named = [record for record in everything(documents) if record.recipient_account_id == asked]
        assert [record for record in found if record.recipient_account_id is not None] == named
        assert stream.stats.yielded + stream.stats.filtered == len(documents)

    @given(MIXED, st.integers(0, 63))
    def test_where(self, documents: list[dict[str, Any]], bits: int) -> None:
        """A function is asked once for each record, and decides alone."""
        answers = iter([bool(bits >> number & 1) for number in range(6)])
        stream = read(documents, where=lambda _: next(answers))
        expected = [record for number, record in enumerate(everything(documents)) if bits >> number & 1]
        assert list(stream) == expected
        assert stream.stats.filtered == len(documents) - len(expected)
