"""What tests of proved reading share: an object store as a source, and what `verify` says of each file."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO
from typing import Any

import trailsdk
from trailsdk import RecordStream, iter_verify
from trailsdk.errors import TrailError
from trailsdk.integrity import Verdict
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.testing.fake_objects import FakeObjects, FakeStore
from trailsdk.testing.fake_trail import FakeTrail

__all__ = ["StoreSource", "adds_up", "files", "read", "verdicts"]


class StoreSource:
    """An object store as a source: all that is no digest, in the order of keys; each object's gets are counted."""

    def __init__(self, store: FakeStore, order: int = 1) -> None:
        self.location = store.location
        self.fetched: Counter[str] = Counter()
        self._store, self._order = store, order

    def store(self) -> FakeStore:
        return self._store

    def plan(self, selection: Selection) -> SourcePlan:  # noqa: ARG002 (a Source)
        return SourcePlan(self.location)

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:  # noqa: ARG002 (a Source)
        keys = [each.key for page in self._store.pages("") for each in page.objects]
        for key in keys[:: self._order]:
            if "_CloudTrail-Digest_" not in key:
                yield Blob(self._store.uri(key), partial(self._open, key), key)

    def _open(self, key: str) -> AbstractContextManager[BytesIO]:
        self.fetched[key] += 1
        return nullcontext(BytesIO(self._store.get(key).data))


def read(trail: FakeTrail, objects: FakeObjects | None = None, **options: Any) -> RecordStream:
    """Read what is proved of a trail, unless options say otherwise."""
    source = StoreSource((objects or trail.objects).store(trail.bucket))
    given = {"verify": "only", "public_keys": trail.public_keys, "now": trail.now, "on_error": "skip", **options}
    return trailsdk.read(source, **given)


def verdicts(trail: FakeTrail, objects: FakeObjects | None = None) -> dict[str, Verdict]:
    """Give the verdict of `verify` on each log file; of several the valid one."""
    found: dict[str, Verdict] = {}
    store = (objects or trail.objects).store(trail.bucket)
    for each in iter_verify(store, public_keys=trail.public_keys, now=trail.now):
        if isinstance(each, Verdict) and each.kind == "log" and (each.uri not in found or each.verdict == "valid"):
            found[each.uri] = each
    return found


def files(stream: RecordStream) -> Counter[str]:
    """Give the files that records came from, and how many came."""
    return Counter(str(record.origin and record.origin.location) for record in stream)


def adds_up(stats: Stats) -> bool:
    """Tell whether each file and each record is counted once."""
    records = stats.yielded + stats.filtered + stats.bad + stats.duplicate + stats.unverified
    parts = stats.read + stats.pruned + stats.skipped + stats.consumed + stats.failed + stats.unreached
    return stats.seen == records and stats.listed == parts and stats.unreached >= 0
