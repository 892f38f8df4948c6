"""The hooks: what a package can add to trailsdk.

A hook is a factory. It is asked once a stream and gives plain functions or values; no hook is called for each record.
Implement a hook by a function of its name, marked with `trailsdk.plugins.hookimpl`, in a module or on an object:

```python
from trailsdk.plugins import hookimpl


@hookimpl
def trailsdk_sources():
    return {"zip": open_zip}
```

A package offers its module as an entry point of the group `trailsdk`; the entry point's name is the plugin's name.
"""

from collections.abc import Iterable, Mapping

import pluggy

from trailsdk.plugins.parts import Decoder, IntegrityCheck, Observer, OpenSource, Sink, Stage

__all__ = [
    "GROUP",
    "HOOKS",
    "hookimpl",
    "trailsdk_checks",
    "trailsdk_decoders",
    "trailsdk_observers",
    "trailsdk_sinks",
    "trailsdk_sources",
    "trailsdk_stages",
]

GROUP = "trailsdk"
"""The group of entry points by which packages offer plugins."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function as the implementation of a hook."""


@hookspec
def trailsdk_sources() -> Mapping[str, OpenSource]:  # type: ignore[empty-body]  # a specification
    """Offer sources for URI schemes. Asked once for each location of a stream.

    Returns:
        From scheme to a function that takes the whole URI and gives a source: `{"zip": open_zip}`.
        A function refuses a URI by raising a `LocationError`.

    What else it raises becomes a `PluginError`, raised by `read()` at once. Two plugins that offer the same scheme are
    an error that names both when that scheme is used; the order of loading never decides.
    """


@hookspec
def trailsdk_decoders() -> Iterable[Decoder]:  # type: ignore[empty-body]  # a specification
    """Offer decoders of content that is no container of AWS's, such as a vendor's export. Asked once a stream.

    Returns:
        Decoders. They are tried only on content in which trailsdk's own finds no records.

    What a decoder raises becomes a `PluginError`; it costs the file, and obeys `on_error`. Two decoders that both
    take a file are an error that names both.
    """


@hookspec
def trailsdk_stages() -> Iterable[Stage]:  # type: ignore[empty-body]  # a specification
    """Offer stages: tests of files before they are opened, tests of records, enrichments. Asked once a stream.

    Returns:
        Stages. They run after the caller's own selection, in the order of the plugins' names.

    What a stage raises becomes a `PluginError` and obeys `on_error`; where reading goes on, the file is read, and
    the record is kept as it is: a fault of a plugin loses no evidence.
    """


@hookspec
def trailsdk_observers() -> Iterable[Observer]:  # type: ignore[empty-body]  # a specification
    """Offer observers: progress bars, metrics, audit trails. Asked once a stream.

    Returns:
        Observers; a new one for each stream where they keep state.

    What an observer raises becomes a `PluginError` and obeys `on_error`; where reading goes on, the observer is
    told nothing more.
    """


@hookspec
def trailsdk_sinks() -> Iterable[Sink]:  # type: ignore[empty-body]  # a specification
    """Offer formats to write. Asked once for each `write()`.

    Returns:
        Sinks, found by name (`format="csv"`) or by the ending of the destination (`out.csv`).

    What a sink raises becomes a `PluginError`, an OSError a `WriteError`; the destination is as it was.
    Two sinks of the same name or ending
    are an error that names both when it is used.
    """


@hookspec
def trailsdk_checks() -> Iterable[IntegrityCheck]:  # type: ignore[empty-body]  # a specification
    """Offer checks of digests, log files and listings. Asked once a verification.

    Returns:
        Checks. Their findings have codes of their own, to which the plugin's name is added: `example:late`. A finding
        says by `effect="unproved"` that the report is not `whole`; none makes anything valid, or changes a verdict.

    What a check raises becomes a `PluginError`, as the `error` of a finding `check-failed`, which is `unproved`: the
    verification goes on, and does not look whole without the check. The check is asked about the next file all the
    same.
    """


HOOKS = (
    "trailsdk_sources",
    "trailsdk_decoders",
    "trailsdk_stages",
    "trailsdk_observers",
    "trailsdk_sinks",
    "trailsdk_checks",
)
"""Names of all hooks."""
