"""Escaping and fitting, as functions."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trails import HOSTILE
from trailsdk.cli.layout import Extent, widths
from trailsdk.cli.text import escape, escape_json, fit, width_of

TEXTS = st.text(st.characters(categories=None), max_size=30)
"""Any text, unpaired surrogates included."""

ENCODINGS = st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "utf-16"])


class TestEscape:
    """Text of others."""

    @example(HOSTILE, "utf-8")
    @example(HOSTILE, "ascii")
    @given(TEXTS, ENCODINGS)
    def test_all_is_printable(self, text: str, encoding: str) -> None:
        """What comes out is printable, and the encoding can spell it."""
        shown = escape(text, encoding)
        assert shown.isprintable()
        shown.encode(encoding)

    @given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
    def test_ascii_stays(self, text: str) -> None:
        """Printable ASCII is as it was."""
        assert escape(text) == text

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("a\nb\tc", r"a\nb\tc"),
            ("\x1b[31m", r"\x1b[31m"),
            ("\x9b31m", r"\x9b31m"),
            ("\u202eabc", r"\u202eabc"),
            ("4:11\u202fPM", r"4:11\u202fPM"),
            ("\ud800", r"\ud800"),
            ("\U000e0041", r"\U000e0041"),
            ("Zoë 漢字 ครับ", "Zoë 漢字 ครับ"),
            ("e\u0301", "e\u0301"),
            ("\u0301x", r"\u0301x"),
            ("e" + "\u0301" * 4, "e" + "\u0301" * 3 + r"\u0301"),
            (r"CORP\alice", r"CORP\alice"),
        ],
    )
    def test_samples(self, text: str, shown: str) -> None:
        """Languages are shown, commands to a terminal are spelt."""
        assert escape(text) == shown


class TestEscapeJson:
    """JSON on a terminal."""

    @given(st.recursive(TEXTS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3)))
    def test_same_value(self, value: Any) -> None:
        """What is shown is the same JSON value, and printable."""
        text = json.dumps(value, ensure_ascii=False, indent=1)
        for encoding in ("utf-8", "ascii"):
            shown = escape_json(text, encoding)
            assert shown.replace("\n", "").isprintable()
            assert json.dumps(json.loads(shown)) == json.dumps(json.loads(text))
            assert encoding == "utf-8" or shown.isascii()

    def test_carriage_returns(self) -> None:
        """Between tokens they would hide what stands on their line."""
        assert escape_json('{"a":\r"\u202e"}') == r'{"a": "\u202e"}'
        assert escape_json('{"a":\r1}') == '{"a": 1}'


class TestFit:
    """Cells."""

    @given(TEXTS, st.integers(1, 40))
    def test_takes_its_width(self, text: str, width: int) -> None:
        """A cell is as wide as it should be, whatever it holds."""
        assert width_of(fit(escape(text), width)) == width

    @pytest.mark.parametrize(
        ("text", "width", "cell"),
        [("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("漢字漢字", 5, "漢字…"), ("漢字漢字", 4, "漢 …"), ("ab", 1, "…")],
    )
    def test_samples(self, text: str, width: int, cell: str) -> None:
        """It is filled up, or cut with a mark."""
        assert fit(text, width) == cell


@st.composite
def extents(draw: st.DrawFn) -> Extent:
    least = draw(st.integers(1, 20))
    ideal = draw(st.integers(least, 40))
    return Extent(ideal, least, draw(st.integers(ideal, 60)))


class TestWidths:
    """The columns of a table."""

    @given(st.lists(extents(), min_size=1, max_size=6), st.integers(1, 300), st.integers(1, 2))
    def test_they_fit(self, columns: list[Extent], total: int, gap: int) -> None:
        """The sum is the table's width, unless all columns are as narrow or as wide as they can be."""
        found = widths(columns, total, gap)
        room = total - gap * (len(columns) - 1)
        assert all(each.least <= width <= each.most for each, width in zip(columns, found, strict=True))
        assert sum(found) == min(max(room, sum(each.least for each in columns)), sum(each.most for each in columns))
