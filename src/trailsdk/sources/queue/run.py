"""One run through a queue: ask for messages, give their files, and settle them."""

import logging
from collections.abc import Callable, Generator, Iterator

from trailsdk.errors import SourceError, TrailError
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.following import UP_TO_DATE, Following, UpToDate
from trailsdk.sources.queue.keeper import Keeper
from trailsdk.sources.queue.ledger import Ledger, Message
from trailsdk.sources.queue.named import Named
from trailsdk.sources.queue.receiver import Receiver
from trailsdk.sources.queue.service import SqsQueue
from trailsdk.sources.requests import is_passing, is_throttling

__all__ = ["Run"]

_log = logging.getLogger(__name__)

_SOON_SECONDS = 0.2
"""How long files that were fetched wait for more messages; then they are read first."""


class Run:
    """One run through a queue.

    Args:
        queue: The queue.
        named_by: Makes what gives the files that messages name.
        stats: Counters to keep.
        wait_seconds: How long the queue waits for a message when all others are read.
        follow: How the queue is followed; `None` if the run ends when it is empty.
        interval: Seconds after which messages at hand are hidden anew.
    """

    def __init__(
        self,
        queue: SqsQueue,
        named_by: Callable[[Ledger], Named],
        stats: Stats,
        *,
        wait_seconds: int,
        follow: Following | None,
        interval: float,
    ) -> None:
        self._queue, self._stats, self._wait_seconds, self._follow = queue, stats, wait_seconds, follow
        self._ledger = Ledger(stats, self._settle)
        self._keeper = Keeper(queue, stats, self._ledger.at_hand, interval=interval)
        self._ledger.flush = self._keeper.flush
        self._named = named_by(self._ledger)
        self._receiver = Receiver(self._receive, lambda messages: queue.hide(messages, 0))
        if follow is not None:
            follow.tell_of_stop(self._receiver.stop)

    def blobs(self) -> Iterator[Blob | TrailError | UpToDate]:
        """Give the files that messages name, until the queue is empty; if it is followed, until a stop."""
        self._keeper.start()
        try:
            yield from self._blobs()
        finally:
            self._end()

    def _blobs(self) -> Iterator[Blob | TrailError | UpToDate]:
        patient = True  # whether the queue was asked to wait for messages, all that came before being read
        self._receiver.ask(self._wait_seconds)
        while True:
            if not patient and not self._receiver.is_answered(_SOON_SECONDS):
                yield UP_TO_DATE
            answer = self._receiver.answer()
            if answer is None:
                return
            if isinstance(answer, SourceError):
                yield answer
                if not _passes(answer) or not (yield from self._pause()):
                    return
            elif answer:
                # More messages are on their way while the files of these are read.
                self._receiver.ask(0)
                for message in answer:
                    yield from self._named.blobs(message)
                if self._follow is not None:
                    self._follow.news()
                patient = False
                continue
            elif patient and not self._goes_on():
                return
            else:
                yield UP_TO_DATE
                self._quietly(self._keeper.flush)
            patient = True
            self._receiver.ask(self._wait_seconds)

    def _goes_on(self) -> bool:
        """Tell whether to ask a queue again that was empty. One that does not wait itself is waited for here."""
        if self._follow is None:
            return False
        return self._wait_seconds > 0 or self._follow.wait()

    def _pause(self) -> Generator[UpToDate, None, bool]:
        """Wait before a queue is asked again that could not be reached."""
        if self._follow is None:
            return False
        yield UP_TO_DATE
        return self._follow.wait()

    def _receive(self, wait_seconds: int) -> list[Message]:
        messages = self._queue.receive(wait_seconds)
        # From here on they are kept hidden, though their turn has not come.
        self._ledger.take(messages)
        return messages

    def _settle(self, message: Message) -> None:
        if message.failed:
            self._stats.left += 1
        else:
            self._keeper.acknowledge(message)

    def _end(self) -> None:
        """Delete what is done with, and let others have at once what is not."""
        self._keeper.stop()
        self._receiver.close()
        self._quietly(self._keeper.flush)
        self._quietly(lambda: self._queue.hide(self._ledger.at_hand(), 0))

    def _quietly(self, call: Callable[[], object]) -> None:
        try:
            call()
        except SourceError as error:
            _log.warning("messages of which the queue could not be told come again: %s", error)


def _passes(error: SourceError) -> bool:
    """Tell whether a queue may well answer later."""
    cause = error.__cause__
    return isinstance(cause, Exception) and (is_passing(cause) or is_throttling(cause))
