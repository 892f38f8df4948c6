"""From the text of one record to a `Record`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from trailsdk import _json
from trailsdk._json import INVALID, Json, Undecodable, reason_of
from trailsdk.codec.heads import FLAG, Misfits, fit, own_fields, part_class, part_reader, parts_reader, utc
from trailsdk.errors import FieldError, MalformedRecordError
from trailsdk.model._fields import EMPTY, flag, is_scalar
from trailsdk.model.origin import Origin
from trailsdk.model.path import ABSENT
from trailsdk.model.record import RECORD_FIELDS, Record
from trailsdk.model.times import EventVersion

__all__ = [
    "NOTHING",
    "RecordHead",
    "SoftHead",
    "decode_head",
    "decode_record",
    "enrich",
    "make_record",
    "read_head",
    "restore_record",
]

NOTHING = msgspec.Raw(b"")
"""What a head has in place of an absent part."""
_FIELDS = own_fields(Record)
_BY_NAME = {each.name: each for each in _FIELDS}


def _late(raw: Any) -> Json:
    """Read a free-form part when it is first touched. Never raises: what has no value is an `Undecodable`."""
    if raw is NOTHING:
        return None
    try:
        return _json.decode(raw)
    except INVALID as error:
        return Undecodable(bytes(raw), reason_of(error))


def _second(name: str) -> str:
    """Name the struct's field that holds a field's second spelling."""
    return name + "_2"


def _struct_fields() -> list[tuple[str, Any, Any]]:
    """In the order in which CloudTrail writes, in which msgspec looks for them."""
    fields: list[tuple[str, Any, Any]] = []
    for each in _FIELDS:
        if each.metadata["text"]:
            fields.append((each.name, FLAG, None))
        elif each.type == datetime | None:
            fields.append((each.name, datetime | None, None))
        elif each.type in (EventVersion | None, str | None):
            fields.append((each.name, str | None, None))
        elif is_scalar(each):
            fields.append((each.name, each.type, None))
        else:
            fields.append((each.name, msgspec.Raw, NOTHING))
    fields.extend((_second(each.name), str | None, None) for each in _FIELDS if len(each.metadata["aws"]) > 1)
    return fields


def _converter(name: str) -> Callable[[Any], Any]:
    each = _BY_NAME[name]
    part = part_class(each)
    if each.metadata["text"]:
        return lambda head: flag(getattr(head, name))
    if each.type == datetime | None:
        return lambda head: utc(getattr(head, name))
    if each.type == EventVersion | None:
        return lambda head: EventVersion.parse(getattr(head, name) or "")
    if each.type == str | None:
        return lambda head: _first(getattr(head, name), getattr(head, _second(name)))
    if part is None:
        return lambda head: _late(getattr(head, name))
    absent = each.default
    read: Callable[[Any], Any] = parts_reader(part) if isinstance(absent, tuple) else part_reader(part)
    return lambda head: absent if (raw := getattr(head, name)) is NOTHING else read(raw)


def _first(one: str | None, other: str | None) -> str | None:
    return other if one is None else one


_CONVERTERS = {each.name: _converter(each.name) for each in _FIELDS if not is_scalar(each)}


def _part(self: Any, name: str) -> Any:
    return _CONVERTERS[name](self)


def _member(self: Any, raw: bytes, name: str) -> Json:
    """Give the JSON value of one member of the record, or ABSENT."""
    held = getattr(self, RECORD_FIELDS.get(name, ""), None)
    if isinstance(held, msgspec.Raw):
        return ABSENT if held is NOTHING else _late(held)
    member = _members(raw).get(name)
    return ABSENT if member is None else _late(member)


def _document(self: Any, raw: bytes) -> dict[str, Json]:  # noqa: ARG001 (a method)
    """Give the whole record; parts without a Python value as `Undecodable`."""
    try:
        document: dict[str, Json] = _json.decode(raw)
    except INVALID:
        return {name: _late(member) for name, member in _members(raw).items()}
    return document


def _members(raw: bytes) -> dict[str, bytes]:
    try:
        return _json.members(raw)
    except INVALID as error:
        raise MalformedRecordError(None, None, None, reason_of(error)) from None


def _rest(self: Any, raw: bytes | None) -> Mapping[str, Json]:
    """Give unknown fields and values of unexpected types."""
    if raw is None:
        return EMPTY
    extra: dict[str, Json] = {}
    document = self.document(raw)
    for name, value in document.items():
        known = RECORD_FIELDS.get(name)
        if known is None or fit(_BY_NAME[known], value, [], name) is ABSENT or _is_overruled(known, name, document):
            extra[name] = value
    return extra or EMPTY


def _is_overruled(known: str, name: str, document: dict[str, Json]) -> bool:
    """Tell whether a field's second spelling stands beside the first, which counts."""
    first = _BY_NAME[known].metadata["aws"][0]
    return name != first and isinstance(document.get(first), str)


