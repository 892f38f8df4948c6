"""`trailsdk verify`: are the log files the ones that CloudTrail delivered, and is none missing."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import click

from trailsdk.cli.aws import AwsAccess, aws_options
from trailsdk.cli.kept import Kept, state_options
from trailsdk.cli.offline import Offline, offline_options
from trailsdk.cli.options import color_option, progress_option
from trailsdk.cli.progress import Progress, wants_progress
from trailsdk.cli.report import describe_error, hint_for, write_error
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from trailsdk.integrity import Coverage, Finding, Report, Tally, Verdict

__all__ = ["verify"]

_EXAMPLES = """\b
Examples:
  trailsdk verify s3://org-trail --since 24h
  trailsdk verify --trail arn:aws:cloudtrail:eu-west-1:111122223333:trail/main --since 7d
  trailsdk verify mirror --public-keys keys.json
  trailsdk verify s3://org-trail --since 24h --output json | jq .problems

\b
Exit codes: 0 whole, 1 something is invalid, 2 called wrongly, 3 not all could be proved.
"""

Form = Literal["text", "json", "ndjson"]


@click.command(epilog=_EXAMPLES)
@click.argument("locations", nargs=-1, type=click.Path())
@click.option("--trail", metavar="ARN", help="Only this trail; without LOCATIONS, where it delivers to.")
@click.option(
    "--since", metavar="TIME", help="Delivered at or after: 2026-03-07, 2026-03-07T09:30Z, or an age: 24h, 7d."
)
@click.option("--until", metavar="TIME", help="Delivered before. Times without a zone are UTC.")
@click.option("--account", metavar="ID", multiple=True, help="Only this account; may be repeated.")
@click.option("--region", metavar="REGION", multiple=True, help="Only this Region; may be repeated.")
@offline_options
@state_options
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json", "ndjson"]),
    default="text",
    show_default=True,
    help="For people; the report as one JSON document; or each verdict as a line of JSON, and the report as the last.",
)
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Show valid files too, and time that is pending or was before the first digest.",
)
@aws_options
@color_option
@progress_option
def verify(  # noqa: PLR0913 (each is an option of its own)
    *,
    locations: tuple[str, ...],
    trail: str | None,
    since: str | None,
    until: str | None,
    account: tuple[str, ...],
    region: tuple[str, ...],
    offline: Offline,
    kept: Kept,
    form: Form,
    verbose: bool,
    aws: AwsAccess,
    color: Color,
    progress: bool | None,
) -> int:
    """Verify log files by the digests that CloudTrail signed.

    LOCATIONS are s3://bucket[/prefix], or folders that hold a copy, such as a mirror.
    All accounts, Regions and trails that have digests there are verified.
    """
    from datetime import UTC, datetime

    from trailsdk._verify import iter_verify
    from trailsdk.errors import TrailError, UsageError
    from trailsdk.integrity import Tally
    from trailsdk.select.window import read_window

    out, err = Screen.of("stdout", color), Screen.of("stderr", color)
    now = datetime.now(UTC)
    tally = Tally(*read_window(since, until, now))
    session = aws.session()
    try:
        results = iter_verify(
            *aws.locations(locations, session),
            trail=trail,
            since=since,
            until=until,
            accounts=account or None,
            regions=region or None,
            public_keys=offline.public_keys,
            copied_from=offline.copied_from,
            state=kept.state,
            state_key=kept.key,
            reread=kept.reread,
            session=session,
            now=now,
        )
        with Progress(err, wanted=wants_progress(progress, out, err)) as shown:
            shown.show(lambda seconds, width: _describe(tally, seconds)[:width])
            line = _line_maker(form, out, verbose=verbose)
            for result in tally.counted(results):
                text = line(result)
                if text is not None:
                    with shown.printing():
                        out.write(text)
    except UsageError:
        raise
    except TrailError as error:
        # Exit code 1 says that something is proved to be invalid: this says only that it could not be looked at.
        write_error(err, describe_error(error), hint_for(error))
        return 3
    report = tally.report()
    out.write("".join(_ending(report, form, out, before=bool(tally.problems or verbose))))
    out.flush()
    return report.exit_code


def _line_maker(form: Form, out: Screen, *, verbose: bool) -> "Callable[[Verdict | Finding | Coverage], str | None]":
    """Choose what makes the text of each result; `None` for what is not shown."""
    from trailsdk import _json
    from trailsdk.cli.text import escape_json
    from trailsdk.cli.verdicts import finding_line, verdict_line
    from trailsdk.integrity import Finding, FindingCode, Verdict, line_of

    # What the picture at the end shows, and nobody need do anything about.
    drawn = {
        FindingCode.PENDING,
        FindingCode.BEFORE_START,
        FindingCode.PROVED_EARLIER,
        FindingCode.UNLISTED_PENDING,
    }
    if form == "json":
        return lambda _: None
    if form == "ndjson":
        return lambda result: escape_json(_json.encode(line_of(result)).decode(), out.encoding) + "\n"

    def line(result: "Verdict | Finding | Coverage") -> str | None:
        if isinstance(result, Verdict):
            return verdict_line(result, out) if verbose or result.verdict != "valid" else None
        if not isinstance(result, Finding) or (result.code in drawn and not verbose):
            return None
        return finding_line(result, out)

    return line


def _ending(report: "Report", form: Form, out: Screen, *, before: bool) -> Iterator[str]:
    from trailsdk import _json
    from trailsdk.cli.text import escape_json
    from trailsdk.cli.verdicts import summary
    from trailsdk.integrity import document_of

    if form == "text":
        if before or report.findings:
            yield "\n"
        yield summary(report, out)
    else:
        yield escape_json(_json.encode(document_of(report)).decode(), out.encoding) + "\n"


def _describe(tally: "Tally", seconds: float) -> str:
    """Tell how far it is."""
    problems = f"{tally.problems:,} not valid · " if tally.problems else ""
    rate = f" · {tally.files / seconds:,.0f} files/s" if seconds >= 1 else ""
    return f"{problems}{tally.files:,} files{rate} · {int(seconds) // 60}:{int(seconds) % 60:02}"
