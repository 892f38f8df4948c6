"""`trailsdk mirror`: an exact copy of a trail in a folder."""

from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from trailsdk.cli.options import Request, Session, color_option, mirroring, progress_option
from trailsdk.cli.progress import format_size, join_parts
from trailsdk.cli.screen import Color

if TYPE_CHECKING:
    from trailsdk.sources.mirror import MirrorReport

__all__ = ["describe", "mirror"]

_EXAMPLES = """\b
Examples:
  trailsdk mirror s3://org-trail copy
  trailsdk mirror s3://org-trail copy --since 2026-03-01 --until 2026-04-01 --region eu-west-1
  trailsdk mirror s3://org-trail copy --role-arn arn:aws:iam::111122223333:role/trail-reader
  trailsdk read copy --since 24h
"""


@click.command(epilog=_EXAMPLES)
@mirroring
@click.argument("directory", type=click.Path())
@click.option("--digests/--no-digests", default=True, help="Copy digest files too, which verification needs.")
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The numbers at the end: for people, or for programs.",
)
@color_option
@progress_option
def mirror(
    request: Request,
    directory: str,
    form: Literal["text", "json"],
    color: Color,
    *,
    digests: bool,
    progress: bool | None,
) -> int:
    """Copy log files and digest files from S3.

    LOCATION is s3://bucket, s3://bucket/prefix/ or one key; DIRECTORY is made where it is not there.
    An object's key is its path below DIRECTORY, byte for byte the same.
    Run again, it copies only what is new or changed; nothing is ever deleted.
    Read it with `trailsdk read DIRECTORY`.
    """
    import trailsdk

    session = Session(request, color, progress=progress)
    with session.progress as shown:
        (source,) = request.sources(request.aws.session())
        done = trailsdk.mirror(
            source,
            directory,
            since=request.since,
            until=request.until,
            accounts=request.accounts or None,
            regions=request.regions or None,
            categories=request.categories or None,
            digests=digests,
            on_error=request.handler(session.report),
            started=lambda counters: shown.show(partial(describe, counters)),
        )
    session.out.write(_json(done) if form == "json" else _text(done))
    session.out.flush()
    return 1 if session.report.count else 0


def describe(report: "MirrorReport", seconds: float, width: int) -> str:
    """Tell the counters in at most so many columns; what matters least is left out first."""
    parts = [f"{report.listed - report.unreached:,} files", f"{report.copied:,} copied"]
    parts.append(format_size(report.bytes_copied))
    if report.failed:
        parts.insert(0, f"{report.failed:,} bad")
    if seconds >= 1 and report.copied:
        parts.append(f"{format_size(report.bytes_copied / seconds)}/s")
    return join_parts(parts, seconds, width)


def _text(report: "MirrorReport") -> str:
    told = [f"{report.copied:,} copied, {format_size(report.bytes_copied)}", f"{report.unchanged:,} unchanged"]
    others = [
        (report.replaced, "of the copied had another content before"),
        (report.failed, "failed"),
        (report.pruned, "not asked for"),
        (report.skipped, "not CloudTrail's"),
        (report.folders_left_out, "other folders not looked into"),
    ]
    told += [f"{number:,} {what}" for number, what in others if number]
    return " · ".join(told) + "\n"


def _json(report: "MirrorReport") -> str:
    from attrs import asdict

    from trailsdk import _json

    return _json.encode({**asdict(report), "unreached": report.unreached}).decode() + "\n"
