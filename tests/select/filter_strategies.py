"""Strategies for filter patterns, as the slow evaluator has them."""

import re

from hypothesis import strategies as st
from slow_filter import Pattern, Step
from spellings import NAMES, TEXTS

__all__ = ["filter_patterns"]

steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(NAMES)),
    st.tuples(st.just("name"), st.sampled_from(NAMES)),
    st.tuples(st.just("index"), st.integers(0, 2)),
)
paths = st.lists(steps, min_size=1, max_size=3).map(tuple)


@st.composite
def conditions(draw: st.DrawFn) -> Pattern:
    path = draw(paths)
    if draw(st.integers(0, 4)) == 0:
        every = (("all", draw(st.sampled_from(["[*]", ".*"]))),)
        path = (*path, *every) if draw(st.booleans()) else (*every, *path[1:])
    kind = draw(st.sampled_from(["compare", "compare", "compare", "is", "not exists"]))
    if kind == "not exists":
        return (kind, path)
    if kind == "is":
        return (kind, path, draw(st.sampled_from(["NULL", "TRUE", "FALSE"])))
    operator = draw(st.sampled_from(["=", "=", "!=", "<", ">", "<=", ">="]))
    number = draw(st.sampled_from(["0", "12", "1000", "1e3", "-5", "1.5", "+7"]))
    if operator not in ("=", "!="):
        return (kind, path, operator, "number", number)
    form = draw(st.sampled_from(["quoted", "quoted", "bare", "number"]))
    if form == "number":
        return (kind, path, operator, form, number)
    core = draw(st.sampled_from(TEXTS))
    text = draw(st.sampled_from(["{}", "{}*", "*{}", "*{}*"])).format(core)
    if form == "bare" and not re.fullmatch(r"[A-Za-z*./]+", text):
        form = "quoted"
    return (kind, path, operator, form, text)


filter_patterns: st.SearchStrategy[Pattern] = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda kind, parts: (kind, *parts), st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)
    ),
    max_leaves=6,
)
