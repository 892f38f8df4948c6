"""Copying: many objects at once, each file with its sidecar, whole or not at all."""

import os
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from threading import Event

from attrs import evolve, frozen

from trailsdk.errors import GoneError, NotFoundError, SourceError, TrailError, TransportError, WriteError
from trailsdk.sources.atomic import Temporary, locked, temporary_in
from trailsdk.sources.mirror.folder import Folder, Place
from trailsdk.sources.mirror.report import MirrorReport
from trailsdk.sources.mirror.wanted import Wanted
from trailsdk.sources.s3.source import S3
from trailsdk.sources.s3.store import BotoStore
from trailsdk.sources.s3.tree import Entry, Scope
from trailsdk.sources.sidecar import Sidecar, readable_sidecar, sidecar_path, write_sidecar
from trailsdk.sources.store import Page, StoredObject
from trailsdk.sources.window import ahead, threads

__all__ = ["copy_objects"]

_LARGE = 8 * 1024 * 1024
"""Bytes above which an object goes to the disk piece by piece."""

_PIECE = 1024 * 1024
_TRIES = 4


@frozen
class _Job:
    """A copy to be made."""

    stored: StoredObject
    place: Place

    @property
    def is_large(self) -> bool:
        # Without an ETag it was not listed, and its size is not known.
        return self.stored.size > _LARGE or self.stored.etag is None


def copy_objects(
    source: S3,
    folder: Folder,
    bucket: str,
    wanted: Wanted,
    report: MirrorReport,
    handle: Callable[[TrailError], object],
) -> None:
    """Copy what is new or changed.

    Args:
        source: The bucket, or a part of it.
        folder: Where to.
        bucket: The bucket's name, for sidecars.
        wanted: Which objects.
        report: Counters to keep.
        handle: Is told of every error; if it returns, copying goes on.
    """
    copier = _Copier(source, bucket)
    with (
        threads(source.window.number, "trailsdk-mirror") as pool,
        closing(_jobs(source, folder, wanted, report)) as jobs,
        closing(ahead(jobs, copier.work, pool, source.window, size=_held, ordered=False)) as all_done,
    ):
        try:
            for done in all_done:
                try:
                    size = done.result()
                except TrailError as error:
                    report.failed += 1
                    handle(error)
                    continue
                report.copied += 1
                report.bytes_copied += size
                report.replaced += _replaces(done.item)
        finally:
            copier.stopped.set()


def _jobs(source: S3, folder: Folder, wanted: Wanted, report: MirrorReport) -> Generator[_Job | TrailError, None, None]:
    """Find what is to be copied, and count the rest."""

    def leave_out(_: str) -> None:
        report.folders_left_out += 1

    scope = Scope(selection=wanted.listed, enters=wanted.enters, left_out=leave_out)
    try:
        with closing(source.entries(scope)) as entries:
            for entry in entries:
                report.listed += 1
                job = entry if isinstance(entry, SourceError) else _job(source, folder, wanted, report, entry)
                if job is not None:
                    yield job
    except SourceError as error:
        report.listed += 1
        yield error


def _job(source: S3, folder: Folder, wanted: Wanted, report: MirrorReport, entry: Entry) -> _Job | TrailError | None:
    judgement = wanted.judge(entry)
    if judgement == "pruned":
        report.pruned += 1
        return None
    if judgement == "skipped":
        report.skipped += 1
        return None
    try:
        stored = _looked_up(source.store(), entry.stored) if entry.named else entry.stored
        place = folder.place(stored.key)
    except TrailError as error:
        return error
    if place.holds(stored):
        report.unchanged += 1
        return None
    return _Job(stored, place)


def _looked_up(store: BotoStore, stored: StoredObject) -> StoredObject:
    """Look up what a listing says of an object that was asked for by its key, where one may list."""
    with suppress(SourceError):
        first = next(iter(store.pages(stored.key)), Page(()))
        if first.objects and first.objects[0].key == stored.key:
            return first.objects[0]
    return stored


def _held(job: _Job | TrailError) -> int:
    """Tell how much memory a copy takes on its way."""
    if isinstance(job, TrailError):
        return 0
    return _PIECE if job.is_large else job.stored.size


def _replaces(job: _Job | TrailError) -> bool:
    """Tell whether a copy took the place of one with another content."""
    known = None if isinstance(job, TrailError) else job.place.sidecar
    return known is not None and not isinstance(job, TrailError) and known.etag not in (None, job.stored.etag)


def _put(made: Temporary, path: str, sidecar: Sidecar) -> None:
    """Put a copy and its sidecar in their places.

    A file without a sidecar is copied again; one with the sidecar of another content might never be. So at no moment,
    whenever the process or the machine stops, and with other mirrors at work, is there such a pair.
    """
    with locked(os.path.dirname(path)):
        known = readable_sidecar(path)
        if known is not None and (known.bucket, known.key) != (sidecar.bucket, sidecar.key):
            raise WriteError(path, f"the copy of s3://{known.bucket}/{known.key} is there")
        with suppress(FileNotFoundError):
            os.unlink(sidecar_path(path))
        made.take(path)
        write_sidecar(path, sidecar)


class _StoppedError(Exception):
    """A copy is given up, because nobody waits for it any more."""


class _Copier:
    """Makes copies; in threads."""

    def __init__(self, source: S3, bucket: str) -> None:
        self.stopped = Event()
        self._source = source
        self._bucket = bucket

    def work(self, job: _Job | TrailError) -> int:
        """Make a copy.

        Returns:
            Its bytes.

        Raises:
            TrailError: It could not be made. What was there is as it was, but may have lost its sidecar.
        """
        if isinstance(job, TrailError):
            raise job
        path = job.place.path
        try:
            with temporary_in(os.path.dirname(path)) as made:
                sidecar = self._write(job.stored, made)
                made.finish(sync=True)
                _put(made, path, sidecar)
        except OSError as error:
            raise WriteError(path, error.strerror or type(error).__name__) from error
        return sidecar.size or 0

    def _write(self, stored: StoredObject, made: Temporary) -> Sidecar:
        store = self._source.store()
        known = Sidecar(bucket=self._bucket, key=stored.key, last_modified=stored.last_modified)
        try:
            if _Job(stored, Place("")).is_large:
                known = self._write_pieces(store, stored.key, made, known)
            else:
                body = store.get(stored.key)
                made.file.write(body.data)
                known = evolve(
                    known, size=len(body.data), etag=body.etag, version_id=body.version_id, metadata=body.metadata
                )
        except NotFoundError as error:
            raise GoneError(error.location, "the object was listed, and is gone") from error
        if known.etag is None:
            return evolve(known, etag=stored.etag)
        # It was changed between the listing and now: when is not known.
        return known if known.etag == stored.etag else evolve(known, last_modified=None)

    def _write_pieces(self, store: BotoStore, key: str, made: Temporary, known: Sidecar) -> Sidecar:
        """Write an object piece by piece; where it breaks off, it is begun again."""
        for attempt in range(1, _TRIES):
            try:
                return self._stream(store, key, made, known)
            except TransportError:
                made.empty()
                self.stopped.wait(0.1 * 2**attempt)
        return self._stream(store, key, made, known)

    def _stream(self, store: BotoStore, key: str, made: Temporary, known: Sidecar) -> Sidecar:
        size = 0
        with store.open(key) as body:
            while piece := body.read(_PIECE):
                if self.stopped.is_set():
                    raise _StoppedError
                made.file.write(piece)
                size += len(piece)
        return evolve(known, size=size, etag=body.etag, version_id=body.version_id, metadata=body.metadata)
