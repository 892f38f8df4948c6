"""The fast path and the slow path."""

from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from trailsdk import Record, _json
from trailsdk._json import INVALID
from trailsdk.codec.heads import head_type, own_fields, part_reader, read_softly
from trailsdk.codec.records import decode_head, make_record, read_head
from trailsdk.model._fields import Part, Readable
from trailsdk.model.identity import SessionAttributes
from trailsdk.model.insight import AttributionValue, Average
from trailsdk.testing import json_texts, json_values, odd_documents, odd_parts, time_texts
from trailsdk.testing.strategies import parts_of
from trailsdk.testing.strategies.values import aws_names

PARTS = parts_of(Record)


def plain(value: Any) -> Any:
    """Spell a value out, so that 1, 1.0 and True are not the same."""
    if isinstance(value, Readable):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, tuple):
        return [type(value).__name__, *map(plain, value)]
    return repr(value)


def by_fast_path(text: bytes) -> Record | None:
    try:
        return make_record(decode_head(text), text, None, 0)
    except INVALID:
        return None


def by_slow_path(text: bytes) -> Record:
    return make_record(read_head(text, []), text, None, 0)


class TestTwoPaths:
    """Two ways, one result.

    > Both paths give the same records and errors on the same bytes (a property test).

    -- trailsdk, design, decision 2
    """

    @given(json_texts(odd_documents()))
    def test_records(self, text: bytes) -> None:
        """Every attribute of a record is the same by either path, and so is `extra`."""
        fast = by_fast_path(text)
        assume(fast is not None)
        assert plain(fast) == plain(by_slow_path(text))

    @given(st.lists(st.tuples(st.sampled_from(aws_names(Record)), json_values(max_leaves=2)), max_size=4))
    def test_repeated_names(self, members: list[tuple[str, Any]]) -> None:
        """Of a name that stands twice both paths take the same value."""
        text = b"{" + b",".join(_json.encode(name) + b":" + _json.encode(value) for name, value in members * 2) + b"}"
        fast = by_fast_path(text)
        assume(fast is not None)
        assert plain(fast) == plain(by_slow_path(text))

    @given(time_texts())
    @example("0001-01-01T00:00:00+01:00")
    @example("9999-12-31T23:59:59-01:00")
    @example("9999-12-31T23:59:59.9999999Z")
    @example("2026-03-07T09:15:60Z")
    def test_times(self, spelled: str) -> None:
        """A time that both paths can read is the same time."""
        text = _json.encode({"eventTime": spelled})
        fast = by_fast_path(text)
        assume(fast is not None)
        assert plain(fast) == plain(by_slow_path(text))

    @given(time_texts())
    @example("0001-01-01T00:00:00+01:00")
    @example("9999-12-31T23:59:59-01:00")
    def test_times_of_parts(self, spelled: str) -> None:
        """The same holds for the times in parts."""
        text = _json.encode({"creationDate": spelled})
        fast = part_reader(SessionAttributes)(text)
        assert plain(fast) == plain(read_softly(SessionAttributes, _json.decode(text), [], ""))

    @pytest.mark.parametrize("cls", [Average, AttributionValue], ids=lambda cls: cls.__name__)
    @given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
    @example(1.7976931348623157e308)
    @example(-1.7976931348623157e308)
    @example(5e-324)
    @example(10**308)
    @example(10**309)
    def test_numbers_of_parts(self, cls: type[Part], number: float) -> None:
        """Numbers of any size are the same number, or none that a float holds."""
        text = _json.encode({"average": number})
        fast = part_reader(cls)(text)
        assert plain(fast) == plain(read_softly(cls, _json.decode(text), [], ""))

    @pytest.mark.parametrize("cls", PARTS, ids=lambda cls: cls.__name__)
    @settings(max_examples=25)
    @given(st.data())
    def test_parts(self, cls: type[Part], data: st.DataObject) -> None:
        """Every attribute of a part is the same by either path."""
        text = data.draw(json_texts(odd_parts(cls)))
        slow = read_softly(cls, _json.decode(text), [], "")
        assert plain(part_reader(cls)(text)) == plain(slow)

    @pytest.mark.parametrize("cls", PARTS, ids=lambda cls: cls.__name__)
    def test_the_fast_path_is_taken(self, cls: type[Part]) -> None:
        """A part as AWS writes it goes by the fast path: the above compares two things."""
        texts = {field.metadata["aws"][0]: "x" for field in own_fields(cls) if field.type == str | None}
        assert msgspec.json.decode(_json.encode(texts), type=head_type(cls)) is not None
