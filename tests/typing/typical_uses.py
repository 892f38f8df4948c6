"""Typical uses of the public face. Nothing runs here: mypy and pyright read it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import attrs

import trailsdk
from trailsdk import Actor, ActorKind, Origin, Outcome, Record, RecordStream, Stats, TrailError, UserIdentity
from trailsdk.errors import MalformedRecordError, RecordError


def reading(folder: Path) -> None:
    """Locations, options, what comes out."""
    stream = trailsdk.read(folder, "other/*.gz", since="24h", until=datetime.now(UTC), accounts="111122223333")
    assert_type(stream, RecordStream)
    assert_type(stream.stats, Stats)
    for record in stream:
        assert_type(record, Record)
    with trailsdk.read(folder.open("rb"), regions=["eu-west-1"], categories=("Data",), on_error="skip") as opened:
        assert_type(next(opened), Record)
    proved = trailsdk.read("s3://org-trail", verify="only", public_keys="keys.json")
    assert_type(proved.unverified, Mapping[str, int])
    for record in trailsdk.read(folder, verify="tag"):
        assert record.origin is not None
        assert_type(record.origin.verdict, Literal["valid", "invalid", "unverifiable", "inaccessible"] | None)
    bad: list[TrailError] = []
    trailsdk.read(trailsdk.Local(folder), where=lambda record: record.read_only is False, on_error=bad.append)


def looking(record: Record) -> None:
    """Fields have types; free-form documents are any JSON."""
    assert_type(record.event_time, datetime | None)
    assert_type(record.event_name, str | None)
    assert_type(record.read_only, bool | None)
    assert_type(record.user_identity, UserIdentity)
    assert_type(record.user_identity.session_context.session_issuer.arn, str | None)
    assert_type(record.resources[0].arn, str | None)
    assert_type(record.outcome, Outcome | None)
    assert_type(record.actor, Actor)
    assert_type(record.actor.kind, ActorKind)
    assert_type(record.origin, Origin | None)
    assert_type(record.raw, bytes | None)
    assert_type(record.extra, Mapping[str, Any])
    assert_type(record.has("requestParameters.bucketName"), bool)
    assert_type(record.to_dict(), dict[str, Any])
    assert_type(record.omitted_fields, tuple[str, ...])
    if record.event_version is not None and record.event_version >= (1, 8):
        assert_type(record.event_version.minor, int)


def building() -> Record:
    """Records are made by keyword, and changed by attrs."""
    record = Record(event_name="PutObject", user_identity=UserIdentity(type="Root"), request_parameters={"a": 1})
    return attrs.evolve(record, read_only=False)


def parsing(data: bytes) -> int:
    """From memory, and back to a file."""
    assert_type(trailsdk.parse(data), Iterator[Record])
    assert_type(trailsdk.parse_record({"eventName": "X"}), Record)
    return trailsdk.write(trailsdk.parse(data), "out.ndjson.gz")


def in_a_function(event: dict[str, Any]) -> Mapping[str, Any]:
    """What a Lambda function is handed, and what it answers."""
    stream = trailsdk.from_event(event, on_error="skip")
    assert_type(list(stream), list[Record])
    assert_type(stream.stats.left, int)
    return stream.batch_response()


def from_a_queue() -> Iterator[Record]:
    """A queue is a source like others."""
    queue = trailsdk.Queue("sqs://eu-west-1/111122223333/trail-notices", buckets=["org-trail"], follow=True)
    return trailsdk.read(queue)


def following() -> None:
    """Whoever follows says how long to wait, and may stop."""
    follow = trailsdk.Following(longest=300, idle=lambda: None)
    with trailsdk.read(trailsdk.S3("s3://org-trail", follow=follow), cursor=trailsdk.Cursor("c")) as stream:
        for record in stream:
            assert_type(record, Record)
            stream.stop()
    trailsdk.read(trailsdk.History("*", follow=True))
    trailsdk.read(trailsdk.CloudWatch("cloudwatch://eu-west-1/trail", follow=follow))


def handling(error: TrailError) -> str | None:
    """Errors are values."""
    if isinstance(error, MalformedRecordError):
        assert_type(error.offset, int | None)
    return error.location if isinstance(error, RecordError) else None
