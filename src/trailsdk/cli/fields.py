"""The fields of `--fields`: paths such as `requestParameters.bucketName`, or attributes such as `actor.name`."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

import attrs
import click
from attrs import frozen

from trailsdk._json import Json, Undecodable
from trailsdk.errors import SelectorError
from trailsdk.model._fields import Part
from trailsdk.model.actor import Actor
from trailsdk.model.document import document_of
from trailsdk.model.keys import S3Key
from trailsdk.model.origin import Origin
from trailsdk.model.path import ABSENT, parse_path
from trailsdk.model.record import RECORD_FIELDS, Record
from trailsdk.model.times import EventVersion

__all__ = ["Field", "parse_fields"]

_COMPUTED: Mapping[str, type | None] = {"actor": Actor, "outcome": None, "origin": Origin, "omitted_fields": None}
"""Attributes that are no fields of CloudTrail, and the class of those that have attributes of their own."""

_HIDDEN = frozenset({"raw", "enrichments"})

_ITEM = re.compile(r"""(?:\['[^']*'\]|\["[^"]*"\]|[^,])+""")


@frozen
class Field:
    """One field that was asked for."""

    name: str
    """As it was asked for."""
    read: Callable[[Record], Json]
    """Gives its JSON value, or ABSENT."""


def parse_fields(text: str) -> tuple[Field, ...]:
    """Read a list of fields, separated by commas; a comma between brackets and quotes separates nothing.

    Raises:
        UsageError: A field cannot be there.
    """
    names = [item.strip() for item in _ITEM.findall(text)]
    if not any(names):
        raise click.UsageError("--fields: the list is empty")
    return tuple(_field(name) for name in names if name)


def _field(name: str) -> Field:
    first, *rest = name.split(".")
    # AWS writes `resources` as we do; there the value as it was written is meant.
    if first not in RECORD_FIELDS and first in _attributes(Record) | _COMPUTED.keys():
        return Field(name, _attribute(name, first, rest))
    try:
        top = parse_path(name)[0]
    except SelectorError as error:
        raise click.UsageError(f"--fields: {error}") from None
    if isinstance(top, str) and top not in RECORD_FIELDS:
        known = [*RECORD_FIELDS, *_attributes(Record), *_COMPUTED]
        by_case = [each for each in known if each.casefold() == top.casefold()]
        # Records hold fields that this library does not know, so that only what looks misspelt is refused.
        if likely := by_case or get_close_matches(top, known, n=1, cutoff=0.85):
            raise click.UsageError(f"--fields: there is no field {top!r}; is it {likely[0]!r}?")
    return Field(name, lambda record: record.get(name, ABSENT))


def _attributes(cls: type) -> Mapping[str, type | None]:
    """Give the attributes of a class of the model, and the class of those that are parts."""
    return {each.name: each.type for each in attrs.fields(cls) if each.name not in _HIDDEN}


def _attribute(name: str, first: str, rest: list[str]) -> Callable[[Record], Json]:
    cls: Any = {**_attributes(Record), **_COMPUTED}[first]
    for step in rest:
        known = _attributes(cls) if attrs.has(cls) else {}
        if step not in known:
            choices = ", ".join(known) or "it has no parts"
            raise click.UsageError(f"--fields: {name!r} has no {step!r}: {choices}")
        cls = known[step]

    def read(record: Record) -> Json:
        value: Any = record
        for step in (first, *rest):
            value = getattr(value, step, None)
        return _plain(value)

    return read


def _plain(value: Any) -> Json:
    """Turn an attribute into JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (EventVersion, S3Key)):
        return str(value)
    if isinstance(value, Part):
        return document_of(value)
    if isinstance(value, (Actor, Origin)):
        return {each.name: _plain(getattr(value, each.name)) for each in attrs.fields(type(value))}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return dict(value)
    return str(value) if isinstance(value, str) and not isinstance(value, Undecodable) else value
