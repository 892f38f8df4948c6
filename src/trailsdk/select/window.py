"""The window of time: `since` and `until`."""

import re
from datetime import UTC, datetime, timedelta

from trailsdk.errors import TimeError
from trailsdk.model.times import parse_time

__all__ = ["Bound", "read_bound", "read_window"]

Bound = datetime | str | None
"""An aware datetime, ISO 8601 text (without a zone it is UTC), or an age such as `24h`."""

_AGE = re.compile(r"(\d{1,9})\s*([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def read_bound(name: str, value: Bound, now: datetime) -> datetime | None:
    """Read one bound of the window.

    Args:
        name: `since` or `until`, for the error.
        value: What the caller gave.
        now: From when ages count back.

    Raises:
        TimeError: It is naive, or no time.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return _in_utc(name, value)
    if not isinstance(value, str):
        raise TimeError(name, value, "expected an aware datetime or text")
    text = value.strip()
    age = _AGE.fullmatch(text)
    try:
        if age is not None:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
    except OverflowError:
        raise TimeError(name, value, "too long ago") from None
    if _DATE.fullmatch(text):
        text += "T00:00:00"
    minute = _MINUTE.fullmatch(text)
    if minute is not None:
        text = f"{minute[1]}:00{minute[2] or ''}"
    time = parse_time(text)
    if time is None:
        raise TimeError(name, value, "expected ISO 8601 such as 2026-11-01T09:00:00Z, or an age such as 24h or 7d")
    return time


def _in_utc(name: str, value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise TimeError(name, value, "it has no time zone; use datetime(..., tzinfo=UTC)")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise TimeError(name, value, "there is no such time in UTC") from None


def read_window(since: Bound, until: Bound, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Read the window `[since, until)`.

    Raises:
        TimeError: A bound is no time, or the window ends before it begins.
    """
    if getattr(now, "utcoffset", lambda: None)() is None:
        raise TimeError("now", now, "expected an aware datetime, such as datetime.now(UTC)")
    begin, end = read_bound("since", since, now), read_bound("until", until, now)
    if begin is not None and end is not None and end < begin:
        raise TimeError("until", until, f"it is before since={since!r}")
    return begin, end
