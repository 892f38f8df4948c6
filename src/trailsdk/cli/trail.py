"""`trailsdk trail`: set a trail up, share its bucket, audit what is there."""

import click

from trailsdk.cli.trail_doctor import doctor
from trailsdk.cli.trail_filters import metric_filters
from trailsdk.cli.trail_plan import apply, plan
from trailsdk.cli.trail_policy import policy

__all__ = ["trail"]

_EXAMPLES = """\b
Examples:
  trailsdk trail policy bucket --bucket example-trail --trail arn:aws:cloudtrail:...
  trailsdk trail plan main --bucket example-trail
  trailsdk trail apply main --bucket example-trail --yes
  trailsdk trail doctor main
  trailsdk trail metric-filters --log-group CloudTrail/main
"""


@click.group(epilog=_EXAMPLES, invoke_without_command=True)
@click.pass_context
def trail(context: click.Context) -> None:
    """Set a trail up, share its bucket, audit what is there."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (policy, plan, apply, doctor, metric_filters):
    trail.add_command(_command)
