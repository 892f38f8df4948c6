"""The public functions: they join sources, codec and selection."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from attrs import evolve

from trailsdk import _json
from trailsdk._container import Place, records_of_division
from trailsdk._pieces import Pieces
from trailsdk._stream import RecordStream, records_of
from trailsdk.codec.files import divide_file
from trailsdk.codec.records import decode_record
from trailsdk.errors import LocationError, MalformedRecordError, PluginError, TrailError, UsageError
from trailsdk.model.record import Record
from trailsdk.plugins.manager import BUILTIN, Manager, Named, manager_with
from trailsdk.plugins.parts_of_stream import OnError, Parts
from trailsdk.select.duplicates import Duplicates
from trailsdk.select.selection import Selection
from trailsdk.select.window import read_window
from trailsdk.sinks.files import Counted, write_file
from trailsdk.sources.base import Source, SourcePlan, Stats
from trailsdk.sources.cursor import Cursor
from trailsdk.sources.cursor.commits import Commits
from trailsdk.sources.following import Following, Stop
from trailsdk.sources.local import OpenFile

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.integrity.reading import Proofs
    from trailsdk.integrity.verify import PublicKeys
    from trailsdk.select.where.tree import Condition, Where

__all__ = ["Location", "open_source", "parse", "parse_record", "read", "write"]

Location = str | os.PathLike[str] | BinaryIO | Source
"""A path, folder, glob or `-`; an open binary file; a source such as `trailsdk.Local(...)`."""


def read(  # noqa: PLR0913 (each is a question of its own)
    *locations: Location,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    accounts: Iterable[str] | str | None = None,
    regions: Iterable[str] | str | None = None,
    categories: Iterable[str] | str | None = None,
    where: "Where | None" = None,
    on_error: OnError = "raise",
    strict: bool = False,
    deduplicate: bool | int = False,
    cursor: Cursor | None = None,
    verify: Literal["only", "tag"] | None = None,
    public_keys: "PublicKeys" = None,
    copied_from: str | None = None,
    plugins: Iterable[object] = (),
    session: "Session | None" = None,
    now: datetime | None = None,
) -> RecordStream:
    """Read CloudTrail records.

    Args:
        locations: Paths, folders, globs, `-` for standard input, open binary files, sources, and URIs of the
            schemes that plugins offer.
        since: Only records whose `eventTime` is not before: an aware datetime, ISO 8601 text (without a zone it is
            UTC), or an age such as `24h` before `now`. Records without a time are kept, and counted.
        until: Only records whose `eventTime` is before.
        accounts: Only these accounts: by the file's key where it is one, else by `recipientAccountId`.
        regions: Only these Regions: by the file's key where it is one, else by `awsRegion`.
        categories: Only these categories: `Management`, `Data`, `NetworkActivity`, `Insight`, `Aggregated`.
        where: Only records of which this is true: a filter pattern of CloudWatch Logs, such as
            `{ $.eventName = "PutBucketPolicy" }`; an event pattern of EventBridge, as a mapping; a condition, such as
            `trailsdk.select.match(...)` or `trailsdk.patterns.ROOT_USAGE`; or a function of a record. What a function
            raises passes through.
        on_error: `"raise"` the first error; `"skip"` what is bad; or a function that receives each error,
            such as a list's `append`: if it returns, reading goes on.
        strict: Refuse records with fields of unexpected types, or with a name that stands twice.
        deduplicate: Drop records that were given already: of the same event id, account and bytes, among the last
            100,000, or as many as you say (about 250 bytes of memory each). One with other bytes is kept, and counted
            as one of `stats.conflicts`. Records that were not asked for, or that a stage drops, do not count as given.
        cursor: Remembers which files were consumed, so that only new ones are read; for one location.
        verify: `"only"` leaves out, and counts in `stats.unverified`, records of files that are not proved to be what
            CloudTrail delivered; `"tag"` gives all, with the verdict on their file in `record.origin.verdict`. Digest
            files are read besides. What of them cannot be looked at is an error, once for each account and Region.
            Not for queues, nor for sources that are followed, whose files come before their digests.
        public_keys: With `verify`: as in `trailsdk.verify`.
        copied_from: With `verify`: as in `trailsdk.verify`.
        plugins: Further plugins for this call, beside the installed ones: modules or objects with hooks.
        session: boto3's session for locations of AWS's, such as `s3://`: credentials and Region. See `assume_role`.
        now: The time from which ages count back, and up to which digests are to be expected; the clock's by default.

    Returns:
        The records, one after the other, in the order of the files' names.

    Raises:
        UsageError: The call itself cannot be carried out: at once.
        PluginError: A plugin is wrong: at once; what it does later obeys `on_error`.
        PublicKeyError: `public_keys` is a file that cannot be used: at once.
        TrailError: What is wrong with files and records: while iterating, with `on_error="raise"`.
    """
    if not locations:
        raise UsageError("read() wants at least one location")
    now = datetime.now(UTC) if now is None else now
    selection = Selection.of(
        window=read_window(since, until, now),
        accounts=accounts,
        regions=regions,
        categories=categories,
        where=where,
    )
    _check_on_error(on_error)
    manager = manager_with(plugins)
    sources = [_with_session(_source(location, manager), session) for location in locations]
    if cursor is not None:
        sources = [_with_cursor(sources, cursor)]
    stats, parts, commits, stop = Stats(), Parts(manager, on_error), Commits(), Stop()
    sources = [_following(source, stop, last=source is sources[-1]) for source in sources]
    plan = tuple(_plan(source, selection) for source in sources)
    duplicates = Duplicates.of(deduplicate)
    proofs = None
    if verify is not None or public_keys is not None or copied_from is not None:
        plans = tuple((source.given, each) for source, each in zip(sources, plan, strict=True))
        proofs = _proofs(verify, plans, public_keys, copied_from, session, now)
    records = records_of(sources, plan, selection, stats, parts, commits, duplicates, stop, proofs, strict=strict)
    unverified = {} if proofs is None else proofs.unverified
    return RecordStream(records, stats, plan, commits, stop, MappingProxyType(unverified))


def _proofs(
    verify: object,
    plans: tuple[tuple[Source, SourcePlan], ...],
    public_keys: "PublicKeys",
    copied_from: str | None,
    session: "Session | None",
    now: datetime,
) -> "Proofs":
    """Prepare what proves files; plain reading does not pay for the import."""
    if verify is None:
        raise UsageError("public_keys and copied_from are for verify='only' and verify='tag'")
    if verify not in ("only", "tag"):
        raise UsageError(f"verify={verify!r}: expected 'only', 'tag' or None")
    for source, _ in plans:
        if getattr(source, "follow", None) is not None or hasattr(source, "own_progress"):
            raise UsageError(f"verify: {source.location} tells of files before their digest comes; read them later")
    from trailsdk.integrity.copied import Origin
    from trailsdk.integrity.listed_keys import CloudTrailClients
    from trailsdk.integrity.reading import Proofs
    from trailsdk.integrity.verify import keys_of

    keys = keys_of(public_keys, CloudTrailClients(session))
    origin = None if copied_from is None else Origin.parse(copied_from)
    return Proofs(plans, keys, only=verify == "only", origin=origin, now=now)


def _with_cursor(sources: list[Named[Source]], cursor: Cursor) -> Named[Source]:
    if len(sources) > 1:
        raise UsageError(f"cursor: it belongs to one location, and there are {len(sources)}")
    [source] = sources
    with_cursor = getattr(source.given, "with_cursor", None)
    if with_cursor is None:
        raise UsageError(f"cursor: {source.given.location} is no source that can be read with one")
    return Named(source.plugin, with_cursor(cursor))


def _with_session(source: Named[Source], session: "Session | None") -> Named[Source]:
    with_session = None if session is None else getattr(source.given, "with_session", None)
    return source if with_session is None else Named(source.plugin, with_session(session))


def _following(source: Named[Source], stop: Stop, *, last: bool) -> Named[Source]:
    """Let the stream's stop end the waits of a source that is followed."""
    follow = getattr(source.given, "follow", None)
    if not isinstance(follow, Following):
        return source
    if not last:
        raise UsageError(f"{source.given.location} is followed without end: it can only be the last location")
    with_follow = source.given.with_follow  # type: ignore[attr-defined]  # what follows has both
    return Named(source.plugin, with_follow(follow.until(stop)))


