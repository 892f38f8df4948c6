"""The command as a process: behind pipes, or in a terminal of a given width."""

import errno
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

COMMAND = (sys.executable, "-m", "trailsdk")

PATIENCE_SECONDS = 60
"""How long something may take that comes at once on a machine with nothing else to do."""

_CLEARED = re.compile(r"[^\n]*\r\x1b\[K")
_COLORS = re.compile(r"\x1b\[[0-9]+m")


def environment(**changes: str) -> dict[str, str]:
    """Give this process's variables without those that change how output looks, and with some others."""
    looks = (
        "COLUMNS",
        "LINES",
        "NO_COLOR",
        "FORCE_COLOR",
        "PYTHONIOENCODING",
        "PYTHONUTF8",
        "PYTHONUNBUFFERED",
        "LC_ALL",
        "LC_CTYPE",
    )
    kept = {name: value for name, value in os.environ.items() if name not in looks}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", **changes}


def run(
    *arguments: str | os.PathLike[str],
    stdin: bytes | None = None,
    **changes: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with its output in pipes; keywords are environment variables."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env=environment(**changes),
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Terminal:
    """The command in a terminal, with standard output in it as well, or elsewhere."""

    def __init__(
        self,
        *arguments: str | os.PathLike[str],
        columns: int = 80,
        stdin: int | None = None,
        stdout: int | None = None,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        import fcntl
        import struct
        import termios

        self._master, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.seen = b""
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            # A session of its own, with this terminal: so that its Ctrl-C is this process's.
            [sys.executable, "-c", _LEADER, *map(str, arguments)],
            stdin=inner if stdin is None else stdin,
            stdout=inner if stdout is None else stdout,
            stderr=inner,
            cwd=cwd,
            env=environment(**(variables or {})),
            start_new_session=True,
        )
        os.close(inner)

    def read_until(self, *wanted: bytes) -> bytes:
        """Read until one of the texts was seen; give what was seen so far."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not any(text in self.seen for text in wanted):
            assert self._read(end), f"the command ended before it wrote {wanted}: {self.seen!r}"
        return self.seen

    def finish(self) -> tuple[str, int]:
        """Read to the end; give all that was seen, with plain line ends, and the exit code."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._read(end):
            pass
        code = self.process.wait(PATIENCE_SECONDS)
        return self.seen.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), code

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(end - time.monotonic(), 0))
        assert ready, f"nothing came any more after {self.seen[-500:]!r}"
        try:
            piece = os.read(self._master, 65536)
        except OSError as error:
            # Linux's way to say that the other side is closed.
            if error.errno != errno.EIO:
                raise
            return False
        self.seen += piece
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


_LEADER = """
import fcntl, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
from trailsdk.cli import main
main()
"""


def in_terminal(*arguments: str | os.PathLike[str], **options: Any) -> tuple[str, int]:
    """Run the command in a terminal to its end; give what was seen, and the exit code."""
    with Terminal(*arguments, **options) as terminal:
        return terminal.finish()


def plain(seen: str) -> str:
    """Give what is left on the terminal: without what was cleared, without colours."""
    return _COLORS.sub("", _CLEARED.sub("", seen))


def progress_lines(seen: str) -> list[str]:
    """Give what stood on the line of progress, one text each time it was drawn."""
    return re.findall(r"\r\x1b\[K(?:\x1b\[2m)?([0-9,]+ (?:bad|files)[^\r\n\x1b]*)", seen)
