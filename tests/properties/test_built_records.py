"""Records that were built or changed by keyword."""

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from trailsdk import Record, UserIdentity, parse_record
from trailsdk.codec.encode import encode_line, encode_record
from trailsdk.codec.records import decode_record
from trailsdk.testing import built_parts, built_records, odd_documents, records

FIELDS = [field.name for field in attrs.fields(Record) if "aws" in field.metadata]


def attributes(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in [*FIELDS, "extra"]}


class TestBuiltRecords:
    """Records built by keyword.

    > A record built by keyword writes null for absent `requestParameters`/`responseElements` and leaves other `None`s
    > out.

    -- trailsdk, design, decision 3
    """

    @given(built_records())
    def test_reading_undoes_writing(self, record: Record) -> None:
        """What is written of a built record reads back as an equal record, attribute by attribute."""
        again = decode_record(encode_record(record))
        assert again == record
        assert attributes(again) == attributes(record)
        assert again.to_dict() == record.to_dict()

    @given(built_records())
    def test_lines(self, record: Record) -> None:
        """A line of NDJSON says the same."""
        assert decode_record(encode_line(record)) == record

    @given(built_records())
    def test_nones_are_left_out(self, record: Record) -> None:
        """Of a built record only the request and the response are written as null."""
        document = record.to_dict()
        given_fields = {name for name in FIELDS if getattr(record, name) is not None}
        nulls = {name for name, value in document.items() if value is None and name not in record.extra}
        assert nulls == {
            aws
            for aws, name in (("requestParameters", "request_parameters"), ("responseElements", "response_elements"))
            if name not in given_fields
        }

    @given(built_records(), st.sampled_from(FIELDS))
    def test_get_reads_what_would_be_written(self, record: Record, name: str) -> None:
        """`get` and `has` speak of the document that would be written."""
        document = record.to_dict()
        for aws in attrs.fields_dict(Record)[name].metadata["aws"]:
            assert record.has(aws) is (aws in document)
            assert record.get(aws) == document.get(aws)


class TestChangedRecords:
    """Records changed with `attrs.evolve`.

    > attrs for the model, frozen and slotted, so that editors, `attrs.fields` and Hypothesis see them.

    -- trailsdk, design, decision 1
    """

    @settings(max_examples=50)
    @given(records(), st.sampled_from(FIELDS), st.data())
    def test_one_field_changes(self, record: Record, name: str, data: st.DataObject) -> None:
        """Only the field that is changed is another, and what is written says so."""
        value = getattr(data.draw(built_records()), name)
        changed = attrs.evolve(record, **{name: value})
        expected = attributes(record) | {name: value}
        assert attributes(changed) == expected
        assert changed.raw is None
        assert attributes(decode_record(encode_record(changed))) == expected

    @given(odd_documents(), st.sampled_from(FIELDS), st.data())
    def test_what_did_not_fit_gives_way(self, document: dict[str, Any], name: str, data: st.DataObject) -> None:
        """A value that is set is read back, also where one stood that did not fit; the others stay."""
        record = parse_record(document)
        value = getattr(data.draw(built_records()), name)
        changed = attrs.evolve(record, **{name: value})
        again = decode_record(encode_record(changed))
        if value not in (None, attrs.fields_dict(Record)[name].default):
            assert getattr(again, name) == value
        for other in FIELDS:
            if other != name:
                assert getattr(again, other) == getattr(record, other)

    @given(records(), built_parts(UserIdentity))
    def test_the_old_record_stays(self, record: Record, identity: UserIdentity) -> None:
        """A record that was read is not changed by making another one of it."""
        before = attributes(record), record.raw, record.to_dict()
        assert attrs.evolve(record, user_identity=identity).user_identity == identity
        assert (attributes(record), record.raw, record.to_dict()) == before

    @given(records())
    def test_a_copy_without_changes(self, record: Record) -> None:
        """A copy by keyword has every attribute of its model."""
        assert attributes(attrs.evolve(record)) == attributes(record)
