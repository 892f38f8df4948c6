"""An observer: which files were read, and what was wrong."""

from pathlib import Path

from trailsdk import Stats, TrailError
from trailsdk.plugins import Blob


class AuditTrail:
    """Writes a line for each file and each error, and one at the end."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def file_finished(self, blob: Blob, stats: Stats) -> None:
        """A file is done with."""
        self._write(f"done {blob.location}")

    def error(self, error: TrailError) -> None:
        """Something is wrong."""
        self._write(f"error {error}")

    def end(self, stats: Stats) -> None:
        """The stream has ended."""
        self._write(f"end {stats.read} files, {stats.yielded} records")

    def _write(self, line: str) -> None:
        with self._path.open("a") as out:
            out.write(line + "\n")