def restore_record(raw: bytes, origin: Origin | None, enrichments: dict[str, Any]) -> Record:
    """Make a record again that was pickled or copied."""
    record = decode_record(raw)
    object.__setattr__(record, "_source", origin)
    for plugin, facts in enrichments.items():
        enrich(record, plugin, facts)
    return record


RecordHead = msgspec.defstruct(
    "RecordHead",
    _struct_fields(),
    rename={each.name: each.metadata["aws"][0] for each in _FIELDS}
    | {_second(each.name): each.metadata["aws"][1] for each in _FIELDS if len(each.metadata["aws"]) > 1},
    namespace={
        "part": _part,
        "member": _member,
        "document": _document,
        "rest": _rest,
        "restore": staticmethod(restore_record),
    },
    frozen=True,
    gc=False,
)
"""The scalars of a record, decoded, and its parts as text."""

SoftHead = msgspec.defstruct("SoftHead", [], bases=(RecordHead,), frozen=True, gc=False)
"""The same by the slow path: a scalar that is `None` may be of another type, and a flag may have been a text."""

decode_head = msgspec.json.Decoder(RecordHead).decode
"""The fast path. Raises one of INVALID where a record wants the slow one."""


def read_head(raw: bytes, misfits: Misfits) -> Any:
    """The slow path: read a record's fields one by one.

    Raises:
        One of INVALID: The text is not JSON.
        TypeError: It is no object; the message says what it is.
    """
    value = _json.decode(raw) if not raw.lstrip().startswith(b"{") else None
    if value is not None or not raw.lstrip().startswith(b"{"):
        raise TypeError(_kind_of(value))
    given: dict[str, Any] = {}
    for name, text in _json.members(raw).items():
        known = RECORD_FIELDS.get(name)
        if known is None:
            continue
        each = _BY_NAME[known]
        at = known if name == each.metadata["aws"][0] else _second(known)
        if isinstance(getattr(_EMPTY_HEAD, at), msgspec.Raw):
            given[at] = msgspec.Raw(text)
            fit(each, _late(text), misfits, name)
            continue
        fitted = fit(each, _late(text), misfits, name)
        if fitted is not ABSENT:
            given[at] = str(fitted) if isinstance(fitted, EventVersion) else fitted
    return SoftHead(**given)


_EMPTY_HEAD = RecordHead()


def _kind_of(value: Json) -> str:
    names = {type(None): "null", str: "a text", bool: "a boolean", list: "an array"}
    return names.get(type(value), "a number")


def make_record(head: Any, raw: bytes, source: Any, index: int) -> Record:
    """Join what was decoded to a record.

    Args:
        head: The decoded scalars.
        raw: The record's own bytes.
        source: An Origin, or what makes one from the index with its method `origin`.
        index: Which record of its container.
    """
    record = _Unfrozen()
    record._head = head
    record.raw = raw
    record._source = source
    record._index = index
    # Both have the same slots.
    record.__class__ = Record  # type: ignore[assignment]  # that is the trick
    return record


class _Unfrozen(Record):
    """A record in the making. Plain assignments to slots take half the time of the detours around a frozen class."""

    __slots__ = ()
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__
    raw = Record._members["raw"]

    def __init__(self) -> None:
        """Leave all slots empty."""


def enrich(record: Record, plugin: str, facts: Mapping[str, Any]) -> None:
    """Add what a plugin found out. The record itself, and with it equality and text, stays as it is."""
    Record._members["enrichments"].__set__(
        record, {**record.enrichments, plugin: {**record.enrichments.get(plugin, {}), **facts}}
    )


def decode_record(
    raw: bytes,
    source: Any = None,
    index: int | None = None,
    *,
    location: str | None = None,
    offset: int | None = None,
    strict: bool = False,
) -> Record:
    """Decode the text of one record, by the fast path where that does.

    Args:
        raw: The text: a JSON object in UTF-8.
        source: An Origin, or what makes one from the index with its method `origin`.
        index: Which record of its container.
        location: Where it was read, for errors.
        offset: Where it begins there, in inflated bytes, for errors.
        strict: Refuse fields that are not of their documented type, and names that stand twice.

    Raises:
        MalformedRecordError: It is not well-formed JSON, or no object.
        FieldError: With `strict`: a field is not of its type.
    """
    misfits: Misfits = []
    try:
        if not raw.isascii():
            raw.decode()
        if strict:
            head = read_head(raw, misfits)
            misfits.extend(_json.repeated_names(raw, known=RECORD_FIELDS))
        else:
            try:
                head = decode_head(raw)
            except INVALID:
                head = read_head(raw, misfits)
    except TypeError as error:
        raise MalformedRecordError(location, index, offset, f"a record is a JSON object, this is {error}") from None
    except INVALID as error:
        raise MalformedRecordError(location, index, offset, reason_of(error)) from None
    if strict and misfits:
        raise FieldError(location, index, offset, "not of the documented type", misfits[0])
    return make_record(head, raw, source, 0 if index is None else index)
