"""The verdict on a log file that is being read, by what the digests of its account and Region say."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from trailsdk.errors import AccessDeniedError, ArchivedError, FileError, SourceError, UnreadableError
from trailsdk.integrity.chain import NamedLog, Span
from trailsdk.integrity.claims import Claim, NamedFiles
from trailsdk.integrity.coverage import Coverage, CoverageState
from trailsdk.integrity.names import ROUNDED
from trailsdk.integrity.procedure import judge_error
from trailsdk.integrity.scope import Root
from trailsdk.integrity.verdicts import Finding, FindingCode, Judgement, Reason, Verdict
from trailsdk.integrity.walk import Walked, named_uri
from trailsdk.model.times import shifted

__all__ = ["NO_DIGESTS", "Content", "Judged", "KnownFiles"]

_ALGORITHM = "SHA-256"

Content: TypeAlias = tuple[str | None, FileError | None]
"""SHA-256 of what a file inflates to, in lower-case hex, or what is wrong with it."""


@frozen
class Judged:
    """The verdict on a file, and why it is not `valid`."""

    verdict: Judgement
    reason: str | None = None
    """A `Reason`; of a file that no digest names, a `FindingCode`."""
    detail: str = ""
    may_change: bool = False
    """Whether it may be another one when the same is read later, with nothing changed."""

    @property
    def is_valid(self) -> bool:
        """Whether the file is proved to be what CloudTrail delivered."""
        return self.verdict == "valid"


NO_DIGESTS = Judged("unverifiable", FindingCode.NO_DIGESTS)
"""The verdict on what lies in no folder that digests speak of."""

_KINDS: Mapping[Reason, type[SourceError]] = {Reason.REFUSED: AccessDeniedError, Reason.ARCHIVED: ArchivedError}

_VALID = Judged("valid")
_OTHER_ALGORITHM = Judged("unverifiable", Reason.UNKNOWN_ALGORITHM, "hashAlgorithm")
_NOT_VALID = Judged("unverifiable", Reason.DIGEST_NOT_VALID)


@define(eq=False)
class KnownFiles:
    """What the digests of one account and Region say of log files.

    Args:
        span: Of which time; by delivery.
    """

    span: Span
    named: NamedFiles = field(factory=NamedFiles, init=False)
    refused: dict[str, SourceError] = field(factory=dict, init=False)
    """What could not be looked at: of each reason the first."""
    _coverages: list[Coverage] = field(factory=list, init=False)
    _not_listed: Finding | None = field(default=None, init=False)

    def take_findings(self, findings: Iterable[Finding]) -> None:
        """Note what was found while folders were listed."""
        for each in findings:
            if each.code is FindingCode.NOT_LISTED:
                self._not_listed = each
                self._refuse(each.code, each.uri or "", None, each.detail)

    def take(self, walked: Walked) -> None:
        """Note what came out of a step over a chain."""
        outcome = walked.outcome
        if isinstance(outcome, Coverage):
            self._coverages.append(outcome)
        elif isinstance(outcome, Finding):
            self.take_findings((outcome,))
        elif isinstance(outcome, Verdict) and outcome.kind == "digest":
            if outcome.verdict == "inaccessible":
                self._refuse(f"{outcome.reason}", outcome.uri, outcome.reason, outcome.detail)
        elif (uri := named_uri(walked)) is not None:
            self._name(uri, walked)

    def _name(self, uri: str, walked: Walked) -> None:
        log = walked.outcome
        if not isinstance(log, NamedLog):
            self.named.add(uri, Claim.NOT_VALID)
        elif isinstance(walked.holder, Root):
            vouched = log.file.hash_algorithm == _ALGORITHM
            self.named.add(uri, Claim.VOUCHED if vouched else Claim.OTHER_ALGORITHM, log.file.hash_value)

    def _refuse(self, code: str, uri: str, reason: Reason | None, detail: str) -> None:
        if code in self.refused:
            return
        kind = UnreadableError if reason is None else _KINDS.get(reason, UnreadableError)
        self.refused[code] = kind(uri, f"the log files that it speaks of are not proved: {detail or reason}")

    def names(self, uri: str) -> bool:
        """Tell whether a digest names a log file."""
        return bool(self.named.claims_on(uri))

    def wants_content(self, uri: str) -> bool:
        """Tell whether the content of a log file decides."""
        return any(claim is Claim.VOUCHED for claim, _ in self.named.claims_on(uri))

    def judge(self, uri: str, time: datetime, content: Content | None) -> Judged:
        """Give the verdict on a log file.

        Args:
            uri: The log file.
            time: When it was delivered, as its name says.
            content: What it holds; where `wants_content` says that it is wanted.
        """
        judged = self._judge(uri, time, content)
        # What could not be looked at might have proved it.
        is_open = judged.verdict == "inaccessible" or (judged.verdict == "unverifiable" and bool(self.refused))
        return evolve(judged, may_change=True) if is_open else judged

    def _judge(self, uri: str, time: datetime, content: Content | None) -> Judged:
        claims = self.named.claims_on(uri)
        if not claims:
            return self._judge_unnamed(time)
        hashes = [content_hash for claim, content_hash in claims if claim is Claim.VOUCHED]
        if hashes and content is not None:
            return self._judge_content(hashes, *content)
        return _OTHER_ALGORITHM if any(claim is Claim.OTHER_ALGORITHM for claim, _ in claims) else _NOT_VALID

    def _judge_content(self, hashes: list[str], found: str | None, wrong: FileError | None) -> Judged:
        if wrong is not None:
            checked = judge_error(wrong)
            return Judged(checked.verdict, checked.reason, checked.detail)
        if found is None or found in hashes:
            return _VALID if found is not None else _NOT_VALID
        if self.named.is_content(found):
            return Judged("invalid", Reason.REPLACED, f"a copy of another log file; SHA-256 is {found}")
        return Judged("invalid", Reason.HASH_MISMATCH, f"SHA-256 is {found}")

    def _judge_unnamed(self, time: datetime) -> Judged:
        """Judge a log file that no digest names."""
        if self._not_listed is not None:
            return Judged("inaccessible", FindingCode.NOT_LISTED, self._not_listed.detail)
        if not self._coverages:
            return NO_DIGESTS
        last_moment = self.span.end - timedelta.resolution
        states = self._states_at(min(shifted(time, -ROUNDED), last_moment), min(shifted(time, ROUNDED), last_moment))
        if time > shifted(self.span.now, ROUNDED) or states == {CoverageState.VOUCHED}:
            return Judged("unverifiable", FindingCode.UNLISTED)
        if CoverageState.PENDING in states:
            return Judged("unverifiable", FindingCode.UNLISTED_PENDING, may_change=True)
        if CoverageState.INACCESSIBLE in states:
            return Judged("inaccessible", FindingCode.UNLISTED_UNCOVERED, CoverageState.INACCESSIBLE.value)
        state = next(iter(sorted(states - {CoverageState.VOUCHED})), CoverageState.BEFORE_START)
        return Judged("unverifiable", FindingCode.UNLISTED_UNCOVERED, state.value)

    def _states_at(self, first: datetime, last: datetime) -> set[CoverageState]:
        """Give the states of two moments; where one chain vouches for both, that decides."""
        found = set()
        for each in self._coverages:
            states = {each.state_at(first), each.state_at(last)}
            if states == {CoverageState.VOUCHED}:
                return {CoverageState.VOUCHED}
            found |= {state for state in states if state is not None}
        return found
