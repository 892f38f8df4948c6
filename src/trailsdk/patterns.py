"""The filter patterns of the CIS AWS Foundations Benchmark and of AWS Security Hub, by name.

Each is a condition: `trailsdk.read(..., where=trailsdk.patterns.ROOT_USAGE)`; on the command line `--where ROOT_USAGE`.
Their texts are those that metric filters must have, character for character, for Security Hub's controls to pass.

Source: AWS Security Hub User Guide, "Amazon CloudWatch controls"; CIS AWS Foundations Benchmark, sections on
monitoring.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from trailsdk.model.record import Record
from trailsdk.select.where.filter_patterns import filter_pattern
from trailsdk.select.where.tree import Condition, FilterPattern, Or

__all__ = [
    "ALL",
    "ANY",
    "CLOUDTRAIL_CHANGES",
    "CONFIG_CHANGES",
    "CONSOLE_SIGN_IN_FAILURES",
    "IAM_POLICY_CHANGES",
    "KMS_KEY_DELETION",
    "NETWORK_ACL_CHANGES",
    "NETWORK_GATEWAY_CHANGES",
    "ORGANIZATIONS_CHANGES",
    "ROOT_USAGE",
    "ROUTE_TABLE_CHANGES",
    "S3_BUCKET_POLICY_CHANGES",
    "SECURITY_GROUP_CHANGES",
    "SIGN_IN_WITHOUT_MFA",
    "UNAUTHORIZED_CALLS",
    "UNAUTHORIZED_CALLS_CIS",
    "VPC_CHANGES",
    "NamedPattern",
    "find",
    "matching",
]


@frozen(slots=False)
class NamedPattern(FilterPattern):
    """A filter pattern that has a name."""

    name: str = field(kw_only=True)
    """As it is called here."""
    title: str = field(kw_only=True)
    """What happened, where it is true."""
    security_hub: str | None = field(kw_only=True)
    """The control of Security Hub, such as `CloudWatch.1`."""
    cis: Mapping[str, str] = field(kw_only=True, hash=False)
    """The control of the benchmark, by the benchmark's version: `{"1.4.0": "4.3"}`."""

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return find, (self.name,)


def _named(name: str, title: str, security_hub: str | None, cis: Mapping[str, str], text: str) -> NamedPattern:
    part = filter_pattern(text).part
    return NamedPattern(text, part, name=name, title=title, security_hub=security_hub, cis=MappingProxyType(dict(cis)))


ROOT_USAGE = _named(
    "ROOT_USAGE",
    "The root user was used",
    "CloudWatch.1",
    {"1.2.0": "3.3", "1.4.0": "4.3", "3.0.0": "4.3"},
    '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
)
"""The root user was used. Security Hub CloudWatch.1; CIS 3.3 (1.2.0), 4.3 (1.4.0, 3.0.0)."""

UNAUTHORIZED_CALLS = _named(
    "UNAUTHORIZED_CALLS",
    "A call was refused",
    "CloudWatch.2",
    {"1.2.0": "3.1"},
    '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
)
"""A call was refused. Security Hub CloudWatch.2; CIS 3.1 (1.2.0)."""

UNAUTHORIZED_CALLS_CIS = _named(
    "UNAUTHORIZED_CALLS_CIS",
    "A call was refused, without those that are refused every day",
    None,
    {"1.4.0": "4.1", "3.0.0": "4.1"},
    '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && '
    '($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
)
"""A call was refused, without those that are refused every day. CIS 4.1 (1.4.0, 3.0.0)."""

SIGN_IN_WITHOUT_MFA = _named(
    "SIGN_IN_WITHOUT_MFA",
    "A user signed in without MFA",
    "CloudWatch.3",
    {"1.2.0": "3.2", "1.4.0": "4.2", "3.0.0": "4.2"},
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
)
"""A user signed in without MFA. Security Hub CloudWatch.3; CIS 3.2 (1.2.0), 4.2 (1.4.0, 3.0.0)."""

IAM_POLICY_CHANGES = _named(
    "IAM_POLICY_CHANGES",
    "An IAM policy was changed",
    "CloudWatch.4",
    {"1.2.0": "3.4", "1.4.0": "4.4", "3.0.0": "4.4"},
    "{($.eventName=DeleteGroupPolicy) || ($.eventName=DeleteRolePolicy) || "
    "($.eventName=DeleteUserPolicy) || ($.eventName=PutGroupPolicy) || ($.eventName=PutRolePolicy) "
    "|| ($.eventName=PutUserPolicy) || ($.eventName=CreatePolicy) || ($.eventName=DeletePolicy) || "
    "($.eventName=CreatePolicyVersion) || ($.eventName=DeletePolicyVersion) || "
    "($.eventName=AttachRolePolicy) || ($.eventName=DetachRolePolicy) || "
    "($.eventName=AttachUserPolicy) || ($.eventName=DetachUserPolicy) || "
    "($.eventName=AttachGroupPolicy) || ($.eventName=DetachGroupPolicy)}",
)
"""An IAM policy was changed. Security Hub CloudWatch.4; CIS 3.4 (1.2.0), 4.4 (1.4.0, 3.0.0)."""

