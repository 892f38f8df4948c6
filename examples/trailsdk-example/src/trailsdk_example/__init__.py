"""What this package adds to trailsdk. The entry point `example` of the group `trailsdk` names this module."""

import os

from trailsdk.plugins import Decoder, IntegrityCheck, Observer, OpenSource, Sink, Stage, hookimpl
from trailsdk_example.decoder import decode_export
from trailsdk_example.observer import AuditTrail
from trailsdk_example.sink import write_csv
from trailsdk_example.source import ZipSource
from trailsdk_example.stage import out_of_hours


@hookimpl
def trailsdk_sources() -> dict[str, OpenSource]:
    """Read ZIP archives."""
    return {"zip": ZipSource}


@hookimpl
def trailsdk_decoders() -> list[Decoder]:
    """Read a vendor's export."""
    return [Decoder("an export of Example Inc.", decode_export)]


@hookimpl
def trailsdk_stages() -> list[Stage]:
    """Tell calls outside of working hours."""
    return [Stage(on_record=out_of_hours)]


@hookimpl
def trailsdk_observers() -> list[Observer]:
    """Keep an audit trail, where a file is named for it."""
    path = os.environ.get("TRAILSDK_EXAMPLE_AUDIT")
    if path is None:
        return []
    trail = AuditTrail(path)
    return [Observer(file_finished=trail.file_finished, error=trail.error, end=trail.end)]


@hookimpl
def trailsdk_sinks() -> list[Sink]:
    """Write CSV."""
    return [Sink("csv", (".csv",), write_csv)]


@hookimpl
def trailsdk_checks() -> list[IntegrityCheck]:
    """Tell hours without log files."""
    # Imported here: whoever only reads does not wait for what verifies.
    from trailsdk_example.check import find_quiet_hours

    return [IntegrityCheck("quiet hours", on_digest=find_quiet_hours)]
