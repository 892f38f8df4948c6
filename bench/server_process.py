"""The lean S3 server as a process that is surely stopped."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["Server", "make_session", "run_server"]


@frozen
class Server:
    """A server that runs."""

    url: str

    def cpu(self) -> float:
        """Give the seconds of a processor that it has used, user and system."""
        return float(self._ask("cpu"))

    def counts(self) -> Counter[str]:
        """Give how often each operation was asked for, such as `GetObject` and `ListObjectsV2`."""
        return Counter(self._ask("counts"))

    def set_latency(self, seconds: float) -> None:
        """From now on, send each answer so much later."""
        self._ask(f"latency?seconds={seconds}")

    def _ask(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/-/{what}", timeout=60) as answer:  # noqa: S310 (loopback)
            return json.loads(answer.read())


@contextmanager
def run_server(
    folder: Path | None = None,
    *,
    simulated: str | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Iterator[Server]:
    """Run the lean S3 server. It is killed at the end, and ends by itself should this process be killed.

    Args:
        folder: Buckets of files: see `load_folder`. They are read once.
        simulated: The name of a bucket of three million log files: see `SimulatedBucket`.
        answers: From operations of JSON 1.1, such as `ListPublicKeys`, to their answers.
    """
    command = [sys.executable, "-m", "bench.server"]
    if folder is not None:
        command += ["--folder", str(folder.absolute())]
    if simulated is not None:
        command += ["--simulated", simulated]
    with tempfile.TemporaryDirectory(prefix="trailsdk-server-") as place:
        if answers is not None:
            path = Path(place) / "answers.json"
            path.write_text(json.dumps(answers))
            command += ["--answers", str(path)]
        with subprocess.Popen(  # noqa: S603 (our own code)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
        ) as process:
            assert process.stdout is not None
            try:
                port = process.stdout.readline().decode().strip()
                assert port, "the server did not start"
                yield Server(f"http://127.0.0.1:{port}")
            finally:
                process.kill()


def make_session() -> "Session":
    """Make a session whose keys nobody checks."""
    from boto3.session import Session

    return Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")  # noqa: S106
