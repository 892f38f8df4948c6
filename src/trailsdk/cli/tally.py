"""What `trailsdk stats` counts. Pure: records go in, numbers come out.

Memory grows with the number of distinct values, not with the number of records.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from attrs import Factory, define

from trailsdk.cli.facts import call_of, service_of, when_of
from trailsdk.cli.histogram import EPOCH, Histogram, make_histogram
from trailsdk.model.record import Record

__all__ = ["Tally", "Who"]

_STEPS = (60, 3600, 86400)
"""Seconds to which times are rounded down: the more time the records span, the more coarsely."""
_MOST_TIMES = 5000


class Who(NamedTuple):
    """An actor, whatever the session."""

    kind: str
    arn: str | None
    name: str | None
    human: str | None


@define
class Tally:
    """Counts records by what they say."""

    records: int = 0
    untimed: int = 0
    """Records that have no time."""
    first: datetime | None = None
    last: datetime | None = None
    services: Counter[str] = Factory(Counter)
    calls: Counter[tuple[str, str]] = Factory(Counter)
    """By service and call."""
    actors: Counter[Who] = Factory(Counter)
    addresses: Counter[str] = Factory(Counter)
    errors: Counter[str] = Factory(Counter)
    outcomes: Counter[str] = Factory(Counter)
    """`success`, `failure`, `denied`, and `none` for records that are no calls."""
    _times: Counter[int] = Factory(Counter)
    _step: int = 0

    def add(self, record: Record) -> None:
        """Count a record."""
        self.records += 1
        self._add_time(when_of(record))
        service, call = service_of(record), call_of(record)
        if service is not None:
            self.services[service] += 1
        if call is not None:
            self.calls[service or "", call] += 1
        actor = record.actor
        if actor.name is not None or actor.human is not None:
            self.actors[Who(actor.kind.value, actor.arn, actor.name, actor.human)] += 1
        if record.source_ip_address:
            self.addresses[record.source_ip_address] += 1
        if record.error_code:
            self.errors[record.error_code] += 1
        elif record.error_message:
            # Sign-ins that fail have a message only.
            self.errors[record.error_message] += 1
        outcome = record.outcome
        self.outcomes["none" if outcome is None else outcome.value] += 1

    def histogram(self, most: int = 12) -> Histogram | None:
        """Show the records over time in so many steps at most."""
        return make_histogram(self._times, most)

    def _add_time(self, when: datetime | None) -> None:
        if when is None:
            self.untimed += 1
            return
        if self.first is None or when < self.first:
            self.first = when
        if self.last is None or when > self.last:
            self.last = when
        seconds = (when - EPOCH) // timedelta(seconds=1)
        self._times[seconds - seconds % _STEPS[self._step]] += 1
        if len(self._times) > _MOST_TIMES and self._step + 1 < len(_STEPS):
            self._coarsen()

    def _coarsen(self) -> None:
        self._step += 1
        step = _STEPS[self._step]
        coarse: Counter[int] = Counter()
        for seconds, count in self._times.items():
            coarse[seconds - seconds % step] += count
        self._times = coarse
