"""`trailsdk.Cursor`: remembers which files were consumed."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trailsdk.errors import CursorError, UsageError
from trailsdk.select.selection import Selection
from trailsdk.sources.cursor.document import CursorStore, DocumentMemory, FileStore
from trailsdk.sources.cursor.memory import DELETE_OR_RESTORE, Memory
from trailsdk.sources.cursor.progress import Progress
from trailsdk.sources.cursor.question import Question
from trailsdk.sources.cursor.sqlite import SqliteMemory

__all__ = ["OVERLAP", "Cursor"]

OVERLAP = timedelta(days=2)
"""How much later than its neighbours a file may come, by default."""

_SQLITE = (".sqlite", ".sqlite3", ".db")


class Cursor:
    """Remembers which files of a location were consumed, so that the next run reads only what is new.

    A record is consumed when the next one is asked for, or `stream.commit()` is called. What was consumed is written
    down by `commit()`, at the end of the stream, and when it is closed; after a crash, everything since comes again.
    Of a file that is left in the middle only a commit writes down how far it was consumed. Where an exception leaves a
    `with` block of the stream, that is a crash: nothing is written down. Without a `with` block, it looks like a
    `break`. Who collects records and handles many at once sets `autocommit=False`, and commits.

    Files are remembered by their names and ETags: one that was replaced is read again, and counted as `replaced`.
    Files that failed come again until they succeed. Files appear late and out of order, so each folder of a Region is
    listed again from `overlap` before the newest file that was consumed. A file that comes later than that is not
    seen. Files whose names tell no time of delivery are remembered for ever.

    A cursor belongs to a location, and to a question: it refuses a `since`, an `until` or `categories` that ask for
    more than before, since files that were consumed are not searched again. `where` it cannot compare. Two readers at
    once are noticed: the second that writes gets an error, and nobody's progress is lost.

    Args:
        store: Where to keep it: a path, for SQLite where it ends in `.sqlite`, `.sqlite3` or `.db`, otherwise a JSON
            file, which is written anew each time; or an object of yours, see `trailsdk.sources.CursorStore`.
        overlap: How much later than its neighbours a file may come. CloudTrail tries for up to 30 days to deliver
            to a bucket that refuses; for so long an overlap, use SQLite.
        autocommit: Write down what was consumed at the end of a stream and when it is closed, too.
        now: The time, or a function that tells it, by which names that lie in the future are recognised; the clock's
            by default.

    Raises:
        UsageError: `overlap` is negative.
    """

    def __init__(
        self,
        store: str | os.PathLike[str] | CursorStore,
        *,
        overlap: timedelta = OVERLAP,
        autocommit: bool = True,
        now: datetime | Callable[[], datetime] | None = None,
    ) -> None:
        if overlap < timedelta():
            raise UsageError(f"Cursor: overlap={overlap}: expected no negative time")
        self._store = os.fspath(store) if isinstance(store, (str, os.PathLike)) else store
        self.overlap = overlap
        self.now = now if callable(now) else _clock(now)
        self.autocommit = autocommit

    def __repr__(self) -> str:
        return f"Cursor({self._store if isinstance(self._store, str) else self._store.location!r})"

    def open(self, location: str, selection: Selection) -> Progress:
        """Begin a run; for sources.

        Args:
            location: What is read.
            selection: What is asked for.

        Raises:
            CursorError: It is damaged, cannot be read, or belongs to another location or question.
        """
        where = location.rstrip("/") if "://" in location else os.path.abspath(location)  # noqa: PTH100 (links are kept, as the source keeps them)
        memory = self._memory()
        question = Question.of(where, selection)
        try:
            objection = None if memory.question is None else question.objection(memory.question)
        except (ValueError, TypeError):
            objection = f"it is damaged; {DELETE_OR_RESTORE}"
        if objection is not None:
            memory.close()
            raise CursorError(self._location, objection)
        return Progress(
            memory,
            question,
            selection,
            location,
            self._location,
            overlap=self.overlap,
            now=self.now,
            autocommit=self.autocommit,
        )

    def is_kept_in(self, path: str) -> bool:
        """Tell whether a file is the cursor's own: it may lie in the folder that is read."""
        kept = self._store
        return (
            isinstance(kept, str)
            and Path(kept).name == Path(path).name
            and Path(kept).resolve() == Path(path).resolve()
        )

    @property
    def _location(self) -> str:
        return self._store if isinstance(self._store, str) else self._store.location

    def _memory(self) -> Memory:
        if not isinstance(self._store, str):
            return DocumentMemory(self._store)
        if self._store.lower().endswith(_SQLITE):
            return SqliteMemory(self._store)
        return DocumentMemory(FileStore(self._store))


def _clock(now: datetime | None) -> Callable[[], datetime]:
    """Give a clock that stands still, or the real one."""
    return (lambda: datetime.now(UTC)) if now is None else (lambda: now)
