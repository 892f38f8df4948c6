"""What a source is: it finds files, and leaves it to others to understand them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import define, field, frozen

from trailsdk.codec.files import Readable
from trailsdk.errors import TrailError
from trailsdk.model.keys import S3Key, parse_key
from trailsdk.select.selection import Selection
from trailsdk.sources.following import UpToDate

if TYPE_CHECKING:
    from trailsdk.select.where.pushdown import Pushed

__all__ = ["Blob", "Source", "SourcePlan", "Stats", "Survey", "survey_of"]


@define
class Stats:
    """What has been seen so far. At any moment files and records each add up.

    Files: listed = read + pruned + skipped + consumed + failed + unreached.
    Records: seen = yielded + filtered + bad + duplicate + unverified.
    Messages: messages = acknowledged + left + held.
    """

    listed: int = 0
    """Files that were found."""
    read: int = 0
    """Files that were read to their end."""
    pruned: int = 0
    """Files that cannot hold an answer: their name says so, or a scan of their bytes."""
    skipped: int = 0
    """Files that are no log files: digests, and in folders whatever is no JSON."""
    consumed: int = 0
    """Files that were consumed by an earlier run, as the source's cursor remembers; they are not opened."""
    failed: int = 0
    """Files that could not be read, or not to their end, folders that could not be listed, and messages that could not
    be understood."""
    yielded: int = 0
    """Records that were given."""
    filtered: int = 0
    """Records that were not asked for."""
    bad: int = 0
    """Records, or what stood in their place, that could not be read."""
    duplicate: int = 0
    """Records that were given already, byte for byte, with `deduplicate`."""
    unverified: int = 0
    """Records, or what stood in their place, of files that are not proved to be CloudTrail's, with `verify="only"`;
    asked for or not."""
    conflicts: int = 0
    """Records with the event id and the account of one that was given already, but other bytes, with `deduplicate`.
    They are kept: part of `yielded`."""
    replaced: int = 0
    """Files that an earlier run consumed, and whose content has changed since, as the source's cursor remembers.
    They are read again: part of `read`, `skipped`, `failed` or `unreached`."""
    untimed: int = 0
    """Records without a time, when a window of time was asked for. They are kept: part of `yielded` or `filtered`."""
    bytes_read: int = 0
    """Bytes of the files, as they are stored."""
    messages: int = 0
    """Messages of queues that were looked at. One that comes again is counted again."""
    acknowledged: int = 0
    """Messages that were deleted from their queue: all of their files were consumed, or pruned, or skipped."""
    left: int = 0
    """Messages that are left to come again, or for the dead-letter queue: they could not be understood, or a file of
    theirs, or a record in it, could not be read."""
    poison: int = 0
    """Messages that could not be understood, wholly or in part: part of `left`."""
    empty: int = 0
    """Messages that name no new object and have no record: by which services try a queue, or tell of other changes.
    They are part of `acknowledged`, once they are deleted."""
    repeated: int = 0
    """Times that a message named a file, or had a record, that an earlier one did in the same run. It is not given
    again, and not part of `listed`."""

    def prune(self) -> None:
        """Count a file that a source does not give, because its name says that it cannot hold an answer."""
        self.listed += 1
        self.pruned += 1

    def skip(self) -> None:
        """Count a file that a source does not give, because it is no log file."""
        self.listed += 1
        self.skipped += 1

    @property
    def unreached(self) -> int:
        """Files that were found, but not finished: the one at hand, and those after an early end."""
        return self.listed - self.read - self.pruned - self.skipped - self.consumed - self.failed

    @property
    def held(self) -> int:
        """Messages at hand: files of theirs are not consumed yet, or they wait to be deleted."""
        return self.messages - self.acknowledged - self.left

    @property
    def seen(self) -> int:
        """Records that were found in the files."""
        return self.yielded + self.filtered + self.bad + self.duplicate + self.unverified


@define(eq=False)
class Blob:
    """A file that a source found. Not frozen, since one is made for each of a million files; treat it as if it were."""

    location: str
    """Path or URI, for origins and errors."""
    open: Callable[[], AbstractContextManager[Readable]]
    """Open it for reading bytes; raises OSError or a TrailError."""
    name: str | None = None
    """Its S3 key, or a path that ends with one."""
    found: bool = False
    """It was met in a folder, not asked for by name: it may be no log file at all."""
    fetch: Callable[[], bytes] | None = None
    """Get all of it. Where a source has a `window`, this is called ahead of need, in a thread; then `open` is not."""
    size: int | None = None
    """Bytes, as it is stored, where that is known without opening it."""
    etag: str | None = None
    """Changes when the content does, where the store tells."""

    @cached_property
    def key(self) -> S3Key | None:
        """What its name says; read when somebody asks."""
        return None if self.name is None else parse_key(self.name)


