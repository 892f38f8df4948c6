"""Checks of policies: who may write to the bucket and why, and what the key lets CloudTrail and readers do."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from trailsdk.errors import PolicyError, TrailError
from trailsdk.trails.arns import SERVICE, TrailArn
from trailsdk.trails.bucket_policy import add_trail, answer_acl_check, answer_write, bucket_policy
from trailsdk.trails.document import as_list, find_key, parse_policy, statements_of
from trailsdk.trails.evaluate import Decision, decide, matches
from trailsdk.trails.findings import Check, Finding, Severity
from trailsdk.trails.layout import Destination
from trailsdk.trails.legacy import LEGACY_ACCOUNTS
from trailsdk.trails.service_policies import key_policy, key_question
from trailsdk.trails.snapshot import AccountFolder, BucketState, KeyState, Snapshot, TrailState

__all__ = ["check_bucket_policy", "check_key"]

_GRACE: Final = dt.timedelta(days=1)
"""How long a new trail may take until its log files come."""

_REFUSING: Final = (Decision.DENIED, Decision.NOT_ALLOWED)


def check_bucket_policy(trail: TrailState, bucket: BucketState, now: dt.datetime) -> Iterator[Finding]:
    """Check the policy of the bucket: who may write, by which trail, under which prefix."""
    name = bucket.name
    try:
        policy = parse_policy(bucket.policy or '{"Statement":[]}', f"policy of the bucket {name}")
    except PolicyError as error:
        fix = json.dumps(bucket_policy(name, [trail.arn], prefix=trail.s3_key_prefix))
        yield Finding(check=Check.POLICY_UNREADABLE, severity=Severity.ERROR, resource=name, why=error.reason, fix=fix)
        return
    destination = Destination(name, trail.s3_key_prefix, trail.arn.partition)
    fix = _wanted(policy, trail, bucket, destination)
    yield from _check_own(policy, trail, bucket, destination, fix)
    for statement in _of_cloudtrail(policy):
        sid = statement.get("Sid") or "without a Sid"
        if not _has_source_arn(statement):
            yield Finding(
                check=Check.POLICY_WITHOUT_SOURCE_ARN,
                severity=Severity.HIGH,
                resource=name,
                why=f"its statement {sid} has no condition on aws:SourceArn: the trail of any stranger may use it",
                fix=f"remove the statement {sid}, and name each trail that writes here: {_command(trail, bucket)}",
            )
    legacy = sorted({each for statement in statements_of(policy) for each in _accounts_of(statement)} & LEGACY_ACCOUNTS)
    if legacy:
        yield Finding(
            check=Check.LEGACY_ACCOUNTS,
            severity=Severity.MEDIUM,
            resource=name,
            why=f"it names {len(legacy)} of the accounts, one a Region, that CloudTrail wrote from before it was a "
            f"service principal, such as {legacy[0]}: other Regions are missing, and nothing binds them to a trail",
            fix=f"remove the statements, and name each trail that writes here: {_command(trail, bucket)}",
        )
    yield from _check_writers(policy, trail, bucket, destination)
    if trail.status.start_logging_time is not None and now - trail.status.start_logging_time > _GRACE:
        yield from _check_silent(policy, trail, bucket, destination)


def _wanted(policy: Mapping[str, Any], trail: TrailState, bucket: BucketState, destination: Destination) -> str:
    """Give the whole policy with the trail joined to it; where that is no help, the command that makes one."""
    organization = organization_of(policy, bucket, destination) if trail.is_organization_trail else None
    try:
        made = add_trail(policy, bucket.name, trail.arn, prefix=trail.s3_key_prefix, organization_id=organization)
    except TrailError:
        return _command(trail, bucket)
    return json.dumps(made)


def _command(trail: TrailState, bucket: BucketState, arn: TrailArn | None = None) -> str:
    prefix = f" --prefix {trail.s3_key_prefix}" if trail.s3_key_prefix else ""
    return (
        f"trailsdk trail policy bucket --bucket {bucket.name}{prefix} --trail {arn or trail.arn} --add-to policy.json"
    )


def organization_of(policy: Mapping[str, Any], bucket: BucketState, destination: Destination) -> str | None:
    """Find the id of an organization, which a trail does not tell: in the policy, else among the folders."""
    begin = re.escape(f"{destination.bucket_arn}/{destination.root}")
    pattern = re.compile(rf"{begin}(o-[a-z0-9]{{10,32}})/\*", re.ASCII)
    named = [match[1] for each in _writing(policy) if (match := pattern.fullmatch(each))]
    named += [each.organization_id for each in bucket.folders if each.organization_id]
    return next(iter(named), None)


def _check_own(
    policy: Mapping[str, Any], trail: TrailState, bucket: BucketState, destination: Destination, fix: str
) -> Iterator[Finding]:
    """Check that the trail itself may write; else whether it may under another prefix."""
    folder = destination.folder(trail.arn.account_id)
    answers = [answer_acl_check(policy, destination, trail.arn)]
    answers.append(answer_write(policy, destination, trail.arn, folder, trail.kms_key_id))
    organization = organization_of(policy, bucket, destination)
    if trail.is_organization_trail and organization is not None:
        folder = destination.folder(organization_id=organization)
        answers.append(answer_write(policy, destination, trail.arn, folder, trail.kms_key_id))
    refused = [each for each in answers if each.decision in _REFUSING]
    if not refused and trail.is_organization_trail and organization is None:
        why = "it lets CloudTrail write into no folder of an organization, and the trail is an organization's"
        yield Finding(
            check=Check.POLICY_REFUSES, severity=Severity.ERROR, resource=destination.bucket, why=why, fix=fix
        )
    if not refused or _is_legacy(policy):
        return
    others = _other_prefixes(policy, destination)
    denied = next((each.statement for each in refused if each.decision is Decision.DENIED), None)
    if denied is not None:
        check, why = Check.POLICY_REFUSES, f"its statement {denied} denies CloudTrail to write, whatever others allow"
    elif answers[0].decision is Decision.ALLOWED and others:
        here = repr(destination.prefix) if destination.prefix else "no prefix"
        told = ", ".join(repr(each) if each else "no prefix" for each in others)
        check, why = Check.PREFIX_MISMATCH, f"the trail writes under {here}, and the policy allows {told}"
    else:
        check, why = Check.POLICY_REFUSES, "it does not let CloudTrail write for this trail"
    yield Finding(check=check, severity=Severity.ERROR, resource=destination.bucket, why=why, fix=fix)


def _of_cloudtrail(policy: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the statements that allow CloudTrail, as a service, to look or to write."""
    for statement in statements_of(policy):
        principal = statement.get("Principal")
        services = as_list(principal.get("Service", [])) if isinstance(principal, dict) else []
        if statement["Effect"] == "Allow" and SERVICE in services:
            yield statement


