"""Event patterns of EventBridge: AWS's own examples and answers, errors with their place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_events import matches
from spellings import NAMES, TEXTS, documents, spelt, values

import trailsdk
from trailsdk.errors import EventPatternError
from trailsdk.select import event_pattern

DETAIL: dict[str, Any] = {
    "eventSource": "s3.amazonaws.com",
    "eventName": "PutObject",
    "state": "initializing",
    "sourceIPAddress": "10.0.0.123",
    "readOnly": False,
    "errorCode": None,
    "requestParameters": {"bucketName": "example-logs", "key": "dir1/dir2/file.png", "count": 5, "empty": []},
    "resources": [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::example-logs/a"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::example-logs"},
    ],
}
EVENT = {
    "version": "0",
    "id": "1",
    "detail-type": "AWS API Call via CloudTrail",
    "source": "aws.s3",
    "account": "111122223333",
    "time": "2026-03-07T09:00:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": DETAIL | {"eventVersion": "1.11"},
}


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ({"eventName": ["PutObject", "GetObject"]}, True),
        ({"eventName": ["putobject"]}, False),
        ({"eventName": [{"equals-ignore-case": "putobject"}]}, True),
        ({"eventName": [{"prefix": "Put"}]}, True),
        ({"eventName": [{"prefix": {"equals-ignore-case": "PUT"}}]}, True),
        ({"eventName": [{"suffix": "Object"}]}, True),
        ({"eventName": [{"suffix": {"equals-ignore-case": "OBJECT"}}]}, True),
        ({"requestParameters": {"key": [{"wildcard": "dir1/*/file.*"}]}}, True),
        ({"requestParameters": {"key": [{"wildcard": "dir1/*/file"}]}}, False),
        ({"requestParameters": {"key": [{"wildcard": r"dir1\*"}]}}, False),
        ({"state": [{"anything-but": "initializing"}]}, False),
        ({"state": [{"anything-but": ["stopped", "overloaded"]}]}, True),
        ({"state": [{"anything-but": {"prefix": "init"}}]}, False),
        ({"state": [{"anything-but": {"prefix": ["x", "init"]}}]}, False),
        ({"state": [{"anything-but": {"suffix": "izing"}}]}, False),
        ({"state": [{"anything-but": {"equals-ignore-case": ["INITIALIZING"]}}]}, False),
        ({"state": [{"anything-but": {"wildcard": "*init*"}}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"requestParameters": {"count": [{"anything-but": [5, 6]}]}}, False),
        ({"requestParameters": {"count": [{"numeric": [">", 0, "<=", 5]}]}}, True),
        ({"requestParameters": {"count": [{"numeric": ["<", 5]}]}}, False),
        ({"requestParameters": {"count": [{"numeric": ["=", 5.0]}]}}, True),
        ({"requestParameters": {"count": ["5"]}}, False),
        ({"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"sourceIPAddress": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"eventName": [{"cidr": "2001:db8::/32"}]}, False),
        ({"requestParameters": {"bucketName": [{"exists": True}]}}, True),
        ({"requestParameters": {"bucketName": [{"exists": False}]}}, False),
        ({"requestParameters": {"nothing": [{"exists": False}]}}, True),
        ({"nothing": {"below": [{"exists": False}]}}, True),
        ({"nothing": {"a": [{"exists": False}], "b": [{"exists": False}]}}, True),
        ({"nothing": {"a": ["x"], "b": [{"exists": False}]}}, False),
        ({"requestParameters": {"nothing": [{"exists": False}, "x"], "count": [5], "key": [{"prefix": "d"}]}}, True),
        # `exists` is asked of leaves, not of objects; an empty array has none.
        ({"requestParameters": [{"exists": True}]}, False),
        ({"requestParameters": {"empty": [{"exists": True}]}}, False),
        ({"errorCode": [None]}, True),
        ({"errorCode": [{"exists": True}]}, True),
        ({"errorCode": ["null"]}, False),
        ({"readOnly": [False]}, True),
        ({"readOnly": ["false"]}, False),
        ({"readOnly": [0]}, False),
        ({"$or": [{"eventName": ["X"]}, {"eventSource": [{"prefix": "s3"}]}]}, True),
        ({"state": ["x"], "$or": [{"eventName": ["PutObject"]}, {"eventName": ["GetObject"]}]}, False),
        ({"requestParameters": {"$or": [{"key": ["x"]}, {"count": [5]}]}}, True),
        # What stands together is asked of one element of an array.
        ({"resources": {"type": ["AWS::S3::Bucket"], "ARN": ["arn:aws:s3:::example-logs"]}}, True),
        ({"resources": {"type": ["AWS::S3::Object"], "ARN": ["arn:aws:s3:::example-logs"]}}, False),
        ({"detail": {"eventName": ["PutObject"]}}, True),
    ],
)
def test_operators(pattern: dict[str, Any], answer: bool) -> None:  # noqa: FBT001 (a parameter)
    """Each comparison, by an example; both evaluators agree."""
    assert event_pattern(pattern)(trailsdk.parse_record(DETAIL)) is answer
    assert matches(pattern.get("detail", pattern), DETAIL) is answer


class TestEnvelope:
    """Members of the envelope."""

    def test_they_are_asked_of_the_event(self) -> None:
        """A record that came in an event is asked together with its envelope."""
        data = json.dumps(EVENT).encode()
        [record] = trailsdk.parse(data)
        wanted = {"source": ["aws.s3"], "detail-type": [{"prefix": "AWS API"}], "detail": {"eventName": ["PutObject"]}}
        assert event_pattern(wanted)(record)
        assert not event_pattern({**wanted, "region": ["us-east-1"]})(record)
        assert not event_pattern({**wanted, "detail": {"eventName": ["GetObject"]}})(record)

    @pytest.mark.parametrize("detail", [{"eventName": ["PutObject"]}, {"eventName": ["Other"]}])
    def test_a_bare_record_has_none(self, detail: dict[str, Any]) -> None:
        """Asked of a bare record, they are an error, whatever the rest of the pattern says."""
        with pytest.raises(EventPatternError, match="only `detail`"):
            event_pattern({"source": ["aws.s3"], "detail": detail})(trailsdk.parse_record(DETAIL))

    def test_the_error_comes_from_read(self, tmp_path: Any) -> None:
        """It does not depend on what a scan of bytes would leave out."""
        (tmp_path / "a.json").write_text(json.dumps({"Records": [{"eventVersion": "1.11", **DETAIL}]}))
        with pytest.raises(EventPatternError):
            list(trailsdk.read(tmp_path, where={"source": ["aws.s3"], "detail": {"eventName": ["Other"]}}))

    def test_resources_may_be_the_records(self) -> None:
        """`resources` alone means the record's."""
        assert event_pattern({"resources": {"type": ["AWS::S3::Bucket"]}})(trailsdk.parse_record(DETAIL))


