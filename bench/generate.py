"""Made-up records, as CloudTrail would write them. The same seed gives the same bytes."""

import gzip
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from trailsdk.model.keys import LogFileKey

__all__ = ["RARE", "container", "records", "write_objects", "write_trail"]

RARE = "PutBucketPolicy"
"""The call of one record in a hundred."""

_ACCOUNTS = ("111122223333", "123456789012", "444455556666")
_REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")
_START = datetime(2026, 3, 1, tzinfo=UTC)
_PEOPLE = ("alice", "bob", "carla", "dan", "eve", "frank", "grace", "heidi")
_ROLES = ("deploy", "web-frontend", "AWSReservedSSO_AdministratorAccess_0123456789abcdef", "nightly-backup", "ci")
_HOSTS = ("ec2.amazonaws.com", "autoscaling.amazonaws.com", "config.amazonaws.com", "lambda.amazonaws.com")
_CLI = (
    "aws-cli/2.24.1 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0-1021-aws md/arch#x86_64 lang/python#3.12.9 "
    "md/pyimpl#CPython exec-env/AWS_ECS_EC2 cfg/retry-mode#standard md/installer#exe md/distrib#amzn.2023 md/prompt#off"
)
_BOTO = (
    "Boto3/1.37.4 md/Botocore#1.37.4 ua/2.1 os/linux#5.10.234-225.921.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.11 "
    "md/pyimpl#CPython m/b,Z cfg/retry-mode#legacy Botocore/1.37.4"
)
_TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.0 (+https://www.terraform.io) terraform-provider-aws/5.89.0 "
    "aws-sdk-go-v2/1.36.2 os/linux lang/go#1.23.6 md/GOARCH#amd64 md/GOOS#linux api/ec2#1.205.0"
)
_BROWSER = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/133.0.0.0 Safari/537.36"
)
_AGENTS = (_CLI, _BOTO, _TERRAFORM, _BROWSER)
_FOREIGN_AGENT = "büro-werkzeug/2.1 (Zürich; 東京; \N{FLOPPY DISK}) " + _BOTO
_ERRORS = (
    ("AccessDenied", "User is not authorized to perform this action because no identity-based policy allows it"),
    ("Client.UnauthorizedOperation", "You are not authorized to perform this operation."),
    ("ThrottlingException", "Rate exceeded"),
    ("NoSuchKey", "The specified key does not exist."),
)
_CALLS = (
    ("ec2", "DescribeInstances", True, 20),
    ("s3", "GetObject", True, 20),
    ("kms", "Decrypt", True, 12),
    ("sts", "AssumeRole", True, 12),
    ("s3", "PutObject", False, 10),
    ("ec2", "RunInstances", False, 7),
    ("lambda", "UpdateFunctionConfiguration20150331v2", False, 6),
    ("dynamodb", "DescribeTable", True, 6),
    ("iam", "CreateRole", False, 6),
    ("s3", RARE, False, 1),
)
_WEIGHTS = [call[3] for call in _CALLS]


def records(seed: int = 0) -> Iterator[bytes]:
    """Make records without end: about 1.9 kB each, in CloudTrail's order of fields, without white space.

    Seven in ten are by roles, the rest by users and services; 3 % have an error, about 20 % say what came back,
    1 % have a user agent that is not ASCII, 1 % are `RARE`.
    """
    rng = random.Random(seed)
    time = _START
    while True:
        time += timedelta(milliseconds=rng.randrange(2000))
        yield orjson.dumps(_record(rng, time))


def container(texts: Iterable[bytes]) -> bytes:
    """Join records to a log file, before compression."""
    return b'{"Records":[' + b",".join(texts) + b"]}"


def write_trail(folder: Path, sizes: Sequence[int], seed: int = 0) -> list[Path]:
    """Write gzip log files below `folder`, laid out as in a trail's bucket.

    Args:
        folder: Where `AWSLogs` is to be made.
        sizes: How many records each file has.
        seed: Of the records.

    Returns:
        The paths, in the order of names.
    """
    source, paths = records(seed), []
    for number, size in enumerate(sizes):
        path = _new_path(folder, number)
        path.write_bytes(_packed(islice(source, size)))
        paths.append(path)
    return sorted(paths, key=lambda path: path.parts)


