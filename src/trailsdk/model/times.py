"""The times that stand in records, and `eventVersion`."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

__all__ = ["EventVersion", "parse_time", "shifted"]

_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)


def parse_time(text: str) -> datetime | None:
    """Read a time as records spell it, or give `None`.

    Basic or extended ISO 8601, `T` or a blank between date and time, an optional fraction, an optional zone;
    without a zone it is UTC. CloudTrail's own `eventTime` is always `YYYY-MM-DDTHH:MM:SSZ`; the other spellings
    stand in `creationDate`, aggregated windows, event data stores and other tools' data.

    Returns:
        An aware time in UTC, rounded to microseconds.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) + _fraction(fraction) - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _fraction(digits: str | None) -> timedelta:
    if digits is None:
        return timedelta()
    return timedelta(microseconds=int(digits[:6].ljust(6, "0")) + (digits[6:7] >= "5"))


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z", "z"):
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 (a day's hours, an hour's minutes)
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def shifted(time: datetime, by: timedelta) -> datetime:
    """Move an aware time, at most to the first or the last that there is."""
    try:
        return time + by
    except OverflowError:
        last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        return last if by > timedelta() else datetime(1, 1, 1, tzinfo=UTC)


class EventVersion(NamedTuple):
    """`eventVersion` as two integers, so that 1.10 is newer than 1.9; compares with plain tuples too.

    Minor versions only add fields. Aggregated events have a numbering of their own, from 1.0.
    """

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> "EventVersion | None":
        """Read `"1.08"`; `None` where the text is no version."""
        return _parse_version(text)

    def __str__(self) -> str:
        """Spell it as AWS does: two digits from 1.01 to 1.09."""
        return f"{self.major}.{self.minor:02d}" if self.minor else f"{self.major}.0"


@lru_cache(maxsize=64)
def _parse_version(text: str) -> EventVersion | None:
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,9})", text, re.ASCII)
    return EventVersion(int(match[1]), int(match[2])) if match else None
