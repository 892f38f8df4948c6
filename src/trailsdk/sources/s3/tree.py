"""The way through a bucket: accounts and Regions are found by delimiters, in parallel, and only wanted days listed.

No level is listed for all of the bucket at once: as soon as the first Region's first page is there, it is given,
while the next accounts and Regions are looked at in threads.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from heapq import merge
from itertools import groupby

from attrs import evolve, frozen

from trailsdk.errors import AccessDeniedError, SourceError
from trailsdk.model.key_tree import ROOT, after_root
from trailsdk.model.keys import KeyPrefix, LogFileKey, S3Key, parse_key, parse_prefix
from trailsdk.select.selection import Selection
from trailsdk.sources.s3.days import Days, days_of, ranges
from trailsdk.sources.store import ObjectStore, Page, StoredObject
from trailsdk.sources.window import Window, ahead

__all__ = ["Entry", "Scope", "Tree"]

_log = logging.getLogger(__name__)

_LISTINGS = Window(number=16)
"""Accounts, and Regions, that are looked at ahead."""

_DIRECT = 3
"""Up to so many Regions that the caller names are listed without looking whether they are there."""

_LAST = "\U0010ffff"


@frozen
class Entry:
    """An object that was found, and what its key says."""

    stored: StoredObject
    key: S3Key | None
    named: bool = False
    """It was asked for by its own key."""
    retried: bool = False
    """It could not be read to its end before."""


Found = Entry | SourceError
"""An object, or why a part of the bucket could not be listed."""


@frozen(kw_only=True)
class Scope:
    """What to look for."""

    selection: Selection
    enters: Callable[[str], bool]
    """Tells of a folder such as `CloudTrail` or `CloudTrail-Digest` whether to look into it."""
    left_out: Callable[[str], object]
    """Is told of folders that are not looked into because they are none of CloudTrail's."""
    first_day: Callable[[KeyPrefix], date | None] = lambda _: None
    """Tells of a Region's folder before which day all was consumed."""


