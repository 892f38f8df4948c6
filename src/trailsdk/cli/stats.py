"""`trailsdk stats`: the records in numbers."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import click

from trailsdk.cli.options import Request, Session, color_option, progress_option, reading
from trailsdk.cli.screen import Color

if TYPE_CHECKING:
    from trailsdk.cli.tally import Tally
    from trailsdk.sources.base import Stats

__all__ = ["stats", "to_json"]

_EXAMPLES = """\b
Examples:
  trailsdk stats AWSLogs
  trailsdk stats AWSLogs --since 7d --top 20
  trailsdk stats AWSLogs --region eu-west-1 --category Data
  trailsdk stats AWSLogs --where '{ $.errorCode = "AccessDenied*" }' --by actor.name
  trailsdk stats AWSLogs --output json | jq '.actors[0]'
"""


@click.command(epilog=_EXAMPLES)
@reading
@click.option(
    "--top", type=click.IntRange(min=1), default=10, show_default=True, metavar="N", help="Rows of each list."
)
@click.option(
    "--by",
    metavar="FIELD",
    help="Count the values of this field alone: a path such as requestParameters.bucketName, "
    "or an attribute such as actor.name.",
)
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@color_option
@progress_option
def stats(
    request: Request,
    top: int,
    by: str | None,
    form: Literal["text", "json"],
    color: Color,
    *,
    progress: bool | None,
) -> int:
    """Count records: top services, calls, actors, errors.

    Also source addresses, outcomes, and the records over time.

    An actor is counted once whatever its sessions. Times are UTC.
    Memory grows with the number of distinct values only.
    """
    session = Session(request, color, progress=progress)
    if by is not None:
        from trailsdk.cli.by_field import count_by

        return count_by(session, by, top, form)
    from trailsdk.cli.tally import Tally

    tally = Tally()
    with session.progress, session.open() as stream:
        for record in stream:
            tally.add(record)
    if form == "json":
        from trailsdk import _json
        from trailsdk.cli.text import escape_json

        document = _json.encode(to_json(tally, stream.stats, top))
        session.out.write(escape_json(document.decode(), session.out.encoding) + "\n")
    else:
        from trailsdk.cli.summary import render_summary

        session.out.write(render_summary(tally, stream.stats, top, session.out))
    session.commit(stream)
    return session.end(stream)


_RECORDS = ("seen", "yielded", "filtered", "bad", "duplicate", "unverified", "conflicts", "untimed")
_FILES = ("listed", "read", "pruned", "skipped", "consumed", "failed", "unreached", "replaced")


def to_json(tally: "Tally", counters: "Stats", top: int) -> dict[str, Any]:
    """Give the numbers as one JSON document."""
    histogram = tally.histogram()
    return {
        "records": {name: getattr(counters, name) for name in _RECORDS},
        "files": {name: getattr(counters, name) for name in _FILES},
        "bytes_read": counters.bytes_read,
        "first": _time(tally.first),
        "last": _time(tally.last),
        "without_time": tally.untimed,
        "outcomes": dict(tally.outcomes.most_common()),
        "distinct": {
            name: len(getattr(tally, name)) for name in ("services", "calls", "actors", "addresses", "errors")
        },
        "services": _ranked(tally.services, top, lambda service: {"service": service}),
        "calls": _ranked(tally.calls, top, lambda call: {"service": call[0] or None, "call": call[1]}),
        "actors": _ranked(tally.actors, top, lambda who: who._asdict()),
        "addresses": _ranked(tally.addresses, top, lambda address: {"address": address}),
        "errors": _ranked(tally.errors, top, lambda error: {"error": error}),
        "histogram": None
        if histogram is None
        else {
            "step": histogram.step,
            "bins": [{"begin": _time(each.begin), "count": each.count} for each in histogram.bins],
        },
    }


def _time(when: Any) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")


def _ranked(counts: Counter[Any], top: int, describe: Any) -> Iterable[dict[str, Any]]:
    return [{**describe(value), "count": count} for value, count in counts.most_common(top)]
