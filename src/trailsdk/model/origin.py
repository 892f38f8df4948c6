"""Where a record was read."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from trailsdk._json import Json
from trailsdk.model._fields import EMPTY
from trailsdk.model.keys import S3Key, parse_key

__all__ = ["Origin"]


@frozen
class Origin:
    """Where a record was read: which file or stream, which place in it, in which envelope."""

    location: str | None
    """Path or URI of the file or stream; `None` for bytes that were handed in."""
    index: int | None = None
    """Which record of its container, counted from 0."""
    envelope: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What stood around the record, without the record: of an EventBridge event, a CloudWatch Logs event,
    an event of LookupEvents. Empty for log files."""
    verdict: Literal["valid", "invalid", "unverifiable", "inaccessible"] | None = None
    """With `verify`: whether the file is proved to be what CloudTrail delivered; `None` without."""
    reason: str | None = None
    """Why it is not `valid`: a code of `trailsdk.integrity.Reason`, or of `FindingCode` where no digest names it."""
    detail: str = ""
    """More on that, for people."""

    @cached_property
    def key(self) -> S3Key | None:
        """The location read as an S3 key of CloudTrail: account, region, time of delivery."""
        return None if self.location is None else parse_key(self.location)
