"""Queues keep what every source owes its users."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


class TestContract(SourceContract):
    """Reading `sqs://` keeps it; the queue is filled before each reading, since reading empties it."""

    @pytest.fixture(autouse=True)
    def _servers(self, seaweedfs_endpoint: Endpoint, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweedfs_endpoint.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", queue.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweedfs_endpoint.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweedfs_endpoint.secret_access_key)
        self.endpoint, self.queue = seaweedfs_endpoint, queue

    def location(self, folder: Path, files: dict[str, bytes]) -> str:  # noqa: ARG002 (a bucket, no folder)
        bucket = self.endpoint.make_bucket()
        s3 = self.endpoint.client()
        for name, content in files.items():
            s3.put_object(Bucket=bucket, Key=name, Body=content)
        s3.close()
        self.bucket, self.keys = bucket, list(files)
        self._tell()
        return self.queue.location

    def read(self, location: str, **options: Any) -> trailsdk.RecordStream:
        self._tell()
        return super().read(location, **options)

    def _tell(self) -> None:
        sqs = self.queue.client()
        url = f"{self.queue.url}/{self.queue.account}/{self.queue.name}"
        sqs.purge_queue(QueueUrl=url)
        bodies = [json.dumps(notice(name, bucket=self.bucket)) for name in self.keys]
        for start in range(0, len(bodies), 10):
            part = enumerate(bodies[start : start + 10])
            entries = [{"Id": str(number), "MessageBody": body} for number, body in part]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        sqs.close()

