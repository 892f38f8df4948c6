"""`trailsdk.History`: the event history of an account, as a source of records."""

import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailsdk.errors import LocationError, SourceError, TrailError, UnreadableError, UsageError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.history.governor import Governor, shared_governor
from trailsdk.sources.history.lookup import Lookup, asked_of
from trailsdk.sources.requests import answers, check_access, enabled_regions, make_client

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["HISTORY", "History"]

HISTORY = timedelta(days=90)
"""How far back the event history goes."""

_SLACK = timedelta(minutes=15)
"""A `since` of 90 days is told by a clock that was read a little earlier: that is no older event."""

_SCHEME = "history://"
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+|\*", re.ASCII)


class History:
    """The event history: management events and Insights of the last 90 days, of one account; no trail is needed.

    It holds no data events and no network activity events, and other accounts of an organization are not in it.
    Pages come newest first. They are asked for at AWS's pace, 2 a second and Region, 50 events each.

    Args:
        region: A Region, such as `eu-west-1`, or `*` for all that are enabled in the account; as text or as
            `history://eu-west-1`.
        attribute: The one attribute that AWS looks for, such as `("Username", "alice")`. By default it is taken from
            `where`, if that demands one.
        client: boto3's client of CloudTrail, for one Region. Otherwise clients are made of `session`.
        session: boto3's session: credentials. Its default session otherwise. An account is read through its own.
        endpoint_url: Another address than AWS's.
        governor: Keeps the pace. By default that which all readers of the process share.
        now: The clock.

    Raises:
        LocationError: The Region is none.
        UsageError: The options contradict each other, or there is no such attribute.
    """

    def __init__(
        self,
        region: str,
        *,
        attribute: tuple[str, str] | None = None,
        client: Any = None,
        session: "Session | None" = None,
        endpoint_url: str | None = None,
        governor: Governor | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.region = region.removeprefix(_SCHEME).rstrip("/")
        self.location = f"{_SCHEME}{self.region}"
        if _REGION.fullmatch(self.region) is None:
            raise LocationError(self.location, "expected history://region, such as history://eu-west-1, or history://*")
        check_access("History", client, session, endpoint_url)
        if client is not None and self.region == "*":
            raise UsageError("History: a client asks one Region; for all, hand in a session")
        if attribute is not None and attribute[0] not in _ATTRIBUTES:
            raise UsageError(f"History: attribute {attribute[0]!r}: there are {', '.join(_ATTRIBUTES)}")
        self._attribute, self._client, self._session = attribute, client, session
        self._endpoint_url, self._governor, self._now = endpoint_url, governor, now

    def __repr__(self) -> str:
        return f"History({self.region!r})"

    def with_session(self, session: "Session") -> "History":
        """Give the same source with other credentials, unless it has a client or a session of its own."""
        if self._client is not None or self._session is not None:
            return self
        same = copy(self)
        same.__dict__.update(_session=session)
        return same

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell which days will be looked at."""
        begin, end = self._window(selection)
        return SourcePlan(self.location, begin.date(), end.date())

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError]:
        """Look up page after page, Region by Region. What is older than the history holds is told as an error."""
        begin, end = self._window(selection)
        first_asked = min(filter(None, (selection.since, selection.until)), default=begin)
        if first_asked < begin - _SLACK:
            reason = f"the event history holds 90 days: what is older than {begin:%Y-%m-%dT%H:%M:%SZ} is not in it"
            yield UnreadableError(self.location, reason)
        if begin >= end:
            return
        try:
            regions = self._regions()
        except SourceError as error:
            yield error
            return
        for region in regions:
            if selection.wants_region(region):
                yield from self._region(region, selection, (begin, end), stats)

    def _window(self, selection: Selection) -> tuple[datetime, datetime]:
        """Give the times that are asked for. They are fixed when reading begins: a token is valid for them alone."""
        now = self._now()
        begin, end = now - HISTORY, now
        if selection.since is not None:
            begin = max(begin, selection.since)
        if selection.until is not None:
            end = min(end, selection.until)
        return begin, end

    def _regions(self) -> list[str]:
        if self.region != "*":
            return [self.region]
        return enabled_regions(self.location, self._session, self._endpoint_url)

    def _region(
        self, region: str, selection: Selection, window: tuple[datetime, datetime], stats: Stats
    ) -> Iterator[Blob | TrailError]:
        location = f"{_SCHEME}{region}"
        client = None
        try:
            with answers(location):
                # The governor paces repeated requests too, which it could not if boto3 repeated them.
                client = self._client or make_client(
                    "cloudtrail", region, self._session, self._endpoint_url, attempts=1
                )
                governor = self._governor or shared_governor(_account_of(client), region)
            for category, attribute in asked_of(selection, self._attribute):
                lookup = Lookup(client, governor, f"{location}#{category}", category, attribute)
                yield from lookup.pages(*window, stats)
        except SourceError as error:
            yield error
        finally:
            if client is not None and self._client is None:
                client.close()


_ATTRIBUTES = (
    *("EventId", "EventName", "ReadOnly", "Username"),
    *("ResourceType", "ResourceName", "EventSource", "AccessKeyId"),
)


def _account_of(client: Any) -> str:
    """Give what stands for the account whose requests are counted together: its id if the credentials tell it."""
    credentials = client._request_signer._credentials  # noqa: SLF001 (boto3 has no other way to a client's own)
    if credentials is None:
        return ""
    frozen = credentials.get_frozen_credentials()
    return str(getattr(frozen, "account_id", None) or frozen.access_key)
