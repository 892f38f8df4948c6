"""Small trails, and log files that CloudTrail never delivered among theirs."""

from datetime import datetime

import trailsdk
from trailsdk.integrity import Report
from trailsdk.model.keys import LogFileKey
from trailsdk.testing.fake_trail import FakeTrail

__all__ = ["made", "plant", "verify"]


def made(hours: int = 8, **options: object) -> FakeTrail:
    """Make a trail, and let some hours pass."""
    trail = FakeTrail(**options)  # type: ignore[arg-type]
    trail.run(hours=hours)
    return trail


def verify(of: FakeTrail, **options: object) -> Report:
    """Verify a trail as it is in memory."""
    options = {"now": of.now, **options}
    return trailsdk.verify(of.objects.store(of.bucket), public_keys=of.public_keys, **options)  # type: ignore[arg-type]


def plant(
    trail: FakeTrail, time: datetime, put: datetime | None = None, *, region: str = "us-east-1", account: str = ""
) -> str:
    """Put a log file that CloudTrail never delivered.

    Args:
        trail: Among whose log files.
        time: What its name says.
        put: When; by default nobody knows.
        region: In which Region's folder.
        account: In which account's; by default the trail's first.

    Returns:
        Its URI.
    """
    key = LogFileKey(
        account_id=account or trail.accounts[0],
        region=region,
        date=time.date(),
        time=time.replace(second=0),
        unique="plantedplanted00",
    )
    trail.objects.put((trail.bucket, str(key)), b"planted", last_modified=put)
    return f"s3://{trail.bucket}/{key}"
