"""The table of bad input: each row of the docs is a case here, and each case a row there."""

import gzip
import json
import re
from pathlib import Path

import pytest
from attrs import frozen

import trailsdk
from trailsdk.errors import (
    CorruptError,
    FieldError,
    MalformedFileError,
    MalformedRecordError,
    NotRecordsError,
    TooLargeError,
    TrailError,
    TrailingDataError,
    TruncatedError,
)

TABLE = Path(__file__).parents[2] / "docs/explanation/bad-input.md"

GOOD = b'{"eventVersion":"1.11","eventName":"GetObject","eventID":"%d"}'
A, B = GOOD % 1, GOOD % 2


def log_file(*records: bytes) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


def with_field(name: str, value: bytes) -> bytes:
    return A[:-1] + b',"' + name.encode() + b'":' + value + b"}"


PACKED = gzip.compress(log_file(*[GOOD % n for n in range(200)]), mtime=0)
DEEP = b"[" * 100_000 + b"]" * 100_000
NUL = b'{"eventName":"a\0b"}'


@frozen
class Case:
    """What a file gives: how many records, and which errors."""

    data: bytes
    records: int
    errors: tuple[type[TrailError], ...]
    message: str = ""


CASES = {
    "truncated gzip": Case(PACKED[:-200], 124, (TruncatedError,), "ends before its end mark"),
    "gzip without its trailer": Case(PACKED[:-8], 200, (TruncatedError,), "ends before its end mark"),
    "bad CRC": Case(PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], 0, (CorruptError,), "checksum"),
    "wrong size in the trailer": Case(PACKED[:-4] + b"\1\0\0\0", 0, (CorruptError,), "checksum"),
    "damaged compressed data": Case(PACKED[:60] + b"\xff" * 30 + PACKED[90:], 0, (CorruptError,), "damaged"),
    "bytes after the gzip member": Case(PACKED + b"\n", 0, (TrailingDataError,), "1 bytes follow"),
    "several gzip members": Case(PACKED + PACKED, 0, (TrailingDataError,), "second gzip member"),
    "gzip in gzip": Case(gzip.compress(PACKED), 0, (NotRecordsError,), "inside a gzip file"),
    "inflates beyond the limit": Case(gzip.compress(b" " * 129 * 2**20), 0, (TooLargeError,), "134217728"),
    "empty file": Case(b"", 0, (MalformedFileError,), "empty"),
    "white space only": Case(b" \n\n", 0, (MalformedFileError,), "empty"),
    "text that is no JSON": Case(b"hello", 0, (NotRecordsError,), "other than JSON"),
    "UTF-16": Case(log_file(A).decode().encode("utf-16"), 0, (MalformedFileError,), "UTF-16"),
    "byte order mark": Case(b"\xef\xbb\xbf" + log_file(A, B), 2, ()),
    "no records": Case(b'{"Records":[]}', 0, ()),
    "`Records` is null": Case(b'{"Records":null}', 0, (MalformedFileError,), "`Records` is no array"),
    "`Records` is an object": Case(b'{"Records":{}}', 0, (MalformedFileError,), "`Records` is no array"),
    "no `Records`": Case(b'{"Recs":[]}', 0, (NotRecordsError,), "unknown kind"),
    "a second `Records`": Case(log_file(A)[:-1] + b',"Records":[]}', 0, (MalformedFileError,), "stands 2 times"),
    "a second `Records`, escaped": Case(
        log_file(A)[:-1] + rb',"\u0052ecords":[]}',
        0,
        (MalformedFileError,),
        "stands 2 times",
    ),
    "further members beside `Records`": Case(b'{"x":[1],"Records":[' + A + b'],"y":{}}', 1, ()),
    "a digest file": Case(b'{"digestS3Object":"k","digestPublicKeyFingerprint":"f"}', 0, (NotRecordsError,), "digest"),
    "an S3 notification": Case(
        log_file(b'{"eventVersion":"2.1","eventSource":"aws:s3","s3":{}}'),
        0,
        (NotRecordsError,),
        "an S3 event notification",
    ),
    "a notice of delivery": Case(b'{"s3Bucket":"b","s3ObjectKey":["k"]}', 0, (NotRecordsError,), "notification"),
    "a record is null": Case(log_file(A, b"null", B), 2, (MalformedRecordError,), "this is null"),
    "a record is a text": Case(log_file(A, b'"x"', B), 2, (MalformedRecordError,), "this is a text"),
    "a record is a number": Case(log_file(A, b"5", B), 2, (MalformedRecordError,), "this is a number"),
    "a record is an array": Case(log_file(A, b"[]", B), 2, (MalformedRecordError,), "this is an array"),
    "a record is empty": Case(log_file(A, b"{}", B), 3, ()),
    "one bad byte in a record": Case(
        log_file(A, NUL, B), 2, (MalformedRecordError,), f"record 1 at byte {13 + len(A)}"
    ),
    "a quote is missing": Case(log_file(A, B[:-2] + b"}", A), 2, (MalformedRecordError,), "quotes do not match"),
    "a bracket is missing": Case(log_file(A, b'{"a":{' + B[1:], A), 2, (MalformedRecordError,), "do not match"),
    "the end is missing": Case(log_file(A, B)[:-20], 1, (MalformedRecordError,), "does not end"),
    "`NaN`": Case(log_file(A, with_field("x", b"NaN"), B), 2, (MalformedRecordError,), "NaN"),
    "a comma too many": Case(log_file(A, A[:-1] + b",}", B), 2, (MalformedRecordError,), "not JSON"),
    "bad UTF-8": Case(log_file(A, with_field("userAgent", b'"\xff"'), B), 2, (MalformedRecordError,), "not UTF-8"),
    "bad UTF-8 in a nested part": Case(
        log_file(A, with_field("requestParameters", b'{"a":["\xc0\xaf"]}'), B),
        2,
        (MalformedRecordError,),
        "not UTF-8",
    ),
    "unpaired surrogates": Case(log_file(A, with_field("userAgent", rb'"a\ud800z"'), B), 3, ()),
    "nesting bomb": Case(log_file(A, with_field("x", DEEP), B), 2, (MalformedRecordError,), "nested too deeply"),
    "nesting bomb as a file": Case(DEEP, 0, (MalformedRecordError,), "nested too deeply"),
    "integers beyond 64 bits": Case(log_file(with_field("responseElements", b"[%d]" % 10**30)), 1, ()),
    "`1e400`": Case(log_file(with_field("responseElements", b'{"n":1e400}')), 1, ()),
    "integers of 10,000 digits": Case(log_file(with_field("responseElements", b'{"n":1' + b"0" * 9999 + b"}")), 1, ()),
    "a name stands twice in a record": Case(log_file(with_field("eventName", b'"PutObject"')), 1, ()),
    "a field of another type": Case(log_file(with_field("readOnly", b"[]")), 1, ()),
    "one bad line of JSON Lines": Case(
        A + b"\n" + B[:-5] + b"\n" + B + b"\n", 2, (MalformedRecordError,), f"at byte {1 + len(A)}"
    ),
    "other things between the lines": Case(
        A + b"\n" + b'{"a":1}\n' + B, 2, (NotRecordsError,), f"at byte {1 + len(A)}"
    ),
}


