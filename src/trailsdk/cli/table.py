"""The table of records: each row is ready as soon as its record is there."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo

from attrs import frozen

from trailsdk import _json
from trailsdk.cli.facts import call_of, origin_of_call, what_of, when_of, who_of
from trailsdk.cli.fields import Field
from trailsdk.cli.layout import Extent, widths
from trailsdk.cli.screen import Screen
from trailsdk.cli.text import fit
from trailsdk.model.outcome import Outcome
from trailsdk.model.path import ABSENT
from trailsdk.model.record import Record

__all__ = ["Table", "columns_of_fields", "standard_table"]

_WIDE = 110
"""Columns of a terminal from which each row has the whole time and the error code."""
_NARROW = 60
"""Columns of a terminal below which only the most important is shown."""

_STYLES = {Outcome.SUCCESS: "green", Outcome.FAILURE: "yellow", Outcome.DENIED: "red"}
_SHORT = {Outcome.SUCCESS: "ok", Outcome.FAILURE: "fail", Outcome.DENIED: "deny"}

_FIELD_WIDTHS = {"eventTime": 20, "event_time": 20, "awsRegion": 14, "aws_region": 14, "readOnly": 8, "outcome": 7}
_FIELD_WIDTHS |= {"sourceIPAddress": 15, "source_ip_address": 15, "recipientAccountId": 12, "accountId": 12}

Cell = tuple[str, str | None]
"""A text, and its style."""


@frozen
class Column:
    """A column of the table."""

    title: str
    extent: Extent
    cell: Callable[[Record], Cell]


@frozen
class Table:
    """Makes the lines of a table."""

    screen: Screen
    columns: Sequence[Column]
    zone: tzinfo | None = UTC
    """`None` is the zone of this machine."""
    by_day: bool = False
    """Each new day has a heading, and the rows only the time of day."""

    def lines(self, records: Iterator[Record]) -> Iterator[str]:
        """Make the lines for each record; the first time with the titles."""
        gap = " " if self.screen.width < _NARROW else "  "
        sizes = widths([each.extent for each in self.columns], self.screen.width, len(gap))
        mark = self.screen.own("…")
        before = self._titles(sizes, gap, mark)
        today: date | str | None = "none yet"
        for record in records:
            if self.by_day:
                day = _day(record, self.zone)
                if day != today:
                    today = day
                    before += self._heading(day)
            cells = [column.cell(record) for column in self.columns]
            yield before + self._line([(text or "-", style) for text, style in cells], sizes, gap, mark)
            before = ""

    def _titles(self, sizes: list[int], gap: str, mark: str) -> str:
        return self._line([(column.title, "bold") for column in self.columns], sizes, gap, mark)

    def _heading(self, day: date | None) -> str:
        zone = "UTC" if self.zone is UTC else "local time"
        return self.screen.paint("no time" if day is None else f"{day.isoformat()} {zone}", "cyan") + "\n"

    def _line(self, cells: list[Cell], sizes: list[int], gap: str, mark: str) -> str:
        shown = [
            (fit(self.screen.escape(text), size, mark), style) for (text, style), size in zip(cells, sizes, strict=True)
        ]
        # Nothing but blanks would follow the last text.
        shown[-1] = (shown[-1][0].rstrip(), shown[-1][1])
        return gap.join(self.screen.paint(text, style) for text, style in shown) + "\n"


def standard_table(screen: Screen, zone: tzinfo | None) -> Table:
    """Make the table of when, who, what, from where, result."""
    if screen.width >= _WIDE:
        when = Column("WHEN (UTC)" if zone is UTC else "WHEN (local)", Extent(19, 19, 19), _time(zone, 0, 19))
        result = Column("RESULT", Extent(22, 12, 40), _error_code)
        columns = [when, _who(20), _what(26), _from(15), result]
    elif screen.width >= _NARROW:
        result = Column("RESULT", Extent(7, 7, 7), _result)
        columns = [Column("WHEN", Extent(8, 8, 8), _time(zone, 11, 19)), _who(16), _what(22), _from(15), result]
    else:
        what = Column("WHAT", Extent(17, 4, 48), lambda record: (call_of(record) or "", None))
        result = Column("", Extent(4, 4, 4), _short_result)
        columns = [Column("WHEN", Extent(5, 5, 5), _time(zone, 11, 16)), _who(11), what, result]
    return Table(screen, columns, zone, by_day=screen.width < _WIDE)


def _who(ideal: int) -> Column:
    def cell(record: Record) -> Cell:
        actor = record.actor
        return who_of(actor), "bold" if actor.kind == "root" else None

    return Column("WHO", Extent(ideal, 4, 48), cell)


def _what(ideal: int) -> Column:
    return Column("WHAT", Extent(ideal, 4, 48), lambda record: (what_of(record), None))


def _from(ideal: int) -> Column:
    return Column("FROM", Extent(ideal, 12, 39), lambda record: (origin_of_call(record), None))


def _result(record: Record) -> Cell:
    outcome = record.outcome
    return (outcome or "", None if outcome is None else _STYLES[outcome])


def _short_result(record: Record) -> Cell:
    outcome = record.outcome
    return ("", None) if outcome is None else (_SHORT[outcome], _STYLES[outcome])


def _error_code(record: Record) -> Cell:
    """Show the error itself, where it has a name: it says more than `failure`."""
    text, style = _result(record)
    return record.error_code or text, style


def _time(zone: tzinfo | None, begin: int, end: int) -> Callable[[Record], Cell]:
    """Make a cell of a part of `2026-03-07 09:01:00`."""

    def cell(record: Record) -> Cell:
        when = _in_zone(when_of(record), zone)
        return ("" if when is None else when.isoformat(" ")[begin:end]), "dim"

    return cell


def _in_zone(when: datetime | None, zone: tzinfo | None) -> datetime | None:
    try:
        return None if when is None else when.astimezone(zone)
    except (OverflowError, ValueError):
        # Near the years 1 and 9999 not every zone has a time.
        return when


def _day(record: Record, zone: tzinfo | None) -> date | None:
    when = _in_zone(when_of(record), zone)
    return None if when is None else when.date()


def columns_of_fields(fields: Sequence[Field]) -> list[Column]:
    """Make a column for each field that was asked for."""
    return [_column(each) for each in fields]


def _column(asked: Field) -> Column:
    known = _FIELD_WIDTHS.get(asked.name)
    ideal = known or max(24, min(len(asked.name), 40))

    def cell(record: Record) -> Cell:
        value = asked.read(record)
        if value is None or value is ABSENT:
            return "", None
        return value if isinstance(value, str) else _json.encode(value).decode(), None

    return Column(asked.name, Extent(ideal, known or 6, known or 10_000), cell)
