"""trailsdk's own parts. They come in through the hooks that others use; there is no second way."""

from collections.abc import Mapping

from trailsdk.codec.containers import decode_container
from trailsdk.errors import LocationError
from trailsdk.plugins.hookspecs import hookimpl
from trailsdk.plugins.parts import Decoder, OpenSource, Sink
from trailsdk.sinks.files import write_lines, write_log_file
from trailsdk.sources.base import Source
from trailsdk.sources.local import Local

__all__ = ["trailsdk_decoders", "trailsdk_sinks", "trailsdk_sources"]


@hookimpl
def trailsdk_sources() -> Mapping[str, OpenSource]:
    """Files, S3, log groups, the event history and queues; a location without a scheme is a file."""
    return {
        "file": open_local,
        "s3": open_s3,
        "cloudwatch": open_cloudwatch,
        "history": open_history,
        "sqs": open_queue,
    }


def open_local(location: str) -> Local:
    """Open a path, a folder, a glob, `-`, or a `file://` URI."""
    if not location.startswith("file://"):
        return Local(location)
    # Imported here: it takes as long as all of trailsdk's model.
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        raise LocationError(location, f"the file is on another machine, {parts.netloc}")
    return Local(url2pathname(parts.path))


def open_s3(location: str) -> Source:
    """Open an `s3://` URI."""
    # Imported here: files of this machine need none of it.
    from trailsdk.sources.s3 import S3

    return S3(location)


def open_cloudwatch(location: str) -> Source:
    """Open a `cloudwatch://` URI."""
    from trailsdk.sources.cloudwatch import CloudWatch

    return CloudWatch(location)


def open_history(location: str) -> Source:
    """Open a `history://` URI."""
    from trailsdk.sources.history import History

    return History(location)


def open_queue(location: str) -> Source:
    """Open an `sqs://` URI."""
    from trailsdk.sources.queue import Queue

    return Queue(location)


@hookimpl
def trailsdk_decoders() -> list[Decoder]:
    """All containers that AWS's services write."""
    return [Decoder("a container of CloudTrail records", decode_container)]


@hookimpl
def trailsdk_sinks() -> list[Sink]:
    """NDJSON, and log files as CloudTrail writes them."""
    return [
        Sink("ndjson", (".ndjson", ".jsonl"), write_lines),
        Sink("records", (".json",), write_log_file),
    ]
