"""What is pushed down to keys and bytes changes how much is read, never what comes."""

import gzip
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from filter_strategies import filter_patterns
from hypothesis import given
from hypothesis import strategies as st
from slow_filter import render
from spellings import documents, spelt

import trailsdk
from trailsdk import Record, TrailError, patterns
from trailsdk.errors import CorruptError, MalformedRecordError, NotRecordsError, PatternError
from trailsdk.model.keys import LogFileKey, parse_key
from trailsdk.select import Condition, filter_pattern, match

POLICY = '{ $.eventName = "PutBucketPolicy" }'


def file_of(texts: Sequence[str | bytes]) -> bytes:
    raw = [text.encode(errors="surrogatepass") if isinstance(text, str) else text for text in texts]
    return b'{"Records":[' + b",".join(raw) + b"]}"


def names(data: bytes, where: Any) -> list[str | None]:
    return [record.event_id for record in trailsdk.read(io.BytesIO(data), where=where)]


@pytest.mark.parametrize(
    "spelling",
    [
        '"eventName":"PutBucketPolicy"',
        '"eventName" :\n"PutBucketPolicy"',
        r'"eventName":"Put\u0042ucketPolicy"',
        r'"event\u004eame":"PutBucketPolicy"',
        r'"\u0065\u0076\u0065\u006E\u0074\u004e\u0061\u006d\u0065":"\u0050ut\u0042ucketPolic\u0079"',
        r'"eventName":"GetObject","eventName":"PutBucketPolicy"',
        r'"eventName":{"a":[1]},"eventName":"PutBucketPolicy"',
        r'"userAgent":"\\u0041 \" \\","eventName":"Put\u0042ucketPolicy"',
        r'"userAgent":"Zürich \ud800","eventName":"PutBucketPolicy"',
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        POLICY,
        {"eventName": ["PutBucketPolicy"]},
        {"detail": {"eventName": [{"suffix": "Policy"}]}},
        match(event_name="PutBucketPolicy"),
        match(event_name="Put*Pol?cy"),
        "{ $.eventName = %Bucket% }",
        patterns.S3_BUCKET_POLICY_CHANGES | match(event_name="PutBucketPolicy"),
        match(event_name=["PutBucketPolicy", "A", "B", "C", "D"]),
    ],
    ids=str,
)
def test_no_spelling_hides_a_record(spelling: str, where: Any) -> None:
    """JSON can spell a text in many ways; whichever it is, the record is found."""
    other = '{"eventVersion":"1.11","eventID":"2","eventName":"GetObject"}'
    data = file_of([other, f'{{"eventVersion":"1.11","eventID":"1",{spelling}}}', other])
    assert names(data, where) == ["1"]
    assert names(data.replace(b"Records", b" Records").replace(b'" Records', b'"Records'), where) == ["1"]


@pytest.mark.parametrize(
    ("member", "pattern"),
    [
        ('"arn":"a\\/b"', '{ $.arn = "a/b" }'),
        ('"arn":"a\\u002fb"', '{ $.arn = "a/b" }'),
        ('"arn":"q\\"q"', r'{ $.arn = "q\"q" }'),
        ('"arn":"q\\u0022q"', r'{ $.arn = "q\"q" }'),
        ('"arn":"Z\\u00FCrich"', '{ $.arn = "Zürich" }'),
        ('"arn":"Zürich"', '{ $.arn = "Zürich" }'),
        ('"arn":"\\ud83d\\ude00"', '{ $.arn = "😀" }'),
        ('"arn":"\\u0009tab"', '{ $.arn = "\ttab" }'),
        ('"n":1e3', "{ $.n = 1000 }"),
        ('"n":1000.0', "{ $.n = 1000 }"),
        ('"n":1e3', '{ $.n = "1000" }'),
        ('"n":"1000"', "{ $.n = 1000 }"),
        ('"n":0.1E4', "{ $.n = 10* }"),
        ('"a.b":{"c":1}', "{ $.['a.b'].c = 1 }"),
        ('"a\\u002eb":{"\\u0063":1}', "{ $.['a.b'].c = 1 }"),
        ('"flag":tru\\u0065', None),
    ],
)
def test_odd_characters_and_numbers(member: str, pattern: str | None) -> None:
    """Characters with several spellings, and numbers, cannot fool the scan either."""
    data = file_of([f'{{"eventVersion":"1.11","eventID":"1",{member}}}', '{"eventVersion":"1.11"}'])
    if pattern is None:
        with pytest.raises(MalformedRecordError):
            names(data, "{ $.flag IS TRUE || $.eventID = 5 }")
    else:
        assert names(data, pattern) == ["1"]


