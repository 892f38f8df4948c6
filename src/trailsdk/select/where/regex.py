r"""Regular expressions of filter patterns, matched in linear time.

The language has no groups: a pattern is some alternatives, each a row of characters or character classes with a
quantifier. Such a row needs no backtracking. Its states are the bits of a number, and what follows a state and a
character is computed once, so that a text costs one look-up a character whatever the pattern.

Source: Amazon CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
"""

import re
import string
from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from trailsdk.errors import PatternError

__all__ = ["Regex", "parse_regex"]

_LITERALS = frozenset(string.ascii_letters + string.digits + ":_#=@/;,-")
_OPERATORS = frozenset("^$?[]{}|\\*+.")
_DIGITS = frozenset(string.digits)
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_SPACE = frozenset(" \t\n\r\f\v")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_COUNT = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}", re.ASCII)
_HEX = re.compile(r"x([0-9A-Fa-f]{2})")
_MOST_STATES = 1000
"""Characters that the alternatives may ask for in all, repetitions counted out."""
_MOST_KNOWN = 20_000
"""Transitions that are remembered; beyond, they are forgotten and computed again."""


@frozen
class _Characters:
    """A set of characters, or all others."""

    members: frozenset[str]
    others: bool = False

    def __contains__(self, character: str) -> bool:
        return (character in self.members) is not self.others

    @property
    def only(self) -> str | None:
        """The one character of the set."""
        return next(iter(self.members)) if len(self.members) == 1 and not self.others else None


@frozen
class _Item:
    """One character to come; it may be skipped, or come again."""

    characters: _Characters
    optional: bool = False
    repeated: bool = False


@frozen
class _Row:
    """One alternative."""

    items: tuple[_Item, ...]
    at_begin: bool
    at_end: bool


@define(eq=False)
class Regex:
    """A parsed expression. Equal where the text is."""

    text: str
    rows: tuple[_Row, ...] = field(repr=False)
    _machine: "_Machine | None" = field(default=None, init=False, repr=False)

    def search(self, text: str) -> bool:
        """Tell whether it matches anywhere in a text, in time linear to the text's length."""
        if self._machine is None:
            self._machine = _Machine(self.rows)
        return self._machine.search(text)

    @property
    def literal(self) -> str:
        """The longest text that every match holds; empty where there is none."""
        if len(self.rows) > 1:
            return ""
        runs = [""]
        for item in self.rows[0].items:
            only = item.characters.only
            if only is None or item.optional:
                runs.append("")
            elif item.repeated:
                runs += [runs[-1] + only, ""]
            else:
                runs[-1] += only
        return max(runs, key=len)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regex) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


class _Machine:
    """Follows all alternatives at once.

    A state's bit says that its item may come next; the last bit of a row, that it has ended.
    """

    def __init__(self, rows: tuple[_Row, ...]) -> None:
        self._items: list[_Item] = []
        self._places: list[int] = []
        self._begin = self._anywhere = self._done = self._done_at_end = 0
        place = 0
        for row in rows:
            first = 1 << place
            for item in row.items:
                self._items.append(item)
                self._places.append(place)
                place += 1
            self._begin |= first
            self._anywhere |= 0 if row.at_begin else first
            self._done |= 0 if row.at_end else 1 << place
            self._done_at_end |= 1 << place
            place += 1
        self._optional = self._bits(lambda item: item.optional)
        self._repeated = self._bits(lambda item: item.repeated)
        self._masks: dict[str, int] = {}
        self._known: dict[tuple[int, str], int] = {}
        self._begin, self._anywhere = self._skipped(self._begin), self._skipped(self._anywhere)

    def _bits(self, has: Callable[[_Item], bool]) -> int:
        return sum(1 << place for place, item in zip(self._places, self._items, strict=True) if has(item))

    def _skipped(self, states: int) -> int:
        """Add the states that are reached by skipping what may be skipped."""
        while (more := states | (states & self._optional) << 1) != states:
            states = more
        return states

    def _next(self, states: int, character: str) -> int:
        mask = self._masks.get(character)
        if mask is None:
            mask = self._masks[character] = self._bits(lambda item: character in item.characters)
        taken = states & mask
        # What may come again and must not come at all is skipped to its end by being optional.
        following = self._skipped(taken << 1 | taken & self._repeated) | self._anywhere
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._masks.clear()
        self._known[states, character] = following
        return following

    def search(self, text: str) -> bool:
        states, known, done = self._begin, self._known, self._done
        if states & done:
            return True
        for character in text:
            following = known.get((states, character))
            states = self._next(states, character) if following is None else following
            if states & done:
                return True
        return bool(states & self._done_at_end)


def parse_regex(text: str, begin: int, end: int) -> Regex:
    r"""Read a regular expression.

    Args:
        text: The pattern that it stands in.
        begin: Where it begins, behind the `%`.
        end: Where it ends, before the `%`.

    Raises:
        PatternError: It uses what the language does not have, such as groups.
    """
    return _Parser(text, begin, end).regex()


