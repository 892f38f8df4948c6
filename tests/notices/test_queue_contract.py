"""Queues keep what every source owes its users."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from noticed import notice, queue_process

import trailsdk
from tests.servers import Endpoint
from trailsdk.testing.fake_queue import FakeQueue
from trailsdk.testing.sources import SourceContract


@pytest.fixture(scope="module")
def queue() -> Iterator[FakeQueue]:
    with queue_process() as leading:
        yield leading


@pytest.fixture(scope="module")
def session(seaweedfs_endpoint: Endpoint) -> Any:
    """One for all tests: a session reads boto3's description of a service, which takes long, once."""
    return boto3.Session(seaweedfs_endpoint.access_key_id, seaweedfs_endpoint.secret_access_key)


class TestContract(SourceContract):
    """Reading `sqs://` keeps it; the queue is filled before each reading, since reading empties it."""

    @pytest.fixture(autouse=True)
    def _servers(
        self, seaweedfs_endpoint: Endpoint, queue: FakeQueue, session: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweedfs_endpoint.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", queue.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs_endpoint.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs_endpoint.secret_access_key)
        self.endpoint, self.queue, self.session = seaweedfs_endpoint, queue, session

    def location(self, folder: Path, files: dict[str, bytes]) -> str:  # noqa: ARG002 (a bucket, no folder)
        bucket = self.endpoint.make_bucket()
        s3 = self.session.client("s3", endpoint_url=self.endpoint.url)
        for name, content in files.items():
            s3.put_object(Bucket=bucket, Key=name, Body=content)
        s3.close()
        self.bucket, self.keys = bucket, list(files)
        self._tell()
        return self.queue.location

    def read(self, location: str, **options: Any) -> trailsdk.RecordStream:
        self._tell()
        return super().read(location, session=self.session, **options)

    def _tell(self) -> None:
        sqs = self.queue.client(self.session)
        url = f"{self.queue.url}/{self.queue.account}/{self.queue.name}"
        sqs.purge_queue(QueueUrl=url)
        parts = [self.keys[start : start + 10] for start in range(0, len(self.keys), 10)]
        for start in range(0, len(parts), 10):
            bodies = [json.dumps(notice(*part, bucket=self.bucket)) for part in parts[start : start + 10]]
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        sqs.close()
