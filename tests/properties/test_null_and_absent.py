"""Null is a value; absent is none."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trailsdk import parse_record
from trailsdk.testing import json_values, odd_documents, record_documents, unknown_names
from trailsdk.testing.strategies.values import aws_names

NOTHING = object()


class TestNullAndAbsent:
    """Null and absent.

    > Nothing is lost and nothing is invented: exact bytes, unknown fields, null and absent kept apart, the origin of
    > every record.

    -- trailsdk, design, principle 1
    """

    @given(odd_documents(), st.lists(st.sampled_from(aws_names()) | unknown_names(), max_size=4))
    def test_has_tells_whether_it_is_there(self, document: dict[str, Any], names: list[str]) -> None:
        """A field is there when it stands in the text, whatever its value."""
        record = parse_record(document)
        for name in [*document, *names]:
            if "'" not in name:
                assert record.has(f"['{name}']") is (name in document)
                assert record.get(f"['{name}']", NOTHING) == document.get(name, NOTHING)

    @given(record_documents(), st.data())
    def test_nulls_stay(self, document: dict[str, Any], data: st.DataObject) -> None:
        """A field that is null, and a field that is not there, look alike as attributes only."""
        known = st.sampled_from([*document, *aws_names()])
        nulls = data.draw(st.sets(known, max_size=4))
        lost = data.draw(st.sets(known, max_size=4)) - nulls
        changed = {name: value for name, value in document.items() if name not in lost} | dict.fromkeys(nulls)
        record = parse_record(changed)
        assert record.to_dict() == changed
        assert all(record.has(name) and record.get(name, NOTHING) is None for name in nulls)
        assert not any(record.has(name) for name in lost)
        assert not set(record.extra) & nulls & set(document)

    @given(record_documents(), st.dictionaries(unknown_names(), json_values(max_leaves=3), max_size=3))
    def test_nested_values_too(self, document: dict[str, Any], parameters: dict[str, Any]) -> None:
        """`get` and `has` follow paths down to any value, and tell null from absent there."""
        record = parse_record(document | {"requestParameters": [{}, parameters]})
        for name, value in parameters.items():
            if '"' not in name:
                assert record.has(f'requestParameters[1]["{name}"]')
                assert record.get(f'requestParameters[1]["{name}"]', NOTHING) == value
                assert not record.has(f'requestParameters[0]["{name}"]')
                assert record.get(f'requestParameters[0]["{name}"]', NOTHING) is NOTHING
