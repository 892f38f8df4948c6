"""Keeps real AWS keys out of all tests, and runs the code blocks of README.md and docs/ as tests.

One test a page, its blocks in order.

Each page has a temporary folder of its own with the sample trail in it, so that `trailsdk.read("AWSLogs")` is real.

- `python` blocks are run. With a title, such as `title="count.py"`, they are written to that file instead.
- `text title="Output"` is what the Python before it printed. All that is printed must be shown.
- `console` blocks are commands, each behind `$ `, with what they print; `...` stands for any text, and a blank for
  any white space.
- Other languages are not run.
"""

import doctest
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.example import SybilFailure
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer
from sybil.typing import Parser

from tests.servers import run_moto
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.sample_trail import write_sample_trail

ROOT = Path(__file__).parent
BUCKET = "org-trail"
"""The bucket of the sample trail, on pages that name it."""
ORGANIZATION = "example-organization"
"""The bucket of an organization's trail that goes on, on pages that name it; there it is called `trail`."""
COLUMNS = 110
"""Width of the terminal that commands see."""

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
"""What tests see of AWS' variables, and nothing else of them."""

PRELUDE = 'trailsdk() { python -m trailsdk "$@"; }\n'
"""The command of this interpreter, whatever else may be installed under its name."""

_run_python = PythonEvaluator()


class PrintedBlocks:
    """Python blocks, and what they print."""

    def __init__(self) -> None:
        self.parsers: list[Parser] = [
            CodeBlockParser("python", self.run),
            CodeBlockParser('text title="Output"', self.compare),
            FileBlockParser(),
            CodeBlockParser("console", run_commands),
        ]
        self.printed = ""

    def run(self, example: Example) -> str | None:
        """Run a block, and keep what it prints for the block that shows it."""
        if self.printed:
            return f"what was printed before is not shown:\n{self.printed}"
        buffer = StringIO()
        with redirect_stdout(buffer):
            _run_python(example)
        self.printed = buffer.getvalue()
        return None

    def compare(self, example: Example) -> str | None:
        """Compare what was printed with what the page shows."""
        printed, self.printed = self.printed, ""
        return difference(str(example.parsed), printed)


class FileBlockParser:
    """Python blocks with the name of a file: they are written, not run."""

    def __init__(self) -> None:
        self._lexer = FencedCodeBlockLexer(r'python title="[\w.]+"')

    def __call__(self, document: Document) -> Iterator[Region]:
        """Find the blocks."""
        for region in self._lexer(document):
            region.parsed = region.lexemes["source"]
            region.evaluator = self.write
            yield region

    @staticmethod
    def write(example: Example) -> None:
        """Write a block to its file, in the page's folder."""
        name = example.region.lexemes["language"].split('"')[1]
        Path(name).write_text(example.parsed)


def run_commands(example: Example) -> str | None:
    """Run the commands of a block in a shell whose standard output is a terminal."""
    for match in re.finditer(r"\$ (?P<command>.*(?:\\\n.*)*)\n(?P<shown>(?:(?!\$ ).*\n)*)", example.parsed + "\n"):
        printed, code, problem = run_in_terminal(match["command"])
        if code:
            return f"`{match['command']}` ended with {code}:\n{printed}{problem}"
        found = difference(match["shown"], printed, doctest.NORMALIZE_WHITESPACE) if match["shown"].strip() else None
        if found:
            return f"`{match['command']}`:\n{found}"
    return None


def run_in_terminal(command: str) -> tuple[str, int, str]:
    """Run a shell command.

    Returns:
        What it printed, its exit code, and what it said on standard error.
    """
    import fcntl  # these two are not for Windows, where these pages are not tested
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryFile("w+") as problems:
        process = subprocess.Popen(  # noqa: S602 (our own pages; pipes are part of the examples)
            PRELUDE + command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=problems,
            env=environment,
        )
        os.close(theirs)
        pieces = []
        with suppress(OSError):  # how the end of a terminal is reported
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        os.close(ours)
        code = process.wait()
        problems.seek(0)
        return b"".join(pieces).decode().replace("\r\n", "\n"), code, problems.read()


def difference(shown: str, printed: str, flags: int = 0) -> str | None:
    """Compare what a page shows with what was printed; white space at the end of lines does not count.

    Args:
        shown: What the page shows.
        printed: What was printed.
        flags: Of `doctest`.
    """
    shown, printed = ("".join(f"{line.rstrip()}\n" for line in each.rstrip().splitlines()) for each in (shown, printed))
    checker, flags = doctest.OutputChecker(), flags | doctest.ELLIPSIS
    if checker.check_output(shown, printed, flags):
        return None
    return checker.output_difference(doctest.Example("", shown), printed, flags | doctest.REPORT_NDIFF)


