"""A bucket and a queue that is told of its objects."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_plus

import boto3
from attrs import define
from botocore.config import Config

import trailsdk
from trailsdk import errors
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_queue import FakeQueue, WaitingMessage
from trailsdk.testing.fake_trail import FakeTrail

BUCKET = "org-trail"
SESSION = boto3.session.Session()
"""One for all tests: a session reads boto3's description of a service, which takes long, once."""
TOPIC = "arn:aws:sns:eu-west-1:111122223333:trail"


def key(number: int, account: str = "111122223333", region: str = "eu-west-1") -> str:
    name = f"{account}_CloudTrail_{region}_20260307T{9 + number // 60:02}{number % 60:02}Z_AbCdEfGh01234567.json.gz"
    return f"AWSLogs/{account}/CloudTrail/{region}/2026/03/07/{name}"


def log_file(*ids: str) -> bytes:
    documents = [{"eventVersion": "1.11", "eventID": each, "eventTime": "2026-03-07T09:40:00Z"} for each in ids]
    return gzip.compress(json.dumps({"Records": documents}).encode(), mtime=0)


def notice(*keys: str, bucket: str = BUCKET) -> dict[str, Any]:
    """CloudTrail's own."""
    return {"s3Bucket": bucket, "s3ObjectKey": list(keys)}


def put_notice(*keys: str, bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    """S3's."""
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(each), **more}},
            }
            for each in keys
        ]
    }


def event(number: int) -> dict[str, Any]:
    """EventBridge's, with a record."""
    return {
        "id": f"event-{number}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventVersion": "1.11", "eventID": f"e{number}"},
    }


def sns(message: Any) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Type": "Notification", "MessageId": "m", "TopicArn": TOPIC, "Message": text}


def client(url: str) -> Any:
    """Make boto3's client of S3 for a server."""
    return SESSION.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64),
    )


@define
class Noticed:
    """The bucket, and its queue."""

    trail: FakeTrail
    aws: FakeAws
    queue: FakeQueue
    sqs: Any
    s3: Any

    def put(self, name: str, content: bytes) -> None:
        self.trail.objects.put((BUCKET, name), content)

    def fill(self, number: int, records: int = 3) -> list[WaitingMessage]:
        """Put files, and tell the queue of each."""
        for each in range(number):
            self.put(key(each), log_file(*self.ids(each, records)))
        return self.queue.send(*(notice(key(each)) for each in range(number)))

    @staticmethod
    def ids(number: int, records: int = 3) -> list[str]:
        return [f"{number}-{record}" for record in range(records)]

    def all_ids(self, number: int, records: int = 3) -> list[str]:
        return [each for file in range(number) for each in self.ids(file, records)]

    def source(self, **options: Any) -> trailsdk.Queue:
        wanted = {"wait_seconds": 1, "client": self.sqs, "s3_client": self.s3, **options}
        return trailsdk.Queue(self.queue.location, **wanted)

    def read(self, *, on_error: Any = "raise", where: Any = None, regions: Any = None, **options: Any) -> Any:
        return trailsdk.read(self.source(**options), on_error=on_error, where=where, regions=regions)


def ids(records: Any) -> list[str]:
    return [str(record.event_id) for record in records]


@contextmanager
def bucket_and_queue(**options: Any) -> Iterator[Noticed]:
    trail = FakeTrail(bucket=BUCKET)
    with FakeAws(trail) as aws, FakeQueue(longest_wait=0.0, **options).serving() as queue:
        sqs, s3 = queue.client(SESSION), client(aws.url)
        yield Noticed(trail, aws, queue, sqs, s3)
        sqs.close()
        s3.close()


def add_up(stats: trailsdk.Stats) -> bool:
    """Tell that each file and each message is counted once."""
    files = (stats.read, stats.pruned, stats.skipped, stats.consumed, stats.failed, stats.unreached)
    return stats.listed == sum(files) and stats.messages == stats.acknowledged + stats.left + stats.held


SERVER = """
import sys
from trailsdk.testing.fake_queue import FakeQueue
with FakeQueue(longest_wait=0.0).serving() as queue:
    print(queue.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def queue_process() -> Iterator[FakeQueue]:
    """Serve a queue from a process of its own, and give one that leads there."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield FakeQueue(url=process.stdout.readline().decode().strip())
        finally:
            process.stdin.close()


def run_python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """Run Python in a process of its own, whose output is read line by line."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def kinds(found: Sequence[errors.TrailError]) -> list[str]:
    return [type(each).__name__ for each in found]