def read_all(data: bytes) -> tuple[list[trailsdk.Record], list[TrailError]]:
    errors: list[TrailError] = []
    return list(trailsdk.parse(data, on_error=errors.append)), errors


class TestBadInput:
    """
    Each kind of bad input costs exactly what is bad.

    > One bad record costs one record, one bad file one file; counters always add up.

    -- design of trailsdk, principle 3
    """

    @pytest.mark.parametrize("name", CASES)
    def test_case(self, name: str) -> None:
        """A file gives the records that can be read, and the errors of the table."""
        case = CASES[name]
        records, errors = read_all(case.data)
        assert (len(records), [type(error) for error in errors]) == (case.records, list(case.errors))
        assert all(case.message in str(error) for error in errors)

    @pytest.mark.parametrize("name", CASES)
    def test_counters(self, name: str, tmp_path: Path) -> None:
        """Read from a file, the counters add up, and one file is listed."""
        case = CASES[name]
        path = tmp_path / "file"
        path.write_bytes(case.data)
        errors: list[TrailError] = []
        stream = trailsdk.read(path, on_error=errors.append)
        assert len(list(stream)) == case.records == stream.stats.yielded
        stats = stream.stats
        assert (stats.listed, stats.read + stats.failed, stats.unreached) == (1, 1, 0)
        assert stats.bad + stats.failed == len(errors) == len(case.errors)
        assert all(str(path) in str(error) for error in errors)

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.errors])
    def test_the_first_error_is_raised(self, name: str) -> None:
        """By default the first error is raised, after the records before it."""
        with pytest.raises(CASES[name].errors[0]):
            list(trailsdk.parse(CASES[name].data))

    def test_table(self) -> None:
        """The table of the docs has a row for each case, and no others."""
        rows = re.findall(r"^\| ([^|]+?) +\| ", TABLE.read_text(), re.MULTILINE)
        assert [row for row in rows if row not in ("Input", "---")] == list(CASES)


