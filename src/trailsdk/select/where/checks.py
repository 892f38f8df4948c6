"""What is asked of one JSON value: each check is a value of its own, and says in `str` how a pattern writes it."""

import fnmatch
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from operator import eq, ge, gt, le, lt
from typing import Literal, Protocol, TypeAlias

from attrs import frozen
from typing_extensions import TypeIs

from trailsdk._json import Json
from trailsdk.select.where.regex import Regex

__all__ = [
    "Any_",
    "Check",
    "Cidr",
    "Differs",
    "Form",
    "IgnoringCase",
    "Is",
    "NoneOf",
    "Number",
    "NumberOrText",
    "OneOf",
    "Present",
    "Range",
    "Same",
    "Search",
    "Shell",
    "Text",
    "Wildcard",
    "number_text",
]


class Check(Protocol):
    """A question to one JSON value that is there."""

    def accepts(self, value: Json) -> bool:
        """Tell whether the value is as asked."""


Form: TypeAlias = Literal["exact", "prefix", "suffix", "contains"]

_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
    "contains": str.__contains__,
}
_STARS = {"exact": "{}", "prefix": "{}*", "suffix": "*{}", "contains": "*{}*"}
OPERATORS: Mapping[str, Callable[[float, float], bool]] = {"=": eq, "<": lt, ">": gt, "<=": le, ">=": ge}
"""Comparisons of numbers."""


def is_number(value: Json) -> TypeIs[float]:
    """Tell whether a JSON value is a number; `True` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number_text(value: float) -> str:
    """Spell a number, whichever way it was written: `1e3`, `1000.0` and `1000` are all `1000`."""
    return str(int(value)) if value % 1 == 0 else repr(value)


def text_of(value: Json, *, numbers: bool) -> str | None:
    """Give the text of a string, and where they are asked for of a number; `None` for others."""
    if isinstance(value, str):
        return value
    return number_text(value) if numbers and is_number(value) else None


def quoted(text: str) -> str:
    """Write a text as filter patterns do."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@frozen
class Present:
    """Something is there, null included."""

    def accepts(self, value: Json) -> bool:  # noqa: ARG002 (whatever it is)
        """Tell that it is there."""
        return True

    def __str__(self) -> str:
        return "EXISTS"


@frozen
class Any_:  # noqa: N801 (`Any` means something else)
    """A string or a number: the lone `*` of filter patterns."""

    def accepts(self, value: Json) -> bool:
        """Tell whether it is one."""
        return isinstance(value, str) or is_number(value)

    def __str__(self) -> str:
        return "= *"


@frozen
class Is:
    """Null, true or false."""

    value: bool | None

    def accepts(self, value: Json) -> bool:
        """Tell whether the value is this one."""
        return value is self.value

    def __str__(self) -> str:
        return f"IS {'NULL' if self.value is None else str(self.value).upper()}"


@frozen
class Text:
    """A text, as a whole or at one of its ends. Upper and lower case count."""

    form: Form
    text: str
    numbers: bool = False
    """Numbers are compared by their text, too."""

    def accepts(self, value: Json) -> bool:
        """Compare."""
        if isinstance(value, str):
            return _TESTS[self.form](value, self.text)
        return self.numbers and is_number(value) and _TESTS[self.form](number_text(value), self.text)

    def __str__(self) -> str:
        return "= " + _STARS[self.form].join(('"', '"')).format(quoted(self.text)[1:-1])


@frozen
class OneOf:
    """One of several texts."""

    texts: frozenset[str]
    numbers: bool = False

    def accepts(self, value: Json) -> bool:
        """Compare with all at once."""
        text = text_of(value, numbers=self.numbers)
        return text is not None and text in self.texts

    def __str__(self) -> str:
        return "= " + " or ".join(map(quoted, sorted(self.texts)))


@frozen
class Number:
    """A comparison of numbers; text is never one."""

    operator: str
    number: float

    def accepts(self, value: Json) -> bool:
        """Compare."""
        return is_number(value) and OPERATORS[self.operator](value, self.number)

    def __str__(self) -> str:
        return f"{self.operator} {self.number}"


