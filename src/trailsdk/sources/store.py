"""What an object store is: S3, or a folder that holds a copy of a bucket."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from attrs import field, frozen

__all__ = ["Body", "ObjectStore", "Page", "StoredObject"]


@frozen
class StoredObject:
    """An object, as a listing tells of it."""

    key: str
    size: int
    """Bytes, as they are stored."""
    etag: str | None = None
    """Changes when the content does; without the quotes. It proves nothing: only a hash in a digest does."""
    last_modified: datetime | None = None
    storage_class: str | None = None
    version_id: str | None = None


@frozen
class Page:
    """A part of a listing, in the order of keys."""

    objects: tuple[StoredObject, ...]
    folders: tuple[str, ...] = ()
    """With a delimiter: what is below, each with the delimiter at its end."""


@frozen
class Body:
    """An object's content, and what is kept beside it."""

    data: bytes = field(repr=False)
    metadata: Mapping[str, str] = field(factory=dict)
    """What its writer said of it: on digest files the signature. Names in lower case, without `x-amz-meta-`."""
    etag: str | None = None
    version_id: str | None = None


@runtime_checkable
class ObjectStore(Protocol):
    """One bucket, or a copy of one. Its methods may be called by several threads at once."""

    location: str
    """`s3://bucket`, or the folder's path."""

    def uri(self, key: str) -> str:
        """Name an object for people, origins and errors."""

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        """List what begins with a prefix.

        Args:
            prefix: A begin of keys, not necessarily a folder.
            delimiter: What stands behind it is not listed, only that there is something: see `Page.folders`.
            start_after: Only keys behind this one.

        Raises:
            SourceError: The store refused, or could not be reached. No page is empty but perhaps the only one.
        """

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Get an object as a whole. A body that breaks off is fetched again.

        Raises:
            SourceError: The store refused, could not be reached, or has no such object.
        """
