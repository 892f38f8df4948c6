"""Which parts of a Region's folder are listed for which time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailsdk.model.keys import KeyPrefix, LogFileKey
from trailsdk.select.selection import Selection
from trailsdk.sources.s3.days import Days, days_of, ranges

REGION = KeyPrefix(account_id="111122223333", folder="CloudTrail", region="eu-west-1")
BASE = "AWSLogs/111122223333/CloudTrail/eu-west-1/"
ANY_DAY = st.dates(date(2025, 11, 1), date(2026, 4, 30))


def day_folder(day: date) -> KeyPrefix:
    return KeyPrefix(
        account_id="111122223333",
        folder="CloudTrail",
        region="eu-west-1",
        year=day.year,
        month=day.month,
        day=day.day,
    )


def key_of(when: datetime) -> str:
    return str(
        LogFileKey(
            account_id="111122223333",
            region="eu-west-1",
            date=when.date(),
            time=when.replace(second=0),
            unique="AbCdEfGh01234567",
        )
    )


def is_listed(key: str, position: KeyPrefix, days: Days) -> int:
    """Count the parts in which a key is listed before the listing ends."""
    return sum(
        key.startswith(part.prefix) and key > part.start_after and not part.ends(key) for part in ranges(position, days)
    )


START = datetime(2025, 11, 1, tzinfo=UTC)
TIMES = st.timedeltas(timedelta(0), timedelta(days=180)).map(lambda after: START + after)


@given(
    st.one_of(st.none(), TIMES),
    st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=120))),
    TIMES,
)
def test_every_wanted_file_once(since: datetime | None, length: timedelta | None, when: datetime) -> None:
    """A file that can hold an answer is listed in just one part; what is not listed cannot hold one."""
    until = None if length is None else (since or START) + length
    selection = Selection(since=since, until=until)
    days = days_of(selection)
    delivered = LogFileKey(
        account_id="111122223333",
        region="eu-west-1",
        date=when.date(),
        time=when.replace(second=0, microsecond=0),
        unique="AbCdEfGh01234567",
    )
    listed = is_listed(str(delivered), REGION, days)
    assert listed <= 1
    if selection.wants_key(delivered):
        assert listed == 1


@given(ANY_DAY, ANY_DAY, ANY_DAY)
def test_within_a_folder_of_a_day(first: date, last: date, day: date) -> None:
    """A location deep in the tree bounds the listing too."""
    days = Days(min(first, last), max(first, last))
    key = key_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    wanted = days.first is not None and days.last is not None and days.first <= day <= days.last
    assert is_listed(key, day_folder(day), days) == wanted
    other = day + timedelta(days=1)
    for part in ranges(day_folder(other), days):
        assert not key.startswith(part.prefix)


@pytest.mark.parametrize(
    ("first", "last", "prefixes"),
    [
        (date(2026, 3, 7), date(2026, 3, 7), ["2026/03/07/"]),
        (date(2026, 3, 7), date(2026, 3, 8), ["2026/03/0"]),
        (date(2026, 3, 9), date(2026, 3, 10), ["2026/03/09/", "2026/03/10/"]),
        (date(2026, 3, 31), date(2026, 4, 2), ["2026/03/31/", "2026/04/0"]),
        (date(2026, 3, 1), date(2026, 3, 31), ["2026/03/"]),
        (date(2025, 12, 1), date(2026, 3, 31), ["202"]),
    ],
)
def test_few_calls(first: date, last: date, prefixes: list[str]) -> None:
    """A few days take one or two parts, and a long time takes one."""
    assert [part.prefix.removeprefix(BASE) for part in ranges(REGION, Days(first, last))] == prefixes


def test_begin_within_a_day() -> None:
    """The first day is listed from the minute that counts, a quarter of an hour before: clocks differ."""
    days = days_of(Selection(since=datetime(2026, 3, 7, 10, 0, tzinfo=UTC), until=datetime(2026, 3, 7, 11, tzinfo=UTC)))
    [part] = ranges(REGION, days)
    assert part.start_after == f"{BASE}2026/03/07/111122223333_CloudTrail_eu-west-1_20260307T0945"
    assert days.last == date(2026, 3, 8)