class Tree:
    """One way through a bucket.

    Args:
        store: The bucket.
        scope: What to look for.
        pool: Threads for listing.
    """

    def __init__(self, store: ObjectStore, scope: Scope, pool: ThreadPoolExecutor) -> None:
        self._store = store
        self._scope = scope
        self._selection = scope.selection
        self._days: Days = days_of(scope.selection)
        self._pool = pool

    def walk(self, prefix: str) -> Iterator[Found]:
        """Find all objects below a folder: by account, Region and time below `AWSLogs`, elsewhere by key.

        Args:
            prefix: Empty, or ending with a slash.
        """
        position = parse_prefix(prefix) if prefix else None
        if position is None:
            yield from self._search(prefix)
        elif position.region is None:
            yield from self._below(position)
        else:
            yield from self._listed([(position,)])

    def _search(self, prefix: str) -> Iterator[Found]:
        """List a folder that is none of CloudTrail's tree, and go through each such tree as it is met.

        It is listed flat, 1,000 keys a call however they are foldered; the listing jumps over each tree.
        """
        start_after = ""
        while True:
            root = None
            try:
                for page in self._store.pages(prefix, start_after=start_after):
                    for stored in page.objects:
                        root = _root_in(stored.key, prefix)
                        if root is not None:
                            break
                        yield _entry(stored)
                    if root is not None:
                        break
            except AccessDeniedError as error:
                if self._selection.accounts is None or start_after:
                    yield error
                else:
                    # Perhaps only the folders of one's own account may be listed.
                    yield from self._below(_tree(f"{prefix}{ROOT}/"))
                return
            except SourceError as error:
                yield error
                return
            if root is None:
                return
            yield from self._below(_tree(root))
            start_after = root + _LAST

    def _below(self, position: KeyPrefix) -> Iterator[Found]:
        """Go through a tree, from wherever above the Regions it is entered."""
        yield from self._listed(self._groups(position))

    def _groups(self, position: KeyPrefix) -> Iterator["tuple[KeyPrefix, ...] | Found"]:
        """Find Regions, account by account; the folders of one Region together."""
        for account in ahead(self._accounts(position), self._regions, self._pool, _LISTINGS):
            found = account.result()
            positions = [each for each in found if isinstance(each, KeyPrefix)]
            yield from (each for each in found if not isinstance(each, KeyPrefix))
            positions.sort(key=lambda each: (each.region or "", each.folder or ""))
            for _, group in groupby(positions, lambda each: each.region):
                yield tuple(group)

    def _accounts(self, position: KeyPrefix) -> Iterator["KeyPrefix | Found"]:
        """Find accounts: below the root, below each organization, and in trees within the tree."""
        if position.account_id is not None:
            yield position
            return
        try:
            for page in self._store.pages(str(position), delimiter="/"):
                yield from map(_entry, page.objects)
                for folder in page.folders:
                    yield from self._account(position, folder)
        except AccessDeniedError as error:
            if not self._selection.accounts:
                yield error
                return
            # Perhaps only the folders of one's own account may be listed.
            yield from (evolve(position, account_id=account) for account in sorted(self._selection.accounts))
        except SourceError as error:
            yield error

    def _account(self, position: KeyPrefix, folder: str) -> Iterator["KeyPrefix | Found"]:
        child = position.child(_last(folder))
        if child is None:
            self._leave_out(folder)
        elif child.account_id is None:
            yield from self._accounts(child)
        elif self._selection.wants_account(child.account_id):
            yield child

    def _regions(self, account: "KeyPrefix | Found") -> Sequence["KeyPrefix | Found"]:
        """Find the Regions of an account, and what else lies there. In a thread."""
        if not isinstance(account, KeyPrefix):
            return (account,)
        found: list[KeyPrefix | Found] = []
        folders = [account] if account.folder is not None else self._children(account, found)
        for folder in folders:
            if folder.folder is None or not self._scope.enters(folder.folder):
                continue
            wanted = self._selection.regions
            if wanted is not None and len(wanted) <= _DIRECT:
                found += [evolve(folder, region=region) for region in wanted]
                continue
            regions = self._children(folder, found)
            found += [each for each in regions if each.region and self._selection.wants_region(each.region)]
        return found

    def _children(self, position: KeyPrefix, found: "list[KeyPrefix | Found]") -> list[KeyPrefix]:
        """List the folders below one; objects that lie there, and refusals, are added to what is found."""
        children = []
        try:
            for page in self._store.pages(str(position), delimiter="/"):
                found += map(_entry, page.objects)
                for folder in page.folders:
                    child = position.child(_last(folder))
                    if child is None:
                        self._leave_out(folder)
                    else:
                        children.append(child)
        except SourceError as error:
            found.append(error)
        return children

    def _leave_out(self, folder: str) -> None:
        _log.info("%s is none of CloudTrail's folders and is not looked into", self._store.uri(folder))
        self._scope.left_out(folder)

    def _listed(
        self, groups: "Iterator[tuple[KeyPrefix, ...] | Found] | list[tuple[KeyPrefix, ...]]"
    ) -> Iterator[Found]:
        """List Regions; the first page of each ahead of need."""
        for done in ahead(groups, self._begin, self._pool, _LISTINGS):
            if not isinstance(done.item, tuple):
                yield done.item
                continue
            listings = [self._entries(position, listing) for position, listing in done.result()]
            if len(listings) == 1:
                yield from listings[0]
            else:
                yield from (found for _, found in merge(*map(_dated, listings), key=lambda pair: pair[0]))

    def _begin(self, group: "tuple[KeyPrefix, ...] | Found") -> "list[tuple[KeyPrefix, _Listing]]":
        """Begin to list the folders of a Region. In a thread."""
        if not isinstance(group, tuple):
            return []
        return [(position, _Listing(self._pages(position))) for position in group]

    def _pages(self, position: KeyPrefix) -> Iterator[Page]:
        """List the wanted days of a Region's folder; no call is made that can only give what is behind them."""
        for part in ranges(position, self._days.later(self._scope.first_day(position))):
            for page in self._store.pages(part.prefix, start_after=part.start_after):
                last = page.objects[-1].key if page.objects else ""
                if not part.ends(last):
                    yield page
                    continue
                yield Page(tuple(each for each in page.objects if not part.ends(each.key)))
                break

    def _entries(self, position: KeyPrefix, listing: "_Listing") -> Iterator[Found]:
        """Go through a listing, its next page on the way while this one is used."""
        try:
            page = listing.first()
            while page is not None:
                following = self._pool.submit(listing.next)
                yield from map(_entry, page.objects)
                page = following.result()
        except SourceError as error:
            _log.debug("listing %s ended early", position)
            yield error


class _Listing:
    """Pages of a listing, the first of which is asked for at once."""

    def __init__(self, pages: Iterator[Page]) -> None:
        self._pages = pages
        self._first: Page | None = None
        self._refused: SourceError | None = None
        try:
            self._first = self.next()
        except SourceError as error:
            self._refused = error

    def first(self) -> Page | None:
        if self._refused is not None:
            raise self._refused
        return self._first

    def next(self) -> Page | None:
        return next(self._pages, None)


def _entry(stored: StoredObject) -> Entry:
    return Entry(stored, parse_key(stored.key))


def _dated(listing: Iterator[Found]) -> Iterator[tuple[tuple[date, str], Found]]:
    """Give each with the time of its delivery; what has none goes with the one before it."""
    when = (date.min, "")
    for found in listing:
        if isinstance(found, Entry) and isinstance(found.key, LogFileKey):
            when = (found.key.date, found.key.time.isoformat())
        yield when, found


def _last(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[2]


def _tree(root: str) -> KeyPrefix:
    """Give the position at the root of a tree; `root` ends with `AWSLogs/`."""
    return KeyPrefix(prefix=after_root(root[: -len(ROOT) - 1]))


def _root_in(key: str, prefix: str) -> str | None:
    """Give the first folder `AWSLogs` in a key below a prefix, with the slash at its end."""
    at = f"/{key}".find(f"/{ROOT}/", len(prefix))
    return None if at < 0 else key[: at + len(ROOT) + 1]
