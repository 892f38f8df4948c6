"""Asking for messages in a thread: files are read meanwhile, and who waits can stop waiting at once."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread

from trailsdk.errors import SourceError, TrailError
from trailsdk.sources.queue.ledger import Message

__all__ = ["Receiver"]

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 5


class Receiver:
    """One request for messages at a time.

    Args:
        receive: Asks for messages, and waits for them for so many seconds.
        give_back: Shows messages to others again, which came too late.
    """

    def __init__(self, receive: Callable[[int], list[Message]], give_back: Callable[[list[Message]], object]) -> None:
        self._receive, self._give_back = receive, give_back
        self._answers: SimpleQueue[list[Message] | Exception | None] = SimpleQueue()
        self._here: deque[list[Message] | Exception | None] = deque()
        """The answer, if it was waited for and is not taken yet."""
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

    def is_answered(self, seconds: float) -> bool:
        """Wait some time for the answer, and tell whether it is there; or whether `stop` was called."""
        if not self._here:
            with suppress(Empty):
                self._here.append(self._answers.get(timeout=seconds))
        return bool(self._here)

    def answer(self) -> list[Message] | SourceError | None:
        """Wait for the answer.

        Returns:
            Messages; an error; `None` if `stop` was called meanwhile.
        """
        answer = self._here.popleft() if self._here else self._answers.get()
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
        asking = self._asking
        if asking is not None and asking is not current_thread() and not self._waits:
            asking.join(_PATIENCE_SECONDS)

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
        if isinstance(answer, list):
            try:
                self._give_back(answer)
            except TrailError as error:
                _log.info("messages come again only when their time is over: %s", error)
