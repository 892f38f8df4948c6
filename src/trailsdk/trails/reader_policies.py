"""Policies of those who read log files: one account's own, an auditor's, and those of `read` and `verify`.

AWS's own example for sharing a bucket lets an account list the whole bucket, and so see the names of the others'
files. Here the listing is held to the account's folder by a condition on `s3:prefix`.

Source: AWS CloudTrail User Guide, "Sharing CloudTrail log files between AWS accounts", and Amazon S3 User Guide,
"Bucket policy examples using condition keys".
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from trailsdk.errors import SettingError
from trailsdk.trails.arns import check_account_id
from trailsdk.trails.document import BUCKET_POLICY_BYTES, VERSION, Policy, parse_policy
from trailsdk.trails.layout import Destination
from trailsdk.trails.merge import check_size, join_statement
from trailsdk.trails.service_policies import ENCRYPTION_CONTEXT, principal_arn

__all__ = ["add_reader", "read_policy", "reader_policy", "reader_trust_policy", "verify_policy"]

_OBJECTS: Final = ["s3:GetObject"]


def reader_policy(
    destination: Destination,
    account_id: str | None = None,
    *,
    organization_id: str | None = None,
    kms_key_arn: str | None = None,
) -> Policy:
    """Make the permissions of a role that reads from a central bucket.

    Args:
        destination: The bucket and the prefix of the trail.
        account_id: Whose log files may be listed and read; by default everybody's, as an auditor needs it.
        organization_id: For the trail of an organization, whose files lie in a folder of that name.
        kms_key_arn: The key of the trail, where it has one.

    Raises:
        SettingError: An id is none.
    """
    folder = destination.folder(account_id, organization_id)
    statements = [
        *_listing(destination, [folder]),
        {
            "Sid": "ReadLogFiles",
            "Effect": "Allow",
            "Action": _OBJECTS,
            "Resource": f"{destination.bucket_arn}/{folder}*",
        },
        *_decrypting(kms_key_arn),
    ]
    return {"Version": VERSION, "Statement": statements}


def _listing(destination: Destination, folders: Iterable[str]) -> list[dict[str, Any]]:
    prefixes = [text for folder in folders for text in (folder, f"{folder}*")]
    return [
        {
            "Sid": "ListLogFiles",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": destination.bucket_arn,
            "Condition": {"StringLike": {"s3:prefix": prefixes}},
        }
    ]


def _decrypting(kms_key_arn: str | None) -> list[dict[str, Any]]:
    if kms_key_arn is None:
        return []
    if not kms_key_arn.startswith("arn:"):
        raise SettingError("kms_key_arn", kms_key_arn, "a policy names a key by its ARN")
    return [
        {
            "Sid": "DecryptLogFiles",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": kms_key_arn,
            "Condition": {"Null": {ENCRYPTION_CONTEXT: "false"}},
        }
    ]


def reader_trust_policy(account_id: str, *, partition: str = "aws", external_id: str | None = None) -> Policy:
    """Make the trust policy of a role that another account reads with.

    Args:
        account_id: The account that may assume the role.
        partition: The account's.
        external_id: For a third party: what it must say when it assumes the role.

    Raises:
        SettingError: The id is none.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{check_account_id(account_id)}:root"},
        "Action": "sts:AssumeRole",
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": VERSION, "Statement": [statement]}


def add_reader(
    policy: str | bytes | Mapping[str, Any] | None,
    destination: Destination,
    reader: str,
    account_id: str | None = None,
    *,
    organization_id: str | None = None,
) -> Policy:
    """Let an account read from a central bucket by the bucket's policy, without a role.

    The bucket's owner must own the objects in it: object ownership *bucket owner enforced*.
    The account's own policies must allow the same.

    Args:
        policy: What the bucket has: JSON, a document, or `None`.
        destination: The bucket and the prefix of the trail.
        reader: The account, or the ARN of a role or user in it.
        account_id: Whose log files; by default everybody's, as an auditor needs it.
        organization_id: For the trail of an organization.

    Raises:
        SettingError: An id is none.
        PolicyError: The policy is no JSON, or would be larger than S3 takes.
    """
    name = f"bucket policy of {destination.bucket}"
    there = parse_policy(policy, name) if policy is not None else {"Version": VERSION, "Statement": []}
    principal = {"AWS": principal_arn(reader, destination.partition)}
    made = there
    for statement in reader_policy(destination, account_id, organization_id=organization_id)["Statement"]:
        made = join_statement(made, {**statement, "Principal": principal}, [("Principal", "AWS")])
    if made != there:
        check_size(made, BUCKET_POLICY_BYTES, name)
    return made


def read_policy(destination: Destination, *, kms_key_arn: str | None = None) -> Policy:
    """Make the least that `trailsdk.read` needs to read the log files of a bucket.

    Without a prefix the whole bucket may be listed, so that `s3://bucket` can be read as it stands.

    Args:
        destination: The bucket and the prefix of the trail.
        kms_key_arn: The key of the trail, where it has one.

    Raises:
        SettingError: A name breaks a rule.
    """
    made = reader_policy(destination, kms_key_arn=kms_key_arn)
    if not destination.prefix:
        del made["Statement"][0]["Condition"]
    return made


def verify_policy(destination: Destination, *, kms_key_arn: str | None = None) -> Policy:
    """Make the least that verifying the log files of a bucket needs: that of reading, public keys, and the trail.

    Args:
        destination: The bucket and the prefix of the trail.
        kms_key_arn: The key of the trail, where it has one.

    Raises:
        SettingError: A name breaks a rule.
    """
    made = read_policy(destination, kms_key_arn=kms_key_arn)
    made["Statement"] += [
        {
            "Sid": "LocateBucket",
            "Effect": "Allow",
            "Action": "s3:GetBucketLocation",
            "Resource": destination.bucket_arn,
        },
        {
            "Sid": "ReadTrailAndPublicKeys",
            "Effect": "Allow",
            "Action": [
                "cloudtrail:DescribeTrails",
                "cloudtrail:GetTrail",
                "cloudtrail:ListPublicKeys",
                "organizations:DescribeOrganization",
            ],
            "Resource": "*",
        },
    ]
    return made
