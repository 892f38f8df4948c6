"""What is there: a trail and everything that belongs to it, as it was found. Values, without I/O."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from trailsdk.errors import SourceError
from trailsdk.trails.arns import TrailArn
from trailsdk.trails.selectors import InsightSelector, Selectors

__all__ = [
    "AccountFolder",
    "BucketState",
    "DeliveredObject",
    "KeyState",
    "LifecycleRule",
    "ObjectLock",
    "RoleState",
    "Snapshot",
    "TopicState",
    "TrailState",
    "TrailStatus",
]


@frozen(kw_only=True)
class TrailStatus:
    """What CloudTrail says of its deliveries, in the home Region."""

    is_logging: bool = False
    start_logging_time: dt.datetime | None = None
    """`None`: it has never logged."""
    latest_delivery_time: dt.datetime | None = None
    latest_delivery_error: str | None = None
    latest_notification_error: str | None = None
    latest_digest_delivery_time: dt.datetime | None = None
    latest_digest_delivery_error: str | None = None
    latest_cloud_watch_logs_delivery_error: str | None = None


@frozen(kw_only=True)
class TrailState:
    """A trail's configuration."""

    arn: TrailArn
    s3_bucket_name: str
    s3_key_prefix: str = ""
    is_multi_region_trail: bool = False
    include_global_service_events: bool = True
    is_organization_trail: bool = False
    log_file_validation_enabled: bool = False
    kms_key_id: str | None = None
    sns_topic_arn: str | None = None
    cloud_watch_logs_log_group_arn: str | None = None
    cloud_watch_logs_role_arn: str | None = None
    selectors: Selectors | None = field(factory=Selectors)
    """`None`: they use what is not known here; that stands in `Snapshot.unseen`."""
    insight_selectors: tuple[InsightSelector, ...] = ()
    status: TrailStatus = field(factory=TrailStatus)


@frozen
class ObjectLock:
    """The default retention of a bucket."""

    mode: str | None = None
    """`GOVERNANCE` or `COMPLIANCE`; `None`: objects can be locked, but are not by default."""
    days: int | None = None


@frozen(kw_only=True)
class LifecycleRule:
    """A rule that deletes objects after some days."""

    name: str
    prefix: str = ""
    expiration_days: int


@frozen(kw_only=True)
class AccountFolder:
    """A folder of an account that holds log files."""

    account_id: str
    organization_id: str | None = None
    is_recent: bool = True
    """A log file was delivered in the last days."""


@frozen(kw_only=True)
class DeliveredObject:
    """A log file that was delivered, and how it is encrypted."""

    key: str
    encryption: str | None
    """`AES256` or `aws:kms`."""
    kms_key_id: str | None = None


@frozen(kw_only=True)
class BucketState:
    """A bucket. What could not be looked at is `None` as well, and stands in `Snapshot.unseen`."""

    name: str
    region: str
    is_owned: bool = True
    """It belongs to the account of the trail."""
    policy: str | None = None
    is_policy_public: bool = False
    public_access_block: frozenset[str] = frozenset()
    """Which of its four settings are on."""
    public_grants: tuple[str, ...] = ()
    """Permissions that its ACL grants to everybody."""
    versioning: str | None = None
    """`Enabled` or `Suspended`; `None`: it never was on."""
    object_ownership: str | None = None
    """`BucketOwnerEnforced`, `BucketOwnerPreferred` or `ObjectWriter`; `None`: not set."""
    object_lock: ObjectLock | None = None
    lifecycle: tuple[LifecycleRule, ...] = ()
    is_requester_pays: bool = False
    folders: tuple[AccountFolder, ...] = ()
    """Accounts that have log files under the trail's prefix."""
    samples: tuple[DeliveredObject, ...] = ()
    """Some of the newest log files."""


@frozen(kw_only=True)
class TopicState:
    """A topic."""

    arn: str
    policy: str | None = None


@frozen(kw_only=True)
class KeyState:
    """A KMS key."""

    arn: str
    state: str = "Enabled"
    policy: str | None = None


@frozen(kw_only=True)
class RoleState:
    """An IAM role, with its inline policies."""

    arn: str
    trust: Mapping[str, Any]
    policies: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    has_managed_policies: bool = False
    """Policies are attached to it as well, which were not looked at."""


@frozen(kw_only=True)
class Snapshot:
    """What is there of a trail. A part that is not there is `None`."""

    trail: TrailState | None = None
    bucket: BucketState | None = None
    topic: TopicState | None = None
    key: KeyState | None = None
    log_group_arn: str | None = None
    role: RoleState | None = None
    unseen: tuple[SourceError, ...] = ()
    """What could not be looked at."""
