"""The stream of records: files are opened, divided, decoded, selected and counted, one record at a time."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from trailsdk._container import Place, records_of_division
from trailsdk._opened import close, divide
from trailsdk._pieces import Pieces, as_ours
from trailsdk.codec.containers import NOT_JSON, Piece
from trailsdk.codec.files import Readable
from trailsdk.errors import NotRecordsError, PluginError, TrailError, UsageError
from trailsdk.model.keys import is_log_file_name
from trailsdk.model.record import Record
from trailsdk.plugins.manager import Named
from trailsdk.plugins.parts_of_stream import Parts
from trailsdk.select.duplicates import Duplicates
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Source, SourcePlan, Stats
from trailsdk.sources.cursor.commits import Commits, FileProgress
from trailsdk.sources.fetching import fetched
from trailsdk.sources.following import (
    UP_TO_DATE,
    Following,
    Stop,
    StoppedError,
    UpToDate,
    files_until_stopped,
    until_stopped,
)

if TYPE_CHECKING:
    from trailsdk.integrity.reading import Proofs
    from trailsdk.select.where.scan import Scan

_log = logging.getLogger(__name__)

__all__ = ["RecordStream", "records_of"]


class RecordStream(Iterator[Record]):
    """A one-pass iterator over records, and a context manager.

    Dropping it closes it; so does the end of a `with` block, and an error that is raised.
    """

    def __init__(
        self,
        records: Iterator[Record],
        stats: Stats,
        plan: tuple[SourcePlan, ...],
        commits: Commits | None = None,
        stop: Stop | None = None,
        unverified: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._records = records
        self._commits = commits or Commits()
        self._stop = stop or Stop()
        self.stats = stats
        """The counters, at any moment."""
        self.plan = plan
        """What will be looked at, source by source; known before anything is read."""
        self.unverified = unverified
        """With `verify="only"`: the records of `stats.unverified`, by the reason of their files' verdicts."""

    def __iter__(self) -> Iterator[Record]:  # noqa: PYI034 (the generator itself: one call less a record)
        return self._records

    def __next__(self) -> Record:
        return next(self._records)

    def commit(self) -> None:
        """Write down in the sources' cursors that all records given so far are consumed, the last one included.

        Raises:
            CursorConflictError: Another reader uses a cursor; nothing is written to it.
            CursorError: A cursor cannot be written.
            UsageError: It is called by a function that the stream itself calls, while a record is on its way.
        """
        if getattr(self._records, "gi_running", False) and not self._commits.idle:
            raise UsageError("commit() from within the stream: call it between two records")
        self._commits.commit()

    def stop(self) -> None:
        """Let the stream come to its end, from another thread or a signal handler: the record at hand is the last.

        A source that waits is woken. Iteration then ends as if nothing more were there, and with a cursor it is written
        down what was consumed, also of the file at hand. Files that were not finished stay counted as `unreached`.
        """
        self._stop.set()

    def close(self) -> None:
        """End the stream and close what is open. Files that were not finished stay counted as `unreached`."""
        if hasattr(self._records, "close"):
            self._records.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and not issubclass(kind, GeneratorExit):
            self._commits.crash()
        self.close()

    def __repr__(self) -> str:
        return f"<RecordStream of {', '.join(each.location for each in self.plan)}: {self.stats.yielded} records>"


