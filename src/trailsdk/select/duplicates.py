"""Records that come twice: recognised by event id, account and bytes, in a bounded window."""

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from hashlib import blake2b
from typing import Protocol

from trailsdk.errors import UsageError
from trailsdk.model.record import Record

__all__ = ["WINDOW", "Duplicates", "Seen"]

WINDOW = 100_000
"""Records that are remembered, by default."""

_DIGEST_BYTES = 16


class Seen(Enum):
    """What is known of a record."""

    NEW = "new"
    SAME = "same"
    """The same record was there: event id, account and bytes."""
    OTHER = "other"
    """One of the same event id and account was there, with other bytes: one of the two is not CloudTrail's."""


class Counters(Protocol):
    """What is counted."""

    yielded: int
    duplicate: int
    conflicts: int


class Duplicates:
    """Remembers the last records by hashes of 16 bytes; a record takes about 250 bytes of memory, whatever its size.

    Args:
        window: How many distinct records are remembered.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._order: deque[bytes] = deque()
        self._contents: dict[bytes, tuple[bytes, ...]] = {}

    @classmethod
    def of(cls, deduplicate: object) -> "Duplicates | None":
        """Read the option; `None` where it is not asked for.

        Raises:
            UsageError: It is neither a boolean nor a number of records.
        """
        if deduplicate is False:
            return None
        if deduplicate is True:
            return cls(WINDOW)
        if isinstance(deduplicate, int) and deduplicate > 0:
            return cls(deduplicate)
        raise UsageError(f"deduplicate={deduplicate!r}: expected True, False or how many records to remember")

    def look(self, record: Record) -> Seen:
        """Tell whether a record was there before, and remember it. One without an event id is always new."""
        event_id = record.event_id
        if event_id is None or record.raw is None:
            return Seen.NEW
        account = record.recipient_account_id or record.account_id or ""
        # The length keeps `ab` + `c` apart from `a` + `bc`.
        identity = f"{len(event_id)} {event_id} {account}".encode(errors="surrogatepass")
        key = blake2b(identity, digest_size=_DIGEST_BYTES).digest()
        content = blake2b(record.raw, digest_size=_DIGEST_BYTES).digest()
        known = self._contents.get(key)
        if known is not None and content in known:
            return Seen.SAME
        if len(self._order) == self._window:
            self._forget(self._order.popleft())
            known = self._contents.get(key)
        self._order.append(key)
        self._contents[key] = (content,) if known is None else (*known, content)
        return Seen.NEW if known is None else Seen.OTHER

    def drop(self, records: Iterable[Record], counters: Counters) -> Iterator[Record]:
        """Leave out records that were there before, and count them, instead of as given, as duplicates."""
        for record in records:
            seen = self.look(record)
            if seen is Seen.SAME:
                counters.yielded -= 1
                counters.duplicate += 1
                continue
            counters.conflicts += seen is Seen.OTHER
            yield record

    def _forget(self, key: bytes) -> None:
        rest = self._contents[key][1:]
        if rest:
            self._contents[key] = rest
        else:
            del self._contents[key]
