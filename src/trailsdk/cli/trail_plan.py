"""`trailsdk trail plan` and `trailsdk trail apply`: what would be done, and doing it."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from attrs import frozen

from trailsdk.cli.options import color_option
from trailsdk.cli.screen import Color, Screen
from trailsdk.cli.trail_aws import TrailAws, trail_aws_options

if TYPE_CHECKING:
    from trailsdk.trails import Clients, Plan, Selectors, Step, TrailSettings

__all__ = ["apply", "plan"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_EXAMPLES = """\b
Examples:
  trailsdk trail {name} main --bucket example-trail
  trailsdk trail {name} main --bucket example-trail --share-with 444455556666 --topic trail-notices
  trailsdk trail {name} main --bucket example-trail --log-group CloudTrail/main --object-lock-days 365
  trailsdk trail {name} org --bucket example-trail --organization o-exampleorg1
"""


@frozen
class _Wanted:
    """What the options say of the trail."""

    options: dict[str, Any]

    def settings(self, clients: "Clients", region: str) -> "TrailSettings":
        from trailsdk.trails import InsightSelector, TrailArn, TrailSettings, account_of, partition_of

        told = self.options
        account = account_of(clients, region)
        writers = [
            TrailArn.parse(each)
            if each.startswith("arn:")
            else TrailArn.parse(f"arn:{partition_of(region)}:cloudtrail:{region}:{each}:trail/{told['name']}")
            for each in told["share_with"]
        ]
        return TrailSettings(
            name=told["name"],
            account_id=account,
            home_region=region,
            s3_bucket_name=told["bucket"],
            s3_key_prefix=told["prefix"],
            bucket_region=told["bucket_region"],
            bucket_owner=told["bucket_owner"],
            protect_bucket=told["protect_bucket"],
            object_lock_days=told["object_lock_days"],
            object_lock_mode=told["object_lock_mode"].upper(),
            writers=tuple(writers),
            organization_id=told["organization"],
            is_multi_region_trail=not told["single_region"],
            enable_log_file_validation=told["validation"],
            kms_key_id=told["kms_key"],
            sns_topic_name=told["topic"],
            cloud_watch_logs_log_group=told["log_group"],
            cloud_watch_logs_role=told["role"],
            selectors=_selectors(told["management"], told["exclude"], told["data"], told["selectors"]),
            insight_selectors=tuple(InsightSelector(insight_type=each) for each in told["insights"]),
        )


def _selectors(
    management: str | None, exclude: tuple[str, ...], data: tuple[str, ...], file: Path | None
) -> "Selectors | None":
    from trailsdk import _json
    from trailsdk.errors import SettingError
    from trailsdk.trails.selector_api import selectors_from_api
    from trailsdk.trails.selectors import Selectors, data_events, management_events

    if file is not None:
        try:
            document = _json.decode(file.read_bytes())
        except _json.INVALID as error:
            raise SettingError("selectors", str(file), _json.reason_of(error)) from None
        return selectors_from_api(document if isinstance(document, dict) else {"AdvancedEventSelectors": document})
    if management is None and not exclude and not data:
        return None
    kinds: dict[str, Literal["All", "ReadOnly", "WriteOnly"]] = {
        "all": "All",
        "read": "ReadOnly",
        "write": "WriteOnly",
    }
    advanced = [] if management == "none" else [management_events(kinds[management or "all"], exclude)]
    for each in data:
        resource_type, _, arn = each.partition("=")
        advanced.append(data_events(resource_type, (arn,) if arn else ()))
    return Selectors(advanced=advanced)


def _trail_options(command: _Command) -> _Command:
    """Give a command the settings of a trail; it receives them as one `wanted`."""

    @wraps(command)
    def call(*, aws: TrailAws, output: Literal["text", "json"], color: Color, yes: bool = False, **options: Any) -> Any:
        arguments: dict[str, Any] = {"aws": aws, "output": output, "color": color, "wanted": _Wanted(options)}
        return command(**arguments, **({"yes": yes} if command.__name__ == "apply" else {}))

    for decorate in reversed(_OPTIONS):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("name"),
    click.option("--bucket", metavar="NAME", required=True, help="Bucket of the trail; made if it is not there."),
    click.option("--prefix", metavar="TEXT", default="", help="What stands before AWSLogs in keys."),
    click.option("--bucket-region", metavar="REGION", help="Where the bucket is, if not in the trail's Region."),
    click.option("--bucket-owner", metavar="ID", help="Whose the bucket is, if another account's; it stays as it is."),
    click.option(
        "--protect-bucket/--no-protect-bucket",
        default=True,
        show_default=True,
        help="Block public access, keep versions, turn ACLs off.",
    ),
    click.option("--object-lock-days", metavar="DAYS", type=int, help="Lock log files for so many days."),
    click.option(
        "--object-lock-mode",
        type=click.Choice(["governance", "compliance"]),
        default="governance",
        show_default=True,
        help="Compliance cannot be undone by anybody.",
    ),
    click.option(
        "--share-with",
        metavar="ID|ARN",
        multiple=True,
        help="Account (with a trail of the same name) or trail that writes to the bucket too; may be repeated.",
    ),
    click.option("--organization", metavar="ID", help="Make it the trail of this organization."),
    click.option("--single-region", is_flag=True, help="Record the trail's Region only."),
    click.option("--validation/--no-validation", default=True, show_default=True, help="Log file validation."),
    click.option("--kms-key", metavar="ID", help="Encrypt with this key; alias/NAME is made if it is not there."),
    click.option("--topic", metavar="NAME|ARN", help="Topic that is told of deliveries; made if it is not there."),
    click.option("--log-group", metavar="NAME", help="Log group in CloudWatch Logs; made if it is not there."),
    click.option("--role", metavar="NAME", help="Role that writes to the log group; by default CloudTrail-<trail>."),
    click.option(
        "--management",
        type=click.Choice(["all", "read", "write", "none"]),
        help="Which management events; by default those that the trail records, and all for a new one.",
    ),
    click.option("--exclude", metavar="SOURCE", multiple=True, help="Leave out kms.amazonaws.com or rdsdata."),
    click.option(
        "--data",
        metavar="TYPE[=ARN]",
        multiple=True,
        help="Data events, such as AWS::S3::Object=arn:aws:s3:::bucket/; may be repeated.",
    ),
    click.option(
        "--selectors",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Event selectors in a file, as JSON for put-event-selectors.",
    ),
    click.option(
        "--insights",
        type=click.Choice(["ApiCallRateInsight", "ApiErrorRateInsight"]),
        multiple=True,
        help="Insights; may be repeated.",
    ),
    click.option(
        "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
    ),
    color_option,
    trail_aws_options,
)


@click.command(epilog=_EXAMPLES.format(name="plan"))
@_trail_options
def plan(wanted: _Wanted, aws: TrailAws, output: Literal["text", "json"], color: Color) -> None:
    """Show what would be created or changed for the trail NAME. Nothing is changed."""
    made, _ = _make(wanted, aws)
    _show(made, output, Screen.of("stdout", color))


@click.command(epilog=_EXAMPLES.format(name="apply"))
@click.option("--yes", is_flag=True, help="Do it. Without, nothing is changed.")
@_trail_options
def apply(wanted: _Wanted, aws: TrailAws, output: Literal["text", "json"], color: Color, yes: bool) -> None:  # noqa: FBT001 (a flag)
    """Create and change what the trail NAME needs.

    Nothing is deleted or loosened. After a failure run it again: it goes on where it stopped.
    """
    from trailsdk.trails import apply_plan

    made, clients = _make(wanted, aws)
    out = Screen.of("stdout", color)
    if not yes:
        _show(made, output, out)
        out.flush()
        if made.steps:
            raise click.UsageError("nothing was changed: add --yes", click.get_current_context())
        return
    done: list[Step] = []

    def tell(step: "Step") -> None:
        done.append(step)
        if output == "text":
            out.write(f"{out.paint('done', 'green')}  {_line(step, out)}\n")
            out.flush()

    apply_plan(made, clients, on_step=tell)
    if output == "json":
        _show(made, output, out)
    elif not done:
        out.write("Everything is there already.\n")
    _show_kept(made, output, out)
    out.flush()


def _make(wanted: _Wanted, aws: TrailAws) -> "tuple[Plan, Clients]":
    from trailsdk.trails import look_at_settings, make_plan

    clients = aws.clients()
    settings = wanted.settings(clients, aws.region_of(clients))
    return make_plan(settings, look_at_settings(settings, clients)), clients


def _line(step: "Step", out: Screen) -> str:
    return f"{step.action}: {out.escape(step.resource)}"


def _show(made: "Plan", output: str, out: Screen) -> None:
    from trailsdk import _json

    if output == "json":
        steps = [
            {"action": str(s.action), "resource": s.resource, "why": s.why, "before": s.before, "after": s.after}
            for s in made.steps
        ]
        kept = [{"name": k.name, "is_there": k.is_there, "wanted": k.wanted} for k in made.kept]
        out.write_bytes(_json.encode({"trail": str(made.settings.arn), "steps": steps, "kept": kept}) + b"\n")
        out.flush()
        return
    for number, step in enumerate(made.steps, 1):
        out.write(f"{number:>2}. {out.paint(_line(step, out), 'bold')}\n")
        out.write(f"    {out.paint(out.escape(step.why), 'dim')}\n")
        if step.before not in (None, []):
            out.write(f"    - {_short(step.before, out)}\n")
        if step.after is not None:
            out.write(f"    + {_short(step.after, out)}\n")
    if not made.steps:
        out.write("Everything is there already.\n")
    _show_kept(made, output, out)
    out.flush()


def _show_kept(made: "Plan", output: str, out: Screen) -> None:
    for each in made.kept if output == "text" else ():
        out.write(f"{out.paint('kept', 'yellow')}  {each.name} is {each.is_there}: it would be loosened\n")


def _short(value: Any, out: Screen) -> str:
    from trailsdk import _json

    return out.escape(value if isinstance(value, str) else _json.encode(value).decode())
