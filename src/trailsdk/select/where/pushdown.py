"""What of a condition can be decided elsewhere: by a file's key, by its bytes, by a service.

Whatever is asked elsewhere only leaves out what the condition is false of; the condition itself is asked of every
record that comes, so that the answer is the same however much was pushed down.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from attrs import frozen

from trailsdk.select.where.checks import Is, NumberOrText, OneOf, Present, Same, Text
from trailsdk.select.where.compiled import cost_of, merged
from trailsdk.select.where.filter_patterns import LONGEST
from trailsdk.select.where.paths import Every, show_path
from trailsdk.select.where.scan import scanned_for
from trailsdk.select.where.tree import And, Attribute, Condition, FilterPattern, Not, Or, Test

__all__ = ["KeyBounds", "LookupAttribute", "Pushed", "key_bounds", "log_filter_pattern", "lookup_attribute", "pushed"]

LookupKey: TypeAlias = Literal["EventId", "AccessKeyId", "EventName", "EventSource", "ReadOnly"]


@frozen
class KeyBounds:
    """What the key of a file must say, for the file to hold an answer."""

    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    since: datetime | None = None
    """No file that was delivered before the event can hold it. How long after it comes, nobody knows for certain."""

    def __str__(self) -> str:
        parts = [
            "" if self.accounts is None else f"account {' or '.join(sorted(self.accounts))}",
            "" if self.regions is None else f"Region {' or '.join(sorted(self.regions))}",
            "" if self.since is None else f"delivered since {self.since:%Y-%m-%d}",
        ]
        return ", ".join(filter(None, parts))


@frozen
class Pushed:
    """Which part of a `where` is decided where, in words. Empty where nothing is."""

    keys: str = ""
    """By the keys of files, before they are opened."""
    data: str = ""
    """By a scan of bytes: what must occur, in a file before it is divided, in a record before it is decoded."""
    scalars: str = ""
    """By the scalars of a record."""
    records: str = ""
    """By what is decoded of a record for this alone: its nested parts, attributes such as its actor, functions."""


@frozen
class LookupAttribute:
    """The one attribute that LookupEvents can look for."""

    key: LookupKey
    value: str


def pushed(condition: Condition) -> Pushed:
    """Tell which part of a condition is decided where."""
    formula = scanned_for(condition)
    whole = merged(condition)
    parts = whole.parts if isinstance(whole, And) else (whole,)
    return Pushed(
        keys=str(key_bounds(condition)),
        data="" if formula is None else str(formula),
        scalars=_joined([part for part in parts if cost_of(part) <= 0]),
        records=_joined([part for part in parts if cost_of(part) > 0]),
    )


def _joined(parts: Sequence[Condition]) -> str:
    return str(And(tuple(parts))) if parts else ""


def _possible(condition: Condition, path: tuple[str, ...]) -> frozenset[str] | None:
    """Give the texts of which one must stand at a path for a condition to be true; `None`: it may be any."""
    if isinstance(condition, FilterPattern):
        return _possible(condition.part, path)
    if isinstance(condition, And):
        known = [texts for part in condition.parts if (texts := _possible(part, path)) is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(condition, Or):
        all_of = [_possible(part, path) for part in condition.parts]
        known = [texts for texts in all_of if texts is not None]
        return frozenset().union(*known) if known and len(known) == len(all_of) else None
    if isinstance(condition, Test) and condition.path == path:
        check = condition.check
        if isinstance(check, Text) and check.form == "exact":
            return frozenset({check.text})
        if isinstance(check, NumberOrText):
            return frozenset({check.text})
        if isinstance(check, OneOf):
            return check.texts
        if isinstance(check, Same) and isinstance(check.value, str):
            return frozenset({check.value})
    return None


def key_bounds(condition: Condition) -> KeyBounds:
    """Tell what keys must say: of the account that received the event, the Region, and the begin of time.

    The Region us-east-1 is not looked for: events of global services name it, and lie in other Regions' folders too.
    """
    regions = _possible(condition, ("awsRegion",))
    return KeyBounds(
        accounts=_possible(condition, ("recipientAccountId",)),
        regions=None if regions is None or "us-east-1" in regions else regions,
        since=_earliest(condition),
    )


_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


def _earliest(condition: Condition) -> datetime | None:
    """Give the first day that a condition on the text of `eventTime` allows, less a day for zones."""
    if isinstance(condition, FilterPattern):
        return _earliest(condition.part)
    if isinstance(condition, And):
        return max((day for part in condition.parts if (day := _earliest(part)) is not None), default=None)
    if isinstance(condition, Or):
        days = [_earliest(part) for part in condition.parts]
        known = [day for day in days if day is not None]
        return min(known) if known and len(known) == len(days) else None
    if not (isinstance(condition, Test) and condition.path == ("eventTime",) and isinstance(condition.check, Text)):
        return None
    match = _DAY.match(condition.check.text) if condition.check.form in ("exact", "prefix") else None
    if match is None:
        return None
    try:
        day = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
        return datetime.fromtimestamp(day.timestamp() - 86400, UTC)
    except (ValueError, OverflowError, OSError):
        return None


_LOOKUPS: Sequence[tuple[LookupKey, tuple[str, ...]]] = (
    ("EventId", ("eventID",)),
    ("AccessKeyId", ("userIdentity", "accessKeyId")),
    ("EventName", ("eventName",)),
    ("EventSource", ("eventSource",)),
)
"""The most selective first."""
_LONGEST_VALUE = 1000


def lookup_attribute(condition: Condition) -> LookupAttribute | None:
    """Choose the attribute that a request to LookupEvents may carry: the most selective of those that must hold.

    Returns:
        The attribute; `None` where no one value is demanded of any.
    """
    for key, path in _LOOKUPS:
        texts = _possible(condition, path)
        if texts is not None and len(texts) == 1:
            [value] = texts
            if 0 < len(value) <= _LONGEST_VALUE:
                return LookupAttribute(key, value)
    flag = _read_only(condition)
    return None if flag is None else LookupAttribute("ReadOnly", "true" if flag else "false")


def _read_only(condition: Condition) -> bool | None:
    if isinstance(condition, FilterPattern):
        return _read_only(condition.part)
    if isinstance(condition, And):
        return next((flag for part in condition.parts if (flag := _read_only(part)) is not None), None)
    asked = (isinstance(condition, Test) and condition.path == ("readOnly",)) or (
        isinstance(condition, Attribute) and condition.name == "read_only"
    )
    if asked and isinstance(condition, (Test, Attribute)) and isinstance(condition.check, Is):
        return condition.check.value
    return None


def log_filter_pattern(condition: Condition) -> str | None:
    """Write a filter pattern for FilterLogEvents that is true wherever the condition is.

    What the pattern language cannot say, or what is not known of how AWS evaluates it, is left out of a conjunction,
    so that the pattern may be true of more.

    Returns:
        The text; `None` where nothing can be said in at most 1,024 characters.
    """
    text = _written(condition)
    if text is None and isinstance(condition, And):
        return None
    pattern = None if text is None else f"{{ {text} }}"
    if pattern is not None and len(pattern) > LONGEST and isinstance(merged(condition), And):
        parts = [written for part in merged(condition).parts if (written := _written(part)) is not None]  # type: ignore[attr-defined]  # looked at
        pattern = f"{{ {min(parts, key=len)} }}" if parts else None
    return pattern if pattern is not None and len(pattern) <= LONGEST else None


def _written(condition: Condition) -> str | None:
    if isinstance(condition, FilterPattern):
        return _written(condition.part)
    if isinstance(condition, And):
        known = [text for part in condition.parts if (text := _written(part)) is not None]
        return " && ".join(known) if known else None
    if isinstance(condition, Or):
        texts = [_written(part) for part in condition.parts]
        known = [text for text in texts if text is not None]
        return f"({' || '.join(f'({text})' for text in known)})" if known and len(known) == len(texts) else None
    if isinstance(condition, Not):
        part = condition.part
        there = isinstance(part, Test) and isinstance(part.check, Present) and not part.through_arrays
        return str(condition) if there and _is_plain(part) else None
    return _written_test(condition) if isinstance(condition, Test) and _is_plain(condition) else None


def _is_plain(test: Condition) -> bool:
    """Tell whether a selector can say it: what event patterns find in arrays, a selector does not."""
    if not isinstance(test, Test) or any(isinstance(step, Every) or "'" in str(step) for step in test.path):
        return False
    return not test.through_arrays or (len(test.path) == 1 and test.path[0] in _TEXTS)


_TEXTS = frozenset(
    [
        "eventName",
        "eventSource",
        "eventType",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "eventID",
        "recipientAccountId",
        "eventCategory",
    ]
)
"""Members that are never arrays."""


def _written_test(test: Test) -> str | None:
    check = test.check
    texts = {check.text} if isinstance(check, Text) else check.texts if isinstance(check, OneOf) else set()
    if any(set('"\\') & set(text) or not text or text[0] == "*" or text[-1] == "*" for text in texts):
        return None
    if isinstance(check, Text):
        return str(test)
    if isinstance(check, OneOf):
        one_by_one = (f"({show_path(test.path)} {Text('exact', text)})" for text in sorted(texts))
        return f"({' || '.join(one_by_one)})"
    return str(test) if isinstance(check, Is) else None
