"""What a verification may know without asking AWS: public keys, and where a copy comes from."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import frozen

__all__ = ["Offline", "offline_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@frozen
class Offline:
    """What the caller tells, so that nobody else has to."""

    public_keys: Path | None = None
    copied_from: str | None = None


def offline_options(command: _Command) -> _Command:
    """Give a command the options that tell what AWS is not asked for; it receives them as one `offline`."""

    @wraps(command)
    def call(*, public_keys: Path | None, copied_from: str | None, **rest: Any) -> Any:
        return command(offline=Offline(public_keys, copied_from), **rest)

    for decorate in reversed(_OPTIONS):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--public-keys",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Keys from `trailsdk public-keys export`, so that AWS is not needed; by default CloudTrail is asked.",
    ),
    click.option(
        "--copied-from",
        metavar="S3_URI",
        help="Of which s3://bucket[/prefix] LOCATIONS hold copies, where a bucket was renamed.",
    ),
)
