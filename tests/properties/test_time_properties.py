"""Times and versions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trailsdk import parse_record
from trailsdk.model.times import EventVersion, parse_time
from trailsdk.testing import time_texts

MINUTES = st.integers(-23 * 60 - 59, 23 * 60 + 59)
INSTANTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))  # noqa: DTZ001 (the zone is spelled apart)


class TestTimes:
    """Times.

    > Parser: accept basic/extended, `T` or space, optional fraction, optional `Z`/offset, default UTC.

    -- trailsdk, CloudTrail formats, 1.4
    """

    @given(time_texts())
    def test_it_agrees_with_the_standard_library(self, text: str) -> None:
        """What both read is the same time, to a microsecond."""
        found = parse_time(text)
        try:
            expected = datetime.fromisoformat(text)
        except ValueError:
            return
        if found is not None:
            aware = expected if expected.tzinfo else expected.replace(tzinfo=UTC)
            assert abs(found - aware) <= timedelta(microseconds=1)

    @given(INSTANTS, MINUTES, st.sampled_from(["T", " "]), st.sampled_from(["extended", "basic"]))
    def test_every_spelling_is_the_same_time(self, time: datetime, minutes: int, between: str, form: str) -> None:
        """Zones, blanks and the basic form do not change the time."""
        sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
        text = time.isoformat(between, "microseconds")
        if form == "basic":
            text = text.replace("-", "").replace(":", "")
        aware = time.replace(tzinfo=UTC)
        assert parse_time(text) == parse_time(f"{text}Z") == aware
        assert parse_time(f"{text}{sign}{hours:02}:{rest:02}") == aware - timedelta(minutes=minutes)
        assert parse_time(f"{text}{sign}{hours:02}{rest:02}") == aware - timedelta(minutes=minutes)

    @given(time_texts() | st.text(max_size=30))
    def test_times_are_aware(self, text: str) -> None:
        """A time is in UTC and aware, or there is none; the text stays."""
        record = parse_record({"eventTime": text})
        assert record.get("eventTime") == text
        assert record.event_time is None or record.event_time.utcoffset() == timedelta()
        assert (record.event_time is None) is ("eventTime" in record.extra)

    @given(time_texts())
    def test_records_and_times_agree(self, text: str) -> None:
        """A record reads a time as `parse_time` does."""
        assert parse_record({"eventTime": text}).event_time == parse_time(text)


VERSIONS = st.tuples(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))


class TestVersions:
    """Versions.

    > Compare as `(int(major), int(minor))`. Never as float/str.

    -- trailsdk, CloudTrail formats, 1.1
    """

    @given(VERSIONS, VERSIONS)
    def test_they_compare_as_numbers(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """Versions are in the order of their numbers, and compare with plain tuples."""
        assert (EventVersion(*one) < EventVersion(*other)) is (one < other)
        assert (EventVersion(*one) == other) is (one == other)

    @given(VERSIONS)
    def test_reading_undoes_writing(self, version: tuple[int, int]) -> None:
        """A version that is spelled out reads back, with or without zeros before its minor number."""
        assert EventVersion.parse(str(EventVersion(*version))) == version
        assert EventVersion.parse(f"{version[0]}.{version[1]}") == version

    @given(st.text(max_size=10) | st.from_regex(r"[0-9]*\.?[0-9]*\n?", fullmatch=True))
    def test_other_texts(self, text: str) -> None:
        """A text is a version, or `None`; a record keeps it either way."""
        version = EventVersion.parse(text)
        record = parse_record({"eventVersion": text})
        assert record.event_version == version
        expected: dict[str, Any] = {"eventVersion": text} if version is None else {}
        assert dict(record.extra) == expected