class TestSameAnswers:
    """
    > The result is the same with and without each push-down.

    -- trailsdk, design, "Fast by doing less"
    """

    @given(
        filter_patterns,
        st.lists(st.lists(documents, max_size=4), min_size=1, max_size=3),
        st.sampled_from(
            [
                None,
                b"null",
                b"[1]",
                b'{"eventName":"\xff"}',
                b'{"eventName":"\\ud800Put"}',
                b'{"eventName":5}',
                b'{"n":1e999}',
            ]
        ),
        st.data(),
    )
    def test_bytes(self, pattern: Any, groups: list[list[Any]], odd: bytes | None, data: st.DataObject) -> None:
        """Records, their order, errors and counters are those of a function that decides each record."""
        try:
            condition = filter_pattern(f"{{ {render(pattern)} }}")
        except PatternError:
            return
        files = []
        for group in groups:
            texts: list[str | bytes] = [data.draw(spelt(each)) for each in group]
            if odd is not None:
                texts.insert(data.draw(st.integers(0, len(texts))), odd)
            files.append(gzip.compress(file_of(texts)) if data.draw(st.booleans()) else file_of(texts))
        self.compare(files, condition)

    def compare(self, files: list[bytes], condition: Condition) -> None:
        errors: list[TrailError] = []
        expected: list[TrailError] = []
        fast = trailsdk.read(*map(io.BytesIO, files), where=condition, on_error=errors.append)
        slow = trailsdk.read(*map(io.BytesIO, files), where=condition.test, on_error=expected.append)
        found, wanted = list(fast), list(slow)
        assert [record.raw for record in found] == [record.raw for record in wanted]
        assert fast.stats.listed == slow.stats.listed == fast.stats.read + fast.stats.pruned + fast.stats.failed
        assert fast.stats.yielded == slow.stats.yielded
        if fast.stats.pruned == 0:
            assert fast.stats == slow.stats
            assert list(map(str, errors)) == list(map(str, expected))
        strict = trailsdk.read(*map(io.BytesIO, files), where=condition, on_error=errors.append, strict=True)
        list(strict)
        assert strict.stats.pruned == 0

    @given(st.lists(documents, max_size=5), st.sampled_from(list(patterns.ALL.values())), st.data())
    def test_named_patterns(self, given_: list[Any], pattern: Any, data: st.DataObject) -> None:
        """Likewise for the patterns that ship, on records that nearly match."""
        literals = data.draw(st.lists(st.sampled_from(WORDS), max_size=3))
        texts = [data.draw(spelt({**each, **dict(zip(PLACES, literals, strict=False))})) for each in given_]
        self.compare([file_of(texts)], pattern)

    @given(st.data())
    def test_keys(self, data: st.DataObject) -> None:
        """A trail whose keys tell the truth gives the same, and fewer of its files are opened."""
        accounts, regions = ["111122223333", "123456789012"], ["eu-west-1", "us-east-1", "ap-southeast-2"]
        asked = data.draw(st.sampled_from(KEY_PATTERNS))
        condition = filter_pattern(asked)
        with tempfile.TemporaryDirectory() as folder:
            for number, (account, region) in enumerate((a, r) for a in accounts for r in regions):
                day = data.draw(st.sampled_from(["2026-03-06", "2026-03-07", "2026-03-08"]))
                key = key_of(account, region, day, number)
                record = {
                    "eventVersion": "1.11",
                    "recipientAccountId": account,
                    "awsRegion": region,
                    "eventTime": f"{day}T00:00:00Z",
                }
                path = Path(folder, str(key))
                path.parent.mkdir(parents=True)
                path.write_bytes(file_of([json.dumps(record)]))
            fast = trailsdk.read(folder, where=condition)
            slow = trailsdk.read(folder, where=condition.test)
            assert [record.raw for record in fast] == [record.raw for record in slow]
            assert fast.stats.read <= slow.stats.read


WORDS = [
    "Root",
    "AccessDenied",
    "ConsoleLogin",
    "PutBucketPolicy",
    "s3.amazonaws.com",
    "AttachRolePolicy",
    "CreateVpc",
    "kms.amazonaws.com",
    "DisableKey",
    "Client.UnauthorizedOperation",
]
PLACES = ["eventName", "errorCode", "eventSource"]
KEY_PATTERNS = [
    '{ $.recipientAccountId = "111122223333" }',
    '{ $.awsRegion = "eu-west-1" }',
    '{ $.awsRegion = "us-east-1" || $.awsRegion = "eu-west-1" }',
    '{ $.awsRegion = "ap-southeast-2" && $.recipientAccountId = "123456789012" && $.eventTime = "2026-03-07*" }',
    '{ $.eventTime = "2026-03-08*" }',
    '{ $.awsRegion != "eu-west-1" }',
    '{ $.recipientAccountId = "999" }',
    '{ $.recipientAccountId = "111122223333" || $.awsRegion = "eu-west-1" }',
]


