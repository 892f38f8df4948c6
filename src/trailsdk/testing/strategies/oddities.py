"""Documents whose fields are of types that nobody documented."""

import copy
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

from trailsdk._json import Json
from trailsdk.codec.heads import own_fields, part_class
from trailsdk.model._fields import Part, Readable
from trailsdk.model.record import Record
from trailsdk.testing.strategies._named import named
from trailsdk.testing.strategies.documents import record_documents
from trailsdk.testing.strategies.identities import Document, user_identities
from trailsdk.testing.strategies.values import aws_names, json_values, time_texts, unknown_names

__all__ = ["odd_documents", "odd_parts"]

_PLANTED: Final = st.builds("{}{}{}".format, st.text(max_size=3), st.sampled_from("\ud800\udfff"), st.text(max_size=3))
"""Texts with half of a surrogate pair: JSON can spell them, UTF-8 cannot."""

_ODD_VALUES: Final = st.one_of(
    json_values(max_leaves=4),
    time_texts(),
    _PLANTED,
    st.sampled_from(
        ["true", "FALSE", "1.08", "1.9", "01.1", "1", "", "null", "Insight", "AwsAggregatedEvent", "Root", "anonymous"],
    ),
    st.sampled_from([True, False, None, 0, 1, 1.0, 1.5, 1e300, -1e308, 1.7976931348623157e308, 2**1024]),
    st.builds(list, st.tuples(st.builds(dict))),
    st.builds(dict),
    user_identities(),
)


def odd_documents() -> st.SearchStrategy[Document]:
    """JSON objects like records, but any field may hold any JSON, at any depth.

    Wrong types, times and numbers out of range, half surrogate pairs, a field in two of its spellings.
    """
    return named("odd_documents()", _spoiled(record_documents(), aws_names()) | _made_up(Record))


def odd_parts(cls: type[Part]) -> st.SearchStrategy[Document]:
    """JSON objects like a part of a record, but any field may hold any JSON.

    Args:
        cls: The part's class.
    """
    return named(f"odd_parts({cls.__name__})", _made_up(cls))


def _made_up(cls: type[Readable], depth: int = 2) -> st.SearchStrategy[Document]:
    """Give objects with the names of a class, and values that may be right or not."""
    values: dict[str, st.SearchStrategy[Any]] = {}
    for field in own_fields(cls):
        part = part_class(field)
        value: st.SearchStrategy[Any] = _ODD_VALUES
        if part is not None and depth:
            inner = _made_up(part, depth - 1)
            value = (st.lists(inner, max_size=2) if isinstance(field.default, tuple) else inner) | value
        elif field.type == str | None:
            value = st.text(max_size=5) | value
        values |= dict.fromkeys(field.metadata["aws"], value)
    names = st.lists(st.sampled_from(sorted(values)) | unknown_names(), max_size=6, unique=True)
    return names.flatmap(lambda given: st.fixed_dictionaries({name: values.get(name, _ODD_VALUES) for name in given}))


@st.composite
def _spoiled(draw: st.DrawFn, documents: st.SearchStrategy[Document], names: list[str]) -> Document:
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        objects = list(_objects(document))
        at = draw(st.sampled_from(range(len(objects))))
        name = draw(st.sampled_from([*objects[at], *names[:: 1 + len(objects[at])]]) | unknown_names())
        objects[at][name] = draw(_ODD_VALUES)
    return document


def _objects(value: Json) -> Iterator[Document]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from _objects(member)
