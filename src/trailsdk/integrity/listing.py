"""Listing of digest folders: all of a location, each account and Region in parallel; then what each holds."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from attrs import evolve

from trailsdk.errors import SourceError
from trailsdk.integrity.checks import SeeObject
from trailsdk.integrity.scope import HOUR, Ends, Folder, Listed, Root, Scope, chain_of
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode
from trailsdk.model.key_tree import LOG_FOLDER, ROOT
from trailsdk.model.keys import DIGEST_FOLDER, DigestKey, KeyPrefix, is_log_file_name, parse_key, parse_prefix
from trailsdk.model.times import shifted
from trailsdk.sources.store import StoredObject
from trailsdk.sources.window import Window, ahead

__all__ = [
    "LATEST",
    "MOST_FOREIGN",
    "NO_NAME",
    "find_folders",
    "folder_uri",
    "folders_below",
    "is_readable",
    "list_folder",
    "list_older",
    "not_listed",
    "search_trees",
]

LATEST = timedelta(days=31)
"""How late a log file may be delivered, and so be named by a digest: after a fault of the bucket's permissions
CloudTrail tries for up to 30 days."""

_LISTED = (DIGEST_FOLDER, LOG_FOLDER)
_LISTINGS = Window(number=32)
_MOST_FOLDERS = 1000
"""Folders that are none of CloudTrail's, and are looked through for `AWSLogs`."""
NO_NAME = "no name that CloudTrail gives"
"""Of an object that readers take for a log file all the same."""
MOST_FOREIGN = 100
"""Foreign names of one folder that are named; the others are counted."""


def find_folders(root: Root, scope: Scope, pool: ThreadPoolExecutor) -> Iterator[Folder | Finding]:
    """Find the folders of all accounts and Regions that are asked for, level by level, each in parallel.

    These are digest folders, and folders of log files, whose digests may all be gone.

    Args:
        root: Where to look.
        scope: What is asked for.
        pool: Threads for listing.
    """
    begin = parse_prefix(root.prefix) if root.prefix else None
    positions: list[KeyPrefix] = []
    if begin is not None:
        folders = (None,) if begin.folder is None else _LISTED
        positions += [evolve(begin, folder=each, year=None, month=None, day=None) for each in folders]
    else:
        for found in search_trees(root, pool):
            if isinstance(found, Finding):
                yield found
            else:
                positions.append(found)
    while positions:
        following: list[KeyPrefix] = []
        for done in ahead(positions, lambda position: _below(root, position, scope), pool, _LISTINGS):
            for found in done.result():
                if isinstance(found, Finding):
                    yield found
                elif found.region is not None:
                    yield Folder(root, found)
                else:
                    following.append(found)
        positions = following


def search_trees(root: Root, pool: ThreadPoolExecutor) -> Iterator[KeyPrefix | Finding]:
    """Look for folders `AWSLogs` at any depth; what is below one is a tree, and not searched."""
    prefixes, looked_at = [root.prefix], 0
    while prefixes:
        following = []
        for done in ahead(prefixes, lambda prefix: folders_below(root, prefix), pool, _LISTINGS):
            found = done.result()
            if isinstance(found, Finding):
                yield found
                continue
            for folder in found:
                if folder.endswith(f"/{ROOT}/") or folder == f"{ROOT}/":
                    position = parse_prefix(folder)
                    if position is not None:
                        yield position
                else:
                    following.append(folder)
        looked_at += len(following)
        if looked_at > _MOST_FOLDERS:
            detail = f"more than {_MOST_FOLDERS} other folders; name the prefix before AWSLogs"
            yield Finding(code=FindingCode.NOT_LISTED, uri=folder_uri(root, root.prefix), detail=detail)
            return
        prefixes = following


def folders_below(root: Root, prefix: str) -> list[str] | Finding:
    """List the folders right below a prefix, each with a slash at its end."""
    try:
        return [each for page in root.store.pages(prefix, delimiter="/") for each in page.folders]
    except SourceError as error:
        return not_listed(root, prefix, error)


