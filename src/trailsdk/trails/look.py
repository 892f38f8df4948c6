"""Looks at what is there: a trail, its bucket, topic, key, log group and role. Reads only."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from attrs import evolve

from trailsdk.errors import ConflictError, NotFoundError, SettingError, SourceError, UnreadableError
from trailsdk.sources.requests import code_of
from trailsdk.trails.arns import TrailArn
from trailsdk.trails.clients import Clients, refusals
from trailsdk.trails.look_bucket import BucketLook
from trailsdk.trails.selector_api import insights_from_api, selectors_from_api
from trailsdk.trails.settings import TrailSettings
from trailsdk.trails.snapshot import KeyState, RoleState, Snapshot, TopicState, TrailState, TrailStatus

__all__ = ["Look", "account_of", "look_at_settings", "look_at_trail"]

_T = TypeVar("_T")

_ABSENT: Final = {
    "NotFound",
    "NotFoundException",
    "NoSuchEntity",
    "ResourceNotFoundException",
    "TrailNotFoundException",
    "InsightNotEnabledException",
}


def account_of(clients: Clients, region: str) -> str:
    """Tell whose credentials these are.

    Raises:
        SourceError: There are none, or they are refused.
    """
    with refusals("credentials"):
        account: str = clients.get("sts", region).get_caller_identity()["Account"]
    return account


def look_at_settings(settings: TrailSettings, clients: Clients) -> Snapshot:
    """Look at what settings name, before a plan is made.

    Raises:
        SourceError: Something could not be looked at: a plan from half of what is there would be wrong.
        ConflictError: The bucket is somebody else's, or in another Region.
    """
    look = Look(clients, settings.home_region)
    bucket = BucketLook(clients, settings.region_of_bucket, settings.bucket_owner or settings.account_id)
    found = bucket.for_settings(settings)
    look.check_home(settings)
    trail = look.trail(str(settings.arn))
    topic = settings.topic_arn if settings.owns_topic else None
    group = settings.cloud_watch_logs_log_group
    return Snapshot(
        trail=trail,
        bucket=found,
        topic=None if topic is None else look.topic(topic),
        key=None if settings.kms_key_id is None else look.key(settings.kms_key_id, settings.region_of_bucket),
        log_group_arn=None if group is None else look.log_group(group),
        role=None if group is None else look.role(settings.role),
    )


def look_at_trail(arn: TrailArn, clients: Clients, *, recent_day: str) -> Snapshot:
    """Look at a trail and all that it names.

    Args:
        arn: The trail.
        clients: Of the account that owns it.
        recent_day: Such as `2026/03/05`: what was delivered since counts as recent.

    Returns:
        What there is. What could not be looked at is told in it, but for the trail itself.

    Raises:
        NotFoundError: There is no such trail.
        SourceError: The trail could not be looked at.
    """
    look = Look(clients, arn.region)
    unseen: list[SourceError] = []
    trail = look.trail(str(arn), unseen)
    if trail is None:
        raise NotFoundError(str(arn), "there is no such trail in its home Region")

    def soft(ask: Callable[[], _T]) -> _T | None:
        try:
            return ask()
        except SourceError as error:
            unseen.append(error)
            return None

    bucket_look = BucketLook(clients, arn.region, arn.account_id)
    bucket = soft(lambda: bucket_look.for_audit(trail, recent_day, unseen))
    key_region = arn.region if bucket is None else bucket.region
    group = trail.cloud_watch_logs_log_group_arn
    role = trail.cloud_watch_logs_role_arn
    key_id, topic_arn = trail.kms_key_id, trail.sns_topic_arn
    return Snapshot(
        trail=trail,
        bucket=bucket,
        topic=None if topic_arn is None else soft(lambda: look.topic(topic_arn)),
        key=None if key_id is None else soft(lambda: look.key(key_id, key_region)),
        log_group_arn=None if group is None else soft(lambda: look.log_group(group.split(":")[6])),
        role=None if role is None else soft(lambda: look.role(role.rpartition("/")[2])),
        unseen=tuple(unseen),
    )


class Look:
    """Looks at single parts, in a trail's home Region."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

    def trail(self, arn: str, unseen: list[SourceError] | None = None) -> TrailState | None:
        """Look at a trail; `None`: there is none.

        Args:
            arn: The trail.
            unseen: Receives what is not understood of it.
        """
        client = self._clients.get("cloudtrail", self._region)
        found = _find(f"trail {arn}", lambda: client.get_trail(Name=arn)["Trail"])
        if found is None:
            return None
        with refusals(f"trail {arn}"):
            status = client.get_trail_status(Name=arn)
            selectors = client.get_event_selectors(TrailName=arn)
        insights = _find(f"trail {arn}", lambda: client.get_insight_selectors(TrailName=arn))
        state = _trail_state(found)
        try:
            read = selectors_from_api(selectors)
        except SettingError as error:
            # AWS may know more kinds of events than this.
            if unseen is not None:
                unseen.append(UnreadableError(f"event selectors of {arn}", str(error)))
            read = None
        return evolve(
            state, status=_status(status), selectors=read, insight_selectors=insights_from_api(insights or {})
        )

    def check_home(self, settings: TrailSettings) -> None:
        """Check that no trail of this name has its home in another Region.

        Raises:
            ConflictError: One has, and shows here as its shadow.
        """
        with refusals("trails"):
            client = self._clients.get("cloudtrail", self._region)
            found = client.describe_trails(trailNameList=[settings.name], includeShadowTrails=True)["trailList"]
        for each in found:
            home = each.get("HomeRegion", self._region)
            if home != self._region:
                reason = f"there is a trail of this name with its home in {home}, which covers {self._region} too"
                raise ConflictError(f"trail {settings.name}", reason, f"--region {home}, or another name")

    def topic(self, arn: str) -> TopicState | None:
        """Look at a topic; `None`: there is none."""
        client = self._clients.get("sns", arn.split(":")[3])
        found = _find(f"topic {arn}", lambda: client.get_topic_attributes(TopicArn=arn)["Attributes"])
        return None if found is None else TopicState(arn=arn, policy=found.get("Policy") or None)

    def key(self, key_id: str, region: str) -> KeyState | None:
        """Look at a key, by id, ARN or alias; `None`: there is none."""
        region = key_id.split(":")[3] if key_id.startswith("arn:") else region
        client = self._clients.get("kms", region)
        found = _find(f"key {key_id}", lambda: client.describe_key(KeyId=key_id)["KeyMetadata"])
        if found is None:
            return None
        with refusals(f"policy of the key {key_id}"):
            policy = client.get_key_policy(KeyId=found["Arn"], PolicyName="default")["Policy"]
        return KeyState(arn=found["Arn"], state=found.get("KeyState", "Enabled"), policy=policy)

    def log_group(self, name: str) -> str | None:
        """Look for a log group; `None`: there is none.

        Returns:
            Its ARN, without the `:*` that CloudTrail wants.
        """
        client = self._clients.get("logs", self._region)
        with refusals(f"log group {name}"):
            for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
                for group in page["logGroups"]:
                    if group["logGroupName"] == name:
                        arn: str = group["arn"]
                        return arn.removesuffix(":*")
        return None

    def role(self, name: str) -> RoleState | None:
        """Look at a role with its inline policies; `None`: there is none."""
        client = self._clients.get("iam", self._region)
        found = _find(f"role {name}", lambda: client.get_role(RoleName=name)["Role"])
        if found is None:
            return None
        policies: dict[str, Any] = {}
        with refusals(f"policies of the role {name}"):
            for page in client.get_paginator("list_role_policies").paginate(RoleName=name):
                for each in page["PolicyNames"]:
                    answer = client.get_role_policy(RoleName=name, PolicyName=each)
                    policies[each] = answer["PolicyDocument"]
            attached = client.list_attached_role_policies(RoleName=name, MaxItems=1)["AttachedPolicies"]
        trust = found["AssumeRolePolicyDocument"]
        return RoleState(arn=found["Arn"], trust=trust, policies=policies, has_managed_policies=bool(attached))


