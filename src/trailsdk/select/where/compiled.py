"""From a condition to a function of a record that does as little as it can.

What a comparison needs of a record's scalars is read where the codec left it. A nested part is decoded only where the
text that is looked for stands in the record's bytes at all. The cheap parts of `&` and `|` are asked first, functions
of the caller last.
"""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from trailsdk._json import Json
from trailsdk.codec.encode import encode_record
from trailsdk.codec.members import PartTest, ScalarTest, part_test, scalar_test
from trailsdk.errors import EventPatternError
from trailsdk.model.record import Record
from trailsdk.select.where.alternatives import any_test
from trailsdk.select.where.checks import Is, NoneOf, OneOf, Present, Same, Text
from trailsdk.select.where.literals import literals_of, rejecter
from trailsdk.select.where.paths import EACH_MEMBER, leaves, values_at
from trailsdk.select.where.tree import (
    And,
    Attribute,
    Call,
    Condition,
    Contains,
    Envelope,
    FilterPattern,
    Not,
    Or,
    Test,
    Within,
)

__all__ = ["cheap_part", "cost_of", "merged", "record_test", "value_test"]

_RecordTest = Callable[[Record], bool]
_ValueTest = Callable[[Json], bool]

_FIRST_ENVELOPE, _FIRST_SCALAR, _FIRST_NESTED, _FIRST_ATTRIBUTE, _FIRST_CALL = range(-1, 4)


def record_test(condition: Condition) -> _RecordTest:
    """Compile a condition."""
    return _compile(merged(condition))


def merged(condition: Condition) -> Condition:
    """Join comparisons of one path that are alternatives to a single look-up, and take patterns out of their texts."""
    if isinstance(condition, FilterPattern):
        return merged(condition.part)
    if isinstance(condition, Not):
        return Not(merged(condition.part))
    if isinstance(condition, (Within, Envelope)):
        return evolve(condition, part=merged(condition.part))
    if isinstance(condition, And):
        return And.of(*map(merged, condition.parts)) if condition.parts else condition
    if isinstance(condition, Or):
        joined = Or.of(*map(merged, condition.parts)) if condition.parts else condition
        return Or.of(*_by_path(joined.parts)) if isinstance(joined, Or) and joined.parts else joined
    return condition


def _by_path(parts: tuple[Condition, ...]) -> list[Condition]:
    texts: dict[Any, frozenset[str]] = {}
    rest: list[Condition] = []
    for part in parts:
        check = part.check if isinstance(part, Test) else None
        if (
            isinstance(part, Test)
            and isinstance(check, (Text, OneOf))
            and not (isinstance(check, Text) and check.form != "exact")
        ):
            key = (part.path, part.through_arrays, check.numbers)
            texts[key] = texts.get(key, frozenset()) | ({check.text} if isinstance(check, Text) else check.texts)
        else:
            rest += [] if part in rest else [part]
    joined: list[Condition] = []
    for (path, through, numbers), found in texts.items():
        one = Text("exact", next(iter(found)), numbers) if len(found) == 1 else OneOf(found, numbers)
        joined.append(Test(path, one, through))
    return joined + rest


def cost_of(condition: Condition) -> int:
    """Rank a condition: 0 for scalars, 1 for nested parts, 2 for attributes of the typed record, 3 for functions."""
    if isinstance(condition, (And, Or)):
        return max(map(cost_of, condition.parts), default=_FIRST_SCALAR)
    if isinstance(condition, Envelope):
        return _FIRST_ENVELOPE
    if isinstance(condition, (Not, Within, FilterPattern)):
        return max(cost_of(condition.part), _FIRST_NESTED if isinstance(condition, Within) else _FIRST_SCALAR)
    if isinstance(condition, Test):
        return _FIRST_SCALAR if len(condition.path) == 1 and isinstance(condition.path[0], str) else _FIRST_NESTED
    if isinstance(condition, Attribute):
        return _FIRST_ATTRIBUTE
    return _FIRST_CALL if isinstance(condition, Call) else _FIRST_SCALAR


