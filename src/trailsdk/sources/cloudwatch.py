"""`trailsdk.CloudWatch`: a log group of CloudWatch Logs that a trail delivers to, as a source of records."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from trailsdk.errors import LocationError, SourceError, TrailError, UsageError
from trailsdk.model.times import shifted
from trailsdk.select.selection import CLOCK_SKEW, LATE_DELIVERY, Selection
from trailsdk.sources.base import Blob, SourcePlan, Stats
from trailsdk.sources.following import UP_TO_DATE, Following, UpToDate, following_of
from trailsdk.sources.lookback import Lookback
from trailsdk.sources.pages import page_blob
from trailsdk.sources.requests import answers, check_access, make_client

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["CloudWatch"]

_SCHEME = "cloudwatch://"
_GROUP = re.compile(r"[A-Za-z0-9_\-/.#]{1,512}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
_MOST_STREAMS = 100
_SHORTEST_SECONDS, _LONGEST_SECONDS = 5.0, 30.0
_NEAR = timedelta(minutes=1)

OVERLAP = timedelta(hours=1)
"""How long after its timestamp a log event may become visible, by default, and still be seen by whoever follows."""


class CloudWatch:
    """A log group that a trail delivers to: one log event a record.

    The service keeps when a log event was delivered, not when the event took place; so more time is asked for than
    `since` and `until` say, and `eventTime` decides. What `where` demands is also asked of the service, as a filter
    pattern: messages that are no records do not match it, and are then not told. Events above 256 kB are not delivered
    to log groups: a bucket has them.

    Args:
        group: The log group, such as `CloudTrail/logs`; or `cloudwatch://region/group`, percent-encoded, in which a
            group that begins with a slash keeps it: `cloudwatch://eu-west-1//aws/trail`.
        region: The log group's Region; not with a URI.
        streams: Log streams: the names of at most 100, or the begin of names, such as
            `111122223333_CloudTrail_`. By default all.
        client: boto3's client of CloudWatch Logs. Otherwise one is made of `session`.
        session: boto3's session: credentials. Its default session otherwise.
        endpoint_url: Another address than AWS's.
        late_delivery: How long after an event it may have been delivered; see `LATE_DELIVERY`.
        follow: When all was given, wait for more: `True`, or a `trailsdk.Following`.
        overlap: How long after its timestamp a log event may become visible, and still be seen while the group is
            followed. Ids of the log events of about so long are remembered, some 150 bytes each.
        now: The clock.

    Raises:
        LocationError: The log group or the Region is none.
        UsageError: The options contradict each other.
    """

    def __init__(
        self,
        group: str,
        *,
        region: str | None = None,
        streams: str | Sequence[str] | None = None,
        client: Any = None,
        session: "Session | None" = None,
        endpoint_url: str | None = None,
        late_delivery: timedelta = LATE_DELIVERY,
        follow: bool | Following = False,
        overlap: timedelta = OVERLAP,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.region, self.group = _place(group, region, client)
        self.location = f"{_SCHEME}{self.region}/{quote(self.group, safe='/')}"
        check_access("CloudWatch", client, session, endpoint_url)
        self._request: dict[str, Any] = {"logGroupName": self.group}
        if isinstance(streams, str):
            self._request["logStreamNamePrefix"] = streams
        elif streams is not None:
            if not 0 < len(streams) <= _MOST_STREAMS:
                raise UsageError(f"CloudWatch: {len(streams)} streams: give the names of 1 to 100, or a prefix")
            self._request["logStreamNames"] = list(streams)
        self._client, self._session, self._endpoint_url = client, session, endpoint_url
        self.late_delivery, self._now = late_delivery, now
        self.follow = following_of(follow, _SHORTEST_SECONDS, _LONGEST_SECONDS)
        if overlap <= timedelta():
            raise UsageError(f"CloudWatch: overlap={overlap}: expected some time")
        self._overlap = overlap

    def __repr__(self) -> str:
        return f"CloudWatch({self.location!r})"

    def with_session(self, session: "Session") -> "CloudWatch":
        """Give the same source with other credentials, unless it has a client or a session of its own."""
        if self._client is not None or self._session is not None:
            return self
        same = copy(self)
        same.__dict__.update(_session=session)
        return same

    def with_follow(self, follow: Following | None) -> "CloudWatch":
        """Give the same source, followed as is said; `None`: not followed."""
        same = copy(self)
        same.follow = follow
        return same

    def plan(self, selection: Selection) -> SourcePlan:
        """Tell which days of delivery will be looked at."""
        begin, end = self._window(selection)
        return SourcePlan(self.location, None if begin is None else begin.date(), end.date())

    def blobs(
        self,
        selection: Selection,
        stats: Stats,  # noqa: ARG002 (the protocol)
    ) -> Iterator[Blob | TrailError | UpToDate]:
        """Ask for page after page, oldest first. Pages may be empty: only the absence of a token is the end."""
        client = None
        try:
            with answers(self.location):
                client = self._client or make_client("logs", self.region, self._session, self._endpoint_url)
            pages = _Pages(client, self.location)
            if self.follow is not None:
                yield from self._followed(pages, selection, self.follow)
                return
            for events in pages.of(self._request | self._asked(selection, *self._window(selection))):
                yield pages.blob(events)
        except SourceError as error:
            yield error
        finally:
            if client is not None and self._client is None:
                client.close()

    def _followed(
        self, pages: "_Pages", selection: Selection, follow: Following
    ) -> Iterator[Blob | TrailError | UpToDate]:
        """Ask again and again, each time from before what was seen; give what was not given yet."""
        lookback = Lookback(self._overlap, _NEAR)
        first, _ = self._window(selection)
        while True:
            now = self._now()
            back = lookback.begin(now)
            begin = first if back is None or (first is not None and first > back) else back
            try:
                for events in pages.of(self._request | self._asked(selection, begin, now)):
                    new = [each for each in events if lookback.is_new(_time_of(each), _identity(each))]
                    if new:
                        follow.news()
                        yield pages.blob(new)
                    if back is None and events:
                        # The first question may go through years: what it has passed is not asked for again.
                        passed = shifted(_time_of(events[-1]), -self._overlap)
                        first = passed if first is None else max(first, passed)
                        lookback.forget(passed)
                    if follow.stopped:
                        return
            except SourceError as error:
                yield error
            else:
                lookback.answered(back, now)
            yield UP_TO_DATE
            if selection.until is not None and now >= shifted(selection.until, self.late_delivery):
                return
            if not follow.wait():
                return

    def _asked(self, selection: Selection, begin: datetime | None, end: datetime) -> dict[str, Any]:
        """Give the window, in milliseconds, both ends included, and the pattern. A token is valid for them alone."""
        asked: dict[str, Any] = {"endTime": _milliseconds(end)}
        if begin is not None:
            asked["startTime"] = _milliseconds(begin)
        pattern = _pattern(selection)
        if pattern is not None:
            asked["filterPattern"] = pattern
        return asked

    def _window(self, selection: Selection) -> tuple[datetime | None, datetime]:
        now = self._now()
        begin = None if selection.since is None else shifted(selection.since, -CLOCK_SKEW)
        end = now if selection.until is None else min(now, shifted(selection.until, self.late_delivery))
        return begin, end


class _Pages:
    """Answers of FilterLogEvents, and the files that are made of them."""

    def __init__(self, client: Any, location: str) -> None:
        self._client, self._location = client, location
        self._number = 0

    def of(self, request: dict[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Ask one question, and give page after page.

        Raises:
            SourceError: The service refused, or could not be reached.
        """
        while True:
            with answers(self._location):
                answer: Mapping[str, Any] = self._client.filter_log_events(**request)
            yield answer.get("events", ())
            token = answer.get("nextToken")
            if token is None:
                return
            request = request | {"nextToken": token}

    def blob(self, events: Sequence[Mapping[str, Any]]) -> Blob:
        """Make a file of log events, numbered as it is given."""
        self._number += 1
        return page_blob(f"{self._location}#{self._number}", "events", events)


