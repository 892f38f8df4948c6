"""Public keys: fetched once for each Region and time, or given."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Protocol, TypeAlias

from trailsdk.errors import PublicKeyError, PublicKeyMissingError, SourceError, UnreadableError
from trailsdk.integrity.key_file import KeySet
from trailsdk.integrity.signing import PublicKey, fingerprint_of

__all__ = ["FetchKeys", "GivenKeys", "KeyRing", "Keys"]

FetchKeys: TypeAlias = Callable[[str, datetime, datetime], Iterable[PublicKey]]
"""Gives the keys of a Region that were used in a time, as `ListPublicKeys` does. Raises SourceError."""

_MOST_QUESTIONS = 200
"""How often keys are asked for in one Region: planted digests may name any number of keys that do not exist."""


class Keys(Protocol):
    """Where keys are looked for. May be used by several threads."""

    def load(self, region: str, start: datetime, end: datetime) -> None:
        """Get the keys of a time ready. What is wrong comes when a key is needed."""

    def find(self, region: str, fingerprint: str, start: datetime, end: datetime) -> PublicKey | None:
        """Find the key of a fingerprint; `None` where CloudTrail has none.

        Args:
            region: Whose digests it signs.
            fingerprint: In lower-case hex.
            start: Begin of the time in which it signed.
            end: End of that time.

        Raises:
            SourceError: The keys could not be fetched.
            PublicKeyMissingError: The keys at hand are not all of that Region and time, and it is not among them.
            PublicKeyError: The key is not the one that its fingerprint says.
        """


class KeyRing:
    """The keys of all Regions, each fetched when it is first needed. May be used by several threads.

    Args:
        fetch: Where keys come from.
    """

    def __init__(self, fetch: FetchKeys) -> None:
        self._fetch = fetch
        self._regions: dict[str, _Region] = {}
        self._lock = Lock()

    def load(self, region: str, start: datetime, end: datetime) -> None:
        """Fetch the keys of a time, if they are not here yet. What is wrong comes when a key is needed."""
        self._region(region).load(start, end)

    def find(self, region: str, fingerprint: str, start: datetime, end: datetime) -> PublicKey | None:
        """Find the key of a fingerprint."""
        found = self._region(region).find(fingerprint, start, end)
        return None if found is None else _checked(found, fingerprint)

    def _region(self, name: str) -> "_Region":
        with self._lock:
            return self._regions.setdefault(name, _Region(name, self._fetch))


class _Region:
    def __init__(self, name: str, fetch: FetchKeys) -> None:
        self._name, self._fetch = name, fetch
        self._keys: dict[str, PublicKey] = {}
        self._asked: list[tuple[datetime, datetime]] = []
        self._questions = 0
        self._lock = Lock()

    def load(self, start: datetime, end: datetime) -> SourceError | None:
        """Fetch, and tell what is wrong. A failure for one time says nothing of another: names may be made up."""
        with self._lock:
            if any(begin <= start and end <= until for begin, until in self._asked):
                return None
            if self._questions >= _MOST_QUESTIONS:
                return UnreadableError(f"public keys of {self._name}", f"asked for {_MOST_QUESTIONS} times already")
            self._questions += 1
            try:
                for key in self._fetch(self._name, start, end):
                    self._keys.setdefault(key.fingerprint.lower(), key)
            except SourceError as error:
                return error
            self._asked.append((start, end))
            return None

    def find(self, fingerprint: str, start: datetime, end: datetime) -> PublicKey | None:
        if fingerprint in self._keys:
            return self._keys[fingerprint]
        failed = self.load(start, end)
        if failed is not None and fingerprint not in self._keys:
            raise failed
        return self._keys.get(fingerprint)


class GivenKeys:
    """Keys that are at hand: nobody is asked.

    Args:
        given: The keys.
        path: The file from which they are, for messages.
        vouched: Whether the caller vouches that they are all of each Region of which there is one.
    """

    def __init__(self, given: KeySet, path: str | None = None, *, vouched: bool = False) -> None:
        self._given, self._path, self._vouched = given, path, vouched
        self._keys: dict[tuple[str | None, str], PublicKey] = {}
        for key in given:
            self._keys.setdefault((key.region, key.fingerprint.lower()), key)

    def load(self, region: str, start: datetime, end: datetime) -> None:
        """Do nothing: all are here."""

    def find(self, region: str, fingerprint: str, start: datetime, end: datetime) -> PublicKey | None:
        """Find the key of a fingerprint."""
        found = self._keys.get((region, fingerprint)) or self._keys.get((None, fingerprint))
        if found is not None:
            return _checked(found, fingerprint)
        if not self._is_all_of(region, start, end):
            place = "the keys that were handed in" if self._path is None else self._path
            command = f"trailsdk public-keys export {self._path or 'FILE'} --region {region} --since {start:%Y-%m-%d}"
            reason = f"not in {place}, which may lack some of {region} at that time; to add them: {command}"
            raise PublicKeyMissingError(fingerprint[:64], reason)
        return None

    def _is_all_of(self, region: str, start: datetime, end: datetime) -> bool:
        if self._given.covers(region, start, end):
            return True
        return self._vouched and not self._regions.isdisjoint((region, None))

    @cached_property
    def _regions(self) -> frozenset[str | None]:
        return frozenset(region for region, _ in self._keys)


def _checked(key: PublicKey, fingerprint: str) -> PublicKey:
    if fingerprint_of(key.value) != fingerprint:
        raise PublicKeyError(fingerprint[:64], "it is another key than its fingerprint says")
    return key
