"""Checks of the bucket: who may write, who could read or delete, and what deletes by itself."""

import re
from collections.abc import Iterator
from typing import Final

from trailsdk.trails.findings import Check, Finding, Severity
from trailsdk.trails.snapshot import BucketState, LifecycleRule, TrailState

__all__ = ["check_bucket"]

_FOUR: Final = 4


def check_bucket(trail: TrailState, bucket: BucketState) -> Iterator[Finding]:
    """Check a bucket's settings, but for its policy."""
    yield from _check_public_access(bucket)
    yield from _check_retention(bucket)
    name = bucket.name
    if bucket.is_requester_pays:
        why = "CloudTrail does not write to a Requester Pays bucket"
        fix = f"aws s3api put-bucket-request-payment --bucket {name} --request-payment-configuration Payer=BucketOwner"
        yield Finding(check=Check.REQUESTER_PAYS, severity=Severity.ERROR, resource=name, why=why, fix=fix)
    if not bucket.is_owned and bucket.object_ownership != "BucketOwnerEnforced":
        yield Finding(
            check=Check.FOREIGN_BUCKET_OWNERSHIP,
            severity=Severity.MEDIUM,
            resource=name,
            why="the bucket is another account's, and ACLs decide who owns the log files: its owner may be unable to "
            "share or even read them",
            fix=f"aws s3api put-bucket-ownership-controls --bucket {name} "
            "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'",
        )
    yield from _check_lifecycle(trail, bucket)
    yield from _check_encryption(trail, bucket)


def _check_public_access(bucket: BucketState) -> Iterator[Finding]:
    fix = (
        f"aws s3api put-public-access-block --bucket {bucket.name} --public-access-block-configuration "
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    )
    if bucket.is_policy_public or (bucket.public_grants and "IgnorePublicAcls" not in bucket.public_access_block):
        how = "its policy" if bucket.is_policy_public else f"its ACL, which grants {', '.join(bucket.public_grants)}"
        why = f"everybody has access to the bucket, by {how}"
        yield Finding(check=Check.PUBLIC_ACCESS, severity=Severity.ERROR, resource=bucket.name, why=why, fix=fix)
    elif len(bucket.public_access_block) < _FOUR:
        why = "public access is not blocked: one policy or ACL can open the bucket to everybody"
        yield Finding(
            check=Check.PUBLIC_ACCESS_POSSIBLE, severity=Severity.MEDIUM, resource=bucket.name, why=why, fix=fix
        )


def _check_retention(bucket: BucketState) -> Iterator[Finding]:
    name = bucket.name
    if bucket.versioning != "Enabled":
        why = "without versions a log file that is overwritten or deleted is gone"
        fix = f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
        yield Finding(check=Check.NO_VERSIONING, severity=Severity.MEDIUM, resource=name, why=why, fix=fix)
    if bucket.object_lock is None or bucket.object_lock.mode is None:
        why = "objects are not locked: whoever may delete can delete evidence"
        rule = "ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=GOVERNANCE,Days=365}}"
        fix = f"aws s3api put-object-lock-configuration --bucket {name} --object-lock-configuration '{rule}'"
        yield Finding(check=Check.NO_OBJECT_LOCK, severity=Severity.LOW, resource=name, why=why, fix=fix)


def _check_lifecycle(trail: TrailState, bucket: BucketState) -> Iterator[Finding]:
    root = f"{trail.s3_key_prefix}/AWSLogs/" if trail.s3_key_prefix else "AWSLogs/"
    owners = {"/".join(filter(None, (each.organization_id, each.account_id))) for each in bucket.folders}
    owners.add(trail.arn.account_id)
    for owner in sorted(owners):
        logs = _days(bucket.lifecycle, f"{root}{owner}/CloudTrail/")
        digests = _days(bucket.lifecycle, f"{root}{owner}/CloudTrail-Digest/")
        if logs is not None and (digests is None or logs[0] < digests[0]):
            until = "never" if digests is None else f"after {digests[0]} days"
            why = (
                f"the rule {logs[1]!r} deletes log files of {owner} after {logs[0]} days, and their digest files are "
                f"deleted {until}: validation will report them as missing"
            )
            check, severity = Check.LOGS_EXPIRE_FIRST, Severity.HIGH
        elif digests is not None and (logs is None or digests[0] < logs[0]):
            why = (
                f"the rule {digests[1]!r} deletes digest files of {owner} after {digests[0]} days, before their log "
                "files: those can then no longer be validated"
            )
            check, severity = Check.DIGESTS_EXPIRE_FIRST, Severity.MEDIUM
        else:
            continue
        fix = (
            f"aws s3api get-bucket-lifecycle-configuration --bucket {bucket.name}, and give the folders CloudTrail "
            "and CloudTrail-Digest the same number of days"
        )
        yield Finding(check=check, severity=severity, resource=bucket.name, why=why, fix=fix)


def _days(rules: tuple[LifecycleRule, ...], folder: str) -> tuple[int, str] | None:
    """Give after how many days the first objects of a folder are deleted, and by which rule."""
    found = [
        (rule.expiration_days, rule.name)
        for rule in rules
        if folder.startswith(rule.prefix) or rule.prefix.startswith(folder)
    ]
    return min(found, default=None)


def _check_encryption(trail: TrailState, bucket: BucketState) -> Iterator[Finding]:
    for each in bucket.samples:
        key = each.kms_key_id or "S3's own key"
        if trail.kms_key_id is not None and each.encryption != "aws:kms":
            why = f"the trail encrypts with a KMS key, and {each.key} is encrypted with S3's own"
        elif trail.kms_key_id is not None and _is_arn(trail.kms_key_id) and each.kms_key_id != trail.kms_key_id:
            why = f"the trail encrypts with {trail.kms_key_id}, and {each.key} is encrypted with {key}"
        else:
            continue
        fix = f"aws s3api head-object --bucket {bucket.name} --key {each.key}"
        yield Finding(check=Check.NOT_ENCRYPTED_AS_SET, severity=Severity.HIGH, resource=bucket.name, why=why, fix=fix)
        return


def _is_arn(key_id: str) -> bool:
    return re.match(r"arn:aws[a-z-]*:kms:[^:]+:[^:]+:key/", key_id) is not None
