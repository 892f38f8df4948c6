"""`trailsdk.S3`: a bucket, or a part of one, as a source of records."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any

from attrs import evolve

from trailsdk.errors import GoneError, NotFoundError, SourceError, TrailError, UsageError
from trailsdk.model.keys import DIGEST_FOLDER, LogFileKey, is_log_file_name, parse_key
from trailsdk.model.times import shifted
from trailsdk.select.selection import LATE_DELIVERY, Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats, Survey, survey_of
from trailsdk.sources.cursor import Cursor
from trailsdk.sources.cursor.cursor import OVERLAP
from trailsdk.sources.cursor.progress import unconsumed
from trailsdk.sources.following import UP_TO_DATE, Following, UpToDate, following_of, taken
from trailsdk.sources.s3.bodies import is_installed, make_bodies
from trailsdk.sources.s3.days import days_of
from trailsdk.sources.s3.location import is_endpoint_url, parse_location
from trailsdk.sources.s3.refusals import refusals
from trailsdk.sources.s3.rounds import HeldCursor, Retries, Rounds
from trailsdk.sources.s3.store import BotoStore, make_client
from trailsdk.sources.s3.tree import Entry, Scope, Tree
from trailsdk.sources.store import ObjectStore, Page, StoredObject
from trailsdk.sources.window import Window, threads

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["S3", "is_read"]

LARGE = 32 * 1024 * 1024
"""Bytes above which an object is not fetched ahead, but read piece by piece when it is its turn."""

_LISTING_THREADS = 8

_SHORTEST_SECONDS, _LONGEST_SECONDS = 10.0, 60.0

_EXPORT = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
"""Endings of names that are read where they are met, though they are no log file's: exports, renamed copies."""


