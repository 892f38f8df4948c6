"""The event history of one Region while it is followed: asked again and again, each event given once."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from trailsdk.errors import SourceError, TrailError
from trailsdk.sources.base import Blob, Stats
from trailsdk.sources.following import Following
from trailsdk.sources.history.lookup import Lookup
from trailsdk.sources.lookback import Lookback

__all__ = ["OVERLAP", "FollowedLookup"]

OVERLAP = timedelta(hours=1)
"""How long after it took place an event may become visible, by default, and still be seen by whoever follows."""

_NEAR = timedelta(minutes=10)

_SLACK = timedelta(minutes=1)
"""The service knows whole seconds only, and may round where it likes."""


class FollowedLookup:
    """One question that is asked again and again.

    A question that fails in the middle goes on where it was when it is asked the next time.

    Args:
        lookup: The question.
        follow: Is told of what is new, and tells when to stop.
        overlap: How long after it took place an event may become visible.
        first: When the first question begins.
    """

    def __init__(self, lookup: Lookup, follow: Following, overlap: timedelta, first: datetime) -> None:
        self._lookup, self._follow, self._first = lookup, follow, first
        self._overlap = overlap
        self._lookback = Lookback(overlap, _NEAR)
        self._open: _Question | None = None

    def blobs(self, now: datetime, stats: Stats) -> Iterator[Blob | TrailError]:
        """Ask once; first what is left of a question that failed.

        Args:
            now: Up to when.
            stats: Counters to keep.
        """
        left = self._open
        if left is not None:
            yield from self._asked(left, stats)
        if self._open is None and not self._follow.stopped:
            self._lookup.forget()
            yield from self._asked(_Question(self._lookback.begin(now), now), stats)

    def _asked(self, question: "_Question", stats: Stats) -> Iterator[Blob | TrailError]:
        self._open = question
        begin = self._first if question.begin is None else max(self._first, question.begin)
        try:
            for events in self._lookup.pages(begin, question.left, stats):
                new = [each for each in events if self._is_new(each, question)]
                if new:
                    self._follow.news()
                    yield self._lookup.blob(new)
                # The next page, if this fails, begins with what was given last, which is known by its text.
                question.left = min(question.left, self._lookup.reached or question.left)
        except SourceError as error:
            yield error
            return
        if not self._follow.stopped:
            self._lookback.answered(question.begin, question.end)
            self._open = None

    def _is_new(self, event: Mapping[str, Any], question: "_Question") -> bool:
        """Tell whether an event was not given yet. What no later question asks for is not remembered."""
        when = event.get("EventTime")
        if not isinstance(when, datetime):
            when = question.end
        if question.begin is None and when < question.end - self._overlap - _SLACK:
            return True
        return self._lookback.is_new(when, str(event.get("EventId") or event))


class _Question:
    """A question, and up to when it was not answered yet."""

    def __init__(self, begin: datetime | None, end: datetime) -> None:
        self.begin, self.end, self.left = begin, end, end
