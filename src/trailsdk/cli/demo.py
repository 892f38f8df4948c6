"""`trailsdk demo`: a small trail to try things on."""

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from trailsdk.cli.options import Request, Session, color_option
from trailsdk.cli.read import show_records
from trailsdk.cli.screen import Color
from trailsdk.cli.where import Asked

__all__ = ["demo"]

_EXAMPLES = """\b
Examples:
  trailsdk demo
  trailsdk demo --directory sample
  trailsdk stats sample
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the sample trail there, and keep it; by default into a temporary folder.",
)
@color_option
def demo(directory: Path | None, color: Color) -> int:
    """Write a small sample trail, and show it as a table.

    It is one morning of an organization with two accounts, laid out like its bucket.
    """
    from trailsdk.testing.sample_trail import write_sample_trail

    with _folder(directory) as folder:
        request = Request((str(folder),), None, None, (), (), (), Asked(), "raise", strict=False)
        session = Session(request, color, progress=False)
        out = session.out
        try:
            files = write_sample_trail(folder)
        except OSError as error:
            raise click.ClickException(f"{folder}: {error.strerror or type(error).__name__}") from None
        out.write(f"A sample trail of {len(files)} log files, laid out like a bucket. The first is\n\n")
        out.write(f"  {out.escape(str(files[0].relative_to(folder)))}\n\n")
        out.write(out.paint(f"$ trailsdk read {out.escape(shlex.quote(str(folder)))}", "bold") + "\n")
        code = show_records(session, "table", None, None, utc=True)
        kept = shlex.quote(str(folder)) if directory is not None else "sample"
        out.write("\nNow try\n\n" if directory is not None else "\nKeep it, and try\n\n")
        if directory is None:
            out.write("  trailsdk demo --directory sample\n")
        out.write(f"  trailsdk stats {out.escape(kept)}\n")
        out.write(f"  trailsdk read {out.escape(kept)} --fields eventTime,actor.human,eventName,errorCode\n")
        out.flush()
        return code


@contextmanager
def _folder(directory: Path | None) -> Iterator[Path]:
    """Give the folder to write to: one that goes away, or a new one that stays.

    Raises:
        ClickException: It holds a trail already; the sample is never mixed with the records of others.
    """
    if directory is None:
        with tempfile.TemporaryDirectory(prefix="trailsdk-") as folder:
            yield Path(folder)
        return
    if (directory / "AWSLogs").exists():
        raise click.UsageError(f"--directory {directory}: it holds a folder AWSLogs already")
    yield directory