def _plan(source: Named[Source], selection: Selection) -> SourcePlan:
    try:
        plan = source.given.plan(selection.narrowed)
        condition = selection.condition
        return plan if condition is None else _with_pushed(plan, condition)
    except TrailError:
        raise
    except Exception as error:
        raise PluginError(source.plugin, "trailsdk_sources", f"its plan raised {type(error).__name__}") from error


def _with_pushed(plan: SourcePlan, condition: "Condition") -> SourcePlan:
    from trailsdk.select.where.pushdown import pushed

    return evolve(plan, where=pushed(condition))


def _check_on_error(on_error: object) -> None:
    if on_error not in ("raise", "skip") and not callable(on_error):
        raise UsageError(f"on_error={on_error!r}: expected 'raise', 'skip' or a function")


def _source(location: Location, manager: Manager) -> Named[Source]:
    if isinstance(location, (str, os.PathLike)):
        text = os.fspath(location)
        if not isinstance(text, str):
            raise LocationError(repr(text), "expected a path of text, not of bytes")
        if not text:
            raise LocationError("''", "the path is empty")
        return _open_source(text, manager)
    if isinstance(location, Source):
        return Named(type(location).__name__, location)
    if hasattr(location, "read"):
        return Named(BUILTIN, OpenFile(location))
    raise LocationError(repr(location), "expected a path, an open binary file or a source")