def cheap_part(condition: Condition) -> tuple[Condition | None, Condition | None]:
    """Divide a conjunction into what the library decides, and what calls functions of the caller."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    calls = [part for part in parts if cost_of(part) == _FIRST_CALL]
    if not calls:
        return condition, None
    rest = [part for part in parts if cost_of(part) != _FIRST_CALL]
    return And.of(*rest) if rest else None, And.of(*calls)


def _compile(condition: Condition) -> _RecordTest:
    if isinstance(condition, (And, Or)):
        parts = sorted(condition.parts, key=cost_of)
        return any_test(parts, _compile) if isinstance(condition, Or) else _all_of([_compile(part) for part in parts])
    if isinstance(condition, Not):
        test = _compile(condition.part)
        return lambda record: not test(record)
    if isinstance(condition, Test):
        return _test(condition)
    if isinstance(condition, Within):
        return _within(condition)
    if isinstance(condition, Contains):
        return _contains(condition.what)
    if isinstance(condition, Attribute):
        read, accepts = condition.read, condition.check.accepts
        return lambda record: accepts(read(record))
    if isinstance(condition, Envelope):
        return _envelope(condition)
    if isinstance(condition, Call):
        function = condition.function
        return lambda record: bool(function(record))
    raise TypeError(f"no condition: {type(condition).__name__}")


def _all_of(tests: list[_RecordTest]) -> _RecordTest:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:  # noqa: PLR2004 (the usual number, without a loop)
        one, other = tests
        return lambda record: one(record) and other(record)

    def test(record: Record) -> bool:
        for each in tests:  # noqa: SIM110 (faster than a generator)
            if not each(record):
                return False
        return True

    return test


def _test(condition: Test) -> _RecordTest:
    first = condition.path[0]
    if first is EACH_MEMBER:
        of_value = value_test(condition)
        return lambda record: of_value(record.to_dict())
    if not isinstance(first, str):
        # The record is an object: it has no elements.
        return lambda _: False
    if len(condition.path) == 1:
        return scalar_test(first, _scalar(condition))
    inner = evolve(condition, path=condition.path[1:])
    check = condition.check
    field = inner.path[0] if len(inner.path) == 1 and not isinstance(check, _OF_NULL) else None
    plain = field if isinstance(field, str) else None
    return part_test(first, PartTest(value_test(inner), rejecter(literals_of(inner)), plain, check.accepts))


_OF_NULL = (Is, NoneOf, Present, Same)
"""Checks that null may pass."""


def _scalar(condition: Test) -> ScalarTest:
    check = condition.check
    equals: str | frozenset[str] | None = check.texts if isinstance(check, OneOf) else None
    if isinstance(check, Text) and check.form == "exact":
        equals = check.text
    accepts = value_test(evolve(condition, path=())) if condition.through_arrays else check.accepts
    return ScalarTest(accepts, equals, isinstance(check, _OF_NULL))


def value_test(condition: Condition) -> _ValueTest:
    """Compile a condition to a function of a JSON value, whose paths begin at the value.

    Raises:
        TypeError: It is a condition of a record.
    """
    if isinstance(condition, (And, Or)):
        tests = [value_test(part) for part in condition.parts]
        if isinstance(condition, And):
            return lambda value: all(test(value) for test in tests)
        return lambda value: any(test(value) for test in tests)
    if isinstance(condition, Not):
        negated = value_test(condition.part)
        return lambda value: not negated(value)
    if isinstance(condition, Within):
        path, inner = condition.path, value_test(condition.part)
        return lambda value: any(isinstance(each, dict) and inner(each) for each in leaves(value, path))
    if not isinstance(condition, Test):
        raise TypeError(f"no condition of a value: {type(condition).__name__}")
    accepts = condition.check.accepts
    steps: Any = condition.path
    if condition.through_arrays:
        return lambda value: any(accepts(each) for each in leaves(value, steps) if not isinstance(each, dict))
    return lambda value: any(map(accepts, values_at(value, steps)))


def _within(condition: Within) -> _RecordTest:
    inner = evolve(condition, path=condition.path[1:])
    return part_test(condition.path[0], PartTest(value_test(inner), rejecter(literals_of(inner))))


def _contains(what: Any) -> _RecordTest:
    if isinstance(what, str):
        literal = what.encode(errors="surrogatepass")
        return lambda record: literal in (record.raw if record.raw is not None else encode_record(record))

    def test(record: Record) -> bool:
        text = (record.raw if record.raw is not None else encode_record(record)).decode(errors="surrogatepass")
        return bool(what.search(text))

    return test


def _envelope(condition: Envelope) -> _RecordTest:
    of_envelope = value_test(condition.part)

    def test(record: Record) -> bool:
        origin = record.origin
        if origin is None or "detail-type" not in origin.envelope:
            raise EventPatternError("", "only `detail` can be asked of a record that came in no EventBridge event")
        return of_envelope(dict(origin.envelope))

    return test
