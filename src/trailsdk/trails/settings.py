"""What a trail is to be: its settings, in AWS's names, checked against AWS's rules.

Source: AWS CloudTrail API Reference, `CreateTrail`, and AWS CloudTrail User Guide, "Quotas in AWS CloudTrail".
"""

import re
from typing import Literal

from attrs import frozen

from trailsdk.errors import SettingError
from trailsdk.trails.arns import (
    TrailArn,
    check_account_id,
    check_log_group,
    check_organization_id,
    check_region,
    check_role,
    check_topic,
    check_trail_name,
    partition_of,
)
from trailsdk.trails.layout import Destination
from trailsdk.trails.selectors import InsightSelector, Selectors

__all__ = ["TrailSettings"]

_KEY_ID = re.compile(
    r"(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(?:key/|alias/))?[A-Za-z0-9/_-]{1,256}|alias/[A-Za-z0-9/_-]{1,250}",
    re.ASCII,
)


@frozen(kw_only=True)
class TrailSettings:
    """A trail, its bucket, and what else belongs to it.

    Defaults are the safe ones, where AWS's are not: all Regions, validation on.
    """

    name: str

    account_id: str
    """The account that owns the trail; of an organization's trail the management account."""

    home_region: str

    s3_bucket_name: str

    s3_key_prefix: str = ""
    """What stands before `AWSLogs` in keys, without the slash."""

    bucket_region: str | None = None
    """Where the bucket is, if not in the home Region."""

    bucket_owner: str | None = None
    """Whose the bucket is, if not the trail's account's. Such a bucket is taken as it is."""

    protect_bucket: bool = True
    """Block public access, keep versions and turn ACLs off, where that has not been set."""

    object_lock_days: int | None = None
    """Lock every object for so many days."""

    object_lock_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
    """In compliance mode nobody can shorten it, not even the root user."""

    writers: tuple[TrailArn, ...] = ()
    """Trails of other accounts that write to the same bucket."""

    organization_id: str | None = None
    """Makes it a trail of the organization."""

    is_multi_region_trail: bool = True

    include_global_service_events: bool = True

    enable_log_file_validation: bool = True

    kms_key_id: str | None = None
    """Encrypt with this KMS key (id, ARN, or alias); by default with S3's own. An alias that is not there is made."""

    sns_topic_name: str | None = None
    """Name or ARN of a topic that is told of every delivery. A name that is not there is made."""

    cloud_watch_logs_log_group: str | None = None
    """Name of a log group that receives every event. One that is not there is made."""

    cloud_watch_logs_role: str | None = None
    """Name of the role that CloudTrail writes to the log group with; by default one named after the trail."""

    selectors: Selectors | None = None
    """Which events; by default what the trail has, and all management events for a new one."""

    insight_selectors: tuple[InsightSelector, ...] = ()

    def __attrs_post_init__(self) -> None:
        check_trail_name(self.name)
        check_account_id(self.account_id)
        check_region(self.home_region)
        self._check_bucket()
        self._check_parts()
        if self.organization_id is not None:
            check_organization_id(self.organization_id)
        if self.is_multi_region_trail and not self.include_global_service_events:
            raise SettingError("include_global_service_events", False, "a trail of all Regions includes them")  # noqa: FBT003 (a value)
        if self.insight_selectors and self.selectors is not None and not self.selectors.records(_WRITES):
            raise SettingError("insight_selectors", "...", "Insights need management events that write")

    def _check_bucket(self) -> None:
        _ = self.destination
        if self.bucket_region is not None:
            check_region(self.bucket_region, "bucket_region")
            if partition_of(self.bucket_region) != self.partition:
                raise SettingError("bucket_region", self.bucket_region, f"it is not in the partition {self.partition}")
        if self.bucket_owner is not None:
            check_account_id(self.bucket_owner, "bucket_owner")
        if self.object_lock_days is not None and not 1 <= self.object_lock_days <= 36500:  # noqa: PLR2004 (S3's limit)
            raise SettingError("object_lock_days", self.object_lock_days, "objects are locked for 1 to 36,500 days")
        for writer in self.writers:
            if writer.partition != self.partition:
                raise SettingError("writers", str(writer), f"it is not in the partition {self.partition}")

    def _check_parts(self) -> None:
        if self.kms_key_id is not None and not _KEY_ID.fullmatch(self.kms_key_id):
            raise SettingError("kms_key_id", self.kms_key_id, "a key is named by its id, its ARN, or alias/NAME")
        if self.kms_key_id is not None and self.kms_key_id.startswith("alias/aws/"):
            raise SettingError("kms_key_id", self.kms_key_id, "the keys of AWS services are not for trails")
        if self.kms_key_id is not None and self.kms_key_id.startswith("arn:"):
            region = self.kms_key_id.split(":")[3]
            if region != self.region_of_bucket:
                rule = f"the key must be in the Region of the bucket, {self.region_of_bucket}"
                raise SettingError("kms_key_id", self.kms_key_id, rule)
        if self.sns_topic_name is not None:
            check_topic(self.sns_topic_name)
        if self.cloud_watch_logs_log_group is not None:
            check_log_group(self.cloud_watch_logs_log_group)
        if self.cloud_watch_logs_role is not None:
            check_role(self.cloud_watch_logs_role)
            if self.cloud_watch_logs_log_group is None:
                raise SettingError("cloud_watch_logs_role", self.cloud_watch_logs_role, "it needs a log group")

    @property
    def partition(self) -> str:
        """The partition of the home Region."""
        return partition_of(self.home_region)

    @property
    def arn(self) -> TrailArn:
        """The trail's ARN."""
        return TrailArn(self.partition, self.home_region, self.account_id, self.name)

    @property
    def destination(self) -> Destination:
        """The bucket, and the prefix in it."""
        return Destination(self.s3_bucket_name, self.s3_key_prefix, self.partition)

    @property
    def region_of_bucket(self) -> str:
        """Where the bucket is."""
        return self.bucket_region or self.home_region

    @property
    def role(self) -> str:
        """The name of the role for CloudWatch Logs."""
        return self.cloud_watch_logs_role or f"CloudTrail-{self.name}"[:64]

    @property
    def topic_arn(self) -> str | None:
        """The ARN of the topic."""
        if self.sns_topic_name is None or self.sns_topic_name.startswith("arn:"):
            return self.sns_topic_name
        return f"arn:{self.partition}:sns:{self.home_region}:{self.account_id}:{self.sns_topic_name}"

    @property
    def owns_topic(self) -> bool:
        """The topic is the account's own, so that it can be made and changed."""
        return self.topic_arn is not None and self.topic_arn.split(":")[4] == self.account_id

    @property
    def owns_bucket(self) -> bool:
        """The bucket is the account's own, so that it can be made and changed."""
        return self.bucket_owner in (None, self.account_id)

    @property
    def log_group_arn(self) -> str | None:
        """The ARN of the log group, with the `:*` that CloudTrail wants at its end."""
        if self.cloud_watch_logs_log_group is None:
            return None
        group = self.cloud_watch_logs_log_group
        return f"arn:{self.partition}:logs:{self.home_region}:{self.account_id}:log-group:{group}:*"


_WRITES = {"eventCategory": "Management", "readOnly": "false", "eventSource": "iam.amazonaws.com"}