def records_of(
    sources: Sequence[Named[Source]],
    plan: tuple[SourcePlan, ...],
    selection: Selection,
    stats: Stats,
    parts: Parts,
    commits: Commits,
    duplicates: Duplicates | None,
    stop: Stop,
    proofs: "Proofs | None",
    *,
    strict: bool,
) -> Iterator[Record]:
    """Read all records of all sources that the selection wants.

    Args:
        sources: Where from, with the plugins that gave them.
        plan: What they will look at.
        selection: Which.
        stats: Counters to keep.
        parts: What plugins do, and what becomes of errors.
        commits: The sources' cursors.
        duplicates: Records that were given, if those that come twice are dropped.
        stop: Ends the reading between two records.
        proofs: What digests say of the files, if they are asked.
        strict: Refuse fields that are not of their documented type.

    Raises:
        TrailError: With `on_error="raise"`: the first.
    """
    orderly = False
    # With `strict` every record is decoded, so that every fault is told.
    scan = None if strict else _scan(selection)
    try:
        parts.plan_made(plan, stats)
        for source in sources:
            follow: Following | None = getattr(source.given, "follow", None)
            with commits.following(source.given, selection) as progress:
                for blob in files_until_stopped(_files(source, selection, stats, parts, progress, proofs), stop):
                    if isinstance(blob, UpToDate):
                        commits.up_to_date(progress, None if follow is None else follow.idle)
                        continue
                    if isinstance(blob, TrailError):
                        stats.failed += 1
                        progress.could_not_list(blob)
                        parts.handle(blob)
                        continue
                    parts.file_started(blob)
                    failed = stats.failed
                    with progress.at_hand(blob, stats):
                        records = _records_of_file(
                            blob, source.plugin, selection, stats, parts, scan, progress, proofs, strict=strict
                        )
                        records = records if duplicates is None else duplicates.drop(records, stats)
                        yield from until_stopped(records, stop)
                    if follow is not None and blob.name is not None and stats.failed > failed:
                        follow.failed.append((blob.name, blob.location))
                    parts.file_finished(blob, stats)
        orderly = True
    except StoppedError:
        orderly = True
    except GeneratorExit:
        orderly = True
        raise
    finally:
        if proofs is not None:
            proofs.close()
        for source in sources:
            _close_source(source)
        parts.end(stats, orderly=orderly)


def _close_source(source: Named[Source]) -> None:
    """Let a source release what it holds. A fault of that is told by the log: what was read is not worse for it."""
    try:
        getattr(source.given, "close", _nothing)()
    except Exception:  # noqa: BLE001 (whatever a source raises is the source's)
        _log.exception("plugin %s: closing %s failed", source.plugin, source.given.location)


def _nothing() -> None:
    pass


def _files(
    source: Named[Source],
    selection: Selection,
    stats: Stats,
    parts: Parts,
    progress: FileProgress,
    proofs: "Proofs | None",
) -> Iterator[Blob | TrailError | UpToDate]:
    """Go through the files that are to be read; those of a source with a window are on their way ahead of need."""
    wanted = _wanted(source, selection, stats, parts, progress, proofs)
    window = getattr(source.given, "window", None)
    if window is not None:
        ordered = getattr(source.given, "ordered", True)
        wanted = fetched(wanted, window, ordered=ordered, hashed=proofs is not None)
    return wanted if proofs is None else _settled(wanted, parts, proofs)


def _settled(
    files: Iterator[Blob | TrailError | UpToDate], parts: Parts, proofs: "Proofs"
) -> Iterator[Blob | TrailError | UpToDate]:
    """Wait, before a file is given, until its digests are read; when the next is asked for, it is done with."""
    for blob in files:
        if isinstance(blob, Blob):
            proofs.settle(blob, parts.handle)
        yield blob
        if isinstance(blob, Blob):
            proofs.finish(blob)


def _wanted(
    source: Named[Source],
    selection: Selection,
    stats: Stats,
    parts: Parts,
    progress: FileProgress,
    proofs: "Proofs | None",
) -> Iterator[Blob | TrailError | UpToDate]:
    """Count what a source finds; leave out what was consumed and what a stage does not want, before it is fetched."""
    for blob in _found(source, selection, stats):
        if isinstance(blob, UpToDate):
            yield UP_TO_DATE
            continue
        stats.listed += 1
        if isinstance(blob, TrailError):
            yield blob
        elif progress.is_consumed(blob):
            stats.consumed += 1
        elif parts.keeps_file(blob):
            progress.expect(blob, stats)
            yield blob if proofs is None else _proving(blob, source, proofs)
        else:
            stats.pruned += 1
            progress.leave_out(blob)


def _proving(blob: Blob, source: Named[Source], proofs: "Proofs") -> Blob | TrailError:
    """Begin to look for the digests that speak of a file; a place that cannot be opened is the source's fault."""
    try:
        proofs.expect(source.given, blob)
    except Exception as error:  # noqa: BLE001 (whatever a source raises is the source's)
        return as_ours(error, blob.location, source.plugin)
    return blob


