"""What a run owes to its messages: a message is settled when all of the files that it names are."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from threading import Lock

from attrs import define, field, frozen

from trailsdk.codec.notices import Delivered, Event
from trailsdk.sources.base import Blob, Stats

__all__ = ["File", "Ledger", "Message", "NoticedBlob"]

_REMEMBERED = 100_000
"""Files and events that are recognised when they are named again, in one run."""


@define(eq=False)
class Message:
    """A message that was received."""

    location: str
    """What it is called in origins and errors."""
    body: str = field(repr=False)
    receipt: str = field(default="", repr=False)
    """By which the queue knows this delivery of it."""
    waits_for: int = 1
    """How many files of it are not settled yet, and one while it is being looked at itself."""
    failed: bool = False


@define(eq=False)
class File:
    """A file that messages name, or an event that one has, and that is not settled yet."""

    name: bytes
    notice: Delivered | Event
    messages: list[Message]
    start: int = 0
    """How many of its pieces were given when it was read before and failed."""
    bad: bool = False
    """Records of it could not be read then."""


@define(eq=False)
class NoticedBlob(Blob):
    """A blob that knows for whom it is read. Its default values are there for the base class's sake."""

    ledger: "Ledger | None" = None
    file: File | None = None


@frozen
class _Seen:
    """A file that was settled in this run."""

    etag: str | None
    sequencer: str | None
    pieces: int | None
    """How many were given when it failed; `None` where it was consumed."""
    bad: bool


_CONSUMED = _Seen(None, None, None, bad=False)
"""Most files are: one value serves for all of them."""


class Ledger:
    """The messages of one run.

    Args:
        stats: Counters to keep.
        settle: Called once for each message, when all of its files are settled.
        remembered: How many files are recognised when they are named again.
    """

    def __init__(self, stats: Stats, settle: Callable[[Message], None], remembered: int = _REMEMBERED) -> None:
        self.stats = stats
        self.flush: Callable[[], None] = _nothing
        """Writes down at once what was settled."""
        self._settle = settle
        self._remembered = remembered
        self._messages: dict[Message, None] = {}
        self._lock = Lock()
        self._open: dict[bytes, File] = {}
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def at_hand(self) -> list[Message]:
        """Give the messages that are not settled. Any thread may ask."""
        with self._lock:
            return list(self._messages)

    def take(self, messages: Iterable[Message]) -> None:
        """Messages have come. Any thread may tell."""
        with self._lock:
            self._messages.update(dict.fromkeys(messages))

    def begin(self, message: Message) -> None:
        """A message is looked at; `finish` must follow."""
        self.stats.messages += 1
        self.take([message])

    def finish(self, message: Message) -> None:
        """All that a message names is known."""
        self._less(message)

    def name(self, message: Message, notice: Delivered | Event) -> File | None:
        """A message names a file.

        Returns:
            The file, if it is to be read for this message; `None` if it was, or already is for another.
        """
        name = _name_of(notice)
        current = self._open.get(name)
        if current is not None and _covers(current.notice, notice):
            self.stats.repeated += 1
            current.messages.append(message)
            message.waits_for += 1
            return None
        seen = self._seen.get(name)
        file = File(name, notice, [message])
        if seen is not None and _covers(_told_of(seen, notice), notice):
            if seen.pieces is None:
                self.stats.repeated += 1
                return None
            file.start, file.bad = seen.pieces, seen.bad
        self._open[name] = file
        message.waits_for += 1
        return file

    def consume(self, file: File) -> None:
        """All records of a file were consumed, or none is wanted."""
        self._close(file, None)

    def fail(self, file: File, pieces: int, *, bad: bool) -> None:
        """A file could not be read, or not wholly.

        Args:
            file: The file.
            pieces: How many of its pieces were given, in this reading and earlier ones.
            bad: Records of it could not be read.
        """
        for message in file.messages:
            message.failed = True
        self._close(file, pieces, bad=bad or file.bad)

    def _close(self, file: File, pieces: int | None, *, bad: bool = False) -> None:
        if self._open.get(file.name) is file:
            del self._open[file.name]
        notice = file.notice
        etag, sequencer = (notice.etag, notice.sequencer) if isinstance(notice, Delivered) else (None, None)
        seen = _Seen(etag, sequencer, pieces, bad)
        self._seen[file.name] = _CONSUMED if seen == _CONSUMED else seen
        self._seen.move_to_end(file.name)
        if len(self._seen) > self._remembered:
            self._seen.popitem(last=False)
        for message in file.messages:
            self._less(message)

    def _less(self, message: Message) -> None:
        message.waits_for -= 1
        if message.waits_for == 0:
            with self._lock:
                del self._messages[message]
            self._settle(message)


def _nothing() -> None:
    pass


def _name_of(notice: Delivered | Event) -> bytes:
    text = notice.raw if isinstance(notice, Event) else f"{notice.bucket}/{notice.key}".encode(errors="surrogatepass")
    return blake2b(text, digest_size=16, person=type(notice).__name__.encode()).digest()


def _told_of(seen: _Seen, notice: Delivered | Event) -> Delivered | Event:
    """Give the notice by which a file was read, of which not all is remembered."""
    if isinstance(notice, Event):
        return notice
    return Delivered(notice.bucket, notice.key, sequencer=seen.sequencer, etag=seen.etag)


def _covers(read: Delivered | Event, notice: Delivered | Event) -> bool:
    """Tell whether who read a file for one notice has read what another of the same name speaks of.

    Notices come twice, and in any order; CloudTrail's own say neither which content nor when it was put.
    """
    if isinstance(read, Event) or isinstance(notice, Event):
        return True
    if read.etag is not None and read.etag == notice.etag:
        return True
    later = notice.is_later(read)
    if later is not None:
        return not later
    return read.etag is None or notice.etag is None
