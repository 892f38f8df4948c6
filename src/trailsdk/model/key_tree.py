"""The tree of directories below `AWSLogs`: a position in it, and the steps down.

Source: AWS CloudTrail User Guide, "Finding your CloudTrail log files".
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

__all__ = ["DIGEST_FOLDER", "FOLDERS", "LAKE_FOLDER", "LOG_FOLDER", "KeyPrefix", "parse_prefix"]

LOG_FOLDER: Final = "CloudTrail"
"""Folder of the log files of management and data events, which digests name."""

FOLDERS: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        LOG_FOLDER: None,
        "CloudTrail-Insight": "Insight",
        "CloudTrail-NetworkActivity": "NetworkActivity",
        "CloudTrail-Aggregated": "Aggregated",
    }
)
"""Folders of log files, and the `eventCategory` of their records; `CloudTrail` holds management and data."""

DIGEST_FOLDER: Final = "CloudTrail-Digest"
"""Folder of digest files."""

LAKE_FOLDER: Final = "CloudTrail-Lake"
"""Folder of CloudTrail Lake's query results."""

ROOT: Final = "AWSLogs"

# Real ids have 10 to 32 characters after `o-`, anonymised ones fewer. No account's id begins with `o-`.
ORGANIZATION: Final = r"o-[a-z0-9]{1,32}"
# Real ids are 12 digits, anonymised ones need not be; but an underscore would blur the parts of a name.
ACCOUNT: Final = r"[^/_]+"
REGION: Final = r"[a-z]{2,}(?:-[a-z0-9]+)+"


@frozen(kw_only=True)
class KeyPrefix:
    """A directory in the tree of log and digest files: from `AWSLogs` down to a day.

    Fields are filled from the left: after the first that is `None` (but `organization_id`) all are.
    The tree of Lake's results is another one.
    """

    prefix: str = ""
    """What stands before `AWSLogs`, without the slash between; a prefix of slashes only is given whole."""

    organization_id: str | None = None

    account_id: str | None = None

    folder: str | None = None
    """One of `FOLDERS`, or `DIGEST_FOLDER`."""

    region: str | None = None

    year: int | None = None

    month: int | None = None

    day: int | None = None

    @property
    def date(self) -> dt.date | None:
        """The day, where the path goes down to it."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return dt.date(self.year, self.month, self.day)

    def child(self, name: str) -> "KeyPrefix | None":
        """Step one directory down.

        Args:
            name: The directory's name, without slashes.

        Returns:
            The position below, the same as `parse_prefix(f"{self}{name}/")`; `None` where the grammar
            knows no such directory, e.g. another service's. `AWSLogs` begins a tree of its own at any depth.
        """
        if name == ROOT:
            return KeyPrefix(prefix=str(self)[:-1])
        if self.account_id is None:
            if self.organization_id is None and re.fullmatch(ORGANIZATION, name, re.ASCII):
                return evolve(self, organization_id=name)
            return evolve(self, account_id=name) if re.fullmatch(ACCOUNT, name) else None
        if self.folder is None:
            return evolve(self, folder=name) if name in FOLDERS or name == DIGEST_FOLDER else None
        if self.region is None:
            return evolve(self, region=name) if re.fullmatch(REGION, name, re.ASCII) else None
        return self._child_of_date(name)

    def _child_of_date(self, name: str) -> "KeyPrefix | None":
        if not (name.isascii() and name.isdigit()):
            return None
        if self.year is None:
            return evolve(self, year=int(name)) if parse_day(f"{name}/01/01") else None
        if self.month is None:
            return evolve(self, month=int(name)) if parse_day(f"{self.year:04}/{name}/01") else None
        if self.day is None:
            return evolve(self, day=int(name)) if parse_day(f"{self.year:04}/{self.month:02}/{name}") else None
        return None

    def __str__(self) -> str:
        numbers = (
            None if number is None else f"{number:0{width}}"
            for number, width in ((self.year, 4), (self.month, 2), (self.day, 2))
        )
        parts = (self.organization_id, self.account_id, self.folder, self.region, *numbers)
        return "/".join([before_root(self.prefix) + ROOT, *filter(None, parts), ""])


def parse_prefix(text: str) -> KeyPrefix | None:
    """Read a directory's path as a position in the tree of log and digest files.

    Args:
        text: Any text. Its last segment is a whole name, with or without the slash behind it.

    Returns:
        The position, whose `str` ends with a slash; `None` where `text` has no segment `AWSLogs`,
        or leaves the grammar below it.
    """
    path = text if text.endswith("/") else f"{text}/"
    start = find_root(path)
    if start < 0:
        return None
    position: KeyPrefix | None = KeyPrefix(prefix=after_root(path[:start]))
    # The path ends with a slash: the last piece is empty, and no name.
    for name in path[start + len(ROOT) + 1 :].split("/")[:-1]:
        if position is None:
            return None
        position = position.child(name)
    return position


def find_root(text: str) -> int:
    """Where the last segment `AWSLogs` that is a directory begins, or -1."""
    slash = text.rfind(f"/{ROOT}/")
    if slash >= 0:
        return slash + 1
    return 0 if text.startswith(f"{ROOT}/") else -1


def after_root(before: str) -> str:
    # As with `posixpath.dirname`: "/" stays, or a leading slash would be lost ("" is no prefix at all).
    return before[:-1] if before.strip("/") else before


def before_root(prefix: str) -> str:
    return f"{prefix}/" if prefix.strip("/") else prefix


# Keys are listed in order of time, so that neighbours share their day.
@lru_cache(maxsize=1024)
def parse_day(text: str) -> dt.date | None:
    """Read `YYYY/MM/DD`, digits known to be ASCII; `None` where the calendar has no such day."""
    year, month, day = text.split("/")
    if (len(year), len(month), len(day)) != (4, 2, 2):
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
