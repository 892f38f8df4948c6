"""The values of a record's own members, for tests that are asked of every record.

Most records are decoded by the fast path, whose head holds texts and flags exactly as they were written, and parts as
text. What it does not hold, such as a scalar of an unexpected type, is looked for in the record's text.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import msgspec
from attrs import frozen

from trailsdk._json import INVALID, Json
from trailsdk.codec.heads import own_fields
from trailsdk.codec.records import NOTHING, RecordHead
from trailsdk.model._fields import is_scalar
from trailsdk.model.path import ABSENT
from trailsdk.model.record import Record

__all__ = ["UNSURE", "PartTest", "ScalarTest", "member_of", "part_test", "scalar_test", "text_reader"]

_ONE_NAME = {each.metadata["aws"][0]: each for each in own_fields(Record) if len(each.metadata["aws"]) == 1}
_SCALARS = {
    name: each.name for name, each in _ONE_NAME.items() if is_scalar(each) and each.type in (str | None, bool | None)
}
_EMPTY_HEAD = RecordHead()
_PARTS = {name: each.name for name, each in _ONE_NAME.items() if getattr(_EMPTY_HEAD, each.name, None) is NOTHING}


def member_of(name: str) -> Callable[[Record], Json]:
    """Make the function that gives the JSON value of a record's member, or ABSENT.

    Args:
        name: AWS's, or any other.
    """
    return lambda record: record._member(name)


class _Unsure(str):
    """No text, but the mark that there may be another value."""

    __slots__ = ()


UNSURE: Final = _Unsure()
"""What the reader of a text gives where the record must be looked at closely."""

_TEXTS = {name: attribute for name, attribute in _SCALARS.items() if _ONE_NAME[name].type == str | None}


def text_reader(name: str) -> Callable[[Record], str | None] | None:
    """Make the function that gives the text of a record's member; `None` where it is absent, null, or UNSURE.

    Args:
        name: AWS's.

    Returns:
        The function; `None` where the codec does not decode the member to a text.
    """
    attribute = _TEXTS.get(name)
    if attribute is None:
        return None
    get = attrgetter(attribute)

    def read(record: Record) -> str | None:
        head = record._head
        found: str | None = get(head) if type(head) is RecordHead else UNSURE
        return found

    return read


@frozen
class ScalarTest:
    """What is asked of a member that is usually a text or a flag."""

    accepts: Callable[[Json], bool]
    """Of its value, whatever that is; not asked where it is absent."""
    equals: str | frozenset[str] | None = None
    """Where it is asked to be this text, or one of these, and no other text fits: the texts."""
    null: bool = False
    """Null may fit, so that null and absent must be told apart."""


def scalar_test(name: str, asked: ScalarTest) -> Callable[[Record], bool]:
    """Make the function that asks a test of a member of the record itself.

    Args:
        name: AWS's name of the member.
        asked: The test.
    """
    attribute, closely = _SCALARS.get(name), _closely(name, asked.accepts)
    if attribute is None:
        return closely
    if asked.equals is not None:
        return _equality_test(attribute, asked.equals, closely)
    get, accepts, null = attrgetter(attribute), asked.accepts, asked.null

    def test(record: Record) -> bool:
        head = record._head
        if type(head) is RecordHead:
            value = get(head)
            if value is not None:
                return accepts(value)
            if not null:
                return False
        return closely(record)

    return test


def _closely(name: str, accepts: Callable[[Any], bool]) -> Callable[[Record], bool]:
    """Look for the member in the record's text."""
    read = member_of(name)

    def test(record: Record) -> bool:
        value = read(record)
        return value is not ABSENT and accepts(value)

    return test


def _equality_test(
    attribute: str,
    wanted: str | frozenset[str],
    closely: Callable[[Record], bool],
) -> Callable[[Record], bool]:
    get = attrgetter(attribute)
    if isinstance(wanted, str):
        return lambda record: get(head) == wanted if type(head := record._head) is RecordHead else closely(record)
    return lambda record: get(head) in wanted if type(head := record._head) is RecordHead else closely(record)


@frozen
class PartTest:
    """What is asked of a nested part."""

    accepts: Callable[[Json], bool]
    """Of its value; not asked where the part is absent."""
    rejects: Callable[[bytes], bool] | None
    """Of its text, before it is decoded: it cannot be true."""
    field: str | None = None
    """The member of the part that alone is asked for."""
    field_accepts: Callable[[str], bool] | None = None
    """Of that member, where it is a text; absent or null it does not fit."""


def part_test(name: str, asked: PartTest) -> Callable[[Record], bool]:
    """Make the function that asks a test of a nested part of the record; it is decoded once for all tests.

    Args:
        name: AWS's name of the member.
        asked: The test.
    """
    attribute, closely = _PARTS.get(name), _closely(name, asked.accepts)
    if attribute is None:
        return closely
    if asked.field is not None and asked.field_accepts is not None:
        return _field_test(attribute, asked.field, asked.field_accepts, closely)
    rejects = asked.rejects
    get = attrgetter(attribute)

    def test(record: Record) -> bool:
        head = record._head
        if type(head) is RecordHead:
            part = get(head)
            if part is NOTHING or (rejects is not None and rejects(bytes(part))):
                return False
        return closely(record)

    return test


def _field_test(
    attribute: str,
    name: str,
    accepts: Callable[[str], bool],
    closely: Callable[[Record], bool],
) -> Callable[[Record], bool]:
    """Decode nothing of the part but one text. Where it is none, look closely."""
    field: Any = msgspec.defstruct("Field", [("value", str | None, None)], rename={"value": name}, gc=False)
    get, decode = attrgetter(attribute), msgspec.json.Decoder(field).decode

    def test(record: Record) -> bool:
        head = record._head
        if type(head) is not RecordHead:
            return closely(record)
        part = get(head)
        if part is NOTHING:
            return False
        try:
            value = decode(part).value
        except INVALID:
            return closely(record)
        return value is not None and accepts(value)

    return test
