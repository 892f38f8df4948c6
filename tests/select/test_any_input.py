"""Whatever is handed in as a pattern, only our errors come out."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.errors import EventPatternError, PatternError
from trailsdk.select import (
    Condition,
    event_pattern,
    event_selectors,
    failed_clauses,
    filter_pattern,
    log_filter_pattern,
    lookup_attribute,
    pushed,
)

TOKENS = [
    *("{", "}", "(", ")", "&&", "||", "$", ".", "a", "$.a", "['b']", "[0]", "[*]", ".*", "=", "!=", "<", ">="),
    *("IS", "NULL", "NOT", "EXISTS", '"x"', '"', "%", "%a+%", "[", "]", "*", "\\", "5", "1e3", "-", "?", " ", "é"),
]
texts = st.lists(st.sampled_from(TOKENS), max_size=14).map("".join) | st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "$or", "prefix", "exists", "anything-but", "numeric", "cidr", "wildcard", "detail"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=8,
)
RECORD = trailsdk.parse_record({"eventVersion": "1.11", "a": {"b": [1, "x"]}})


def use(condition: Condition) -> None:
    """Do with a condition what can be done with it."""
    assert condition(RECORD) is (not failed_clauses(condition, RECORD))
    assert isinstance(str(condition), str)
    told = pushed(condition)
    assert isinstance(told.data, str)
    lookup_attribute(condition)
    pattern = log_filter_pattern(condition)
    if pattern is not None:
        # What a service is asked is true wherever the condition is.
        assert filter_pattern(pattern)(RECORD) or not condition(RECORD)


def attempt(make: Callable[[Any], Condition], value: Any) -> Condition | PatternError | EventPatternError:
    """Make a condition, and use it; what else is raised fails the test."""
    try:
        condition = make(value)
        use(condition)
    except (PatternError, EventPatternError) as error:
        return error
    return condition


@given(texts, st.booleans())
def test_filter_patterns(text: str, braced: bool) -> None:  # noqa: FBT001 (drawn)
    """A text is a pattern, or an error with a column within it."""
    made = attempt(filter_pattern, f"{{ {text} }}" if braced else text)
    assert isinstance(made, Condition) or (isinstance(made, PatternError) and 0 <= made.column <= len(made.text))


@given(json_values)
def test_event_patterns(value: Any) -> None:
    """A JSON value is an event pattern, or an error with a path."""
    made = attempt(event_pattern, value)
    assert isinstance(made, Condition) or (isinstance(made, EventPatternError) and isinstance(made.path, str))


@given(
    st.recursive(
        json_values,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["FieldSelectors", "Field", "Equals", "DataResources", "Values"]), inner)
        ),
        max_leaves=6,
    )
)
def test_event_selectors(value: Any) -> None:
    """A JSON value is event selectors, or an error with a path."""
    made = attempt(event_selectors, value)
    assert isinstance(made, Condition) or (isinstance(made, EventPatternError) and isinstance(made.path, str))