def key_of(account: str, region: str, day: str, number: int) -> str:
    date = day.replace("-", "/")
    name = f"{account}_CloudTrail_{region}_{day.replace('-', '')}T0005Z_Abcdefghijk{number:05}.json.gz"
    key = f"AWSLogs/{account}/CloudTrail/{region}/{date}/{name}"
    assert isinstance(parse_key(key), LogFileKey)
    return key


MANY = (
    '{ $.eventName = "A" || $.eventName = 5 || $.eventName = "x*" || $.errorCode = "*Z" || $.errorCode = Y '
    "|| $.readOnly IS TRUE || ($.eventName = B && $.n = 1) || ($.eventName = B && $.n = 2) || $.userIdentity.type = R "
    "|| $.eventName IS NULL }"
)


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ({"eventName": "A"}, True),
        ({"eventName": "xA"}, True),
        ({"eventName": "Ax"}, False),
        ({"eventName": "B", "n": 1}, True),
        ({"eventName": "B", "n": 2}, True),
        ({"eventName": "B", "n": 3}, False),
        ({"eventName": "B", "errorCode": "Y"}, True),
        ({"eventName": "B", "errorCode": "aZ"}, True),
        ({"eventName": "B", "errorCode": ["Y"]}, False),
        ({"eventName": 5}, True),
        ({"eventName": 6}, False),
        ({"eventName": 5.0}, True),
        ({"eventName": 6, "errorCode": "Y"}, True),
        ({"eventName": None}, True),
        ({}, False),
        ({"readOnly": True}, True),
        ({"readOnly": "true"}, False),
        ({"readOnly": 1}, False),
        ({"eventName": 6, "readOnly": "true"}, False),
        ({"userIdentity": {"type": "R"}}, True),
        ({"userIdentity": {"type": ["R"]}}, False),
        ({"userIdentity": "R"}, False),
        ({"userIdentity": {"type": "R", "arn": 5}}, True),
    ],
    ids=str,
)
def test_many_alternatives(document: dict[str, Any], answer: bool) -> None:  # noqa: FBT001 (a parameter)
    """Alternatives are found by one look-up; values of unexpected types are looked at closely."""
    condition = filter_pattern(MANY)
    assert condition(trailsdk.parse_record({"eventVersion": "1.11", **document})) is answer
    assert condition(trailsdk.parse_record(json.dumps(document, indent=1))) is answer


