"""The public function `mirror`."""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trailsdk.errors import LocationError, TrailError, UsageError
from trailsdk.plugins.parts_of_stream import OnError
from trailsdk.select.selection import Selection
from trailsdk.select.window import read_window
from trailsdk.sources.mirror.copy import copy_objects
from trailsdk.sources.mirror.folder import Folder
from trailsdk.sources.mirror.report import MirrorReport
from trailsdk.sources.mirror.wanted import Wanted
from trailsdk.sources.s3 import S3
from trailsdk.sources.s3.location import parse_location

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["mirror"]


def mirror(
    location: str | S3,
    folder: str | os.PathLike[str],
    *,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    accounts: Iterable[str] | str | None = None,
    regions: Iterable[str] | str | None = None,
    categories: Iterable[str] | str | None = None,
    digests: bool = True,
    on_error: OnError = "raise",
    session: "Session | None" = None,
    now: datetime | None = None,
    started: Callable[[MirrorReport], object] | None = None,
) -> MirrorReport:
    """Copy log files and digest files from S3 into a folder, byte for byte; again, only what is new or changed.

    An object's key is its path below the folder; `sources.mirror.paths` tells what becomes of keys that are not safe as
    paths. Beside each file stands a hidden sidecar with what S3 keeps beside the object, such as a digest's signature.
    A file appears when all of it is there. Nothing is ever deleted: what is gone from the bucket stays in the folder.

    Reading the folder gives the same records as reading the bucket.

    Args:
        location: `s3://bucket`, `s3://bucket/prefix/`, the key of one object, or a source with options of its own.
        folder: Where to; it is made where it is not there. Links to folders in it are not followed.
        since: Only files that can hold records whose `eventTime` is not before; as in `read`.
        until: Only files that can hold records whose `eventTime` is before; as in `read`, with the time that the source
            allows for late delivery.
        accounts: Only these accounts.
        regions: Only these Regions.
        categories: Only folders that can hold these categories.
        digests: Copy digest files too: those that name the copied log files, up to two hours after the last.
        on_error: `"raise"` the first error, `"skip"` what cannot be copied, or a function that receives each error: if
            it returns, copying goes on.
        session: boto3's session: credentials and Region. See `assume_role`.
        now: The time from which ages count back; the clock's by default.
        started: Receives the counters at the begin; they are kept up to date while objects are copied.

    Returns:
        What was done.

    Raises:
        UsageError: The call itself cannot be carried out.
        SourceError: S3 refused; with `on_error="raise"`.
        WriteError: The operating system refused to write a file, with `on_error="raise"`; or to make the folder.
    """
    when = datetime.now(UTC) if now is None else now
    selection = Selection.of(
        window=read_window(since, until, when), accounts=accounts, regions=regions, categories=categories
    )
    handle = _handler(on_error)
    source = S3(location, session=session) if isinstance(location, str) else _with_session(location, session)
    bucket = parse_location(source.location).bucket
    target = Folder(_path(folder), bucket, when)
    report = MirrorReport()
    if started is not None:
        started(report)
    wanted = Wanted(selection.with_late_delivery(source.late_delivery), digests)
    with closing(source):
        copy_objects(source, target, bucket, wanted, report, handle)
    return report


def _with_session(source: S3, session: "Session | None") -> S3:
    if not isinstance(source, S3):
        raise LocationError(repr(source), "expected s3://bucket, s3://bucket/prefix or trailsdk.S3(...)")
    return source if session is None else source.with_session(session)


def _path(folder: str | os.PathLike[str]) -> str:
    path: object = os.fspath(folder)
    text = path if isinstance(path, str) else ""
    if not text or "\0" in text:
        raise LocationError(repr(path), "expected the path of a folder")
    return text


def _handler(on_error: OnError) -> Callable[[TrailError], object]:
    if callable(on_error):
        return on_error
    if on_error == "raise":
        return _stop
    if on_error == "skip":
        return lambda _: None
    raise UsageError(f"on_error={on_error!r}: expected 'raise', 'skip' or a function")


def _stop(error: TrailError) -> None:
    raise error
