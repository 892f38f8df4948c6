"""The tree that every filter language becomes: conditions of a record, joined by `&`, `|` and `~`.

A condition is a function of a record, and a value: it can be compared, shown, asked for what a source could look for,
and it is the same whichever language it was written in.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from attrs import field, frozen

from trailsdk.model.record import Record
from trailsdk.select.where.checks import Check, Differs, Present
from trailsdk.select.where.paths import ConditionPath, show_path

__all__ = [
    "And",
    "Attribute",
    "Call",
    "Condition",
    "Contains",
    "Envelope",
    "FilterPattern",
    "Not",
    "Or",
    "Test",
    "Where",
    "Within",
    "as_condition",
]


class Condition:
    """Something that is true of a record or not: call it with one.

    `&`, `|` and `~` join conditions; on the other side of `&` and `|` there may be whatever `where` takes.
    """

    def __call__(self, record: Record) -> bool:
        """Tell whether it is true of a record."""
        return self.test(record)

    @cached_property
    def test(self) -> Callable[[Record], bool]:
        """The same as a plain function, made when it is first wanted."""
        from trailsdk.select.where.compiled import record_test

        return record_test(self)

    @cached_property
    def halves(self) -> tuple[Callable[[Record], bool] | None, Callable[[Record], bool] | None]:
        """What the library decides of it, and what functions of the caller decide; both must be true."""
        from trailsdk.select.where.compiled import cheap_part

        early, late = cheap_part(self)
        return None if early is None else early.test, None if late is None else late.test

    def __getstate__(self) -> dict[str, Any]:
        """Leave the function behind, which cannot be pickled."""
        return {name: value for name, value in self.__dict__.items() if name not in ("test", "halves")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __and__(self, other: "Where") -> "Condition":
        return And.of(self, as_condition(other))

    def __rand__(self, other: "Where") -> "Condition":
        return And.of(as_condition(other), self)

    def __or__(self, other: "Where") -> "Condition":
        return Or.of(self, as_condition(other))

    def __ror__(self, other: "Where") -> "Condition":
        return Or.of(as_condition(other), self)

    def __invert__(self) -> "Condition":
        return Not(self)


Where: TypeAlias = "Condition | str | Mapping[str, Any] | Callable[[Record], bool]"
"""What `where` takes: a condition; the text of a filter pattern; an event pattern; a function of a record."""


def as_condition(where: Where) -> Condition:
    """Make a condition of whatever `where` takes.

    Raises:
        PatternError: A filter pattern cannot be understood.
        EventPatternError: An event pattern cannot be understood.
        UsageError: It is nothing of the kind.
    """
    from trailsdk.errors import UsageError

    if isinstance(where, Condition):
        return where
    if isinstance(where, str):
        from trailsdk.select.where.filter_patterns import filter_pattern

        return filter_pattern(where)
    if isinstance(where, Mapping):
        from trailsdk.select.where.event_patterns import event_pattern

        return event_pattern(where)
    if callable(where):
        return Call(where)
    raise UsageError(
        f"where: expected a filter pattern, an event pattern, a condition or a function, got a {type(where).__name__}"
    )


@frozen(slots=False)
class And(Condition):
    """All parts are true."""

    parts: tuple[Condition, ...]

    @classmethod
    def of(cls, *parts: Condition) -> Condition:
        """Join conditions; those that are joined already are taken apart first."""
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
        return flat[0] if len(flat) == 1 else cls(tuple(flat))

    def __str__(self) -> str:
        return " && ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@frozen(slots=False)
class Or(Condition):
    """One part at least is true."""

    parts: tuple[Condition, ...]

    @classmethod
    def of(cls, *parts: Condition) -> Condition:
        """Join conditions; those that are joined already are taken apart first."""
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
        return flat[0] if len(flat) == 1 else cls(tuple(flat))

    def __str__(self) -> str:
        return " || ".join(map(str, self.parts))


@frozen(slots=False)
class Not(Condition):
    """The part is not true."""

    part: Condition

    def __str__(self) -> str:
        if isinstance(self.part, Test) and isinstance(self.part.check, Present):
            return f"{show_path(self.part.path)} NOT EXISTS"
        return f"!({self.part})"


@frozen(slots=False)
class Test(Condition):
    """One of the values at a path is as asked. Where nothing is, nothing is as asked."""

    path: ConditionPath
    check: Check
    through_arrays: bool = False
    """As event patterns see it: arrays are looked into. The path has names only."""

    __test__ = False  # for pytest

    def __str__(self) -> str:
        if isinstance(self.check, Differs):
            return f"{show_path(self.path)} !{self.check.other}"
        return f"{show_path(self.path)} {self.check}"


@frozen(slots=False)
class Within(Condition):
    """A condition is true of one of the objects at a path: all of it of the same object."""

    path: tuple[str, ...]
    part: Condition

    def __str__(self) -> str:
        return f"{show_path(self.path)}: {self.part}"


@frozen(slots=False)
class Contains(Condition):
    """The record's own text contains a text, or a regular expression matches in it."""

    what: Any
    """A text, or a Regex."""

    def __str__(self) -> str:
        from trailsdk.select.where.checks import quoted

        return quoted(self.what) if isinstance(self.what, str) else f"%{self.what.text}%"


@frozen(slots=False)
class Attribute(Condition):
    """An attribute of the typed record is as asked, such as `actor.arn`, which AWS does not write itself."""

    name: str
    check: Check
    read: Callable[[Record], Any] = field(repr=False, eq=False)
    verbatim: bool = False
    """It is a text that stands in the record as it is."""

    def __str__(self) -> str:
        return f"{self.name} {self.check}"


@frozen(slots=False)
class Envelope(Condition):
    """A condition is true of the EventBridge envelope that the record came in.

    Raises:
        EventPatternError: When it is asked of a record that came without one.
    """

    part: Condition

    def __str__(self) -> str:
        return f"envelope: {self.part}"


@frozen(slots=False)
class Call(Condition):
    """A function of the caller's says so. What it raises passes through."""

    function: Callable[[Record], object]

    def __str__(self) -> str:
        return f"{getattr(self.function, '__name__', type(self.function).__name__)}(record)"


@frozen(slots=False)
class FilterPattern(Condition):
    """A filter pattern of CloudWatch Logs, with its text."""

    text: str
    part: Condition = field(repr=False, eq=False)

    def __str__(self) -> str:
        return self.text
