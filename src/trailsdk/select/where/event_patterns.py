"""Event patterns of EventBridge: from a mapping to conditions.

Source: Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison operators".
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from trailsdk._json import Json
from trailsdk.errors import EventPatternError
from trailsdk.select.where.checks import (
    OPERATORS,
    Check,
    Cidr,
    Form,
    IgnoringCase,
    NoneOf,
    Number,
    Present,
    Range,
    Same,
    Text,
    Wildcard,
    is_number,
)
from trailsdk.select.where.tree import And, Condition, Envelope, Not, Or, Test, Within

__all__ = ["event_pattern"]

_ENVELOPE = frozenset({"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"})
_MOST_OPERATORS = 2
_DEEPEST = 50
"""Objects within objects."""


def event_pattern(pattern: Mapping[str, Any]) -> Condition:
    """Read an event pattern.

    Args:
        pattern: For an event, with `detail` and other members of the envelope; or for the record itself. What is
            asked of the envelope is an error where a record came without one.

    Raises:
        EventPatternError: It cannot be understood; the error tells where.
    """
    if not isinstance(pattern, Mapping):
        raise EventPatternError("", f"an event pattern is an object, not a {type(pattern).__name__}")
    # `resources` is a member of records too.
    if not _ENVELOPE.intersection(pattern) - {"resources"}:
        return _object(pattern, "", 0)
    stray = next((name for name in pattern if name not in _ENVELOPE and name != "$or"), None)
    if stray is not None:
        raise EventPatternError(stray, "beside members of the envelope, what is asked of the record stands in `detail`")
    parts: list[Condition] = []
    outside = {name: value for name, value in pattern.items() if name != "detail"}
    if outside:
        parts.append(Envelope(_object(outside, "", 0)))
    if "detail" in pattern:
        if not isinstance(pattern["detail"], Mapping):
            raise EventPatternError("detail", "expected an object")
        parts.append(_object(pattern["detail"], "detail", 0))
    return And.of(*parts)


def _object(pattern: Mapping[str, Any], path: str, depth: int) -> Condition:
    """Read an object: each of its members is to match."""
    if not pattern:
        raise EventPatternError(path, "an empty object matches nothing")
    if depth > _DEEPEST:
        raise EventPatternError(path, f"more than {_DEEPEST} objects stand within each other")
    return And.of(*(_member(name, value, _below(path, name), depth) for name, value in pattern.items()))


def _below(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _member(name: Any, value: Any, path: str, depth: int) -> Condition:
    if not isinstance(name, str):
        raise EventPatternError(path, "names are texts")
    if name == "$or":
        return _alternatives(value, path, depth)
    if isinstance(value, Mapping):
        return _below_name(name, _object(value, path, depth + 1))
    if isinstance(value, (str, bytes)) or not isinstance(value, (list, tuple)):
        raise EventPatternError(path, f"expected a list of values, or an object, not a {type(value).__name__}")
    if not value:
        raise EventPatternError(path, "an empty list matches nothing")
    return Or.of(*(_value(name, each, f"{path}[{at}]") for at, each in enumerate(value)))


def _below_name(name: str, condition: Condition) -> Condition:
    """Ask of a member what was asked of an object.

    What stands together in one object is to be true of one and the same element, where the member is an array. That
    something is not there is asked of all of them, and is true where the member itself is not there.
    """
    if isinstance(condition, Test):
        return Test((name, *condition.path), condition.check, through_arrays=True)
    if isinstance(condition, Not):
        return Not(_below_name(name, condition.part))
    if isinstance(condition, Or):
        return Or.of(*(_below_name(name, part) for part in condition.parts))
    if isinstance(condition, Within):
        return Within((name, *condition.path), condition.part)
    if not isinstance(condition, And):
        raise TypeError(f"not of an object: {type(condition).__name__}")
    together = [part for part in condition.parts if not _denies(part)]
    apart = [_below_name(name, part) for part in condition.parts if _denies(part)]
    if len(together) > 1:
        return And.of(Within((name,), And.of(*together)), *apart)
    return And.of(*(_below_name(name, part) for part in together), *apart)


def _denies(condition: Condition) -> bool:
    """Tell whether something in it is asked not to be there."""
    if isinstance(condition, (And, Or)):
        return any(map(_denies, condition.parts))
    return isinstance(condition, Not)


def _alternatives(value: Any, path: str, depth: int) -> Condition:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(each, Mapping) for each in value):
        raise EventPatternError(path, "expected a list of objects")
    return Or.of(*(_object(each, f"{path}[{at}]", depth + 1) for at, each in enumerate(value)))


def _value(name: str, value: Any, path: str) -> Condition:
    if isinstance(value, Mapping):
        if set(value) == {"exists"}:
            return _exists(name, value["exists"], path)
        return Test((name,), _operator(value, path), through_arrays=True)
    return Test((name,), _scalar(value, path), through_arrays=True)


def _scalar(value: Any, path: str) -> Check:
    if value is None or isinstance(value, (bool, int, float)):
        return Same(value)
    if isinstance(value, str):
        return Text("exact", value)
    raise EventPatternError(
        path, f"expected text, a number, true, false, null or a comparison, not a {type(value).__name__}"
    )


def _exists(name: str, wanted: Json, path: str) -> Condition:
    if not isinstance(wanted, bool):
        raise EventPatternError(f"{path}.exists", "expected true or false")
    there = Test((name,), Present(), through_arrays=True)
    return there if wanted else Not(there)


def _operator(value: Mapping[str, Any], path: str) -> Check:
    if len(value) != 1:
        raise EventPatternError(path, "a comparison has one operator")
    [(name, operand)] = value.items()
    read = _OPERATORS.get(name)
    if read is None:
        known = ", ".join([*_OPERATORS, "exists"])
        raise EventPatternError(path, f"there is no comparison {name!r}; there are {known}")
    return read(operand, f"{path}.{name}")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise EventPatternError(path, f"expected text, not a {type(value).__name__}")
    return value


def _at_end(form: Form) -> Callable[[Any, str], Check]:
    def read(operand: Any, path: str) -> Check:
        if isinstance(operand, Mapping):
            if set(operand) != {"equals-ignore-case"}:
                raise EventPatternError(path, "expected text, or equals-ignore-case")
            return IgnoringCase(form, _text(operand["equals-ignore-case"], f"{path}.equals-ignore-case"))
        text = _text(operand, path)
        if not text:
            raise EventPatternError(path, "the text is empty")
        return Text(form, text)

    return read


def _ignoring_case(operand: Any, path: str) -> Check:
    return IgnoringCase("exact", _text(operand, path))


def _wildcard(operand: Any, path: str) -> Check:
    r"""Read a text with `*`; `\*` is a star and `\\` a backslash."""
    parts, at = [""], 0
    text = _text(operand, path)
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
            if text[at : at + 1] not in ("*", "\\"):
                raise EventPatternError(path, r"behind a backslash stands `*` or another backslash")
            parts[-1] += text[at]
        elif character == "*":
            if text[at + 1 : at + 2] == "*":
                raise EventPatternError(path, "two stars stand side by side")
            parts.append("")
        else:
            parts[-1] += character
        at += 1
    return Text("exact", parts[0]) if len(parts) == 1 else Wildcard(tuple(parts))


def _numeric(operand: Any, path: str) -> Check:
    if not isinstance(operand, (list, tuple)) or len(operand) not in (2, 2 * _MOST_OPERATORS):
        raise EventPatternError(path, 'expected one or two comparisons, such as [">", 0, "<=", 5]')
    bounds = []
    for at in range(0, len(operand), 2):
        operator, number = operand[at], operand[at + 1]
        if not isinstance(operator, str) or operator not in OPERATORS:
            raise EventPatternError(f"{path}[{at}]", f"expected one of {', '.join(OPERATORS)}")
        if not is_number(number):
            raise EventPatternError(f"{path}[{at + 1}]", "expected a number")
        bounds.append(Number(operator, number))
    if len(bounds) == _MOST_OPERATORS and {each.operator[0] for each in bounds} != {"<", ">"}:
        raise EventPatternError(path, "two comparisons are a range: one with >, one with <")
    return bounds[0] if len(bounds) == 1 else Range(tuple(bounds))


def _cidr(operand: Any, path: str) -> Check:
    try:
        return Cidr(ip_network(_text(operand, path), strict=False))
    except ValueError:
        raise EventPatternError(path, "expected a network, such as 198.51.100.0/24") from None


def _anything_but(operand: Any, path: str) -> Check:
    if isinstance(operand, Mapping):
        if len(operand) != 1:
            raise EventPatternError(path, "a comparison has one operator")
        [(name, inner)] = operand.items()
        read = _NEGATED.get(name)
        if read is None:
            raise EventPatternError(path, f"there is no {name!r} in anything-but; there are {', '.join(_NEGATED)}")
        given = inner if isinstance(inner, (list, tuple)) else [inner]
        checks = [read(each, f"{path}.{name}") for each in given]
    else:
        given = operand if isinstance(operand, (list, tuple)) else [operand]
        checks = [_scalar(each, path) for each in given]
    if not checks:
        raise EventPatternError(path, "an empty list excludes nothing")
    return NoneOf(tuple(checks))


_OPERATORS: Mapping[str, Callable[[Any, str], Check]] = {
    "prefix": _at_end("prefix"),
    "suffix": _at_end("suffix"),
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
_NEGATED: Mapping[str, Callable[[Any, str], Check]] = {
    "prefix": _at_end("prefix"),
    "suffix": _at_end("suffix"),
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
}
