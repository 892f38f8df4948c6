"""Containers that are odd, cut or damaged, and what still comes out of them."""

import base64
import gzip
import json

import pytest

import trailsdk
from trailsdk import TrailError
from trailsdk.errors import MalformedRecordError, TruncatedError

A, B = b'{"eventVersion":"1.0"}', b'{"eventVersion":"1.08"}'
LONE = b'{"eventVersion":"1.08","userAgent":"\\ud800"}'
TIME = b"2026-03-07T09:15:00.000Z "


def read_all(data: bytes) -> tuple[list[bytes | None], list[TrailError]]:
    errors: list[TrailError] = []
    return [record.raw for record in trailsdk.parse(data, on_error=errors.append)], errors


def log_file(*records: bytes) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


def bridged(record: bytes) -> bytes:
    return b'{"detail-type":"AWS API Call via CloudTrail","detail":' + record + b"}"


def cut(text: bytes) -> bytes:
    """Compress a text, and leave the trailer out."""
    return gzip.compress(text, mtime=0)[:-8]


class TestOddForms:
    """
    > One record type, whatever the source. File, S3, CloudWatch Logs, event history, queue message: the same
    > `Record`.

    -- trailsdk, design, principle 2
    """

    @pytest.mark.parametrize(
        "data",
        [
            log_file(A) + b"\n" + B + b"\n",
            A + b"\n" + log_file(B),
            log_file() + log_file(A) + b" " + B,
            log_file(A) + b"\r\n" + log_file(B) + b"\r\n",
            A + b"\n[" + B + b"]\n",
            bridged(A) + b"\n" + B,
            A + B,
            b"[" + A + b"," + bridged(B) + b"]",
        ],
    )
    def test_containers_among_records(self, data: bytes) -> None:
        """Lines, lists and documents in a row may hold containers and envelopes beside records."""
        assert read_all(data) == ([A, B], [])

    @pytest.mark.parametrize(
        "data",
        [
            LONE,
            LONE + b"\n" + B,
            B + b"\n" + LONE,
            log_file(LONE, B),
            b"[" + LONE + b"]",
            bridged(LONE),
            bridged(B) + b"\n" + bridged(LONE),
            b"[" + bridged(LONE) + b"," + bridged(B) + b"]",
            TIME + LONE,
            b'{"Events":[{"Username":"\\ud800","CloudTrailEvent":' + json.dumps(LONE.decode()).encode() + b"}]}",
        ],
    )
    def test_half_surrogate_pairs(self, data: bytes) -> None:
        """Half of a surrogate pair, escaped, is JSON, in whatever form the record comes."""
        raws, errors = read_all(data)
        assert LONE in raws
        assert not errors

    @pytest.mark.parametrize("around", [b"\n", b" ", b"\r\n\t"])
    def test_white_space_is_not_of_the_record(self, around: bytes) -> None:
        """A record that is the whole file has no white space around it."""
        assert read_all(A + around) == ([A], [])
        assert read_all(around + A) == ([A], [])
        assert read_all(b"\xef\xbb\xbf" + around + A + around) == ([A], [])

    def test_lines_within_a_document(self) -> None:
        """A pretty-printed document is one, also where one of its lines would be one by itself."""
        pretty = b'{\n  "eventVersion": "1.0",\n  "resources": [\n    {}\n  ]\n}'
        assert read_all(pretty + A) == ([pretty, A], [])
        assert read_all(log_file(pretty, b'{"eventVersion":NaN}', A))[0] == [pretty, A]

    def test_a_compressed_message_with_half_a_pair(self) -> None:
        """A message of CloudWatch Logs, compressed inside another, gives its records all the same."""
        message = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": LONE.decode()}]}).encode()
        packed = base64.b64encode(gzip.compress(message)).decode()
        assert read_all(json.dumps({"awslogs": {"data": packed}}).encode()) == ([LONE], [])