@pytest.mark.parametrize(
    ("pattern", "path", "reason"),
    [
        ({}, "", "empty object"),
        ({"eventName": []}, "eventName", "empty list"),
        ({"eventName": "PutObject"}, "eventName", "expected a list"),
        ({"eventName": {}}, "eventName", "empty object"),
        ({"detail": {"eventName": [{"prefx": "a"}]}}, "detail.eventName[0]", "there is no comparison 'prefx'"),
        ({"eventName": [{"prefix": 5}]}, "eventName[0].prefix", "expected text"),
        ({"eventName": [{"prefix": ""}]}, "eventName[0].prefix", "empty"),
        ({"eventName": [{"prefix": "a", "suffix": "b"}]}, "eventName[0]", "one operator"),
        ({"a": [{"exists": "yes"}]}, "a[0].exists", "true or false"),
        ({"a": [{"numeric": [">"]}]}, "a[0].numeric", "one or two"),
        ({"a": [{"numeric": [">", "5"]}]}, "a[0].numeric[1]", "expected a number"),
        ({"a": [{"numeric": ["!", 5]}]}, "a[0].numeric[0]", "expected one of"),
        ({"a": [{"numeric": [">", 5, ">", 6]}]}, "a[0].numeric", "a range"),
        ({"a": [{"cidr": "10.0.0.0/99"}]}, "a[0].cidr", "network"),
        ({"a": [{"wildcard": "a**b"}]}, "a[0].wildcard", "two stars"),
        ({"a": [{"wildcard": "a\\b"}]}, "a[0].wildcard", "backslash"),
        ({"a": [{"anything-but": {"numeric": [1]}}]}, "a[0].anything-but", "no 'numeric'"),
        ({"a": [{"anything-but": []}]}, "a[0].anything-but", "empty list"),
        ({"a": [[1]]}, "a[0]", "expected text, a number"),
        ({"$or": {"a": [1]}}, "$or", "list of objects"),
        ({"$or": []}, "$or", "list of objects"),
        ({"source": ["aws.s3"], "eventName": ["a"]}, "eventName", "stands in `detail`"),
        ({"detail": ["a"]}, "detail", "expected an object"),
    ],
)
def test_errors(pattern: dict[str, Any], path: str, reason: str) -> None:
    """What cannot be understood is an error that says what and where."""
    with pytest.raises(EventPatternError) as caught:
        event_pattern(pattern)
    assert caught.value.path == path
    assert reason in caught.value.reason


