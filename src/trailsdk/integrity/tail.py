"""Why the newest digests are not there: what CloudTrail itself says of the trail."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from attrs import evolve

from trailsdk.errors import AccessDeniedError, NotFoundError, SourceError
from trailsdk.integrity.coverage import HOUR
from trailsdk.integrity.scope import Trail
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode
from trailsdk.model.partitions import partition_of

__all__ = ["ExplainTail", "FetchStatus", "explain_tail"]

FetchStatus: TypeAlias = Callable[[str, str], Mapping[str, Any]]
"""Gives what `GetTrailStatus` answers in a Region, of a trail's ARN. Raises SourceError."""

ExplainTail: TypeAlias = Callable[[Finding, datetime], Finding]
"""Says more of a finding `tail` or `pending`, behind a newest digest that ends then."""

_LATE = timedelta(minutes=15)
"""By how much a digest may be delivered later than an hour after its end."""


def explain_tail(fetch: FetchStatus, trail: Trail | None, now: datetime) -> ExplainTail:
    """Make what asks CloudTrail, where that is allowed, about trails whose newest digests are not there.

    Args:
        fetch: Asks.
        trail: The trail that was asked for. Without one its ARN is of the digests' own account.
        now: Up to which digests are to be expected. What CloudTrail says of later is not counted.
    """
    refused: set[str] = set()

    def explain(finding: Finding, newest_end: datetime) -> Finding:
        chain = finding.chain
        if chain is None or chain.region in refused:
            return finding
        try:
            status = fetch(chain.region, _arn(chain, trail))
        except AccessDeniedError:
            refused.add(chain.region)
            return finding
        except NotFoundError:
            known = finding.code is not FindingCode.TAIL
            return finding if known else evolve(finding, detail="CloudTrail knows no such trail")
        except SourceError:
            return finding
        return _explained(finding, newest_end, status, now)

    return explain


def _arn(chain: ChainId, trail: Trail | None) -> str:
    account = chain.account_id if trail is None else trail.account_id
    partition = partition_of(chain.home_region)
    return f"arn:{partition}:cloudtrail:{chain.home_region}:{account}:trail/{chain.trail_name}"


def _explained(finding: Finding, newest_end: datetime, status: Mapping[str, Any], now: datetime) -> Finding:
    delivered, stopped = status.get("LatestDigestDeliveryTime"), status.get("StopLoggingTime")
    # The newest that is there was delivered within an hour after its end; the next one ends then.
    if isinstance(delivered, datetime) and newest_end + HOUR + _LATE < delivered <= now:
        detail = f"CloudTrail delivered a digest at {delivered:%Y-%m-%dT%H:%M:%SZ}, which is not there"
        return evolve(finding, code=FindingCode.TAIL, detail=detail)
    if finding.code is not FindingCode.TAIL:
        return finding
    failed = status.get("LatestDigestDeliveryError")
    if failed:
        return evolve(finding, detail=f"CloudTrail could not deliver: {failed}")
    if status.get("IsLogging") is False and not (isinstance(stopped, datetime) and stopped > now):
        when = f" at {stopped:%Y-%m-%dT%H:%M:%SZ}" if isinstance(stopped, datetime) else ""
        return evolve(finding, detail=f"logging was stopped{when}")
    return finding
