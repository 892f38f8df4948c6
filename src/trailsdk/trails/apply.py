"""Carries out a plan, step by step, through boto3."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from trailsdk.errors import ApplyError
from trailsdk.sources.requests import code_of
from trailsdk.trails.clients import Clients, message_of
from trailsdk.trails.document import encode_policy, parse_policy, same_meaning
from trailsdk.trails.plan import Action, Plan, Step, role_policy_name
from trailsdk.trails.settings import TrailSettings

__all__ = ["apply_plan"]

_NOT_YET: Final = {
    "InvalidCloudWatchLogsRoleArnException",
    "InvalidCloudWatchLogsLogGroupArnException",
    "CloudWatchLogsDeliveryUnavailableException",
    "InsufficientS3BucketPolicyException",
    "InsufficientSnsTopicPolicyException",
    "InsufficientEncryptionPolicyException",
    "KmsKeyNotFoundException",
    "KmsException",
    "MalformedPolicyDocumentException",
    "OperationAborted",
    "NoSuchBucket",
}
"""What AWS answers for some seconds until it knows everywhere what was made or allowed a moment ago."""

_PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

Carry: TypeAlias = Callable[[Clients, TrailSettings, Step], None]


def apply_plan(
    plan: Plan,
    clients: Clients,
    *,
    on_step: Callable[[Step], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Carry out a plan.

    After a failure make a new plan, and apply that: it goes on where this one stopped.

    Args:
        plan: What to do.
        clients: Of the account that owns the trail.
        on_step: Is told of each step when it is done.
        pause: Waits some seconds, where a step may need what AWS does not know everywhere yet.

    Returns:
        How many steps were carried out.

    Raises:
        ApplyError: A step failed. Those before it are done.
    """
    for done, step in enumerate(plan.steps):
        # Only what this very run has changed may be too new.
        _carry_out(step, plan.settings, clients, pauses=_PAUSES_SECONDS if done else (), pause=pause, done=done)
        on_step(step)
    return len(plan.steps)


def _carry_out(
    step: Step,
    settings: TrailSettings,
    clients: Clients,
    *,
    pauses: Iterable[float],
    pause: Callable[[float], None],
    done: int,
) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    waits = iter(pauses)
    while True:
        try:
            return _CARRY[step.action](clients, settings, step)
        except (BotoCoreError, ClientError) as error:
            wait = next(waits, None) if code_of(error) in _NOT_YET else None
            if wait is None:
                raise ApplyError(f"{step.action} {step.resource}", message_of(error), done) from error
        except _HalfDoneError as error:
            raise ApplyError(f"{step.action} {step.resource}", str(error), done) from error
        pause(wait)


class _HalfDoneError(Exception):
    """A step could not be carried out to its end, though AWS did not refuse."""


def _owned(settings: TrailSettings, **arguments: Any) -> dict[str, Any]:
    """Name the bucket and whose it must be, so that no stranger's bucket of this name is ever changed."""
    return {"Bucket": settings.s3_bucket_name, "ExpectedBucketOwner": settings.account_id, **arguments}


def _s3(clients: Clients, settings: TrailSettings) -> Any:
    return clients.get("s3", settings.region_of_bucket)


def _create_bucket(clients: Clients, settings: TrailSettings, step: Step) -> None:
    arguments: dict[str, Any] = {"Bucket": settings.s3_bucket_name}
    if settings.region_of_bucket != "us-east-1":
        arguments["CreateBucketConfiguration"] = {"LocationConstraint": settings.region_of_bucket}
    if step.after["ObjectLock"]:
        arguments["ObjectLockEnabledForBucket"] = True
    _s3(clients, settings).create_bucket(**arguments)


def _block_public_access(clients: Clients, settings: TrailSettings, step: Step) -> None:
    blocked = dict.fromkeys(step.after, True)
    _s3(clients, settings).put_public_access_block(**_owned(settings, PublicAccessBlockConfiguration=blocked))


