"""The policy of a bucket that trails write to: made anew, or one trail more in the policy that is there.

Source: AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail", "Setting bucket policy for multiple
accounts" and "Creating a trail for an organization with the AWS CLI". The Sids are AWS's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from trailsdk.errors import PolicyError
from trailsdk.trails.arns import SERVICE, TrailArn, check_bucket
from trailsdk.trails.document import BUCKET_POLICY_BYTES, VERSION, Policy, as_list, parse_policy
from trailsdk.trails.evaluate import Answer, Decision, Question, decide
from trailsdk.trails.layout import Destination
from trailsdk.trails.merge import check_size, join_statement

__all__ = ["CANNED_ACL", "add_trail", "answer_acl_check", "answer_write", "bucket_policy", "trail_context"]

CANNED_ACL: Final = "bucket-owner-full-control"
"""The canned ACL that CloudTrail puts every object with."""

_SOURCE_ARN: Final = ("Condition", "StringEquals", "aws:SourceArn")

_TRAIL_OF_A_STRANGER: Final = "some-other-trail"


def bucket_policy(
    bucket: str, trails: Iterable[TrailArn], *, prefix: str = "", organization_id: str | None = None
) -> Policy:
    """Make the policy of a bucket that trails write to.

    Args:
        bucket: The bucket's name.
        trails: One or several. Each may write into the folder of its own account.
        prefix: What stands before `AWSLogs`, without the slash.
        organization_id: For the trail of an organization, which the management account owns: it may write into
            the organization's folder as well. The account's folder stays, for when it is turned back into a
            trail of the account.

    Returns:
        Two statements; three for an organization.

    Raises:
        SettingError: A name breaks a rule.
        PolicyError: No trail is named, or the policy would be too large.
    """
    made: Policy = {"Version": VERSION, "Statement": []}
    for trail in trails:
        made = _join(made, Destination(bucket, prefix, trail.partition), trail, organization_id)
    if not made["Statement"]:
        raise PolicyError(f"bucket policy of {check_bucket(bucket)}", "it names no trail")
    check_size(made, BUCKET_POLICY_BYTES, f"bucket policy of {bucket}")
    return made


def add_trail(
    policy: str | bytes | Mapping[str, Any] | None,
    bucket: str,
    trail: TrailArn,
    *,
    prefix: str = "",
    organization_id: str | None = None,
) -> Policy:
    """Let one trail more write to a bucket, and leave everything else in its policy as it is.

    A trail that the policy lets write already, by its ARN, changes nothing.

    Args:
        policy: What the bucket has: JSON, a document, or `None`.
        bucket: The bucket's name.
        trail: The trail.
        prefix: What stands before `AWSLogs`, without the slash.
        organization_id: For the trail of an organization.

    Raises:
        SettingError: A name breaks a rule.
        PolicyError: The policy is no JSON, would be larger than S3 takes, or denies what is to be allowed.
    """
    name = f"bucket policy of {bucket}"
    there = parse_policy(policy, name) if policy is not None else {"Version": VERSION, "Statement": []}
    destination = Destination(bucket, prefix, trail.partition)
    made = there
    if not _is_allowed(there, destination, trail, organization_id):
        made = _join(there, destination, trail, organization_id)
    for answer in _answers(made, destination, trail, organization_id):
        if answer.decision is Decision.DENIED:
            raise PolicyError(name, f"its statement {answer.statement} denies what CloudTrail needs, whatever is added")
    if made != there:
        check_size(made, BUCKET_POLICY_BYTES, name)
    return made


def _join(policy: Policy, destination: Destination, trail: TrailArn, organization_id: str | None) -> Policy:
    arn = str(trail)
    made = join_statement(
        policy,
        {
            "Sid": "AWSCloudTrailAclCheck20150319",
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "s3:GetBucketAcl",
            "Resource": destination.bucket_arn,
            "Condition": {"StringEquals": {"aws:SourceArn": arn}},
        },
        [_SOURCE_ARN],
    )
    folders = [("AWSCloudTrailWrite20150319", destination.objects(trail.account_id), "[0-9]{12}")]
    if organization_id is not None:
        objects = destination.objects(organization_id=organization_id)
        folders.append(("AWSCloudTrailOrganizationWrite20150319", objects, "o-[a-z0-9]+"))
    for sid, resource, owner in folders:
        condition = {"StringEquals": {"s3:x-amz-acl": CANNED_ACL, "aws:SourceArn": arn}}
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "s3:PutObject",
            "Resource": resource,
            "Condition": condition,
        }
        made = join_statement(made, statement, [("Resource",), _SOURCE_ARN], _writes_to(destination, owner))
    return made


def _writes_to(destination: Destination, owner: str) -> Callable[[Mapping[str, Any]], bool]:
    """Tell statements apart that write under the same prefix, for accounts or for organizations."""
    begin = f"{destination.bucket_arn}/{destination.root}"
    resource = re.compile(rf"{re.escape(begin)}{owner}/\*", re.ASCII)
    return lambda statement: all(resource.fullmatch(str(each)) for each in as_list(statement["Resource"]))


def trail_context(trail: TrailArn, **more: str | None) -> dict[str, str | None]:
    """Give the condition keys of a request that CloudTrail makes for a trail, as far as they are known."""
    return {
        "aws:sourcearn": str(trail),
        "aws:sourceaccount": trail.account_id,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": SERVICE,
        "aws:principalarn": None,
        "aws:principalaccount": None,
        "aws:principalorgid": None,
        "aws:sourcevpc": None,
        "aws:sourcevpce": None,
        **more,
    }


def answer_write(
    policy: Mapping[str, Any], destination: Destination, trail: TrailArn, folder: str, kms_key_id: str | None = None
) -> Answer:
    """Tell whether CloudTrail may write into a folder for a trail."""
    context = trail_context(trail)
    context["s3:x-amz-acl"] = CANNED_ACL
    if kms_key_id is not None:
        context["s3:x-amz-server-side-encryption"] = "aws:kms"
    # A file's name, since policies may tell folders below apart.
    resource = f"{destination.bucket_arn}/{folder}CloudTrail/{trail.region}/2026/03/07/file.json.gz"
    return decide(policy, Question(action="s3:PutObject", resource=resource, service=SERVICE, context=context))


def answer_acl_check(policy: Mapping[str, Any], destination: Destination, trail: TrailArn) -> Answer:
    """Tell whether CloudTrail may look at the bucket's ACL, which it does before it delivers."""
    context = trail_context(trail)
    question = Question(action="s3:GetBucketAcl", resource=destination.bucket_arn, service=SERVICE, context=context)
    return decide(policy, question)


def _answers(policy: Policy, destination: Destination, trail: TrailArn, organization_id: str | None) -> list[Answer]:
    folders = [destination.folder(trail.account_id)]
    if organization_id is not None:
        folders.append(destination.folder(organization_id=organization_id))
    writes = [answer_write(policy, destination, trail, folder) for folder in folders]
    return [answer_acl_check(policy, destination, trail), *writes]


def _is_allowed(policy: Policy, destination: Destination, trail: TrailArn, organization_id: str | None) -> bool:
    """Tell whether a policy allows the trail, and by its ARN: the trail of a stranger is not allowed."""
    stranger = TrailArn(trail.partition, trail.region, trail.account_id, _TRAIL_OF_A_STRANGER)
    ours = _answers(policy, destination, trail, organization_id)
    theirs = _answers(policy, destination, stranger, organization_id)
    allowed = [each.decision is Decision.ALLOWED for each in ours]
    return all(allowed) and not any(each.decision is Decision.ALLOWED for each in theirs)
