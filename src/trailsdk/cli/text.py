"""Text of others on a terminal: escaped visibly, and made to fit.

Whoever calls AWS chooses user agents, names and parameters. None of it may move the cursor, change colours,
turn the direction of writing, or break a line.
"""

import codecs
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["escape", "escape_json", "fit", "is_unicode", "width_of"]

_MOST_MARKS = 3
"""Combining marks on one letter. Written languages need no more; more of them cover the lines around."""


@lru_cache(maxsize=8)
def is_unicode(encoding: str) -> bool:
    """Tell whether an encoding can spell every character."""
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def escape(text: str, encoding: str = "utf-8") -> str:
    r"""Show what is no printable character as Python would: `\n`, `\x1b`, `\u202e`, `\ud800`.

    Args:
        text: Any text, unpaired surrogates included.
        encoding: That of the terminal; what it cannot spell is escaped too.
    """
    if text.isprintable() and text.isascii():
        return text
    shown = "".join(character if is_shown else ascii(character)[1:-1] for character, is_shown in _judge(text))
    return shown if is_unicode(encoding) else shown.encode(encoding, "backslashreplace").decode(encoding)


def _judge(text: str) -> Iterator[tuple[str, bool]]:
    """Tell of each character whether it can be shown as it is."""
    marks = _MOST_MARKS
    for character in text:
        is_mark = not character.isascii() and unicodedata.category(character).startswith("M")
        is_shown = character.isprintable() and not (is_mark and marks >= _MOST_MARKS)
        yield character, is_shown
        # A mark that follows nothing, or an escape, would sit on what it does not belong to.
        marks = (marks + 1 if is_mark else 0) if is_shown else _MOST_MARKS


def escape_json(text: str, encoding: str = "utf-8") -> str:
    r"""Show JSON on a terminal: the same JSON value, where unprintable characters are spelt `\u202e`.

    Outside ASCII there are only the characters of JSON's strings, so that they can be spelt so everywhere.
    A carriage return can only stand between tokens; it would hide what stands before it on its line.
    """
    if text.isascii() and "\x7f" not in text:
        return text.replace("\r", " ")
    foreign = is_unicode(encoding)
    return "".join(
        character
        if character in "\n\t" or (is_shown and (foreign or character.isascii()))
        else _json_units(character.replace("\r", " "))
        for character, is_shown in _judge(text)
    )


def _json_units(character: str) -> str:
    r"""Spell a character as JSON does: `\u202e`, or two of them beyond the first 65,536 characters."""
    if character == " ":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def width_of(text: str) -> int:
    """Count the columns that an escaped text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int, mark: str = "…") -> str:
    """Fill an escaped text up to a number of columns, or cut it there and mark the cut."""
    missing = width - width_of(text)
    if missing >= 0:
        return text + " " * missing
    if text.isascii():
        return text[: max(width - len(mark), 0)] + mark[:width]
    from rich.cells import set_cell_size

    return set_cell_size(text, max(width - len(mark), 0)) + mark[:width]
