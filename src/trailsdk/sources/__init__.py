"""Where records are read from. The only place of I/O."""

from trailsdk.sources.base import Blob, Source, SourcePlan, Stats
from trailsdk.sources.local import Local, OpenFile

__all__ = ["Blob", "Local", "OpenFile", "Source", "SourcePlan", "Stats"]
