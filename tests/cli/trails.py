"""Log files for the tests of the command."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

CALL: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"},
    "eventTime": "2026-03-07T09:14:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "PutBucketPolicy",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.77",
    "requestParameters": {"bucketName": "example-payroll", "a,b": [1, 2]},
    "responseElements": None,
    "eventID": "d2b7a1e0-0000-4000-a000-000000000001",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
    "eventCategory": "Management",
}


def write_records(path: Path, *records: dict[str, Any]) -> Path:
    """Write a log file."""
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return path


def write_many(folder: Path, number: int) -> Path:
    """Write a folder of so many files of one record; they are one file with many names, which is done quickly."""
    folder.mkdir()
    first = write_records(folder / "00000.json.gz", CALL)
    for each in range(1, number):
        os.link(first, folder / f"{each:05}.json.gz")
    return folder


_MARKS = "\u0301" * 5
HOSTILE = f"\x1b[2J\x1b]0;title\x07\r\n\t\x00\x7f\x9b31m\u202eevil\u2066\u2028[red]x[/red]e{_MARKS}\ud800{_MARKS}"
"""What must not reach a terminal as it is."""


def hostile_call() -> dict[str, Any]:
    """Make a record that says it everywhere."""
    return {
        **CALL,
        "userIdentity": {"type": "IAMUser", "userName": HOSTILE, "arn": f"arn:aws:iam::111122223333:user/{HOSTILE}"},
        "eventSource": HOSTILE,
        "eventName": HOSTILE,
        "sourceIPAddress": HOSTILE,
        "errorCode": HOSTILE,
        "requestParameters": {HOSTILE: HOSTILE},
    }
