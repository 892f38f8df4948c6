"""What would have to be done so that a trail is what its settings say: pure, from settings and what is there.

A plan only adds and tightens. What somebody else has set otherwise, and what would be loosened, is left as it is.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from attrs import frozen

from trailsdk.errors import ConflictError
from trailsdk.trails.bucket_policy import add_trail
from trailsdk.trails.document import Policy, parse_policy, same_meaning
from trailsdk.trails.merge import join_statement
from trailsdk.trails.plan_trail import Change, Kept, trail_changes
from trailsdk.trails.selector_api import insights_to_api, selectors_to_api
from trailsdk.trails.selectors import Selectors
from trailsdk.trails.service_policies import (
    add_trail_to_key,
    add_trail_to_topic,
    key_policy,
    log_group_policy,
    role_trust_policy,
)
from trailsdk.trails.settings import TrailSettings
from trailsdk.trails.snapshot import Snapshot

__all__ = ["Action", "Kept", "Plan", "Step", "make_plan", "role_policy_name"]


class Action(StrEnum):
    """What a step does. Steps come in this order."""

    CREATE_BUCKET = "create the bucket"
    BLOCK_PUBLIC_ACCESS = "block public access to the bucket"
    KEEP_VERSIONS = "keep versions of objects in the bucket"
    OWN_OBJECTS = "let the bucket's owner own its objects"
    LOCK_OBJECTS = "lock objects in the bucket"
    PUT_BUCKET_POLICY = "let CloudTrail write to the bucket"
    CREATE_TOPIC = "create the topic"
    PUT_TOPIC_POLICY = "let CloudTrail publish to the topic"
    CREATE_KEY = "create the key and its alias"
    PUT_KEY_POLICY = "let CloudTrail encrypt with the key"
    CREATE_LOG_GROUP = "create the log group"
    CREATE_ROLE = "create the role for the log group"
    PUT_ROLE_TRUST = "let CloudTrail assume the role"
    PUT_ROLE_POLICY = "let the role write to the log group"
    CREATE_TRAIL = "create the trail"
    UPDATE_TRAIL = "change the trail"
    PUT_SELECTORS = "select events"
    PUT_INSIGHTS = "select Insights"
    START_LOGGING = "start logging"


@frozen(kw_only=True)
class Step:
    """One change."""

    action: Action

    resource: str
    """Name or ARN of what is changed."""

    why: str

    before: Any = None
    """What is there, as JSON; `None`: nothing."""

    after: Any = None
    """What will be there, as JSON."""


@frozen(kw_only=True)
class Plan:
    """What would be done, in order."""

    settings: TrailSettings

    steps: tuple[Step, ...]

    kept: tuple[Kept, ...] = ()
    """What is not as the settings say, and is left so: changing it would loosen it."""


_PUBLIC_ACCESS_BLOCK = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def make_plan(settings: TrailSettings, there: Snapshot) -> Plan:
    """Work out what has to be done.

    Args:
        settings: What the trail is to be.
        there: What there is.

    Returns:
        The plan; without steps where everything is so already.

    Raises:
        ConflictError: What is there is not what was asked for, and is not to be changed, such as the bucket of a
            trail.
        PolicyError: A policy cannot be changed as needed.
    """
    changes = trail_changes(settings, there)
    steps = [
        *_bucket_steps(settings, there),
        *_topic_steps(settings, there),
        *_key_steps(settings, there),
        *_log_group_steps(settings, there),
        *_trail_steps(settings, there, changes),
    ]
    order = list(Action)
    return Plan(
        settings=settings,
        steps=tuple(sorted(steps, key=lambda step: order.index(step.action))),
        kept=changes.kept,
    )


def _bucket_steps(settings: TrailSettings, there: Snapshot) -> Iterator[Step]:
    if not settings.owns_bucket:
        return
    name, bucket = settings.s3_bucket_name, there.bucket
    if bucket is None:
        after = {"Region": settings.region_of_bucket, "ObjectLock": settings.object_lock_days is not None}
        yield Step(action=Action.CREATE_BUCKET, resource=name, why="there is no such bucket", after=after)
    elif bucket.is_requester_pays:
        raise ConflictError(f"bucket {name}", "it is a Requester Pays bucket, and CloudTrail does not write to those")
    yield from _protection_steps(settings, there)
    text = None if bucket is None else bucket.policy
    policy: Policy | str | None = text
    for arn in (settings.arn, *settings.writers):
        organization = settings.organization_id if arn == settings.arn else None
        policy = add_trail(policy, name, arn, prefix=settings.s3_key_prefix, organization_id=organization)
    before = None if text is None else parse_policy(text)
    if policy != before:
        why = "CloudTrail may not write for every trail" if before else "without a policy CloudTrail may not write"
        yield Step(action=Action.PUT_BUCKET_POLICY, resource=name, why=why, before=before, after=policy)


def _protection_steps(settings: TrailSettings, there: Snapshot) -> Iterator[Step]:
    name, bucket = settings.s3_bucket_name, there.bucket
    if settings.protect_bucket:
        blocked = frozenset() if bucket is None else bucket.public_access_block
        if not blocked.issuperset(_PUBLIC_ACCESS_BLOCK):
            yield Step(
                action=Action.BLOCK_PUBLIC_ACCESS,
                resource=name,
                why="log files are nobody else's business",
                before=sorted(blocked),
                after=list(_PUBLIC_ACCESS_BLOCK),
            )
        versioning = None if bucket is None else bucket.versioning
        if versioning != "Enabled":
            why = "a log file that is overwritten or deleted can be restored"
            yield Step(action=Action.KEEP_VERSIONS, resource=name, why=why, before=versioning, after="Enabled")
        if bucket is None or bucket.object_ownership is None:
            why = "whoever reads needs a policy only, and no ACL"
            yield Step(action=Action.OWN_OBJECTS, resource=name, why=why, after="BucketOwnerEnforced")
    lock = None if bucket is None else bucket.object_lock
    days = settings.object_lock_days
    if days is not None and (lock is None or (lock.days or 0) < days):
        mode = "COMPLIANCE" if lock is not None and lock.mode == "COMPLIANCE" else settings.object_lock_mode
        yield Step(
            action=Action.LOCK_OBJECTS,
            resource=name,
            why="nobody can delete or change a log file before its time",
            before=None if lock is None else {"Mode": lock.mode, "Days": lock.days},
            after={"Mode": mode, "Days": days},
        )


def _topic_steps(settings: TrailSettings, there: Snapshot) -> Iterator[Step]:
    arn = settings.topic_arn
    if arn is None or not settings.owns_topic:
        return
    if there.topic is None:
        if settings.sns_topic_name != arn.rpartition(":")[2]:
            raise ConflictError(f"topic {arn}", "there is no such topic", "name it without its ARN, and it is made")
        yield Step(action=Action.CREATE_TOPIC, resource=arn, why="there is no such topic", after={"Name": arn})
    text = None if there.topic is None else there.topic.policy
    policy = add_trail_to_topic(text, arn, settings.arn)
    before = None if text is None else parse_policy(text)
    if policy != before:
        why = "CloudTrail may not publish for this trail"
        yield Step(action=Action.PUT_TOPIC_POLICY, resource=arn, why=why, before=before, after=policy)


def _key_steps(settings: TrailSettings, there: Snapshot) -> Iterator[Step]:
    key_id = settings.kms_key_id
    if key_id is None:
        return
    trails = [settings.arn, *settings.writers]
    if there.key is None:
        if not key_id.startswith("alias/"):
            raise ConflictError(f"key {key_id}", "there is no such key", "name it alias/NAME, and it is made")
        policy = key_policy(settings.account_id, trails)
        yield Step(action=Action.CREATE_KEY, resource=key_id, why="there is no such key", after=policy)
        return
    if there.key.state != "Enabled":
        raise ConflictError(f"key {key_id}", f"its state is {there.key.state}, and nothing can be encrypted with it")
    if there.key.arn.split(":")[3] != settings.region_of_bucket:
        raise ConflictError(f"key {key_id}", f"it is not in the Region of the bucket, {settings.region_of_bucket}")
    if there.key.policy is None or there.key.arn.split(":")[4] != settings.account_id:
        return
    before = made = parse_policy(there.key.policy, f"policy of the key {key_id}")
    for trail in trails:
        made = add_trail_to_key(made, trail)
    if made != before:
        why = "CloudTrail may not encrypt for this trail"
        yield Step(action=Action.PUT_KEY_POLICY, resource=there.key.arn, why=why, before=before, after=made)


def _log_group_steps(settings: TrailSettings, there: Snapshot) -> Iterator[Step]:
    group = settings.cloud_watch_logs_log_group
    if group is None:
        return
    if there.log_group_arn is None:
        yield Step(action=Action.CREATE_LOG_GROUP, resource=group, why="there is no such log group", after=group)
    trust, role = role_trust_policy(), there.role
    if role is None:
        yield Step(action=Action.CREATE_ROLE, resource=settings.role, why="there is no such role", after=trust)
    else:
        before = parse_policy(role.trust, f"trust policy of the role {settings.role}")
        made = join_statement(before, trust["Statement"][0], [])
        if made != before:
            why = "CloudTrail may not assume it"
            yield Step(action=Action.PUT_ROLE_TRUST, resource=settings.role, why=why, before=before, after=made)
    wanted = log_group_policy(group, settings.arn, settings.organization_id)
    held: Mapping[str, Any] | None = None if role is None else role.policies.get(role_policy_name(settings))
    made = wanted
    if held is not None:
        made = parse_policy(held, f"policy of the role {settings.role}")
        for statement in wanted["Statement"]:
            made = join_statement(made, statement, [("Resource",)])
    if held is None or not same_meaning(made, held):
        why = "it may not write to the log group"
        yield Step(action=Action.PUT_ROLE_POLICY, resource=settings.role, why=why, before=held, after=made)


def role_policy_name(settings: TrailSettings) -> str:
    """Give the name of the inline policy of the role for CloudWatch Logs."""
    return f"CloudTrail-{settings.name}"


def _trail_steps(settings: TrailSettings, there: Snapshot, changes: Change) -> Iterator[Step]:
    name, trail = str(settings.arn), there.trail
    if trail is None:
        yield Step(action=Action.CREATE_TRAIL, resource=name, why="there is no such trail", after=changes.after)
    elif changes.after:
        why = "it is not as the settings say"
        yield Step(action=Action.UPDATE_TRAIL, resource=name, why=why, before=changes.before, after=changes.after)
    has = (None if trail is None else trail.selectors) or Selectors()
    wanted = changes.selectors
    if wanted is not None and wanted != has and not (wanted.is_default and has.is_default):
        before = None if trail is None else selectors_to_api(has)
        why = "other events are asked for"
        yield Step(action=Action.PUT_SELECTORS, resource=name, why=why, before=before, after=selectors_to_api(wanted))
    held = () if trail is None else trail.insight_selectors
    missing = [each for each in settings.insight_selectors if each not in held]
    if missing:
        after = insights_to_api((*(each for each in held if _differs(each.insight_type, missing)), *missing))
        why = "Insights are asked for"
        yield Step(action=Action.PUT_INSIGHTS, resource=name, why=why, before=insights_to_api(held), after=after)
    if trail is None or not trail.status.is_logging:
        why = "a trail records nothing before it is started"
        yield Step(action=Action.START_LOGGING, resource=name, why=why, before="stopped", after="logging")


def _differs(insight_type: str, others: Any) -> bool:
    return all(each.insight_type != insight_type for each in others)
