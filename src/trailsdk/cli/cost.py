"""`trailsdk explain`: what a question would cost, before it is asked."""

from typing import TYPE_CHECKING, Any, Literal

import attrs
import click

from trailsdk.cli.options import Request, color_option, selecting
from trailsdk.cli.progress import format_size
from trailsdk.cli.report import describe_error, hint_for, write_error
from trailsdk.cli.screen import Color, Screen

if TYPE_CHECKING:
    from trailsdk.sources.base import SourcePlan, Survey

__all__ = ["explain"]

_EXAMPLES = """\b
Examples:
  trailsdk explain s3://org-trail --since 24h
  trailsdk explain s3://org-trail --since 2026-03-07 --until 2026-03-08 --region eu-west-1
  trailsdk explain s3://org-trail --where '{ $.awsRegion = "eu-west-1" && $.eventName = "StopLogging" }'
  trailsdk explain AWSLogs --output json
"""


@click.command(epilog=_EXAMPLES)
@selecting
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
def explain(request: Request, form: Literal["text", "json"], color: Color) -> int:
    """Tell what reading would cost: days, calls, bytes.

    LOCATIONS and options are those of `trailsdk read`.
    The calls that list are made; nothing is fetched. Each file is one further call.
    """
    from trailsdk import _json

    out, err = Screen.of("stdout", color), Screen.of("stderr", color)
    code = 0
    with request.open() as stream:
        for number, plan in enumerate(stream.plan):
            survey = plan.survey()
            if form == "json":
                out.write_bytes(_json.encode(_document(plan, survey)) + b"\n")
            else:
                out.write(("\n" if number else "") + _text(plan, survey, out))
            for error in () if survey is None else survey.refused:
                out.flush()
                write_error(err, describe_error(error), hint_for(error))
                code = 1
    out.flush()
    return code


def _days(plan: "SourcePlan") -> str:
    if plan.first_day is None and plan.last_day is None:
        return "all"
    first = "the first" if plan.first_day is None else plan.first_day.isoformat()
    last = "the last" if plan.last_day is None else plan.last_day.isoformat()
    return f"{first} to {last}, of delivery, in UTC"


def _where(plan: "SourcePlan") -> list[tuple[str, str]]:
    """Tell which part of the question is decided where."""
    if plan.where is None:
        return []
    told = (
        ("by keys", plan.where.keys),
        ("in bytes", plan.where.data),
        ("in scalars", plan.where.scalars),
        ("in records", plan.where.records),
    )
    return [(name, text) for name, text in told if text]


def _text(plan: "SourcePlan", survey: "Survey | None", screen: Screen) -> str:
    rows = [("days", _days(plan))]
    rows += _where(plan)
    if survey is None:
        rows.append(("cost", "not known before reading"))
    else:
        rows += [
            ("list calls", f"{survey.lists:,}"),
            ("files", f"{survey.gets:,}"),
            ("bytes", format_size(survey.size)),
            ("not asked for", f"{survey.pruned:,} files that were listed"),
            ("left out", f"{survey.skipped:,} files that are no log files"),
        ]
        rows += [("not entered", folder) for folder in survey.left_out]
    lines = [screen.paint(screen.escape(plan.location), "bold")]
    lines += [f"  {name:<14} {screen.escape(text)}" for name, text in rows]
    return "\n".join(lines) + "\n"


def _document(plan: "SourcePlan", survey: "Survey | None") -> dict[str, Any]:
    document: dict[str, Any] = {
        "location": plan.location,
        "firstDay": None if plan.first_day is None else plan.first_day.isoformat(),
        "lastDay": None if plan.last_day is None else plan.last_day.isoformat(),
    }
    if plan.where is not None:
        document["where"] = attrs.asdict(plan.where)
    if survey is not None:
        document |= {
            "listCalls": survey.lists,
            "files": survey.gets,
            "bytes": survey.size,
            "pruned": survey.pruned,
            "skipped": survey.skipped,
            "notEntered": list(survey.left_out),
            "refused": [str(error) for error in survey.refused],
        }
    return document
