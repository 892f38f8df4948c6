"""Copies at another place: a trail's objects in a bucket, or below a prefix, that CloudTrail did not deliver to.

The caller says of which place they are a copy. Then a digest may lie where its original's key leads to in the copy; it
must still say that it was delivered to exactly that key of exactly that bucket, and be signed for it.
"""

from collections.abc import Iterator

from attrs import evolve, frozen

from trailsdk.errors import UnreadableError
from trailsdk.integrity.scope import Root
from trailsdk.model.key_tree import find_root
from trailsdk.sources.store import Body, ObjectStore, Page

__all__ = ["CopiedStore", "Origin", "copied_root", "copy_of"]


@frozen
class Origin:
    """Where objects were copied from."""

    bucket: str
    prefix: str
    """Begin of keys, before `AWSLogs`: empty, or with a slash at its end."""

    @classmethod
    def parse(cls, uri: str) -> "Origin":
        """Read `s3://bucket[/prefix]`.

        Raises:
            LocationError: It is none.
        """
        from trailsdk.sources.s3.location import parse_location

        place = parse_location(uri)
        path = place.path if not place.path or place.path.endswith("/") else f"{place.path}/"
        return cls(place.bucket, _before_root(path))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class CopiedStore:
    """A copy, under the keys of its originals.

    Args:
        store: Where the copy is.
        prefix: Begin of its keys there, before `AWSLogs`.
        origin: Where it was copied from.
        bucket: The bucket in which the copy is; `None` for a folder. It may be the one that it was copied from.
    """

    def __init__(self, store: ObjectStore, prefix: str, origin: Origin, bucket: str | None = None) -> None:
        self.location = store.location
        self._store, self._prefix, self._origin = store, prefix, origin
        self._is_same_bucket = bucket == origin.bucket

    def original(self, key: str) -> str | None:
        """Tell the key of an object's original, by its key in the copy; `None` where it is outside of it."""
        return self._origin.prefix + key[len(self._prefix) :] if key.startswith(self._prefix) else None

    def has(self, key: str) -> bool:
        """Tell whether a folder has a file for an object; of other stores nothing is known."""
        here, has = self._here(key), getattr(self._store, "has", None)
        return bool(has is not None and here is not None and has(here))

    def uri(self, key: str) -> str:
        """Name the copy of an object."""
        here = self._here(key)
        return f"s3://{self._origin.bucket}/{key}" if here is None else self._store.uri(here)

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        """List what begins with a prefix.

        Raises:
            SourceError: The store refused, or the prefix is outside of what was copied.
        """
        here = self._found(prefix)
        after = self._found(start_after) if start_after else ""
        for page in self._store.pages(here, delimiter=delimiter, start_after=after):
            yield Page(
                tuple(evolve(each, key=prefix + each.key[len(here) :]) for each in page.objects),
                tuple(prefix + each[len(here) :] for each in page.folders),
            )

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Get the copy of an object.

        Raises:
            SourceError: The store refused, has no such object, or the object is outside of what was copied.
        """
        return self._store.get(self._found(key), version_id=version_id)

    def _found(self, key: str) -> str:
        here = self._here(key)
        if here is None:
            # That it is not here says nothing of what CloudTrail delivered.
            raise UnreadableError(self.uri(key), f"only a copy of {self._origin} is at hand")
        return here

    def _here(self, key: str) -> str | None:
        """Give the key in the copy; `None` where it is outside of it.

        Within one bucket, of which a part is a copy of another one, the longer prefix tells in which a key is.
        """
        origin = self._origin.prefix
        is_longer = self._is_same_bucket and key.startswith(self._prefix) and len(self._prefix) > len(origin)
        if key.startswith(origin) and not is_longer:
            return self._prefix + key[len(origin) :]
        return key if self._is_same_bucket else None


def copied_root(root: Root, origin: Origin) -> Root:
    """Let what is at a location be taken for a copy: what stands before `AWSLogs` here stood otherwise there.

    Args:
        root: The location.
        origin: Where it was copied from.
    """
    store = CopiedStore(root.store, _before_root(root.prefix), origin, root.bucket)
    return evolve(root, original=Root(store, "", origin.bucket, root.open, is_copy=True))


def _before_root(prefix: str) -> str:
    at = find_root(prefix)
    return prefix if at < 0 else prefix[:at]


def copy_of(root: Root, key: str) -> tuple[str, str] | None:
    """Tell bucket and key of an object's original; `None` where nobody says that it is a copy."""
    original = root if root.is_copy else root.original
    if original is None or original.bucket is None or not isinstance(original.store, CopiedStore):
        return None
    there = key if root.is_copy else original.store.original(key)
    return None if there is None else (original.bucket, there)
