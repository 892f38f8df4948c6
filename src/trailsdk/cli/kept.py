"""What a verification keeps for the next one."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import frozen

__all__ = ["Kept", "state_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@frozen
class Kept:
    """The file, with what it is sealed, and whether it is believed."""

    state: Path | None = None
    key: bytes = b""
    reread: bool = False


def state_options(command: _Command) -> _Command:
    """Give a command the options of the state; it receives them as one `kept`."""

    @click.option(
        "--state",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Keeps what was proved, so that the next run reads only what is new. TRAILSDK_STATE_KEY seals it.",
    )
    @click.option("--no-state", is_flag=True, help="Believe nothing of the state: read all again, and write it anew.")
    @wraps(command)
    def call(*, state: Path | None, no_state: bool, **rest: Any) -> Any:
        return command(kept=Kept(state, os.environ.get("TRAILSDK_STATE_KEY", "").encode(), no_state), **rest)

    return call  # type: ignore[return-value]  # it takes other arguments
