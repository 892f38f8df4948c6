"""Proved reading: the digests of each account and Region are read when the first of its log files is on its way.

What they say is kept while log files of that account and Region are on their way, and then let go of.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from types import EllipsisType
from typing import TypeAlias

from attrs import define, evolve, field

from trailsdk.codec.containers import Division
from trailsdk.codec.files import (
    Decode,
    Readable,
    divide_inflated,
    divide_stream,
    hash_file,
    inflate_file,
    read_whole,
)
from trailsdk.codec.inflate import DEFAULT_LIMIT
from trailsdk.errors import FileError, TooLargeError, TrailError
from trailsdk.integrity.chain import Span
from trailsdk.integrity.copied import Origin
from trailsdk.integrity.judging import NO_DIGESTS, Content, Judged, KnownFiles
from trailsdk.integrity.keyring import Keys
from trailsdk.integrity.listing import LATEST, list_folder
from trailsdk.integrity.places import Places
from trailsdk.integrity.scope import ListedChain, Root, Scope
from trailsdk.integrity.verdicts import ChainId
from trailsdk.integrity.verify import at_once
from trailsdk.integrity.walk import Walker
from trailsdk.model.key_tree import KeyPrefix
from trailsdk.model.keys import LogFileKey
from trailsdk.model.times import shifted
from trailsdk.sources.base import Blob, Source, SourcePlan

__all__ = ["Proofs"]

_BEFORE = timedelta(hours=2)
"""How much earlier than a log file's name says a digest may end that names it, with an hour to spare."""

_DAY = timedelta(days=1)

_AT_ONCE = 8
"""Accounts and Regions whose digests are read at the same time."""

_MOST_IDLE = 4
"""Accounts and Regions of which it is kept what the digests say though none of their files is on its way."""

_Group: TypeAlias = tuple[str, str]
"""Account and Region."""


@define(eq=False)
class _Reading:
    """The digests of an account and Region, which are being read or were."""

    group: _Group
    span: Span
    own: tuple[Root, KeyPrefix] | None
    """Where its first file lies, which is known even where nothing above may be listed."""
    known: "Future[KnownFiles]"
    expected: int = 0
    """Log files on their way."""
    is_extended: bool = False
    """Whether later digests than the asked time needs are read, too."""
    told: set[str] = field(factory=set)
    """Of what it was told that it could not be looked at."""


@define(eq=False)
class _Expected:
    """A log file on its way."""

    reading: _Reading
    uri: str
    """As digests name it."""
    time: datetime
    """When it was delivered, as its name says."""


