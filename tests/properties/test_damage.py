"""Damaged files."""

import gzip
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, TrailError
from trailsdk.errors import GzipError, MalformedRecordError, TruncatedError
from trailsdk.testing import LogFile, damaged, log_files, record_documents

DOCUMENTS = st.lists(record_documents(), min_size=1, max_size=4)
INVALID_BYTES = st.sampled_from([b"\xff", b"\xc3", b"\x00", b"\x1f", b"\xed\xa0\x80"])
"""What must not stand in a JSON text in UTF-8, wherever it is put."""
STRUCTURE = frozenset(b'{}[]"\\')
EDITS = st.binary(max_size=1) | st.sampled_from([b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b" ", b"0"])


def is_plain(document: dict[str, Any]) -> bool:
    """Tell whether only JSON's own brackets and quotes stand in a text, and no object behind a comma."""
    text = json.dumps(document, ensure_ascii=False)
    strings = "".join(re.findall(r'"(?:[^"\\]|\\.)*"', text))
    return not re.search(r", \{", text) and not re.search(r"[][{}\\]", strings)


PLAIN = st.lists(record_documents().filter(is_plain), min_size=2, max_size=4)


def log_file(texts: Sequence[bytes]) -> bytes:
    return b'{"Records":[' + b",".join(texts) + b"]}"


def read_all(data: bytes) -> tuple[list[Record], list[TrailError]]:
    errors: list[TrailError] = []
    return list(trailsdk.parse(data, on_error=errors.append)), errors


