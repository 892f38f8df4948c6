"""Names of resources: partitions, ARNs, and the rules of AWS for each name."""

import re
from typing import Final

from attrs import frozen

from trailsdk.errors import SettingError
from trailsdk.model.partitions import partition_of

__all__ = [
    "SERVICE",
    "TrailArn",
    "check_account_id",
    "check_bucket",
    "check_log_group",
    "check_organization_id",
    "check_prefix",
    "check_region",
    "check_role",
    "check_topic",
    "check_trail_name",
    "partition_of",
]

SERVICE: Final = "cloudtrail.amazonaws.com"
"""CloudTrail as a principal. It is spelt so in every partition."""

_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+", re.ASCII)
_TRAIL_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-]))*(?<![._-])", re.ASCII)
_TRAIL_ARN: Final = re.compile(r"arn:(aws[a-z-]*):cloudtrail:([a-z0-9-]+):([^:]*):trail/(.+)", re.ASCII)
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_BUCKET: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?![.]))*[a-z0-9]", re.ASCII)


@frozen
class TrailArn:
    """The ARN of a trail. Its Region is the trail's home Region."""

    partition: str
    region: str
    account_id: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TrailArn":
        """Read an ARN.

        Raises:
            SettingError: It is none of a trail.
        """
        match = _TRAIL_ARN.fullmatch(text)
        if match is None:
            raise SettingError("trail", text, "an ARN of a trail is arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME")
        partition, region, account_id, name = match.groups()
        check_account_id(account_id)
        check_trail_name(name)
        if partition_of(check_region(region)) != partition:
            raise SettingError("trail", text, f"the Region {region} is in the partition {partition_of(region)}")
        return cls(partition, region, account_id, name)

    def __str__(self) -> str:
        return f"arn:{self.partition}:cloudtrail:{self.region}:{self.account_id}:trail/{self.name}"


def check_account_id(value: object, name: str = "account_id") -> str:
    """Give an account id, which is text of twelve digits.

    Raises:
        SettingError: It is not; where leading zeros may have been lost, as in a spreadsheet, it says so.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]+", text):
        raise SettingError(name, value, "an account id is twelve digits")
    if len(text) < 12:  # noqa: PLR2004 (digits of an account id)
        raise SettingError(
            name, value, f"an account id is twelve digits: were leading zeros lost? Then it is {text.zfill(12)}"
        )
    if len(text) > 12 or not isinstance(value, str):  # noqa: PLR2004 (digits of an account id)
        raise SettingError(name, value, "an account id is text of twelve digits")
    return text


def check_region(value: str, name: str = "home_region") -> str:
    """Give a Region's name.

    Raises:
        SettingError: It is none.
    """
    if not _REGION.fullmatch(value):
        raise SettingError(name, value, "a Region is named like eu-west-1")
    return value


def check_trail_name(value: str) -> str:
    """Give a trail's name.

    Raises:
        SettingError: It breaks a rule of `CreateTrail`.

    Source: AWS CloudTrail API Reference, `CreateTrail`, `Name`.
    """
    if not 3 <= len(value) <= 128:  # noqa: PLR2004 (AWS's limits)
        raise SettingError("name", value, f"a trail's name has 3 to 128 characters, not {len(value)}")
    if _ADDRESS.fullmatch(value):
        raise SettingError("name", value, "a trail's name is not an IP address")
    if not _TRAIL_NAME.fullmatch(value):
        rule = (
            "a trail's name has letters, digits, `.`, `_` and `-`, begins and ends with a letter or digit, "
            "and has no two of `.`, `_` and `-` side by side"
        )
        raise SettingError("name", value, rule)
    return value


def check_bucket(value: str) -> str:
    """Give a bucket's name.

    Raises:
        SettingError: It breaks a rule of S3.

    Source: Amazon S3 User Guide, "General purpose bucket naming rules".
    """
    if not 3 <= len(value) <= 63:  # noqa: PLR2004 (AWS's limits)
        raise SettingError("s3_bucket_name", value, f"a bucket's name has 3 to 63 characters, not {len(value)}")
    if _ADDRESS.fullmatch(value) or not _BUCKET.fullmatch(value):
        rule = "a bucket's name has lower-case letters, digits, `.` and `-`, and is not an IP address"
        raise SettingError("s3_bucket_name", value, rule)
    return value


def check_prefix(value: str) -> str:
    """Give a prefix without the slash at its end: CloudTrail puts one between it and `AWSLogs`.

    Raises:
        SettingError: It breaks a rule of CloudTrail.

    Source: AWS CloudTrail API Reference, `CreateTrail`, `S3KeyPrefix`.
    """
    if len(value) > 200:  # noqa: PLR2004 (AWS's limit)
        raise SettingError("s3_key_prefix", value, f"a prefix has at most 200 characters, not {len(value)}")
    if value.startswith("/") or value.endswith("/"):
        raise SettingError("s3_key_prefix", value, "a prefix neither begins nor ends with a slash")
    if "AWSLogs" in value.split("/"):
        raise SettingError("s3_key_prefix", value, "CloudTrail adds AWSLogs itself, and refuses a prefix that has it")
    if any(sign in value for sign in "*?$"):
        raise SettingError("s3_key_prefix", value, "`*`, `?` and `$` mean something else in policies")
    return value


def check_organization_id(value: str) -> str:
    """Give an organization's id.

    Raises:
        SettingError: It is none.
    """
    if not re.fullmatch(r"o-[a-z0-9]{10,32}", value, re.ASCII):
        raise SettingError("organization_id", value, "an organization's id is `o-` and 10 to 32 letters and digits")
    return value


def check_topic(value: str) -> str:
    """Give the name or ARN of a topic.

    Raises:
        SettingError: It breaks a rule of CloudTrail or SNS.
    """
    name = value.rpartition(":")[2] if value.startswith("arn:") else value
    if value.startswith("arn:") and not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[^:]+", value, re.ASCII):
        raise SettingError("sns_topic_name", value, "an ARN of a topic is arn:PARTITION:sns:REGION:ACCOUNT:NAME")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", name, re.ASCII) or len(value) > 256:  # noqa: PLR2004 (AWS's limit)
        raise SettingError("sns_topic_name", value, "a topic has 1 to 256 letters, digits, `_` and `-`")
    return value


def check_log_group(value: str) -> str:
    """Give the name of a log group.

    Raises:
        SettingError: It breaks a rule of CloudWatch Logs.
    """
    if not re.fullmatch(r"[A-Za-z0-9_\-/.#]{1,512}", value, re.ASCII):
        rule = "a log group's name has 1 to 512 letters, digits, and `_`, `-`, `/`, `.`, `#`"
        raise SettingError("cloud_watch_logs_log_group", value, rule)
    return value


def check_role(value: str) -> str:
    """Give the name of an IAM role.

    Raises:
        SettingError: It breaks a rule of IAM.
    """
    if not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", value, re.ASCII):
        rule = "a role's name has 1 to 64 letters, digits, and `_`, `+`, `=`, `,`, `.`, `@`, `-`"
        raise SettingError("cloud_watch_logs_role", value, rule)
    return value
