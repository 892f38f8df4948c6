"""Reads a trail's configuration and that of its parts, and says what will bite."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from trailsdk.errors import PolicyError, TimeError
from trailsdk.trails.arns import TrailArn
from trailsdk.trails.check_bucket import check_bucket
from trailsdk.trails.check_policies import check_bucket_policy, check_key
from trailsdk.trails.check_trail import check_delivery, check_log_group, check_settings, check_topic
from trailsdk.trails.clients import Clients
from trailsdk.trails.findings import Check, Diagnosis, Finding, Severity
from trailsdk.trails.look import look_at_trail
from trailsdk.trails.snapshot import Snapshot

__all__ = ["diagnose", "examine"]

_RECENT_DAYS: Final = 2


def examine(trail: TrailArn, clients: Clients, *, now: dt.datetime | None = None) -> Diagnosis:
    """Look at a trail and its parts, and diagnose them. Nothing is changed.

    Args:
        trail: The trail.
        clients: Of the account that owns it.
        now: The time; by default that of the clock.

    Raises:
        NotFoundError: There is no such trail.
        TimeError: The time is naive.
        SourceError: The trail could not be looked at. What else could not is told in the diagnosis.
    """
    at = dt.datetime.now(dt.UTC) if now is None else _aware(now)
    recent = (at - dt.timedelta(days=_RECENT_DAYS)).astimezone(dt.UTC)
    return diagnose(look_at_trail(trail, clients, recent_day=f"{recent:%Y/%m/%d}"), at)


def diagnose(there: Snapshot, now: dt.datetime) -> Diagnosis:
    """Say what will bite: pure.

    Args:
        there: What there is.
        now: The time, aware.

    Raises:
        TimeError: The time is naive.
    """
    _aware(now)
    order = list(Severity)
    found = sorted(_findings(there, now), key=lambda finding: order.index(finding.severity))
    return Diagnosis(findings=tuple(found), unseen=there.unseen)


def _aware(now: dt.datetime) -> dt.datetime:
    if now.tzinfo is None:
        raise TimeError("now", now, "it has no time zone; use datetime(..., tzinfo=UTC)")
    return now


def _findings(there: Snapshot, now: dt.datetime) -> Iterator[Finding]:
    trail, bucket = there.trail, there.bucket
    if trail is None:
        return
    yield from check_settings(trail)
    yield from check_delivery(trail, now)
    place = f"bucket {trail.s3_bucket_name}"
    if bucket is not None:
        if not any(each.location == place for each in there.unseen):
            yield from check_bucket_policy(trail, bucket, now)
        yield from check_bucket(trail, bucket)
    elif not any(each.location == place for each in there.unseen):
        yield Finding(
            check=Check.NO_TRAIL_BUCKET,
            severity=Severity.ERROR,
            resource=trail.s3_bucket_name,
            why="the bucket is not there: log files go nowhere, and whoever makes a bucket of this name gets them",
            fix=f"trailsdk trail plan {trail.arn.name} --bucket {trail.s3_bucket_name}",
        )
    for check in (check_topic, check_key, check_log_group):
        try:
            yield from check(there)
        except PolicyError as error:
            yield Finding(
                check=Check.POLICY_UNREADABLE, severity=Severity.HIGH, resource=error.policy, why=error.reason
            )