def _keep_versions(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _s3(clients, settings).put_bucket_versioning(**_owned(settings, VersioningConfiguration={"Status": step.after}))


def _own_objects(clients: Clients, settings: TrailSettings, step: Step) -> None:
    controls = {"Rules": [{"ObjectOwnership": step.after}]}
    _s3(clients, settings).put_bucket_ownership_controls(**_owned(settings, OwnershipControls=controls))


def _lock_objects(clients: Clients, settings: TrailSettings, step: Step) -> None:
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": step.after}}
    _s3(clients, settings).put_object_lock_configuration(**_owned(settings, ObjectLockConfiguration=configuration))


def _check_unchanged(step: Step, there: Callable[[], Any]) -> None:
    """Look again at what would be replaced: AWS replaces policies whole, and has no condition for it.

    Raises:
        _HalfDoneError: It was changed since the plan was made.
    """
    try:
        found = there()
    except Exception as error:
        if code_of(error) not in ("NoSuchBucketPolicy", "NoSuchEntity"):
            raise
        found = None
    before = None if found is None else parse_policy(found, step.resource)
    if step.before is not None and (before is None or not same_meaning(before, step.before)):
        raise _HalfDoneError("the policy was changed since the plan was made; run it again")
    if step.before is None and before is not None and step.action is Action.PUT_BUCKET_POLICY:
        raise _HalfDoneError("somebody has put a policy since the plan was made; run it again")


def _put_bucket_policy(clients: Clients, settings: TrailSettings, step: Step) -> None:
    client = _s3(clients, settings)
    _check_unchanged(step, lambda: client.get_bucket_policy(**_owned(settings))["Policy"])
    client.put_bucket_policy(**_owned(settings, Policy=encode_policy(step.after)))


def _create_topic(clients: Clients, _: TrailSettings, step: Step) -> None:
    clients.get("sns", step.resource.split(":")[3]).create_topic(Name=step.resource.rpartition(":")[2])


def _put_topic_policy(clients: Clients, _: TrailSettings, step: Step) -> None:
    client = clients.get("sns", step.resource.split(":")[3])
    _check_unchanged(step, lambda: client.get_topic_attributes(TopicArn=step.resource)["Attributes"].get("Policy"))
    policy = encode_policy(step.after)
    client.set_topic_attributes(TopicArn=step.resource, AttributeName="Policy", AttributeValue=policy)


def _create_key(clients: Clients, settings: TrailSettings, step: Step) -> None:
    client = clients.get("kms", settings.region_of_bucket)
    policy = encode_policy(step.after)
    made = client.create_key(Policy=policy, Description=f"Log files of the trail {settings.name}")["KeyMetadata"]
    try:
        client.create_alias(AliasName=step.resource, TargetKeyId=made["KeyId"])
    except Exception as error:
        # Another run would make another key: this one must be named, or it is lost.
        reason = f"the key {made['Arn']} was made, but not its alias: {message_of(error)}; name the key by its ARN"
        raise _HalfDoneError(reason) from error


def _put_key_policy(clients: Clients, _: TrailSettings, step: Step) -> None:
    client = clients.get("kms", step.resource.split(":")[3])
    _check_unchanged(step, lambda: client.get_key_policy(KeyId=step.resource, PolicyName="default")["Policy"])
    client.put_key_policy(KeyId=step.resource, PolicyName="default", Policy=encode_policy(step.after))


def _create_log_group(clients: Clients, settings: TrailSettings, step: Step) -> None:
    clients.get("logs", settings.home_region).create_log_group(logGroupName=step.resource)


def _create_role(clients: Clients, settings: TrailSettings, step: Step) -> None:
    clients.get("iam", settings.home_region).create_role(
        RoleName=step.resource,
        AssumeRolePolicyDocument=encode_policy(step.after),
        Description=f"CloudTrail writes events of the trail {settings.name} to CloudWatch Logs",
    )


def _put_role_trust(clients: Clients, settings: TrailSettings, step: Step) -> None:
    client = clients.get("iam", settings.home_region)
    _check_unchanged(step, lambda: client.get_role(RoleName=step.resource)["Role"]["AssumeRolePolicyDocument"])
    client.update_assume_role_policy(RoleName=step.resource, PolicyDocument=encode_policy(step.after))


def _put_role_policy(clients: Clients, settings: TrailSettings, step: Step) -> None:
    client = clients.get("iam", settings.home_region)
    named = {"RoleName": step.resource, "PolicyName": role_policy_name(settings)}
    _check_unchanged(step, lambda: client.get_role_policy(**named)["PolicyDocument"])
    client.put_role_policy(**named, PolicyDocument=encode_policy(step.after))


def _trail(clients: Clients, settings: TrailSettings) -> Any:
    return clients.get("cloudtrail", settings.home_region)


def _create_trail(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _trail(clients, settings).create_trail(**step.after)


def _update_trail(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _trail(clients, settings).update_trail(Name=step.resource, **step.after)


def _put_selectors(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _trail(clients, settings).put_event_selectors(TrailName=step.resource, **step.after)


def _put_insights(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _trail(clients, settings).put_insight_selectors(TrailName=step.resource, InsightSelectors=step.after)


def _start_logging(clients: Clients, settings: TrailSettings, step: Step) -> None:
    _trail(clients, settings).start_logging(Name=step.resource)


_CARRY: Final[Mapping[Action, Carry]] = {
    Action.CREATE_BUCKET: _create_bucket,
    Action.BLOCK_PUBLIC_ACCESS: _block_public_access,
    Action.KEEP_VERSIONS: _keep_versions,
    Action.OWN_OBJECTS: _own_objects,
    Action.LOCK_OBJECTS: _lock_objects,
    Action.PUT_BUCKET_POLICY: _put_bucket_policy,
    Action.CREATE_TOPIC: _create_topic,
    Action.PUT_TOPIC_POLICY: _put_topic_policy,
    Action.CREATE_KEY: _create_key,
    Action.PUT_KEY_POLICY: _put_key_policy,
    Action.CREATE_LOG_GROUP: _create_log_group,
    Action.CREATE_ROLE: _create_role,
    Action.PUT_ROLE_TRUST: _put_role_trust,
    Action.PUT_ROLE_POLICY: _put_role_policy,
    Action.CREATE_TRAIL: _create_trail,
    Action.UPDATE_TRAIL: _update_trail,
    Action.PUT_SELECTORS: _put_selectors,
    Action.PUT_INSIGHTS: _put_insights,
    Action.START_LOGGING: _start_logging,
}
