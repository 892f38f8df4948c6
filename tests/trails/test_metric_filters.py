"""Named patterns become metric filters and alarms; what is there stays."""

import json

import pytest
from fake_account import ACCOUNT, REGION, Fake

from trailsdk.errors import ConflictError, NotFoundError
from trailsdk.patterns import ALL, ROOT_USAGE, VPC_CHANGES
from trailsdk.trails import FilterStep, TrailArn, apply_filters, plan_filters, topic_policy

pytest_plugins = ("trail_fixtures",)

GROUP = "CloudTrail/main"


def plan(fake: Fake, topic: str | None = None) -> list[FilterStep]:
    return plan_filters(GROUP, ALL.values(), fake.clients, region=REGION, account_id=ACCOUNT, topic=topic)


@pytest.fixture
def group(fake: Fake) -> Fake:
    """An account with a log group."""
    fake.clients.get("logs", REGION).create_log_group(logGroupName=GROUP)
    return fake


def test_all(group: Fake) -> None:
    """Every named pattern becomes a filter and an alarm that tells the topic; once is enough."""
    steps = plan(group, "alarms")
    assert apply_filters(steps, group.clients, region=REGION) == 1 + 2 * len(ALL) == len(steps)
    assert plan(group, "alarms") == []
    logs = group.clients.get("logs", REGION)
    pages = logs.get_paginator("describe_metric_filters").paginate(logGroupName=GROUP)
    there = {each["filterName"]: each["filterPattern"] for page in pages for each in page["metricFilters"]}
    assert there == {each.name: each.text for each in ALL.values()}
    alarm = group.clients.get("cloudwatch", REGION).describe_alarms(AlarmNames=["CloudTrail-ROOT_USAGE"])
    assert alarm["MetricAlarms"][0]["AlarmActions"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"]
    assert alarm["MetricAlarms"][0]["TreatMissingData"] == "notBreaching"


def test_texts() -> None:
    """A pattern of Security Hub is to the letter, and short enough for CloudWatch Logs."""
    assert ROOT_USAGE.text == (
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}'
    )
    assert VPC_CHANGES.text.startswith("{($.eventName=CreateVpc) || ($.eventName=DeleteVpc) || ")
    assert all(len(each.text) <= 1024 for each in ALL.values())


def test_same_pattern_counts(group: Fake) -> None:
    """A filter that somebody made with the same pattern is used: the alarm is of its metric."""
    metric = {"metricName": "theirs", "metricNamespace": "Theirs", "metricValue": "1"}
    group.clients.get("logs", REGION).put_metric_filter(
        logGroupName=GROUP, filterName="their-root", filterPattern=ROOT_USAGE.text, metricTransformations=[metric]
    )
    steps = {each.resource: each for each in plan(group, "alarms")}
    assert "ROOT_USAGE" not in steps
    assert steps["CloudTrail-ROOT_USAGE"].arguments["MetricName"] == "theirs"


def test_conflicts(group: Fake) -> None:
    """A filter or an alarm of that name that is something else is left as it is, and named."""
    apply_filters(plan(group, "alarms"), group.clients, region=REGION)
    with pytest.raises(ConflictError, match=r"alarm CloudTrail-\S+: it is there, and tells another topic"):
        plan(group, "others")
    metric = {"metricName": "x", "metricNamespace": "x", "metricValue": "1"}
    group.clients.get("logs", REGION).put_metric_filter(
        logGroupName=GROUP, filterName="VPC_CHANGES", filterPattern="x", metricTransformations=[metric]
    )
    with pytest.raises(ConflictError, match="metric filter VPC_CHANGES: it is there in CloudTrail/main"):
        plan(group)


def test_absent(fake: Fake) -> None:
    """A log group that is not there, or a topic of an ARN that is not, is told."""
    with pytest.raises(NotFoundError, match="log group CloudTrail/main: there is none in eu-west-1"):
        plan(fake)
    fake.clients.get("logs", REGION).create_log_group(logGroupName=GROUP)
    with pytest.raises(NotFoundError, match="there is no such topic"):
        plan(fake, f"arn:aws:sns:{REGION}:{ACCOUNT}:gone")


def test_topic_of_a_trail(group: Fake) -> None:
    """A topic that only CloudTrail may publish to lets alarms publish as well; a Deny of somebody stays."""
    sns = group.clients.get("sns", REGION)
    arn = sns.create_topic(Name="notices")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=arn,
        AttributeName="Policy",
        AttributeValue=json.dumps(topic_policy(arn, [TrailArn("aws", REGION, ACCOUNT, "main")])),
    )
    steps = plan(group, "notices")
    assert steps[0].action == "let alarms publish to the topic"
    apply_filters(steps, group.clients, region=REGION)
    assert plan(group, "notices") == []
    policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    assert len(policy["Statement"]) == 2
    deny = {"Sid": "Quiet", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    policy["Statement"].append(deny)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    with pytest.raises(ConflictError, match="statement Quiet denies alarms"):
        plan(group, "notices")