class TestDamage:
    """
    > Bad input costs exactly what is bad. One bad record costs one record, one bad file one file.

    -- trailsdk, design, principle 3
    """

    @pytest.mark.parametrize("name", ["eventSource", "eventVersion", "userAgent", "requestParameters"])
    def test_bad_utf8(self, name: str) -> None:
        """Bad UTF-8 costs its record, in whichever field it stands."""
        raws, errors = read_all(log_file(b'{"%b":"\xff"}' % name.encode(), A))
        assert raws == [A]
        assert [type(error) for error in errors] == [MalformedRecordError]

    def test_nested_objects_are_no_records(self) -> None:
        """A record that lacks its first bracket costs itself; what is nested in it does not come out."""
        raws, errors = read_all(log_file(b'"eventVersion":"1.0","resources":[{"a":1},{"type":"b"}]}', B, A))
        assert raws == [B, A]
        assert errors

    @pytest.mark.parametrize("bad", [b'{"eventVersion":NaN}', b'{"eventVersion":"\xff"}', b'{"eventVersion":}'])
    def test_envelopes_beside_damage(self, bad: bytes) -> None:
        """In a list of envelopes damage costs one of them, and the others are opened as ever."""
        raws, errors = read_all(b"[" + b",".join([bridged(A), bridged(bad), bridged(B)]) + b"]")
        assert raws == [A, B]
        assert [type(error) for error in errors] == [MalformedRecordError]

    @pytest.mark.parametrize("frame", [b'{"Records":[\n%b\n]}', b"[\n%b\n]", b'{\n"Records":[\n%b\n]}'])
    @pytest.mark.parametrize("which", range(4))
    def test_one_record_a_line(self, frame: bytes, which: int) -> None:
        """In an array that has a line for each record, one bad record costs one record."""
        lines = [A, B, A, B]
        lines[which] = b'{"eventVersion":NaN}'
        raws, errors = read_all(frame % b",\n".join(lines))
        assert raws == lines[:which] + lines[which + 1 :]
        assert [type(error) for error in errors] == [MalformedRecordError]

    @pytest.mark.parametrize("data", [b'{"Records":[]' + A + b"]}", b'{"Records":[' + A + b",]" + B + b"]}"])
    def test_an_array_that_ends_early(self, data: bytes) -> None:
        """Records that stand behind the end of their array are not passed over in silence."""
        assert read_all(data)[1]


class TestCutFiles:
    """
    > The stream ends before its end mark. The records before the cut still come, then this.

    -- trailsdk, `TruncatedError`
    """

    @pytest.mark.parametrize("text", [b"", b"\xef\xbb\xbf[]", b"  {}", b" \n", TIME + A, b'{"Rec', b'{"Events":[{"Clo'])
    @pytest.mark.parametrize("size", [0, 1, 2, 4, 20])
    def test_too_little_is_left(self, text: bytes, size: int) -> None:
        """Where nothing shows what the file was, it is a truncated one, and nothing else."""
        raws, errors = read_all(cut(text[:size]))
        assert not raws
        assert [type(error) for error in errors] == [TruncatedError]

    @pytest.mark.parametrize(
        "text",
        [
            b'{"Records":[' + A,
            b'{"Records":[' + A + b",",
            b'{"Records":[' + A + b"]",
            b'{"Records":[' + A + b"," + B[:9],
            b"[" + A,
            b"[" + A + b", " + B[:1],
            b"[" + bridged(A) + b"," + bridged(B)[:-1],
            A,
            A + b"\n",
            A + b"\n" + B[:1],
            A + b"\n" + B[:-1],
            A + B[:-1],
            TIME + A,
            TIME + A + b"\n" + TIME[:4],
            TIME + A + b"\n" + TIME + B[:-1],
        ],
    )
    def test_cut_behind_a_record(self, text: bytes) -> None:
        """The records before the cut come, and one error."""
        raws, errors = read_all(cut(text))
        assert raws == [A]
        assert [type(error) for error in errors] == [TruncatedError]
