"""The typed, pluggable Python library for AWS CloudTrail records.

```python
import trailsdk

for record in trailsdk.read("AWSLogs", since="2026-03-07"):
    print(record.event_time, record.actor.name, record.event_name, record.outcome)
```
"""

from trailsdk import errors
from trailsdk._api import parse, parse_record, read, write
from trailsdk._json import Undecodable
from trailsdk._stream import RecordStream
from trailsdk._version import __version__
from trailsdk.errors import TrailError
from trailsdk.model.actor import Actor, ActorKind
from trailsdk.model.identity import UserIdentity
from trailsdk.model.origin import Origin
from trailsdk.model.outcome import Outcome
from trailsdk.model.record import Record, Resource
from trailsdk.sources.base import Stats
from trailsdk.sources.local import Local

__all__ = [
    "Actor",
    "ActorKind",
    "Local",
    "Origin",
    "Outcome",
    "Record",
    "RecordStream",
    "Resource",
    "Stats",
    "TrailError",
    "Undecodable",
    "UserIdentity",
    "__version__",
    "errors",
    "parse",
    "parse_record",
    "read",
    "write",
]
