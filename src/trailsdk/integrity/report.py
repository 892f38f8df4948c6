"""What all verdicts and findings come to."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NoReturn, TypeAlias

from attrs import define, field, frozen

from trailsdk.integrity.coverage import Coverage, CoverageState
from trailsdk.integrity.verdicts import Finding, FindingCode, Verdict

__all__ = ["Counts", "Report", "Status", "Tally"]

Status: TypeAlias = Literal["whole", "broken", "unproved"]
"""`whole`: all that was asked for is proved. `broken`: something is proved to be invalid.
`unproved`: nothing is invalid, but not all could be proved."""

MOST_SHOWN = 1000
"""Verdicts, findings and findings of plugins' checks that a report holds, of each; all are counted."""


@frozen(kw_only=True)
class Counts:
    """How many files have which verdict. Each naming of a file counts."""

    valid: int = 0
    invalid: int = 0
    unverifiable: int = 0
    inaccessible: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.valid + self.invalid + self.unverifiable + self.inaccessible


@frozen(kw_only=True)
class Report:
    """The outcome of a verification.

    It has no truth value: whoever writes `if verify(...)` has to say which status is meant.
    """

    status: Status
    digests: Counts
    """Regular digest files."""
    backfill_digests: Counts
    """Digest files that AWS made afterwards."""
    logs: Counts
    """Log files that digests name."""
    problems: tuple[Verdict, ...]
    """Verdicts other than `valid`: the first thousand."""
    problems_total: int
    """How many there are."""
    findings: tuple[Finding, ...]
    """What no single file shows: the first thousand, and the first thousand that come from plugins' checks."""
    findings_total: int
    """How many there are."""
    proved_earlier: int = 0
    """Digests and log files that an earlier run proved, and that were not read again; they are not counted as valid."""
    coverage: tuple[Coverage, ...] = ()
    """For each chain, which time is vouched for, and why the rest is not. Backfill chains vouch for files only."""
    since: datetime | None = None
    """Begin of the time that was asked for."""
    until: datetime | None = None
    """End of the time that was asked for."""
    first: datetime | None = None
    """Begin of the oldest valid digest, or of what was proved earlier."""
    last: datetime | None = None
    """End of the newest valid digest, or of what was proved earlier."""

    def __bool__(self) -> NoReturn:
        message = "a report has no truth value; compare its status, such as report.status == 'whole'"
        raise TypeError(message)

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """Times between chains for which no digest vouches."""
        return tuple(each for each in self.findings if each.code is FindingCode.GAP)

    @property
    def exit_code(self) -> int:
        """What a command ends with: 0 whole, 1 broken, 3 unproved."""
        return {"whole": 0, "broken": 1, "unproved": 3}[self.status]


@define
class Tally:
    """Counts results while they come."""

    since: datetime | None = None
    until: datetime | None = None
    _counts: dict[str, dict[str, int]] = field(factory=lambda: {"digest": {}, "backfill": {}, "log": {}}, init=False)
    _problems: list[Verdict] = field(factory=list, init=False)
    _problems_total: int = field(default=0, init=False)
    _findings: list[Finding] = field(factory=list, init=False)
    _findings_total: int = field(default=0, init=False)
    _from_checks: int = field(default=0, init=False)
    _earlier: int = field(default=0, init=False)
    _coverage: list[Coverage] = field(factory=list, init=False)
    _unproved: bool = field(default=False, init=False)
    _first: datetime | None = field(default=None, init=False)
    _last: datetime | None = field(default=None, init=False)

    @property
    def files(self) -> int:
        """Verdicts so far."""
        return sum(sum(each.values()) for each in self._counts.values())

    @property
    def problems(self) -> int:
        """Verdicts other than `valid` so far."""
        return self._problems_total

    def add(self, result: Verdict | Finding | Coverage) -> None:
        """Count one."""
        if isinstance(result, Coverage):
            self._coverage.append(result)
            return
        if isinstance(result, Finding):
            self._findings_total += 1
            if result.code is FindingCode.PROVED_EARLIER:
                self._earlier += result.files or 0
                self._found(result.start, result.end)
            self._unproved |= result.effect == "unproved"
            # However much a check has to say, it crowds nothing of trailsdk's own out.
            held = self._from_checks if result.from_check else len(self._findings) - self._from_checks
            if held < MOST_SHOWN:
                self._findings.append(result)
                self._from_checks += result.from_check
            return
        counts = self._counts["backfill" if result.backfill and result.kind == "digest" else result.kind]
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
        if result.verdict != "valid":
            self._problems_total += 1
            if len(self._problems) < MOST_SHOWN:
                self._problems.append(result)
        else:
            self._found(result.start, result.end)

    def _found(self, start: datetime | None, end: datetime | None) -> None:
        """Note a time that is vouched for."""
        if start is not None and end is not None:
            self._first = start if self._first is None else min(self._first, start)
            self._last = end if self._last is None else max(self._last, end)

    def counted(self, results: Iterable[Verdict | Finding | Coverage]) -> Iterator[Verdict | Finding | Coverage]:
        """Pass results on, and count them."""
        for each in results:
            self.add(each)
            yield each

    def report(self) -> Report:
        """Sum up."""
        digests, backfill, logs = (Counts(**self._counts[name]) for name in ("digest", "backfill", "log"))
        return Report(
            status=self._status(digests, backfill, logs),
            digests=digests,
            backfill_digests=backfill,
            logs=logs,
            problems=tuple(self._problems),
            problems_total=self._problems_total,
            findings=tuple(self._findings),
            findings_total=self._findings_total,
            proved_earlier=self._earlier,
            coverage=tuple(self._coverage),
            since=self.since,
            until=self.until,
            first=self._first,
            last=self._last,
        )

    def _status(self, *counts: Counts) -> Status:
        if any(each.invalid for each in counts):
            return "broken"
        # What is only pending is so behind a digest that is valid, if an older one than was asked for.
        pending = any(each.state is CoverageState.PENDING for one in self._coverage for each in one.intervals)
        proved = pending or self._earlier > 0 or any(each.valid for each in counts[:2])
        all_valid = all(each.valid == each.total for each in counts)
        return "whole" if proved and all_valid and not self._unproved else "unproved"
