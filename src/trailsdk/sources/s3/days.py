"""Which parts of a Region's folder to list: only the days that can hold an answer."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from attrs import frozen

from trailsdk.model.keys import DIGEST_FOLDER, KeyPrefix
from trailsdk.model.times import shifted
from trailsdk.select.selection import CLOCK_SKEW, Selection

__all__ = ["Days", "Range", "days_of", "ranges"]

_FEW = 10
"""Days of which no more than two begins of keys are listed, so that a page holds little else."""


@frozen
class Days:
    """Days of delivery, both ends included; `None` is open."""

    first: date | None = None
    last: date | None = None
    begin: datetime | None = None
    """When, on the first day, the first file that counts may have been delivered."""

    def later(self, first: date | None) -> "Days":
        """Begin with a later day, if it is one."""
        if first is None or (self.first is not None and first <= self.first):
            return self
        return Days(first, self.last)


def days_of(selection: Selection) -> Days:
    """Find the days on which files may have been delivered that hold an answer."""
    begin = None if selection.since is None else shifted(selection.since, -CLOCK_SKEW)
    end = None if selection.until is None else shifted(selection.until, selection.late_delivery)
    return Days(
        None if begin is None else begin.astimezone(UTC).date(),
        None if end is None else end.astimezone(UTC).date(),
        begin,
    )


@frozen
class Range:
    """A part of a listing."""

    prefix: str
    start_after: str = ""
    stop: str = ""
    """A begin of keys behind which nothing counts any more; all of its own length are compared."""

    def ends(self, key: str) -> bool:
        """Tell whether a listing that has come to this key has passed what counts."""
        return bool(self.stop) and key[: len(self.stop)] > self.stop


def ranges(position: KeyPrefix, days: Days) -> Iterator[Range]:
    """Divide a Region's folder, or a part of it, into what is to be listed.

    A listing can begin in the middle of a folder, but its end is only noticed when it is passed. So a few days are
    listed by the begin that their keys share, `2026/03/0`, in one or two parts; a long time in one.

    Args:
        position: A Region's folder, or one of a year, a month or a day below it.
        days: Which days.
    """
    base = str(position)
    region = str(KeyPrefix(**{name: getattr(position, name) for name in _DOWN_TO_REGION}))
    first, last = days.first, days.last
    low, high = _bounds(position)
    first = low if first is None else (first if low is None else max(first, low))
    last = high if last is None else (last if high is None else min(last, high))
    if first is not None and last is not None and first > last:
        return
    if first is None and last is None:
        yield Range(base)
        return
    begin = ""
    if days.begin is not None and first == days.begin.date():
        begin = _name_begin(position, days.begin)
    start_after = "" if first is None else f"{region}{_path(first)}/{begin}"
    stop = "" if last is None else f"{region}{_path(last)}"
    if first is None or last is None:
        yield Range(base, start_after, stop)
        return
    for one, other in _parts(first, last):
        prefix = region + _common(_path(one), _path(other))
        prefix = prefix if len(prefix) > len(base) else base
        yield Range(prefix, start_after if one == first else "", f"{region}{_path(other)}")


_DOWN_TO_REGION = ("prefix", "organization_id", "account_id", "folder", "region")


def _bounds(position: KeyPrefix) -> tuple[date | None, date | None]:
    """Give the first and the last day of a folder of a year, a month or a day."""
    year, month, day = position.year, position.month, position.day
    if year is None:
        return None, None
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        begin = date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date.max
        return begin, date.max if following == date.max else following - timedelta(days=1)
    return date(year, month, day), date(year, month, day)


def _path(day: date) -> str:
    return day.isoformat().replace("-", "/")


def _common(one: str, other: str) -> str:
    number = next((at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), len(one))
    # A whole day ends with a slash: `2026/03/07` is the begin of nothing else, but reads better.
    return f"{one}/" if number == len(one) else one[:number]


def _parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Divide a few days where the begin of their keys changes: from the 9th to the 10th, at the end of a month."""
    if (last - first).days >= _FEW:
        yield first, last
        return
    begin = day = first
    while day < last:
        following = day + timedelta(days=1)
        if _path(following)[:-1] != _path(day)[:-1]:
            yield begin, day
            begin = following
        day = following
    yield begin, last


def _name_begin(position: KeyPrefix, begin: datetime) -> str:
    """Give the begin of a file's name that was delivered in a certain minute. Digest files tell seconds."""
    stamp = begin.astimezone(UTC)
    account, region = position.account_id, position.region
    if position.folder == DIGEST_FOLDER:
        # Names of trails stand before the time.
        return ""
    minute = f"{stamp.year:04}{stamp.month:02}{stamp.day:02}T{stamp.hour:02}{stamp.minute:02}"
    return f"{account}_{position.folder}_{region}_{minute}"
