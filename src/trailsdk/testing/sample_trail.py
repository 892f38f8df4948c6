"""A small trail to try things on: one morning of an organization with two accounts, laid out like its bucket."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from trailsdk import _json
from trailsdk.model.keys import LogFileKey

__all__ = ["write_sample_trail"]

_ORGANIZATION = "o-exampleorg1"
_MANAGEMENT, _MEMBER = "111122223333", "444455556666"
_OFFICE, _UNKNOWN = "203.0.113.10", "198.51.100.77"
_START = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)
_CLI = "aws-cli/2.24.1 md/awscrt#0.23.8 ua/2.0 os/linux#6.8 lang/python#3.12.9 md/installer#exe"
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"


def write_sample_trail(folder: Path) -> list[Path]:
    """Write the sample trail's log files below a folder.

    Among them: a root sign-in, a sign-in without MFA that failed twice before, an access key made for another user,
    a bucket policy changed, an attempt to stop the trail that was denied, calls by services on behalf of users,
    a denied call through a VPC endpoint, an Insights event and an aggregated event.

    Args:
        folder: Where `AWSLogs` is to be made.

    Returns:
        The files' paths.
    """
    written = []
    for number, (account, name, region, minute, documents) in enumerate(_files()):
        key = LogFileKey(
            organization_id=_ORGANIZATION,
            account_id=account,
            folder=name,
            region=region,
            date=_START.date(),
            time=_START + timedelta(minutes=minute),
            unique=sha256(str(number).encode()).hexdigest()[:16],
        )
        path = folder / str(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(_json.encode({"Records": documents}), mtime=0))
        written.append(path)
    return written


def _uuid(seed: str) -> str:
    digits = sha256(seed.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _call(
    at: float,
    service: str,
    name: str,
    identity: dict[str, Any],
    *,
    account: str = _MEMBER,
    region: str = "eu-west-1",
    source: str = _OFFICE,
    agent: str = _CLI,
    read_only: bool = False,
    asked: Any = None,
    answered: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """Make one API call's record, its members in CloudTrail's order."""
    time = _START + timedelta(minutes=at)
    error: dict[str, Any] = {each: more.pop(each) for each in ("errorCode", "errorMessage") if each in more}
    seed = f"{at} {service} {name} {account}"
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": source,
        "userAgent": agent,
        **error,
        "requestParameters": asked,
        "responseElements": answered,
        "requestID": _uuid("request " + seed),
        "eventID": _uuid("event " + seed),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        **more,
    }


def _user(name: str, account: str = _MEMBER) -> dict[str, Any]:
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE" + sha256(name.encode()).hexdigest()[:10].upper(),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "userName": name,
    }


def _role(role: str, session: str, account: str = _MEMBER, path: str = "", **context: Any) -> dict[str, Any]:
    unique = "AROAEXAMPLE" + sha256(role.encode()).hexdigest()[:10].upper()
    return {
        "type": "AssumedRole",
        "principalId": f"{unique}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique,
                "arn": f"arn:aws:iam::{account}:role/{path}{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-03-07T08:51:12Z", "mfaAuthenticated": "false"},
            **context,
        },
    }


_ALICE = _user("alice") | {"accessKeyId": "AKIAI44QH8DHBEXAMPLE"}
_ADMIN = "AWSReservedSSO_AdministratorAccess_0123456789abcdef"
_ADMIN_PATH = "aws-reserved/sso.amazonaws.com/eu-west-1/"
_CARLA = _role(_ADMIN, "carla@example.com", path=_ADMIN_PATH)
_DEPLOY = _role("deploy", "pipeline-4711", sourceIdentity="dan@example.com")
_INSTANCE = _role("web", "i-0123456789abcdef0", ec2RoleDelivery="1.0")
_ROOT = {
    "type": "Root",
    "principalId": _MANAGEMENT,
    "arn": f"arn:aws:iam::{_MANAGEMENT}:root",
    "accountId": _MANAGEMENT,
    "accessKeyId": "",
}


def _sign_in(at: float, identity: dict[str, Any], result: str, mfa: str, source: str, **more: Any) -> dict[str, Any]:
    record = _call(
        at,
        "signin",
        "ConsoleLogin",
        identity,
        account=identity["accountId"],
        region="us-east-1",
        source=source,
        agent=_BROWSER,
        answered={"ConsoleLogin": result},
        additionalEventData={
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": mfa,
        },
        **more,
    )
    del record["requestID"]
    return record | {"eventType": "AwsConsoleSignIn"}


def _files() -> Iterator[tuple[str, str, str, int, list[dict[str, Any]]]]:
    """Give account, folder, Region, minute of delivery and records of each file."""
    eve = {each: value for each, value in _user("eve").items() if each != "accessKeyId"}
    failed = {"errorMessage": "Failed authentication"}
    yield (
        _MANAGEMENT,
        "CloudTrail",
        "us-east-1",
        10,
        [
            _sign_in(1, _ROOT, "Success", "No", _OFFICE),
            _call(
                *(3, "iam", "CreateAccountAlias", _ROOT),
                account=_MANAGEMENT,
                region="us-east-1",
                agent=_BROWSER,
                asked={"accountAlias": "example-org"},
                sessionCredentialFromConsole="true",
            ),
        ],
    )
    yield (
        _MEMBER,
        "CloudTrail",
        "us-east-1",
        20,
        [
            _sign_in(9, eve, "Failure", "No", _UNKNOWN, **failed),
            _sign_in(9.5, eve, "Failure", "No", _UNKNOWN, **failed),
            _sign_in(10, eve, "Success", "No", _UNKNOWN),
            _call(
                *(12, "iam", "CreateAccessKey", eve),
                region="us-east-1",
                source=_UNKNOWN,
                asked={"userName": "alice"},
                answered={
                    "accessKey": {"userName": "alice", "status": "Active", "accessKeyId": "AKIAI44QH8DHBEXAMPLE"}
                },
            ),
            _call(12.2, "iam", "ListUsers", eve, region="us-east-1", source=_UNKNOWN, read_only=True),
        ],
    )
    yield (
        _MEMBER,
        "CloudTrail",
        "eu-west-1",
        15,
        [
            _call(5, "ec2", "DescribeInstances", _CARLA, read_only=True, asked={"instancesSet": {}, "filterSet": {}}),
            _call(
                *(6, "lambda", "UpdateFunctionCode20150331v2", _DEPLOY),
                source="192.0.2.44",
                asked={"functionName": "billing", "dryRun": False, "publish": True},
                answered={"functionName": "billing", "runtime": "python3.13", "version": "12"},
            ),
            _call(
                *(7, "kms", "Decrypt", _INSTANCE | {"invokedBy": "secretsmanager.amazonaws.com"}),
                source="secretsmanager.amazonaws.com",
                agent="secretsmanager.amazonaws.com",
                read_only=True,
                asked={"encryptionContext": {"SecretARN": "arn:aws:secretsmanager:eu-west-1:444455556666:secret:db"}},
            ),
            _call(
                *(8, "sts", "AssumeRole", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
                source="ec2.amazonaws.com",
                agent="ec2.amazonaws.com",
                read_only=True,
                asked={"roleArn": "arn:aws:iam::444455556666:role/web", "roleSessionName": "i-0123456789abcdef0"},
                sharedEventID=_uuid("shared"),
            ),
        ],
    )
    yield (
        _MEMBER,
        "CloudTrail",
        "eu-west-1",
        25,
        [
            _call(
                *(14, "s3", "PutBucketPolicy", _ALICE),
                source=_UNKNOWN,
                asked={
                    "bucketName": "example-payroll",
                    "bucketPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*"}]},
                },
            ),
            _call(
                *(15, "s3", "GetObject", _ALICE),
                source=_UNKNOWN,
                read_only=True,
                asked={"bucketName": "example-payroll", "key": "2026/february.csv"},
            )
            | {"managementEvent": False, "eventCategory": "Data"},
            _call(
                *(16, "cloudtrail", "StopLogging", _ALICE),
                source=_UNKNOWN,
                errorCode="AccessDenied",
                errorMessage="User is not authorized to perform cloudtrail:StopLogging with an explicit deny",
                asked={"name": "organization"},
            ),
            _call(
                *(16.5, "ec2", "RunInstances", _ALICE),
                source=_UNKNOWN,
                errorCode="Client.InstanceLimitExceeded",
                errorMessage="You have requested more instances than your current limit allows.",
                asked={"instanceType": "p5.48xlarge", "instancesSet": {"items": [{"minCount": 8, "maxCount": 8}]}},
            ),
            _call(17, "iam", "UpdateAccessKey", _CARLA, asked={"userName": "alice", "status": "Inactive"}),
        ],
    )
    network = _call(
        18, "s3", "GetObject", {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": _MANAGEMENT}
    )
    left_out = ("userAgent", "requestParameters", "responseElements", "readOnly", "managementEvent")
    yield (
        _MEMBER,
        "CloudTrail-NetworkActivity",
        "eu-west-1",
        25,
        [
            {name: value for name, value in network.items() if name not in left_out}
            | {
                "eventType": "AwsVpceEvent",
                "eventCategory": "NetworkActivity",
                "errorCode": "VpceAccessDenied",
                "errorMessage": "The request was denied due to a VPC endpoint policy",
                "vpcEndpointId": "vpce-0123456789abcdef0",
                "vpcEndpointAccountId": _MEMBER,
            },
        ],
    )
    statistics = {
        "baseline": {"average": 0.02},
        "insight": {"average": 41.5},
        "insightDuration": 3,
        "baselineDuration": 10080,
    }
    yield (
        _MEMBER,
        "CloudTrail-Insight",
        "eu-west-1",
        30,
        [
            {
                "eventVersion": "1.09",
                "eventTime": "2026-03-07T09:14:00Z",
                "awsRegion": "eu-west-1",
                "eventID": _uuid("insight"),
                "eventType": "AwsCloudTrailInsight",
                "recipientAccountId": _MEMBER,
                "sharedEventID": _uuid("shared insight"),
                "insightDetails": {
                    "state": "Start",
                    "eventSource": "ec2.amazonaws.com",
                    "eventName": "RunInstances",
                    "insightType": "ApiErrorRateInsight",
                    "errorCode": "Client.InstanceLimitExceeded",
                    "insightContext": {"statistics": statistics},
                },
                "eventCategory": "Insight",
            },
        ],
    )
    yield (
        _MEMBER,
        "CloudTrail-Aggregated",
        "eu-west-1",
        30,
        [
            {
                "eventVersion": "1.0",
                "accountId": _MEMBER,
                "eventId": _uuid("aggregated"),
                "eventCategory": "Aggregated",
                "eventType": "AwsAggregatedEvent",
                "awsRegion": "eu-west-1",
                "eventSource": "s3.amazonaws.com",
                "timeWindow": {
                    "windowStart": "2026-03-07T09:15:00Z",
                    "windowEnd": "2026-03-07T09:20:00Z",
                    "windowSize": "PT5M",
                },
                "summary": {
                    "primaryDimension": {
                        "dimension": "resourceARN",
                        "statistics": [{"name": "arn:aws:s3:::example-payroll", "value": 1204}],
                        "aggregationType": "Count",
                    },
                },
            },
        ],
    )
