"""What the processes of `verify` do: verify, and print what came out and how much memory it took, as JSON."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import trailsdk

__all__ = ["NOW", "main"]

NOW = datetime(2026, 3, 18, tzinfo=UTC)


def main(how: str, place: str, keys: str, since: str, state: str) -> None:
    """Verify through boto3 or obstore, or a folder."""
    location = place if how == "folder" else trailsdk.S3(place, obstore=how == "obstore")
    report = trailsdk.verify(location, public_keys=keys or None, since=since or None, state=state or None, now=NOW)
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    facts = {"digests": report.digests.valid, "logs": report.logs.valid, "earlier": report.proved_earlier}
    print(json.dumps({**facts, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
