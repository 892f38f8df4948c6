"""Public keys: fetched once for each Region and time, or given from a file."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from trailsdk import _json
from trailsdk.errors import PublicKeyError, SourceError, UnreadableError, WriteError
from trailsdk.integrity.signing import PublicKey, fingerprint_of
from trailsdk.model.times import parse_time

__all__ = ["FetchKeys", "KeyRing", "fixed_keys", "read_public_keys", "write_public_keys"]

FetchKeys: TypeAlias = Callable[[str, datetime, datetime], Iterable[PublicKey]]
"""Gives the keys of a Region that were used in a time, as `ListPublicKeys` does. Raises SourceError."""

_MOST_QUESTIONS = 200
"""How often keys are asked for in one Region: planted digests may name any number of keys that do not exist."""


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
        """Find the key of a fingerprint.

        Args:
            region: Whose digests it signs.
            fingerprint: In lower-case hex.
            start: Begin of the time in which it signed.
            end: End of that time.

        Raises:
            SourceError: The keys could not be fetched.
            PublicKeyError: The key is not the one that its fingerprint says.
        """
        found = self._region(region).find(fingerprint, start, end)
        if found is not None and fingerprint_of(found.value) != fingerprint:
            raise PublicKeyError(fingerprint[:64], "it is another key than its fingerprint says")
        return found

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


def fixed_keys(keys: Iterable[PublicKey]) -> FetchKeys:
    """Let keys that are at hand serve: those of a Region, and those of which none is known."""
    given = tuple(keys)

    def fetch(region: str, start: datetime, end: datetime) -> list[PublicKey]:  # noqa: ARG001 (all are tried)
        return [each for each in given if each.region in (None, region)]

    return fetch


def read_public_keys(path: str | Path) -> list[PublicKey]:
    """Read a file of public keys: what `aws cloudtrail list-public-keys` prints.

    Each key may have a member `Region` more, as key pairs belong to one.

    Raises:
        PublicKeyError: It cannot be read, or is no such file.
    """
    try:
        document = _json.decode(Path(path).read_bytes())
    except OSError as error:
        raise PublicKeyError(str(path), error.strerror or type(error).__name__) from error
    except _json.INVALID as error:
        raise PublicKeyError(str(path), _json.reason_of(error)) from None
    entries = document.get("PublicKeyList") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise PublicKeyError(str(path), "it has no PublicKeyList")
    return [_public_key(entry, f"{path}, PublicKeyList[{number}]") for number, entry in enumerate(entries)]


def write_public_keys(keys: Iterable[PublicKey], path: str | Path) -> None:
    """Write a file of public keys, as `read_public_keys` reads it: to verify without AWS, now or years later.

    Raises:
        WriteError: The operating system refused.
    """
    entries = [
        {
            "Value": b64encode(key.value).decode(),
            "Fingerprint": key.fingerprint,
            "ValidityStartTime": None if key.validity_start is None else key.validity_start.isoformat(),
            "ValidityEndTime": None if key.validity_end is None else key.validity_end.isoformat(),
            "Region": key.region,
        }
        for key in keys
    ]
    known = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    try:
        Path(path).write_bytes(_json.encode({"PublicKeyList": known}))
    except OSError as error:
        raise WriteError(str(path), error.strerror or type(error).__name__) from error


def _public_key(entry: Any, name: str) -> PublicKey:
    if not isinstance(entry, dict):
        raise PublicKeyError(name, "it is no object")
    value, fingerprint, region = entry.get("Value"), entry.get("Fingerprint"), entry.get("Region")
    if not isinstance(value, str) or not isinstance(fingerprint, str) or not isinstance(region, (str, type(None))):
        raise PublicKeyError(name, "Value, Fingerprint or Region is no text")
    try:
        content = b64decode(value, validate=True)
    except ValueError:
        raise PublicKeyError(name, "Value is no base64") from None
    return PublicKey(
        value=content,
        fingerprint=fingerprint.lower(),
        validity_start=_time(entry.get("ValidityStartTime"), name),
        validity_end=_time(entry.get("ValidityEndTime"), name),
        region=region,
    )


def _time(value: Any, name: str) -> datetime | None:
    """Read a time as the AWS CLI prints it: ISO 8601, or seconds since 1970."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            found = parse_time(value) or datetime.fromisoformat(value)
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise PublicKeyError(name, "a time is none") from None
    return None
