"""From a message to the files that it names, and the records that it has itself."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from trailsdk.codec.files import Readable
from trailsdk.codec.notices import Delivered, Event, Nothing, Notice, Unknown, read_notice
from trailsdk.errors import MessageError, SourceError, TrailError
from trailsdk.model.keys import LogFileKey, is_log_file_name, parse_key
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.queue.buckets import Buckets
from trailsdk.sources.queue.ledger import Ledger, Message, NoticedBlob

if TYPE_CHECKING:
    from trailsdk.sources.queue.signatures import SnsSignatures

__all__ = ["Check", "Named", "check_of"]

Check = Callable[[str], str | None]
"""Says why a message's text may not be trusted; `None` where it may. Raises a SourceError where it cannot tell."""


def check_of(verify_sns: "bool | SnsSignatures") -> Check | None:
    """Read the option `verify_sns`."""
    if verify_sns is False:
        return None
    # Imported here: cryptography takes its time.
    from trailsdk.sources.queue.signatures import SnsSignatures

    return (verify_sns if isinstance(verify_sns, SnsSignatures) else SnsSignatures()).objection


class Named:
    """Gives what messages name, for one run.

    Args:
        selection: What is asked for.
        ledger: Where it is written down.
        buckets: What objects are got from.
        allowed: The buckets that messages may name; `None`: any.
        check: Whether a message may be trusted at all; `None`: it may.
    """

    def __init__(
        self,
        selection: Selection,
        ledger: Ledger,
        buckets: Buckets,
        *,
        allowed: Collection[str] | None = None,
        check: Check | None = None,
    ) -> None:
        self._selection = selection
        self._ledger, self._buckets, self._allowed, self._check = ledger, buckets, allowed, check

    def blobs(self, message: Message) -> Iterator[Blob | TrailError]:
        """Give the files that a message names and that are to be read for it; what it is not understood in, as errors.

        The message is settled when all of them are, at once if there are none.
        """
        ledger, stats = self._ledger, self._ledger.stats
        ledger.begin(message)
        try:
            distrust = None if self._check is None else self._check(message.body)
            notices: list[Notice] = (
                read_notice(message.body, signed=self._check is not None) if distrust is None else [Unknown(distrust)]
            )
        except SourceError as error:
            message.failed = True
            ledger.finish(message)
            yield error
            return
        stats.empty += all(isinstance(each, Nothing) for each in notices)
        found: list[Blob | TrailError] = []
        for notice in notices:
            found += self._found(message, notice, len(found), stats)
        if any(isinstance(each, MessageError) for each in found):
            stats.poison += 1
        ledger.finish(message)
        yield from found

    def _found(self, message: Message, notice: Notice, number: int, stats: Stats) -> Sequence[Blob | TrailError]:
        location = message.location
        if isinstance(notice, Delivered):
            return self._of_object(message, notice, location, stats)
        if isinstance(notice, Event):
            return self._of_content(message, notice, f"{location}/{number}" if number else location)
        if isinstance(notice, Unknown):
            return [_failed(message, MessageError(location, notice.reason))]
        return []

    def content(self, message: Message, content: bytes) -> Iterator[Blob]:
        """Give the one file that a message is itself.

        Args:
            message: It.
            content: Its content, as `trailsdk.parse` reads it.
        """
        self._ledger.begin(message)
        found = self._of_content(message, Event(content), message.location)
        self._ledger.finish(message)
        yield from found

    def refuse(self, message: Message, reason: str) -> Iterator[TrailError]:
        """A message cannot be read at all.

        Args:
            message: It.
            reason: Why.
        """
        self._ledger.begin(message)
        self._ledger.stats.poison += 1
        error = _failed(message, MessageError(message.location, reason))
        self._ledger.finish(message)
        yield error

    def _of_content(self, message: Message, event: Event, location: str) -> list[Blob]:
        file = self._ledger.name(message, event)
        if file is None:
            return []
        content = event.raw
        return [NoticedBlob(location, partial(_open, content), size=len(content), ledger=self._ledger, file=file)]

    def _of_object(self, message: Message, notice: Delivered, location: str, stats: Stats) -> list[Blob | TrailError]:
        bucket, name = notice.bucket, notice.key
        if self._allowed is not None and bucket not in self._allowed:
            return [_failed(message, MessageError(location, "it names a bucket that is not one of `buckets`"))]
        key = parse_key(name)
        if not isinstance(key, LogFileKey) and (key is not None or not is_log_file_name(name.rpartition("/")[2])):
            stats.skip()
            return []
        if not self._selection.wants_key(key):
            stats.prune()
            return []
        try:
            opener = self._buckets.opener(bucket, name)
            fetcher = self._buckets.fetcher(bucket, name, notice.size)
        except SourceError as error:
            return [_failed(message, error)]
        file = self._ledger.name(message, notice)
        if file is None:
            return []
        return [
            NoticedBlob(
                f"s3://{bucket}/{name}",
                opener,
                name,
                fetch=fetcher,
                size=notice.size,
                etag=notice.etag,
                ledger=self._ledger,
                file=file,
            )
        ]


def _failed(message: Message, error: TrailError) -> TrailError:
    message.failed = True
    return error


def _open(content: bytes) -> AbstractContextManager[Readable]:
    return BytesIO(content)