def open_source(location: Location) -> Source:
    """Give the source that `read` would read from.

    Raises:
        LocationError: No plugin reads such locations.
        PluginError: A plugin is wrong.
    """
    return _source(location, manager_with(())).given


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def _open_source(location: str, manager: Manager) -> Named[Source]:
    """Ask the plugin of the location's scheme; what has no scheme, or exists as a file, is one."""
    match = _SCHEME.match(location)
    scheme = "file" if match is None or os.path.lexists(location) else match[1].lower()
    offers = manager.sources()
    if scheme not in offers:
        known = ", ".join(f"{name}://" for name in sorted(offers))
        raise LocationError(location, f"no plugin reads {scheme}:// locations; there are {known}")
    offer = offers[scheme]
    try:
        source = offer.given(location)
    except TrailError:
        raise
    except Exception as error:
        raise PluginError(offer.plugin, "trailsdk_sources", f"{type(error).__name__}: {error}") from error
    if not isinstance(source, Source):
        raise PluginError(offer.plugin, "trailsdk_sources", f"{scheme}:// gave a {type(source).__name__}, no source")
    return Named(offer.plugin, source)


def parse(data: bytes | str, *, on_error: OnError = "raise", strict: bool = False) -> Iterator[Record]:
    """Read records from memory: any container, compressed or not.

    Args:
        data: The file's content.
        on_error: As in `read`.
        strict: As in `read`.

    Raises:
        TrailError: While iterating, with `on_error="raise"`.
    """
    _check_on_error(on_error)
    content = data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data)
    return _parse(content, Parts(manager_with(()), on_error), strict=strict)


def _parse(data: bytes, parts: Parts, *, strict: bool) -> Iterator[Record]:
    try:
        division, wrong = divide_file(data, decode=parts.decode)
    except TrailError as error:
        parts.handle(error)
        return
    pieces, test = Pieces(division.pieces, None, BUILTIN), parts.record_test(None)
    yield from records_of_division(division, enumerate(pieces), Place(None), test, Stats(), parts.handle, strict=strict)
    late = pieces.wrong or wrong
    if late is not None:
        parts.handle(late)


def parse_record(data: bytes | str | Mapping[str, Any]) -> Record:
    """Make a record of its text, or of its decoded JSON.

    Args:
        data: A JSON object: text, or a mapping such as the `detail` of an EventBridge event.

    Raises:
        MalformedRecordError: It is not well-formed JSON, or no JSON object.
    """
    if isinstance(data, str):
        return decode_record(data.encode(errors="surrogatepass"))
    if isinstance(data, Mapping):
        try:
            # Not by orjson, which would write null for a NaN.
            return decode_record(_json.encode_ascii(data))
        except (TypeError, ValueError, RecursionError):
            raise MalformedRecordError(None, None, None, "the mapping holds something that is no JSON value") from None
    return decode_record(bytes(data))


def write(
    records: Iterable[Record],
    destination: str | os.PathLike[str] | BinaryIO,
    *,
    format: str | None = None,  # noqa: A002 (the word that everybody expects)
    plugins: Iterable[object] = (),
) -> int:
    """Write records.

    A record that was read is written as it was, byte for byte but for the white space between tokens in NDJSON.

    Args:
        records: The records, such as what `read` gives.
        destination: A path, `-` for standard output, or an open binary file. A path that ends in `.gz` is compressed.
            A file appears only when all is written.
        format: `"ndjson"`, `"records"` (a log file as CloudTrail writes it), or a plugin's; by default as the
            destination's ending says, such as `.json` or `.json.gz` for `records`, else `ndjson`.
        plugins: Further plugins for this call.

    Returns:
        How many records were written.

    Raises:
        UsageError: There is no such format.
        WriteError: The operating system refused.
        PluginError: A plugin's sink failed. What the records' source raises passes through.
    """
    sinks = manager_with(plugins).sinks()
    if format is None:
        name = os.fspath(destination) if isinstance(destination, (str, os.PathLike)) else ""
        found = [each for each in sinks.by_ending if name.removesuffix(".gz").endswith(each)]
        ending = max(found, key=len, default=".ndjson")
        sink = sinks.by_ending[ending]
    elif format in sinks.by_name:
        sink = sinks.by_name[format]
    else:
        raise UsageError(f"format={format!r}: there are {', '.join(sorted(sinks.by_name))}")
    counted = Counted(records)
    try:
        write_file(counted, destination, sink.given.write)
    except TrailError:
        raise
    except Exception as error:
        if error is counted.failed:
            raise
        raise PluginError(sink.plugin, "trailsdk_sinks", f"it raised {type(error).__name__}") from error
    return counted.number
