"""`trailsdk.History`: the event history of an account, as a source of records."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailsdk.errors import LocationError, SourceError, TrailError, UnreadableError, UsageError
from trailsdk.model.times import shifted
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.following import UP_TO_DATE, Following, UpToDate, following_of
from trailsdk.sources.history.account import account_of
from trailsdk.sources.history.followed import OVERLAP, FollowedLookup
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

_SHORTEST_SECONDS, _LONGEST_SECONDS = 5.0, 60.0
_LOOK_FOR_REGIONS = timedelta(hours=1)

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
        governor: Keeps the pace. By default that which all readers of the process share for an account and a Region.
            STS is asked once which account a session's is; a client does not tell, so the requests of all clients that
            are handed in are counted together, Region by Region.
        follow: When all was given, wait for more: `True`, or a `trailsdk.Following`.
        overlap: How long after it took place an event may become visible, and still be seen while the history is
            followed. Ids of the events of about so long are remembered, some 150 bytes each.
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
        follow: bool | Following = False,
        overlap: timedelta = OVERLAP,
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
        self.follow = following_of(follow, _SHORTEST_SECONDS, _LONGEST_SECONDS)
        if overlap <= timedelta():
            raise UsageError(f"History: overlap={overlap}: expected some time")
        self._overlap = overlap

    def __repr__(self) -> str:
        return f"History({self.region!r})"

    def with_session(self, session: "Session") -> "History":
        """Give the same source with other credentials, unless it has a client or a session of its own."""
        if self._client is not None or self._session is not None:
            return self
        same = copy(self)
        same.__dict__.update(_session=session)
        return same

    def with_follow(self, follow: Following | None) -> "History":
        """Give the same source, followed as is said; `None`: not followed."""
        same = copy(self)
        same.follow = follow
        return same

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell which days will be looked at."""
        begin, end = self._window(selection)
        return SourcePlan(self.location, begin.date(), end.date())

    def blobs(self, selection: Selection, stats: Stats) -> Iterator[Blob | TrailError | UpToDate]:
        """Look up page after page, Region by Region. What is older than the history holds is told as an error."""
        begin, end = self._window(selection)
        first_asked = min(filter(None, (selection.since, selection.until)), default=begin)
        if first_asked < begin - _SLACK:
            reason = f"the event history holds 90 days: what is older than {begin:%Y-%m-%dT%H:%M:%SZ} is not in it"
            yield UnreadableError(self.location, reason)
        if self.follow is not None:
            yield from self._followed(selection, self.follow, begin, stats)
            return
        if begin >= end:
            return
        try:
            regions = self._regions(selection)
        except SourceError as error:
            yield error
            return
        for region in regions:
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

    def _regions(self, selection: Selection) -> list[str]:
        """Give the Regions that are asked.

        Raises:
            SourceError: EC2 does not tell which are enabled.
        """
        if self.region != "*":
            return [self.region] if selection.wants_region(self.region) else []
        enabled = enabled_regions(self.location, self._session, self._endpoint_url)
        return [each for each in enabled if selection.wants_region(each)]

    def _region(
        self, region: str, selection: Selection, window: tuple[datetime, datetime], stats: Stats
    ) -> Iterator[Blob | TrailError]:
        try:
            with self._lookups(region, selection) as lookups:
                for lookup in lookups:
                    for events in lookup.pages(*window, stats):
                        yield lookup.blob(events)
        except SourceError as error:
            yield error

    @contextmanager
    def _lookups(self, region: str, selection: Selection) -> Iterator[list[Lookup]]:
        """Make a Region's client, and the questions to it.

        Raises:
            SourceError: There are no credentials.
        """
        location = f"{_SCHEME}{region}"
        client, governor = self._client, self._governor
        try:
            with answers(location):
                if client is None:
                    session = self._session or _default_session()
                    # The governor paces repeated requests too, which it could not if boto3 repeated them.
                    client = make_client("cloudtrail", region, session, self._endpoint_url, attempts=1)
                    governor = governor or shared_governor(account_of(session, region, self._endpoint_url), region)
                governor = governor or shared_governor("", region)
            yield [
                Lookup(client, governor, f"{location}#{category}", category, attribute, self.follow)
                for category, attribute in asked_of(selection, self._attribute)
            ]
        finally:
            if client is not None and self._client is None:
                client.close()

    def _followed(
        self, selection: Selection, follow: Following, first: datetime, stats: Stats
    ) -> Iterator[Blob | TrailError | UpToDate]:
        """Ask Region after Region, again and again. Regions that are enabled meanwhile are noticed within an hour."""
        followed: dict[str, list[FollowedLookup]] = {}
        look = self._now()
        with ExitStack() as clients:
            while True:
                now = self._now()
                try:
                    if now >= look:
                        regions = self._regions(selection)
                        look = now + _LOOK_FOR_REGIONS
                        for region in [each for each in regions if each not in followed]:
                            lookups = clients.enter_context(self._lookups(region, selection))
                            followed[region] = [
                                FollowedLookup(lookup, follow, self._overlap, first) for lookup in lookups
                            ]
                except SourceError as error:
                    look = now
                    yield error
                for lookup in [each for region in followed.values() for each in region]:
                    yield from lookup.blobs(self._now(), stats)
                yield UP_TO_DATE
                if selection.until is not None and now >= shifted(selection.until, self._overlap):
                    return
                if not follow.wait():
                    return


def _default_session() -> "Session":
    from boto3.session import Session

    return Session()


_ATTRIBUTES = (
    *("EventId", "EventName", "ReadOnly", "Username"),
    *("ResourceType", "ResourceName", "EventSource", "AccessKeyId"),
)
