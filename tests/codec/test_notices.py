"""Notices of new files, in every wrapping."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailsdk.codec.notices import Delivered, Event, Nothing, Notice, Unknown, read_notice

KEY = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/07/111122223333_CloudTrail_us-east-1_20260307T0935Z_a.json.gz"
SNS = "arn:aws:sns:us-east-1:111122223333:trail"


def _sns(message: str) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "m", "TopicArn": SNS, "Message": message, "Signature": "x"}


def _s3(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "org-trail"}, "object": {"key": quote_plus(key), "sequencer": "0A"}},
            }
            for key in keys
        ]
    }


def _bridge(key: str) -> dict[str, Any]:
    return {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": "org-trail"}, "object": {"key": key, "version-id": "v"}},
    }


_WRAPPINGS: list[Callable[[str], dict[str, Any]]] = [
    _sns,
    lambda text: {"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": text}]},
    lambda text: {"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": SNS, "Message": text}}]},
]

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
wrappings = st.lists(st.sampled_from(_WRAPPINGS), max_size=5)


def _wrapped(value: Any, layers: list[Callable[[str], dict[str, Any]]]) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    for layer in layers:
        text = json.dumps(layer(text))
    return text


def _keys(notices: list[Notice]) -> list[str]:
    return [each.key for each in notices if isinstance(each, Delivered)]


@given(st.lists(keys, min_size=1, max_size=4), wrappings)
def test_the_same_keys_in_any_wrapping(wanted: list[str], layers: list[Callable[[str], dict[str, Any]]]) -> None:
    """CloudTrail's notice and S3's give the same keys, in order, however they are wrapped."""
    own = read_notice(_wrapped({"s3Bucket": "org-trail", "s3ObjectKey": wanted}, layers))
    of_s3 = read_notice(_wrapped(_s3(*wanted), layers))
    bridged = [each for key in wanted for each in read_notice(_wrapped(_bridge(key), layers))]
    assert _keys(own) == _keys(of_s3) == _keys(bridged) == wanted
    assert len(own) == len(of_s3) == len(bridged) == len(wanted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(keys, max_size=3), st.lists(json_values, max_size=3), st.randoms(use_true_random=False), wrappings)
def test_garbage_costs_only_itself(
    wanted: list[str], garbage: list[Any], order: Any, layers: list[Callable[[str], dict[str, Any]]]
) -> None:
    """Entries that are nothing, among good ones, are told one by one; the good ones come."""
    entries = [*_s3(*wanted)["Records"], *garbage]
    order.shuffle(entries)
    notices = read_notice(_wrapped({"Records": entries}, layers))
    assert sorted(_keys(notices)) == sorted(wanted)
    assert sum(isinstance(each, Unknown) for each in notices) == len(garbage)


@given(st.text() | json_values.map(json.dumps), wrappings)
def test_any_text(text: str, layers: list[Callable[[str], dict[str, Any]]]) -> None:
    """Whatever a message says, it is understood or told to be unknown."""
    [notice] = read_notice(_wrapped(text, layers))
    assert isinstance(notice, (Unknown, Nothing))


@pytest.mark.parametrize(
    "body",
    [
        "CloudTrail validation message.",
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "org-trail"},
        {"Type": "SubscriptionConfirmation", "TopicArn": SNS, "Message": "You have chosen"},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRemoved:Delete", "s3": {}}]},
        {"detail-type": "Object Deleted", "source": "aws.s3", "detail": {}},
    ],
)
@pytest.mark.parametrize("layers", [[], [_sns]])
def test_what_speaks_of_no_object(body: Any, layers: list[Callable[[str], dict[str, Any]]]) -> None:
    """Test events, validation texts and other changes are no errors."""
    [notice] = read_notice(_wrapped(body, layers))
    assert isinstance(notice, Nothing)


def test_what_is_told_of_an_object() -> None:
    """Version, order, content and size, where they are told; in whichever spelling the service has for them."""
    facts = {"size": 7, "eTag": "e", "versionId": "v", "sequencer": "0A"}
    of_s3 = _s3(KEY)
    of_s3["Records"][0]["s3"]["object"].update(facts)
    bridged = _bridge(KEY)
    bridged["detail"]["object"].update({"size": 7, "etag": "e", "version-id": "v", "sequencer": "0A"})
    wanted = [Delivered("org-trail", KEY, "v", "0A", "e", 7)]
    assert read_notice(json.dumps(of_s3)) == read_notice(json.dumps(bridged)) == wanted
    of_s3["Records"][0]["s3"]["object"].update({"size": -1, "eTag": 7, "versionId": [], "sequencer": ""})
    assert read_notice(json.dumps(of_s3)) == [Delivered("org-trail", KEY)]


@pytest.mark.parametrize("kind", ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"])
def test_events_with_a_record(kind: str) -> None:
    """An event of EventBridge that has a record in it is given whole."""
    event = {"version": "0", "detail-type": kind, "source": "aws.s3", "detail": {"eventID": "e"}}
    [notice] = read_notice(_wrapped(event, [_sns]))
    assert isinstance(notice, Event)
    assert json.loads(notice.raw) == event


@pytest.mark.parametrize(
    "body",
    [
        {"Records": [{"eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "eventName": "GetObject"}]},
        {"s3Bucket": "", "s3ObjectKey": KEY},
        {"s3Bucket": "org-trail", "s3ObjectKey": None},
        {"Type": "Notification", "TopicArn": SNS},
        {"detail-type": "Object Created", "source": "aws.s3", "detail": None},
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": []}]},
    ],
)
def test_what_is_no_notice(body: Any) -> None:
    """A log file, which also has `Records`, and notices without their names are told to be unknown."""
    [notice] = read_notice(json.dumps(body))
    assert isinstance(notice, Unknown)


def test_keys_are_decoded_where_they_are_encoded() -> None:
    """S3 encodes keys as a form does; CloudTrail and EventBridge do not."""
    body = _s3("x")
    body["Records"][0]["s3"]["object"]["key"] = "a+b%3Dc%2Bd"
    assert _keys(read_notice(json.dumps(body))) == ["a b=c+d"]
    assert _keys(read_notice(json.dumps(_bridge("a+b%3D")))) == ["a+b%3D"]
    assert _keys(read_notice(json.dumps({"s3Bucket": "b", "s3ObjectKey": "a+b%3D"}))) == ["a+b%3D"]


def test_too_deep() -> None:
    """Wrappings without end are given up."""
    assert read_notice(_wrapped(_s3(KEY), [_sns] * 9)) == [Unknown("wrapped more than 8 times")]


@pytest.mark.parametrize(
    ("one", "other", "later"), [("0A", "9", True), ("9", "0A", False), ("00ff", "FE", True), ("1", None, None)]
)
def test_sequencers(one: str, other: str | None, later: bool | None) -> None:  # noqa: FBT001 (a parameter of the test)
    """Sequencers are compared as hexadecimal numbers of any length."""
    assert Delivered("b", "k", sequencer=one).is_later(Delivered("b", "k", sequencer=other)) is later
