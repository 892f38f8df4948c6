# ruff: noqa: INP001 (mkdocs loads this file by its path)
"""What is generated when the documentation is built: tables of field names, lists of codes, the command's help.

A page asks for it with a comment such as `<!-- generate: fields Record -->`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import click
import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

import trailsdk
from trailsdk.model import identity, record
from trailsdk.model.outcome import DENIED_CODES
from trailsdk.trails import Check

_COMMENT = re.compile(r"^<!-- generate: (?P<what>[\w-]+)(?: (?P<argument>\w+))? -->$", re.MULTILINE)
_WIDTH = 88
"""Columns of the command's help."""


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (mkdocs calls it so)
    """Put in what a page asks for. mkdocs calls this for every page.

    Raises:
        PluginError: It asks for something that there is not.
    """

    def generate(match: re.Match[str]) -> str:
        what = _GENERATORS.get(match["what"])
        if what is None:
            message = f"{page.file.src_uri} asks for {match['what']!r}: there are {', '.join(_GENERATORS)}"
            raise PluginError(message)
        return "\n".join(what(match["argument"] or ""))

    return _COMMENT.sub(generate, markdown)


def fields(name: str) -> Iterator[str]:
    """Make the table of a class's fields: AWS's name, attribute, first sentence of its docstring."""
    cls = getattr(record, name, None) or getattr(identity, name)
    page = "identity.md" if cls.__module__ == identity.__name__ else "record.md"
    public = f"trailsdk.{name}" if name in trailsdk.__all__ else f"{cls.__module__}.{name}"
    found: Any = griffe.load(cls.__module__, search_paths=["src"])[name]
    yield "| AWS | Attribute | What it holds |"
    yield "| --- | --- | --- |"
    for each in attrs.fields(cls):
        if "aws" not in each.metadata:
            continue
        member = found.members[each.name]
        names = ", ".join(f"`{spelling}`" for spelling in each.metadata["aws"])
        link = f"{page}#{public}.{each.name}"
        yield f"| {names} | [`{each.name}`]({link}) | {_first_sentence(member.docstring.value)} |"


def _first_sentence(text: str) -> str:
    joined = " ".join(text.split())
    return re.split(r"(?<=[.;:]) (?=[A-Z`])|; ", joined, maxsplit=1)[0].rstrip(";:.").replace("|", r"\|") + "."


def denied_codes(_: str) -> Iterator[str]:
    """List the error codes that mean a refused permission."""
    for code in sorted(DENIED_CODES):
        yield f"- `{code}`"


def command(_: str) -> Iterator[str]:
    """Give the help of the command and of all its parts, as it prints it."""
    from trailsdk.cli.main import trailsdk as root

    settings = {**root.context_settings, "max_content_width": _WIDTH, "terminal_width": _WIDTH}
    yield from _help(root, click.Context(root, info_name="trailsdk", **settings))


def _help(at: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}"
    yield ""
    yield "```text"
    yield at.get_help(context)
    yield "```"
    yield ""
    if isinstance(at, click.Group):
        for name in at.list_commands(context):
            below = at.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _help(below, click.Context(below, parent=context, info_name=name))


def tamperings(_: str) -> Iterator[str]:
    """Make the table of tamperings."""
    from trailsdk.testing.tampering import Tampering

    yield "| `Tampering` | What is done | Verdict | To the newest digest |"
    yield "| --- | --- | --- | --- |"
    for each in Tampering:
        value = each.value
        told = _told(value.verdict, value.reason) + (f", finding `{value.finding}`" if value.finding else "")
        newest = "" if value.at_head is None else _told(*value.at_head)
        yield f"| `{each.name}` | {value.kind}: {value.what} | {told} | {newest} |"


def _told(verdict: str | None, reason: str | None) -> str:
    return "none" if verdict is None else verdict + (f", `{reason}`" if reason else "")


def checks(_: str) -> Iterator[str]:
    """Make the table of what the doctor looks for: names, and what their docstrings say."""
    found: Any = griffe.load("trailsdk.trails.findings", search_paths=["src"])["Check"]
    yield "| Check | What is wrong |"
    yield "| --- | --- |"
    for check in Check:
        text = found.members[check.name].docstring.value
        yield f"| `{check}` | {' '.join(text.split())} |"


_GENERATORS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "fields": fields,
    "denied-codes": denied_codes,
    "command": command,
    "checks": checks,
    "tamperings": tamperings,
}