@frozen
class NumberOrText:
    """A number that was written without quotation marks: the number, or a string of the same characters."""

    number: float
    text: str

    def accepts(self, value: Json) -> bool:
        """Compare."""
        return value == self.text if isinstance(value, str) else is_number(value) and value == self.number

    def __str__(self) -> str:
        return f"= {self.text}"


@frozen
class Range:
    """A number within bounds."""

    bounds: tuple[Number, ...]

    def accepts(self, value: Json) -> bool:
        """Compare with all bounds."""
        return all(bound.accepts(value) for bound in self.bounds)

    def __str__(self) -> str:
        return " and ".join(map(str, self.bounds))


@frozen
class Search:
    """A regular expression that matches somewhere."""

    regex: Regex

    def accepts(self, value: Json) -> bool:
        """Search."""
        text = text_of(value, numbers=True)
        return text is not None and self.regex.search(text)

    def __str__(self) -> str:
        return f"= %{self.regex.text}%"


@frozen
class Differs:
    """A string or a number, but another one."""

    other: Check

    def accepts(self, value: Json) -> bool:
        """Compare."""
        return (isinstance(value, str) or is_number(value)) and not self.other.accepts(value)

    def __str__(self) -> str:
        return f"!{self.other}"


@frozen
class Same:
    """This very scalar, as in event patterns: numbers by their value, and `True` is no number."""

    value: str | float | bool | None

    def accepts(self, value: Json) -> bool:
        """Compare value and kind."""
        if isinstance(self.value, str) or is_number(self.value):
            kind = isinstance(value, str) if isinstance(self.value, str) else is_number(value)
            return kind and bool(value == self.value)
        return value is self.value

    def __str__(self) -> str:
        return f"= {quoted(self.value)}" if isinstance(self.value, str) else f"= {self.value}"


@frozen
class IgnoringCase:
    """A text, where upper and lower case do not count."""

    form: Form
    text: str

    def accepts(self, value: Json) -> bool:
        """Compare."""
        return isinstance(value, str) and _TESTS[self.form](value.casefold(), self.text.casefold())

    def __str__(self) -> str:
        return f"{Text(self.form, self.text)} in any case"


@frozen
class Wildcard:
    """Texts in a row, with anything between them: `*` of event patterns. Takes time linear to the text."""

    parts: tuple[str, ...]

    def accepts(self, value: Json) -> bool:
        """Look for each part behind the one before it: the first place that fits is as good as any."""
        if not isinstance(value, str):
            return False
        first, *between, last = self.parts
        if not (value.startswith(first) and value.endswith(last) and len(value) >= len(first) + len(last)):
            return False
        at, end = len(first), len(value) - len(last)
        for part in between:
            found = value.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    def __str__(self) -> str:
        return "= " + quoted("*".join(self.parts))


@frozen(slots=False)
class Shell:
    """A pattern as shells have them: `*`, `?`, `[abc]`, `[!abc]`."""

    pattern: str

    @cached_property
    def _match(self) -> Callable[[str], object]:
        return re.compile(fnmatch.translate(self.pattern)).match

    def accepts(self, value: Json) -> bool:
        """Match the whole text. Each `*` is decided once, so that no text takes long."""
        return isinstance(value, str) and self._match(value) is not None

    def __str__(self) -> str:
        return f"= {quoted(self.pattern)}"


@frozen
class Cidr:
    """An address of a network. What is no address, such as a service's name, is in none."""

    network: IPv4Network | IPv6Network

    def accepts(self, value: Json) -> bool:
        """Read the address, and look whether the network has it."""
        if not isinstance(value, str):
            return False
        try:
            address = ip_address(value)
        except ValueError:
            return False
        return address.version == self.network.version and address in self.network

    def __str__(self) -> str:
        return f"in {self.network}"


@frozen
class NoneOf:
    """A scalar that none of the checks accepts: `anything-but` of event patterns."""

    checks: tuple[Check, ...]

    def accepts(self, value: Json) -> bool:
        """Ask all of them."""
        return not isinstance(value, (dict, list)) and not any(check.accepts(value) for check in self.checks)

    def __str__(self) -> str:
        return "anything but " + " or ".join(str(check).removeprefix("= ") for check in self.checks)
