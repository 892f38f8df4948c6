"""Keyword tests, event selectors, and what services can be asked."""

from typing import Any

import pytest

import trailsdk
from trailsdk import Record
from trailsdk.errors import EventPatternError, UsageError
from trailsdk.select import (
    LookupAttribute,
    event_selectors,
    failed_clauses,
    filter_pattern,
    log_filter_pattern,
    lookup_attribute,
    match,
    pushed,
)

ROLE = "arn:aws:iam::111122223333:role/deploy"
PUT = {
    "eventVersion": "1.11",
    "eventName": "PutObject",
    "eventSource": "s3.amazonaws.com",
    "sourceIPAddress": "198.51.100.7",
    "readOnly": False,
    "recipientAccountId": "111122223333",
    "eventCategory": "Data",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/eve",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "deploy"}},
    },
    "resources": [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::example-logs/2026/a"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::example-logs"},
    ],
}


def record_of(**changed: Any) -> Record:
    return trailsdk.parse_record({name: value for name, value in (PUT | changed).items() if value is not ...})


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, True),
        ({"event_name": "PutObject"}, True),
        ({"event_name": "Put*"}, True),
        ({"event_name": "put*"}, False),
        ({"event_name": "P?tObj[ae]ct"}, True),
        ({"event_name": "P*t*t"}, True),
        ({"event_name": ["GetObject", "Put*"]}, True),
        ({"event_name": "Put*", "event_source": "ec2*"}, False),
        ({"actor_arn": ROLE}, True),
        ({"actor_arn": "*:role/dep*"}, True),
        ({"actor_arn": "arn:aws:sts::111122223333:assumed-role/deploy/eve"}, False),
        ({"actor_name": "deploy"}, True),
        ({"source_ip_address": "198.51.100.0/24"}, True),
        ({"source_ip_address": "203.0.113.0/24"}, False),
        ({"source_ip_address": "198.51.100.*"}, True),
        ({"error_code": "*"}, False),
        ({"read_only": False}, True),
        ({"read_only": True}, False),
        ({"identity_type": "AssumedRole"}, True),
        ({"resource_arn": "arn:aws:s3:::example-logs"}, True),
        ({"resource_type": "AWS::S3::*"}, True),
        ({"recipient_account_id": "111122223333"}, True),
    ],
)
def test_keywords(asked: dict[str, Any], answer: bool) -> None:  # noqa: FBT001 (a parameter)
    """All that is given must hold; of several texts one."""
    assert match(**asked)(record_of()) is answer


@pytest.mark.parametrize(
    "asked",
    [
        {"event_name": 5},
        {"event_name": [5]},
        {"event_name": []},
        {"recipient_account_id": [111122223333]},
        {"read_only": "yes"},
        {"source_ip_address": "198.51.100.0/99"},
    ],
)
def test_wrong_keywords(asked: dict[str, Any]) -> None:
    """A value of the wrong type is an error that names the keyword."""
    with pytest.raises(UsageError, match=next(iter(asked))):
        match(**asked)


def test_error_code_star_is_any_error() -> None:
    """`*` is any text that is there."""
    assert match(error_code="*")(record_of(errorCode="AccessDenied"))


DATA = {"Field": "eventCategory", "Equals": ["Data"]}
OBJECTS = {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}


