"""The options that ask for records by what they say: `--where`, and one for each usual field."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from attrs import fields, frozen

if TYPE_CHECKING:
    from trailsdk.select import Condition

__all__ = ["ASKED", "Asked", "read_where", "where_options"]


def read_where(text: str) -> "Condition":
    """Read what stands behind `--where`: a pattern's name, a filter pattern, or an event pattern in JSON.

    Raises:
        UsageError: It is none of them.
    """
    from trailsdk import patterns
    from trailsdk.select import as_condition

    named = patterns.find(text.strip())
    if named is not None:
        return named
    # A filter pattern goes on with a selector or a parenthesis, JSON with a name or its end.
    begin = text.lstrip()
    if begin.startswith("{") and begin[1:].lstrip()[:1] in ('"', "}"):
        try:
            return as_condition(json.loads(text))
        except json.JSONDecodeError as error:
            raise click.UsageError(f"--where: not JSON: {error.msg} (column {error.colno - 1})") from None
    return as_condition(text)


@frozen
class Asked:
    """What the options ask for. All of it must hold."""

    where: tuple[str, ...] = ()
    event_name: tuple[str, ...] = ()
    event_source: tuple[str, ...] = ()
    actor_arn: tuple[str, ...] = ()
    source_ip_address: tuple[str, ...] = ()
    error_code: tuple[str, ...] = ()
    read_only: bool | None = None

    def condition(self) -> "Condition | None":
        """Join what was asked for; `None` where nothing was.

        Raises:
            UsageError: It cannot be understood.
        """
        from functools import reduce
        from operator import and_

        if self == Asked():
            return None
        from trailsdk.select import match

        asked = [read_where(text) for text in self.where]
        texts: dict[str, Any] = {name: getattr(self, name) or None for name in _TEXTS}
        if any(texts.values()) or self.read_only is not None:
            asked.append(match(**texts, read_only=self.read_only))
        return reduce(and_, asked)


ASKED = tuple(each.name for each in fields(Asked))
"""The names under which a command receives the options."""
_TEXTS = ("event_name", "event_source", "actor_arn", "source_ip_address", "error_code")


def where_options() -> tuple[Callable[[Any], Any], ...]:
    """Give the options; the command receives them under the names of `Asked`."""
    return (
        click.option(
            "--where",
            metavar="PATTERN",
            multiple=True,
            help="Only records that match: a filter pattern such as '{ $.eventName = \"Put*\" }', terms, an event "
            "pattern in JSON, or the name of a pattern (see trailsdk pattern list); if repeated, all must match.",
        ),
        _texts("--event-name", "NAME", "Only this call; with * ? [abc] as in shells; may be repeated."),
        _texts("--event-source", "HOST", "Only this service, such as s3.amazonaws.com; likewise."),
        _texts("--actor-arn", "ARN", "Only by whom this is: a user's ARN, or a role's; likewise."),
        _texts(
            "--source-ip-address", "ADDRESS", "Only from this address, or network such as 198.51.100.0/24; likewise."
        ),
        _texts("--error-code", "CODE", "Only with this error; * is any; likewise."),
        click.option(
            "--read-only/--no-read-only",
            default=None,
            help="Only calls that read; or only those that change something.",
        ),
    )


def _texts(name: str, metavar: str, what: str) -> Callable[[Any], Any]:
    return click.option(name, metavar=metavar, multiple=True, help=what)
