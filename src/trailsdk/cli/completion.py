"""`trailsdk completion`: the script that completes commands and options in a shell."""

import click

from trailsdk.cli.screen import Screen

__all__ = ["VARIABLE", "completion"]

VARIABLE = "_TRAILSDK_COMPLETE"
"""The environment variable with which the shell's script asks for completions."""

_EXAMPLES = """\b
Examples:
  trailsdk completion bash > ~/.local/share/bash-completion/completions/trailsdk
  trailsdk completion zsh > ~/.zfunc/_trailsdk
  trailsdk completion fish > ~/.config/fish/completions/trailsdk.fish
"""


@click.command(epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script for completion in a shell."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise click.ClickException(f"click has no completion for {shell}")
    # Only the template is wanted: for bash, `source` would run bash to check its version.
    maker = script(context.find_root().command, {}, "trailsdk", VARIABLE)
    out = Screen.of("stdout")
    out.write(maker.source_template % maker.source_vars() + "\n")
    out.flush()
    return 0
