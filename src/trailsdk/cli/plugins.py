"""`trailsdk plugins`: what is there, what it offers, and what is broken."""

import json
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import click

from trailsdk.cli.options import color_option
from trailsdk.cli.report import write_error
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from trailsdk.plugins import BrokenPlugin, PluginInfo

__all__ = ["plugins"]

_EXAMPLES = """\b
Examples:
  trailsdk plugins
  trailsdk plugins --output json
  TRAILSDK_PLUGINS_OFF=example trailsdk plugins
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@color_option
def plugins(output: Literal["text", "json"], color: Color) -> int:
    """List the plugins that are installed, and what each offers.

    One that cannot be loaded is listed with the reason; the exit code is then 1.

    TRAILSDK_PLUGINS_OFF leaves plugins out: names with commas between, or * for all.
    """
    from trailsdk.errors import PluginWarning
    from trailsdk.plugins import make_manager

    out, err = Screen.of("stdout", color), Screen.of("stderr", color)
    with warnings.catch_warnings():
        # They are listed below.
        warnings.simplefilter("ignore", PluginWarning)
        manager = make_manager()
    found, broken = manager.plugins(), manager.broken
    if output == "json":
        listed: dict[str, Any] = {
            "plugins": [attrs.asdict(each) for each in found],
            "broken": [attrs.asdict(each) for each in broken],
        }
        out.write(json.dumps(listed, indent=2) + "\n")
    else:
        out.write(_listing(found, broken, out))
    out.flush()
    for each in broken:
        if output == "text":
            write_error(err, f"plugin {out.escape(each.name)} is left out")
    return 1 if broken else 0


def _listing(found: "Sequence[PluginInfo]", broken: "Sequence[BrokenPlugin]", screen: Screen) -> str:
    lines = []
    for each in found:
        home = "built in" if each.distribution is None else f"{each.distribution} {each.version or '(no version)'}"
        lines.append(f"{screen.paint(screen.escape(each.name), 'bold')}  {screen.escape(home)}")
        for hook, offers in each.offers.items():
            what = hook.removeprefix("trailsdk_")
            lines.append(f"  {what:<10}{screen.escape(', '.join(offers)) or '-'}")
    for lost in broken:
        home = f"  {lost.distribution}" if lost.distribution is not None else ""
        lines.append(f"{screen.paint(screen.escape(lost.name), 'bold')}{screen.escape(home)}  broken")
        lines.append(f"  {screen.escape(lost.reason)}")
    return "\n".join(lines) + "\n"