CLOUDTRAIL_CHANGES = _named(
    "CLOUDTRAIL_CHANGES",
    "A trail was changed, started or stopped",
    "CloudWatch.5",
    {"1.2.0": "3.5", "1.4.0": "4.5", "3.0.0": "4.5"},
    "{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || "
    "($.eventName=StartLogging) || ($.eventName=StopLogging)}",
)
"""A trail was changed, started or stopped. Security Hub CloudWatch.5; CIS 3.5 (1.2.0), 4.5 (1.4.0, 3.0.0)."""

CONSOLE_SIGN_IN_FAILURES = _named(
    "CONSOLE_SIGN_IN_FAILURES",
    "Signing in to the console failed",
    "CloudWatch.6",
    {"1.2.0": "3.6", "1.4.0": "4.6", "3.0.0": "4.6"},
    '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
)
"""Signing in to the console failed. Security Hub CloudWatch.6; CIS 3.6 (1.2.0), 4.6 (1.4.0, 3.0.0)."""

KMS_KEY_DELETION = _named(
    "KMS_KEY_DELETION",
    "A KMS key was disabled or is to be deleted",
    "CloudWatch.7",
    {"1.2.0": "3.7", "1.4.0": "4.7", "3.0.0": "4.7"},
    "{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}",
)
"""A KMS key was disabled or is to be deleted. Security Hub CloudWatch.7; CIS 3.7 (1.2.0), 4.7 (1.4.0, 3.0.0)."""

S3_BUCKET_POLICY_CHANGES = _named(
    "S3_BUCKET_POLICY_CHANGES",
    "Access to a bucket or its life cycle was changed",
    "CloudWatch.8",
    {"1.2.0": "3.8", "1.4.0": "4.8", "3.0.0": "4.8"},
    "{($.eventSource=s3.amazonaws.com) && (($.eventName=PutBucketAcl) || "
    "($.eventName=PutBucketPolicy) || ($.eventName=PutBucketCors) || "
    "($.eventName=PutBucketLifecycle) || ($.eventName=PutBucketReplication) || "
    "($.eventName=DeleteBucketPolicy) || ($.eventName=DeleteBucketCors) || "
    "($.eventName=DeleteBucketLifecycle) || ($.eventName=DeleteBucketReplication))}",
)
"""Access to a bucket or its life cycle was changed. Security Hub CloudWatch.8; CIS 3.8 (1.2.0), 4.8 (1.4.0, 3.0.0)."""

CONFIG_CHANGES = _named(
    "CONFIG_CHANGES",
    "AWS Config was changed or stopped",
    "CloudWatch.9",
    {"1.2.0": "3.9", "1.4.0": "4.9", "3.0.0": "4.9"},
    "{($.eventSource=config.amazonaws.com) && (($.eventName=StopConfigurationRecorder) || "
    "($.eventName=DeleteDeliveryChannel) || ($.eventName=PutDeliveryChannel) || "
    "($.eventName=PutConfigurationRecorder))}",
)
"""AWS Config was changed or stopped. Security Hub CloudWatch.9; CIS 3.9 (1.2.0), 4.9 (1.4.0, 3.0.0)."""

SECURITY_GROUP_CHANGES = _named(
    "SECURITY_GROUP_CHANGES",
    "A security group was changed",
    "CloudWatch.10",
    {"1.2.0": "3.10", "1.4.0": "4.10", "3.0.0": "4.10"},
    "{($.eventName=AuthorizeSecurityGroupIngress) || ($.eventName=AuthorizeSecurityGroupEgress) || "
    "($.eventName=RevokeSecurityGroupIngress) || ($.eventName=RevokeSecurityGroupEgress) || "
    "($.eventName=CreateSecurityGroup) || ($.eventName=DeleteSecurityGroup)}",
)
"""A security group was changed. Security Hub CloudWatch.10; CIS 3.10 (1.2.0), 4.10 (1.4.0, 3.0.0)."""

NETWORK_ACL_CHANGES = _named(
    "NETWORK_ACL_CHANGES",
    "A network ACL was changed",
    "CloudWatch.11",
    {"1.2.0": "3.11", "1.4.0": "4.11", "3.0.0": "4.11"},
    "{($.eventName=CreateNetworkAcl) || ($.eventName=CreateNetworkAclEntry) || "
    "($.eventName=DeleteNetworkAcl) || ($.eventName=DeleteNetworkAclEntry) || "
    "($.eventName=ReplaceNetworkAclEntry) || ($.eventName=ReplaceNetworkAclAssociation)}",
)
"""A network ACL was changed. Security Hub CloudWatch.11; CIS 3.11 (1.2.0), 4.11 (1.4.0, 3.0.0)."""

