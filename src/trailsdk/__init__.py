"""The typed, pluggable Python library for AWS CloudTrail records.

```python
import trailsdk

for record in trailsdk.read("AWSLogs", since="2026-03-07"):
    print(record.event_time, record.actor.name, record.event_name, record.outcome)
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trailsdk._version import __version__

if TYPE_CHECKING:
    from trailsdk import errors, integrity, patterns, plugins, select, sources, testing, trails
    from trailsdk._api import parse, parse_record, read, write
    from trailsdk._from_event import EventStream, from_event
    from trailsdk._json import Undecodable
    from trailsdk._mirror import mirror
    from trailsdk._stream import RecordStream
    from trailsdk._verify import iter_verify, verify
    from trailsdk.errors import TrailError
    from trailsdk.integrity.report import Report
    from trailsdk.integrity.verdicts import Verdict
    from trailsdk.model.actor import Actor, ActorKind
    from trailsdk.model.identity import UserIdentity
    from trailsdk.model.origin import Origin
    from trailsdk.model.outcome import Outcome
    from trailsdk.model.record import Record, Resource
    from trailsdk.sources.base import Stats
    from trailsdk.sources.cloudwatch import CloudWatch
    from trailsdk.sources.cursor import Cursor
    from trailsdk.sources.following import Following
    from trailsdk.sources.history import History
    from trailsdk.sources.local import Local
    from trailsdk.sources.mirror import MirrorReport
    from trailsdk.sources.queue import Queue
    from trailsdk.sources.s3 import S3
    from trailsdk.sources.sessions import assume_role

__all__ = [
    "S3",
    "Actor",
    "ActorKind",
    "CloudWatch",
    "Cursor",
    "EventStream",
    "Following",
    "History",
    "Local",
    "MirrorReport",
    "Origin",
    "Outcome",
    "Queue",
    "Record",
    "RecordStream",
    "Report",
    "Resource",
    "Stats",
    "TrailError",
    "Undecodable",
    "UserIdentity",
    "Verdict",
    "__version__",
    "assume_role",
    "errors",
    "from_event",
    "integrity",
    "iter_verify",
    "mirror",
    "parse",
    "parse_record",
    "patterns",
    "plugins",
    "read",
    "select",
    "sources",
    "testing",
    "trails",
    "verify",
    "write",
]

_HOMES = {
    "Actor": "model.actor",
    "ActorKind": "model.actor",
    "CloudWatch": "sources.cloudwatch",
    "Cursor": "sources.cursor",
    "EventStream": "_from_event",
    "Following": "sources.following",
    "History": "sources.history",
    "Local": "sources.local",
    "MirrorReport": "sources.mirror",
    "Origin": "model.origin",
    "Outcome": "model.outcome",
    "Queue": "sources.queue",
    "Record": "model.record",
    "RecordStream": "_stream",
    "Report": "integrity.report",
    "Resource": "model.record",
    "S3": "sources.s3",
    "Stats": "sources.base",
    "TrailError": "errors",
    "Undecodable": "_json",
    "UserIdentity": "model.identity",
    "Verdict": "integrity.verdicts",
    "assume_role": "sources.sessions",
    "from_event": "_from_event",
    "iter_verify": "_verify",
    "mirror": "_mirror",
    "parse": "_api",
    "parse_record": "_api",
    "read": "_api",
    "verify": "_verify",
    "write": "_api",
}
"""Where the public names live. They are imported when first used: who wants only the model waits only for that."""


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"trailsdk.{_HOMES[name]}"), name)
    elif name in __all__:
        value = import_module(f"trailsdk.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
