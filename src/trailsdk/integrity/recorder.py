"""Records what a run proves, as its results come, for the next run."""

from array import array
from datetime import datetime

from attrs import define, field, frozen

from trailsdk.integrity.coverage import Coverage
from trailsdk.integrity.day_sums import DaySums
from trailsdk.integrity.state import ProvedDigest, Segment, State
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Verdict

__all__ = ["Earlier", "Proof", "Recorder"]


@frozen(eq=False)
class Proof:
    """A digest that is valid. Its log files come behind it."""

    chain: ChainId
    location: str
    """The store, and the folder in it."""
    digest: ProvedDigest
    end: datetime
    keys: tuple[str, ...]
    """Of its log files."""


@frozen(eq=False)
class Earlier:
    """A run of digests that was proved earlier, and whose ends are valid still."""

    chain: ChainId
    segment: Segment


@define(eq=False)
class _Pending:
    """A digest whose log files are still coming."""

    proof: Proof
    logs: int = 0
    whole: bool = True


@define(eq=False)
class _Run:
    """A segment that is growing, towards older digests."""

    location: str
    newest: ProvedDigest
    oldest: ProvedDigest
    ends: list[int]
    """The newest first."""
    logs: int
    first_proved: datetime
    last_proved: datetime
    days: DaySums = field(factory=DaySums)


class Recorder:
    """Takes proofs and results in their order, and says what is to be kept.

    Args:
        earlier: What was kept so far.
        now: When this run proves.
        checks: Names of the checks that see what this run reads.
    """

    def __init__(self, earlier: State, now: datetime, checks: frozenset[str] = frozenset()) -> None:
        self.earlier = earlier.seen_by(checks)
        self._now = now
        self._checks = checks
        self._kept: dict[ChainId, list[Segment]] = {}
        self._spoilt: set[ChainId] = set()
        """Chains of which a log file was found wrong after its digest was recorded."""
        self._considered: set[int] = set()
        self._chain: ChainId | None = None
        self._pending: _Pending | None = None
        self._run: _Run | None = None

    def consider(self, segment: Segment) -> None:
        """Note that a segment of an earlier run was looked at: unless it is used, it is not kept."""
        self._considered.add(id(segment))

    def add(self, given: "Proof | Earlier") -> None:
        """Take a valid digest, or a run that was proved earlier."""
        self._commit()
        if given.chain != self._chain:
            self._close()
            self._chain = given.chain
        if isinstance(given, Proof):
            self._pending = _Pending(given)
        else:
            segment = given.segment
            ends = list(reversed(segment.ends))
            dates = segment.first_proved, segment.last_proved
            self._extend(segment.location, segment.newest, segment.oldest, ends, segment.logs, dates).merge(
                segment.days
            )

    def see(self, result: Verdict | Finding | Coverage) -> None:
        """Take what is told to the caller."""
        if isinstance(result, Verdict):
            if result.kind == "log":
                self._see_log(result)
            elif result.verdict != "valid":
                self._commit()
        elif isinstance(result, Finding) and self._pending is not None:
            self._pending.whole &= result.code is not FindingCode.STRAY and not self._is_doubt(result)

    def _is_doubt(self, finding: Finding) -> bool:
        """Tell whether a check leaves something of the chain unproved, or failed at it: then it is asked again."""
        return finding.from_check and finding.effect == "unproved" and finding.chain == self._chain

    def _see_log(self, verdict: Verdict) -> None:
        pending = self._pending
        if pending is not None and verdict.digest_uri == pending.proof.digest.uri:
            pending.logs += 1
            pending.whole &= verdict.verdict == "valid"
        elif verdict.verdict != "valid":
            self._spoilt.add(verdict.chain)

    def _commit(self) -> None:
        """Decide on the digest at hand: all of its log files have come."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if not pending.whole:
            self._close()
            return
        proof = pending.proof
        ends = [int(proof.end.timestamp())]
        days = self._extend(proof.location, proof.digest, proof.digest, ends, pending.logs, (self._now, self._now))
        for key in proof.keys:
            days.add(key)

    def _extend(
        self,
        location: str,
        newest: ProvedDigest,
        oldest: ProvedDigest,
        ends: list[int],
        logs: int,
        proved: tuple[datetime, datetime],
    ) -> DaySums:
        """Add older digests to the segment at hand if its oldest leads to them; else begin another.

        Returns:
            The segment's log files, to which theirs are to be added.
        """
        run = self._run
        if run is None or run.location != location or not run.oldest.leads_to(newest.key, newest.content_hash):
            self._close()
            self._run = run = _Run(location, newest, oldest, ends, logs, *proved)
            return run.days
        run.oldest = oldest
        run.ends += ends
        run.logs += logs
        run.first_proved, run.last_proved = min(run.first_proved, proved[0]), max(run.last_proved, proved[1])
        return run.days

    def _close(self) -> None:
        """End the segment at hand."""
        run, self._run = self._run, None
        if run is not None and self._chain is not None:
            ends = array("q", reversed(run.ends))
            proved = run.first_proved, run.last_proved
            segment = Segment(run.location, run.newest, run.oldest, ends, run.logs, *proved, run.days)
            self._kept.setdefault(self._chain, []).append(segment)

    def state(self) -> State:
        """Say what is to be kept. The last call."""
        self._commit()
        self._close()
        kept = {}
        for chain in self.earlier.segments.keys() | self._kept.keys():
            new = [] if chain in self._spoilt else self._kept.get(chain, [])
            old = [each for each in self.earlier.segments.get(chain, ()) if id(each) not in self._considered]
            kept[chain] = _longest(new, old)
        return State(kept, self._checks)


def _longest(new: list[Segment], old: list[Segment]) -> list[Segment]:
    """Keep segments that do not overlap; of those that do, an old one if it holds the new one, else the new one."""
    kept = [each for each in new if not any(_holds(other, each) for other in old)]
    return kept + [each for each in old if all(_is_apart(each, other) for other in kept)]


def _holds(one: Segment, other: Segment) -> bool:
    return one.first_end <= other.first_end and other.last_end <= one.last_end


def _is_apart(one: Segment, other: Segment) -> bool:
    return one.last_end < other.first_end or other.last_end < one.first_end
