"""Records for conditions: few values in many places, and each record's text spelt as strangely as JSON allows."""

import json
from typing import Any

from hypothesis import strategies as st

TEXTS = [
    "PutBucketPolicy",
    "Put",
    "Policy",
    "Root",
    "root",
    "1000",
    "1e3",
    "12",
    "a/b",
    'q"q',
    "b\\s",
    "Zürich",
    "😀",
    "",
    "10.0.0.7",
    "null",
    "Ev*ent",
    "\n",
]
NAMES = [
    "eventName",
    "errorCode",
    "userIdentity",
    "type",
    "requestParameters",
    "readOnly",
    "resources",
    "a.b",
    "Zoë",
    "n",
]

texts = st.sampled_from(TEXTS) | st.text(max_size=6)
numbers = st.sampled_from([0, 1, 12, 1000, -5, 1.5, 1000.0, 2**70, 1e22]) | st.integers(-20, 20)
scalars = st.one_of(texts, texts, numbers, st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=6).map(
    lambda found: {"eventVersion": "1.11", **found}
)


@st.composite
def spelt(draw: st.DrawFn, document: Any) -> str:
    """One of the many JSON texts of a value."""
    strange = draw(st.booleans())
    return _spell(draw, document, strange=strange)


def _blank(draw: st.DrawFn, *, strange: bool) -> str:
    return draw(st.sampled_from(["", "", " ", "\n\t"])) if strange else ""


def _spell(draw: st.DrawFn, value: Any, *, strange: bool) -> str:
    gap = _blank(draw, strange=strange)
    if isinstance(value, dict):
        pairs = [
            f"{gap}{_string(draw, name, strange=strange)}{gap}:{gap}{_spell(draw, each, strange=strange)}"
            for name, each in (draw(st.permutations(list(value.items()))) if strange else value.items())
        ]
        if strange and pairs and draw(st.integers(0, 5)) == 0:
            # A name that stands before: the last one counts.
            name = draw(st.sampled_from(sorted(value)))
            pairs.insert(0, f"{_string(draw, name, strange=True)}:{_spell(draw, draw(scalars), strange=True)}")
        return "{" + ",".join(pairs) + gap + "}"
    if isinstance(value, list):
        return "[" + ",".join(_spell(draw, each, strange=strange) for each in value) + gap + "]"
    if isinstance(value, str):
        return _string(draw, value, strange=strange)
    if strange and type(value) is int and value and value % 1000 == 0 and abs(value) < 10**6:
        return f"{value // 1000}{draw(st.sampled_from(['e3', 'E+3', '000', '000.0']))}"
    return json.dumps(value)


def _string(draw: st.DrawFn, text: str, *, strange: bool) -> str:
    if not strange:
        return json.dumps(text, ensure_ascii=draw(st.booleans()))
    how = draw(st.lists(st.sampled_from("pppue"), min_size=len(text), max_size=len(text)))
    return '"' + "".join(map(_character, text, how)) + '"'


def _character(character: str, how: str) -> str:
    if how == "u":
        units = character.encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{units[at : at + 4].upper()}" for at in range(0, len(units), 4))
    if character == "/" and how == "e":
        return "\\/"
    return json.dumps(character, ensure_ascii=False)[1:-1]