def _found(source: Named[Source], selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
    """Go through what a source finds; what it raises, or gives that is nothing, is the source's fault."""
    blobs: Any = None
    try:
        blobs = source.given.blobs(selection.narrowed, stats)
        for blob in blobs:
            if isinstance(blob, (Blob, TrailError, UpToDate)):
                yield blob
            else:
                reason = f"{source.given.location} gave a {type(blob).__name__}, no file"
                yield PluginError(source.plugin, "trailsdk_sources", reason)
    except GeneratorExit:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a source raises is the source's)
        yield as_ours(error, source.given.location, source.plugin)
    finally:
        close = getattr(blobs, "close", None)
        if close is not None:
            close()


def _scan(selection: Selection) -> "Scan | None":
    """Make the scan of bytes that `where` allows."""
    condition = selection.condition
    if condition is None:
        return None
    from trailsdk.select.where.scan import make_scan

    return make_scan(condition)


def _filtered(stats: Stats) -> Callable[[int], None]:
    def count(number: int) -> None:
        stats.filtered += number

    return count


def _untimed(stats: Stats) -> Callable[[], None]:
    def count() -> None:
        stats.untimed += 1

    return count


def _records_of_file(
    blob: Blob,
    plugin: str,
    selection: Selection,
    stats: Stats,
    parts: Parts,
    scan: "Scan | None",
    progress: FileProgress,
    proofs: "Proofs | None",
    *,
    strict: bool,
) -> Iterator[Record]:
    """Read one file. An error of the file is handled after its records."""
    wrong: TrailError | None = None
    entered: AbstractContextManager[Readable] | None = None
    # Not a `with` statement: what the caller's functions raise while records are given is not to be caught here,
    # and an ExitStack costs a tenth of reading a small file.
    try:
        try:
            context = blob.open()
            opened = context.__enter__()
            entered = context
            decode = parts.decode if scan is None else scan.before(parts.decode)
            division, wrong = divide(opened, blob, stats, decode, proofs)
        except Exception as error:  # noqa: BLE001 (whatever a source's file raises is the source's)
            if _is_foreign(blob, error):
                stats.skipped += 1
                return
            stats.failed += 1
            if proofs is None or not proofs.forgives(blob, error):
                parts.handle(as_ours(error, blob.location, plugin))
            return
        pieces = Pieces(division.pieces, blob.location, plugin)
        if proofs is not None and not division.rejected and proofs.leaves_out(blob):
            _leave_out(blob, parts.paced(pieces, stats), stats, progress, proofs)
        elif not division.rejected:
            key = blob.key if selection.by_key else None
            test = parts.record_test(selection.record_test(key, _untimed(stats)))
            unread = progress.unread(parts.paced(pieces, stats), lambda: pieces.wrong or wrong)
            start = progress.start
            numbered: Iterable[tuple[int, Piece]] = enumerate(unread, start)
            if scan is not None:
                numbered = scan.candidates(division, numbered, _filtered(stats))
            place = Place(blob.location, None if proofs is None else proofs.judged(blob))
            yield from records_of_division(division, numbered, place, test, stats, parts.handle, strict=strict)
    finally:
        unclosed = None if entered is None else close(entered, blob.location, plugin)
    wrong = pieces.wrong or wrong or unclosed
    if wrong is not None:
        stats.failed += 1
        if proofs is None or not proofs.forgives(blob, wrong):
            parts.handle(wrong)
    elif division.rejected:
        stats.pruned += 1
    else:
        stats.read += 1


def _leave_out(blob: Blob, pieces: Iterable[Piece], stats: Stats, progress: FileProgress, proofs: "Proofs") -> None:
    """Count the records of a file that is not proved, without looking at them: anybody may have written them.

    One that may be proved by the next run is to come again then.
    """
    may_change = proofs.judged(blob).may_change
    left = islice(pieces, progress.start, None) if may_change else progress.unread(pieces, lambda: None)
    before = stats.unverified
    for _ in left:
        stats.unverified += 1
    proofs.count(blob, stats.unverified - before)
    if may_change:
        progress.leave()


def _is_foreign(blob: Blob, error: Exception) -> bool:
    """Tell whether a file that was met in a folder is none of CloudTrail's: no JSON, and not named like a log file."""
    no_json = isinstance(error, NotRecordsError) and error.kind == NOT_JSON
    return no_json and blob.found and not is_log_file_name((blob.name or "").rpartition("/")[2])