def _has_source_arn(statement: Mapping[str, Any]) -> bool:
    """Tell whether a statement is bound to trails or, less exactly, to accounts."""
    bound = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")
    tests = [tests for operator, tests in statement.get("Condition", {}).items() if operator in bound]
    keys = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID")
    return any(
        (named := find_key(each, key)) is not None and "*" not in map(str, as_list(each[named]))
        for each in tests
        for key in keys
    )


def _accounts_of(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    for each in as_list(principal.get("AWS", [])) if isinstance(principal, dict) else []:
        match = re.fullmatch(r"(?:arn:aws[a-z-]*:iam::)?([0-9]{12})(?::root)?", str(each), re.ASCII)
        if match:
            yield match[1]


def _is_legacy(policy: Mapping[str, Any]) -> bool:
    return any(set(_accounts_of(statement)) & LEGACY_ACCOUNTS for statement in statements_of(policy))


def _writing(policy: Mapping[str, Any]) -> Iterator[str]:
    for statement in _of_cloudtrail(policy):
        if any(matches(str(each).lower(), "s3:putobject") for each in as_list(statement.get("Action", []))):
            yield from map(str, as_list(statement.get("Resource", [])))


def _other_prefixes(policy: Mapping[str, Any], destination: Destination) -> list[str]:
    pattern = re.compile(rf"{re.escape(destination.bucket_arn)}/(?:(.*)/)?AWSLogs/.*", re.ASCII)
    found = {match[1] or "" for each in _writing(policy) if (match := pattern.fullmatch(each))}
    return sorted(found - {destination.prefix})


def _check_writers(
    policy: Mapping[str, Any], trail: TrailState, bucket: BucketState, destination: Destination
) -> Iterator[Finding]:
    resources = list(_writing(policy))
    for each in bucket.folders:
        folder = destination.folder(None, each.organization_id) + f"{each.account_id}/"
        key = f"{destination.bucket_arn}/{folder}CloudTrail/{trail.arn.region}/2026/03/07/file.json.gz"
        if not any(matches(pattern, key) for pattern in resources) and not _is_legacy(policy):
            yield _not_allowed(each, trail, bucket)


def _check_silent(
    policy: Mapping[str, Any], trail: TrailState, bucket: BucketState, destination: Destination
) -> Iterator[Finding]:
    begin = re.escape(f"{destination.bucket_arn}/{destination.root}")
    pattern = re.compile(rf"{begin}([0-9]{{12}})/\*", re.ASCII)
    allowed = {match[1] for resource in _writing(policy) if (match := pattern.fullmatch(resource))}
    silent = allowed - {each.account_id for each in bucket.folders}
    # A trail of an organization writes into the organization's folder, and keeps the account's for later.
    if trail.is_organization_trail:
        silent.discard(trail.arn.account_id)
    for account in sorted(silent):
        yield Finding(
            check=Check.WRITER_SILENT,
            severity=Severity.LOW,
            resource=bucket.name,
            why=f"CloudTrail may write log files of {account}, and there are none",
            fix=f"aws s3 ls s3://{bucket.name}/{destination.root}{account}/, and remove it from the policy "
            "if the account has no trail",
        )


def _not_allowed(folder: AccountFolder, trail: TrailState, bucket: BucketState) -> Finding:
    when = "in the last days" if folder.is_recent else "in the past"
    arn = TrailArn(trail.arn.partition, trail.arn.region, folder.account_id, trail.arn.name)
    add = _command(trail, bucket, arn)
    return Finding(
        check=Check.WRITER_NOT_ALLOWED,
        severity=Severity.HIGH if folder.is_recent else Severity.LOW,
        resource=bucket.name,
        why=f"log files of {folder.account_id} came {when}, and the policy does not let CloudTrail write them",
        fix=add,
    )


def check_key(there: Snapshot) -> Iterator[Finding]:
    """Check that the key can be used by CloudTrail, and that somebody can decrypt."""
    trail, key = there.trail, there.key
    if trail is None or trail.kms_key_id is None:
        return
    if key is None:
        if not any(trail.kms_key_id in each.location for each in there.unseen):
            why = "the key is not there: CloudTrail cannot deliver"
            fix = f"aws kms describe-key --key-id {trail.kms_key_id}"
            yield Finding(check=Check.KEY_MISSING, severity=Severity.ERROR, resource=trail.kms_key_id, why=why, fix=fix)
        return
    yield from _check_use(trail, key, there)
    if key.policy is None:
        return
    policy = parse_policy(key.policy, f"policy of the key {key.arn}")
    if not any(_lets_decrypt(each) for each in statements_of(policy)):
        yield Finding(
            check=Check.KEY_WITHOUT_READERS,
            severity=Severity.HIGH,
            resource=key.arn,
            why="the key's policy lets nobody decrypt: log files cannot be read",
            fix=json.dumps(key_policy(key.arn.split(":")[4], [trail.arn])),
        )


def _check_use(trail: TrailState, key: KeyState, there: Snapshot) -> Iterator[Finding]:
    problems = []
    if key.state != "Enabled":
        problems.append(f"its state is {key.state}")
    if there.bucket is not None and key.arn.split(":")[3] != there.bucket.region:
        problems.append(f"it is not in the Region of the bucket, {there.bucket.region}")
    if key.policy is not None:
        policy = parse_policy(key.policy, f"policy of the key {key.arn}")
        for action in ("kms:GenerateDataKey", "kms:DescribeKey"):
            answer = decide(policy, key_question(action, trail.arn))
            if answer.decision in _REFUSING:
                by = f", by its statement {answer.statement}" if answer.statement else ""
                problems.append(f"its policy does not let CloudTrail call {action}{by}")
    if problems:
        yield Finding(
            check=Check.KEY_STOPS_DELIVERY,
            severity=Severity.ERROR,
            resource=key.arn,
            why=f"CloudTrail cannot encrypt, and so not deliver: {'; '.join(problems)}",
            fix=json.dumps(key_policy(key.arn.split(":")[4], [trail.arn])),
        )


def _lets_decrypt(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    people = principal == "*" or (isinstance(principal, dict) and "AWS" in principal)
    allows = any(matches(str(each).lower(), "kms:decrypt") for each in as_list(statement.get("Action", [])))
    return bool(statement["Effect"] == "Allow" and people and allows)
