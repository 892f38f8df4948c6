"""Paths of conditions: names and indexes, and steps to every element or member."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, TypeAlias

from trailsdk._json import Json
from trailsdk.model.path import ABSENT, look_up

__all__ = ["EACH_ELEMENT", "EACH_MEMBER", "ConditionPath", "Every", "leaves", "show_path", "values_at"]


class Every(Enum):
    """A step to all there is."""

    ELEMENT = "[*]"
    MEMBER = ".*"


EACH_ELEMENT: Final = Every.ELEMENT
"""Every element of an array: `[*]`."""
EACH_MEMBER: Final = Every.MEMBER
"""Every member of an object: `.*`."""

ConditionPath: TypeAlias = tuple["str | int | Every", ...]
"""Names, indexes and steps to all there is, outermost first."""

_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def show_path(path: ConditionPath) -> str:
    """Write a path as filter patterns do."""
    return "$" + "".join(map(_show_step, path))


def _show_step(step: str | int | Every) -> str:
    if isinstance(step, Every):
        return step.value
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step and _NAME.issuperset(step) else f".['{step}']"


def values_at(value: Json, path: ConditionPath) -> Iterator[Json]:
    """Give all values at a path, as filter patterns see them."""
    for at, step in enumerate(path):
        if isinstance(step, Every):
            kind: Any = list if step is EACH_ELEMENT else dict
            if isinstance(value, kind):
                rest = path[at + 1 :]
                for each in value if kind is list else value.values():
                    yield from values_at(each, rest)
            return
        value = look_up(value, (step,))
        if value is ABSENT:
            return
    yield value


def leaves(value: Json, names: tuple[Any, ...]) -> Iterator[Json]:
    """Give all values at a path of names, as event patterns see them: arrays on the way are looked into.

    An array at the end is its elements, so that what comes is never an array.
    """
    pending = [(value, 0)]
    while pending:
        value, at = pending.pop()
        if isinstance(value, list):
            pending.extend((element, at) for element in reversed(value))
        elif at == len(names):
            yield value
        elif isinstance(value, dict) and names[at] in value:
            pending.append((value[names[at]], at + 1))
