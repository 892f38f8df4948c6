"""Objects in buckets, in memory: written into folders, put into any S3, or read as they are."""

import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import md5
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from trailsdk.errors import NotFoundError
from trailsdk.sources.sidecar import Sidecar, write_sidecar
from trailsdk.sources.store import Body, Page, StoredObject

__all__ = ["FakeObject", "FakeObjects", "FakeStore", "Place"]

Place: TypeAlias = tuple[str, str]
"""Bucket and key."""


@frozen
class FakeObject:
    """An object's content and metadata."""

    data: bytes = field(repr=False)
    metadata: Mapping[str, str] = field(factory=dict)
    last_modified: datetime | None = None
    """When it was put, where that is known."""

    @property
    def etag(self) -> str:
        """MD5 of the content, as S3 has it."""
        return md5(self.data, usedforsecurity=False).hexdigest()


class FakeObjects:
    """Buckets with objects. Several trails may write into the same."""

    def __init__(self) -> None:
        self._objects: dict[Place, FakeObject] = {}

    def __contains__(self, place: Place) -> bool:
        return place in self._objects

    def __getitem__(self, place: Place) -> FakeObject:
        return self._objects[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(sorted(self._objects, key=lambda place: (place[0], place[1].encode(errors="surrogatepass"))))

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def buckets(self) -> list[str]:
        """The names of the buckets."""
        return sorted({bucket for bucket, _ in self._objects})

    def put(
        self,
        place: Place,
        data: bytes,
        metadata: Mapping[str, str] | None = None,
        *,
        last_modified: datetime | None = None,
    ) -> None:
        """Put an object; one that is there is replaced, with its metadata.

        Args:
            place: Bucket and key.
            data: The content.
            metadata: Without `x-amz-meta-`.
            last_modified: When; by default nobody knows.
        """
        self._objects[place] = FakeObject(data, dict(metadata or {}), last_modified)

    def replace(self, place: Place, data: bytes) -> None:
        """Replace an object's content, and keep its metadata."""
        self._objects[place] = evolve(self._objects[place], data=data)

    def delete(self, place: Place) -> FakeObject:
        """Take an object away."""
        return self._objects.pop(place)

    def copy(self) -> "FakeObjects":
        """Give the same objects again, so that one trail can be tampered with in several ways."""
        made = FakeObjects()
        made._objects.update(self._objects)
        return made

    def store(self, bucket: str) -> "FakeStore":
        """Give one bucket as it is, to whatever reads object stores."""
        return FakeStore(self, bucket)

    def write_into(self, folder: str | os.PathLike[str], *, bucket: str | None = None, sidecars: bool = True) -> None:
        """Write objects into a folder: each at its key.

        Args:
            folder: Where `AWSLogs`, or the prefix before it, is to be.
            bucket: Only the objects of this one; by default those of all, each bucket in the same folder.
            sidecars: Write the metadata beside each file, as a mirror does; a plain copy loses it.
        """
        for place in self:
            name, key = place
            if bucket not in (None, name):
                continue
            path, each = Path(folder, key), self[place]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(each.data)
            if sidecars:
                known = Sidecar(bucket=name, key=key, size=len(each.data), etag=each.etag, metadata=each.metadata)
                write_sidecar(path, known)

    def upload(self, client: Any) -> None:
        """Put all objects into S3, buckets included.

        Args:
            client: A boto3 client of S3.
        """
        for bucket, places in groupby(self, key=lambda place: place[0]):
            client.create_bucket(Bucket=bucket)
            for place in places:
                each = self[place]
                client.put_object(Bucket=bucket, Key=place[1], Body=each.data, Metadata=dict(each.metadata))


class FakeStore:
    """One bucket of `FakeObjects`, as an object store."""

    def __init__(self, objects: FakeObjects, bucket: str) -> None:
        self.location = f"s3://{bucket}"
        self._objects, self._bucket = objects, bucket

    def of_bucket(self, bucket: str) -> "FakeStore":
        """Give another bucket."""
        return FakeStore(self._objects, bucket)

    def uri(self, key: str) -> str:
        """Name an object."""
        return f"{self.location}/{key}"

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "", size: int = 1000) -> Iterator[Page]:
        """List as S3 does.

        Args:
            prefix: Begin of the keys.
            delimiter: Folds what stands behind it.
            start_after: Only keys behind this one.
            size: Objects and folders of a page, at the most.
        """
        keys = [key for bucket, key in self._objects if bucket == self._bucket]
        encoded = [key.encode(errors="surrogatepass") for key in keys]
        keys = keys[bisect_right(encoded, start_after.encode(errors="surrogatepass")) :]
        entries: list[StoredObject | str] = []
        for key in keys:
            if not key.startswith(prefix):
                continue
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if not found:
                each = self._objects[self._bucket, key]
                entries.append(StoredObject(key, len(each.data), each.etag, each.last_modified))
            elif not entries or entries[-1] != prefix + head + delimiter:
                entries.append(prefix + head + delimiter)
        for start in range(0, len(entries) or 1, size):
            part = entries[start : start + size]
            yield Page(
                tuple(each for each in part if isinstance(each, StoredObject)),
                tuple(each for each in part if isinstance(each, str)),
            )

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Get an object.

        Raises:
            NotFoundError: There is none.
        """
        if (self._bucket, key) not in self._objects or version_id is not None:
            raise NotFoundError(self.uri(key), "no such object")
        each = self._objects[self._bucket, key]
        return Body(each.data, each.metadata, each.etag)
