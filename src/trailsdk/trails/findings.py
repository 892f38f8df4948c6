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
    VALIDATION_OFF = "validation-off"
    SINGLE_REGION = "single-region"
    LOGGING_STOPPED = "logging-stopped"
    DELIVERY_ERROR = "delivery-error"
    DIGEST_STALE = "digest-stale"
    GLOBAL_EVENTS_OFF = "global-events-off"
    WRITES_DROPPED = "writes-dropped"
    POLICY_UNREADABLE = "policy-unreadable"
    POLICY_REFUSES = "policy-refuses"
    POLICY_WITHOUT_SOURCE_ARN = "policy-without-source-arn"
    LEGACY_ACCOUNTS = "legacy-accounts"
    WRITER_NOT_ALLOWED = "writer-not-allowed"
    WRITER_SILENT = "writer-silent"
    PREFIX_MISMATCH = "prefix-mismatch"
    PUBLIC_ACCESS = "public-access"
    PUBLIC_ACCESS_POSSIBLE = "public-access-possible"
    NO_VERSIONING = "no-versioning"
    NO_OBJECT_LOCK = "no-object-lock"
    REQUESTER_PAYS = "requester-pays"
    FOREIGN_BUCKET_OWNERSHIP = "foreign-bucket-ownership"
    LOGS_EXPIRE_FIRST = "logs-expire-before-digests"
    DIGESTS_EXPIRE_FIRST = "digests-expire-before-logs"
    NOT_ENCRYPTED_AS_SET = "not-encrypted-as-set"
    KEY_MISSING = "key-missing"
    KEY_STOPS_DELIVERY = "key-stops-delivery"
    KEY_WITHOUT_READERS = "key-without-readers"
    TOPIC_MISSING = "topic-missing"
    TOPIC_REFUSES = "topic-refuses"
    LOG_GROUP_MISSING = "log-group-missing"
    ROLE_MISSING = "role-missing"
    ROLE_REFUSES = "role-refuses"


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
