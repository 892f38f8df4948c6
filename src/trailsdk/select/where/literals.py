r"""What must stand in the bytes of a record for a condition to be true of it.

A text can be looked for in bytes a hundred times as fast as a record can be decoded. What is found proves nothing, but
what is not found does: where a literal is absent, the condition is false. JSON can spell a character as `\u0042`,
so that nothing is concluded from bytes with such a spelling of one of the literal's characters; and literals are cut
at characters that have further spellings, such as `/` and `\/`.
"""

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TypeAlias

from attrs import frozen

from trailsdk.select.where.checks import Check, OneOf, Same, Search, Shell, Text, Wildcard
from trailsdk.select.where.tree import And, Attribute, Condition, Contains, FilterPattern, Or, Test, Within

__all__ = [
    "Both",
    "Either",
    "Formula",
    "Literal",
    "Values",
    "literals_of",
    "places_of",
    "rejecter",
    "spelt_otherwise",
    "weight_of",
]


@frozen
class Literal:
    """Bytes that must occur."""

    data: bytes
    characters: frozenset[str] = frozenset()
    """Characters that could be spelt otherwise; none in a text that is looked for as it was written."""

    def __str__(self) -> str:
        return self.data.decode(errors="backslashreplace")


@frozen
class Values:
    """A member of this name must have one of these texts, or be spelt unusually."""

    name: bytes
    texts: frozenset[bytes]
    characters: frozenset[str]

    def __str__(self) -> str:
        return f'"{self.name.decode()}" of {len(self.texts)} values'


@frozen
class Both:
    """All of them must."""

    parts: "tuple[Formula, ...]"

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, Either) else str(part) for part in self.parts)


@frozen
class Either:
    """One of them must."""

    parts: "tuple[Formula, ...]"

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Formula: TypeAlias = Literal | Values | Both | Either
"""What must occur."""

_SEVERAL_SPELLINGS = re.compile('["\\\\/\x00-\x1f\x7f\ud800-\udfff]')
_FEW = 3
"""Alternatives that are looked for one by one."""
_NUMBER_CHARACTERS = frozenset("0123456789+-.e")
_USUAL_NAMES = frozenset(
    [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestParameters",
        "responseElements",
        "requestID",
        "eventID",
        "eventType",
        "recipientAccountId",
        "eventCategory",
        "managementEvent",
        "readOnly",
        "type",
        "arn",
        "accountId",
        "principalId",
    ]
)
"""Names that nearly every record has: that they occur says nothing."""


def literals_of(condition: Condition) -> Formula | None:
    """Tell what must occur for a condition to be true; `None` where that is nothing."""
    if isinstance(condition, And):
        return _both(literals_of(part) for part in condition.parts)
    if isinstance(condition, Or):
        parts = [literals_of(part) for part in condition.parts]
        known = tuple(part for part in parts if part is not None)
        return Either(known) if known and len(known) == len(parts) else None
    if isinstance(condition, FilterPattern):
        return literals_of(condition.part)
    if isinstance(condition, Within):
        return _both([*map(_name, condition.path), literals_of(condition.part)])
    if isinstance(condition, Test):
        last = condition.path[-1] if condition.path else None
        found = _of_check(condition.check, last if isinstance(last, str) else None)
        return found or _both(_name(step) for step in condition.path if isinstance(step, str))
    if isinstance(condition, Contains):
        text = condition.what if isinstance(condition.what, str) else condition.what.literal
        return _as_written(text)
    if isinstance(condition, Attribute) and condition.verbatim:
        return _of_check(condition.check, None)
    return None


def _both(parts: Iterable[Formula | None]) -> Formula | None:
    known = tuple(part for part in parts if part is not None)
    return (known[0] if len(known) == 1 else Both(known)) if known else None


def _name(name: str) -> Formula | None:
    return None if name in _USUAL_NAMES else _segment(name, begins=True, ends=True)


def _as_written(text: str) -> Formula | None:
    return Literal(text.encode(errors="surrogatepass")) if text else None


def _segment(text: str, *, begins: bool, ends: bool) -> Formula | None:
    """Take the longest part of a text that has one spelling only.

    Args:
        text: Stands in a JSON string.
        begins: The string begins with it.
        ends: The string ends with it.
    """
    segments = _SEVERAL_SPELLINGS.split(text)
    segments[0] = '"' * begins + segments[0]
    segments[-1] += '"' * ends
    longest = max(segments, key=len)
    characters = frozenset(longest) - {'"'}
    return Literal(longest.encode(), characters) if len(longest) > 1 else None


def _of_check(check: Check, name: str | None) -> Formula | None:
    """Tell what must occur for a check to accept a value."""
    if isinstance(check, Text):
        if check.numbers and _NUMBER_CHARACTERS.issuperset(check.text):
            return None
        return _segment(check.text, begins=check.form in ("exact", "prefix"), ends=check.form in ("exact", "suffix"))
    if isinstance(check, OneOf):
        return _of_texts(check, name)
    if isinstance(check, Same) and isinstance(check.value, str):
        return _segment(check.value, begins=True, ends=True)
    if isinstance(check, Wildcard):
        last = len(check.parts) - 1
        return _both(_segment(part, begins=at == 0, ends=at == last) for at, part in enumerate(check.parts))
    if isinstance(check, Shell):
        return _of_shell(check.pattern)
    if isinstance(check, Search):
        text = check.regex.literal
        return None if _NUMBER_CHARACTERS.issuperset(text) else _segment(text, begins=False, ends=False)
    return None


