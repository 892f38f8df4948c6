"""What a stream tells of the files that messages name: which of them it has consumed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from attrs import define

from trailsdk.errors import TrailError
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.following import StoppedError
from trailsdk.sources.queue.ledger import File, Ledger, NoticedBlob

__all__ = ["MessageProgress"]

T = TypeVar("T")

_END = object()


@define(eq=False)
class _Reading:
    """A file that is read."""

    ledger: Ledger
    file: File
    stats: Stats
    failed: int
    bad: int
    pieces: int
    whole: bool = False
    """Its last piece was given, and nothing is wrong with it."""
    left: bool = False
    """It is to come again."""
    told: bool = False
    """It was told to be consumed before the stream left it."""

    @property
    def is_bad(self) -> bool:
        return self.file.bad or self.stats.bad > self.bad

    @property
    def is_failed(self) -> bool:
        return self.left or self.is_bad or self.stats.failed > self.failed


class MessageProgress:
    """The files of one stream; a file is consumed when the record behind its last is asked for, or by a commit."""

    autocommit = False
    """What was consumed is told to the queue anyway."""

    def __init__(self) -> None:
        self._reading: _Reading | None = None
        self._ledger: Ledger | None = None

    @property
    def start(self) -> int:
        """How many pieces of the file at hand were given before."""
        return 0 if self._reading is None else self._reading.file.start

    def is_consumed(self, blob: Blob) -> bool:  # noqa: ARG002 (the protocol)
        """Tell that a file was not consumed: those that were are not given."""
        return False

    def expect(self, blob: Blob, stats: Stats) -> None:  # noqa: ARG002 (the protocol)
        """A file will be read."""
        self._ledger, _ = _known(blob)

    def leave_out(self, blob: Blob) -> None:
        """A stage does not want a file: that settles it."""
        ledger, file = _known(blob)
        ledger.consume(file)

    def listed_once(self) -> None:
        """The source waits for more: nothing is to be remembered for that."""

    def could_not_list(self, error: TrailError) -> None:
        """The source keeps what could not be understood in its queue by itself."""

    @contextmanager
    def at_hand(self, blob: Blob, stats: Stats) -> Iterator[None]:
        """Read a file; a stream that is closed meanwhile settles nothing."""
        ledger, file = _known(blob)
        reading = self._reading = _Reading(ledger, file, stats, stats.failed, stats.bad, file.start)
        try:
            yield
        except StoppedError:
            # The record that was given last is done with, or its successor would not have been asked for.
            if reading.whole or reading.is_failed:
                self._leave(reading)
            raise
        except BaseException:
            if reading.is_failed:
                self._leave(reading)
            raise
        self._leave(reading)

    def _leave(self, reading: _Reading) -> None:
        self._reading = None
        if reading.told:
            return
        if reading.is_failed:
            reading.ledger.fail(reading.file, reading.pieces, bad=reading.is_bad)
        else:
            reading.ledger.consume(reading.file)

    def unread(self, pieces: Iterable[T], wrong: Callable[[], object]) -> Iterable[T]:
        """Give the pieces of the file at hand, one late: the last is known to be it when it is given."""
        reading = self._reading
        assert reading is not None  # noqa: S101 (for the type checker: called within `at_hand`)
        return _counted(islice(iter(pieces), reading.file.start, None), reading, wrong)

    def leave(self) -> None:
        """The file at hand is to come again, and so its message is left in the queue."""
        if self._reading is not None:
            self._reading.left = True

    def save(self, *, at_hand: bool) -> None:
        """Delete the messages whose files were consumed.

        Args:
            at_hand: The file at hand is consumed too, if its last record was given and it is sound.

        Raises:
            SourceError: The queue cannot be told.
        """
        reading = self._reading
        if at_hand and reading is not None and reading.whole and not reading.told and not reading.is_failed:
            reading.told = True
            reading.ledger.consume(reading.file)
        if self._ledger is not None:
            self._ledger.flush()

    def close(self) -> None:
        """Nothing is open: the source closes what it opened."""


def _counted(pieces: Iterator[T], reading: _Reading, wrong: Callable[[], object]) -> Iterator[T]:
    piece = next(pieces, _END)
    while piece is not _END:
        following = next(pieces, _END)
        reading.pieces += 1
        reading.whole = following is _END and wrong() is None
        yield piece  # type: ignore[misc]  # it is not _END
        piece = following


def _known(blob: Blob) -> tuple[Ledger, File]:
    assert isinstance(blob, NoticedBlob)  # noqa: S101 (for the type checker: its source gives no others)
    assert blob.ledger is not None  # noqa: S101 (the same)
    assert blob.file is not None  # noqa: S101 (the same)
    return blob.ledger, blob.file
