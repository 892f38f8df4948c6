"""Where records are read from. The only place of I/O."""

from trailsdk.sources.base import Blob, Source, SourcePlan, Stats, Survey
from trailsdk.sources.cursor import Cursor, CursorStore, Saved
from trailsdk.sources.following import UP_TO_DATE, Following
from trailsdk.sources.local import Local, OpenFile
from trailsdk.sources.window import Window

__all__ = [
    "UP_TO_DATE",
    "Blob",
    "Cursor",
    "CursorStore",
    "Following",
    "Local",
    "OpenFile",
    "Saved",
    "Source",
    "SourcePlan",
    "Stats",
    "Survey",
    "Window",
]
