"""Filter patterns of CloudWatch Logs: from text to conditions.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax"; what that leaves open is answered in the
documentation of trailsdk, "Filter patterns".
"""

import math
import re
from typing import Any

from trailsdk.errors import PatternError
from trailsdk.select.where.checks import (
    Any_,
    Check,
    Differs,
    Is,
    Number,
    NumberOrText,
    Present,
    Search,
    Text,
)
from trailsdk.select.where.paths import EACH_ELEMENT, EACH_MEMBER, ConditionPath, Every
from trailsdk.select.where.regex import parse_regex
from trailsdk.select.where.terms import parse_terms
from trailsdk.select.where.tree import And, Condition, FilterPattern, Not, Or, Test

__all__ = ["filter_pattern", "text_check"]

LONGEST = 1024
"""Characters of the longest pattern that CloudWatch Logs takes."""
_MOST_WILDCARDS = 3
_MOST_REGEXES = 2
_DEEPEST = 100
"""Parentheses within parentheses."""

_SPACE = re.compile(r"\s*")
_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_-]+)
      | (?P<members>\.\*)
      | \.?\['(?P<quoted>[^']*)'\]
      | \[(?P<index>[0-9]{1,9})\]
      | (?P<elements>\[\*\])
    """,
    re.VERBOSE | re.ASCII,
)
_OPERATOR = re.compile(r"!=|<=|>=|=|<|>")
_WORD = re.compile(r"[A-Za-z]+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"(?:(?!&&|\|\|)[^\s)};])+")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_IS = {"NULL": Is(None), "TRUE": Is(value=True), "FALSE": Is(value=False)}


def filter_pattern(text: str) -> FilterPattern:
    """Read a filter pattern: a JSON pattern such as `{ $.eventName = "PutBucketPolicy" }`, or terms.

    Raises:
        PatternError: It cannot be understood; the error tells the column.
    """
    if len(text) > LONGEST:
        raise PatternError(text, LONGEST, f"the pattern is longer than {LONGEST} characters")
    first = text.lstrip()[:1]
    if first == "[":
        reason = (
            "space-delimited patterns are for other logs: records of CloudTrail are JSON, such as { $.eventName = * }"
        )
        raise PatternError(text, text.index("["), reason)
    return FilterPattern(text, _Parser(text).pattern() if first == "{" else parse_terms(text))


def text_check(text: str, *, numbers: bool) -> Check:
    """Make the check of a text that may have a `*` at its begin, at its end, or at both. Elsewhere `*` is itself."""
    if text == "*":
        return Any_()
    begins, ends = text.startswith("*"), text.endswith("*") and len(text) > 1
    core = text[begins : len(text) - ends]
    if begins and ends:
        return Text("contains", core, numbers)
    if begins:
        return Text("suffix", core, numbers)
    return Text("prefix" if ends else "exact", core, numbers)


class _Parser:
    """A descent by the grammar: `||` binds least, then `&&`, then parentheses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._wildcards = self._regexes = self._depth = 0

    def _fail(self, reason: str, at: int | None = None) -> PatternError:
        return PatternError(self._text, self._at if at is None else at, reason)

    def _skip(self) -> None:
        self._at = self._matched(_SPACE).end()

    def _matched(self, pattern: "re.Pattern[str]") -> Any:
        return pattern.match(self._text, self._at)

    def _take(self, token: str) -> bool:
        self._skip()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True

    def pattern(self) -> Condition:
        """Read `{ ... }`."""
        self._take("{")
        found = self._either()
        if not self._take("}"):
            raise self._fail(
                "expected `&&`, `||` or `}`" if self._at < len(self._text) else "the pattern does not end: expected `}`"
            )
        self._skip()
        if self._at < len(self._text):
            raise self._fail("something stands behind the pattern's `}`")
        return found

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return Or.of(*parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return And.of(*parts)

    def _one(self) -> Condition:
        if not self._take("("):
            return self._condition()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fail(f"more than {_DEEPEST} parentheses stand within each other", self._at - 1)
        found = self._either()
        if not self._take(")"):
            raise self._fail("expected `&&`, `||` or `)`")
        self._depth -= 1
        return found

    def _condition(self) -> Condition:
        path = self._selector()
        self._skip()
        operator = self._matched(_OPERATOR)
        if operator is not None:
            self._at = operator.end()
            return self._comparison(path, operator[0])
        at = self._at
        word = self._word()
        if word == "IS":
            return Test(path, self._is())
        if word == "NOT":
            self._skip()
            at = self._at
            if self._word() != "EXISTS":
                raise self._fail("expected EXISTS behind NOT", at)
            return Not(Test(path, Present()))
        if word == "EXISTS":
            raise self._fail("there is no EXISTS; `= *` is true of every string and number", at)
        raise self._fail("expected =, !=, <, >, <=, >=, IS or NOT EXISTS", at)

    def _word(self) -> str:
        self._skip()
        match = self._matched(_WORD)
        if match is None:
            return ""
        self._at = match.end()
        return str(match[0])

    def _is(self) -> Check:
        self._skip()
        at = self._at
        word = self._word()
        if word == "NOT":
            raise self._fail("there is no IS NOT; compare with the other value", at)
        if word not in _IS:
            raise self._fail("expected NULL, TRUE or FALSE behind IS", at)
        return _IS[word]

    def _selector(self) -> ConditionPath:
        self._skip()
        start = self._at
        if self._text[start : start + 1] != "$":
            raise self._fail("expected a selector such as $.eventName")
        self._at += 1
        steps: list[str | int | Every] = []
        while (match := self._matched(_STEP)) is not None:
            if match["index"] is not None:
                steps.append(int(match["index"]))
            elif match["members"] or match["elements"]:
                steps.append(EACH_MEMBER if match["members"] else EACH_ELEMENT)
            else:
                steps.append(match["name"] if match["quoted"] is None else match["quoted"])
            self._at = match.end()
        if self._text[self._at : self._at + 1] in (".", "[") or not steps:
            raise self._fail("expected .name, ['name'], [index], [*] or .*")
        wildcards = sum(isinstance(step, Every) for step in steps)
        self._wildcards += wildcards
        if wildcards > 1:
            raise self._fail("a selector may have one wildcard", start)
        if self._wildcards > _MOST_WILDCARDS:
            raise self._fail(f"a pattern may have {_MOST_WILDCARDS} wildcard selectors", start)
        return tuple(steps)

    def _comparison(self, path: ConditionPath, operator: str) -> Condition:
        self._skip()
        if operator in ("=", "!="):
            check = self._value()
            return Test(path, check if operator == "=" else Differs(check))
        at = self._at
        bare = self._matched(_BARE)
        if bare is None or _NUMBER.fullmatch(bare[0]) is None:
            raise self._fail(f"`{operator}` wants a number, without quotation marks")
        self._at = bare.end()
        return Test(path, Number(operator, self._number(bare[0], at)))

    def _value(self) -> Check:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            string = self._matched(_STRING)
            if string is None:
                raise self._fail("the quotation mark does not end")
            self._at = string.end()
            return text_check(re.sub(r'\\(["\\])', r"\1", string[1]), numbers=True)
        if first == "%":
            return self._regex()
        if first == "'":
            raise self._fail("texts stand in double quotation marks")
        at = self._at
        bare = self._matched(_BARE)
        if bare is None or first in "=<>!":
            raise self._fail("expected a value")
        word = bare[0]
        mark = next((column for column, character in enumerate(word) if character in "\"'%({"), None)
        if mark is not None:
            raise self._fail(f"a value with {word[mark]!r} wants double quotation marks", at + mark)
        self._at = bare.end()
        if _NUMBER.fullmatch(word):
            return NumberOrText(self._number(word, at), word)
        return text_check(word, numbers=True)

    def _number(self, text: str, at: int) -> float:
        number = float(text) if not text.lstrip("+-").isdigit() else int(text)
        if not math.isfinite(number):
            raise self._fail("the number is too large", at)
        return number

    def _regex(self) -> Check:
        begin = self._at + 1
        end = self._text.find("%", begin)
        if end < 0:
            raise self._fail("the regular expression does not end: expected `%`")
        self._regexes += 1
        if self._regexes > _MOST_REGEXES:
            raise self._fail(f"a pattern may have {_MOST_REGEXES} regular expressions")
        self._at = end + 1
        return Search(parse_regex(self._text, begin, end))