def _find(place: str, ask: Callable[[], _T]) -> _T | None:
    """Ask, and take the answer that there is no such thing for `None`."""
    with refusals(place):
        try:
            return ask()
        except Exception as error:
            if code_of(error) in _ABSENT:
                return None
            raise


def _trail_state(found: dict[str, Any]) -> TrailState:
    return TrailState(
        arn=TrailArn.parse(found["TrailARN"]),
        s3_bucket_name=found["S3BucketName"],
        s3_key_prefix=found.get("S3KeyPrefix") or "",
        is_multi_region_trail=bool(found.get("IsMultiRegionTrail")),
        include_global_service_events=bool(found.get("IncludeGlobalServiceEvents")),
        is_organization_trail=bool(found.get("IsOrganizationTrail")),
        log_file_validation_enabled=bool(found.get("LogFileValidationEnabled")),
        kms_key_id=found.get("KmsKeyId") or None,
        sns_topic_arn=found.get("SnsTopicARN") or None,
        cloud_watch_logs_log_group_arn=found.get("CloudWatchLogsLogGroupArn") or None,
        cloud_watch_logs_role_arn=found.get("CloudWatchLogsRoleArn") or None,
    )


def _status(found: dict[str, Any]) -> TrailStatus:
    return TrailStatus(
        is_logging=bool(found.get("IsLogging")),
        start_logging_time=found.get("StartLoggingTime"),
        latest_delivery_time=found.get("LatestDeliveryTime"),
        latest_delivery_error=found.get("LatestDeliveryError") or None,
        latest_notification_error=found.get("LatestNotificationError") or None,
        latest_digest_delivery_time=found.get("LatestDigestDeliveryTime"),
        latest_digest_delivery_error=found.get("LatestDigestDeliveryError") or None,
        latest_cloud_watch_logs_delivery_error=found.get("LatestCloudWatchLogsDeliveryError") or None,
    )
