"""`trailsdk pattern`: try filter patterns and event patterns on records, and see which have names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import click

from trailsdk.cli.options import Request, Session, color_option, progress_option, reading
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from trailsdk.model.record import Record
    from trailsdk.patterns import NamedPattern
    from trailsdk.select import Clause, Condition

__all__ = ["pattern"]

_LONGEST = 60
"""Characters of a value that are shown."""

_TEST_EXAMPLES = """\b
Examples:
  trailsdk pattern test '{ $.errorCode = "AccessDenied*" }' AWSLogs
  trailsdk pattern test ROOT_USAGE AWSLogs --event-name ConsoleLogin
  trailsdk pattern test '{"detail": {"eventName": [{"prefix": "Put"}]}}' record.json
"""

_LIST_EXAMPLES = """\b
Examples:
  trailsdk pattern list
  trailsdk pattern list --output json
"""


@click.group(epilog=_TEST_EXAMPLES, invoke_without_command=True)
@click.pass_context
def pattern(context: click.Context) -> None:
    """Try patterns on records, and list those with names."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@pattern.command(epilog=_TEST_EXAMPLES)
@click.argument("pattern_text", metavar="PATTERN")
@reading
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs: one JSON object for each record.",
)
@color_option
@progress_option
def test(
    pattern_text: str,
    request: Request,
    form: Literal["text", "json"],
    color: Color,
    *,
    progress: bool | None,
) -> int:
    """Tell which records match, and which clauses failed.

    PATTERN is what --where takes. LOCATIONS and options choose the records that it is tried on.
    """
    from trailsdk.cli.where import read_where

    condition = read_where(pattern_text)
    session = Session(request, color, progress=progress)
    matched = 0
    with session.progress, session.open() as stream:
        for record in stream:
            matched += _show(record, condition, form, session)
        session.commit(stream)
        if form == "text":
            session.report.note(f"{matched:,} of {stream.stats.yielded:,} records match")
        return session.end(stream)


def _show(record: "Record", condition: "Condition", form: Literal["text", "json"], session: Session) -> bool:
    from trailsdk import _json
    from trailsdk.select import failed_clauses

    failed = failed_clauses(condition, record)
    with session.progress.printing():
        if form == "json":
            session.out.write_bytes(_json.encode_ascii(_document(record, failed)) + b"\n")
        else:
            session.out.write("".join(f"{line}\n" for line in _lines(record, failed, session.out)))
    return not failed


def _lines(record: "Record", failed: "list[Clause]", screen: Screen) -> Iterator[str]:
    from trailsdk.cli.facts import what_of, when_of

    when = when_of(record)
    time = "no time" if when is None else when.isoformat(" ")[:19]
    verdict = screen.paint("no match", "yellow") if failed else screen.paint("match   ", "green")
    yield f"{verdict}  {time}  {screen.escape(what_of(record))}  {screen.escape(record.event_id or '-')}"
    for clause in failed:
        yield f"          {screen.escape(str(clause))}  {screen.paint(screen.escape(_found(clause)), 'dim')}"


def _found(clause: "Clause") -> str:
    """Say what was there instead, as far as it is short."""
    from trailsdk import _json
    from trailsdk.model.path import ABSENT
    from trailsdk.select.where.tree import Test

    if clause.found is ABSENT:
        return "nothing is there" if isinstance(clause.condition, Test) else ""
    if isinstance(clause.found, (dict, list)):
        return f"it is {'an object' if isinstance(clause.found, dict) else 'an array'}"
    text = _json.encode(clause.found).decode(errors="replace")
    return f"it is {text if len(text) <= _LONGEST else text[:_LONGEST] + '...'}"


def _document(record: "Record", failed: "list[Clause]") -> dict[str, Any]:
    from trailsdk.model.path import ABSENT

    clauses = [
        {"clause": str(each)} if each.found is ABSENT else {"clause": str(each), "found": each.found} for each in failed
    ]
    return {"eventID": record.event_id, "eventName": record.event_name, "matches": not failed, "failed": clauses}


@pattern.command("list", epilog=_LIST_EXAMPLES)
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@color_option
def list_patterns(form: Literal["text", "json"], color: Color) -> int:
    """List the patterns of CIS and Security Hub.

    Each can stand behind --where, by its name or its control of Security Hub.
    """
    from trailsdk import _json, patterns

    out = Screen.of("stdout", color)
    for each in patterns.ALL.values():
        if form == "json":
            out.write_bytes(_json.encode(_described(each)) + b"\n")
        else:
            control = each.security_hub or f"CIS {each.cis['1.4.0']}"
            out.write(f"{out.paint(f'{each.name:<24}', 'bold')}  {control:<13}  {each.title}\n")
    out.flush()
    return 0


def _described(each: "NamedPattern") -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "securityHub": each.security_hub,
        "cis": dict(each.cis),
        "pattern": each.text,
    }
