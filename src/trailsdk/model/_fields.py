"""What the fields of the model have in common: their AWS names, and how they are read.

An object that a codec made holds the decoded values in a *head*, a small struct, and its fields are
properties that read through it: filling forty slots for each record would cost more than decoding it.
An object that a caller made by keyword holds its values in its slots, as attrs does everywhere.
Nobody sees the difference.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, ClassVar, Protocol, Self, TypeVar

import attrs
from attrs import field

from trailsdk._json import Json


class _Empty(Mapping[str, Any]):
    """A mapping without members, which nobody can change: the default of every mapping."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"

    def __reduce__(self) -> str:
        return "EMPTY"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self


EMPTY: Mapping[str, Any] = _Empty()


def aws(*names: str, text: bool = False, default: Any = None, hashed: bool | None = None) -> Any:
    """Declare a field that CloudTrail writes.

    Args:
        names: Its AWS names; the first is the one that is written.
        text: AWS writes the flag as the string `"true"` or `"false"`.
        default: What an absent field is: `None`, or an empty part.
        hashed: `False` for values that may not be hashable.
    """
    return field(default=default, hash=hashed, metadata={"aws": names, "text": text})


class Head(Protocol):
    """What a codec decoded of one object; a scalar field is an attribute of the same name."""

    def part(self, name: str) -> Any:
        """Convert the part `name` to its value of the model; called once."""

    def rest(self, raw: bytes | None) -> Mapping[str, Json]:
        """Give what the fields do not hold, under its AWS names."""


class Readable:
    """The base of everything that is read through a head."""

    __slots__ = ("_head",)

    __attrs_attrs__: ClassVar[Any]
    extra: Mapping[str, Json]
    _head: Any
    _members: ClassVar[dict[str, Any]]
    _given: ClassVar[frozenset[str]]

    @classmethod
    def from_head(cls, head: Any) -> Self:
        """Make an object that reads through what a codec decoded."""
        made = object.__new__(cls)
        _set_head(made, head)
        return made

    def __attrs_post_init__(self) -> None:
        held = {name: member.__get__(self) for name, member in self._members.items() if name in self._given}
        object.__setattr__(self, "_head", SimpleNamespace(**held))

    def __reduce__(self) -> tuple[Any, ...]:
        values = {f.alias: getattr(self, f.name) for f in attrs.fields(type(self)) if f.init}
        return _rebuild, (type(self), values)


class Part(Readable):
    """A nested part of a record: falsy where it is absent or empty."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) != f.default for f in attrs.fields(type(self)) if f.name != "extra") or bool(
            self.extra,
        )

    def __repr__(self) -> str:
        """Show what is there, but neither free-form documents nor unknown fields: they may hold credentials."""
        shown = [each for each in attrs.fields(type(self)) if "aws" in each.metadata and each.hash is not False]
        pairs = ((each.name, getattr(self, each.name), each.default) for each in shown)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value, no in pairs if value != no)})"


_set_head = Readable.__dict__["_head"].__set__


def _rebuild(cls: type, values: dict[str, Any]) -> Any:
    return cls(**values)


_T = TypeVar("_T", bound=type[Readable])


def read_through(cls: _T) -> _T:
    """Let the fields of an attrs class be read through its head.

    A scalar without conversion is read by C code alone. A part is converted when it is first touched,
    and its slot keeps it.
    """
    cls._members = {each.name: cls.__dict__[each.name] for each in attrs.fields(cls)}
    cls._given = frozenset(each.name for each in attrs.fields(cls) if each.init)
    for each in attrs.fields(cls):
        member = cls._members[each.name]
        if "aws" not in each.metadata:
            getter = _rest_getter(member) if each.name == "extra" else _slot_getter(member, each.default)
        elif is_scalar(each):
            getter = attrgetter("_head." + each.name)
        elif each.type == datetime | None:
            getter = _time_getter(each.name, _part_getter(member, each.name))
        else:
            getter = _part_getter(member, each.name)
        setattr(cls, each.name, property(getter, member.__set__, doc=f"AWS: {each.metadata.get('aws', ())}"))
    return cls


def flag(value: str | bool | None) -> bool | None:  # noqa: FBT001 (a JSON value)
    """Read a flag that AWS writes as text; `bool("false")` would be true."""
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value


def is_scalar(each: "attrs.Attribute[Any]") -> bool:
    """Tell whether a field holds what JSON holds, so that it needs no conversion."""
    plain = each.type in (str | None, int | None, float | None, float | int | None, bool | None)
    return plain and not each.metadata["text"] and len(each.metadata["aws"]) == 1


def _time_getter(name: str, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give a time that is in UTC already as it is; nearly all are."""

    def read(self: Any) -> Any:
        value = getattr(self._head, name)
        return value if type(value) is datetime and value.tzinfo is UTC else convert(self)

    return read


def _part_getter(member: Any, name: str) -> Callable[[Any], Any]:
    get, put = member.__get__, member.__set__

    def read(self: Any) -> Any:
        try:
            return get(self)
        except AttributeError:
            value = self._head.part(name)
            put(self, value)
            return value

    return read


def _rest_getter(member: Any) -> Callable[[Any], Any]:
    get, put = member.__get__, member.__set__

    def read(self: Any) -> Any:
        try:
            return get(self)
        except AttributeError:
            value = self._head.rest(getattr(self, "raw", None))
            put(self, value)
            return value

    return read


def _slot_getter(member: Any, default: Any) -> Callable[[Any], Any]:
    get = member.__get__

    def read(self: Any) -> Any:
        try:
            return get(self)
        except AttributeError:
            return default

    return read
