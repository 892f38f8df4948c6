"""JSON values, names and times, and the texts in which they may be spelled."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any, Final

from hypothesis import strategies as st

from trailsdk._json import Json
from trailsdk.codec.heads import own_fields
from trailsdk.model._fields import Readable
from trailsdk.model.digest import Digest
from trailsdk.model.record import Record
from trailsdk.testing.strategies._named import named
from trailsdk.testing.strategies._walk import parts_of

__all__ = ["aws_names", "json_texts", "json_values", "time_texts", "unknown_names"]

_TEXTS: Final = st.text(max_size=12) | st.sampled_from(
    [
        '"',
        "\\",
        "\\u0022",
        "a\nb",
        "\x00\x1f\x7f",
        "\u2028\u202f\ufeff",
        "}]",
        '{"Records":[',
        '},{"eventVersion":',
        "null",
        "true",
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "\U0001f50e é ü",
    ],
)
_LARGE: Final = st.sampled_from([2**53 + 1, 2**63, -(2**63) - 1, 2**64, -(2**64), 10**40, 10**400])
_NUMBERS: Final = (
    st.integers() | _LARGE | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1.0])
)
_SCALARS: Final = st.none() | st.booleans() | _NUMBERS | _TEXTS


def json_values(*, max_leaves: int = 6) -> st.SearchStrategy[Json]:
    """Any JSON value: texts in every script, numbers of every size, objects and arrays in each other.

    Args:
        max_leaves: About how many scalars a value holds at most.
    """
    values: st.SearchStrategy[Json] = st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
        max_leaves=max_leaves,
    )
    return named(f"json_values(max_leaves={max_leaves})", values)


def aws_names(cls: type[Readable] | None = None) -> list[str]:
    """Give the names of AWS's fields that the model knows.

    Args:
        cls: Only those of this class; else those of records, digests and all their parts.
    """
    classes = [Record, Digest, *parts_of(Record), *parts_of(Digest)] if cls is None else [cls]
    return sorted({name for each in classes for field in own_fields(each) for name in field.metadata["aws"]})


_KNOWN: Final = frozenset(aws_names())


def unknown_names() -> st.SearchStrategy[str]:
    """Names of fields that no class of the model knows: new ones, near misses, Python's own words, any text."""
    near = st.sampled_from(
        [
            "eventOrigin",
            "EventName",
            "eventname",
            "event_name",
            "eventIDs",
            "sessionIssuers",
            "a.b",
            "it's",
            'say "it"',
            "",
            " ",
            "$",
            "extra",
            "raw",
            "origin",
            "_head",
            "__class__",
            "0",
            "ü",
        ],
    )
    return near | _TEXTS.filter(lambda name: name not in _KNOWN)


def time_texts() -> st.SearchStrategy[str]:
    """Texts of times in every spelling that records hold, and some of no time at all."""
    return st.builds(
        _spell_time,
        st.datetimes() | st.datetimes(min_value=dt.datetime(2013, 11, 13), max_value=dt.datetime(2035, 1, 1)),  # noqa: DTZ001 (the zone is spelled apart)
        st.sampled_from(["T", "T", "T", " ", "t", ""]),
        st.sampled_from(["", "", "", ".", ".5", ".123", ".000001", ".9999999", ".123456789", ",5"]),
        st.sampled_from(
            ["Z", "Z", "Z", "", "z", "+00:00", "-00:00", "+01:00", "-0730", "+05", "+24:00", "+23:59", " Z"],
        ),
        st.sampled_from(["extended", "extended", "extended", "basic", "60 seconds", "24 hours", "padded"]),
    )


def _spell_time(time: dt.datetime, between: str, fraction: str, zone: str, style: str) -> str:
    date, clock = f"{time.year:04}-{time.month:02}-{time.day:02}", f"{time:%H:%M:%S}"
    if style == "basic":
        date, clock = date.replace("-", ""), clock.replace(":", "")
    elif style == "60 seconds":
        clock = f"{clock[:6]}60"
    elif style == "24 hours":
        clock = "24:00:00"
    text = f"{date}{between}{clock}{fraction}{zone}"
    return f" {text}\t" if style == "padded" else text


@st.composite
def json_texts(draw: st.DrawFn, values: st.SearchStrategy[Json] | None = None) -> bytes:  # noqa: D417 (Hypothesis hands `draw` in)
    """Texts of JSON values in every spelling that the grammar allows, in UTF-8.

    White space between tokens, escapes in texts and names, exponents; names stand once in each object.

    Args:
        values: The values; by default any.
    """
    value = draw(json_values() if values is None else values)
    spaces = draw(st.lists(st.sampled_from(["", "", " ", "\n", "\t", "\r\n", "  "]), min_size=1, max_size=4))
    styles = draw(st.lists(st.sampled_from(["plain", "ascii", "escaped", "solidus"]), min_size=1, max_size=3))
    return "".join(_spell(value, cycle(spaces), cycle(styles))).encode()


def _spell(value: Json, spaces: Iterator[str], styles: Iterator[str]) -> Iterator[str]:
    yield next(spaces)
    if isinstance(value, Mapping):
        yield "{"
        for number, (name, member) in enumerate(value.items()):
            yield "," * bool(number) + next(spaces) + _spell_text(name, next(styles)) + next(spaces) + ":"
            yield from _spell(member, spaces, styles)
        yield next(spaces) + "}"
    elif isinstance(value, (list, tuple)):
        yield "["
        for number, member in enumerate(value):
            yield "," * bool(number)
            yield from _spell(member, spaces, styles)
        yield next(spaces) + "]"
    elif isinstance(value, str):
        yield _spell_text(value, next(styles))
    else:
        text = json.dumps(value, allow_nan=False)
        yield text.replace("e", "E") if isinstance(value, float) and next(styles) == "escaped" else text
    yield next(spaces)


def _spell_text(text: str, style: str) -> str:
    if style == "plain" and not re.search(r"[\ud800-\udfff]", text):
        return json.dumps(text, ensure_ascii=False)
    spelled = json.dumps(text)
    if style == "escaped":
        return re.sub(r"\\u....|\\.|[A-Za-z]", _escape, spelled)
    return spelled.replace("/", "\\/") if style == "solidus" else spelled


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    return f"\\u{ord(found):04X}" if len(found) == 1 else found


def fresh(value: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Give copies of a small object, so that no two documents share it."""
    return st.builds(dict, st.just(value))
