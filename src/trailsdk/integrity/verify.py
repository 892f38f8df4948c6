"""From what a caller names to a verification."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from trailsdk.errors import LocationError, SourceError, UsageError
from trailsdk.integrity.chain import Span
from trailsdk.integrity.checks import Checks
from trailsdk.integrity.copied import Origin, copied_root
from trailsdk.integrity.key_file import KeySet, read_public_keys
from trailsdk.integrity.keyring import FetchKeys, GivenKeys, KeyRing, Keys
from trailsdk.integrity.listed_keys import CloudTrailClients, listed_keys
from trailsdk.integrity.recorder import Recorder
from trailsdk.integrity.scope import Root, Scope, Trail
from trailsdk.integrity.signing import PublicKey
from trailsdk.integrity.state import State, read_state, write_state
from trailsdk.integrity.tail import explain_tail
from trailsdk.integrity.verifier import Result, Verifier
from trailsdk.model.key_tree import ROOT
from trailsdk.select.selection import Selection
from trailsdk.select.window import read_window
from trailsdk.sources.folder_store import FolderStore
from trailsdk.sources.store import ObjectStore

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.sources.s3 import S3

__all__ = ["Kept", "PublicKeys", "Verification", "VerifiedLocation", "at_once", "keys_of", "root_of"]

VerifiedLocation: TypeAlias = "str | os.PathLike[str] | S3 | ObjectStore"
"""`s3://bucket[/prefix]`, a folder, a `trailsdk.S3`, or any object store."""

PublicKeys: TypeAlias = str | os.PathLike[str] | Iterable[PublicKey] | FetchKeys | None
"""A file (see `read_public_keys`), a `KeySet`, keys, or a function that gives them; `None`: ask CloudTrail."""

_AT_ONCE = 32
_AT_ONCE_FAST = 64
_AT_ONCE_LOCAL = 2 * (os.cpu_count() or 1)


@frozen
class Kept:
    """The state of earlier runs, and how it is to be used."""

    path: str | os.PathLike[str] | None = None
    key: bytes = b""
    reread: bool = False

    def recorder(self, now: datetime, checks: frozenset[str]) -> Recorder | None:
        """Make what knows it."""
        if self.path is None:
            return None
        # Also where it is not used it is read first: what is no state is not overwritten.
        earlier = read_state(self.path, self.key)
        return Recorder(State() if self.reread else earlier, now, checks)

    def write(self, recorder: Recorder) -> None:
        """Write what is to be kept."""
        if self.path is not None:
            write_state(self.path, recorder.state(), self.key)


class Verification:
    """What a caller asked for, checked."""

    def __init__(
        self,
        locations: tuple[VerifiedLocation, ...],
        trail: str | None,
        since: datetime | str | None,
        until: datetime | str | None,
        accounts: Iterable[str] | str | None,
        regions: Iterable[str] | str | None,
        public_keys: PublicKeys,
        copied_from: str | None,
        kept: Kept,
        session: "Session | None",
        now: datetime | None,
        checks: Checks,
    ) -> None:
        now = datetime.now(UTC) if now is None else now
        self.window = read_window(since, until, now)
        selection = Selection.of(window=self.window, accounts=accounts, regions=regions)
        asked = None if trail is None else Trail.parse(trail)
        if not locations and (trail is None or asked is None):
            raise UsageError("verify() wants a location, or the ARN of a trail")
        if not locations and copied_from is not None:
            raise UsageError("copied_from: name the location of the copy")
        origin = None if copied_from is None else Origin.parse(copied_from)
        clients = CloudTrailClients(session)
        if trail is not None and asked is not None and not locations:
            from trailsdk.sources.cloudtrail import trail_location

            locations = (trail_location(clients.client(asked.home_region), trail),)
        if self.window[0] is not None and self.window[0] >= now:
            raise UsageError("since: it is not yet, so that nothing can have been delivered")
        scope = Scope(span=Span(*self.window, now), trail=asked, accounts=selection.accounts, regions=selection.regions)
        keys = keys_of(public_keys, clients)
        roots = tuple(root_of(each, session) for each in locations)
        if origin is not None:
            roots = tuple(copied_root(each, origin) for each in roots)
        # Who brings keys wants no AWS to be asked.
        explain = explain_tail(clients.status, asked, now) if public_keys is None else None
        self._kept, self._recorder = kept, kept.recorder(now, checks.names)
        number = max(at_once(each.store) for each in roots)
        self._verifier = Verifier(roots, scope, keys, number, explain, self._recorder, checks)

    def results(self) -> Iterator[Result]:
        """Give what is found; at the end, what is proved is kept."""
        yield from self._verifier.results()
        if self._recorder is not None:
            self._kept.write(self._recorder)


def keys_of(given: PublicKeys, clients: CloudTrailClients) -> Keys:
    """Make of what a caller gives where keys are looked for.

    Raises:
        PublicKeyError: It is a file that cannot be used.
    """
    if given is None:
        return KeyRing(lambda region, start, end: listed_keys(clients.client(region), region, start, end))
    if isinstance(given, (str, os.PathLike)):
        return GivenKeys(read_public_keys(given), os.fspath(given))
    if callable(given):
        return KeyRing(given)
    return GivenKeys(given) if isinstance(given, KeySet) else GivenKeys(KeySet(tuple(given)), vouched=True)


def root_of(location: VerifiedLocation, session: "Session | None") -> Root:
    """Make of what a caller names where it is looked.

    Raises:
        LocationError: It is nothing that can be verified.
        SourceError: There are no credentials.
    """
    if isinstance(location, (str, os.PathLike)):
        text = os.fspath(location)
        if not text:
            raise LocationError("''", "expected s3://bucket or a folder")
        if not text.lower().startswith("s3://"):
            if "://" in text:
                raise LocationError(text, "only s3:// and folders can be verified")
            return _folder(text)
        from trailsdk.sources.s3 import S3

        location = S3(text, session=session)
    if isinstance(location, FolderStore):
        return Root(location, "", None, lambda _: location)
    if isinstance(location, ObjectStore):
        return _store(location)
    if hasattr(location, "of_bucket"):
        return _bucket(location)
    raise LocationError(repr(location), "expected s3://bucket, a folder, or an object store")


def _bucket(source: "S3") -> Root:
    from trailsdk.sources.s3.location import parse_location

    place = parse_location(source.location)
    prefix = place.path if not place.path or place.path.endswith("/") else f"{place.path}/"
    opened: dict[str, ObjectStore] = {place.bucket: source.store()}
    lock = Lock()

    def open_bucket(bucket: str) -> ObjectStore:
        with lock:
            if bucket not in opened:
                opened[bucket] = source.of_bucket(bucket).store()
            return opened[bucket]

    return Root(opened[place.bucket], prefix, place.bucket, open_bucket)


def _store(store: ObjectStore) -> Root:
    bucket = store.location.removeprefix("s3://").partition("/")[0] if store.location.startswith("s3://") else None

    def open_bucket(name: str) -> ObjectStore:
        other = getattr(store, "of_bucket", None)
        if other is None:
            raise SourceError(f"s3://{name}", "only the bucket that was handed in can be looked at")
        opened: ObjectStore = other(name)
        return opened

    return Root(store, "", bucket, open_bucket)


def _folder(path: str) -> Root:
    """Find the folder that stands for the bucket: the one above `AWSLogs`, where the path leads into that."""
    if not Path(path).is_dir():
        raise LocationError(path, "no such folder")
    parts = Path(path).absolute().parts
    prefix = ""
    if ROOT in parts:
        at = parts.index(ROOT)
        path, prefix = str(Path(*parts[:at])), "/".join(parts[at:]) + "/"
    store = FolderStore(path)
    return Root(store, prefix, None, lambda _: store)


def at_once(store: ObjectStore) -> int:
    """How many objects are fetched at once: what a store can do, before waiting for each other costs more."""
    if isinstance(store, FolderStore):
        return _AT_ONCE_LOCAL
    return _AT_ONCE_FAST if getattr(store, "is_fast", False) else _AT_ONCE
