"""Checks of the trail itself, its topic, and its log group."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Final

from trailsdk.errors import PolicyError
from trailsdk.trails.arns import SERVICE
from trailsdk.trails.bucket_policy import trail_context
from trailsdk.trails.document import parse_policy, statements_of
from trailsdk.trails.evaluate import Decision, Question, decide
from trailsdk.trails.findings import Check, Finding, Severity
from trailsdk.trails.service_policies import log_stream_arns, role_trust_policy, topic_policy
from trailsdk.trails.snapshot import Snapshot, TrailState

__all__ = ["check_delivery", "check_log_group", "check_settings", "check_topic"]

_DIGEST_HOURS: Final = 3
"""A digest file comes every hour; it may be late."""

_WRITES: Final = {"eventCategory": "Management", "readOnly": "false", "eventSource": "iam.amazonaws.com"}


def _update(trail: TrailState, option: str) -> str:
    return f"aws cloudtrail update-trail --region {trail.arn.region} --name {trail.arn.name} {option}"


def check_settings(trail: TrailState) -> Iterator[Finding]:
    """Check what the trail records, and whether it can be validated."""
    name = str(trail.arn)
    if not trail.log_file_validation_enabled:
        yield Finding(
            check=Check.VALIDATION_OFF,
            severity=Severity.HIGH,
            resource=name,
            why="log file validation is off: nobody can tell whether a log file was changed or deleted",
            fix=_update(trail, "--enable-log-file-validation"),
        )
    if not trail.is_multi_region_trail:
        yield Finding(
            check=Check.SINGLE_REGION,
            severity=Severity.HIGH,
            resource=name,
            why=f"the trail records {trail.arn.region} only: what is done in other Regions is not seen",
            fix=_update(trail, "--is-multi-region-trail"),
        )
    if not trail.include_global_service_events:
        yield Finding(
            check=Check.GLOBAL_EVENTS_OFF,
            severity=Severity.HIGH,
            resource=name,
            why="events of global services are left out: IAM and STS are among them",
            fix=_update(trail, "--include-global-service-events"),
        )
    if trail.selectors is not None and not trail.selectors.records(_WRITES):
        selectors = '\'[{"ReadWriteType":"All","IncludeManagementEvents":true}]\''
        yield Finding(
            check=Check.WRITES_DROPPED,
            severity=Severity.HIGH,
            resource=name,
            why="the event selectors leave out management events that write: changes of the account are not recorded",
            fix=(
                f"aws cloudtrail put-event-selectors --region {trail.arn.region} --trail-name {trail.arn.name} "
                f"--event-selectors {selectors}"
            ),
        )


def check_delivery(trail: TrailState, now: dt.datetime) -> Iterator[Finding]:
    """Check what CloudTrail says of its deliveries."""
    name, status = str(trail.arn), trail.status
    if not status.is_logging:
        yield Finding(
            check=Check.LOGGING_STOPPED,
            severity=Severity.ERROR,
            resource=name,
            why="the trail records nothing",
            fix=f"aws cloudtrail start-logging --region {trail.arn.region} --name {trail.arn.name}",
        )
    errors = [
        ("log files", status.latest_delivery_error, Check.DELIVERY_ERROR, Severity.ERROR),
        (
            "events to CloudWatch Logs",
            status.latest_cloud_watch_logs_delivery_error,
            Check.DELIVERY_ERROR,
            Severity.HIGH,
        ),
    ]
    for what, error, check, severity in errors:
        if error is not None:
            why = f"CloudTrail cannot deliver {what}: {error}"
            fix = f"trailsdk trail policy bucket --bucket {trail.s3_bucket_name} --trail {name}"
            yield Finding(check=check, severity=severity, resource=name, why=why, fix=fix)
    if trail.log_file_validation_enabled and status.is_logging:
        yield from _check_digest(trail, now)


def _check_digest(trail: TrailState, now: dt.datetime) -> Iterator[Finding]:
    status = trail.status
    since = status.latest_digest_delivery_time or status.start_logging_time
    stale = since is not None and now - since > dt.timedelta(hours=_DIGEST_HOURS)
    if status.latest_digest_delivery_error is None and not stale:
        return
    if status.latest_digest_delivery_error is not None:
        why = f"CloudTrail cannot deliver digest files: {status.latest_digest_delivery_error}"
    elif status.latest_digest_delivery_time is None:
        why = "no digest file was ever delivered, though the trail has been logging for hours"
    else:
        newest = f"{status.latest_digest_delivery_time:%Y-%m-%d %H:%M} UTC"
        why = f"the newest digest file is of {newest}, and one is due each hour"
    yield Finding(
        check=Check.DIGEST_STALE,
        severity=Severity.HIGH,
        resource=str(trail.arn),
        why=why,
        fix=f"trailsdk trail policy bucket --bucket {trail.s3_bucket_name} --trail {trail.arn}",
    )


def check_topic(there: Snapshot) -> Iterator[Finding]:
    """Check that the topic is there, and lets CloudTrail publish."""
    trail = there.trail
    if trail is None or trail.sns_topic_arn is None or is_unseen(there, trail.sns_topic_arn):
        return
    arn = trail.sns_topic_arn
    if there.topic is None:
        why = "the topic is not there: nobody is told of deliveries"
        fix = f"aws sns create-topic --region {arn.split(':')[3]} --name {arn.rpartition(':')[2]}"
        yield Finding(check=Check.TOPIC_MISSING, severity=Severity.HIGH, resource=arn, why=why, fix=fix)
        return
    error, refused = trail.status.latest_notification_error, False
    try:
        policy = parse_policy(there.topic.policy or '{"Statement":[]}', f"policy of {arn}")
    except PolicyError as unreadable:
        error = error or unreadable.reason
    else:
        context = trail_context(trail.arn)
        question = Question(action="sns:Publish", resource=arn, service=SERVICE, context=context)
        refused = decide(policy, question).decision in (Decision.DENIED, Decision.NOT_ALLOWED)
    if refused or error is not None:
        why = "its policy does not let CloudTrail publish" if refused else f"CloudTrail cannot publish: {error}"
        fix = json.dumps(topic_policy(arn, [trail.arn]))
        yield Finding(check=Check.TOPIC_REFUSES, severity=Severity.HIGH, resource=arn, why=why, fix=fix)


def is_unseen(there: Snapshot, resource: str) -> bool:
    """Tell whether something could not be looked at: nothing is said of it then."""
    return any(resource in each.location for each in there.unseen)


def check_log_group(there: Snapshot) -> Iterator[Finding]:
    """Check that the log group and its role are there, and that the role may write."""
    trail = there.trail
    if trail is None or trail.cloud_watch_logs_log_group_arn is None:
        return
    group = trail.cloud_watch_logs_log_group_arn.split(":")[6]
    region = trail.arn.region
    if there.log_group_arn is None and not is_unseen(there, f"log group {group}"):
        yield Finding(
            check=Check.LOG_GROUP_MISSING,
            severity=Severity.HIGH,
            resource=group,
            why="the log group is not there: events do not reach CloudWatch Logs, and no alarm goes off",
            fix=f"aws logs create-log-group --region {region} --log-group-name {group}",
        )
    role = (trail.cloud_watch_logs_role_arn or "").rpartition("/")[2]
    if is_unseen(there, f"role {role}"):
        return
    if there.role is None:
        yield Finding(
            check=Check.ROLE_MISSING,
            severity=Severity.HIGH,
            resource=trail.cloud_watch_logs_role_arn or "(no role)",
            why="the role for CloudWatch Logs is not there: events do not reach the log group",
            fix=f"aws iam create-role --role-name {role or 'NAME'} "
            f"--assume-role-policy-document '{json.dumps(role_trust_policy())}'",
        )
        return
    yield from _check_role(there, trail, group)


def _check_role(there: Snapshot, trail: TrailState, group: str) -> Iterator[Finding]:
    if there.role is None:
        return
    context = trail_context(trail.arn)
    assume = Question(action="sts:AssumeRole", resource=there.role.arn, service=SERVICE, context=context)
    # A trust policy names no resource: it is the role.
    trust = parse_policy(there.role.trust, f"trust policy of the role {there.role.arn}")
    statements = [{**each, "Resource": "*"} for each in statements_of(trust)]
    if decide({"Statement": statements}, assume).decision in (Decision.DENIED, Decision.NOT_ALLOWED):
        why = "its trust policy does not let CloudTrail assume it"
        fix = json.dumps(role_trust_policy())
        yield Finding(check=Check.ROLE_REFUSES, severity=Severity.HIGH, resource=there.role.arn, why=why, fix=fix)
    if there.role.has_managed_policies or not there.role.policies:
        return
    stream = log_stream_arns(group, trail.arn)[0].removesuffix("*")
    statements = [
        {**statement, "Principal": "*"}
        for name, policy in there.role.policies.items()
        for statement in statements_of(parse_policy(policy, f"policy {name} of the role {there.role.arn}"))
    ]
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        question = Question(action=action, resource=stream, service=SERVICE, context=context)
        if decide({"Statement": statements}, question).decision in (Decision.DENIED, Decision.NOT_ALLOWED):
            why = f"its inline policies do not allow {action} on the log group {group}"
            fix = f"trailsdk trail policy role --log-group {group} --trail {trail.arn}"
            yield Finding(check=Check.ROLE_REFUSES, severity=Severity.HIGH, resource=there.role.arn, why=why, fix=fix)
