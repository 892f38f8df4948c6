"""Asking for messages in a thread: files are read meanwhile, and who waits can stop waiting at once."""

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from trailsdk.errors import SourceError, TrailError
from trailsdk.sources.queue.ledger import Message

__all__ = ["Receiver"]

_log = logging.getLogger(__name__)


class Receiver:
    """One request for messages at a time.

    Args:
        receive: Asks for messages, and waits for them for so many seconds.
        give_back: Shows messages to others again, which came too late.
    """

    def __init__(self, receive: Callable[[int], list[Message]], give_back: Callable[[list[Message]], object]) -> None:
        self._receive, self._give_back = receive, give_back
        self._answers: SimpleQueue[list[Message] | Exception | None] = SimpleQueue()
        self._asking: Thread | None = None
        self._waits = False
        self._closed = False
        self._lock = Lock()

    def ask(self, wait_seconds: int) -> None:
        """Begin to ask, unless an answer is on its way."""
        if self._asking is not None:
            return
        self._waits = wait_seconds > 0
        # A daemon, so that a long request does not hold up the end of the program.
        self._asking = Thread(target=self._ask, args=(wait_seconds,), name="trailsdk-receive", daemon=True)
        self._asking.start()

    def answer(self) -> list[Message] | SourceError | None:
        """Wait for the answer.

        Returns:
            Messages; an error; `None` if `stop` was called meanwhile.
        """
        answer = self._answers.get()
        if answer is None:
            return None
        self._asking = None
        if isinstance(answer, Exception) and not isinstance(answer, SourceError):
            raise answer
        return answer

    def stop(self) -> None:
        """Wake whoever waits for an answer. Any thread may call it."""
        self._answers.put(None)

    def close(self) -> None:
        """Take no more answers: messages that still come are given back. A long request is not waited for."""
        with self._lock:
            self._closed = True
        if self._asking is not None and not self._waits:
            self._asking.join()
        while True:
            try:
                late = self._answers.get(block=False)
            except Empty:
                return
            self._give_back_quietly(late)

    def _ask(self, wait_seconds: int) -> None:
        answer: list[Message] | Exception
        try:
            answer = self._receive(wait_seconds)
        except Exception as error:  # noqa: BLE001 (raised again where the answer is taken)
            answer = error
        with self._lock:
            if not self._closed:
                self._answers.put(answer)
                return
        self._give_back_quietly(answer)

    def _give_back_quietly(self, answer: list[Message] | Exception | None) -> None:
        if not isinstance(answer, list) or not answer:
            return
        try:
            self._give_back(answer)
        except TrailError as error:
            _log.info("messages come again only when their time is over: %s", error)