def _time_of(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(event.get("timestamp", 0) / 1000, UTC)


def _identity(event: Mapping[str, Any]) -> str:
    """Tell log events apart: by their id, which every one has, though the service's model does not promise it."""
    return str(event.get("eventId") or (event.get("logStreamName"), event.get("message")))


def _pattern(selection: Selection) -> str | None:
    condition = selection.condition
    if condition is None:
        return None
    from trailsdk.select.where.pushdown import log_filter_pattern

    return log_filter_pattern(condition)


def _place(group: str, region: str | None, client: Any) -> tuple[str, str]:
    """Find out Region and log group."""
    if group.startswith(_SCHEME):
        if region is not None:
            raise UsageError("CloudWatch: the URI names the Region already")
        region, _, encoded = group.removeprefix(_SCHEME).partition("/")
        location, group = group, unquote(encoded)
    else:
        location = group
        region = client.meta.region_name if region is None and client is not None else region
    if region is None or _REGION.fullmatch(region) is None:
        raise LocationError(location, "there is no Region in it: cloudwatch://region/log-group")
    if _GROUP.fullmatch(group) is None:
        raise LocationError(location, "there is no log group in it: cloudwatch://region/log-group")
    return region, group


def _milliseconds(when: datetime) -> int:
    return max(0, int(when.timestamp() * 1000))
