"""From one JSON object to a value of the model.

For each class of the model a struct is derived, from the AWS names and types that the model's fields state.
**The fast path** decodes an object into its struct in one go, with exact types. Where that refuses, because a
field is of another type or, in a nested part, unknown, **the slow path** reads this object alone, field by field,
keeps what fits and puts the rest into `extra`. Both give the same values.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin

import attrs
import msgspec

from trailsdk import _json
from trailsdk._json import INVALID, Json
from trailsdk.model._fields import EMPTY, Part, Readable, flag, is_scalar
from trailsdk.model.path import ABSENT
from trailsdk.model.times import EventVersion, parse_time

__all__ = [
    "FLAG",
    "Misfits",
    "fit",
    "head_type",
    "own_fields",
    "part_class",
    "part_reader",
    "parts_reader",
    "utc",
]

Misfits = list[str]
"""Paths of the fields that are not of their documented type."""

FLAG = Literal["true", "false"] | bool | None
"""A flag that AWS writes as text; some data holds a boolean."""


def part_class(each: "attrs.Attribute[Any]") -> type[Part] | None:
    """Give the class of a nested part, or of the elements of a tuple of parts."""
    kind: Any = each.type
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return kind if isinstance(kind, type) and issubclass(kind, Part) else None


def _is_list(each: "attrs.Attribute[Any]") -> bool:
    return get_origin(each.type) is tuple


def own_fields(cls: type[Readable]) -> "list[attrs.Attribute[Any]]":
    """Give the fields of a class that CloudTrail writes."""
    return [each for each in attrs.fields(cls) if "aws" in each.metadata]


class _Heads:
    """What the structs have in common; `cls` is the class of the model."""

    cls: type[Readable]
    converters: Mapping[str, Callable[[Any], Any]]

    def part(self, name: str) -> Any:
        """Convert a field that is no scalar, when it is first touched."""
        return self.converters[name](getattr(self, name))

    def rest(self, raw: bytes | None) -> Mapping[str, Json]:  # noqa: ARG002 (the heads of records use it)
        """Give texts that are no times; an object with unknown fields does not come by the fast path."""
        texts = {each: getattr(self, each.name) for each in own_fields(self.cls) if each.type == datetime | None}
        return {
            each.metadata["aws"][0]: text for each, text in texts.items() if text is not None and _time(text) is None
        } or EMPTY


_heads: dict[type[Readable], type[Any]] = {}


def head_type(cls: type[Part]) -> type[Any]:
    """Derive the struct of a nested part. It refuses fields that it does not know."""
    if cls not in _heads:
        _heads[cls] = msgspec.defstruct(
            cls.__name__ + "Head",
            [(each.name, *_struct_field(each)) for each in own_fields(cls)],
            bases=(msgspec.Struct,),
            rename={each.name: each.metadata["aws"][0] for each in own_fields(cls)},
            forbid_unknown_fields=True,
            namespace={"cls": cls, "converters": _converters(cls), "part": _Heads.part, "rest": _Heads.rest},
            frozen=True,
            gc=False,
        )
    return _heads[cls]


def _struct_field(each: "attrs.Attribute[Any]") -> tuple[Any, Any]:
    """Give type and default of a struct's field."""
    part = part_class(each)
    if part is not None and _is_list(each):
        return tuple[head_type(part), ...], ()  # type: ignore[misc]  # a type made at run time
    if part is not None:
        return head_type(part), head_type(part)()
    if is_scalar(each):
        return each.type, None
    if each.metadata["text"]:
        return FLAG, None
    if each.type == datetime | None:
        return str | None, None
    return dict[str, Any], {}


def _converters(cls: type[Readable]) -> dict[str, Callable[[Any], Any]]:
    return {each.name: _converter(each) for each in own_fields(cls) if not is_scalar(each)}


def _converter(each: "attrs.Attribute[Any]") -> Callable[[Any], Any]:
    part = part_class(each)
    if part is not None and _is_list(each):
        return lambda heads: tuple(part.from_head(head) for head in heads)
    if part is not None:
        return part.from_head
    if each.metadata["text"]:
        return flag
    if each.type == datetime | None:
        return _time
    return lambda value: value


def _time(value: str | None) -> datetime | None:
    return None if value is None else parse_time(value)


def utc(value: datetime | None) -> datetime | None:
    """Bring a time that msgspec decoded to UTC; without a zone it is UTC."""
    if value is None or value.tzinfo is UTC:
        return value
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None


