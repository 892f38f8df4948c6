"""Records whose fields are of types that nobody documented."""

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailsdk import Actor, Outcome, Record, TrailError, parse, parse_record
from trailsdk.codec.heads import own_fields, part_reader, parts_reader
from trailsdk.model._fields import Part, Readable
from trailsdk.testing import json_texts, json_values, odd_documents, odd_parts, record_documents, unknown_names
from trailsdk.testing.strategies import parts_of
from trailsdk.testing.strategies.values import aws_names

PARTS = parts_of(Record)
SPELLED = [field for field in own_fields(Record) if len(field.metadata["aws"]) > 1]
PLANTED = "wJalrXUtnFEMI"
PAYLOADS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "annotation")
NAMES = (st.sampled_from(aws_names()) | unknown_names().filter(lambda name: "'" not in name)).map("['{}']".format)
PATHS = st.builds("{}{}{}".format, NAMES, *[NAMES | st.integers(0, 3).map("[{}]".format) | st.just("")] * 2)


def touch(value: object) -> None:
    """Look at every attribute, at any depth."""
    if isinstance(value, Readable):
        for field in attrs.fields(type(value)):
            touch(getattr(value, field.name))
        assert "\n" not in repr(value)
        assert isinstance(bool(value), bool)
        assert value == value  # noqa: PLR0124 (comparing is what is tested)
        hash(value)
    elif isinstance(value, tuple):
        for each in value:
            touch(each)
    elif isinstance(value, Mapping):
        assert len(list(value.items())) == len(value)


class TestSoftTypes:
    """Unexpected types.

    > Only well-formed JSON is demanded of a record. A field of an unexpected type never rejects the record: the typed
    > attribute is `None` or the lenient value, the raw value stays reachable.

    -- trailsdk, design, decision 3
    """

    @given(odd_documents())
    def test_everything_can_be_touched(self, document: dict[str, Any]) -> None:
        """No attribute of any record raises, nor do comparing and hashing."""
        record = parse_record(document)
        touch(record)
        assert isinstance(record.actor, Actor)
        assert record.outcome is None or isinstance(record.outcome, Outcome)
        assert set(record.omitted_fields) <= set(document)

    @given(odd_documents(), PATHS)
    def test_every_path_can_be_asked_for(self, document: dict[str, Any], path: str) -> None:
        """No path raises, and what is there is found."""
        record = parse_record(document)
        assert record.has(path) or record.get(path, PLANTED) == PLANTED

    @given(odd_documents())
    def test_values_stay_reachable(self, document: dict[str, Any]) -> None:
        """What an attribute cannot hold stands in `extra`, under its name."""
        record = parse_record(document)
        assert all(document[name] == value for name, value in record.extra.items())
        for field in attrs.fields(Record):
            for name in field.metadata.get("aws", ()):
                value = document.get(name)
                if getattr(record, field.name) is None and value is not None:
                    assert record.extra[name] == value

    @pytest.mark.parametrize("field", SPELLED, ids=lambda field: field.name)
    @given(record_documents(), st.data())
    def test_both_spellings(self, field: "attrs.Attribute[Any]", document: dict[str, Any], data: st.DataObject) -> None:
        """Of a field that stands in two spellings one is the attribute's, and the other is not lost."""
        both = {name: data.draw(st.text(max_size=5) | json_values(max_leaves=2)) for name in field.metadata["aws"]}
        record = parse_record(document | both)
        held = [getattr(record, field.name), *(record.extra[name] for name in both if name in record.extra)]
        assert all(value is None or value in held for value in both.values())
        assert {name: record.get(name) for name in both} == both

    @pytest.mark.parametrize("cls", parts_of(Record), ids=lambda cls: cls.__name__)
    def test_what_is_absent_is_absent(self, cls: type[Part]) -> None:
        """A part in which nothing stands but what is new has no other values."""
        part = part_reader(cls)(b'{"brandNew":[1]}')
        assert dict(part.extra) == {"brandNew": [1]}
        assert hash(part) == hash(cls())
        assert all(getattr(part, field.name) == field.default for field in own_fields(cls))

    @pytest.mark.parametrize("cls", PARTS, ids=lambda cls: cls.__name__)
    @settings(max_examples=25)
    @given(st.data())
    def test_every_part_can_be_touched(self, cls: type[Part], data: st.DataObject) -> None:
        """No attribute of any part raises; what fits no attribute stands in `extra`."""
        document = data.draw(odd_parts(cls))
        part = part_reader(cls)(data.draw(json_texts(st.just(document))))
        touch(part)
        assert all(document[name] == value for name, value in part.extra.items())
        for field in attrs.fields(cls):
            for name in field.metadata.get("aws", ()):
                if getattr(part, field.name) is None and document.get(name) is not None:
                    assert part.extra[name] == document[name]

    @pytest.mark.parametrize("cls", PARTS, ids=lambda cls: cls.__name__)
    @settings(max_examples=25)
    @given(st.data())
    def test_no_part_at_all(self, cls: type[Part], data: st.DataObject) -> None:
        """What is no object, or no array, gives an empty part or none."""
        text = data.draw(json_texts())
        touch(part_reader(cls)(text))
        touch(parts_reader(cls)(text))


class TestRepr:
    """What is shown of a record.

    > `repr` is one line (time, source, name, actor, event id); no repr, log or error quotes payloads: they hold
    > credentials.

    -- trailsdk, design, `Record`
    """

    @given(odd_documents())
    def test_it_is_one_printable_line(self, document: dict[str, Any]) -> None:
        """Whatever a client chose as its name, it cannot write to the terminal."""
        shown = repr(parse_record(document))
        assert shown.isprintable()
        assert len(shown) < 2000

    @given(record_documents(), st.sampled_from(PAYLOADS), json_values(max_leaves=3))
    def test_payloads_are_not_shown(self, document: dict[str, Any], name: str, value: Any) -> None:
        """Nothing of a payload is in the repr of a record."""
        record = parse_record(document | {name: {PLANTED: [PLANTED, value]}})
        assert PLANTED not in repr(record)
        assert PLANTED not in str(record)

    @given(record_documents(), st.sampled_from(PAYLOADS), st.integers(0, 3000), st.binary(max_size=3))
    def test_payloads_are_not_in_errors(self, document: dict[str, Any], name: str, at: int, put: bytes) -> None:
        """Nothing of a payload is in the error of a record that is damaged."""
        text = b'{"Records":[' + (parse_record({name: {PLANTED: PLANTED}} | document).raw or b"") + b"]}"
        errors: list[TrailError] = []
        for record in parse(text[:at] + put + text[at + len(put) + 1 :], on_error=errors.append, strict=True):
            assert PLANTED not in repr(record)
        assert all(PLANTED not in str(error) + repr(error) for error in errors)
