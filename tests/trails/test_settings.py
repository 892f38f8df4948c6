"""Settings that AWS would refuse are refused here, with the rule; selectors keep their shape."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from trailsdk.errors import SettingError
from trailsdk.trails import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    Selectors,
    TrailArn,
    TrailSettings,
    data_events,
    management_events,
    network_activity_events,
)
from trailsdk.trails.selector_api import selectors_from_api, selectors_to_api

GOOD = TrailSettings(name="main", account_id="111122223333", home_region="eu-west-1", s3_bucket_name="example-trail")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"name": "ab"}, "3 to 128 characters, not 2"),
        ({"name": "a" * 129}, "3 to 128 characters, not 129"),
        ({"name": "-main"}, "begins and ends with a letter or digit"),
        ({"name": "my trail"}, "letters, digits"),
        ({"name": "a_-b"}, "side by side"),
        ({"name": "192.168.5.4"}, "not an IP address"),
        ({"account_id": "11112222333"}, "were leading zeros lost"),
        ({"account_id": 12345678901}, "were leading zeros lost"),
        ({"home_region": "Ireland"}, "named like eu-west-1"),
        ({"s3_bucket_name": "Example"}, "lower-case letters"),
        ({"s3_bucket_name": "a..b"}, "lower-case letters"),
        ({"s3_bucket_name": "ab"}, "3 to 63 characters"),
        ({"s3_key_prefix": "a" * 201}, "at most 200 characters"),
        ({"s3_key_prefix": "a/AWSLogs/b"}, "adds AWSLogs itself"),
        ({"s3_key_prefix": "/a"}, "neither begins nor ends with a slash"),
        ({"s3_key_prefix": "a*"}, "mean something else in policies"),
        ({"organization_id": "o-x"}, "an organization's id"),
        ({"bucket_region": "cn-north-1"}, "not in the partition aws"),
        ({"bucket_owner": "1"}, "were leading zeros lost"),
        ({"object_lock_days": 0}, "1 to 36,500 days"),
        ({"writers": (TrailArn("aws-cn", "cn-north-1", "444455556666", "main"),)}, "not in the partition aws"),
        ({"include_global_service_events": False}, "a trail of all Regions includes them"),
        ({"kms_key_id": "alias/aws/s3"}, "keys of AWS services"),
        ({"kms_key_id": "a key"}, "named by its id"),
        ({"kms_key_id": "arn:aws:kms:us-east-1:111122223333:key/1"}, "must be in the Region of the bucket"),
        ({"sns_topic_name": "a topic"}, "1 to 256 letters"),
        ({"sns_topic_name": "arn:aws:sns:x"}, "an ARN of a topic"),
        ({"cloud_watch_logs_log_group": "a group"}, "1 to 512 letters"),
        ({"cloud_watch_logs_role": "role"}, "needs a log group"),
        ({"cloud_watch_logs_role": "a role", "cloud_watch_logs_log_group": "g"}, "1 to 64 letters"),
        (
            {
                "insight_selectors": (InsightSelector(insight_type="ApiCallRateInsight"),),
                "selectors": Selectors(advanced=[data_events("AWS::S3::Object")]),
            },
            "Insights need management events",
        ),
    ],
)
def test_rules(changes: dict[str, Any], rule: str) -> None:
    """Each rule is told by its own error."""
    with pytest.raises(SettingError, match=rule):
        evolve(GOOD, **changes)


def field(name: str, **values: Any) -> FieldSelector:
    return FieldSelector(field=name, **values)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: EventSelector(read_write_type="Some"), "All, ReadOnly or WriteOnly"),  # type: ignore[arg-type]  # the point
        (lambda: EventSelector(exclude_management_event_sources=["s3.amazonaws.com"]), "can be left out"),
        (lambda: DataResource("AWS::SNS::Topic", ["x"]), "others need advanced selectors"),
        (lambda: Selectors(basic=[EventSelector()] * 6), "at most 5 basic selectors"),
        (
            lambda: Selectors(basic=[EventSelector(data_resources=[DataResource("AWS::S3::Object", ["a"] * 251)])]),
            "at most 250 data resources",
        ),
        (lambda: Selectors(basic=[EventSelector()], advanced=[management_events()]), "never both"),
        (lambda: Selectors(advanced=[data_events("T", [str(i) for i in range(499)])]), "at most 500 values"),
        (lambda: field("eventName"), "at least one value"),
        (lambda: field("eventName", equals=["x" * 2049]), "1 to 2,048 characters"),
        (lambda: field("readOnly", not_equals=["true"]), "only be compared with equals"),
        (lambda: field("resources.type", equals=["a", "b"]), "exactly one value"),
        (lambda: AdvancedEventSelector(field_selectors=[field("eventName", equals=["x"])]), "one eventCategory"),
        (
            lambda: AdvancedEventSelector(field_selectors=[field("eventCategory", equals=["Insight"])]),
            "one eventCategory",
        ),
        (
            lambda: AdvancedEventSelector(field_selectors=[field("eventCategory", equals=["Data"])]),
            "name a type of resource",
        ),
        (
            lambda: AdvancedEventSelector(field_selectors=[field("eventCategory", equals=["NetworkActivity"])]),
            "name an event source",
        ),
        (
            lambda: AdvancedEventSelector(
                field_selectors=[field("eventCategory", equals=["Management"]), field("eventName", equals=["x"])]
            ),
            "no such field",
        ),
        (lambda: InsightSelector(insight_type="Other"), "ApiErrorRateInsight"),  # type: ignore[arg-type]  # the point
        (lambda: management_events("All", ["s3.amazonaws.com"]), "can be left out"),
        (lambda: selectors_from_api({"AdvancedEventSelectors": [1]}), "not in the shape"),
        (lambda: selectors_from_api({"EventSelectors": [{"DataResources": [{}]}]}), "not in the shape"),
    ],
)
def test_rules_of_selectors(make: Any, rule: str) -> None:
    """Each rule of selectors is told by its own error."""
    with pytest.raises(SettingError, match=rule):
        make()


kinds = st.sampled_from(["All", "ReadOnly", "WriteOnly"])
excluded = st.lists(st.sampled_from(["kms.amazonaws.com", "rdsdata.amazonaws.com"]), unique=True)
resources = st.builds(DataResource, st.just("AWS::S3::Object"), st.just(["arn:aws:s3:::example/"]))
basics = st.lists(
    st.builds(
        EventSelector,
        read_write_type=kinds,
        include_management_events=st.booleans(),
        data_resources=st.lists(resources, max_size=2),
        exclude_management_event_sources=excluded,
    ),
    max_size=2,
).map(lambda each: Selectors(basic=each))
advanced = st.lists(
    st.builds(management_events, kinds, excluded)
    | st.builds(data_events, st.just("AWS::S3::Object"), st.just(["arn:aws:s3:::example/"]))
    | st.builds(network_activity_events, st.just("s3.amazonaws.com"), denied_only=st.booleans()),
    min_size=1,
    max_size=3,
).map(lambda each: Selectors(advanced=each))
events = st.fixed_dictionaries(
    {
        "eventCategory": st.sampled_from(["Management", "Data", "NetworkActivity"]),
        "readOnly": st.sampled_from(["true", "false"]),
        "eventSource": st.sampled_from(["iam.amazonaws.com", "kms.amazonaws.com", "s3.amazonaws.com"]),
        "resources.type": st.sampled_from(["AWS::S3::Object", "AWS::DynamoDB::Table"]),
        "resources.ARN": st.sampled_from(["arn:aws:s3:::example/x", "arn:aws:s3:::other/x"]),
        "errorCode": st.sampled_from(["VpceAccessDenied", "x"]),
    }
)


@given(advanced | basics.filter(lambda each: bool(each.basic)))
def test_round_trip(selectors: Selectors) -> None:
    """Selectors come back from the shape of the API as they were."""
    assert selectors_from_api(selectors_to_api(selectors)) == selectors


@given(basics, events)
def test_as_advanced(selectors: Selectors, event: dict[str, str]) -> None:
    """Basic selectors record the same events when they are spelt as advanced ones."""
    assert (
        Selectors(advanced=selectors.as_advanced()).records(event) == selectors.records(event)
        if (selectors.as_advanced())
        else not selectors.records(event)
    )


@given(advanced | basics, advanced | basics, events)
def test_joined(one: Selectors, other: Selectors, event: dict[str, str]) -> None:
    """Joined selectors record what either records, and nothing else; what is joined already stays."""
    joined = one.joined(other)
    assert joined.records(event) == (one.records(event) or other.records(event))
    assert joined.joined(other) == joined


def test_defaults_are_safe() -> None:
    """By default a trail records all Regions and global services, and can be validated."""
    assert GOOD.is_multi_region_trail
    assert GOOD.include_global_service_events
    assert GOOD.enable_log_file_validation
    assert str(GOOD.arn) == "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
