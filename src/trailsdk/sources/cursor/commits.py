"""The cursors of one stream: when they are written."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from trailsdk.errors import CursorError, TrailError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, Stats
from trailsdk.sources.cursor.progress import Progress

T = TypeVar("T")

__all__ = ["Commits", "NoProgress"]

_log = logging.getLogger(__name__)


class NoProgress:
    """What is told of files where no cursor wants to know."""

    start = 0

    def is_consumed(self, blob: Blob) -> bool:  # noqa: ARG002 (as Progress)
        """Tell that a file was not consumed."""
        return False

    def expect(self, blob: Blob, stats: Stats) -> None:
        """Nothing is remembered."""

    def could_not_list(self, error: TrailError) -> None:
        """Nothing is remembered."""

    def at_hand(self, blob: Blob, stats: Stats) -> AbstractContextManager[object]:  # noqa: ARG002 (as Progress)
        """Nothing is remembered."""
        return nullcontext()

    def unread(self, pieces: Iterable[T]) -> Iterable[T]:
        """Give all pieces of a file."""
        return pieces


_NOTHING = NoProgress()


class Commits:
    """The cursors that a stream has met."""

    def __init__(self) -> None:
        self._met: list[Progress] = []
        self._crashed = False

    def commit(self) -> None:
        """Write down all that was consumed, up to the record that was given last.

        Raises:
            CursorError: A cursor cannot be written.
        """
        for progress in self._met:
            progress.save(at_hand=True)

    def crash(self) -> None:
        """An exception has left the caller's block: from now on, only a commit writes."""
        self._crashed = True

    @contextmanager
    def following(self, source: Source, selection: Selection) -> Iterator[Progress | NoProgress]:
        """Follow the reading of a source; at the end, write down what was consumed.

        Raises:
            CursorError: The source's cursor cannot be used, or not be written.
        """
        cursor = getattr(source, "cursor", None)
        if cursor is None:
            yield _NOTHING
            return
        progress = cursor.open(source.location, selection)
        self._met.append(progress)
        try:
            yield progress
        except GeneratorExit:
            self._end(progress, wanted=cursor.autocommit)
            raise
        except BaseException:
            try:
                self._end(progress, wanted=cursor.autocommit)
            except CursorError as error:
                # What went wrong first is what the caller is to see; what is not written down comes again.
                _log.warning("progress is not saved: %s", error)
            raise
        else:
            self._end(progress, wanted=cursor.autocommit)

    def _end(self, progress: Progress, *, wanted: bool) -> None:
        try:
            if wanted and not self._crashed:
                progress.save(at_hand=False)
        finally:
            progress.close()
