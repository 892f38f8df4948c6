"""Where records are read from. The only place of I/O."""

from trailsdk.sources.base import Blob, Source, SourcePlan, Stats, Survey
from trailsdk.sources.local import Local, OpenFile
from trailsdk.sources.window import Window

__all__ = ["Blob", "Local", "OpenFile", "Source", "SourcePlan", "Stats", "Survey", "Window"]