@contextmanager
def few_examples() -> Iterator[None]:
    """Let property tests in pages be short, and the same each time."""
    from hypothesis import HealthCheck, settings

    before = settings.get_current_profile_name()
    checks = list(HealthCheck)
    settings.register_profile(
        "pages", max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=checks
    )
    settings.load_profile("pages")
    try:
        yield
    finally:
        settings.load_profile(before)


@contextmanager
def served(trail: FakeTrail) -> Iterator[None]:
    """Be AWS for a trail."""
    with FakeAws(trail) as aws, pytest.MonkeyPatch.context() as patch:
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        yield


def organization() -> FakeTrail:
    """Make the trail of an organization: 20 accounts in 4 Regions, for an hour; the next one is over."""
    numbers = [(first, second, third) for first in "1234" for second, third in ("56", "67", "78", "89", "90")]
    trail = FakeTrail(
        name="organization",
        bucket=ORGANIZATION,
        organization_id="o-exampleorg1",
        accounts=[4 * first + 4 * second + 4 * third for first, second, third in numbers],
        regions=["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2"],
        start=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2, minutes=50),
    )
    trail.run(logs=1)
    return trail


class PageItem(pytest.Item):
    """The code blocks of one page. One test, since later blocks build on earlier ones."""

    def runtest(self) -> None:
        """Run the blocks in order, in a folder with the sample trail."""
        blocks = PrintedBlocks()
        document = Sybil(blocks.parsers).parse(self.path)
        document.namespace["__name__"] = "__page__"
        with tempfile.TemporaryDirectory() as folder, chdir(folder), few_examples(), self.bucket(document.namespace):
            write_sample_trail(Path(folder))
            for example in document.examples():
                example.evaluate()
        assert not blocks.printed, f"what was printed is not shown:\n{blocks.printed}"  # noqa: S101 (a test)

    @contextmanager
    def bucket(self, namespace: dict[str, Any]) -> Iterator[None]:
        """Serve the trail that a page speaks of, or an empty account."""
        text = self.path.read_text()
        if f"s3://{ORGANIZATION}" in text:
            namespace["trail"] = trail = organization()
            with served(trail):
                yield
            return
        if "trailsdk trail apply" in text:
            with run_moto() as account, pytest.MonkeyPatch.context() as patch:
                account.reset()  # servers of one process share what they know
                for name, value in (("AWS_ENDPOINT_URL", account.url), ("AWS_DEFAULT_REGION", "eu-west-1")):
                    patch.setenv(name, value)
                yield
            return
        if f"s3://{BUCKET}" not in text:
            yield
            return
        trail = FakeTrail(bucket=BUCKET)
        with tempfile.TemporaryDirectory() as folder:
            for path in write_sample_trail(Path(folder)):
                trail.objects.put((BUCKET, path.relative_to(folder).as_posix()), path.read_bytes())
        with served(trail):
            yield

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002
        """Show the place in the page, and little of the machinery."""
        if isinstance(excinfo.value, SybilFailure):
            return str(excinfo.value)
        own = [entry for entry in excinfo.traceback if Path(entry.path) == self.path]
        place = f"{self.path.relative_to(ROOT)}:{own[-1].lineno + 1}: " if own else ""
        return f"{place}{excinfo.exconly()}\n\n{excinfo.getrepr(style='short')}"

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the page."""
        return self.path, None, str(self.path.relative_to(ROOT))


class Page(pytest.File):
    """A page of Markdown."""

    def collect(self) -> Iterator[PageItem]:
        """Give one test, where the page has anything to run."""
        if any(True for _ in Sybil(PrintedBlocks().parsers).parse(self.path).examples()):
            yield PageItem.from_parent(self, name="blocks")


def pytest_configure(config: pytest.Config) -> None:
    """Let no test, and no command that a test runs, find keys or settings of AWS that are really somebody's."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in AWS_VARIABLES.items():
        patch.setenv(name, value)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Page | None:
    """Collect the pages."""
    if file_path.suffix == ".md" and (file_path == ROOT / "README.md" or ROOT / "docs" in file_path.parents):
        page: Page = Page.from_parent(parent, path=file_path)
        return page
    return None