def folder_uri(root: Root, prefix: str) -> str:
    """Name a folder for people. A slash at the end of an object's name would be spelt otherwise in a copy."""
    return f"{root.store.uri(prefix.rstrip('/'))}/" if prefix.rstrip("/") else root.store.location


def not_listed(root: Root, prefix: str, error: SourceError, chain: ChainId | None = None) -> Finding:
    """Report a folder that could not be listed."""
    return Finding(code=FindingCode.NOT_LISTED, uri=folder_uri(root, prefix), chain=chain, detail=error.reason)


def _below(root: Root, position: KeyPrefix, scope: Scope) -> list[KeyPrefix | Finding]:
    """Go one level down. In a thread."""
    if position.account_id is not None and not scope.wants_account(position.account_id):
        return []
    if position.region is not None:
        return [position] if scope.wants_region(position.region) and position.folder in _LISTED else []
    if position.folder not in (None, *_LISTED):
        return []
    found: list[KeyPrefix | Finding] = []
    try:
        for page in root.store.pages(str(position), delimiter="/"):
            for folder in page.folders:
                child = position.child(folder.rstrip("/").rpartition("/")[2])
                if child is None:
                    found += _foreign(root, position, folder, scope)
                elif child.region is None or scope.wants_region(child.region):
                    found.append(child)
            if position.folder == LOG_FOLDER:
                found += _misplaced(root, page.objects)
    except SourceError as error:
        named = _named(position, scope)
        return [*named] if named else [not_listed(root, str(position), error)]
    return found


def _foreign(root: Root, position: KeyPrefix, folder: str, scope: Scope) -> list[Finding]:
    """Report a folder beside those of Regions, whose name is none of a Region."""
    if position.folder is None or scope.regions is not None:
        return []
    uri = folder_uri(root, folder)
    if position.folder == LOG_FOLDER:
        # Readers of a folder read what is in it.
        return [Finding(code=FindingCode.UNLISTED, uri=uri, detail=NO_NAME)]
    return [Finding(code=FindingCode.FOREIGN_NAME, uri=uri)]


def _misplaced(root: Root, objects: Iterable[StoredObject]) -> Iterator[Finding]:
    """Report objects beside the folders of Regions that readers take for log files."""
    for each in objects:
        if is_readable(each):
            uri = root.store.uri(each.key)
            yield Finding(code=FindingCode.UNLISTED, uri=uri, detail=NO_NAME)


def is_readable(stored: StoredObject) -> bool:
    """Tell whether readers of records would take an object for a log file, whatever its name."""
    return stored.size > 0 and stored.key.lower().removesuffix(".gz").endswith((".json", ".jsonl", ".ndjson"))


def _named(position: KeyPrefix, scope: Scope) -> list[KeyPrefix]:
    """Give what the caller named, where the folder above may not be listed: perhaps one's own may."""
    if position.account_id is not None and position.folder is None:
        return [evolve(position, folder=each) for each in _LISTED]
    if position.folder is not None:
        return [evolve(position, region=region) for region in sorted(scope.regions or ())]
    return [evolve(position, account_id=account) for account in sorted(scope.accounts or ())]


def list_older(folder: Folder, scope: Scope) -> Listed:
    """List the newest digest of each chain that ended before the asked time, but not long before. In a thread.

    Args:
        folder: A folder that has nothing of the asked time.
        scope: What is asked for.
    """
    since = scope.span.since
    if since is None:
        return Listed(folder)
    earlier = evolve(scope, span=evolve(scope.span, since=shifted(since, -LATEST)))
    listed = list_folder(folder, earlier)
    for ends in listed.chains.values():
        del ends.times[:-1], ends.sizes[:-1]
    return Listed(folder, {chain: ends for chain, ends in listed.chains.items() if not chain.backfill}, listed.others)


