"""`trailsdk follow`: records as they come, until somebody stops it."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from attrs import define, field, frozen
from attrs import fields as fields_of

from trailsdk.cli.options import Request, Session, color_option, following, progress_option
from trailsdk.cli.read import show_records
from trailsdk.cli.screen import Color

if TYPE_CHECKING:
    from boto3.session import Session as BotoSession

    from trailsdk._api import Location
    from trailsdk._stream import RecordStream
    from trailsdk.cli.output import Form

__all__ = ["Run", "follow", "stopped_by_signals"]

_SINCE = "15m"
"""From when on, where nothing else says so: events come with about this delay."""

_HELD_ELSEWHERE = ("s3://", "cloudwatch://", "history://")
"""Locations that keep what was read. A queue does not: what is left out there is gone."""

_SHORTEST_SECONDS = 5.0

_EXAMPLES = """\b
Examples:
  trailsdk follow cloudwatch://eu-west-1/CloudTrail/logs --where ROOT_USAGE
  trailsdk follow s3://org-trail --cursor org.sqlite > new.ndjson
  trailsdk follow 'history://*' --event-name 'Delete*' --since 1h
"""


@define(eq=False)
class Run:
    """The stream that is followed, once it is there."""

    stream: "RecordStream | None" = None
    commit: Callable[[], None] | None = None

    def idle(self) -> None:
        """Write what is there, and then the cursor, before the source waits."""
        if self.commit is not None:
            self.commit()

    def stop(self) -> None:
        """Let the stream come to its end.

        Raises:
            KeyboardInterrupt: There is none yet.
        """
        if self.stream is None:
            raise KeyboardInterrupt
        self.stream.stop()


@contextmanager
def stopped_by_signals(run: Run) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM stop what runs, and the second do what it usually does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: object) -> None:
        restore()
        run.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        restore()


@frozen
class _Follow(Request):
    """What to follow."""

    run: Run = field(factory=Run)
    longest_seconds: float = 60.0

    def readable(self, session: "BotoSession | None") -> "Sequence[Location]":
        from trailsdk import Following
        from trailsdk._api import open_source

        [location] = super().readable(session)
        source = open_source(location)
        with_follow = getattr(source, "with_follow", None)
        if with_follow is None:
            raise click.UsageError(
                f"{source.location} cannot be followed; s3://, cloudwatch://, history:// and sqs:// can",
                click.get_current_context(silent=True),
            )
        longest = self.longest_seconds
        return [with_follow(Following(shortest=min(_SHORTEST_SECONDS, longest), longest=longest, idle=self.run.idle))]


class _FollowSession(Session):
    """A run of the command that can be stopped."""

    def __init__(self, request: _Follow, color: Color, *, progress: bool | None) -> None:
        super().__init__(request, color, progress=progress)
        self._run = request.run

    def open(self) -> "RecordStream":
        """Begin to follow."""
        stream = super().open()
        self._run.stream, self._run.commit = stream, lambda: self.commit(stream)
        return stream


@click.command(epilog=_EXAMPLES)
@following
@click.option(
    "--wait",
    "longest",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait, at the most, while nothing comes.",
)
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["table", "ndjson", "raw"]),
    help="A table; NDJSON, one record a line; or each record's own text. "
    "By default a table on a terminal, else NDJSON.",
)
@click.option("--fields", metavar="A,B,C", help="Columns, or names in the JSON, as in `trailsdk read`.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N records.")
@click.option("--utc/--local", default=True, help="The zone of times in tables; by default UTC.")
@color_option
@progress_option
def follow(
    request: Request,
    longest: float,
    form: "Form | None",
    fields: str | None,
    limit: int | None,
    color: Color,
    *,
    utc: bool,
    progress: bool | None,
) -> int:
    """Show records as they come, until Ctrl-C.

    LOCATION is a bucket, a log group, the event history or a queue, as in `trailsdk read`. Without --since and
    --cursor it begins with events of the last 15 minutes; of a queue, with all that is in it. What is late is not
    lost, and nothing comes twice within a run; with --cursor, which buckets have, the next run goes on where this one
    stopped.

    Ctrl-C and SIGTERM let the record at hand be written, save the cursor, and end with exit code 0, or 1 where some
    input was bad; a second one ends at once. What could not be read is reported, and tried again.
    """
    given = {each.name: getattr(request, each.name) for each in fields_of(Request)}
    if request.since is None and request.cursor is None and request.locations[0].startswith(_HELD_ELSEWHERE):
        given["since"] = _SINCE
    asked = _Follow(**given, longest_seconds=longest)
    with stopped_by_signals(asked.run):
        return show_records(_FollowSession(asked, color, progress=progress), form, fields, limit, utc=utc)
