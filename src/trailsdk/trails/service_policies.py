"""Policies of the other parts of a trail: topic, key, and the role for CloudWatch Logs.

Source: AWS CloudTrail User Guide, "Amazon SNS topic policy for CloudTrail", "Configure AWS KMS key policies for
CloudTrail" and "Role policy document for CloudTrail to use CloudWatch Logs for monitoring".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from trailsdk.errors import PolicyError, SettingError
from trailsdk.trails.arns import SERVICE, TrailArn, check_account_id
from trailsdk.trails.bucket_policy import trail_context
from trailsdk.trails.document import VERSION, Policy, parse_policy
from trailsdk.trails.evaluate import Decision, Question, decide
from trailsdk.trails.merge import check_size, join_statement

__all__ = [
    "ENCRYPTION_CONTEXT",
    "add_readers_to_key",
    "add_trail_to_key",
    "add_trail_to_topic",
    "key_policy",
    "log_group_policy",
    "log_stream_arns",
    "role_trust_policy",
    "topic_policy",
]

ENCRYPTION_CONTEXT: Final = "kms:EncryptionContext:aws:cloudtrail:arn"
"""The condition key that CloudTrail's use of a KMS key carries: the ARN of the trail."""

_SOURCE_ARN: Final = ("Condition", "StringEquals", "aws:SourceArn")
_TOPIC_POLICY_BYTES: Final = 30 * 1024
_KEY_POLICY_BYTES: Final = 32 * 1024


def topic_policy(topic_arn: str, trails: Iterable[TrailArn]) -> Policy:
    """Make the policy of a topic that CloudTrail sends notices of deliveries to.

    Raises:
        PolicyError: No trail is named.
    """
    made: Policy = {"Version": VERSION, "Statement": []}
    for trail in trails:
        made = _join_topic(made, topic_arn, trail)
    if not made["Statement"]:
        raise PolicyError(f"policy of {topic_arn}", "it names no trail")
    return made


def add_trail_to_topic(policy: str | bytes | Mapping[str, Any] | None, topic_arn: str, trail: TrailArn) -> Policy:
    """Let one trail more publish to a topic, and leave everything else in its policy as it is.

    Raises:
        PolicyError: The policy is no JSON, would be too large, or denies what is to be allowed.
    """
    name = f"policy of {topic_arn}"
    there = parse_policy(policy, name) if policy is not None else {"Version": VERSION, "Statement": []}
    made = _join_topic(there, topic_arn, trail)
    answer = decide(made, _publish(topic_arn, trail))
    if answer.decision is Decision.DENIED:
        raise PolicyError(name, f"its statement {answer.statement} denies what CloudTrail needs, whatever is added")
    if made != there:
        check_size(made, _TOPIC_POLICY_BYTES, name)
    return made


def _join_topic(policy: Policy, topic_arn: str, trail: TrailArn) -> Policy:
    statement = {
        "Sid": "AWSCloudTrailSNSPolicy20131101",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "SNS:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceArn": str(trail)}},
    }
    return join_statement(policy, statement, [_SOURCE_ARN])


def _publish(topic_arn: str, trail: TrailArn) -> Question:
    return Question(action="sns:Publish", resource=topic_arn, service=SERVICE, context=trail_context(trail))


def key_policy(account_id: str, trails: Sequence[TrailArn], readers: Iterable[str] = ()) -> Policy:
    """Make the policy of a KMS key that encrypts log files and digest files.

    Args:
        account_id: The account that owns the key. It keeps full control: a key without is lost to everybody.
        trails: The trails that may use it.
        readers: Accounts or ARNs of roles and users that may decrypt log files, beside those that the owner's IAM
            policies allow.

    Raises:
        SettingError: An id is none.
        PolicyError: No trail is named.
    """
    if not trails:
        raise PolicyError("key policy", "it names no trail")
    root = f"arn:{trails[0].partition}:iam::{check_account_id(account_id)}:root"
    made: Policy = {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "EnableIAMUserPermissions",
                "Effect": "Allow",
                "Principal": {"AWS": root},
                "Action": "kms:*",
                "Resource": "*",
            },
        ],
    }
    for trail in trails:
        made = add_trail_to_key(made, trail)
    return add_readers_to_key(made, readers, trails[0].partition)