def part_reader(cls: type[Part]) -> Callable[[Any], Part]:
    """Make the function that reads a nested part of this class.

    It goes by the fast path where that does, and never raises: what is no object gives an empty part.
    """
    decode, wrap = msgspec.json.Decoder(head_type(cls)).decode, cls.from_head

    def read(raw: bytes | msgspec.Raw) -> Part:
        try:
            return wrap(decode(raw))
        except INVALID:
            return read_softly(cls, _value(raw), [], "") or cls()

    return read


def parts_reader(cls: type[Part]) -> Callable[[Any], tuple[Part, ...]]:
    """Make the function that reads an array of parts; like `part_reader`."""
    kind: Any = tuple[head_type(cls), ...]  # type: ignore[misc]  # a type made at run time
    decode, wrap = msgspec.json.Decoder(kind).decode, cls.from_head

    def read(raw: bytes | msgspec.Raw) -> tuple[Part, ...]:
        try:
            return tuple(map(wrap, decode(raw)))
        except INVALID:
            return _fit_parts(cls, _value(raw), [], "") or ()

    return read


def _value(raw: bytes | msgspec.Raw) -> Json:
    try:
        return _json.decode(raw)
    except INVALID:
        return None


def read_softly(cls: Any, value: Json, misfits: Misfits, path: str) -> Part | None:
    """Read a part field by field: keep what fits, put the rest into `extra`, note the misfits.

    Returns:
        The part; `None` where the value is no object.
    """
    if not isinstance(value, dict):
        if value is not None:
            misfits.append(path)
        return None
    by_name = _fields_by_name(cls)
    given: dict[Any, Any] = {}
    extra: dict[str, Json] = {}
    for name, member in value.items():
        each = by_name.get(name)
        fitted = ABSENT if each is None else fit(each, member, misfits, f"{path}.{name}" if path else name)
        if each is None or fitted is ABSENT or each.alias in given:
            extra[name] = member
        elif fitted is not None:
            given[each.alias] = fitted
    part: Part = cls(**given, extra=extra or EMPTY)
    return part


_by_name: dict[type[Readable], dict[str, "attrs.Attribute[Any]"]] = {}


def _fields_by_name(cls: type[Readable]) -> dict[str, "attrs.Attribute[Any]"]:
    if cls not in _by_name:
        _by_name[cls] = {name: each for each in own_fields(cls) for name in each.metadata["aws"]}
    return _by_name[cls]


def fit(each: "attrs.Attribute[Any]", value: Json, misfits: Misfits, path: str) -> Any:
    """Give the value of a field, or ABSENT where the JSON value is not of its type. Null is an absent value."""
    if value is None:
        return None
    part = part_class(each)
    if part is not None:
        fitted = _fit_parts(part, value, misfits, path) if _is_list(each) else read_softly(part, value, misfits, path)
        return ABSENT if fitted is None else fitted
    fitted = _fit_scalar(each, value)
    if fitted is ABSENT or (isinstance(value, str) and each.type == bool | None and not each.metadata["text"]):
        misfits.append(path)
    return fitted


def _fit_parts(part: type[Part], value: Json, misfits: Misfits, path: str) -> tuple[Part, ...] | None:
    """Read an array of parts; it fits where every element is an object."""
    if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
        misfits.append(path)
        return None
    read = (read_softly(part, element, misfits, f"{path}[{at}]") for at, element in enumerate(value))
    return tuple(element for element in read if element is not None)


def _fit_scalar(each: "attrs.Attribute[Any]", value: Json) -> Any:
    kind = each.type
    fitted: Any = ABSENT
    if kind is Any:
        fitted = value
    elif kind == str | None:
        fitted = value if isinstance(value, str) else ABSENT
    elif kind == bool | None:
        fitted = flag(value) if isinstance(value, (str, bool)) else None
        fitted = ABSENT if fitted is None else fitted
    elif kind == datetime | None:
        fitted = parse_time(value) if isinstance(value, str) else None
        fitted = ABSENT if fitted is None else fitted
    elif kind == EventVersion | None:
        fitted = EventVersion.parse(value) if isinstance(value, str) else None
        fitted = ABSENT if fitted is None else fitted
    elif kind == Mapping[str, Json]:
        fitted = value if isinstance(value, dict) else ABSENT
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        fitted = _number(kind, value)
    return fitted


def _number(kind: Any, value: float) -> Any:
    if kind == int | None:
        return value if isinstance(value, int) else ABSENT
    if kind == float | None:
        try:
            return float(value)
        except OverflowError:
            return ABSENT
    return value
