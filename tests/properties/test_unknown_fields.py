"""Fields and versions that are newer than this library."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailsdk import Record, _json, parse_record
from trailsdk.codec.heads import part_reader
from trailsdk.model._fields import Part
from trailsdk.testing import json_values, odd_parts, record_documents, unknown_names
from trailsdk.testing.strategies import parts_of

NEW_FIELDS = st.dictionaries(unknown_names(), json_values(), min_size=1, max_size=3)
WITHIN = {
    "userIdentity": lambda record: record.user_identity,
    "tlsDetails": lambda record: record.tls_details,
    "addendum": lambda record: record.addendum,
    "insightDetails": lambda record: record.insight_details,
    "timeWindow": lambda record: record.time_window,
    "summary": lambda record: record.summary,
}


class TestMinorVersions:
    """New fields.

    > Applications can ignore new fields to stay compatible with new minor versions of the event structure.

    -- AWS, CloudTrail record contents, `eventVersion`
    """

    @given(record_documents(), NEW_FIELDS)
    def test_new_fields_are_kept(self, document: dict[str, Any], new: dict[str, Any]) -> None:
        """A record with fields we do not know keeps them under their names, and is otherwise the same."""
        record, known = parse_record(document | new), parse_record(document)
        assert dict(record.extra) == dict(known.extra) | new
        assert record.user_identity == known.user_identity
        assert record.to_dict() == document | new

    @given(record_documents(), st.sampled_from(sorted(WITHIN)), NEW_FIELDS)
    def test_new_fields_of_parts_are_kept(self, document: dict[str, Any], name: str, new: dict[str, Any]) -> None:
        """A part keeps the fields we do not know, and the record is none the wiser."""
        part = (document.get(name) or {}) | new
        record = parse_record(document | {name: part})
        assert dict(WITHIN[name](record).extra) == new
        assert not record.extra

    @pytest.mark.parametrize("cls", parts_of(Record), ids=lambda cls: cls.__name__)
    @settings(max_examples=25)
    @given(st.data())
    def test_every_part_keeps_them(self, cls: type[Part], data: st.DataObject) -> None:
        """Whatever else is in a part, what is new in it is kept."""
        part, new = data.draw(odd_parts(cls)), data.draw(NEW_FIELDS)
        extra = part_reader(cls)(_json.encode(part | new)).extra
        assert {name: extra[name] for name in new} == new

    @given(record_documents(), st.integers(0, 10**6))
    def test_new_minor_versions_are_read(self, document: dict[str, Any], minor: int) -> None:
        """A newer minor version changes nothing but the version."""
        record, known = parse_record(document | {"eventVersion": f"1.{minor}"}), parse_record(document)
        assert record.event_version == (1, minor)
        assert record.to_dict() == document | {"eventVersion": f"1.{minor}"}
        assert (record.actor, record.outcome, record.event_time) == (known.actor, known.outcome, known.event_time)

    @given(record_documents())
    def test_known_fields_are_no_extra(self, document: dict[str, Any]) -> None:
        """What AWS documents has an attribute, in parts too."""
        record = parse_record(document)
        assert not record.extra
        assert not any(WITHIN[name](record).extra for name in WITHIN)
