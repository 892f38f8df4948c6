"""CloudTrail's event history: the last 90 days, through LookupEvents."""

from trailsdk.sources.history.governor import Governor
from trailsdk.sources.history.source import History

__all__ = ["Governor", "History"]
