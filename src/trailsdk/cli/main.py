"""The command group, and what becomes of errors: one line, and an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from trailsdk.cli.completion import VARIABLE, completion
from trailsdk.cli.cost import explain
from trailsdk.cli.demo import demo
from trailsdk.cli.follow import follow
from trailsdk.cli.keys import key
from trailsdk.cli.lookup import lookup
from trailsdk.cli.mirror import mirror
from trailsdk.cli.pattern import pattern
from trailsdk.cli.plugins import plugins
from trailsdk.cli.public_keys import public_keys
from trailsdk.cli.read import read
from trailsdk.cli.report import describe_error, hint_for, write_error
from trailsdk.cli.screen import Screen
from trailsdk.cli.stats import stats
from trailsdk.cli.trail import trail
from trailsdk.cli.verify import verify
from trailsdk.errors import TrailError, UsageError

__all__ = ["run", "trailsdk"]

_NAME = "trailsdk"

_EXAMPLES = """\b
Examples:
  trailsdk demo
  trailsdk read AWSLogs --since 24h
  trailsdk read AWSLogs --output ndjson | jq .eventName
  trailsdk follow s3://bucket --cursor bucket.sqlite
  trailsdk lookup --event-name PutBucketPolicy --since 24h
  trailsdk stats AWSLogs
  trailsdk explain s3://bucket --since 24h
  trailsdk verify s3://bucket --since 24h
  trailsdk public-keys export keys.json --since 90d
  trailsdk mirror s3://bucket copy --since 7d
  trailsdk key explain s3://bucket/AWSLogs/...
  trailsdk trail doctor main

\b
Exit codes: 0 fine, 1 some input was bad, 2 called wrongly, 3 could not be proved, 130 interrupted.
"""

_PACKAGES = ("msgspec", "orjson", "isal", "attrs", "boto3", "botocore", "cryptography", "pluggy", "click", "rich")


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 (click calls it)
    """Tell the versions of what matters, without importing any of it."""
    if not wanted or context.resilient_parsing:
        return
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from trailsdk._version import __version__

    click.echo(f"trailsdk {__version__}")
    click.echo(f"Python {platform.python_version()} ({platform.python_implementation()}, {platform.system()})")
    for name in _PACKAGES:
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        click.echo(f"{name} {found}")
    context.exit()


@click.group(
    name=_NAME,
    epilog=_EXAMPLES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show versions."
)
@click.pass_context
def trailsdk(context: click.Context) -> None:
    """Read AWS CloudTrail records: who did what, when, from where, with what result."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (
    read,
    follow,
    lookup,
    stats,
    explain,
    verify,
    public_keys,
    mirror,
    key,
    pattern,
    trail,
    plugins,
    demo,
    completion,
):
    trailsdk.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: Those of the command line, without the program's name.

    Returns:
        The exit code.
    """
    code = _run(arguments)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _abandon_output()
        return code or 141
    except OSError as error:
        _abandon_output()
        return _fail(error, 1)
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        return _invoke(arguments)
    except BrokenPipeError:
        _abandon_output()
        return 141
    except (KeyboardInterrupt, click.Abort):
        # The terminal shows `^C` on the line.
        _say("\ninterrupted\n" if sys.stderr is not None and sys.stderr.isatty() else "interrupted\n")
        return 130
    except (UsageError, click.UsageError) as error:
        return _fail(error, 2)
    except (TrailError, click.ClickException) as error:
        return _fail(error, 1)
    except OSError as error:
        # The library turns those of its input into its own; this is one of the output, such as a full disk.
        _abandon_output()
        return _fail(error, 1)


def _invoke(arguments: Sequence[str]) -> int:
    if VARIABLE in os.environ:
        trailsdk.main(list(arguments), prog_name=_NAME, complete_var=VARIABLE)
    try:
        with trailsdk.make_context(_NAME, list(arguments)) as context:
            code = trailsdk.invoke(context)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    return code if isinstance(code, int) else 0


def _fail(error: Exception, code: int) -> int:
    if sys.stderr is not None:
        with suppress(OSError):
            write_error(Screen.of("stderr"), describe_error(error), hint_for(error))
    return code


def _say(text: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(text)


def _abandon_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter would complain about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
