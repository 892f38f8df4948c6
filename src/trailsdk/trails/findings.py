"""What the doctor says: findings as values."""

from enum import StrEnum
from typing import Final

from attrs import frozen

from trailsdk.errors import SourceError

__all__ = ["Check", "Diagnosis", "Finding", "Severity"]


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Something does not work: events are lost, or not delivered."""

    HIGH = "high"
    """The trail works, and cannot be relied on as evidence, or can be written to by others."""

    MEDIUM = "medium"
    """One mistake or one theft away from the above."""

    LOW = "low"
    """Worth knowing."""


class Check(StrEnum):
    """What is looked for."""

    NO_TRAIL_BUCKET = "no-bucket"
    """The trail's bucket is not there."""
    VALIDATION_OFF = "validation-off"
    """Log file validation is off."""
    SINGLE_REGION = "single-region"
    """The trail records one Region only."""
    LOGGING_STOPPED = "logging-stopped"
    """The trail records nothing."""
    DELIVERY_ERROR = "delivery-error"
    """CloudTrail cannot deliver log files, or events to CloudWatch Logs."""
    DIGEST_STALE = "digest-stale"
    """Digest files no longer come, or cannot be delivered."""
    GLOBAL_EVENTS_OFF = "global-events-off"
    """Events of global services, such as IAM, are left out."""
    WRITES_DROPPED = "writes-dropped"
    """The event selectors leave out management events that write."""
    POLICY_UNREADABLE = "policy-unreadable"
    """A policy cannot be read."""
    POLICY_REFUSES = "policy-refuses"
    """The bucket's policy does not let CloudTrail write for the trail, or a Deny overrules."""
    POLICY_WITHOUT_SOURCE_ARN = "policy-without-source-arn"
    """The bucket's policy lets the trail of any stranger write."""
    LEGACY_ACCOUNTS = "legacy-accounts"
    """The bucket's policy names the accounts that CloudTrail wrote from long ago."""
    WRITER_NOT_ALLOWED = "writer-not-allowed"
    """An account has log files in the bucket, and the policy does not let CloudTrail write them."""
    WRITER_SILENT = "writer-silent"
    """CloudTrail may write for an account that has no log files in the bucket."""
    PREFIX_MISMATCH = "prefix-mismatch"
    """The trail writes under another prefix than the policy allows."""
    PUBLIC_ACCESS = "public-access"
    """Everybody has access to the bucket, by its policy or its ACL."""
    PUBLIC_ACCESS_POSSIBLE = "public-access-possible"
    """Public access to the bucket is not blocked."""
    NO_VERSIONING = "no-versioning"
    """The bucket keeps no versions."""
    NO_OBJECT_LOCK = "no-object-lock"
    """Objects in the bucket are not locked."""
    REQUESTER_PAYS = "requester-pays"
    """The bucket is a Requester Pays bucket, to which CloudTrail does not write."""
    FOREIGN_BUCKET_OWNERSHIP = "foreign-bucket-ownership"
    """The bucket is another account's, which may not own the log files in it."""
    LOGS_EXPIRE_FIRST = "logs-expire-before-digests"
    """Log files are deleted before their digest files: validation will miss them."""
    DIGESTS_EXPIRE_FIRST = "digests-expire-before-logs"
    """Digest files are deleted before their log files, which can then not be validated."""
    NOT_ENCRYPTED_AS_SET = "not-encrypted-as-set"
    """A new log file is not encrypted as the trail says."""
    KEY_MISSING = "key-missing"
    """The KMS key is not there."""
    KEY_STOPS_DELIVERY = "key-stops-delivery"
    """CloudTrail cannot encrypt with the key: by its policy, its state or its Region."""
    KEY_WITHOUT_READERS = "key-without-readers"
    """The key's policy lets nobody decrypt."""
    TOPIC_MISSING = "topic-missing"
    """The topic is not there."""
    TOPIC_REFUSES = "topic-refuses"
    """The topic's policy does not let CloudTrail publish, or notices fail."""
    LOG_GROUP_MISSING = "log-group-missing"
    """The log group is not there."""
    ROLE_MISSING = "role-missing"
    """The role for CloudWatch Logs is not there."""
    ROLE_REFUSES = "role-refuses"
    """CloudTrail cannot assume the role, or the role cannot write to the log group."""


@frozen(kw_only=True)
class Finding:
    """Something about a trail that will bite."""

    check: Check

    severity: Severity

    resource: str
    """Name or ARN of what it is about."""

    why: str
    """What it means, in one sentence."""

    fix: str | None = None
    """A command, or a policy as JSON."""


_SERIOUS: Final = (Severity.ERROR, Severity.HIGH)


@frozen(kw_only=True)
class Diagnosis:
    """All findings about a trail, the worst first."""

    findings: tuple[Finding, ...]

    unseen: tuple[SourceError, ...] = ()
    """What could not be looked at: nothing is known of it."""

    @property
    def is_clean(self) -> bool:
        """Nothing of severity error or high was found, and everything was looked at."""
        return not self.unseen and not self.is_serious

    @property
    def is_serious(self) -> bool:
        """Something of severity error or high was found."""
        return any(each.severity in _SERIOUS for each in self.findings)
