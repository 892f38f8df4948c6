"""What plugins give: sources, decoders, stages, observers, sinks, checks."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from attrs import field, frozen, validators

from trailsdk.codec.containers import Content
from trailsdk.errors import TrailError
from trailsdk.model.record import Record
from trailsdk.sources.base import Blob, Source, SourcePlan, Stats

if TYPE_CHECKING:
    # Who only reads does not wait for what verifies.
    from trailsdk.integrity.verdicts import Finding, Verdict
    from trailsdk.model.digest import Digest
    from trailsdk.sources.store import StoredObject

__all__ = ["Content", "Decoder", "IntegrityCheck", "Observer", "OpenSource", "Sink", "Stage"]

OpenSource: TypeAlias = Callable[[str], Source]
"""Takes a whole URI, gives a source."""


def _callable_or_none(_: Any, attribute: Any, value: Any) -> None:
    if value is not None and not callable(value):
        raise TypeError(f"{attribute.name} is no function")


def _text(_: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{attribute.name} is no text")


def _function(_: Any, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise TypeError(f"{attribute.name} is no function")


@frozen
class Decoder:
    """Finds records in content that is no container of AWS's."""

    name: str = field(validator=_text)
    """What the content is called, in errors: `a Datadog archive`."""
    decode: Callable[[Content], Iterable[Any] | None] = field(validator=_function)
    """Takes a file's content; gives each record as JSON text (`bytes`) or as a mapping, and in place of one that it
    cannot read a `TrailError`; `None` where the content is not its own. It is asked about every file in which
    trailsdk's own decoder finds no records, so it should look at the first bytes before it does more."""


@frozen(kw_only=True)
class Stage:
    """Looks at files and records on their way."""

    keep_file: Callable[[Blob], bool] | None = field(default=None, validator=_callable_or_none)
    """Tells of a file, before it is opened, whether to read it; files that are not are counted as `pruned`."""
    on_record: Callable[[Record], bool | Mapping[str, Any] | None] | None = field(
        default=None,
        validator=_callable_or_none,
    )
    """Looks at a record. `True` or `None` keeps it, `False` drops it (counted as `filtered`); a mapping keeps it and
    is added to `record.enrichments[name of the plugin]`. What it is given is the record: change none of its parts."""


@frozen(kw_only=True)
class Observer:
    """Is told what happens. Each function is optional, and is called in the thread that reads."""

    plan_made: Callable[[tuple[SourcePlan, ...], Stats], object] | None = field(
        default=None,
        validator=_callable_or_none,
    )
    """The stream is about to begin; what will be looked at, and the counters, which stay up to date by themselves."""
    file_started: Callable[[Blob], object] | None = field(default=None, validator=_callable_or_none)
    """A file is opened."""
    file_finished: Callable[[Blob, Stats], object] | None = field(default=None, validator=_callable_or_none)
    """A file is done with, read or failed; the counters."""
    progress: Callable[[Stats], object] | None = field(default=None, validator=_callable_or_none)
    """It goes on: after each file, and after each 10,000 records of a larger one; the counters."""
    error: Callable[[TrailError], object] | None = field(default=None, validator=_callable_or_none)
    """Something is wrong; told before `on_error` decides."""
    end: Callable[[Stats], object] | None = field(default=None, validator=_callable_or_none)
    """The stream has ended, or was closed; the counters."""


@frozen
class Sink:
    """A format to write."""

    name: str = field(validator=_text)
    """What `format=` names."""
    endings: tuple[str, ...] = field(validator=validators.deep_iterable(_text, validators.instance_of(tuple)))
    """Endings of destinations, such as `.csv`; a further `.gz` is not part of them."""
    write: Callable[[Iterable[Record], BinaryIO], object] = field(validator=_function)
    """Writes all records to an open file."""


@frozen
class IntegrityCheck:
    """Looks at what a verification looks at, and adds findings. Each function is optional.

    A function gives findings, one after the other; none is an empty list. They may be called by several threads at
    once, in any order.
    """

    name: str = field(validator=_text)
    """What the check is called, in errors and in the list of plugins."""
    on_digest: "Callable[[Verdict, Digest], Iterable[Finding]] | None" = field(
        default=None, kw_only=True, validator=_callable_or_none
    )
    """Takes the verdict on a digest of the asked time, and the digest. It is told of every digest that can be read,
    also where it is not valid and may say anything: look at the verdict first."""
    on_log: "Callable[[Verdict, bytes], Iterable[Finding]] | None" = field(
        default=None, kw_only=True, validator=_callable_or_none
    )
    """Takes the verdict on a log file, and its content: the inflated bytes, exactly those that were hashed. It is told
    of every log file that could be fetched and inflated, also where the hash is another one. The bytes are not fetched
    a second time, and belong to the call: keep none of them."""
    on_object: "Callable[[str, StoredObject], Iterable[Finding]] | None" = field(
        default=None, kw_only=True, validator=_callable_or_none
    )
    """Takes the URI of an object in a folder of digests or of log files, and what the listing tells of it: key, size,
    time. Listings go by days: some objects are of hours before or behind the asked time."""