class TestAnyBytes:
    """Any bytes.

    > Whatever bytes come in, only our errors come out, also in mid-iteration.

    -- trailsdk, style, errors
    """

    @given(damaged(log_files(packed=False).map(lambda file: file.data)))
    def test_damaged_text(self, data: bytes) -> None:
        """Damaged text gives records and our errors."""
        for strict in (False, True):
            try:
                records = list(trailsdk.parse(data, strict=strict))
            except TrailError:
                continue
            assert all(isinstance(record, Record) for record in records)

    @given(damaged(log_files(packed=True).map(lambda file: file.data)))
    def test_damaged_gzip(self, data: bytes) -> None:
        """Damaged gzip data gives records and our errors."""
        records, errors = read_all(data)
        assert all(isinstance(error, TrailError) for error in errors)
        assert all(json.loads(record.raw or b"") == record.to_dict() for record in records)

    @given(damaged(log_files().map(lambda file: file.data)).map(lambda data: gzip.compress(data, 1)))
    def test_damage_before_packing(self, data: bytes) -> None:
        """Damage before packing is damage of the text, or a gzip file inside another."""
        records, errors = read_all(data)
        assert all(str(error) for error in errors)
        assert all(repr(record) for record in records)

    @given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
    def test_any_bytes(self, data: bytes) -> None:
        """Bytes that never were a file give an error, or nothing."""
        records, errors = read_all(data)
        assert records or errors or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{")

    @given(st.text('{}[]",:\\ \n0enrtuv', max_size=60))
    def test_any_brackets(self, text: str) -> None:
        """Brackets and quotes in any order give records of JSON, or errors."""
        records, errors = read_all(text.encode())
        assert all(str(error) for error in errors)
        assert all(json.loads(record.raw or b"") == record.to_dict() for record in records)

    @given(damaged(log_files().map(lambda file: file.data)))
    def test_the_first_error_is_raised(self, data: bytes) -> None:
        """What is raised at the first error is what would be handed over; the same records come before it."""
        records, errors = read_all(data)
        seen: list[Record] = []
        if not errors:
            assert [record.raw for record in trailsdk.parse(data)] == [record.raw for record in records]
            return
        with pytest.raises(TrailError) as raised:
            seen.extend(trailsdk.parse(data))
        assert (type(raised.value), raised.value.args) == (type(errors[0]), errors[0].args)
        assert [record.raw for record in seen] == [record.raw for record in records[: len(seen)]]


class TestOneBadRecord:
    """One record.

    > Bad input costs exactly what is bad. One bad record costs one record, one bad file one file; counters always add
    > up.

    -- trailsdk, design, principle 3
    """

    @given(DOCUMENTS, st.data())
    def test_a_bad_byte_in_a_record(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """A byte that is no JSON costs the record in which it stands, and no other."""
        texts = [json.dumps(document).encode() for document in documents]
        which = data.draw(st.sampled_from(range(len(texts))))
        at = data.draw(st.integers(1, len(texts[which]) - 1))
        bad = texts[which][:at] + data.draw(INVALID_BYTES) + texts[which][at:]
        records, errors = read_all(log_file([*texts[:which], bad, *texts[which + 1 :]]))
        assert [record.raw for record in records] == [*texts[:which], *texts[which + 1 :]]
        (error,) = errors
        assert isinstance(error, MalformedRecordError)
        assert error.index == which
        assert error.offset == len(log_file(texts[:which])) - 2 + bool(which)

    @given(DOCUMENTS, st.data())
    def test_a_bad_value_in_a_record(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """A value that is no JSON costs its record, while brackets and quotes come out even."""
        texts = [json.dumps(document).encode() for document in documents]
        which = data.draw(st.sampled_from(range(len(texts))))
        value = data.draw(st.sampled_from([b"NaN", b"nul", b"01", b"{,}", b"[1 2]", b"", b'"\\x"', b"'a'", b"{} {}"]))
        bad = texts[which][:-1] + b',"badValue":' + value + b"}"
        records, errors = read_all(log_file([*texts[:which], bad, *texts[which + 1 :]]))
        assert [record.raw for record in records] == [*texts[:which], *texts[which + 1 :]]
        assert [type(error) for error in errors] == [MalformedRecordError]

    @given(DOCUMENTS, EDITS, st.integers(0, 1), st.data())
    def test_one_edit(self, documents: list[dict[str, Any]], put: bytes, gone: int, data: st.DataObject) -> None:
        """A byte that is put in, taken out or replaced costs its record at most, while brackets come out even."""
        texts = [json.dumps(document).encode() for document in documents]
        which = data.draw(st.sampled_from(range(len(texts))))
        at = data.draw(st.integers(1, len(texts[which]) - 1))
        assume(STRUCTURE.isdisjoint(put + texts[which][at : at + gone]) and texts[which][at - 1 : at] != b"\\")
        edited = texts[which][:at] + put + texts[which][at + gone :]
        records, errors = read_all(log_file([*texts[:which], edited, *texts[which + 1 :]]))
        raws = [record.raw for record in records]
        assert raws in ([*texts[:which], edited, *texts[which + 1 :]], [*texts[:which], *texts[which + 1 :]])
        assert len(records) + len(errors) == len(texts)

    @given(PLAIN, EDITS, st.integers(0, 1), st.data())
    def test_one_edit_anywhere(
        self, documents: list[dict[str, Any]], put: bytes, gone: int, data: st.DataObject
    ) -> None:
        """Where brackets do not come out even, all the records before come, and none comes that was not there."""
        texts = [json.dumps({"eventVersion": "1.08"} | document).encode() for document in documents]
        which = data.draw(st.sampled_from(range(len(texts) - 1)))
        at = data.draw(st.integers(1, len(texts[which]) - 1))
        edited = texts[which][:at] + put + texts[which][at + gone :]
        file = log_file([*texts[:which], edited, *texts[which + 1 :]])
        place = len(log_file(texts[:which])) - 2 + bool(which) + at
        records, errors = read_all(file)
        raws = [record.raw or b"" for record in records]
        assert raws[:which] == texts[:which]
        assert all(raw in texts or raw in file[max(place - len(raw), 0) : place + 1 + len(raw)] for raw in raws)
        assert errors or len(raws) == len(texts)

    @given(DOCUMENTS, st.data())
    def test_a_line_that_is_bad(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """In JSON Lines any damage costs the line in which it stands, once a sound line says what the file is."""
        texts = [json.dumps(document).encode() for document in documents]
        which = data.draw(st.sampled_from(range(len(texts))))
        at = data.draw(st.integers(1, len(texts[which]) - 1))
        lines = [*texts, texts[which][:at], *texts]
        records, errors = read_all(b"\n".join(lines))
        assert [record.raw for record in records] == [*texts, *texts]
        assert [type(error) for error in errors] == [MalformedRecordError]

    @given(DOCUMENTS, st.sampled_from([b"1", b'"text"', b"null", b"[]", b"true"]), st.data())
    def test_what_is_no_record(self, documents: list[dict[str, Any]], other: bytes, data: st.DataObject) -> None:
        """An element that is no object costs itself."""
        texts = [json.dumps(document).encode() for document in documents]
        which = data.draw(st.integers(0, len(texts)))
        records, errors = read_all(log_file([*texts[:which], other, *texts[which:]]))
        assert [record.raw for record in records] == texts
        assert [type(error) for error in errors] == [MalformedRecordError]


class TestTruncatedFiles:
    """Cut files.

    > The stream ends before its end mark. The records before the cut still come, then this.

    -- trailsdk, `TruncatedError`
    """

    @given(log_files(packed=True), st.data())
    def test_records_before_the_cut(self, file: LogFile, data: st.DataObject) -> None:
        """Of a file that is cut anywhere come its first records, unchanged, and then that it is cut."""
        cut = data.draw(st.integers(2, len(file.data) - 1))
        records, errors = read_all(file.data[:cut])
        assert [record.to_dict() for record in records] == list(file.documents)[: len(records)]
        assert isinstance(errors[-1], GzipError)
        assert len(errors) == 1

    @given(st.lists(record_documents(), min_size=2, max_size=4), st.data())
    def test_a_file_that_is_only_cut(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """A log file that lacks no more than its trailer gives all records, and the error."""
        texts = [json.dumps(document).encode() for document in documents]
        packed = gzip.compress(log_file(texts), compresslevel=1, mtime=0)
        records, errors = read_all(packed[: data.draw(st.integers(-8, -1))])
        assert [record.raw for record in records] == texts
        assert [type(error) for error in errors] == [TruncatedError]

    @given(st.lists(record_documents(), min_size=1, max_size=4), st.data())
    def test_what_is_whole_comes(self, documents: list[dict[str, Any]], data: st.DataObject) -> None:
        """Every record that ends before the cut of the text comes."""
        texts = [json.dumps(document).encode() for document in documents]
        whole = log_file(texts)
        cut = data.draw(st.integers(0, len(whole) - 1))
        stored = gzip.compress(whole[:cut], compresslevel=1, mtime=0)[:-8]
        ends = [len(log_file(texts[: number + 1])) - 2 for number in range(len(texts))]
        records, errors = read_all(stored)
        assert [record.raw for record in records] == [text for text, end in zip(texts, ends, strict=True) if end <= cut]
        assert [type(error) for error in errors] == [TruncatedError]