def write_objects(folder: Path, number: int, *, size: int = 170, distinct: int = 24, seed: int = 0) -> list[Path]:
    """Write many log files of equal size below `folder`, laid out as in a trail's bucket, cheaply.

    A few dozen bodies stand under all keys, as hard links. So event ids come again, and what is told apart by content
    (de-duplication, compression across files) must not be measured with them.

    Args:
        folder: Where `AWSLogs` is to be made.
        number: How many files.
        size: Records of each file; 170 are about 320 kB, and 44 kB compressed.
        distinct: How many bodies are made.
        seed: Of the records.

    Returns:
        The paths, in the order of names.
    """
    source = records(seed)
    paths = [_new_path(folder, each) for each in range(number)]
    for each, path in enumerate(paths):
        if each < distinct:
            path.write_bytes(_packed(islice(source, size)))
        else:
            path.hardlink_to(paths[each % distinct])
    return sorted(paths, key=lambda path: path.parts)


def _new_path(folder: Path, number: int) -> Path:
    """Name a file, and make its folder: three accounts in turns, every five minutes."""
    when = _START + timedelta(minutes=5 * (number // 3))
    key = LogFileKey(
        account_id=_ACCOUNTS[number % 3],
        region="eu-west-1",
        date=when.date(),
        time=when,
        unique=f"{number:06}BenchFile0",
    )
    path = folder / str(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _packed(texts: Iterable[bytes]) -> bytes:
    return gzip.compress(container(texts), compresslevel=6, mtime=0)


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _id(rng: random.Random, prefix: str, length: int = 17) -> str:
    return f"{prefix}{rng.getrandbits(4 * length):0{length}x}"


def _record(rng: random.Random, time: datetime) -> dict[str, Any]:
    service, name, read_only, _ = rng.choices(_CALLS, _WEIGHTS)[0]
    account, region = rng.choice(_ACCOUNTS), rng.choice(_REGIONS)
    identity = _identity(rng, account, time)
    by_service = identity["type"] == "AWSService"
    agent = _FOREIGN_AGENT if rng.random() < 0.0115 else rng.choice(_AGENTS)
    data = name in ("GetObject", "PutObject")
    error: dict[str, Any] = {}
    answered = None if read_only else _answered(rng, name)
    if rng.random() < 0.03:
        error = dict(zip(("errorCode", "errorMessage"), rng.choice(_ERRORS), strict=True))
        answered = None
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": identity["invokedBy"] if by_service else f"203.0.113.{rng.randrange(256)}",
        "userAgent": identity["invokedBy"] if by_service else agent,
        **error,
        "requestParameters": _asked(rng, service, name, account, region),
        "responseElements": answered,
        **({"additionalEventData": _additional(rng)} if service in ("s3", "sts") else {}),
        "requestID": _uuid(rng),
        "eventID": _uuid(rng),
        "readOnly": read_only,
        **({"resources": _resources(service, account, region)} if service in ("s3", "kms", "sts") else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": account,
        **({"sharedEventID": _uuid(rng)} if by_service else {}),
        "eventCategory": "Data" if data else "Management",
        **({} if by_service else {"tlsDetails": _tls(service, region)}),
    }


def _identity(rng: random.Random, account: str, time: datetime) -> dict[str, Any]:
    chance = rng.random()
    person = rng.choice(_PEOPLE)
    if chance < 0.15:
        return {"type": "AWSService", "invokedBy": rng.choice(_HOSTS)}
    if chance < 0.30:
        return {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{person.upper():X<10}",
            "arn": f"arn:aws:iam::{account}:user/engineering/{person}",
            "accountId": account,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": person,
        }
    role = rng.choice(_ROLES)
    unique = f"AROAEXAMPLE{role[:10].upper():X<10}"
    return {
        "type": "AssumedRole",
        "principalId": f"{unique}:{person}@example.com",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{person}@example.com",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique,
                "arn": f"arn:aws:iam::{account}:role/service-role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": f"{time:%Y-%m-%dT%H}:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _asked(rng: random.Random, service: str, name: str, account: str, region: str) -> dict[str, Any]:
    if name == RARE:
        statement = {
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{each}:root" for each in _ACCOUNTS]},
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::example-archive", "arn:aws:s3:::example-archive/*"],
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"bucketName": "example-archive", "Host": f"s3.{region}.amazonaws.com", "bucketPolicy": policy}
    if service == "s3":
        return {
            "bucketName": f"example-logs-{account}-{region}",
            "Host": f"example-logs-{account}-{region}.s3.{region}.amazonaws.com",
            "key": f"team={rng.choice(_PEOPLE)}/year=2026/month=03/part-{_uuid(rng)}.c000.snappy.parquet",
            "x-id": name,
        }
    if service == "kms":
        context = {"aws:s3:arn": f"arn:aws:s3:::example-logs-{account}-{region}", "tenant": _uuid(rng)}
        return {
            "encryptionContext": context,
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "keyId": _key(account, region),
        }
    if service == "sts":
        session = {"roleSessionName": f"session-{_id(rng, 'i-')}", "durationSeconds": 3600}
        return {"roleArn": f"arn:aws:iam::{account}:role/{rng.choice(_ROLES)}", **session, "externalId": _uuid(rng)}
    if service == "ec2":
        items = [{"instanceId": _id(rng, "i-")} for _ in range(rng.randrange(6, 22))]
        filters = [{"name": "instance-state-name", "valueSet": {"items": [{"value": "running"}, {"value": "pending"}]}}]
        return {"instancesSet": {"items": items}, "filterSet": {"items": filters}, "maxResults": 1000}
    if service == "iam":
        trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}]}'
        return {"roleName": _id(rng, "role-"), "path": "/", "assumeRolePolicyDocument": trust, "tags": _tags(rng)}
    environment = {f"SETTING_{number}": _id(rng, "v", 24) for number in range(rng.randrange(7, 20))}
    return {"functionName": _id(rng, "billing-"), "tableName": "orders", "environment": {"variables": environment}}


def _answered(rng: random.Random, name: str) -> dict[str, Any] | None:
    if name == "RunInstances":
        network = {"subnetId": _id(rng, "subnet-"), "vpcId": _id(rng, "vpc-"), "privateIpAddress": "10.0.4.17"}
        instance = {"instanceId": _id(rng, "i-"), "imageId": _id(rng, "ami-"), "instanceType": "m7g.large", **network}
        state = {"code": 0, "name": "pending"}
        return {"requestId": _uuid(rng), "instancesSet": {"items": [instance | {"instanceState": state}]}}
    if name == "CreateRole":
        return {"role": {"roleId": "AROAEXAMPLEROLEXXXXXX", "createDate": "Mar 7, 2026 9:00:00 AM", "tags": _tags(rng)}}
    if name == "PutObject":
        return {"x-amz-server-side-encryption": "aws:kms", "x-amz-version-id": _id(rng, "", 32)}
    return None


def _tags(rng: random.Random) -> list[dict[str, str]]:
    return [{"key": name, "value": rng.choice(_PEOPLE)} for name in ("owner", "team", "cost-center")]


def _additional(rng: random.Random) -> dict[str, Any]:
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": _id(rng, "", 76),
        "bytesTransferredOut": rng.randrange(10_000_000),
    }


def _key(account: str, region: str) -> str:
    return f"arn:aws:kms:{region}:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _resources(service: str, account: str, region: str) -> list[dict[str, str]]:
    if service == "kms":
        return [{"accountId": account, "type": "AWS::KMS::Key", "ARN": _key(account, region)}]
    if service == "sts":
        return [{"accountId": account, "type": "AWS::IAM::Role", "ARN": f"arn:aws:iam::{account}:role/deploy"}]
    bucket = f"arn:aws:s3:::example-logs-{account}-{region}"
    return [
        {"type": "AWS::S3::Object", "ARN": f"{bucket}/team/part.parquet"},
        {"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket},
    ]


def _tls(service: str, region: str) -> dict[str, str]:
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        "keyExchange": "X25519MLKEM768",
    }
