"""The named patterns: each is true of what it is for, and false of what is next to it."""

import pickle
import subprocess
import sys
from typing import Any

import pytest

import trailsdk
from trailsdk import patterns

S3 = {"eventSource": "s3.amazonaws.com"}
KMS = {"eventSource": "kms.amazonaws.com"}
ORGANIZATIONS = {"eventSource": "organizations.amazonaws.com"}
SIGN_IN = {
    "eventName": "ConsoleLogin",
    "additionalEventData": {"MFAUsed": "No"},
    "userIdentity": {"type": "IAMUser"},
    "responseElements": {"ConsoleLogin": "Success"},
}
TRUE: dict[str, list[dict[str, Any]]] = {
    "ROOT_USAGE": [{"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"}],
    "UNAUTHORIZED_CALLS": [{"errorCode": "AccessDeniedException"}, {"errorCode": "Client.UnauthorizedOperation"}],
    "UNAUTHORIZED_CALLS_CIS": [
        {"errorCode": "AccessDenied", "sourceIPAddress": "198.51.100.1", "eventName": "GetObject"},
        # The exceptions are of the second alternative only.
        {"errorCode": "Client.UnauthorizedOperation", "eventName": "HeadBucket"},
    ],
    "SIGN_IN_WITHOUT_MFA": [SIGN_IN],
    "IAM_POLICY_CHANGES": [{"eventName": "AttachRolePolicy"}, {"eventName": "DeletePolicyVersion"}],
    "CLOUDTRAIL_CHANGES": [{"eventName": "StopLogging"}],
    "CONSOLE_SIGN_IN_FAILURES": [{"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"}],
    "KMS_KEY_DELETION": [{**KMS, "eventName": "DisableKey"}, {**KMS, "eventName": "ScheduleKeyDeletion"}],
    "S3_BUCKET_POLICY_CHANGES": [{**S3, "eventName": "PutBucketAcl"}, {**S3, "eventName": "DeleteBucketReplication"}],
    "CONFIG_CHANGES": [{"eventSource": "config.amazonaws.com", "eventName": "StopConfigurationRecorder"}],
    "SECURITY_GROUP_CHANGES": [{"eventName": "AuthorizeSecurityGroupIngress"}],
    "NETWORK_ACL_CHANGES": [{"eventName": "ReplaceNetworkAclAssociation"}],
    "NETWORK_GATEWAY_CHANGES": [{"eventName": "DetachInternetGateway"}],
    "ROUTE_TABLE_CHANGES": [{"eventName": "DisassociateRouteTable"}],
    "VPC_CHANGES": [{"eventName": "ModifyVpcAttribute"}],
    "ORGANIZATIONS_CHANGES": [{**ORGANIZATIONS, "eventName": "LeaveOrganization"}],
}
FALSE: dict[str, list[dict[str, Any]]] = {
    "ROOT_USAGE": [
        {"userIdentity": {"type": "Root", "invokedBy": "x"}, "eventType": "AwsApiCall"},
        {"userIdentity": {"type": "Root"}, "eventType": "AwsServiceEvent"},
        {"userIdentity": {"type": "Root"}},
    ],
    "UNAUTHORIZED_CALLS": [{"errorCode": "NoSuchKey"}, {"errorMessage": "AccessDenied"}, {"errorCode": None}],
    "UNAUTHORIZED_CALLS_CIS": [
        {"errorCode": "AccessDenied", "sourceIPAddress": "198.51.100.1", "eventName": "HeadBucket"},
        {"errorCode": "AccessDenied", "sourceIPAddress": "delivery.logs.amazonaws.com", "eventName": "GetObject"},
        {"errorCode": "AccessDenied", "eventName": "GetObject"},
    ],
    "SIGN_IN_WITHOUT_MFA": [
        {**SIGN_IN, "additionalEventData": {"MFAUsed": "Yes"}},
        {**SIGN_IN, "additionalEventData": None},
        {**SIGN_IN, "userIdentity": {"type": "Root"}},
    ],
    "CONSOLE_SIGN_IN_FAILURES": [{"eventName": "ConsoleLogin"}],
    "KMS_KEY_DELETION": [{**S3, "eventName": "DisableKey"}],
    "S3_BUCKET_POLICY_CHANGES": [{**KMS, "eventName": "PutBucketAcl"}],
    "ORGANIZATIONS_CHANGES": [{"eventName": "CreatePolicy"}],
}


@pytest.mark.parametrize("name", list(patterns.ALL))
def test_each_pattern(name: str) -> None:
    """It is true of each example, and of no other pattern's counter-example."""
    pattern = patterns.ALL[name]
    assert getattr(patterns, name) is pattern
    for document in TRUE[name]:
        record = trailsdk.parse_record({"eventVersion": "1.11", **document})
        assert pattern(record)
        assert patterns.ANY(record)
        assert pattern in patterns.matching(record)
    for document in FALSE.get(name, [{"eventName": "DescribeTrails"}]):
        assert not pattern(trailsdk.parse_record({"eventVersion": "1.11", **document}))


def test_controls() -> None:
    """Fourteen are controls of Security Hub, in order; the benchmark's numbers are those of its sections."""
    controls = [each.security_hub for each in patterns.ALL.values() if each.security_hub]
    assert controls == [f"CloudWatch.{number}" for number in range(1, 15)]
    assert sorted(each.cis["1.4.0"] for each in patterns.ALL.values() if "1.4.0" in each.cis) == sorted(
        f"4.{number}" for number in range(1, 16)
    )
    assert patterns.find("CloudWatch.1") is patterns.ROOT_USAGE
    assert patterns.find("ROOT") is None


def test_they_are_values() -> None:
    """They can be pickled, and joined."""
    assert pickle.loads(pickle.dumps(patterns.ROOT_USAGE)) is patterns.ROOT_USAGE  # noqa: S301 (our own)
    joined = patterns.ROOT_USAGE | patterns.VPC_CHANGES
    assert joined(trailsdk.parse_record({"eventName": "CreateVpc"}))


def test_the_import_stays_light() -> None:
    """Who asks nothing loads no filter language; and asking loads nothing heavy."""
    code = (
        "import sys, trailsdk; trailsdk.Record; trailsdk.read; "
        "assert not [name for name in sys.modules if name.startswith('trailsdk.select.where')]; "
        "trailsdk.patterns.ANY; trailsdk.select.match; "
        "heavy = {'boto3', 'click', 'hypothesis', 'cryptography', 'rich'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