@frozen
class Survey:
    """What reading will cost: looked up by listing, without getting anything."""

    lists: int
    """Calls that list."""
    gets: int
    """Files that will be read: each is a call."""
    size: int
    """Bytes of those files, as they are stored."""
    pruned: int = 0
    """Files that were listed, and whose name says that they cannot hold an answer."""
    skipped: int = 0
    """Files that were listed, and are no log files."""
    left_out: tuple[str, ...] = ()
    """Folders of other services, which are not looked into."""
    refused: tuple[TrailError, ...] = ()
    """What could not be listed."""
    consumed: int = 0
    """Files that were listed, and were consumed by an earlier run, as the source's cursor remembers."""


def survey_of(blobs: Iterable["Blob | TrailError"], stats: Stats, lists: Callable[[], int]) -> Survey:
    """Go through what a source finds, and add up what reading it would cost.

    Args:
        blobs: What the source finds.
        stats: The counters that it keeps while it does.
        lists: Tells, at the end, how many calls that took.
    """
    gets = size = 0
    refused = []
    for blob in blobs:
        if isinstance(blob, Blob):
            gets += 1
            size += blob.size or 0
        else:
            refused.append(blob)
    return Survey(lists(), gets, size, stats.pruned, stats.skipped, refused=tuple(refused), consumed=stats.consumed)


@frozen
class SourcePlan:
    """What a source will look at. Made without looking."""

    location: str
    first_day: date | None = None
    """First day of delivery that can hold an answer; `None`: from the begin."""
    last_day: date | None = None
    """Last day of delivery that can hold an answer; `None`: to the end."""
    look: Callable[[], Survey] | None = field(default=None, eq=False, repr=False)
    """Looks up what reading will cost, where the source can tell without reading."""
    where: "Pushed | None" = None
    """Which part of `where` is decided where; filled in by `read`. `None` where `where` is a function, or not given."""

    def survey(self) -> Survey | None:
        """Look up what reading will cost: calls and bytes. The list calls are made, and nothing is fetched.

        Returns:
            The cost; `None` where the source cannot tell.

        Raises:
            TrailError: It cannot be looked up at all.
        """
        return None if self.look is None else self.look()


@runtime_checkable
class Source(Protocol):
    """Something that records are read from.

    Where its files are far away, so that many should be on their way at once, a source also has an attribute `window`
    (a `trailsdk.sources.Window`): then `Blob.fetch` is called in threads, ahead of need; with an attribute `ordered`
    that is false, files are read as they come. Its `close()`, if it has one, is called at the end of each stream;
    afterwards it can be read again.

    Where its files can be told apart by `Blob.name` and `Blob.etag`, it may have an attribute `cursor` (a
    `trailsdk.Cursor`, or `None`), and a method `with_cursor(cursor)` that gives the same source with one: files that
    were consumed are not opened. It must then give the log files of a Region's folder in the order of their days.

    A source that wants to be told when its files were consumed, and has no cursor for that, has a method
    `own_progress()`, which gives what is told (a `trailsdk.sources.cursor.commits.FileProgress`).

    Where its files are the objects of an object store, and `Blob.name` their keys, it may have a method `store()` that
    gives the store (a `trailsdk.sources.store.ObjectStore`): with `verify`, digests are looked for there.

    A source of AWS's has a method `with_session(session)`, which gives the same source with other credentials.

    Where more may come, a source may be followed: it has an attribute `follow` (a `trailsdk.Following`, or `None`), and
    a method `with_follow(follow)` that gives the same source, followed. Then `blobs` gives, whenever it has given all
    that is there, `trailsdk.sources.UP_TO_DATE`, waits with `follow.wait()`, and ends when that returns false.
    """

    location: str

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell what will be looked at."""

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
        """Find the files that can hold an answer, in a stable order, one at a time.

        What it cannot look at, it gives as an error, and goes on. What it gives is counted for it; what it does not
        give, it counts itself, with `stats.prune()` and `stats.skip()`.
        """
