"""Values of the model: read from documents, or built by keyword."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs
from hypothesis import strategies as st

from trailsdk import _json
from trailsdk._json import Json
from trailsdk.codec.heads import part_class
from trailsdk.codec.records import decode_record
from trailsdk.model._fields import Part
from trailsdk.model.record import Record
from trailsdk.model.times import EventVersion
from trailsdk.testing.strategies._named import named
from trailsdk.testing.strategies._walk import parts_of
from trailsdk.testing.strategies.documents import record_documents
from trailsdk.testing.strategies.identities import ACCOUNTS, Document
from trailsdk.testing.strategies.values import json_values, unknown_names

__all__ = ["built_parts", "built_records", "event_versions", "parts_of", "read_document", "records"]

_PartT = TypeVar("_PartT", bound=Part)


def records(category: str | None = None) -> st.SearchStrategy[Record]:
    """Records that were read from what AWS writes, with their text in `raw`.

    Args:
        category: As in `record_documents`.
    """
    return record_documents(category).map(read_document)


def read_document(document: Document) -> Record:
    """Read a record from its document, by way of its text."""
    return decode_record(_json.encode(document))


def built_records() -> st.SearchStrategy[Record]:
    """Records that were built by keyword: any combination of fields, each of its type; without `raw`."""
    made: st.SearchStrategy[Record] = _built(Record)
    return named("built_records()", made)


def built_parts(cls: type[_PartT]) -> st.SearchStrategy[_PartT]:
    """Parts that were built by keyword.

    Args:
        cls: The class, such as `trailsdk.UserIdentity`.
    """
    made: st.SearchStrategy[_PartT] = _built(cls)
    return named(f"built_parts({cls.__name__})", made)


def _built(cls: Any) -> Any:
    given = {each.alias: _values_of(each) for each in attrs.fields(cls) if each.init and each.name != "enrichments"}
    return st.fixed_dictionaries({}, optional=given).map(lambda fields: cls(**fields))


def event_versions() -> st.SearchStrategy[EventVersion]:
    """Versions of the event structure, those of the future included."""
    return st.builds(EventVersion, st.integers(0, 3) | st.just(1), st.integers(0, 120))


_TEXTS: Final = st.sampled_from([*ACCOUNTS, "AwsApiCall", "ConsoleLogin", "AssumedRole", "AccessDenied"]) | st.text(
    max_size=10
)
_TIMES: Final = st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-7, minutes=-30))]))
_TYPES: Final[list[tuple[Any, st.SearchStrategy[Any]]]] = [
    (str | None, _TEXTS),
    (bool | None, st.booleans()),
    (int | None, st.integers()),
    (float | None, st.floats(allow_nan=False, allow_infinity=False)),
    (float | int | None, st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
    # A day from either end of the calendar: the zone must not lead out of it.
    (dt.datetime | None, _TIMES.filter(lambda time: 2 <= time.year <= 9998)),  # noqa: PLR2004 (the calendar's ends)
    (EventVersion | None, event_versions()),
    (Mapping[str, Json], st.dictionaries(st.text(max_size=5), json_values(max_leaves=2), max_size=2)),
    (Any, json_values(max_leaves=3)),
]


def _values_of(field: "attrs.Attribute[Any]") -> st.SearchStrategy[Any]:
    if field.name == "extra":
        return st.dictionaries(unknown_names(), json_values(max_leaves=2), max_size=2)
    part = part_class(field)
    if part is not None:
        inner: st.SearchStrategy[Any] = _built(part)
        return st.lists(inner, max_size=2).map(tuple) if isinstance(field.default, tuple) else inner
    return next(values for kind, values in _TYPES if field.type == kind)
