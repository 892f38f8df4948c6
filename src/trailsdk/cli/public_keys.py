"""`trailsdk public-keys`: the keys that digests are signed with, kept in a file, to verify without AWS."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trailsdk.cli.aws import IDENTITY_OPTIONS, AwsAccess
from trailsdk.cli.options import color_option
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from datetime import datetime

    from trailsdk.integrity import KeySet

__all__ = ["public_keys"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_EXAMPLES = """\b
Examples:
  trailsdk public-keys export keys.json --region eu-west-1 --region us-east-1 --since 2026-01-01
  trailsdk public-keys show keys.json
  trailsdk verify mirror --public-keys keys.json
"""


@click.group(name="public-keys", epilog=_EXAMPLES, invoke_without_command=True)
@click.pass_context
def public_keys(context: click.Context) -> None:
    """Keep the public keys of CloudTrail, to verify without AWS."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _aws_options(command: _Command) -> _Command:
    """Give a command the options that say who asks CloudTrail; it receives them as one `aws`."""

    @wraps(command)
    def call(
        *, profile: str | None, role_arn: str | None, external_id: str | None, endpoint_url: str | None, **rest: Any
    ) -> Any:
        access = AwsAccess(profile, role_arn, external_id, endpoint_url)
        access.check()
        return command(aws=access, **rest)

    endpoint = click.option("--endpoint-url", metavar="URL", help="Another address than AWS's.")
    for decorate in reversed((*IDENTITY_OPTIONS, endpoint)):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


@public_keys.command("export", epilog=_EXAMPLES)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--region",
    metavar="REGION",
    multiple=True,
    help="Region of digests; may be repeated. By default all that are enabled in the account.",
)
@click.option("--since", metavar="TIME", required=True, help="Digests of this time: 2026-03-07, or an age: 24h, 90d.")
@click.option("--until", metavar="TIME", help="Up to this time; by default now. Times without a zone are UTC.")
@_aws_options
@color_option
def export(*, file: str, region: tuple[str, ...], since: str, until: str | None, aws: AwsAccess, color: Color) -> None:
    """Save the keys that CloudTrail signed with in a time.

    CloudTrail is asked in each Region, which needs cloudtrail:ListPublicKeys, and without --region also
    ec2:DescribeRegions. Where FILE is there already, keys and times that are in it stay, and new ones are added.
    If one Region cannot be asked, FILE is left as it is.

    Keep FILE as safe as what it is to prove: whoever may write it can make any digest valid.
    """
    from trailsdk.integrity import add_public_keys, fetch_public_keys

    out = Screen.of("stdout", color)
    fetched = fetch_public_keys(region or None, since, until, session=aws.session(), endpoint_url=aws.endpoint_url)
    saved = add_public_keys(fetched, file)
    regions = len({each.region for each in fetched.asked})
    counts = f"{_count(len(fetched), 'key')} of {_count(regions, 'Region')}"
    out.write(f"{counts}, {_count(len(saved), 'key')} in {out.escape(file)}\n")
    out.flush()


@public_keys.command("show", epilog=_EXAMPLES)
@click.argument("file", type=click.Path(dir_okay=False))
@color_option
def show(*, file: str, color: Color) -> None:
    """Tell which keys are in a file, of which times.

    Of each Region it tells the times for which these are all keys, so that one that is absent does not exist.

    FILE is one of `trailsdk public-keys export`, or what `aws cloudtrail list-public-keys` prints.
    """
    from trailsdk.integrity import read_public_keys

    out = Screen.of("stdout", color)
    for line in _lines(read_public_keys(file)):
        out.write(out.escape(line) + "\n")
    out.flush()


def _lines(keys: "KeySet") -> Iterator[str]:
    for region in sorted({each.region for each in (*keys, *keys.asked)}, key=lambda each: each or ""):
        yield region or "Region not known"
        for key in keys:
            if key.region == region:
                yield f"  {key.fingerprint}  valid {_time(key.validity_start)} to {_time(key.validity_end)}"
        times = [f"{_time(each.start)} to {_time(each.end)}" for each in keys.asked if each.region == region]
        yield f"  all keys of {', '.join(times)}" if times else "  not known to be all of any time"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _time(time: "datetime | None") -> str:
    return "..." if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
