"""Verdicts, findings, coverages and reports as JSON.

The schema is part of the documentation: `docs/reference/verification.schema.json`.
"""

from datetime import UTC, datetime
from typing import Any

from trailsdk.integrity.coverage import Coverage, Interval
from trailsdk.integrity.report import Counts, Report
from trailsdk.integrity.verdicts import ChainId, Finding, Verdict

__all__ = ["document_of", "line_of"]


def line_of(result: Verdict | Finding | Coverage) -> dict[str, Any]:
    """Give a line of JSON Lines: as in a report, with its `type`."""
    return {"type": type(result).__name__.lower(), **document_of(result)}


def document_of(result: Verdict | Finding | Coverage | Report) -> dict[str, Any]:
    """Give a JSON object. What is not known is left out."""
    if isinstance(result, Report):
        return _report(result)
    if isinstance(result, Coverage):
        return {"chain": _chain(result.chain), "intervals": [_interval(each) for each in result.intervals]}
    document: dict[str, Any]
    if isinstance(result, Verdict):
        document = {
            "kind": result.kind,
            "verdict": result.verdict,
            "reason": result.reason,
            "backfill": result.backfill,
            "uri": result.uri,
            "digest_uri": result.digest_uri,
            "other_uri": result.other_uri,
        }
    else:
        document = {"code": result.code, "effect": result.effect, "uri": result.uri, "files": result.files}
    document |= {
        "start": _time(result.start),
        "end": _time(result.end),
        "chain": None if result.chain is None else _chain(result.chain),
        "detail": result.detail or None,
    }
    return {name: value for name, value in document.items() if value is not None}


def _report(report: Report) -> dict[str, Any]:
    document = {
        "type": "report",
        "status": report.status,
        "since": _time(report.since),
        "until": _time(report.until),
        "first": _time(report.first),
        "last": _time(report.last),
        "digests": _counts(report.digests),
        "backfill_digests": _counts(report.backfill_digests),
        "logs": _counts(report.logs),
        "problems": [document_of(each) for each in report.problems],
        "problems_total": report.problems_total,
        "findings": [document_of(each) for each in report.findings],
        "findings_total": report.findings_total,
        "proved_earlier": report.proved_earlier,
        "coverage": [document_of(each) for each in report.coverage],
    }
    return {name: value for name, value in document.items() if value is not None}


def _interval(interval: Interval) -> dict[str, Any]:
    document = {"start": _time(interval.start), "end": _time(interval.end), "state": interval.state}
    return {name: value for name, value in document.items() if value is not None}


def _chain(chain: ChainId) -> dict[str, Any]:
    return {
        "account_id": chain.account_id,
        "region": chain.region,
        "trail_name": chain.trail_name,
        "home_region": chain.home_region,
        "backfill": chain.backfill,
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "valid": counts.valid,
        "invalid": counts.invalid,
        "unverifiable": counts.unverifiable,
        "inaccessible": counts.inaccessible,
        "total": counts.total,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")
