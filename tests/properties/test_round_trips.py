"""From bytes to records and back."""

import io
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, Undecodable, parse_record
from trailsdk.codec.encode import encode_line, encode_record
from trailsdk.testing import json_texts, odd_documents, record_documents, records

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


class TestExactBytes:
    """Texts.

    > Encoding writes `raw` where there is one; NDJSON removes white space between tokens only.

    -- trailsdk, design, decision 3
    """

    @given(json_texts(odd_documents()))
    def test_writing_undoes_reading(self, text: bytes) -> None:
        """A record that was read is written byte for byte."""
        record = parse_record(text)
        assert record.raw == text
        assert encode_record(record) == text

    @given(json_texts(odd_documents()))
    def test_a_line_is_the_same_record(self, text: bytes) -> None:
        """A line of NDJSON has the record's tokens in their order, and no newline but the last."""
        line = encode_line(parse_record(text))
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert b"\r" not in line
        assert TOKEN.findall(line) == TOKEN.findall(text)
        assert b"".join(TOKEN.findall(text)) == line[:-1]
        assert parse_record(line).to_dict() == parse_record(text).to_dict()

    @given(st.lists(records(), max_size=4), st.sampled_from(["records", "ndjson"]))
    def test_what_is_written_reads_back(self, given_records: list[Record], form: Any) -> None:
        """Records that are written are read as the same records, in their order."""
        file = io.BytesIO()
        assert trailsdk.write(given_records, file, format=form) == len(given_records)
        if form == "records" or given_records:
            assert list(trailsdk.parse(file.getvalue())) == given_records

    @given(st.lists(json_texts(record_documents()), max_size=4))
    def test_log_files_keep_the_bytes(self, texts: list[bytes]) -> None:
        """Records that are read from a log file have exactly the bytes that stand between its commas."""
        data = b'{"Records":[' + b",".join(texts) + b"]}"
        assert [record.raw for record in trailsdk.parse(data)] == [text.strip() for text in texts]


class TestDecodedValues:
    """Values.

    > Numbers keep their kind: integers of any size, floats; one that no Python number holds is an `Undecodable`.

    -- trailsdk, `_json.decode`
    """

    @given(json_texts(odd_documents()))
    def test_the_standard_library_reads_the_same(self, text: bytes) -> None:
        """`to_dict` gives what the standard library's json gives, kinds of numbers included."""
        expected = json.loads(text)
        document = parse_record(text).to_dict()
        assert document == expected
        assert repr(document) == repr(expected)

    @given(NUMBERS)
    def test_numbers(self, text: str) -> None:
        """A number is read as the standard library reads it, or is kept as text where that gives infinity."""
        record = parse_record('{"additionalEventData":' + text + "}")
        expected = json.loads(text)
        found = record.additional_event_data
        if expected in (float("inf"), float("-inf")):
            assert isinstance(found, Undecodable)
            assert found.raw == text.encode()
            assert encode_line(record) == b'{"additionalEventData":%b}\n' % text.encode()
        else:
            assert (type(found), repr(found)) == (type(expected), repr(expected))
            assert repr(record.to_dict()) == repr({"additionalEventData": expected})

    @given(odd_documents())
    def test_mappings_are_read_as_they_are(self, document: dict[str, Any]) -> None:
        """A record that was made of a mapping says what the mapping says."""
        assert parse_record(document).to_dict() == document