def list_folder(folder: Folder, scope: Scope, until: datetime | None = None, see: SeeObject | None = None) -> Listed:
    """List the digests of a folder that may have something of the asked time. In a thread.

    Of each chain one digest more is listed than the asked time needs, which speaks for the last one of it.

    Args:
        folder: The folder.
        scope: What is asked for.
        until: Only digests that end up to then; for what a link leads to.
        see: Is to see each object.
    """
    listed, prefix, since = Listed(folder), str(folder.position), scope.span.listed_from
    start_after = "" if since is None else f"{prefix}{since:%Y/%m/%d}/"
    taker = _Taker(listed, scope, until)
    try:
        for each in _objects(folder, prefix, start_after):
            if see is not None:
                listed.said += see(folder.root.store, each)
            name = _genuine_name(each.key, prefix)
            if name is None:
                taker.leave(each)
            elif not taker.take(name, each.size):
                break
    except SourceError as error:
        listed.findings.append(not_listed(folder.root, prefix, error))
    taker.finish()
    return listed


class _Taker:
    """Takes the names of a listing that are needed."""

    def __init__(self, listed: Listed, scope: Scope, until: datetime | None) -> None:
        self._listed, self._scope, self._until = listed, scope, until
        asked, self._since = scope.span.until, scope.span.listed_from
        self._enough = None if asked is None else shifted(asked, HOUR)
        self._closed: set[ChainId] = set()
        """Chains of which a digest behind the asked time is taken."""
        self._foreign = 0

    def take(self, name: DigestKey, size: int) -> bool:
        """Take a digest if it is needed; tell whether others can be."""
        chain, end, enough = chain_of(name), name.end_time, self._enough
        if enough is not None and _is_enough(name, enough, self._listed.chains, self._closed):
            return False
        if not self._scope.wants(chain):
            self._listed.others = True
            return True
        if self._since is not None and end <= self._since:
            return True
        if self._until is not None and end > self._until:
            return True
        if enough is not None and end > enough:
            if chain in self._closed:
                return True
            self._closed.add(chain)
        ends = self._listed.chains.setdefault(chain, Ends(self._listed.folder, chain))
        ends.times.append(int(end.timestamp()))
        ends.sizes.append(size)
        return True

    def leave(self, stored: StoredObject) -> None:
        """Report what has a foreign name; consoles mark folders with empty objects."""
        if stored.key.endswith("/") and stored.size == 0:
            return
        if is_log_file_name(stored.key.rpartition("/")[2]):
            uri = self._listed.folder.root.store.uri(stored.key)
            self._listed.findings.append(Finding(code=FindingCode.UNLISTED, uri=uri, detail="among digest files"))
            return
        self._foreign += 1
        if self._foreign <= MOST_FOREIGN:
            uri = self._listed.folder.root.store.uri(stored.key)
            self._listed.findings.append(Finding(code=FindingCode.FOREIGN_NAME, uri=uri))

    def finish(self) -> None:
        """Say how many foreign names are not named."""
        folder = self._listed.folder
        if self._foreign > MOST_FOREIGN:
            detail = f"and {self._foreign - MOST_FOREIGN} more"
            uri = folder_uri(folder.root, str(folder.position))
            self._listed.findings.append(Finding(code=FindingCode.FOREIGN_NAME, uri=uri, detail=detail))


def _objects(folder: Folder, prefix: str, start_after: str) -> Iterator[StoredObject]:
    for page in folder.root.store.pages(prefix, start_after=start_after):
        yield from page.objects


def _genuine_name(key: str, prefix: str) -> DigestKey | None:
    """Read a digest's name as CloudTrail gives it: all parts of it agree."""
    name = parse_key(key)
    if not isinstance(name, DigestKey) or not str(name.directory).startswith(prefix):
        return None
    agrees = name.name_account_id is None and name.name_region is None and name.date == name.end_time.date()
    return name if agrees and name.suffix == ".json.gz" else None


def _is_enough(name: DigestKey, enough: datetime, chains: Mapping[ChainId, Ends], closed: set[ChainId]) -> bool:
    """Tell whether nothing that is needed can come behind this name."""
    if name.date <= enough.date():
        return False
    return (bool(chains) and closed >= chains.keys()) or name.date > shifted(enough, LATEST).date()
