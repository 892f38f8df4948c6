"""Metric filters and alarms on the log group of a trail: planned, then made; nothing that is there is changed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from trailsdk.errors import ApplyError, ConflictError, NotFoundError
from trailsdk.patterns import NamedPattern
from trailsdk.trails.arns import check_log_group, check_topic, partition_of
from trailsdk.trails.clients import Clients, message_of, refusals
from trailsdk.trails.document import VERSION, encode_policy, parse_policy
from trailsdk.trails.evaluate import Decision, Question, decide
from trailsdk.trails.look import Look
from trailsdk.trails.merge import join_statement

__all__ = ["AlarmState", "FilterState", "FilterStep", "apply_filters", "plan_filters", "plan_metric_filters"]

NAMESPACE: Final = "CloudTrail"

Making: TypeAlias = Literal[
    "create the topic", "let alarms publish to the topic", "create the metric filter", "create the alarm"
]

_ALARMS: Final = "cloudwatch.amazonaws.com"
"""Alarms of CloudWatch as a principal."""

_PERIOD_SECONDS: Final = 300


@frozen
class FilterState:
    """A metric filter that is there."""

    name: str
    text: str
    metric_name: str
    namespace: str


@frozen
class AlarmState:
    """An alarm that is there."""

    name: str
    metric_name: str
    namespace: str
    actions: frozenset[str]


@frozen
class FilterStep:
    """Something that would be made."""

    action: Making
    resource: str
    """Its name."""
    arguments: Mapping[str, Any]
    """For the operation of AWS that makes it."""


def plan_metric_filters(
    log_group: str,
    patterns: Iterable[NamedPattern],
    filters: Mapping[str, FilterState],
    alarms: Mapping[str, AlarmState],
    *,
    topic_arn: str | None = None,
    namespace: str = NAMESPACE,
) -> list[FilterStep]:
    """Work out which metric filters and alarms are missing: pure.

    A filter with the same pattern counts, whatever it is called: its metric is then the one that is alarmed of.

    Args:
        log_group: The log group of the trail.
        patterns: What to filter for.
        filters: Those of the log group, by name.
        alarms: Those of the account, by name.
        topic_arn: Whom to tell; without, no alarms are made.
        namespace: That of the metrics.

    Raises:
        ConflictError: A filter or an alarm of that name is there, and is something else.
    """
    steps = []
    for each in patterns:
        there = next((one for one in filters.values() if one.text == each.text), None)
        if there is None:
            if each.name in filters:
                reason = f"it is there in {log_group}, with another pattern"
                raise ConflictError(f"metric filter {each.name}", reason, "delete it, or leave this pattern out")
            there = FilterState(each.name, each.text, each.name, namespace)
            steps.append(FilterStep("create the metric filter", each.name, _filter(log_group, there)))
        if topic_arn is not None:
            steps += _alarm_steps(each, there, alarms, topic_arn)
    return steps


def _filter(log_group: str, wanted: FilterState) -> dict[str, Any]:
    transformation = {
        "metricName": wanted.metric_name,
        "metricNamespace": wanted.namespace,
        "metricValue": "1",
    }
    return {
        "logGroupName": log_group,
        "filterName": wanted.name,
        "filterPattern": wanted.text,
        "metricTransformations": [transformation],
    }


def _alarm_steps(
    pattern: NamedPattern, metric: FilterState, alarms: Mapping[str, AlarmState], topic_arn: str
) -> list[FilterStep]:
    name = f"CloudTrail-{pattern.name}"
    there = alarms.get(name)
    if there is not None:
        same = (there.metric_name, there.namespace) == (metric.metric_name, metric.namespace)
        if same and topic_arn in there.actions:
            return []
        reason = "it is there, and tells another topic" if same else "it is there, for another metric"
        raise ConflictError(f"alarm {name}", reason, "delete it, or leave this pattern out")
    arguments = {
        "AlarmName": name,
        "AlarmDescription": f"{pattern.title}. {pattern.security_hub or 'CIS'}",
        "Namespace": metric.namespace,
        "MetricName": metric.metric_name,
        "Statistic": "Sum",
        "Period": _PERIOD_SECONDS,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        # A metric filter writes nothing where nothing matches.
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic_arn],
    }
    return [FilterStep("create the alarm", name, arguments)]


def plan_filters(
    log_group: str,
    patterns: Iterable[NamedPattern],
    clients: Clients,
    *,
    region: str,
    account_id: str,
    topic: str | None = None,
    namespace: str = NAMESPACE,
) -> list[FilterStep]:
    """Look at what is there, and work out what is missing.

    Args:
        log_group: The log group of the trail.
        patterns: What to filter for.
        clients: Of the account that owns the log group.
        region: Where the log group is.
        account_id: The account.
        topic: Name or ARN of the topic that alarms tell; a name that is not there is made. Without, no alarms.
        namespace: That of the metrics.

    Raises:
        SettingError: A name breaks a rule.
        ConflictError: A filter or an alarm of that name is there, and is something else.
        NotFoundError: There is no such log group, or no topic of this ARN.
        SourceError: Something could not be looked at.
    """
    check_log_group(log_group)
    logs = clients.get("logs", region)
    with refusals(f"log group {log_group}"):
        groups = logs.describe_log_groups(logGroupNamePrefix=log_group)["logGroups"]
        if all(each["logGroupName"] != log_group for each in groups):
            raise NotFoundError(f"log group {log_group}", f"there is none in {region}")
        pages = logs.get_paginator("describe_metric_filters").paginate(logGroupName=log_group)
        filters = {each["filterName"]: _filter_state(each) for page in pages for each in page["metricFilters"]}
    alarms: dict[str, AlarmState] = {}
    steps: list[FilterStep] = []
    arn = None
    if topic is not None:
        arn = check_topic(topic)
        if not topic.startswith("arn:"):
            arn = f"arn:{partition_of(region)}:sns:{region}:{account_id}:{topic}"
        steps = _topic_steps(clients, arn, is_name=arn != topic)
        with refusals("alarms"):
            watch = clients.get("cloudwatch", region)
            found = watch.get_paginator("describe_alarms").paginate(AlarmNamePrefix="CloudTrail-")
            alarms = {each["AlarmName"]: _alarm_state(each) for page in found for each in page["MetricAlarms"]}
    return steps + plan_metric_filters(log_group, patterns, filters, alarms, topic_arn=arn, namespace=namespace)


def _topic_steps(clients: Clients, arn: str, *, is_name: bool) -> list[FilterStep]:
    region, account_id = arn.split(":")[3:5]
    topic = Look(clients, region).topic(arn)
    if topic is None and not is_name:
        raise NotFoundError(f"topic {arn}", "there is no such topic")
    if topic is None:
        # The policy of a new topic lets everything in the account publish.
        return [FilterStep("create the topic", arn, {"Name": arn.rpartition(":")[2]})]
    before = parse_policy(topic.policy or {"Version": VERSION, "Statement": []}, f"policy of {arn}")
    alarm = f"arn:{arn.split(':')[1]}:cloudwatch:{region}:{account_id}:alarm:CloudTrail-alarm"
    context = {"aws:sourcearn": alarm, "aws:sourceaccount": account_id, "aws:sourceowner": account_id}
    answer = decide(before, Question(action="sns:Publish", resource=arn, service=_ALARMS, context=context))
    if answer.decision is Decision.DENIED:
        raise ConflictError(f"topic {arn}", f"its statement {answer.statement} denies alarms to publish")
    if answer.decision is not Decision.NOT_ALLOWED:
        return []
    statement = {
        "Sid": "AllowCloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": _ALARMS},
        "Action": "SNS:Publish",
        "Resource": arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": alarm.replace("CloudTrail-alarm", "*")},
            "StringEquals": {"aws:SourceAccount": account_id},
        },
    }
    policy = encode_policy(join_statement(before, statement, []))
    arguments = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy}
    return [FilterStep("let alarms publish to the topic", arn, arguments)]


def _filter_state(found: Mapping[str, Any]) -> FilterState:
    metric = found["metricTransformations"][0]
    return FilterState(
        found["filterName"], found.get("filterPattern", ""), metric["metricName"], metric["metricNamespace"]
    )


def _alarm_state(found: Mapping[str, Any]) -> AlarmState:
    actions = frozenset(found.get("AlarmActions", ()))
    return AlarmState(found["AlarmName"], found.get("MetricName", ""), found.get("Namespace", ""), actions)


def apply_filters(steps: Iterable[FilterStep], clients: Clients, *, region: str) -> int:
    """Make what is missing.

    Args:
        steps: What `plan_filters` gave.
        clients: Of the account that owns the log group.
        region: Where the log group is.

    Returns:
        How many things were made.

    Raises:
        ApplyError: A step failed. Those before it are done.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    operations = {
        "create the topic": ("sns", "create_topic"),
        "let alarms publish to the topic": ("sns", "set_topic_attributes"),
        "create the metric filter": ("logs", "put_metric_filter"),
        "create the alarm": ("cloudwatch", "put_metric_alarm"),
    }
    done = 0
    for step in steps:
        service, operation = operations[step.action]
        try:
            getattr(clients.get(service, region), operation)(**step.arguments)
        except (BotoCoreError, ClientError) as error:
            raise ApplyError(f"{step.action} {step.resource}", message_of(error), done) from error
        done += 1
    return done
