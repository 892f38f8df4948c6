"""How fast the log files are read that a queue is told of, beside the same files in a bucket."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import trailsdk
from bench.generate import write_objects
from bench.measure import print_table, verdict
from bench.s3_readers import CLIENTS, Reader, Took, open_source, take_turns
from bench.server_process import Server, make_session, run_server
from trailsdk.sources.requests import make_client
from trailsdk.sources.s3.store import make_client as make_s3_client

__all__ = ["queue"]

_BUCKET = "trail"
_LOCATION = "sqs://us-east-1/111122223333/trail"
_OF_BUCKET = 0.8
"""How much of the bucket reader's speed reading a queue is to have."""
_BATCH = 10

_HOW = (
    "{number:,} messages wait, each a notification of S3 that names one object of {size:.1f} kB, about 170 records. "
    "The server is a process of its own on the same machine, and answers for the queue and the bucket. *Bucket* lists "
    "and reads, *queue* receives, reads and deletes; both through the same client, with their defaults. They take "
    "turns, medians of {rounds}; the target is the queue's speed as a part of the bucket's."
)


def queue(folder: Path, *, quick: bool) -> None:
    """Read a thousand notices through each client."""
    folder /= "queue"
    number, rounds = (300, 1) if quick else (1000, 5)
    paths = write_objects(folder / _BUCKET, number)
    keys = sorted(path.relative_to(folder / _BUCKET).as_posix() for path in paths)
    size = sum(path.stat().st_size for path in paths) / number / 1000
    with run_server(folder, answers=_answers(keys)) as server:
        readers: dict[str, Reader] = {}
        for client in CLIENTS:
            readers[f"bucket, {client}"] = partial(_bucket, server, client)
            readers[f"queue, {client}"] = partial(_queue, server, client)
        took = take_turns(server, readers, rounds)
    columns = ("client", "bucket, objects/s", "queue, objects/s", "bucket, CPU ms", "queue, CPU ms", "ratio")
    how = _HOW.format(number=number, size=size, rounds=rounds)
    print_table("Reading a queue of notices", how, columns, list(_rows(took)))


def _rows(took: Mapping[str, Took]) -> Iterator[tuple[str, ...]]:
    for client in CLIENTS:
        bucket, of_queue = took[f"bucket, {client}"], took[f"queue, {client}"]
        ratio = bucket.wall / of_queue.wall
        aim = f", target {_OF_BUCKET}: {verdict(met=ratio >= _OF_BUCKET)}" if client == "boto3" else ""
        speeds = (f"{1 / its.wall:,.0f}" for its in (bucket, of_queue))
        costs = (f"{its.cpu * 1000:.2f}" for its in (bucket, of_queue))
        yield client, *speeds, *costs, f"{ratio:.2f}{aim}"


def _answers(keys: list[str]) -> Mapping[str, Any]:
    """Give a queue's answers: all messages, then twice none; and so on for the next reader."""
    messages = [
        {
            "MessageId": f"{number:08}",
            "ReceiptHandle": f"receipt-{number:08}" + "x" * 300,
            "MD5OfBody": "",
            "Body": json.dumps({"Records": [_notice(key)]}),
        }
        for number, key in enumerate(keys)
    ]
    batches = [{"Messages": messages[start : start + _BATCH]} for start in range(0, len(messages), _BATCH)]
    done: Mapping[str, Any] = {"Successful": [], "Failed": []}
    return {
        "ReceiveMessage": [*batches, {}, {}],
        "DeleteMessageBatch": done,
        "ChangeMessageVisibilityBatch": done,
    }


def _notice(key: str) -> Mapping[str, Any]:
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-03-07T09:35:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "trail",
            "bucket": {"name": _BUCKET, "arn": f"arn:aws:s3:::{_BUCKET}"},
            "object": {"key": quote_plus(key, safe="/"), "sequencer": "0055AED6DCD90281E5"},
        },
    }


def _bucket(server: Server, client: str) -> Callable[[], int]:
    source = open_source(server, _BUCKET, client)

    def work() -> int:
        with closing(source):
            return _read(source)

    return work


def _queue(server: Server, client: str) -> Callable[[], int]:
    session = make_session()
    sqs = make_client("sqs", "us-east-1", session, server.url)
    options: dict[str, Any] = {"client": sqs, "session": session, "endpoint_url": server.url}
    if client == "boto3":
        options = {"client": sqs, "s3_client": make_s3_client(session, server.url)}
    return partial(_read, trailsdk.Queue(_LOCATION, wait_seconds=0, **options))


def _read(source: trailsdk.Queue | trailsdk.S3) -> int:
    stream = trailsdk.read(source)
    for record in stream:
        record.event_name  # noqa: B018 (touched, as a user would)
        record.error_code  # noqa: B018
    assert stream.stats.failed == 0
    return stream.stats.read
