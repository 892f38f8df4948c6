"""Local files keep the contract of sources."""

from pathlib import Path

from trailsdk.testing.sources import SourceContract


class TestLocal(SourceContract):
    """A folder laid out like a bucket."""

    def location(self, folder: Path, files: dict[str, bytes]) -> str:
        """Write the files."""
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return str(folder)