def test_events_of_global_services(tmp_path: Path) -> None:
    """Events of global services name us-east-1, and may lie in another Region's folder: they are found there."""
    path = tmp_path / key_of("111122223333", "eu-west-1", "2026-03-07", 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(file_of(['{"eventVersion":"1.11","awsRegion":"us-east-1"}']))
    assert len(list(trailsdk.read(tmp_path, where=match(aws_region="us-east-1")))) == 1
    assert len(list(trailsdk.read(tmp_path, where=match(aws_region=["us-east-1", "eu-west-1"])))) == 1
    assert trailsdk.read(tmp_path, where=match(aws_region="eu-west-2")).plan[0].where is not None


def test_late_files(tmp_path: Path) -> None:
    """Files that came long after their events are looked into: nobody asked for a window."""
    path = tmp_path / key_of("111122223333", "eu-west-1", "2026-04-07", 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(file_of(['{"eventVersion":"1.11","eventTime":"2026-03-07T00:00:00Z"}']))
    assert len(list(trailsdk.read(tmp_path, where='{ $.eventTime = "2026-03-07*" }'))) == 1
    assert trailsdk.read(tmp_path, where='{ $.eventTime = "2026-04-09*" }').plan[0].first_day is not None


class TestFiles:
    """What a scan of a file's bytes does, and does not."""

    other = '{"eventVersion":"1.11","eventID":"2","eventName":"GetObject"}'

    def test_it_prunes(self) -> None:
        """A file without the literal is pruned: its records are not counted."""
        stream = trailsdk.read(io.BytesIO(gzip.compress(file_of([self.other]))), where=POLICY)
        assert list(stream) == []
        assert (stream.stats.pruned, stream.stats.read, stream.stats.seen) == (1, 0, 0)

    def test_checksums_are_checked(self) -> None:
        """A file whose checksum is wrong is told, whatever is looked for."""
        data = bytearray(gzip.compress(file_of([self.other])))
        data[-5] ^= 1
        with pytest.raises(CorruptError):
            list(trailsdk.read(io.BytesIO(bytes(data)), where=POLICY))

    @pytest.mark.parametrize(
        "data",
        [
            b'{"digestS3Object":"a","digestPublicKeyFingerprint":"b"}',
            b'{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","s3":{}}]}',
            b"no JSON",
        ],
    )
    def test_other_files_are_told(self, data: bytes) -> None:
        """What is no log file is told, whatever is looked for."""
        with pytest.raises(NotRecordsError):
            list(trailsdk.read(io.BytesIO(data), where=POLICY))

    def test_cut_files_are_told(self) -> None:
        """A file that is cut off is told, whatever is looked for."""
        data = gzip.compress(file_of([self.other] * 50))
        errors: list[TrailError] = []
        stream = trailsdk.read(io.BytesIO(data[: len(data) // 2]), where=POLICY, on_error=errors.append)
        assert list(stream) == []
        assert len(errors) == stream.stats.failed == 1

    def test_damage_in_what_cannot_hold_an_answer(self) -> None:
        """Damage inside a log file that cannot hold an answer is not looked for; with `strict` it is."""
        data = file_of([self.other, '{"eventVersion":"1.11","eventName":"GetObject" "x"}'])
        assert list(trailsdk.read(io.BytesIO(data), where=POLICY)) == []
        with pytest.raises(MalformedRecordError):
            list(trailsdk.read(io.BytesIO(data), where=POLICY, strict=True))

    def test_damage_beside_an_answer(self) -> None:
        """Damage in a file that may hold one is told, and the answer comes."""
        wanted = '{"eventVersion":"1.11","eventID":"1","eventName":"PutBucketPolicy"}'
        data = file_of([self.other, '{"eventVersion":"1.11","eventName":"GetObject" "x"}', wanted])
        errors: list[TrailError] = []
        stream = trailsdk.read(io.BytesIO(data), where=POLICY, on_error=errors.append)
        assert [record.event_id for record in stream] == ["1"]
        assert len(errors) == stream.stats.bad == 1
        assert stream.stats.filtered == 1

    def test_envelopes_are_looked_into(self) -> None:
        """Records that stand in strings, with their quotation marks escaped, or in base64, are found."""
        inner = '{"eventVersion":"1.11","eventID":"1","eventName":"PutBucketPolicy"}'
        assert names(json.dumps({"Events": [{"CloudTrailEvent": inner}]}).encode(), POLICY) == ["1"]
        assert names(f"{inner}\n{self.other}\n".encode(), POLICY) == ["1"]

    def test_untimed_records(self) -> None:
        """Records without a time are counted only where they are wanted otherwise."""
        data = file_of([self.other, '{"eventVersion":"1.11","eventName":"PutBucketPolicy"}'])
        for where in (POLICY, '{ $.eventName = "PutBucketPolicy" || $.eventName = "X" || $.n = 1 }'):
            stream = trailsdk.read(io.BytesIO(data), where=where, since="2026-03-07")
            assert len(list(stream)) == stream.stats.untimed == 1

    def test_a_function_is_asked_last(self) -> None:
        """A function in a condition is not asked of records that are out of the question."""
        asked: list[Record] = []
        data = file_of(
            [self.other, '{"eventVersion":"1.11","eventName":"PutBucketPolicy","eventTime":"2026-03-07T00:00:00Z"}']
        )

        def ask(record: Record) -> bool:
            asked.append(record)
            return True

        condition = ask & filter_pattern(POLICY)
        assert list(trailsdk.read(io.BytesIO(data), where=condition, until="2026-01-01")) == []
        assert asked == []
        assert len(list(trailsdk.read(io.BytesIO(data), where=condition))) == len(asked) == 1


def test_plan_tells(sample_trail: Path) -> None:
    """The plan says what was pushed where."""
    [plan] = trailsdk.read(sample_trail, where='{ $.awsRegion = "eu-west-1" && $.eventName = "PutBucketPolicy" }').plan
    assert plan.where is not None
    assert plan.where.keys == "Region eu-west-1"
    assert plan.where.data == '"eu-west-1" and "PutBucketPolicy"'
    [plan] = trailsdk.read(sample_trail, where=lambda _: True).plan
    assert plan.where is None


def test_corpus(corpus: Path) -> None:
    """On real records the patterns give the same with and without the scan."""
    files = sorted(corpus.rglob("*.json"))[:400]
    for pattern in patterns.ALL.values():
        fast = trailsdk.read(*files, where=pattern, on_error="skip")
        found = [record.raw for record in fast]
        if pattern is patterns.ROOT_USAGE:
            assert found
        slow = trailsdk.read(*files, where=pattern.test, on_error="skip")
        assert found == [record.raw for record in slow]