def _of_shell(pattern: str) -> Formula | None:
    usable = pattern.partition("[")[0]
    parts = re.split(r"[*?]", usable)
    last = len(parts) - 1 if usable == pattern else -1
    return _both(_segment(part, begins=at == 0, ends=at == last) for at, part in enumerate(parts))


def _of_texts(check: OneOf, name: str | None) -> Formula | None:
    if check.numbers and any(_NUMBER_CHARACTERS.issuperset(text) for text in check.texts):
        return None
    plain = not any(_SEVERAL_SPELLINGS.search(text) for text in check.texts)
    if len(check.texts) <= _FEW or name is None or _SEVERAL_SPELLINGS.search(name) or not plain:
        parts = [_segment(text, begins=True, ends=True) for text in sorted(check.texts)]
        known = tuple(part for part in parts if part is not None)
        return Either(known) if len(known) == len(parts) else None
    characters = frozenset("".join(check.texts) + name)
    return Values(name.encode(), frozenset(text.encode() for text in check.texts), characters)


def weight_of(formula: Formula | None) -> int:
    """Tell how many times the bytes are gone through at most."""
    if isinstance(formula, (Both, Either)):
        return sum(map(weight_of, formula.parts))
    return 0 if formula is None else 1


_MOST_PLACES = 64


def places_of(formula: Formula, data: bytes) -> list[int] | None:
    """Find where in the bytes of many records something stands that a record must hold.

    A record that holds none of the places cannot fulfil the formula.

    Returns:
        The places; `None` where they are many, or not known.
    """
    if isinstance(formula, Literal):
        return _places(formula.data, data)
    if isinstance(formula, Either):
        found = [places_of(part, data) for part in formula.parts]
        known = [places for places in found if places is not None]
        return sorted(chain.from_iterable(known)) if len(known) == len(found) else None
    if isinstance(formula, Both):
        found = [places_of(part, data) for part in formula.parts]
        return min((places for places in found if places is not None), key=len, default=None)
    return None


def _places(literal: bytes, data: bytes) -> list[int] | None:
    found: list[int] = []
    at = data.find(literal)
    while at >= 0:
        found.append(at)
        if len(found) > _MOST_PLACES:
            return None
        at = data.find(literal, at + 1)
    return found


def rejecter(formula: Formula | None) -> Callable[[bytes], bool] | None:
    """Make the function that tells of bytes that what must occur does not, however it may be spelt."""
    if formula is None:
        return None
    may, escaped = _finder(formula), spelt_otherwise(formula)
    return lambda data: not may(data) and not escaped(data)


def spelt_otherwise(formula: Formula) -> Callable[[bytes], bool]:
    r"""Make the function that tells whether bytes spell one of the literals' characters as `\u0042`."""
    characters = _characters(formula)
    if not characters:
        return lambda _: False
    units = {text[at : at + 4] for each in characters for text in [each.encode("utf-16-be").hex()] for at in (0, 4)}
    escaped = re.compile(rb"\\u(?:" + "|".join(sorted(units - {""})).encode() + rb")", re.IGNORECASE).search
    return lambda data: has_escapes(data) and escaped(data) is not None


_MANY_BACKSLASHES = 500


def has_escapes(data: bytes) -> bool:
    r"""Tell whether a JSON text spells a character as `\u0042`.

    Looking for one byte is many times as fast as looking for two, so that each backslash is found by itself.
    """
    at = data.find(b"\\")
    for _ in range(_MANY_BACKSLASHES):
        if at < 0:
            return False
        if data[at + 1 : at + 2] == b"u":
            return True
        at = data.find(b"\\", at + 2)
    return b"\\u" in data


def _characters(formula: Formula) -> frozenset[str]:
    if isinstance(formula, (Both, Either)):
        return frozenset().union(*map(_characters, formula.parts))
    return formula.characters


def _finder(formula: Formula) -> Callable[[bytes], bool]:
    if isinstance(formula, Literal):
        literal = formula.data
        return lambda data: literal in data
    if isinstance(formula, Values):
        return _values_finder(formula)
    finders = [_finder(part) for part in formula.parts]
    if isinstance(formula, Both):
        return lambda data: all(find(data) for find in finders)
    return lambda data: any(find(data) for find in finders)


def _values_finder(formula: Values) -> Callable[[bytes], bool]:
    name, texts = b'"' + formula.name + b'"', formula.texts

    def find(data: bytes) -> bool:
        _, *parts = data.split(name)
        # Where the name stands otherwise, such as before a blank, nothing is known.
        return any(not part.startswith(b':"') or part[2 : part.find(b'"', 2)] in texts for part in parts)

    return find
