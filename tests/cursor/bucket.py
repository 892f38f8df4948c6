"""A bucket in memory that is read as S3 is, and whose files come, change, break and heal as a test wants."""

import gzip
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from io import BytesIO
from typing import Any

import trailsdk
from trailsdk.errors import NotFoundError, UnreadableError
from trailsdk.sources import CursorStore, Saved
from trailsdk.sources.store import Body, Page, StoredObject

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def key(minute: int, region: str = "eu-west-1", unique: str = "AbCdEfGh01234567") -> str:
    """Name a log file that was delivered so many minutes after `BEGIN`."""
    when = BEGIN + timedelta(minutes=minute)
    name = f"111122223333_CloudTrail_{region}_{when:%Y%m%dT%H%M}Z_{unique}.json.gz"
    return f"AWSLogs/111122223333/CloudTrail/{region}/{when:%Y/%m/%d}/{name}"


def log_file(*event_ids: str) -> bytes:
    """Make a log file of records with these ids."""
    records = [{"eventID": each, "eventTime": "2026-03-01T00:00:00Z"} for each in event_ids]
    return gzip.compress(json.dumps({"Records": records}).encode(), mtime=0)


class Bucket:
    """Objects by key; counts what is asked for."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.location = "s3://bucket"
        self.objects = dict(objects or {})
        self.broken: set[str] = set()
        self.lists: list[tuple[str, str]] = []
        self.gets: list[str] = []

    def uri(self, key: str) -> str:
        return f"{self.location}/{key}"

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterable[Page]:
        self.lists.append((prefix, start_after))
        objects: list[StoredObject] = []
        folders: dict[str, None] = {}
        for each in sorted(self.objects):
            if not each.startswith(prefix) or each <= start_after:
                continue
            end = each.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0:
                folders[each[: end + 1]] = None
                continue
            content = self.objects[each]
            objects.append(StoredObject(each, len(content), blake2b(content, digest_size=8).hexdigest()))
        yield Page(tuple(objects), tuple(folders))

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        self.gets.append(key)
        if key in self.broken:
            raise UnreadableError(self.uri(key), "it is broken")
        if key not in self.objects:
            raise NotFoundError(self.uri(key), "there is no such object")
        return Body(self.objects[key], version_id=version_id)

    def open(self, key: str) -> AbstractContextManager[BytesIO]:
        return nullcontext(BytesIO(self.get(key).data))


class InMemoryS3(trailsdk.S3):
    """`trailsdk.S3`, with another bucket behind it."""

    def __init__(self, bucket: Bucket, **options: Any) -> None:
        super().__init__("s3://bucket", client=object(), **options)
        self.bucket = bucket

    def store(self) -> Any:
        return self.bucket


class HeldStore:
    """A place for a cursor, as a caller would write it for a database."""

    location = "a row"

    def __init__(self) -> None:
        self.saved: Saved | None = None

    def load(self) -> Saved | None:
        return self.saved

    def save(self, saved: Saved) -> bool:
        if (0 if self.saved is None else self.saved.generation) != saved.generation - 1:
            return False
        self.saved = saved
        return True


_store: CursorStore = HeldStore()
