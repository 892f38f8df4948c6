"""What a cursor remembers, whatever it is kept in.

Times are text, to the minute and in UTC: `2026-03-07T09:10`. So they compare as they stand, and the empty text is
before all of them.
"""

from collections.abc import Mapping
from typing import Protocol

from attrs import define, field, frozen

from trailsdk.sources.cursor.question import Question

__all__ = ["DELETE_OR_RESTORE", "Changes", "Entry", "Folder", "FolderChange", "Memory", "Unfinished"]

DELETE_OR_RESTORE = "restore a copy of it, or delete it to read everything again"
"""What to do with a cursor that cannot be used."""


@frozen
class Entry:
    """A file that was consumed."""

    time: str
    """When it was delivered; empty where its name does not tell."""
    etag: str | None


@frozen
class Unfinished:
    """A file that was consumed in part, or could not be read to its end."""

    etag: str | None
    pieces: int
    """How many of its pieces were consumed: records, and what stood in their place."""
    failed: bool
    location: str
    """Its path or URI."""


@frozen
class Folder:
    """How far a folder was consumed in which files appear in order of time: that of an account's Region."""

    newest: str = ""
    """When the newest file that was consumed was delivered; no later than the clock says."""
    settled: str = ""
    """All files that were delivered before were consumed, unless they are unfinished. They have no entries."""


@define
class FolderChange:
    """What has changed in a folder."""

    folder: Folder
    files: dict[str, Entry] = field(factory=dict)
    """What was consumed, by name."""


@frozen
class Changes:
    """What has changed since the last time that it was saved."""

    question: Question
    folders: Mapping[str, FolderChange]
    unfinished: Mapping[str, Unfinished | None]
    """By name; `None` where a file is finished."""


class Memory(Protocol):
    """A cursor's content, as it was when it was opened, and after each time that it was saved."""

    question: Question | None
    """What was asked for; `None` for a cursor that is new."""
    folders: dict[str, Folder]
    unfinished: dict[str, Unfinished]

    def find(self, folder: str, name: str) -> Entry | None:
        """Look a file up among those that were consumed."""

    def save(self, changes: Changes) -> None:
        """Add what has changed, all of it or nothing.

        Raises:
            CursorConflictError: Somebody else saved in between.
            CursorError: It cannot be saved.
        """

    def close(self) -> None:
        """Let go of what is open. It can be saved afterwards."""