def add_trail_to_key(policy: str | bytes | Mapping[str, Any], trail: TrailArn) -> Policy:
    """Let one trail more encrypt with a key, and leave everything else in its policy as it is.

    Raises:
        PolicyError: The policy is no JSON, would be too large, or denies what is to be allowed.
    """
    name = "key policy"
    there = parse_policy(policy, name)
    context = f"arn:{trail.partition}:cloudtrail:*:{trail.account_id}:trail/*"
    made = join_statement(
        there,
        {
            "Sid": "AllowCloudTrailToEncryptLogs",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": str(trail)},
                "StringLike": {ENCRYPTION_CONTEXT: context},
            },
        },
        [_SOURCE_ARN, ("Condition", "StringLike", ENCRYPTION_CONTEXT)],
    )
    made = join_statement(
        made,
        {
            "Sid": "AllowCloudTrailToDescribeKey",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "kms:DescribeKey",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceArn": str(trail)}},
        },
        [_SOURCE_ARN],
    )
    # With S3 Bucket Keys CloudTrail decrypts the bucket's key. AWS publishes this statement without a condition.
    made = join_statement(
        made,
        {
            "Sid": "AllowCloudTrailToDecrypt",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "kms:Decrypt",
            "Resource": "*",
        },
        [],
    )
    for action in ("kms:GenerateDataKey", "kms:DescribeKey", "kms:Decrypt"):
        answer = decide(made, key_question(action, trail))
        if answer.decision is Decision.DENIED:
            raise PolicyError(name, f"its statement {answer.statement} denies what CloudTrail needs, whatever is added")
    if made != there:
        check_size(made, _KEY_POLICY_BYTES, name)
    return made


def key_question(action: str, trail: TrailArn) -> Question:
    """Ask whether CloudTrail may use a key for a trail."""
    context = trail_context(trail)
    context[ENCRYPTION_CONTEXT.lower()] = str(trail)
    return Question(action=action, resource="*", service=SERVICE, context=context)


def add_readers_to_key(
    policy: str | bytes | Mapping[str, Any], readers: Iterable[str], partition: str = "aws"
) -> Policy:
    """Let others decrypt log files with a key: only what CloudTrail has encrypted.

    Args:
        policy: The key's policy.
        readers: Accounts, or ARNs of roles and users.
        partition: That of the accounts.

    Raises:
        SettingError: A reader is neither.
        PolicyError: The policy is no JSON, or would be too large.
    """
    made = there = parse_policy(policy, "key policy")
    for reader in readers:
        statement = {
            "Sid": "EnableCloudTrailLogDecryptPermissions",
            "Effect": "Allow",
            "Principal": {"AWS": principal_arn(reader, partition)},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"Null": {ENCRYPTION_CONTEXT: "false"}},
        }
        made = join_statement(made, statement, [("Principal", "AWS")])
    if made != there:
        check_size(made, _KEY_POLICY_BYTES, "key policy")
    return made


def principal_arn(reader: str, partition: str) -> str:
    """Give the ARN of an account, a role or a user.

    Raises:
        SettingError: It is none of them.
    """
    if re.fullmatch(r"arn:aws[a-z-]*:(?:iam|sts)::[0-9]{12}:.+", reader, re.ASCII):
        return reader
    if reader.startswith("arn:"):
        raise SettingError("reader", reader, "a reader is an account id, or the ARN of a role or user")
    return f"arn:{partition}:iam::{check_account_id(reader, 'reader')}:root"


def role_trust_policy() -> Policy:
    """Make the trust policy of the role that CloudTrail writes to CloudWatch Logs with."""
    statement = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def log_stream_arns(log_group: str, trail: TrailArn, organization_id: str | None = None) -> list[str]:
    """Give the log streams that a trail writes to, as resources.

    Args:
        log_group: The log group's name. It is in the trail's account and home Region.
        trail: The trail.
        organization_id: For the trail of an organization: its members' streams begin with this id.
    """
    group = f"arn:{trail.partition}:logs:{trail.region}:{trail.account_id}:log-group:{log_group}:log-stream"
    streams = [f"{group}:{trail.account_id}_CloudTrail_{trail.region}*"]
    return streams if organization_id is None else [*streams, f"{group}:{organization_id}_*"]


def log_group_policy(log_group: str, trail: TrailArn, organization_id: str | None = None) -> Policy:
    """Make the permissions of the role that CloudTrail writes to CloudWatch Logs with.

    Args:
        log_group: The log group's name.
        trail: The trail.
        organization_id: For the trail of an organization.
    """
    streams = log_stream_arns(log_group, trail, organization_id)
    # The first Sid lacks its last digit in AWS's documents, too.
    sids = {
        "AWSCloudTrailCreateLogStream2014110": "logs:CreateLogStream",
        "AWSCloudTrailPutLogEvents20141101": "logs:PutLogEvents",
    }
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": [action], "Resource": streams} for sid, action in sids.items()
    ]
    return {"Version": VERSION, "Statement": statements}
