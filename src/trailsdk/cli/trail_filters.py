"""`trailsdk trail metric-filters`: named patterns as metric filters, with alarms when asked."""

from typing import Literal

import click

from trailsdk.cli.options import color_option
from trailsdk.cli.screen import Color, Screen
from trailsdk.cli.trail_aws import TrailAws, trail_aws_options

__all__ = ["metric_filters"]

_EXAMPLES = """\b
Examples:
  trailsdk trail metric-filters --log-group CloudTrail/main
  trailsdk trail metric-filters --log-group CloudTrail/main --pattern ROOT_USAGE --topic alarms --yes
"""


@click.command("metric-filters", epilog=_EXAMPLES)
@click.option("--log-group", metavar="NAME", required=True, help="Log group of the trail.")
@click.option("--pattern", "names", metavar="NAME", multiple=True, help="Only this one; may be repeated.")
@click.option("--topic", metavar="NAME|ARN", help="Make an alarm for each, which tells this topic.")
@click.option("--namespace", metavar="NAME", default="CloudTrail", show_default=True, help="That of the metrics.")
@click.option("--yes", is_flag=True, help="Do it. Without, nothing is changed.")
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@color_option
@trail_aws_options
def metric_filters(
    log_group: str,
    names: tuple[str, ...],
    topic: str | None,
    namespace: str,
    yes: bool,  # noqa: FBT001 (a flag)
    output: Literal["text", "json"],
    color: Color,
    aws: TrailAws,
) -> None:
    """Make the named patterns metric filters of a log group.

    What is there is left as it is. The names are those of `trailsdk.patterns`.
    """
    from trailsdk import _json
    from trailsdk.patterns import ALL
    from trailsdk.trails import account_of, apply_filters, plan_filters

    unknown = sorted(set(names) - set(ALL))
    if unknown:
        known = ", ".join(ALL)
        raise click.UsageError(f"no pattern is called {unknown[0]!r}: there are {known}", click.get_current_context())
    out = Screen.of("stdout", color)
    clients = aws.clients()
    region = aws.region_of(clients)
    steps = plan_filters(
        log_group,
        [ALL[each] for each in names or ALL],
        clients,
        region=region,
        account_id=account_of(clients, region),
        topic=topic,
        namespace=namespace,
    )
    if yes:
        apply_filters(steps, clients, region=region)
    if output == "json":
        told = [{"action": s.action, "resource": s.resource, "arguments": s.arguments} for s in steps]
        out.write_bytes(_json.encode({"log_group": log_group, "steps": told, "done": yes}) + b"\n")
    else:
        mark = out.paint("done", "green") + "  " if yes else ""
        out.write("".join(f"{mark}{step.action}: {out.escape(step.resource)}\n" for step in steps))
        if not steps:
            out.write("Everything is there already.\n")
    out.flush()
    if steps and not yes:
        raise click.UsageError("nothing was changed: add --yes", click.get_current_context())