class _Parser:
    def __init__(self, text: str, begin: int, end: int) -> None:
        self._text, self._at, self._end, self._begin = text, begin, end, begin
        self._size = 0

    def _fail(self, reason: str, at: int | None = None) -> PatternError:
        return PatternError(self._text, self._at if at is None else at, reason)

    def _peek(self) -> str:
        return self._text[self._at] if self._at < self._end else ""

    def regex(self) -> Regex:
        if self._begin == self._end:
            raise self._fail("the regular expression is empty")
        rows = [self._row()]
        while self._peek() == "|":
            self._at += 1
            rows.append(self._row())
        return Regex(self._text[self._begin : self._end], tuple(rows))

    def _row(self) -> _Row:
        items: list[_Item] = []
        at_begin = self._peek() == "^"
        self._at += at_begin
        while (character := self._peek()) not in ("", "|"):
            if character == "$":
                self._at += 1
                if self._peek() not in ("", "|"):
                    raise self._fail("`$` stands at the end of an alternative only", self._at - 1)
                return _Row(tuple(items), at_begin, at_end=True)
            if character == "^":
                raise self._fail("`^` stands at the begin of an alternative only")
            characters = self._characters(character)
            for item in self._quantified(characters):
                self._size += 1
                if self._size > _MOST_STATES:
                    raise self._fail(f"the regular expression asks for more than {_MOST_STATES} characters")
                items.append(item)
        return _Row(tuple(items), at_begin, at_end=False)

    def _characters(self, character: str) -> _Characters:
        if character == ".":
            self._at += 1
            return _Characters(frozenset("\n"), others=True)
        if character == "[":
            return self._set()
        if character == "\\":
            return self._escape()
        if character in _LITERALS:
            self._at += 1
            return _Characters(frozenset(character))
        if character in _OPERATORS:
            raise self._fail(f"`{character}` has nothing before it that it could belong to")
        raise self._fail(f"{character!r} has no place in a regular expression of CloudWatch Logs; escape it with \\xhh")

    def _escape(self) -> _Characters:
        at = self._at
        self._at += 1
        character = self._peek()
        self._at += 1
        if not character:
            raise self._fail("the regular expression ends with a backslash", at)
        if (known := _CLASSES.get(character.lower())) is not None:
            return _Characters(known, others=character.isupper())
        if character == "x":
            match = _HEX.match(self._text, self._at - 1, self._end)
            if match is None:
                raise self._fail("expected two hexadecimal digits behind `\\x`", at)
            self._at = match.end()
            return _Characters(frozenset(chr(int(match[1], 16))))
        if character.isascii() and not character.isalnum() and character.isprintable():
            return _Characters(frozenset(character))
        raise self._fail(f"there is no escape `\\{character}`", at)

    def _set(self) -> _Characters:
        start = self._at
        self._at += 1
        others = self._peek() == "^"
        self._at += others
        members: set[str] = set()
        first = True
        while (character := self._peek()) != "]" or first:
            if not character:
                raise self._fail("the set of characters does not end", start)
            one = self._member()
            low = one.only
            if low is not None and self._peek() == "-" and self._text[self._at + 1 : self._end][:1] not in ("", "]"):
                self._at += 1
                at = self._at
                high = self._member().only
                if high is None or high < low:
                    raise self._fail("the range of characters is empty", at)
                members.update(map(chr, range(ord(low), ord(high) + 1)))
            elif one.others:
                members.update(character for character in map(chr, range(128)) if character in one)
            else:
                members.update(one.members)
            first = False
        self._at += 1
        return _Characters(frozenset(members), others)

    def _member(self) -> _Characters:
        character = self._peek()
        if character == "\\":
            return self._escape()
        if character not in _LITERALS | _OPERATORS or not character:
            raise self._fail(f"{character!r} has no place in a set of characters; escape it with \\xhh")
        self._at += 1
        return _Characters(frozenset(character))

    def _quantified(self, characters: _Characters) -> Iterator[_Item]:
        """Count a quantifier out."""
        character = self._peek()
        low, high = 1, 1
        endless = False
        at = self._at
        if character in ("?", "*", "+"):
            self._at += 1
            low, endless = int(character == "+"), character != "?"
        elif character == "{":
            match = _COUNT.match(self._text, self._at, self._end)
            if match is None:
                raise self._fail("expected a repetition such as {2}, {2,} or {2,5}")
            self._at = match.end()
            low = int(match[1])
            endless = match[2] is not None and match[3] is None
            high = low if match[2] is None else int(match[3] or low)
            if high < low:
                raise self._fail("the repetition's end is below its begin", at)
        if self._at > at and self._peek() in ("?", "*", "+", "{") and self._peek():
            raise self._fail("a quantifier stands behind a quantifier")
        if endless:
            yield from (_Item(characters) for _ in range(low - 1))
            # One or more; or none as well.
            yield _Item(characters, optional=low == 0, repeated=True)
        else:
            yield from (_Item(characters) for _ in range(low))
            yield from (_Item(characters, optional=True) for _ in range(high - low))
