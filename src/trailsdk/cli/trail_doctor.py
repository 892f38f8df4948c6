"""`trailsdk trail doctor`: what of a trail will bite."""

from typing import TYPE_CHECKING, Literal

import click

from trailsdk.cli.options import color_option
from trailsdk.cli.report import describe_error, write_error
from trailsdk.cli.screen import Color, Screen
from trailsdk.cli.trail_aws import TrailAws, trail_aws_options

if TYPE_CHECKING:
    from trailsdk.trails import Diagnosis

__all__ = ["doctor"]

_EXAMPLES = """\b
Examples:
  trailsdk trail doctor main
  trailsdk trail doctor arn:aws:cloudtrail:eu-west-1:111122223333:trail/main
  trailsdk trail doctor main --output json | jq .findings

\b
Exit codes: 0 nothing of severity error or high, 1 something of these,
2 called wrongly, 3 something could not be looked at.
"""

_COULD_NOT_LOOK = 3


@click.command(epilog=_EXAMPLES)
@click.argument("trail")
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@color_option
@trail_aws_options
def doctor(trail: str, output: Literal["text", "json"], color: Color, aws: TrailAws) -> int:
    """Say what will bite of the trail TRAIL, a name or an ARN.

    Its configuration, bucket, policies, topic, key, log group and role are read; nothing is changed.
    """
    from trailsdk.errors import SourceError
    from trailsdk.trails import TrailArn, account_of, examine, partition_of

    out, err = Screen.of("stdout", color), Screen.of("stderr", color)
    try:
        clients = aws.clients()
        if trail.startswith("arn:"):
            arn = TrailArn.parse(trail)
        else:
            region = aws.region_of(clients)
            account = account_of(clients, region)
            arn = TrailArn.parse(f"arn:{partition_of(region)}:cloudtrail:{region}:{account}:trail/{trail}")
        found = examine(arn, clients)
    except SourceError as error:
        write_error(err, describe_error(error))
        return _COULD_NOT_LOOK
    if output == "json":
        _write_json(arn, found, out)
    else:
        _write_text(arn, found, out)
    out.flush()
    if found.is_serious and not found.unseen:
        return 1
    return _COULD_NOT_LOOK if found.unseen else 0


def _write_json(arn: object, found: "Diagnosis", out: Screen) -> None:
    from trailsdk import _json

    findings = [
        {"check": f.check, "severity": f.severity, "resource": f.resource, "why": f.why, "fix": f.fix}
        for f in found.findings
    ]
    unseen = [{"resource": each.location, "reason": each.reason} for each in found.unseen]
    out.write_bytes(_json.encode({"trail": str(arn), "findings": findings, "unseen": unseen}) + b"\n")


_STYLES = {"error": "red", "high": "red", "medium": "yellow", "low": "dim"}


def _write_text(arn: object, found: "Diagnosis", out: Screen) -> None:
    out.write(f"{out.paint(str(arn), 'bold')}\n")
    for each in found.findings:
        out.write(f"\n{out.paint(each.severity, _STYLES[each.severity])}  {each.check}  {out.escape(each.resource)}\n")
        out.write(f"  {out.escape(each.why)}\n")
        if each.fix is not None:
            out.write(f"  {out.paint('fix:', 'cyan')} {out.escape(each.fix)}\n")
    for error in found.unseen:
        out.write(f"\n{out.paint('not seen', 'yellow')}  {out.escape(str(error))}\n")
    if not found.findings and not found.unseen:
        out.write("Nothing found.\n")
