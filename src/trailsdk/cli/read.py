"""`trailsdk read`: records as a table, or as JSON."""

from collections.abc import Iterator
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING

import click

from trailsdk.cli.options import Request, Session, color_option, progress_option, reading
from trailsdk.cli.screen import Color

if TYPE_CHECKING:
    from trailsdk.cli.output import Form
    from trailsdk.sources.base import Stats

__all__ = ["read", "show_records"]

_COMMIT = 10_000
"""Records after which it is written down, in a long run with a cursor, that they were consumed."""

_EXAMPLES = """\b
Examples:
  trailsdk read AWSLogs --since 24h
  trailsdk read AWSLogs --region eu-west-1 --limit 20
  trailsdk read AWSLogs --where '{ $.eventName = "Put*" && $.errorCode NOT EXISTS }'
  trailsdk read AWSLogs --where ROOT_USAGE --since 7d
  trailsdk read log.json.gz --fields eventTime,actor.name,eventName
  trailsdk read AWSLogs | jq -r .eventName | sort | uniq -c
  trailsdk read AWSLogs --output json > all.json
  trailsdk read s3://org-trail --since 7d --verify only
  trailsdk read s3://org-trail --since 7d --cursor org.sqlite >> all.ndjson
"""


@click.command(epilog=_EXAMPLES)
@reading
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["table", "ndjson", "json", "raw"]),
    help="A table; NDJSON, one record a line; one JSON document as in a log file; or each record's own text. "
    "By default a table on a terminal, else NDJSON.",
)
@click.option(
    "--fields",
    metavar="A,B,C",
    help="Columns, or names in the JSON: paths such as requestParameters.bucketName or resources[0].ARN, "
    "and attributes such as event_time, actor.name, outcome. Absent fields are left out of JSON.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N records.")
@click.option("--utc/--local", default=True, help="The zone of times in tables; by default UTC.")
@color_option
@progress_option
def read(
    request: Request,
    form: "Form | None",
    fields: str | None,
    limit: int | None,
    color: Color,
    *,
    utc: bool,
    progress: bool | None,
) -> int:
    r"""Show records: a table on a terminal, else NDJSON.

    LOCATIONS are files, folders with all below, globs; `-`, or nothing with something piped in, is standard input.
    Which container and whether it is compressed is seen from the content.
    On a terminal, unprintable characters are shown as escapes such as \x1b.
    """
    session = Session(request, color, progress=progress)
    return show_records(session, form, fields, limit, utc=utc)


def show_records(session: Session, form: "Form | None", fields: str | None, limit: int | None, *, utc: bool) -> int:
    """Read, and print what comes.

    Returns:
        The exit code.
    """
    from trailsdk.cli.fields import parse_fields
    from trailsdk.cli.output import make_output

    out = session.out
    form = form or ("table" if out.is_terminal else "ndjson")
    if form == "raw" and fields:
        raise click.UsageError("--fields: not with --output raw", click.get_current_context(silent=True))
    output = make_output(form, parse_fields(fields) if fields is not None else (), out, UTC if utc else None)
    with session.progress, session.open() as stream:
        pieces: Iterator[bytes] = output(islice(stream, limit))
        if out.is_terminal:
            for piece in pieces:
                with session.progress.printing():
                    out.write_bytes(piece)
        else:
            # In these forms each piece is a record: what was written so far is whole.
            step = _COMMIT if session.has_cursor and form in ("ndjson", "raw") else 0
            at_once = session.forgets
            for number, piece in enumerate(pieces, 1):
                out.write_bytes(piece)
                if at_once:
                    out.flush()
                if step and number % step == 0:
                    session.commit(stream)
        session.commit(stream)
        if form == "table" and out.is_terminal and (stream.stats.yielded or not session.report.count):
            session.report.note(_summary(stream.stats))
        return session.end(stream)


def _summary(stats: "Stats") -> str:
    """Tell what the table is made of, and what it leaves out."""
    files = stats.read + stats.failed + (stats.unreached > 0)
    told = [f"{_many(stats.yielded, 'record')} of {_many(files, 'file')}"]
    left_out = [
        (stats.filtered, "record", "not asked for"),
        (stats.duplicate, "record", "that came already"),
        (stats.unverified, "record", "not proved"),
        (stats.consumed, "file", "read before"),
        (stats.pruned, "file", "not asked for"),
        (stats.skipped, "other file", "left out"),
        (stats.untimed, "record", "without a time"),
        (stats.left, "message", "left in the queue"),
    ]
    told += [f"{_many(number, noun)} {what}" for number, noun, what in left_out if number]
    return " · ".join(told)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
