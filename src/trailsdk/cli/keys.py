"""`trailsdk key`: what S3 keys say."""

from typing import TYPE_CHECKING

import click

from trailsdk.cli.options import color_option
from trailsdk.cli.report import write_error
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from trailsdk.cli.explain import Explanation

__all__ = ["key"]

_KEY = (
    "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/111122223333_CloudTrail_eu-west-1_20260307T0915Z_Ab1.json.gz"
)

_NARROW = 60
"""Columns of a terminal below which meanings stand under what they explain."""

_EXAMPLES = f"""\b
Example:
  trailsdk key explain {_KEY}
"""


@click.group(epilog=_EXAMPLES, invoke_without_command=True)
@click.pass_context
def key(context: click.Context) -> None:
    """Tell what the S3 keys of CloudTrail say."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@key.command("explain", epilog=_EXAMPLES)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@color_option
def explain_keys(keys: tuple[str, ...], color: Color) -> int:
    """Explain every part of S3 keys.

    Keys of log files, digest files and Lake results are known.

    A KEY may stand behind s3://bucket/, be the path of a copy, or a folder.
    For what is no key of CloudTrail the reason is told; the exit code is 1.
    """
    from trailsdk.cli.explain import explain, why_not

    out, err = Screen.of("stdout", color), Screen.of("stderr", color)
    code = 0
    for number, text in enumerate(keys):
        if number:
            out.write("\n")
        found = explain(text)
        if found is None:
            out.flush()
            write_error(err, f"{text} is no key of CloudTrail: {why_not(text)}")
            code = 1
        else:
            out.write(_render(text, found, out))
    out.flush()
    return code


def _render(text: str, found: "Explanation", screen: Screen) -> str:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for part in found.parts:
        name, value = Text(part.name, "bold"), Text(screen.escape(part.text), "cyan", overflow="fold")
        if screen.width >= _NARROW:
            table.add_row(name, value, Text(part.meaning))
        else:
            table.add_row(name, Text("\n", overflow="fold").join([value, Text(part.meaning)]))
    return screen.render(Text(screen.escape(text), overflow="fold"), Text(found.kind, style="dim"), Text(""), table)
