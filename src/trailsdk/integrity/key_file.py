"""Files of public keys: for which Regions and times they hold all, so that a key that is absent says something.

```json
{
  "PublicKeyList": [{"Value": "MIIB...", "Fingerprint": "1a2b...", "Region": "eu-west-1", "ValidityStartTime": ...}],
  "Asked": [{"Region": "eu-west-1", "StartTime": "2026-03-06T00:00:00+00:00", "EndTime": "2026-03-08T03:00:00+00:00"}]
}
```

Without `Region` and `Asked` it is what `aws cloudtrail list-public-keys` prints.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import frozen

from trailsdk import _json
from trailsdk.errors import PublicKeyError, WriteError
from trailsdk.integrity.signing import PublicKey
from trailsdk.model.times import parse_time
from trailsdk.sources.atomic import locked, temporary_in

__all__ = ["AskedTime", "KeySet", "add_public_keys", "read_public_keys", "write_public_keys"]


@frozen
class AskedTime:
    """A time for which CloudTrail was asked for all keys of a Region, and answered."""

    region: str
    start: datetime
    end: datetime


@frozen
class KeySet:
    """Public keys, and for which Regions and times they are all that CloudTrail had. Iterating gives the keys."""

    keys: tuple[PublicKey, ...] = ()
    asked: tuple[AskedTime, ...] = ()
    """Empty where nobody knows, as of what `aws cloudtrail list-public-keys` prints."""

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def covers(self, region: str, start: datetime, end: datetime) -> bool:
        """Tell whether these are all keys of a Region and a time: then a key that is not here does not exist."""
        return any(each.region == region and each.start <= start and end <= each.end for each in _joined(self.asked))

    def merged(self, newer: "KeySet") -> "KeySet":
        """Give the keys and times of both. Of a key that both have, the newer one tells the validity.

        Raises:
            PublicKeyError: Two keys of one Region have the same fingerprint, and are not the same.
        """
        found: dict[tuple[str | None, str], PublicKey] = {}
        for key in chain(self.keys, newer.keys):
            place = (key.region, key.fingerprint)
            if place in found and found[place].value != key.value:
                raise PublicKeyError(key.fingerprint[:64], f"there are two keys of this fingerprint in {key.region}")
            found[place] = key
        return KeySet(tuple(found.values()), tuple(_joined((*self.asked, *newer.asked))))


def _joined(asked: Iterable[AskedTime]) -> Iterator[AskedTime]:
    """Join times of a Region that touch, the earliest first."""
    last: AskedTime | None = None
    for each in sorted(asked, key=lambda each: (each.region, each.start)):
        if last is not None and last.region == each.region and each.start <= last.end:
            last = AskedTime(last.region, last.start, max(last.end, each.end))
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def read_public_keys(path: str | os.PathLike[str]) -> KeySet:
    """Read a file of public keys: of `trailsdk public-keys export`, or what `aws cloudtrail list-public-keys` prints.

    Raises:
        PublicKeyError: It cannot be read, or is no such file.
    """
    place = os.fspath(path)
    try:
        document = _json.decode(Path(path).read_bytes())
    except OSError as error:
        raise PublicKeyError(place, error.strerror or type(error).__name__) from error
    except _json.INVALID as error:
        raise PublicKeyError(place, _json.reason_of(error)) from None
    entries = document.get("PublicKeyList") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise PublicKeyError(place, "it has no PublicKeyList")
    asked = document.get("Asked", [])
    if not isinstance(asked, list):
        raise PublicKeyError(place, "Asked is no list")
    return KeySet(
        tuple(_public_key(entry, f"{place}, PublicKeyList[{number}]") for number, entry in enumerate(entries)),
        tuple(_asked_time(entry, f"{place}, Asked[{number}]") for number, entry in enumerate(asked)),
    )


def write_public_keys(keys: Iterable[PublicKey], path: str | os.PathLike[str]) -> None:
    """Write a file of public keys, as `read_public_keys` reads it: to verify without AWS, at once or years later.

    What is there is replaced, when all is written.

    Args:
        keys: The keys. A `KeySet` says for which Regions and times they are all.
        path: The file.

    Raises:
        WriteError: The operating system refused.
    """
    document: dict[str, Any] = {"PublicKeyList": [_entry(key) for key in keys]}
    if isinstance(keys, KeySet) and keys.asked:
        document["Asked"] = [
            {"Region": each.region, "StartTime": each.start.isoformat(), "EndTime": each.end.isoformat()}
            for each in keys.asked
        ]
    # What a link leads to is written, and not the link.
    target = Path(os.path.realpath(path))
    try:
        with temporary_in(str(target.parent)) as made:
            made.file.write(_json.encode(document))
            made.finish(sync=True)
            made.take(str(target))
    except OSError as error:
        raise WriteError(os.fspath(path), error.strerror or type(error).__name__) from error


def add_public_keys(keys: KeySet, path: str | os.PathLike[str]) -> KeySet:
    """Add keys to a file, which is made where it is not there. Keys and times that are in it stay.

    Args:
        keys: What is to be added.
        path: The file.

    Returns:
        What is in the file then.

    Raises:
        PublicKeyError: There is a file that is none of public keys, or has another key of the same fingerprint.
            It is left as it is.
        WriteError: The operating system refused.
    """
    try:
        with locked(str(Path(os.path.realpath(path)).parent)):
            both = (read_public_keys(path) if os.path.lexists(path) else KeySet()).merged(keys)
            write_public_keys(both, path)
    except OSError as error:
        raise WriteError(os.fspath(path), error.strerror or type(error).__name__) from error
    return both


def _entry(key: PublicKey) -> dict[str, str]:
    entry = {
        "Value": b64encode(key.value).decode(),
        "Fingerprint": key.fingerprint,
        "ValidityStartTime": None if key.validity_start is None else key.validity_start.isoformat(),
        "ValidityEndTime": None if key.validity_end is None else key.validity_end.isoformat(),
        "Region": key.region,
    }
    return {name: value for name, value in entry.items() if value is not None}


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


def _asked_time(entry: Any, name: str) -> AskedTime:
    if not isinstance(entry, dict):
        raise PublicKeyError(name, "it is no object")
    region, start, end = entry.get("Region"), _time(entry.get("StartTime"), name), _time(entry.get("EndTime"), name)
    if not isinstance(region, str) or start is None or end is None:
        raise PublicKeyError(name, "Region, StartTime or EndTime is absent, or of another type")
    return AskedTime(region, start, end)


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
