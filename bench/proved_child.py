"""What the processes of `proved` do: read a bucket plainly, or what is proved of it, and print how long it took."""

import json
import sys
import time
from datetime import UTC, datetime

import trailsdk

NOW = datetime(2026, 3, 18, tzinfo=UTC)


def main(place: str, library: str, rounds: str) -> None:
    """Read in turns, so that both meet the same machine."""
    best = [float("inf"), float("inf")]
    records = [0, 0]
    for _ in range(int(rounds)):
        for at, verify in enumerate((None, "only")):
            source = trailsdk.S3(place, obstore=library == "obstore")
            start = time.perf_counter()
            stream = trailsdk.read(source, verify=verify, now=NOW)  # type: ignore[arg-type]  # one of its words
            records[at] = sum(1 for _ in stream)
            best[at] = min(best[at], time.perf_counter() - start)
    print(json.dumps({"seconds": best, "records": records}))


if __name__ == "__main__":
    main(*sys.argv[1:])