class TestLateDecoding:
    """What is well-formed JSON but has no Python value is found when it is touched, and never raises."""

    def test_numbers_beyond_floats(self) -> None:
        """`1e400` is a value that tells its text; its neighbours are as they are."""
        [record] = trailsdk.parse(CASES["`1e400`"].data)
        assert record.response_elements == {"n": trailsdk.Undecodable(b"1e400", "a number beyond 64-bit floats")}
        assert record.get("responseElements.n").raw == b"1e400"

    def test_integers_are_exact(self) -> None:
        """Integers beyond 64 bits keep all their digits."""
        [record] = trailsdk.parse(CASES["integers beyond 64 bits"].data)
        assert record.response_elements == [10**30]

    def test_integers_of_many_digits(self) -> None:
        """Python reads integers of up to 4,300 digits; longer ones tell their text."""
        [record] = trailsdk.parse(CASES["integers of 10,000 digits"].data)
        assert record.get("responseElements.n").reason == "a number of too many digits"

    def test_surrogates(self) -> None:
        """An unpaired surrogate stays what it is, and the repr stays printable."""
        record = list(trailsdk.parse(CASES["unpaired surrogates"].data))[1]
        assert record.user_agent == "a\ud800z"
        assert record.get("userAgent") == json.loads(record.raw or b"")["userAgent"]
        assert repr(record).isprintable()

    def test_the_last_of_two_members_counts(self) -> None:
        """Of a name that stands twice the last counts, as for every JSON reader; the text holds both."""
        [record] = trailsdk.parse(CASES["a name stands twice in a record"].data)
        assert record.event_name == "PutObject"
        assert b"GetObject" in (record.raw or b"")


class TestStrict:
    """With `strict=True` a field that is not of its documented type is an error."""

    @pytest.mark.parametrize(
        ("record", "field"),
        [
            (with_field("readOnly", b"[]"), "readOnly"),
            (with_field("readOnly", b'"true"'), "readOnly"),
            (with_field("userIdentity", b'{"sessionContext":{"attributes":{"mfaAuthenticated":"maybe"}}}'), "mfa"),
            (with_field("resources", b'[{"ARN":1}]'), "resources[0].ARN"),
            (with_field("eventTime", b'"noon"'), "eventTime"),
            (with_field("eventName", b'"a"'), "eventName stands twice"),
            (with_field("requestParameters", b'{"a":1,"a":2}'), "a name stands twice"),
        ],
    )
    def test_misfits(self, record: bytes, field: str) -> None:
        """The error names the field; without `strict` the record is kept and the value found in it."""
        with pytest.raises(FieldError, match=re.escape(field)):
            list(trailsdk.parse(log_file(B, record), strict=True))
        assert len(list(trailsdk.parse(log_file(B, record)))) == 2

    def test_ordinary_records_pass(self) -> None:
        """What AWS writes is not refused."""
        ordinary = with_field("userIdentity", b'{"type":"Root","sessionContext":{"sessionIssuer":{}}}')
        assert len(list(trailsdk.parse(log_file(A, ordinary, with_field("brandNew", b"{}")), strict=True))) == 3


