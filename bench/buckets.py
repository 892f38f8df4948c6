"""Buckets of objects that are held in memory, and how any bucket is listed."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

from attrs import field, frozen

__all__ = ["Bucket", "Entry", "Listed", "MemoryBucket", "Stored", "list_entries", "load_folder"]


@frozen
class Listed:
    """What a listing tells of an object."""

    key: str
    size: int
    etag: str
    """Without its quotes."""


@frozen
class Stored:
    """An object with its bytes."""

    body: bytes = field(repr=False)
    etag: str
    metadata: Mapping[str, str] = field(factory=dict)
    """User metadata, without `x-amz-meta-`."""


class Bucket(Protocol):
    """What the server asks of a bucket."""

    def get(self, key: str) -> Stored | None:
        """Give an object, or `None` where there is none."""

    def objects_from(self, first: str) -> Iterator[Listed]:
        """Give all objects whose keys are not less than `first`, in the order of S3: of their keys' UTF-8 bytes."""


Entry: TypeAlias = Listed | str
"""An object, or a common prefix."""


class MemoryBucket:
    """Objects that are held in memory."""

    def __init__(self, objects: Mapping[str, Stored]) -> None:
        self._objects = objects
        # The order of code points is that of UTF-8's bytes.
        self._keys = sorted(objects)

    def get(self, key: str) -> Stored | None:
        """Give an object, or `None` where there is none."""
        return self._objects.get(key)

    def objects_from(self, first: str) -> Iterator[Listed]:
        """Give all objects from a key on, in order."""
        for index in range(bisect_left(self._keys, first), len(self._keys)):
            key = self._keys[index]
            found = self._objects[key]
            yield Listed(key, len(found.body), found.etag)


def load_folder(folder: Path) -> dict[str, MemoryBucket]:
    """Read buckets into memory. Equal bodies are held once, under however many keys they stand.

    Args:
        folder: Each folder in it is a bucket, each file below that an object under its relative path. User metadata
            stands in `<bucket>.metadata.json` beside the bucket's folder: from keys to objects of names and texts.
    """
    buckets = {}
    held: dict[bytes, tuple[bytes, str]] = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        beside = folder / f"{place.name}.metadata.json"
        metadata: dict[str, dict[str, str]] = json.loads(beside.read_bytes()) if beside.exists() else {}
        objects = {}
        for path in place.rglob("*"):
            if path.is_file():
                key, body = path.relative_to(place).as_posix(), path.read_bytes()
                if body not in held:
                    held[body] = body, hashlib.md5(body, usedforsecurity=False).hexdigest()
                objects[key] = Stored(*held[body], metadata.get(key, {}))
        buckets[place.name] = MemoryBucket(objects)
    return buckets


def list_entries(bucket: Bucket, prefix: str, delimiter: str, after: str, size: int) -> tuple[list[Entry], bool]:
    """List a page of a bucket.

    Args:
        bucket: The bucket.
        prefix: A begin of keys.
        delimiter: What stands behind it, after the prefix, is rolled up to one entry.
        after: Only entries behind this one: a key, or a common prefix.
        size: How many entries at the most.

    Returns:
        The entries, and whether there are more.
    """
    entries: list[Entry] = []
    objects = bucket.objects_from(max(prefix, _behind(after, prefix, delimiter)))
    while size and (found := next(objects, None)) is not None and found.key.startswith(prefix):
        if len(entries) == size:
            return entries, True
        folder = _folder(found.key, prefix, delimiter)
        if folder is None:
            entries.append(found)
        else:
            entries.append(folder)
            objects = bucket.objects_from(_successor(folder))
    return entries, False


def _folder(key: str, prefix: str, delimiter: str) -> str | None:
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return None if at < 0 else key[: at + len(delimiter)]


def _behind(after: str, prefix: str, delimiter: str) -> str:
    """Give the least key whose entry is behind another."""
    if not after:
        return ""
    folder = _folder(after, prefix, delimiter) if after.startswith(prefix) else None
    return f"{after}\0" if folder is None else _successor(folder)


def _successor(prefix: str) -> str:
    """Give the least text that is greater than all that begins with a prefix. Text has no surrogates."""
    stripped = prefix.rstrip("\U0010ffff")
    if not stripped:
        return f"{prefix}\U0010ffff"
    following = ord(stripped[-1]) + 1
    return stripped[:-1] + ("\ue000" if following == 0xD800 else chr(following))
