"""A bucket of three million log files, none of which exists until it is asked for."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache, cached_property
from typing import TypeAlias

from attrs import frozen

from bench.buckets import Listed, Stored

__all__ = ["SimulatedBucket"]

_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
_FOLDERS = ("CloudTrail-Digest/", "CloudTrail/")
"""In the order of S3: `-` comes before `/`."""
_MINUTES_A_DAY = 24 * 60

_Path: TypeAlias = tuple[str, ...]
"""Folders, each with its slash."""


@frozen
class SimulatedBucket:
    """A bucket of an organization's trail: 30 accounts, 17 Regions, 400 days.

    ```text
    AWSLogs/o-exampleorg1/<account>/CloudTrail/<region>/YYYY/MM/DD/         15 log files a day: 3,060,000 in all
    AWSLogs/o-exampleorg1/<account>/CloudTrail-Digest/<region>/YYYY/MM/DD/  24 digest files a day: 4,896,000 in all
    ```

    Log files hold records of their own minute, account and Region; digest files hold `{}`. They are gzip without
    compression, so that their sizes are known before they are made. ETags are hashes of the keys.
    """

    accounts: int = 30
    """From 111122220000 on."""
    regions: int = len(_REGIONS)
    """The first of the 17 that every account has."""
    days: int = 400
    last_day: date = date(2026, 3, 31)
    logs: int = 15
    """Log files of one day, account and Region; at most 1,440."""
    digests: int = 24
    """Digest files of one day, account and Region; at most 24."""
    records: int = 10
    """Records of a log file."""
    organization: str = "o-exampleorg1"

    def get(self, key: str) -> Stored | None:
        """Make an object, or give `None` where there is none."""
        found = next(self.objects_from(key), None)
        if found is None or found.key != key:
            return None
        _, _, account, folder, region, _, _, _, name = key.split("/")
        if f"{folder}/" == _FOLDERS[0]:
            return Stored(_pack(b"{}"), found.etag)
        return Stored(_log(account, region, name.split("_")[3], self.records), found.etag)

    def objects_from(self, first: str) -> Iterator[Listed]:
        """Give all objects from a key on, in order; only the folders that hold them are entered."""
        return self._walk((), first)

    def _walk(self, path: _Path, first: str) -> Iterator[Listed]:
        folder = "".join(path)
        for name in self._names(path):
            key = folder + name
            if not name.endswith("/"):
                if key >= first:
                    yield Listed(key, self._size(path), hashlib.md5(key.encode(), usedforsecurity=False).hexdigest())
            elif key > first or first.startswith(key):
                yield from self._walk((*path, name), first)

    def _names(self, path: _Path) -> Sequence[str]:
        """Give what lies in a folder, in the order of S3; folders end with a slash."""
        match path:
            case ():
                return ("AWSLogs/",)
            case (_,):
                return (f"{self.organization}/",)
            case (_, _):
                return [f"{111122220000 + number}/" for number in range(self.accounts)]
            case (_, _, _):
                return _FOLDERS
            case (_, _, _, _):
                return [f"{region}/" for region in _REGIONS[: self.regions]]
            case (_, _, _, _, _, *calendar):
                if len(calendar) < 3:
                    return self._calendar["".join(calendar)]
                return self._files(*(each.rstrip("/") for each in path[2:]))
        raise AssertionError(path)

    @cached_property
    def _calendar(self) -> dict[str, list[str]]:
        """What lies in a Region's folder, in each year's, and in each month's."""
        found: dict[str, list[str]] = {}
        for ago in range(self.days - 1, -1, -1):
            folder = ""
            for part in (self.last_day - timedelta(days=ago)).isoformat().split("-"):
                names = found.setdefault(folder, [])
                if not names or names[-1] != f"{part}/":
                    names.append(f"{part}/")
                folder += f"{part}/"
        return found

    def _files(self, account: str, folder: str, region: str, year: str, month: str, day: str) -> list[str]:
        stamp = f"{year}{month}{day}"
        if f"{folder}/" == _FOLDERS[0]:
            begin = f"{account}_{folder}_{region}_main_us-east-1_{stamp}T"
            return [f"{begin}{hour:02}0500Z.json.gz" for hour in range(self.digests)]
        begin = f"{account}_{folder}_{region}_{stamp}T"
        unique = hashlib.md5(begin.encode(), usedforsecurity=False).hexdigest()[:12]
        minutes = (number * _MINUTES_A_DAY // self.logs for number in range(self.logs))
        return [f"{begin}{at // 60:02}{at % 60:02}Z_{unique}{at:04}.json.gz" for at in minutes]

    def _size(self, path: _Path) -> int:
        return _digest_size() if path[3] == _FOLDERS[0] else _log_size(path[4].rstrip("/"), self.records)


def _log(account: str, region: str, stamp: str, records: int) -> bytes:
    """Make a log file.

    Args:
        account: Its account.
        region: Its Region.
        stamp: Its minute, as in names of files: `20260307T0915Z`.
        records: How many records it holds.
    """
    when = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}"
    seed = hashlib.md5(f"{account} {region} {stamp}".encode(), usedforsecurity=False).hexdigest()
    event = f"{seed[:8]}-{seed[8:12]}-4{seed[13:16]}-a{seed[17:20]}"
    made = [
        {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDAEXAMPLEALICEXXXXX",
                "arn": f"arn:aws:iam::{account}:user/alice",
                "accountId": account,
                "userName": "alice",
            },
            "eventTime": f"{when}:{number % 60:02}Z",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "awsRegion": region,
            "sourceIPAddress": "203.0.113.7",
            "userAgent": "aws-cli/2.24.1",
            "requestParameters": {"maxResults": 1000},
            "responseElements": None,
            "requestID": f"{event}-1{number:011}",
            "eventID": f"{event}-2{number:011}",
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        for number in range(records)
    ]
    return _pack(json.dumps({"Records": made}, separators=(",", ":")).encode())


def _pack(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=0, mtime=0)


@cache
def _log_size(region: str, records: int) -> int:
    return len(_log("111122220000", region, "20260307T0915Z", records))


@cache
def _digest_size() -> int:
    return len(_pack(b"{}"))
