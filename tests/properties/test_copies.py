"""Copies, equality and hashes."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, parse_record
from trailsdk.codec.heads import part_reader
from trailsdk.errors import TrailError
from trailsdk.model._fields import Part
from trailsdk.testing import built_parts, built_records, damaged, json_texts, log_files, odd_documents, odd_parts
from trailsdk.testing.strategies import parts_of

PARTS = parts_of(Record)
COPIES: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),  # noqa: S301 (it was pickled a moment ago)
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


class TestCopies:
    """Records as values.

    > attrs for the model, frozen and slotted.

    -- trailsdk, design, decision 1
    """

    @pytest.mark.parametrize("way", sorted(COPIES))
    @given(odd_documents() | st.none(), st.data())
    def test_records(self, way: str, document: dict[str, Any] | None, data: st.DataObject) -> None:
        """A copy of a record is equal to it, whether it was read or built, used or not."""
        record = data.draw(built_records()) if document is None else parse_record(document)
        if data.draw(st.booleans()):
            assert repr(record)
        again = COPIES[way](record)
        assert again == record
        assert hash(again) == hash(record)
        assert (again.raw, again.origin) == (record.raw, record.origin)
        for field in attrs.fields(Record):
            assert getattr(again, field.name) == getattr(record, field.name)

    @pytest.mark.parametrize("cls", PARTS, ids=lambda cls: cls.__name__)
    @settings(max_examples=25)
    @given(st.data())
    def test_parts(self, cls: type[Part], data: st.DataObject) -> None:
        """The same holds for every part."""
        read = odd_parts(cls).map(lambda document: part_reader(cls)(json.dumps(document).encode()))
        part = data.draw(built_parts(cls) | read)
        for way in COPIES.values():
            again = way(part)
            assert (again, hash(again), repr(again)) == (part, hash(part), repr(part))

    @given(log_files())
    def test_origins_stay(self, file: trailsdk.testing.LogFile) -> None:
        """A copy knows where its record was read."""
        for record in trailsdk.parse(file.data):
            for way in COPIES.values():
                assert way(record).origin == record.origin

    @given(damaged(log_files().map(lambda file: file.data)))
    def test_errors(self, data: bytes) -> None:
        """Errors are values too."""
        errors: list[TrailError] = []
        list(trailsdk.parse(data, on_error=errors.append))
        for error in errors:
            again = COPIES["pickle"](error)
            assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


class TestEquality:
    """Equality.

    > Equality compares decoded values; hash is by event id.

    -- trailsdk, design, decision 1
    """

    @given(odd_documents(), st.data())
    def test_spelling_does_not_matter(self, document: dict[str, Any], data: st.DataObject) -> None:
        """Records that say the same are equal, in whatever spelling and order of members."""
        names = data.draw(st.permutations(list(document)))
        one = parse_record(data.draw(json_texts(st.just(document))))
        other = parse_record(data.draw(json_texts(st.just({name: document[name] for name in names}))))
        assert one == other
        assert hash(one) == hash(other)

    @given(odd_documents(), odd_documents())
    def test_it_is_equality_of_documents(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        """Records are equal exactly where their documents are."""
        assert (parse_record(one) == parse_record(other)) is (one == other)

    @given(odd_documents(), st.data())
    def test_one_difference_matters(self, document: dict[str, Any], data: st.DataObject) -> None:
        """A record with one member less is another record."""
        if document:
            lost = data.draw(st.sampled_from(sorted(document)))
            rest = {name: value for name, value in document.items() if name != lost}
            assert parse_record(rest) != parse_record(document)

    @given(built_records())
    def test_built_and_read(self, record: Record) -> None:
        """A record that was built is equal to one that was read of what it writes."""
        again = parse_record(record.to_dict())
        assert again == record
        assert record == again
        assert hash(again) == hash(record)