nonempty = st.sampled_from([text for text in TEXTS if text])
wild = (
    st.lists(st.sampled_from(["*", "P", "Put", "Policy", "a", "/", "\\*", "\\\\"]), min_size=1, max_size=4)
    .map("".join)
    .filter(lambda text: "**" not in text)
)
ends = nonempty | st.builds(lambda text: {"equals-ignore-case": text}, nonempty)
plain = st.sampled_from([*TEXTS, 0, 1, 12, 1000, 1.5])
matchers = st.one_of(
    st.sampled_from([*TEXTS, 0, 1, 12, 1000, True, False, None]),
    st.sampled_from([*TEXTS, 0, 1, 12, 1000, True, False, None]),
    st.builds(lambda text: {"prefix": text}, ends),
    st.builds(lambda text: {"suffix": text}, ends),
    st.builds(lambda text: {"equals-ignore-case": text}, nonempty),
    st.builds(lambda text: {"wildcard": text}, wild),
    st.builds(lambda given: {"anything-but": given}, plain | st.lists(plain, min_size=1, max_size=3)),
    st.builds(
        lambda name, given: {"anything-but": {name: given}},
        st.sampled_from(["prefix", "suffix", "equals-ignore-case"]),
        nonempty | st.lists(nonempty, min_size=1, max_size=2),
    ),
    st.builds(
        lambda sign, number: {"numeric": [sign, number]},
        st.sampled_from(["<", ">", "<=", ">=", "="]),
        st.sampled_from([0, 12, 1000, 1.5]),
    ),
    st.builds(lambda wanted: {"exists": wanted}, st.booleans()),
    st.just({"cidr": "10.0.0.0/24"}),
)
leaf = st.lists(matchers, min_size=1, max_size=3)
objects = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), leaf, min_size=1, max_size=2),
    lambda inner: (
        st.dictionaries(st.sampled_from(NAMES), leaf | inner, min_size=1, max_size=2)
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"$or": parts})
    ),
    max_leaves=4,
)


def denies(pattern: Any) -> bool:
    if isinstance(pattern, dict):
        return any((name == "exists" and each is False) or denies(each) for name, each in pattern.items())
    return isinstance(pattern, list) and any(map(denies, pattern))


def has_array(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_array, value.values()))
    return isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value)


class TestTwoEvaluators:
    """Two evaluators, written apart, give the same answer."""

    @given(objects, documents, st.data())
    def test_they_agree(self, pattern: dict[str, Any], document: dict[str, Any], data: st.DataObject) -> None:
        """Compiled and slow agree, however the record is spelt."""
        spelling = data.draw(spelt(document))
        read = json.loads(spelling)
        if denies(pattern) and has_array(read):
            # That something is missing is asked of all elements together; the slow one asks each.
            return
        assert event_pattern(pattern)(trailsdk.parse_record(spelling)) is matches(pattern, read)

    @given(objects, values)
    def test_arrays_are_looked_into(self, pattern: dict[str, Any], value: Any) -> None:
        """An array of one object matches as the object does."""
        wanted = {"top": pattern}
        alone, listed = ({"eventVersion": "1.11", "top": each} for each in (value, [value]))
        condition = event_pattern(wanted)
        assert condition(trailsdk.parse_record(alone)) is condition(trailsdk.parse_record(listed))
