"""Verdicts, findings and the summary as text, in the manner of `aws cloudtrail validate-logs`."""

from collections.abc import Iterator
from datetime import datetime

from trailsdk.cli.coverage import coverage_strips
from trailsdk.cli.screen import Screen
from trailsdk.integrity.coverage import CoverageState
from trailsdk.integrity.report import Counts, Report
from trailsdk.integrity.verdicts import Finding, FindingCode, Reason, Verdict

__all__ = ["finding_line", "summary", "verdict_line"]

_REASONS = {
    Reason.NOT_FOUND: "not found",
    Reason.HASH_MISMATCH: "hash value doesn't match",
    Reason.REPLACED: "replaced",
    Reason.TRAILING_DATA: "unexpected data after end of compressed stream",
    Reason.TRUNCATED: "compressed stream ends too early",
    Reason.INVALID_FORMAT: "invalid format",
    Reason.BAD_SIGNATURE: "signature verification failed",
    Reason.UNKNOWN_KEY: "public key not found",
    Reason.BAD_KEY: "public key cannot be used",
    Reason.EXPIRED_KEY: "public key was not valid at that time",
    Reason.UNKNOWN_ALGORITHM: "unknown algorithm",
    Reason.MOVED: "has been moved from its original location",
    Reason.REPLAYED: "replaced by another digest",
    Reason.INCONSISTENT: "does not agree with its name",
    Reason.LINK_MISMATCH: "not the one that the next digest links to",
    Reason.NO_KEY: "public key not at hand",
    Reason.NO_SIGNATURE: "signature lost",
    Reason.DIGEST_NOT_VALID: "its digest is not valid",
    Reason.REFUSED: "refused",
    Reason.ARCHIVED: "archived",
    Reason.TRANSPORT: "could not be read",
}
"""The words of validate-logs where it has any."""

_DETAILED = frozenset(Reason) - {Reason.NOT_FOUND, Reason.HASH_MISMATCH, Reason.DIGEST_NOT_VALID, Reason.BAD_SIGNATURE}
"""Reasons whose detail tells something more."""

_STYLES = {"valid": "green", "invalid": "red", "unverifiable": "yellow", "inaccessible": "yellow"}

_FINDINGS = {
    FindingCode.GAP: "Not vouched for: a new chain begins; validation was off, or digests were deleted",
    FindingCode.UNCOVERED: "Not vouched for: digests are missing or not valid",
    FindingCode.TAIL: "Not vouched for: the newest digests are missing, or the trail was stopped",
    FindingCode.PENDING: "Not vouched for yet: the digest is not due",
    FindingCode.BEFORE_START: "Not vouched for: before the first digest of a chain",
    FindingCode.STRAY: "Signed, but on no chain",
    FindingCode.OVERLAP: "Digests overlap",
    FindingCode.FOREIGN_NAME: "No name that CloudTrail gives",
    FindingCode.METADATA_LOST: "Metadata lost, proved by the next digest",
    FindingCode.METADATA_CHANGED: "Metadata changed, proved by the next digest",
    FindingCode.UNLISTED: "Log file that no digest names",
    FindingCode.UNLISTED_PENDING: "Log files that no digest names yet",
    FindingCode.UNLISTED_UNCOVERED: "Log files that no digest names, in time that is not vouched for",
    FindingCode.PROVED_EARLIER: "Proved earlier, and not read again",
    FindingCode.COPIED: "A copy, not at its original place",
    FindingCode.GONE: "Digests that were proved are gone",
    FindingCode.NOT_LISTED: "Could not be listed",
    FindingCode.CHECK_FAILED: "A plugin's check failed",
    FindingCode.NO_DIGESTS: "No digests found",
}

_STATUS = {
    "whole": ("whole: all that was asked for is proved", "green"),
    "broken": ("broken: something is invalid", "red"),
    "unproved": ("unproved: not all that was asked for could be proved", "yellow"),
}


def verdict_line(verdict: Verdict, screen: Screen) -> str:
    """Give the line of a verdict."""
    kind = "Digest file" if verdict.kind == "digest" else "Log file"
    backfill = "(backfill) " if verdict.backfill else ""
    judgement = verdict.verdict if verdict.verdict == "valid" else verdict.verdict.upper()
    line = f"{backfill}{kind}\t{screen.escape(verdict.uri)}\t{screen.paint(judgement, _STYLES[verdict.verdict])}"
    if verdict.reason is not None:
        line += f": {_REASONS[verdict.reason]}"
        if verdict.detail and verdict.reason in _DETAILED:
            line += f" ({screen.escape(verdict.detail)})"
    return line + "\n"


def finding_line(finding: Finding, screen: Screen) -> str:
    """Give the line of a finding."""
    code = finding.code
    words = _FINDINGS[code] if isinstance(code, FindingCode) else screen.escape(code)
    parts = [screen.paint(words, "yellow" if finding.effect == "unproved" else None)]
    if finding.uri is not None:
        parts.append(screen.escape(finding.uri))
    elif finding.start is not None or finding.end is not None:
        parts.append(f"{_time(finding.start)} to {_time(finding.end)}")
    if finding.chain is not None and finding.uri is None:
        parts.append(screen.escape(str(finding.chain)))
    line = "\t".join(parts)
    details = [] if finding.files is None else [f"{finding.files:,} file{'s' * (finding.files != 1)}"]
    details += [screen.escape(finding.detail)] if finding.detail else []
    return f"{line} ({', '.join(details)})\n" if details else f"{line}\n"


def summary(report: Report, screen: Screen) -> str:
    """Sum up: for what time, how many files, and what it comes to."""
    lines = [f"Results requested for {_time(report.since)} to {_time(report.until)}"]
    if report.first is not None and report.last is not None:
        first = report.first if report.since is None else max(report.first, report.since)
        last = report.last if report.until is None else min(report.last, report.until)
        lines.append(f"Results found for {_time(first)} to {_time(last)}:")
    ratios = []
    for name, counts in (
        ("digest files", report.digests),
        ("backfill digest files", report.backfill_digests),
        ("log files", report.logs),
    ):
        if counts.total:
            ratios.append(", ".join(_ratios(name, counts)))
    if report.proved_earlier:
        ratios.append(f"{report.proved_earlier:,} files proved earlier, and not read again")
    lines += ["", *ratios] if ratios else []
    strips = coverage_strips(report.coverage, screen)
    if strips:
        lines += ["", strips.rstrip("\n")]
    words, style = _STATUS[report.status]
    if report.status == "whole" and any(each.hours(CoverageState.PENDING) for each in report.coverage):
        words += ", but for what is pending"
    lines += ["", screen.paint(words, style)]
    return "\n".join(lines) + "\n"


def _ratios(name: str, counts: Counts) -> Iterator[str]:
    yield f"{counts.valid}/{counts.total} {name} valid"
    for verdict in ("invalid", "unverifiable", "inaccessible"):
        number = getattr(counts, verdict)
        if number:
            yield f"{number}/{counts.total} {name} {verdict.upper()}"


def _time(time: datetime | None) -> str:
    return "..." if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