NETWORK_GATEWAY_CHANGES = _named(
    "NETWORK_GATEWAY_CHANGES",
    "A gateway to another network was changed",
    "CloudWatch.12",
    {"1.2.0": "3.12", "1.4.0": "4.12", "3.0.0": "4.12"},
    "{($.eventName=CreateCustomerGateway) || ($.eventName=DeleteCustomerGateway) || "
    "($.eventName=AttachInternetGateway) || ($.eventName=CreateInternetGateway) || "
    "($.eventName=DeleteInternetGateway) || ($.eventName=DetachInternetGateway)}",
)
"""A gateway to another network was changed. Security Hub CloudWatch.12; CIS 3.12 (1.2.0), 4.12 (1.4.0, 3.0.0)."""

ROUTE_TABLE_CHANGES = _named(
    "ROUTE_TABLE_CHANGES",
    "A route table was changed",
    "CloudWatch.13",
    {"1.2.0": "3.13", "1.4.0": "4.13", "3.0.0": "4.13"},
    "{($.eventName=CreateRoute) || ($.eventName=CreateRouteTable) || ($.eventName=ReplaceRoute) || "
    "($.eventName=ReplaceRouteTableAssociation) || ($.eventName=DeleteRouteTable) || "
    "($.eventName=DeleteRoute) || ($.eventName=DisassociateRouteTable)}",
)
"""A route table was changed. Security Hub CloudWatch.13; CIS 3.13 (1.2.0), 4.13 (1.4.0, 3.0.0)."""

VPC_CHANGES = _named(
    "VPC_CHANGES",
    "A VPC was changed",
    "CloudWatch.14",
    {"1.2.0": "3.14", "1.4.0": "4.14", "3.0.0": "4.14"},
    "{($.eventName=CreateVpc) || ($.eventName=DeleteVpc) || ($.eventName=ModifyVpcAttribute) || "
    "($.eventName=AcceptVpcPeeringConnection) || ($.eventName=CreateVpcPeeringConnection) || "
    "($.eventName=DeleteVpcPeeringConnection) || ($.eventName=RejectVpcPeeringConnection) || "
    "($.eventName=AttachClassicLinkVpc) || ($.eventName=DetachClassicLinkVpc) || "
    "($.eventName=DisableVpcClassicLink) || ($.eventName=EnableVpcClassicLink)}",
)
"""A VPC was changed. Security Hub CloudWatch.14; CIS 3.14 (1.2.0), 4.14 (1.4.0, 3.0.0)."""

ORGANIZATIONS_CHANGES = _named(
    "ORGANIZATIONS_CHANGES",
    "AWS Organizations was changed",
    None,
    {"1.4.0": "4.15", "3.0.0": "4.15"},
    '{ ($.eventSource = organizations.amazonaws.com) && (($.eventName = "AcceptHandshake") || '
    '($.eventName = "AttachPolicy") || ($.eventName = "CreateAccount") || ($.eventName = '
    '"CreateOrganizationalUnit") || ($.eventName = "CreatePolicy") || ($.eventName = '
    '"DeclineHandshake") || ($.eventName = "DeleteOrganization") || ($.eventName = '
    '"DeleteOrganizationalUnit") || ($.eventName = "DeletePolicy") || ($.eventName = "DetachPolicy") '
    '|| ($.eventName = "DisablePolicyType") || ($.eventName = "EnablePolicyType") || ($.eventName = '
    '"InviteAccountToOrganization") || ($.eventName = "LeaveOrganization") || ($.eventName = '
    '"MoveAccount") || ($.eventName = "RemoveAccountFromOrganization") || ($.eventName = '
    '"UpdatePolicy") || ($.eventName = "UpdateOrganizationalUnit")) }',
)
"""AWS Organizations was changed. CIS 4.15 (1.4.0, 3.0.0)."""

ALL: Mapping[str, NamedPattern] = MappingProxyType(
    {each.name: each for each in list(globals().values()) if isinstance(each, NamedPattern)}
)
"""All of them, by name."""

ANY: Condition = Or(tuple(ALL.values()))
"""One of them at least is true."""


def find(text: str) -> NamedPattern | None:
    """Find a pattern by its name, or by the control of Security Hub: `ROOT_USAGE`, `CloudWatch.1`."""
    found = (each for each in ALL.values() if text in (each.name, each.security_hub))
    return next(found, None)


def matching(record: Record) -> tuple[NamedPattern, ...]:
    """Tell which of them are true of a record."""
    return tuple(each for each in ALL.values() if each.test(record))
