"""Standard output and standard error: how wide they are, which characters and colours they show."""

import os
import stat
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

import click
from attrs import frozen

from trailsdk.cli.text import escape, is_unicode

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Color", "Screen"]

Color: TypeAlias = Literal["auto", "always", "never"]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_PLAIN = str.maketrans({"…": "~", "█": "#", "▌": "#", "·": "|"})
"""What stands for our own characters where the encoding has none of them; each takes one column as well."""

_WIDTH_UNKNOWN = 120
"""Columns of tables that are written into a file."""


@frozen
class Screen:
    """One of the two streams that a person, or another program, reads."""

    stream: TextIO
    is_terminal: bool
    width: int
    """In columns."""
    color: bool
    encoding: str

    @classmethod
    def of(cls, name: Literal["stdout", "stderr"], color: Color = "auto") -> "Screen":
        """Look at a stream of this process.

        Raises:
            ClickException: It is closed.
        """
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            raise click.ClickException(f"{name} is closed")
        is_terminal = stream.isatty()
        return cls(
            stream, is_terminal, _width(), _wants_color(color, is_terminal=is_terminal), stream.encoding or "ascii"
        )

    @property
    def is_pipe(self) -> bool:
        """Another program reads it; it may be one that draws on the terminal, such as `less`."""
        try:
            mode = os.fstat(self.stream.fileno()).st_mode
        except OSError:
            return False
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

    def paint(self, text: str, style: str | None) -> str:
        """Colour a text, where colours are wanted. Styles: `bold`, `dim`, `red`, `green`, `yellow`, `cyan`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.color and style and text else text

    def escape(self, text: str) -> str:
        """Escape a text of others for this stream."""
        return escape(text, self.encoding)

    def own(self, text: str) -> str:
        """Spell our own text (lines, bars, dots) in characters that this stream has."""
        return text if is_unicode(self.encoding) else text.translate(_PLAIN)

    def write(self, text: str) -> None:
        """Write text that is escaped already; no encoding makes this fail."""
        self.write_bytes(text.encode(self.encoding, "backslashreplace"))

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are; on a terminal they are seen at once."""
        rest = memoryview(data)
        while rest:
            # With PYTHONUNBUFFERED there is no buffer, and the system may take a part only.
            rest = rest[self.stream.buffer.write(rest) :]
        if self.is_terminal:
            self.stream.buffer.flush()

    def flush(self) -> None:
        """Hand on what was written."""
        self.stream.flush()

    def render(self, *parts: "RenderableType") -> str:
        """Lay out tables and texts of rich in the width of this stream. Texts of others must be escaped already."""
        from io import StringIO

        from rich.console import Console

        options: dict[str, Any] = {"markup": False, "highlight": False, "emoji": False, "legacy_windows": False}
        console = Console(
            file=StringIO(),
            width=self.width,
            force_terminal=self.color,
            color_system="standard" if self.color else None,
            no_color=not self.color,
            **options,
        )
        with console.capture() as captured:
            console.print(*parts, sep="\n")
        lines = captured.get().splitlines()
        return self.own("".join(f"{line.rstrip()}\n" for line in lines))


def _width() -> int:
    """Take `COLUMNS`, else the width of the terminal, also where only standard error or input is one."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        try:
            return os.get_terminal_size(-1 if stream is None else stream.fileno()).columns or 80
        except (OSError, ValueError):
            continue
    return _WIDTH_UNKNOWN


def _wants_color(color: Color, *, is_terminal: bool) -> bool:
    """Follow the option, else https://no-color.org and https://force-color.org, else the terminal."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")
