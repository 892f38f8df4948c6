"""Many alternatives at once: those that ask the same member are found by its text, in one look-up."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field

from trailsdk.codec.members import UNSURE, text_reader
from trailsdk.model.record import Record
from trailsdk.select.where.checks import Differs, OneOf, Search, Text
from trailsdk.select.where.tree import And, Condition, Test

__all__ = ["any_test"]

_RecordTest = Callable[[Record], bool]
_Compile = Callable[[Condition], _RecordTest]

_FEW = 3
"""Alternatives that are asked one by one."""


@define
class _Group:
    """The alternatives that want a text in one member."""

    name: str
    members: list[Condition] = field(factory=list)
    by_text: dict[str, list[Condition]] = field(factory=dict)
    """What else must hold where the member is this text."""
    others: list[Condition] = field(factory=list)
    """What is asked where the member is any text."""


def any_test(parts: Sequence[Condition], compile_: _Compile) -> _RecordTest:
    """Make the function that tells whether one of several alternatives is true.

    Args:
        parts: The alternatives, the cheap ones first.
        compile_: Makes the function of one.
    """
    groups: dict[str, _Group] = {}
    rest: list[Condition] = []
    for part in parts if len(parts) > _FEW else ():
        leading = _leading(part)
        if leading is None:
            rest.append(part)
        else:
            _add(groups.setdefault(_name(leading), _Group(_name(leading))), part, leading)
    alone = [group for group in groups.values() if len(group.members) == 1 and len(group.by_text) <= 1]
    rest = [*(member for group in alone for member in group.members), *rest] if groups else list(parts)
    tests = [_group_test(group, compile_) for group in groups.values() if group not in alone]
    tests += map(compile_, rest)
    return _one_by_one(tests)


def _one_by_one(tests: Sequence[_RecordTest]) -> _RecordTest:
    if len(tests) == 1:
        return tests[0]

    def test(record: Record) -> bool:
        for each in tests:  # noqa: SIM110 (faster than a generator)
            if each(record):
                return True
        return False

    return test


def _name(test: Test) -> str:
    return str(test.path[0])


def _leading(part: Condition) -> Test | None:
    """Find the test of a member that the codec has decoded and that must be a text; one of exact texts if there is."""
    tests = [each for each in (part.parts if isinstance(part, And) else (part,)) if isinstance(each, Test)]
    found = [each for each in tests if len(each.path) == 1 and isinstance(each.check, (Text, OneOf, Search, Differs))]
    known = [each for each in found if isinstance(each.path[0], str) and text_reader(each.path[0]) is not None]
    return next((each for each in known if _texts(each)), known[0] if known else None)


def _texts(test: Test) -> Iterable[str]:
    check = test.check
    if isinstance(check, Text):
        return (check.text,) if check.form == "exact" else ()
    return check.texts if isinstance(check, OneOf) else ()


def _add(group: _Group, part: Condition, leading: Test) -> None:
    group.members.append(part)
    texts = _texts(leading)
    if not texts:
        group.others.append(part)
    remaining = And(tuple(each for each in part.parts if each is not leading)) if isinstance(part, And) else And(())
    for text in texts:
        group.by_text.setdefault(text, []).append(remaining)


def _group_test(group: _Group, compile_: _Compile) -> _RecordTest:
    read = text_reader(group.name)
    assert read is not None  # noqa: S101 (for the type checker: groups are made of what has one)
    compiled: dict[int, _RecordTest] = {}

    def once(condition: Condition) -> _RecordTest:
        return compiled.setdefault(id(condition), compile_(condition))

    by_text: Mapping[str, tuple[_RecordTest, ...]] = {
        text: tuple(map(once, conditions)) for text, conditions in group.by_text.items()
    }
    others, members = tuple(map(compile_, group.others)), _one_by_one([*map(compile_, group.members)])

    def test(record: Record) -> bool:
        text = read(record)
        if text is None:
            return False
        if text is UNSURE:
            return members(record)
        for each in by_text.get(text, ()):
            if each(record):
                return True
        for each in others:  # noqa: SIM110 (faster than a generator)
            if each(record):
                return True
        return False

    return test