class S3:
    """A bucket, or a part of one.

    Below `AWSLogs`, accounts and Regions are found by listing folders, and of each Region only the days that can hold
    an answer; digests, CloudTrail Lake's results and folders of other services are not looked into. Elsewhere all is
    listed, and read if it is named like a log file or like JSON. Records come by account, Region and time of delivery.

    Args:
        uri: `s3://bucket`, `s3://bucket/prefix/` or `s3://bucket/key`. Everything behind the bucket is literal.
        client: boto3's client of S3, for listing and for getting. Otherwise one is made of `session`.
        session: boto3's session: credentials, Region. Its default session otherwise.
        endpoint_url: Another address than AWS's.
        ordered: Give records in the order of the plan; otherwise as files come, which is faster when some are slow.
        window: How many objects, and how many of their bytes, are fetched ahead.
        requester_pays: Agree to pay for requests and transfer.
        late_delivery: How long after an event its file may have come; see `LATE_DELIVERY`.
        cursor: Remembers which objects were consumed; what lies before is not listed again.
        follow: When all was given, list again for more: `True`, or a `trailsdk.Following`. Each Region is listed again
            from the cursor's overlap before its newest file, 2 days without a cursor.
        now: The clock, while it is followed.
        obstore: Get bodies through obstore (the extra `obstore`); by default where it is installed and no client is
            handed in.

    Raises:
        LocationError: The URI is none, or names no bucket.
        UsageError: The options contradict each other.
    """

    def __init__(
        self,
        uri: str,
        *,
        client: Any = None,
        session: "Session | None" = None,
        endpoint_url: str | None = None,
        ordered: bool = True,
        window: Window | int = Window(),  # noqa: B008 (a frozen value)
        requester_pays: bool = False,
        late_delivery: timedelta = LATE_DELIVERY,
        cursor: Cursor | None = None,
        follow: bool | Following = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        obstore: bool | None = None,
    ) -> None:
        self._place = parse_location(uri)
        self.location = uri
        self.ordered = ordered
        self.cursor = cursor
        self.follow = following_of(follow, _SHORTEST_SECONDS, _LONGEST_SECONDS)
        self._now = now
        self.window = Window(number=window) if isinstance(window, int) else window
        if client is not None and (session is not None or endpoint_url is not None):
            raise UsageError("S3: a client has its session and its endpoint already; hand in one or the other")
        if client is not None and obstore:
            raise UsageError("S3: obstore cannot use a client of boto3; hand in a session")
        if endpoint_url is not None and not is_endpoint_url(endpoint_url):
            raise UsageError(f"S3: endpoint_url={endpoint_url!r}: expected https://host or http://host:port")
        self._client, self._session, self._endpoint_url = client, session, endpoint_url
        self._requester_pays = requester_pays
        self.late_delivery = late_delivery
        self._obstore = client is None and (is_installed() if obstore is None else obstore)
        self._made: BotoStore | None = None

    def __repr__(self) -> str:
        return f"S3({self.location!r})"

    def with_session(self, session: "Session") -> "S3":
        """Give the same source with other credentials, unless it has a client or a session of its own."""
        if self._client is not None or self._session is not None:
            return self
        same = copy(self)
        same.__dict__.update(_session=session, _made=None)
        return same

    def of_bucket(self, bucket: str) -> "S3":
        """Give another bucket with the same options: a chain of digests may lead to one."""
        other = copy(self)
        uri = f"s3://{bucket}"
        other.__dict__.update(_place=parse_location(uri), location=uri, cursor=None, _made=None)
        return other

    def with_cursor(self, cursor: Cursor) -> "S3":
        """Give the same source with a cursor."""
        same = copy(self)
        same.cursor = cursor
        return same

    def with_follow(self, follow: Following | None) -> "S3":
        """Give the same source, followed as is said; `None`: not followed.

        Without a cursor it gets one for a single stream, since files that failed are read again from where they were.
        """
        same = copy(self)
        same.follow = follow
        if follow is not None and (self.cursor is None or isinstance(self.cursor, HeldCursor)):
            same.cursor = HeldCursor(OVERLAP, self._now)
        return same

    def store(self) -> BotoStore:
        """Give the bucket; its client is made when it is first needed.

        Raises:
            SourceError: There are no credentials.
        """
        if self._made is None:
            with refusals(self.location):
                self._made = self._make_store()
        return self._made

    def _make_store(self) -> BotoStore:
        bucket, pays = self._place.bucket, self._requester_pays
        if self._client is not None:
            return BotoStore(self._client, bucket, requester_pays=pays)
        from boto3.session import Session

        session = self._session or Session()
        client = make_client(session, self._endpoint_url)
        bodies = make_bodies(bucket, session, client, requester_pays=pays) if self._obstore else None
        return BotoStore(client, bucket, requester_pays=pays, bodies=bodies)

    def close(self) -> None:
        """Close all connections, but those of a client that was handed in. The source stays usable."""
        if self._made is not None and self._client is None:
            self._made.close()
            self._made = None

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell which days will be looked at; `plan.survey()` looks up the calls and bytes that reading will cost."""
        days = days_of(selection.with_late_delivery(self.late_delivery))
        return SourcePlan(self.location, days.first, days.last, partial(self._look, selection))

    def _look(self, selection: Selection) -> Survey:
        store, stats, left_out = _Counted(self.store()), Stats(), list[str]()
        blobs = self._blobs(store, selection, stats, left_out.append)
        if self.cursor is not None:
            blobs = unconsumed(blobs, self.cursor.open(self.location, selection), stats)
        survey = survey_of(blobs, stats, lambda: store.lists)
        return evolve(survey, left_out=tuple(map(store.uri, left_out)))

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
        """Find the objects that can hold an answer: by account, Region and time."""
        if self.follow is None:
            return self._blobs(self.store(), selection, stats, lambda _: None)
        return self._followed(self.follow, self.cursor or HeldCursor(OVERLAP, self._now), selection, stats)

    def _followed(
        self, follow: Following, cursor: Cursor, selection: Selection, stats: Stats
    ) -> Iterator[Blob | TrailError | UpToDate]:
        """List again and again; give each object once, and again when it was replaced or could not be read."""
        selection = selection.with_late_delivery(self.late_delivery)
        with closing(cursor.open(self.location, selection)) as progress:
            rounds = Rounds(cursor.overlap, self._now, progress.first_day)
            again = progress.left_behind()
        retries = Retries(self._now)
        scope = evolve(self._scope(selection, lambda _: None), first_day=rounds.first_day)
        first = True
        while True:
            now = self._now()
            rounds.begin()
            # Whether there is anything at all is asked once: what is empty is what may grow.
            with closing(self._entries(self.store(), scope, again, may_be_empty=not first)) as entries:
                for found in entries:
                    if follow.stopped:
                        return
                    if isinstance(found, SourceError):
                        rounds.could_not_list(found)
                        yield found
                        continue
                    # What is tried again is listed as well, perhaps.
                    if (rounds.is_new(found) or found.retried) and (blob := self._blob(found, selection, stats)):
                        yield blob
            rounds.end()
            if rounds.news:
                follow.news()
            yield UP_TO_DATE
            if selection.until is not None and now >= shifted(selection.until, self.late_delivery):
                return
            if not follow.wait():
                return
            first = False
            retries.add(taken(follow.failed))
            again = retries.due()

    def _blobs(
        self,
        store: ObjectStore,
        selection: Selection,
        stats: Stats,
        left_out: Callable[[str], object],
    ) -> Iterator[Blob | TrailError]:
        selection = selection.with_late_delivery(self.late_delivery)
        scope = self._scope(selection, left_out)
        left_behind: list[tuple[str, str]] = []
        if self.cursor is not None:
            with closing(self.cursor.open(self.location, selection)) as progress:
                scope = evolve(scope, first_day=progress.first_day)
                left_behind = progress.left_behind()
        with closing(self._entries(store, scope, left_behind)) as entries:
            for found in entries:
                if isinstance(found, SourceError):
                    yield found
                elif (blob := self._blob(found, selection, stats)) is not None:
                    yield blob

    def _scope(self, selection: Selection, left_out: Callable[[str], object]) -> Scope:
        return Scope(
            selection=selection,
            enters=lambda folder: folder != DIGEST_FOLDER and selection.wants_folder(folder),
            left_out=left_out,
        )

    def entries(self, scope: Scope) -> Generator[Entry | SourceError, None, None]:
        """Find objects of every kind, digest files too where the scope enters their folder.

        Raises:
            SourceError: There are no credentials, or what was found empty cannot be listed.
        """
        return self._entries(self.store(), scope, [])

    def _entries(
        self,
        store: ObjectStore,
        scope: Scope,
        left_behind: list[tuple[str, str]],
        *,
        may_be_empty: bool = False,
    ) -> Generator[Entry | SourceError, None, None]:
        empty = True
        with threads(_LISTING_THREADS, "trailsdk-list") as pool:
            for found in chain(_looked_up(store, left_behind), self._find(store, Tree(store, scope, pool))):
                empty = False
                yield found
        if empty and not may_be_empty and not self._exists(store):
            yield NotFoundError(self.location, "there is no such object, and nothing below it")

    def _exists(self, store: ObjectStore) -> bool:
        """Tell whether anything lies below the location, wanted or not."""
        path = self._place.path
        first = next(iter(store.pages(path if not path or path.endswith("/") else f"{path}/")), None)
        return first is not None and bool(first.objects)

    def _find(self, store: ObjectStore, tree: Tree) -> Iterator[Entry | SourceError]:
        """Find out whether the location is an object or a folder, and go through it."""
        path = self._place.path
        if not path or path.endswith("/"):
            yield from tree.walk(path)
            return
        if parse_key(path) is not None and self.cursor is None:
            yield Entry(StoredObject(path, 0), parse_key(path), named=True)
            return
        try:
            first = next(iter(store.pages(path)), Page(()))
        except SourceError as error:
            yield error
            return
        if first.objects and first.objects[0].key == path:
            yield Entry(first.objects[0], parse_key(path), named=True)
        else:
            yield from tree.walk(f"{path}/")

    def _blob(self, entry: Entry, selection: Selection, stats: Stats) -> Blob | None:
        """Make the blob of an object, or count why it is not looked at."""
        stored, key = entry.stored, entry.key
        if not entry.named and not isinstance(key, LogFileKey) and (key is not None or not is_read(stored)):
            stats.skip()
            return None
        if not selection.wants_key(key):
            stats.prune()
            return None
        store = self.store()
        at_once = not entry.named and stored.size <= LARGE
        return Blob(
            store.uri(stored.key),
            partial(store.open, stored.key),
            stored.key,
            found=not entry.named,
            fetch=partial(_fetch, store, stored.key) if at_once else None,
            size=stored.size,
            etag=stored.etag,
        )


def _looked_up(store: ObjectStore, wanted: list[tuple[str, str]]) -> Iterator[Entry | SourceError]:
    """Look up objects that are older than what is listed.

    Args:
        store: The bucket.
        wanted: Their keys and locations.
    """
    for key, location in wanted:
        try:
            found = next(iter(store.pages(key)), Page(())).objects
        except SourceError as error:
            yield error
            continue
        if found and found[0].key == key:
            yield Entry(found[0], parse_key(key), retried=True)
        else:
            yield GoneError(location, "the object could not be read before, and is gone")


def _fetch(store: BotoStore, key: str) -> bytes:
    try:
        return store.get(key).data
    except NotFoundError as error:
        raise GoneError(error.location, "the object was listed, and is gone") from error


def is_read(stored: StoredObject) -> bool:
    """Tell by its name whether an object that has no key of CloudTrail's is read all the same."""
    name = stored.key.rpartition("/")[2]
    return is_log_file_name(name) or name.lower().endswith(_EXPORT)


class _Counted:
    """A store whose list calls are counted."""

    def __init__(self, store: BotoStore) -> None:
        self.location = store.location
        self.uri = store.uri
        self.get = store.get
        self.lists = 0
        self._store = store
        self._lock = Lock()

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        for page in self._store.pages(prefix, delimiter=delimiter, start_after=start_after):
            with self._lock:
                self.lists += 1
            yield page
