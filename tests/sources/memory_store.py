"""A bucket in memory that keeps S3's rules of listing, counts calls, and refuses what it is told to."""

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from trailsdk.errors import AccessDeniedError, NotFoundError
from trailsdk.sources.store import Body, Page, StoredObject


class MemoryStore:
    """Objects by key.

    Args:
        objects: Their content.
        page: Keys and folders of one page of a listing.
        refused: Begins of prefixes that may not be listed.
    """

    def __init__(self, objects: Mapping[str, bytes], *, page: int = 1000, refused: Iterable[str] = ()) -> None:
        self.location = "s3://memory"
        self.objects = dict(sorted(objects.items(), key=lambda pair: pair[0].encode()))
        self.page = page
        self.refused = tuple(refused)
        self.lists: list[tuple[str, str, str]] = []
        self.gets: list[str] = []
        self._lock = Lock()

    def uri(self, key: str) -> str:
        return f"{self.location}/{key}"

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        entries = list(self._entries(prefix, delimiter, start_after))
        for start in range(0, max(len(entries), 1), self.page):
            with self._lock:
                self.lists.append((prefix, delimiter, start_after))
            if prefix in self.refused:
                raise AccessDeniedError(self.uri(prefix), "access denied")
            part = entries[start : start + self.page]
            yield Page(
                tuple(each for each in part if isinstance(each, StoredObject)),
                tuple(each for each in part if isinstance(each, str)),
            )

    def _entries(self, prefix: str, delimiter: str, start_after: str) -> Iterator[StoredObject | str]:
        folder = None
        for key, content in self.objects.items():
            if not key.startswith(prefix) or (start_after and key.encode() <= start_after.encode()):
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                yield StoredObject(key, len(content), etag=f"{hash(content):x}")
            elif key[: end + 1] != folder:
                folder = key[: end + 1]
                yield folder

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        with self._lock:
            self.gets.append(key)
        if key not in self.objects:
            raise NotFoundError(self.uri(key), "there is no such object")
        return Body(self.objects[key], version_id=version_id)
