"""`trailsdk trail policy`: prints the policies of a trail. Nothing is asked of AWS."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trailsdk.cli.screen import Screen

if TYPE_CHECKING:
    from trailsdk.trails import TrailArn

__all__ = ["policy"]

_TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"

_EXAMPLES = f"""\b
Examples:
  trailsdk trail policy bucket --bucket example-trail --trail {_TRAIL}
  trailsdk trail policy reader --bucket example-trail --account 444455556666
"""

_bucket = click.option("--bucket", metavar="NAME", required=True, help="The bucket of the trail.")
_prefix = click.option("--prefix", metavar="TEXT", default="", help="What stands before AWSLogs in keys.")
_organization = click.option("--organization", metavar="ID", help="Id of the organization, for its trail.")
_trails = click.option("--trail", "trails", metavar="ARN", multiple=True, required=True, help="May be repeated.")
_kms_key = click.option("--kms-key", metavar="ARN", help="The trail's KMS key, if it has one.")
_partition = click.option(
    "--partition",
    type=click.Choice(["aws", "aws-us-gov", "aws-cn"]),
    default="aws",
    show_default=True,
    help="Partition of AWS.",
)
_add_to = click.option(
    "--add-to",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    help="Add to the policy in this file, `-` for standard input, and leave the rest of it as it is.",
)


@click.group(epilog=_EXAMPLES, invoke_without_command=True)
@click.pass_context
def policy(context: click.Context) -> None:
    """Print a policy, made anew or added to one that is there."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _print(document: Any) -> None:
    from trailsdk import _json

    out = Screen.of("stdout")
    out.write(_indented(_json.encode_ascii(document)))
    out.flush()


def _indented(text: bytes) -> str:
    import msgspec

    return msgspec.json.format(text, indent=2).decode() + "\n"


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with click.open_file(str(path), "rb") as file:
        data: bytes = file.read()
    return data


def _arns(texts: tuple[str, ...]) -> "list[TrailArn]":
    from trailsdk.trails import TrailArn

    return [TrailArn.parse(each) for each in texts]


def _example(arguments: str) -> str:
    return f"\b\nExample:\n  trailsdk trail policy {arguments}\n"


@policy.command("bucket", epilog=_example(f"bucket --bucket example-trail --trail {_TRAIL}"))
@_bucket
@_prefix
@_trails
@_organization
@_add_to
def bucket_command(
    bucket: str, prefix: str, trails: tuple[str, ...], organization: str | None, add_to: Path | None
) -> None:
    """Print the policy of a bucket that trails write to."""
    from trailsdk.trails import add_trail, bucket_policy

    arns = _arns(trails)
    if add_to is None:
        _print(bucket_policy(bucket, arns, prefix=prefix, organization_id=organization))
        return
    made: Any = _read(add_to)
    for arn in arns:
        made = add_trail(made, bucket, arn, prefix=prefix, organization_id=organization)
    _print(made)


@policy.command("topic", epilog=_example(f"topic --topic arn:aws:sns:eu-west-1:111122223333:notices --trail {_TRAIL}"))
@click.option("--topic", metavar="ARN", required=True, help="The topic.")
@_trails
@_add_to
def topic_command(topic: str, trails: tuple[str, ...], add_to: Path | None) -> None:
    """Print the policy of a topic that is told of deliveries."""
    from trailsdk.trails import add_trail_to_topic

    made: Any = _read(add_to)
    for arn in _arns(trails):
        made = add_trail_to_topic(made, topic, arn)
    _print(made)


@policy.command("key", epilog=_example(f"key --trail {_TRAIL} --reader 444455556666"))
@_trails
@click.option("--account", metavar="ID", help="Owner of the key; by default that of the first trail.")
@click.option("--reader", "readers", metavar="ID|ARN", multiple=True, help="Who may decrypt; may be repeated.")
@_add_to
def key_command(trails: tuple[str, ...], account: str | None, readers: tuple[str, ...], add_to: Path | None) -> None:
    """Print the policy of a KMS key that encrypts log files."""
    from trailsdk.trails import add_readers_to_key, add_trail_to_key, key_policy

    arns = _arns(trails)
    made: Any = _read(add_to)
    if made is None:
        _print(key_policy(account or arns[0].account_id, arns, readers))
        return
    for arn in arns:
        made = add_trail_to_key(made, arn)
    _print(add_readers_to_key(made, readers, arns[0].partition))


@policy.command("role", epilog=_example(f"role --log-group CloudTrail/main --trail {_TRAIL}"))
@click.option("--log-group", metavar="NAME", required=True, help="The log group.")
@click.option("--trail", "trail_arn", metavar="ARN", required=True, help="The trail.")
@_organization
@click.option("--trust", is_flag=True, help="The trust policy instead of the permissions.")
def role_command(log_group: str, trail_arn: str, organization: str | None, trust: bool) -> None:  # noqa: FBT001 (a flag)
    """Print the policy of the role for CloudWatch Logs."""
    from trailsdk.trails import TrailArn, log_group_policy, role_trust_policy

    arn = TrailArn.parse(trail_arn)
    _print(role_trust_policy() if trust else log_group_policy(log_group, arn, organization))


@policy.command("reader", epilog=_example("reader --bucket example-trail --account 444455556666"))
@_bucket
@_prefix
@click.option("--account", metavar="ID", help="Whose log files; by default everybody's, as an auditor needs it.")
@_organization
@_kms_key
@_partition
@click.option("--trust", metavar="ID", help="The trust policy of a role that this account assumes, instead.")
@click.option("--external-id", metavar="TEXT", help="With --trust: what the account must say.")
@click.option("--principal", metavar="ID|ARN", help="As statements of the bucket's policy, for this reader.")
@_add_to
def reader_command(
    bucket: str,
    prefix: str,
    account: str | None,
    organization: str | None,
    kms_key: str | None,
    partition: str,
    trust: str | None,
    external_id: str | None,
    principal: str | None,
    add_to: Path | None,
) -> None:
    """Print a policy to read log files, and nothing else."""
    from trailsdk.trails import Destination, add_reader, reader_policy, reader_trust_policy

    if add_to is not None and principal is None:
        raise click.UsageError("--add-to needs --principal", click.get_current_context())
    destination = Destination(bucket, prefix, partition)
    if trust is not None:
        _print(reader_trust_policy(trust, partition=partition, external_id=external_id))
    elif principal is not None:
        there = _read(add_to)
        _print(add_reader(there, destination, principal, account, organization_id=organization))
    else:
        _print(reader_policy(destination, account, organization_id=organization, kms_key_arn=kms_key))


@policy.command("read", epilog=_example("read --bucket example-trail"))
@_bucket
@_prefix
@_kms_key
@_partition
def read_command(bucket: str, prefix: str, kms_key: str | None, partition: str) -> None:
    """Print the least that `trailsdk read` needs."""
    from trailsdk.trails import Destination, read_policy

    _print(read_policy(Destination(bucket, prefix, partition), kms_key_arn=kms_key))


@policy.command("verify", epilog=_example("verify --bucket example-trail"))
@_bucket
@_prefix
@_kms_key
@_partition
def verify_command(bucket: str, prefix: str, kms_key: str | None, partition: str) -> None:
    """Print the least that validating log files needs."""
    from trailsdk.trails import Destination, verify_policy

    _print(verify_policy(Destination(bucket, prefix, partition), kms_key_arn=kms_key))
