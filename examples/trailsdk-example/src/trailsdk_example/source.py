"""A source: the log files in a ZIP archive."""

import zipfile
from collections.abc import Iterator
from functools import partial

from trailsdk import TrailError
from trailsdk.errors import UnreadableError
from trailsdk.plugins import Blob, Selection, SourcePlan, Stats, parse_key


class ZipSource:
    """Reads `zip:///path/to/archive.zip`, its files in the order of their names."""

    def __init__(self, location: str) -> None:
        self.location = location

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell what will be looked at."""
        return SourcePlan(self.location)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        """Find the files that can hold an answer."""
        try:
            archive = zipfile.ZipFile(self.location.removeprefix("zip://"))
        except (OSError, zipfile.BadZipFile) as error:
            yield UnreadableError(self.location, str(error))
            return
        with archive:
            for name in sorted(archive.namelist()):
                if name.endswith("/"):
                    continue
                if selection.wants_key(parse_key(name)):
                    yield Blob(f"{self.location}/{name}", partial(archive.open, name), name, found=True)
                else:
                    stats.prune()