SOUND = b'{"eventVersion":"1.11","eventID":"%d"}'
NUL_RECORD = b'{"eventVersion":"1.11","eventID":"\0"}'


class TestWhatFollows:
    """What stands behind a damaged record, or a damaged array, is read or named: nothing vanishes."""

    def test_a_second_document(self) -> None:
        """Containers in a row: damage in one costs one record."""
        records, errors = read_all(log_file(NUL_RECORD, SOUND % 1) + log_file(SOUND % 2))
        assert [record.event_id for record in records] == ["1", "2"]
        assert [type(error) for error in errors] == [MalformedRecordError]

    def test_a_second_records(self) -> None:
        """A second `Records` behind a damaged first one is an error that says so."""
        records, errors = read_all(log_file(NUL_RECORD, SOUND % 1)[:-1] + b',"Records":[' + SOUND % 2 + b"]}")
        assert [record.event_id for record in records] == ["1"]
        assert [type(error) for error in errors] == [MalformedRecordError, MalformedFileError]
        assert "second time" in str(errors[1])

    def test_garbage(self) -> None:
        """Bytes behind the container are an error."""
        _, errors = read_all(log_file(NUL_RECORD) + b" garbage!!")
        assert len(errors) == 2

    @pytest.mark.parametrize("between", [b"", b"\n", b"\n\n"])
    def test_the_first_documents_are_bad(self, between: bytes) -> None:
        """Bad documents cost themselves, also where they come first."""
        documents = [NUL_RECORD, NUL_RECORD, *(SOUND % number for number in range(5))]
        records, errors = read_all(between.join(documents))
        assert (len(records), len(errors)) == (5, 2)

    def test_an_endless_line(self) -> None:
        """A line that is too long costs itself; the memory for it is bounded."""
        long = b'{"eventName":"' + b"x" * (17 * 2**20) + b'"}'
        records, errors = read_all(b"\n".join([*[SOUND % 1] * 3, long, *[SOUND % 2] * 3]))
        assert len(records) + len(errors) == 7
        assert len(records) >= 6

    def test_many_unclosed_records(self) -> None:
        """Time stays in proportion to the size of a damaged file."""
        unclosed = (SOUND % 1)[:-1]
        _, errors = read_all(b'{"Records":[' + b",".join([unclosed] * 20_000) + b"]}")
        assert errors


class TestPlaces:
    """
    Errors name the place.

    > Every error a user can cause has a clear message with the place (location, record, offset, column).
    """

    @pytest.mark.parametrize("space", [b"", b" ", b"\n  "])
    def test_offset(self, space: bytes) -> None:
        """The offset is where the bad record begins in the inflated text."""
        bad = b'{"eventName":"\xff"}'
        data = space.join([b'{"Records":', b"[", A, b",", B, b",", bad, b",", A, b"]", b"}"])
        _, [error] = read_all(gzip.compress(data))
        assert isinstance(error, MalformedRecordError)
        assert (error.index, error.offset) == (2, data.index(bad))

    def test_no_payload_in_messages(self) -> None:
        """Payloads hold credentials: no message quotes them."""
        secret = b"wJalrXUtnFEMI"
        for bad in (b'{"eventName":"%s\0"}', b'{"%s":NaN}', b'{"%s":1', b'["%s"]', b'"%s"', b'{"a":"%s\xff"}'):
            _, errors = read_all(log_file(A, bad % secret, B))
            assert errors
            assert all("wJalr" not in str(error) and "wJalr" not in repr(error) for error in errors)
