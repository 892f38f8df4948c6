"""What a stream has consumed: who is told, and when it is written down."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TypeVar

from trailsdk.errors import CursorError, TrailError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, Stats
from trailsdk.sources.following import StoppedError

T = TypeVar("T")

__all__ = ["Commits", "FileProgress", "NoProgress"]

_log = logging.getLogger(__name__)


class FileProgress(Protocol):
    """Who is told what became of each file of a source."""

    @property
    def autocommit(self) -> bool:
        """Whether it is written down at the end, and whenever a source waits, what was consumed."""

    @property
    def start(self) -> int:
        """How many pieces of the file at hand were consumed before."""

    def is_consumed(self, blob: Blob) -> bool:
        """Tell whether a file was consumed, and need not be read."""

    def expect(self, blob: Blob, stats: Stats) -> None:
        """A file will be read."""

    def leave_out(self, blob: Blob) -> None:
        """A file is not wanted by a stage."""

    def could_not_list(self, error: TrailError) -> None:
        """A source could not look at something."""

    def listed_once(self) -> None:
        """A source has given all that is there."""

    def at_hand(self, blob: Blob, stats: Stats) -> AbstractContextManager[object]:
        """Read a file within a `with` block, which ends when the record behind its last one is asked for."""

    def unread(self, pieces: Iterable[T], wrong: Callable[[], object]) -> Iterable[T]:
        """Give those pieces of the file at hand that were not consumed.

        Args:
            pieces: All of them.
            wrong: Tells what is wrong with the file, as far as is known at that moment; `None` if nothing is.
        """

    def leave(self) -> None:
        """The file at hand is to come again from where it began: a later run may find that its records count."""

    def save(self, *, at_hand: bool) -> None:
        """Write down what was consumed.

        Args:
            at_hand: The record that was given last, too.

        Raises:
            TrailError: It cannot be written.
        """

    def close(self) -> None:
        """Let go of what is open."""


class NoProgress:
    """What is told of files where no cursor wants to know."""

    start = 0
    autocommit = False

    def is_consumed(self, blob: Blob) -> bool:  # noqa: ARG002 (as Progress)
        """Tell that a file was not consumed."""
        return False

    def expect(self, blob: Blob, stats: Stats) -> None:
        """Nothing is remembered."""

    def leave_out(self, blob: Blob) -> None:
        """Nothing is remembered."""

    def could_not_list(self, error: TrailError) -> None:
        """Nothing is remembered."""

    def listed_once(self) -> None:
        """Nothing is remembered."""

    def at_hand(self, blob: Blob, stats: Stats) -> AbstractContextManager[object]:  # noqa: ARG002 (as Progress)
        """Nothing is remembered."""
        return nullcontext()

    def unread(self, pieces: Iterable[T], wrong: Callable[[], object]) -> Iterable[T]:  # noqa: ARG002 (as others)
        """Give all pieces of a file."""
        return pieces

    def leave(self) -> None:
        """Nothing is remembered."""

    def save(self, *, at_hand: bool) -> None:
        """There is nothing to write."""

    def close(self) -> None:
        """Nothing is open."""


_NOTHING = NoProgress()


class Commits:
    """The cursors and queues that a stream has met."""

    def __init__(self) -> None:
        self._met: list[FileProgress] = []
        self._crashed = False
        self.idle = False
        """A source that is followed is about to wait, and the caller's function is told: it may commit."""

    def commit(self) -> None:
        """Write down all that was consumed, up to the record that was given last.

        Raises:
            CursorError: A cursor cannot be written.
            SourceError: A queue cannot be told.
        """
        for progress in self._met:
            progress.save(at_hand=True)

    def crash(self) -> None:
        """An exception has left the caller's block: from now on, only a commit writes."""
        self._crashed = True

    def up_to_date(self, progress: FileProgress, idle: Callable[[], object] | None) -> None:
        """A source that is followed has given all that is there: tell the caller, and write down what was consumed.

        Raises:
            CursorError: A cursor cannot be written.
        """
        progress.listed_once()
        if idle is not None:
            self.idle = True
            try:
                idle()
            except BaseException:
                # As when an exception leaves the caller's block.
                self._crashed = True
                raise
            finally:
                self.idle = False
        if progress.autocommit and not self._crashed:
            progress.save(at_hand=False)

    @contextmanager
    def following(self, source: Source, selection: Selection) -> Iterator[FileProgress]:
        """Follow the reading of a source; at the end, write down what was consumed.

        Raises:
            CursorError: The source's cursor cannot be used, or not be written.
        """
        cursor, own_progress = getattr(source, "cursor", None), getattr(source, "own_progress", None)
        progress: FileProgress = _NOTHING
        if cursor is not None:
            progress = cursor.open(source.location, selection)
        elif own_progress is not None:
            progress = own_progress()
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

    def _end(self, progress: FileProgress, *, wanted: bool, at_hand: bool = False) -> None:
        try:
            if wanted and not self._crashed:
                progress.save(at_hand=at_hand)
        finally:
            progress.close()