class Proofs:
    """Proves the files of one stream. Used by the thread that reads; digests are read in others, ahead of need.

    Args:
        plans: The sources, and what they will look at.
        keys: Public keys.
        only: Records of other files are left out. Otherwise they only have another verdict.
        origin: What the sources hold copies of.
        now: Up to when digests are to be expected.
    """

    def __init__(
        self,
        plans: Sequence[tuple[Source, SourcePlan]],
        keys: Keys,
        *,
        only: bool,
        origin: Origin | None,
        now: datetime,
    ) -> None:
        self.unverified: Counter[str] = Counter()
        """Records that were left out, by the reason."""
        self._plans, self._keys, self._only, self._now = plans, keys, only, now
        self._places = Places(origin)
        self._readings: OrderedDict[_Group, _Reading] = OrderedDict()
        self._expected: dict[Blob, _Expected] = {}
        self._at_hand: tuple[Blob, Judged] | None = None
        self._closed = Event()
        self._pools: tuple[ThreadPoolExecutor, ThreadPoolExecutor] | None = None

    def expect(self, source: Source, blob: Blob) -> None:
        """A file will be read: begin to read the digests of its account and Region."""
        key = blob.key
        found = self._places.find(source, blob) if isinstance(key, LogFileKey) else None
        if found is None or not isinstance(key, LogFileKey):
            return
        root, uri = found
        group, since = (key.account_id, key.region), shifted(key.time, -_BEFORE)
        reading = self._readings.get(group)
        if reading is None:
            self._let_go()
            own = None if root.bucket is None else (root, _tree_of(key))
            span = Span(since, self._until(source), self._now)
            reading = _Reading(group, span, own, self._begin(group, span, own))
            self._readings[group] = reading
        elif reading.span.since is not None and since < reading.span.since:
            # They do not come in order of time, as where Insights events follow: any may come.
            first = self._since(source)
            self._begin_again(reading, since=first if first is not None and first <= since else None)
        self._readings.move_to_end(group)
        reading.expected += 1
        self._expected[blob] = _Expected(reading, uri, key.time)

    def settle(self, blob: Blob, handle: Callable[[TrailError], object]) -> None:
        """A file's turn has come: wait until its digests are read, and tell once what could not be looked at."""
        expected = self._expected.get(blob)
        if expected is None:
            return
        reading = expected.reading
        known, until = reading.known.result(), reading.span.until
        if until is not None and not reading.is_extended and not known.names(expected.uri):
            # It may have been delivered late, so that a digest names it which is later than the files that are read.
            reading.is_extended = True
            self._begin_again(reading, until=shifted(until, LATEST))
            known = reading.known.result()
        for code in known.refused.keys() - reading.told:
            reading.told.add(code)
            handle(known.refused[code])

    def finish(self, blob: Blob) -> None:
        """A file is done with."""
        expected = self._expected.pop(blob, None)
        if expected is not None:
            expected.reading.expected -= 1

    def divide_stream(self, stream: Readable, blob: Blob, decode: Decode) -> tuple[Division, FileError | None]:
        """Judge an open file, and divide it: the bytes that are hashed are the bytes that are divided.

        Raises:
            FileError: As `trailsdk.codec.files.divide_stream`.
        """
        expected = self._expected.get(blob)
        if expected is None or not expected.reading.known.result().wants_content(expected.uri):
            self.judge(blob, None)
            return divide_stream(stream, blob.location, decode=decode)
        data = read_whole(stream)
        if len(data) > DEFAULT_LIMIT:
            error = TooLargeError(blob.location, f"larger than {DEFAULT_LIMIT} bytes")
            self.judge(blob, (None, error))
            raise error
        inflated = inflate_file(data, blob.location)
        self.judge(blob, hash_file(data, inflated, blob.location))
        return divide_inflated(inflated, blob.location, decode=decode)

    def judge(self, blob: Blob, content: Content | None) -> None:
        """Give the verdict on the file at hand."""
        expected = self._expected.get(blob)
        if expected is None:
            judged = NO_DIGESTS
        else:
            judged = expected.reading.known.result().judge(expected.uri, expected.time, content)
        self._at_hand = blob, judged

    def judged(self, blob: Blob) -> Judged:
        """Give the verdict again."""
        return self._at_hand[1] if self._at_hand is not None and self._at_hand[0] is blob else NO_DIGESTS

    def leaves_out(self, blob: Blob) -> bool:
        """Tell whether the records of the file at hand are left out."""
        return self._only and not self.judged(blob).is_valid

    def forgives(self, blob: Blob, error: Exception) -> bool:
        """Tell whether an error is only one of the content of a file that is left out."""
        return isinstance(error, FileError) and self.leaves_out(blob)

    def count(self, blob: Blob, number: int) -> None:
        """Note how many records of the file at hand are left out."""
        if number:
            self.unverified[f"{self.judged(blob).reason}"] += number

    def close(self) -> None:
        """End all threads."""
        self._closed.set()
        for pool in self._pools or ():
            pool.shutdown(wait=True, cancel_futures=True)

    def _since(self, source: Source) -> datetime | None:
        """Tell from when on digests may name files of a source; `None`: from the begin."""
        day = self._plan(source).first_day
        return None if day is None else shifted(datetime(day.year, day.month, day.day, tzinfo=UTC), -_BEFORE)

    def _until(self, source: Source) -> datetime | None:
        """Tell up to when digests name the files of a source that came in time; `None`: to the end."""
        day = self._plan(source).last_day
        return None if day is None else shifted(datetime(day.year, day.month, day.day, tzinfo=UTC), _DAY + _BEFORE)

    def _plan(self, source: Source) -> SourcePlan:
        return next(plan for each, plan in self._plans if each is source)

    def _begin(self, group: _Group, span: Span, own: tuple[Root, KeyPrefix] | None) -> "Future[KnownFiles]":
        if self._pools is None:
            for source, _ in self._plans:
                self._places.add(source)
            number = max((at_once(each.store) for each in self._places.roots), default=1)
            self._pools = (
                ThreadPoolExecutor(_AT_ONCE, "trailsdk-proofs"),
                ThreadPoolExecutor(number, "trailsdk-digests"),
            )
        return self._pools[0].submit(self._read, group, span, own, tuple(self._places.roots), self._pools[1])

    def _begin_again(
        self, reading: _Reading, *, since: datetime | EllipsisType | None = ..., until: datetime | None = None
    ) -> None:
        """Read digests of more time."""
        span = evolve(reading.span, until=until or reading.span.until)
        if not isinstance(since, EllipsisType):
            span = evolve(span, since=since)
        reading.known.cancel()
        reading.span, reading.known = span, self._begin(reading.group, span, reading.own)

    def _let_go(self) -> None:
        """Forget what is not needed at the moment, but the last."""
        idle = [group for group, each in self._readings.items() if not each.expected]
        for group in idle[: max(0, len(idle) - _MOST_IDLE)]:
            del self._readings[group]

    def _read(
        self,
        group: _Group,
        span: Span,
        own: tuple[Root, KeyPrefix] | None,
        roots: tuple[Root, ...],
        pool: ThreadPoolExecutor,
    ) -> KnownFiles:
        """Read the digests of an account and Region. In a thread."""
        scope = Scope(span=span, accounts=frozenset({group[0]}), regions=frozenset({group[1]}))
        walker = Walker(roots, scope, self._keys, pool, max(at_once(each.store) for each in roots))
        known, chains = KnownFiles(span), dict[ChainId, ListedChain]()
        for folder in self._places.digest_folders(roots, group, own, pool):
            listed = list_folder(folder, scope)
            known.take_findings(listed.findings)
            walker.take_listed(listed, chains)
        for chain, found in chains.items():
            if not chain.backfill:
                self._keys.load(chain.region, *found.window(span.now))
        for _, walk in walker.walk(chains.values()):
            for each in walk:
                if self._closed.is_set():
                    return known
                known.take(each)
        known.named.seal()
        return known


def _tree_of(key: LogFileKey) -> KeyPrefix:
    return KeyPrefix(prefix=key.prefix, organization_id=key.organization_id)
