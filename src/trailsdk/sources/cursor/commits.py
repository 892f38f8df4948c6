"""The cursors of one stream: when they are written."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from trailsdk.errors import CursorError, TrailError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, Stats
from trailsdk.sources.cursor.progress import Progress
from trailsdk.sources.following import StoppedError

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

    def listed_once(self) -> None:
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
        self.idle = False
        """A source that is followed is about to wait, and the caller's function is told: it may commit."""

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

    def up_to_date(self, progress: Progress | NoProgress, idle: Callable[[], object] | None) -> None:
        """A source that is followed has given all that is there: tell the caller, and write down what was consumed.

        Raises:
            CursorError: A cursor cannot be written.
        """
        progress.listed_once()
        if idle is not None:
            self.idle = True
            try:
                idle()
            finally:
                self.idle = False
        if isinstance(progress, Progress) and progress.autocommit and not self._crashed:
            progress.save(at_hand=False)

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
        except StoppedError:
            # The record that was given last is done with, or its successor would not have been asked for.
            self._end(progress, wanted=progress.autocommit, at_hand=True)
            raise
        except GeneratorExit:
            self._end(progress, wanted=progress.autocommit)
            raise
        except BaseException:
            try:
                self._end(progress, wanted=progress.autocommit)
            except CursorError as error:
                # What went wrong first is what the caller is to see; what is not written down comes again.
                _log.warning("progress is not saved: %s", error)
            raise
        else:
            self._end(progress, wanted=progress.autocommit)

    def _end(self, progress: Progress, *, wanted: bool, at_hand: bool = False) -> None:
        try:
            if wanted and not self._crashed:
                progress.save(at_hand=at_hand)
        finally:
            progress.close()
