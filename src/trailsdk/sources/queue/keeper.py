"""Beside the work: messages at hand stay hidden from others, and those whose files were consumed are deleted."""

import logging
import time
from collections.abc import Callable
from threading import Condition, Lock, Thread, current_thread

from trailsdk.errors import SourceError
from trailsdk.sources.base import Stats
from trailsdk.sources.queue.ledger import Message
from trailsdk.sources.queue.service import BATCH, SqsQueue

__all__ = ["Keeper"]

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 5


class Keeper:
    """Hides and deletes messages of one run, in a thread.

    Args:
        queue: The queue.
        stats: Counters to keep.
        at_hand: Gives the messages that are at hand.
        interval: Seconds after which messages at hand are hidden anew, and those that are done with are deleted,
            however few.
    """

    def __init__(self, queue: SqsQueue, stats: Stats, at_hand: Callable[[], list[Message]], *, interval: float) -> None:
        self._queue, self._stats, self._at_hand, self._interval = queue, stats, at_hand, interval
        self._changed = Condition()
        self._done: list[Message] = []
        self._stopped = self._resting = False
        self._sending = Lock()
        self._thread = Thread(target=self._run, name="trailsdk-queue", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is done with and not deleted yet is left to `flush`."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not current_thread():  # whichever thread drops the last reference to a stream closes it
            # A request that is on its way over a broken line is not waited for.
            self._thread.join(_PATIENCE_SECONDS)

    def acknowledge(self, message: Message) -> None:
        """A message is done with, and to be deleted soon."""
        with self._changed:
            self._done.append(message)
            if len(self._done) >= BATCH:
                self._changed.notify()

    def flush(self) -> None:
        """Delete, at once, all messages that are done with.

        Raises:
            SourceError: The queue refused, or could not be reached; it is tried again later.
        """
        with self._sending:
            while True:
                with self._changed:
                    batch = self._done[:BATCH]
                if not batch:
                    return
                failed = self._queue.delete(batch)
                with self._changed:
                    del self._done[: len(batch)]
                    self._stats.acknowledged += len(batch) - len(failed)
                    self._stats.left += len(failed)
                if failed:
                    # Their time is over, or they are deleted already. Whoever receives them next finds out.
                    _log.warning("%d messages could not be deleted, and may come again", len(failed))

    def _run(self) -> None:
        due = time.monotonic() + self._interval
        while True:
            with self._changed:
                self._changed.wait_for(self._is_needed, timeout=max(0.0, due - time.monotonic()))
                if self._stopped:
                    return
            try:
                self.flush()
            except SourceError as error:
                self._resting = True
                _log.warning("deleting messages is tried again later: %s", error)
            if time.monotonic() >= due:
                self._resting = False
                self._hide()
                due = time.monotonic() + self._interval

    def _is_needed(self) -> bool:
        return self._stopped or (len(self._done) >= BATCH and not self._resting)

    def _hide(self) -> None:
        """Hide messages at hand anew: their work may take longer than the visibility timeout."""
        messages = self._at_hand()
        try:
            failed = set(self._queue.hide(messages))
        except SourceError as error:
            _log.warning("messages at hand could not be kept hidden, and may come again: %s", error)
            return
        if lost := failed.intersection(self._at_hand()):
            _log.warning("%d messages at hand could not be kept hidden, and may come again", len(lost))
