"""A check: hours in which a trail delivered no log file."""

from collections.abc import Iterator

from trailsdk import Verdict
from trailsdk.integrity import Finding
from trailsdk.model.digest import Digest


def find_quiet_hours(verdict: Verdict, digest: Digest) -> Iterator[Finding]:
    """Look at a digest. What one says that is not valid is no evidence."""
    if verdict.verdict == "valid" and not digest.log_files:
        yield Finding(code="quiet-hour", start=verdict.start, end=verdict.end)
