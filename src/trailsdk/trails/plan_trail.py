"""What has to change at the trail itself, and what is left as it is because changing it would loosen it."""

from typing import Any

from attrs import frozen

from trailsdk.errors import ConflictError
from trailsdk.trails.selectors import Selectors
from trailsdk.trails.settings import TrailSettings
from trailsdk.trails.snapshot import Snapshot, TrailState

__all__ = ["Change", "Kept", "trail_changes"]


@frozen
class Kept:
    """Something that is not as the settings say, and is left as it is."""

    name: str
    """The setting."""
    is_there: Any
    wanted: Any


@frozen
class Change:
    """Arguments for `CreateTrail` or `UpdateTrail`, with what they were before, and the selectors to put."""

    after: dict[str, Any]
    before: dict[str, Any]
    selectors: Selectors | None
    kept: tuple[Kept, ...]


def trail_changes(settings: TrailSettings, there: Snapshot) -> Change:
    """Compare a trail with its settings.

    Raises:
        ConflictError: The trail delivers to somewhere else, or uses another topic, key, log group or role.
    """
    wanted = _arguments(settings, there)
    trail = there.trail
    if trail is None:
        return Change(wanted, {}, settings.selectors, ())
    _check_identity(settings, there, trail)
    has = {
        "IsMultiRegionTrail": trail.is_multi_region_trail,
        "IncludeGlobalServiceEvents": trail.include_global_service_events,
        "EnableLogFileValidation": trail.log_file_validation_enabled,
        "IsOrganizationTrail": trail.is_organization_trail,
        "KmsKeyId": trail.kms_key_id,
        "SnsTopicName": trail.sns_topic_arn,
        "CloudWatchLogsLogGroupArn": trail.cloud_watch_logs_log_group_arn,
        "CloudWatchLogsRoleArn": trail.cloud_watch_logs_role_arn,
    }
    after = {name: value for name, value in wanted.items() if name in has and value and not has[name]}
    if "CloudWatchLogsLogGroupArn" in after or "CloudWatchLogsRoleArn" in after:
        both = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
        after |= {name: wanted[name] for name in both}
    kept = [Kept(name, has[name], wanted.get(name, False)) for name in _FLAGS if has[name] and not wanted.get(name)]
    selectors = _selectors(settings, trail)
    if selectors is not None and settings.selectors is not None and selectors != settings.selectors:
        kept.append(Kept("EventSelectors", "events that are recorded already", "fewer"))
    return Change(after, {name: has[name] for name in after}, selectors, tuple(kept))


_FLAGS = ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation", "IsOrganizationTrail")


def _arguments(settings: TrailSettings, there: Snapshot) -> dict[str, Any]:
    """Give the arguments of `CreateTrail`."""
    arguments: dict[str, Any] = {
        "Name": settings.name,
        "S3BucketName": settings.s3_bucket_name,
        "IncludeGlobalServiceEvents": settings.include_global_service_events,
        "IsMultiRegionTrail": settings.is_multi_region_trail,
        "EnableLogFileValidation": settings.enable_log_file_validation,
        "IsOrganizationTrail": settings.organization_id is not None,
    }
    if settings.s3_key_prefix:
        arguments["S3KeyPrefix"] = settings.s3_key_prefix
    if settings.sns_topic_name is not None:
        # By its name where it is the account's own and in this Region.
        own = f"arn:{settings.partition}:sns:{settings.home_region}:{settings.account_id}:"
        arguments["SnsTopicName"] = settings.sns_topic_name.removeprefix(own)
    if settings.kms_key_id is not None:
        # An alias that is made on the way is known by its name only.
        arguments["KmsKeyId"] = settings.kms_key_id if there.key is None else there.key.arn
    if settings.log_group_arn is not None:
        role = f"arn:{settings.partition}:iam::{settings.account_id}:role/{settings.role}"
        arguments["CloudWatchLogsLogGroupArn"] = settings.log_group_arn
        arguments["CloudWatchLogsRoleArn"] = role if there.role is None else there.role.arn
    return arguments


def _check_identity(settings: TrailSettings, there: Snapshot, trail: TrailState) -> None:
    place = f"trail {settings.name}"
    here, wanted = (
        f"{name}/{prefix}".rstrip("/")
        for name, prefix in (
            (trail.s3_bucket_name, trail.s3_key_prefix),
            (settings.s3_bucket_name, settings.s3_key_prefix),
        )
    )
    if here != wanted:
        reason = f"it delivers to {here}, not to {wanted}"
        raise ConflictError(place, reason, "name that bucket and prefix, or another trail")
    role = _arguments(settings, there).get("CloudWatchLogsRoleArn")
    keys = {settings.kms_key_id, None if there.key is None else there.key.arn}
    pairs = [
        ("its topic", trail.sns_topic_arn, {settings.topic_arn}),
        ("its KMS key", trail.kms_key_id, keys - {None}),
        ("its log group", _bare(trail.cloud_watch_logs_log_group_arn), {_bare(settings.log_group_arn)}),
        ("its role", trail.cloud_watch_logs_role_arn, {role}),
    ]
    for what, has, accepted in pairs:
        others = accepted - {None}
        if has is not None and others and has not in others:
            raise ConflictError(place, f"{what} is {has}", "name that one, or change it yourself")


def _bare(log_group_arn: str | None) -> str | None:
    return None if log_group_arn is None else log_group_arn.removesuffix(":*")


def _selectors(settings: TrailSettings, trail: TrailState) -> Selectors | None:
    """Give the selectors to put: a trail that has never logged has nothing to lose, others lose nothing."""
    wanted = settings.selectors
    if wanted is None:
        return None
    if trail.selectors is None:
        reason = "its event selectors use what is not known here, and putting others would replace them"
        raise ConflictError(f"trail {settings.name}", reason, "leave the selection of events out")
    if trail.status.start_logging_time is None and trail.selectors.is_default:
        return wanted
    return trail.selectors.joined(wanted)
