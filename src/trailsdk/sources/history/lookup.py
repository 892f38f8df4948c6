"""One question to LookupEvents, page by page."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from trailsdk.errors import SourceError
from trailsdk.select.selection import Selection
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.following import Following
from trailsdk.sources.history.governor import Governor
from trailsdk.sources.pages import page_blob
from trailsdk.sources.requests import answers, code_of, is_passing, is_throttling

__all__ = ["Lookup", "asked_of"]

_TRIES = 8
_PAGE = 50
_REMEMBERED = 200
"""Events whose repetition is noticed. Those of the last second are remembered however many they are."""

_OF_INSIGHTS = frozenset(["EventId", "EventName", "EventSource"])

Attribute = tuple[str, str]


def asked_of(selection: Selection, attribute: Attribute | None) -> Iterator[tuple[str, Attribute | None]]:
    """Choose the questions that answer a selection: of management events, of Insights, each with one attribute.

    Args:
        selection: What the caller asked for.
        attribute: What the caller wants to be looked for.

    Yields:
        `management` or `insight`, and what is to be looked for.
    """
    wanted = selection.categories
    if wanted is None or "Management" in wanted:
        yield "management", attribute or _demanded(selection)
    if wanted is not None and "Insight" not in wanted:
        return
    if attribute is None:
        demanded = _demanded(selection)
        yield "insight", demanded if demanded is not None and demanded[0] in _OF_INSIGHTS else None
    elif attribute[0] in _OF_INSIGHTS:
        yield "insight", attribute


def _demanded(selection: Selection) -> Attribute | None:
    condition = selection.condition
    if condition is None:
        return None
    from trailsdk.select.where.pushdown import lookup_attribute

    found = lookup_attribute(condition)
    return None if found is None else (found.key, found.value)


class Lookup:
    """Events of one category in one Region, newest first.

    Args:
        client: boto3's client.
        governor: Keeps the pace.
        location: What pages are called, with their number.
        category: `management` or `insight`.
        attribute: What is looked for.
        follow: Ends the waits, and the pages, where the history is followed.
    """

    def __init__(
        self,
        client: Any,
        governor: Governor,
        location: str,
        category: str,
        attribute: Attribute | None,
        follow: Following | None = None,
    ) -> None:
        self._client, self._governor, self._location, self._follow = client, governor, location, follow
        self._number = 0
        self._request: dict[str, Any] = {"MaxResults": _PAGE}
        if category == "insight":
            self._request["EventCategory"] = "insight"
        if attribute is not None:
            self._request["LookupAttributes"] = [{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}]
        self._recent: deque[Mapping[str, Any]] = deque()

    @property
    def reached(self) -> datetime | None:
        """The time of the oldest event that was given: events come newest first."""
        return self._recent[-1].get("EventTime") if self._recent else None

    def forget(self) -> None:
        """Begin anew: what comes from now on is no repetition."""
        self._recent.clear()

    def blob(self, events: Sequence[Mapping[str, Any]]) -> Blob:
        """Make a file of events, numbered as it is given."""
        self._number += 1
        return page_blob(f"{self._location}-{self._number}", "Events", events)

    def pages(self, begin: datetime, end: datetime, stats: Stats) -> Iterator[list[Mapping[str, Any]]]:
        """Give page after page. An event that comes again, since new ones shift the pages, is dropped and counted.

        A token that has expired costs nothing: the question is asked again, up to the time that was reached.

        Args:
            begin: First time.
            end: Last time, included.
            stats: Counters to keep.

        Raises:
            SourceError: The service refused, or could not be reached.
        """
        token, reached = None, end
        while True:
            request = self._request | {"StartTime": begin, "EndTime": reached}
            try:
                answer = self._ask(request if token is None else request | {"NextToken": token})
            except SourceError as error:
                lost = error.__cause__ is not None and code_of(error.__cause__) == "InvalidNextTokenException"
                oldest = self.reached
                if token is None or not lost or oldest is None or oldest >= reached:
                    raise
                token, reached = None, oldest
                continue
            if answer is None:
                return
            yield self._unseen(answer.get("Events", ()), stats)
            token = answer.get("NextToken")
            if token is None:
                return

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Ask, at the governor's pace; `None` where a stop ended the wait."""
        pause: Callable[[float], object] | None = None if self._follow is None else self._follow.pause
        with answers(self._location):
            for tries_left in reversed(range(_TRIES)):
                self._governor.wait(pause)
                if self._follow is not None and self._follow.stopped:
                    return None
                try:
                    answer: Mapping[str, Any] = self._client.lookup_events(**request)
                except Exception as error:
                    if not tries_left or not (is_throttling(error) or is_passing(error)):
                        raise
                    self._governor.throttled()
                else:
                    self._governor.answered()
                    return answer
        raise AssertionError("the last try returns or raises")

    def _unseen(self, events: Sequence[Mapping[str, Any]], stats: Stats) -> list[Mapping[str, Any]]:
        new: list[Mapping[str, Any]] = []
        for event in events:
            if event in self._recent:
                stats.duplicate += 1
                continue
            self._recent.append(event)
            # An event without the record's text costs only itself.
            new.append({"CloudTrailEvent": None, **event})
        while len(self._recent) > _REMEMBERED and self._recent[0].get("EventTime") != self._recent[-1].get("EventTime"):
            self._recent.popleft()
        return new