def advanced(*fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": "some", "FieldSelectors": [DATA, OBJECTS, *fields]}]


class TestAdvancedSelectors:
    """
    > selectors OR-ed; fields AND-ed ... all Not must hold and at least one of Equals, StartsWith, EndsWith.

    -- AWS, CloudTrail, `AdvancedFieldSelector`
    """

    @pytest.mark.parametrize(
        ("selectors", "answer"),
        [
            (advanced(), True),
            (advanced({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::example-logs/"]}), True),
            (advanced({"Field": "resources.ARN", "Equals": ["arn:aws:s3:::example-logs"]}), False),
            (advanced({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::example-logs/"]}), False),
            (advanced({"Field": "eventName", "Equals": ["x"], "StartsWith": ["Put"]}), True),
            (advanced({"Field": "eventName", "StartsWith": ["Put"], "NotEquals": ["PutObject"]}), False),
            (advanced({"Field": "eventName", "NotEquals": ["GetObject"]}), True),
            (advanced({"Field": "readOnly", "Equals": ["false"]}), True),
            (advanced({"Field": "readOnly", "Equals": ["true"]}), False),
            (advanced({"Field": "userIdentity.arn", "EndsWith": ["/eve"]}), True),
            (advanced({"Field": "sessionCredentialFromConsole", "NotEquals": ["true"]}), True),
            (advanced({"Field": "sessionCredentialFromConsole", "Equals": ["true"]}), False),
            ([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}], False),
        ],
    )
    def test_answers(self, selectors: list[dict[str, Any]], answer: bool) -> None:  # noqa: FBT001 (a parameter)
        """Each operator, by an example; also in the answer of GetEventSelectors."""
        assert event_selectors(selectors)(record_of()) is answer
        assert event_selectors({"TrailARN": "x", "AdvancedEventSelectors": selectors})(record_of()) is answer


class TestBasicSelectors:
    """
    > `arn:aws:s3` = all; `arn:aws:s3:::b/` = bucket; Lambda ARNs exact.

    -- AWS, CloudTrail, `DataResource`
    """

    @pytest.mark.parametrize(
        ("selector", "record", "answer"),
        [
            ({}, {}, False),
            ({}, {"eventCategory": "Management"}, True),
            ({"ReadWriteType": "ReadOnly"}, {"eventCategory": "Management"}, False),
            ({"ReadWriteType": "WriteOnly"}, {"eventCategory": "Management"}, True),
            ({"IncludeManagementEvents": False}, {"eventCategory": "Management"}, False),
            (
                {"ExcludeManagementEventSources": ["kms.amazonaws.com"]},
                {"eventCategory": "Management", "eventSource": "kms.amazonaws.com"},
                False,
            ),
            ({"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}, {}, True),
            ({"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::example-logs/"]}]}, {}, True),
            ({"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::example/"]}]}, {}, False),
            ({"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}, {}, False),
            (
                {
                    "DataResources": [
                        {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb:eu-west-1:111122223333:table/t"]}
                    ]
                },
                {
                    "resources": [
                        {"type": "AWS::DynamoDB::Table", "ARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/t2"}
                    ]
                },
                False,
            ),
        ],
    )
    def test_answers(self, selector: dict[str, Any], record: dict[str, Any], answer: bool) -> None:  # noqa: FBT001
        """Each member, by an example."""
        assert event_selectors([selector])(record_of(**record)) is answer


@pytest.mark.parametrize(
    ("selectors", "path"),
    [
        ([], "selectors"),
        ({}, ""),
        ("x", "selectors"),
        ([{"ReadWriteType": "None"}], "selectors[0].ReadWriteType"),
        ([{"Foo": 1}], "selectors[0].Foo"),
        ([{}] * 6, "selectors"),
        ([{"DataResources": [{"Type": "AWS::EC2::Instance"}]}], "selectors[0].DataResources[0].Type"),
        ([{"FieldSelectors": []}], "selectors[0]"),
        ([{"FieldSelectors": [DATA]}], "selectors[0]"),
        ([{"FieldSelectors": [DATA, DATA, OBJECTS]}], "selectors[0]"),
        (advanced({"Field": "userAgent", "Equals": ["x"]}), "selectors[0].FieldSelectors[2].Field"),
        (advanced({"Field": "eventName", "Contains": ["x"]}), "selectors[0].FieldSelectors[2].Contains"),
        (advanced({"Field": "readOnly", "NotEquals": ["x"]}), "selectors[0].FieldSelectors[2].NotEquals"),
        (advanced({"Field": "eventName"}), "selectors[0].FieldSelectors[2]"),
        (advanced({"Field": "eventName", "Equals": ["x"] * 600}), "selectors"),
    ],
)
def test_wrong_selectors(selectors: Any, path: str) -> None:
    """What cannot be understood is an error that says where."""
    with pytest.raises(EventPatternError) as caught:
        event_selectors(selectors)
    assert caught.value.path == path


class TestServices:
    """What a service can look for is asked of the condition."""

    @pytest.mark.parametrize(
        ("condition", "attribute"),
        [
            (match(event_name="PutObject", event_source="s3.amazonaws.com"), LookupAttribute("EventName", "PutObject")),
            (
                match(event_name="Put*", event_source="s3.amazonaws.com"),
                LookupAttribute("EventSource", "s3.amazonaws.com"),
            ),
            (match(event_name=["A", "B"]), None),
            (match(event_name=["A", "A"], event_id="e"), LookupAttribute("EventId", "e")),
            (
                match(access_key_id="AKIAIOSFODNN7EXAMPLE", event_name="A"),
                LookupAttribute("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
            ),
            (match(read_only=False), LookupAttribute("ReadOnly", "false")),
            (filter_pattern("{ $.readOnly IS TRUE && $.n = 1 }"), LookupAttribute("ReadOnly", "true")),
            (match(event_name="A") | match(event_name="A", event_source="s"), LookupAttribute("EventName", "A")),
            (match(event_name="A") | match(event_source="s"), None),
            (~match(event_name="A"), None),
        ],
    )
    def test_lookup_events(self, condition: Any, attribute: LookupAttribute | None) -> None:
        """LookupEvents takes one attribute: the most selective that must hold."""
        assert lookup_attribute(condition) == attribute

    @pytest.mark.parametrize(
        ("condition", "pattern"),
        [
            (match(event_name="Put*"), '{ $.eventName = "Put*" }'),
            (match(event_name=["A", "B"]), '{ (($.eventName = "A") || ($.eventName = "B")) }'),
            (match(event_name="A", actor_name="eve"), '{ $.eventName = "A" }'),
            (match(actor_name="eve"), None),
            (match(event_name="A") | match(actor_name="eve"), None),
            (match(event_name='a"b'), None),
            (filter_pattern("{ $.a.b NOT EXISTS && $.n > 5 && $.c IS NULL }"), "{ $.a.b NOT EXISTS && $.c IS NULL }"),
            (match(event_name=[f"Name{number}" for number in range(100)]), None),
        ],
    )
    def test_filter_log_events(self, condition: Any, pattern: str | None) -> None:
        """FilterLogEvents takes a pattern: what of the condition can be said in it. It is read back by ourselves."""
        assert log_filter_pattern(condition) == pattern
        if pattern is not None:
            assert filter_pattern(pattern).text == pattern


def test_pushed() -> None:
    """The plan says in words what is decided where."""
    told = pushed(
        filter_pattern('{ $.recipientAccountId = "111122223333" && $.eventName = "StopLogging" && $.a.b = 1 }')
    )
    assert told.keys == "account 111122223333"
    assert told.data == '"StopLogging" and "a" and "b"'
    assert told.scalars == '$.recipientAccountId = "111122223333" && $.eventName = "StopLogging"'
    assert told.records == "$.a.b = 1"


def test_failed_clauses() -> None:
    """Of a conjunction those that failed, of alternatives all; with what was there."""
    condition = filter_pattern(
        '{ $.eventName = "PutObject" && ($.readOnly IS TRUE || $.n > 5) && $.eventSource NOT EXISTS }'
    )
    clauses = failed_clauses(condition, record_of())
    assert [str(each) for each in clauses] == ["$.readOnly IS TRUE", "$.n > 5", "$.eventSource NOT EXISTS"]
    assert [each.found for each in clauses][::2] == [False, "s3.amazonaws.com"]
    assert failed_clauses(match(event_name="PutObject"), record_of()) == []
