"""How much memory reading a bucket takes."""

from collections.abc import Mapping
from pathlib import Path

from bench.measure import print_table, verdict
from bench.memory import run_child
from bench.s3_readers import CLIENTS, WINDOW
from bench.server_process import Server

__all__ = ["peaks"]

_MB = 1_000_000
_PEAK = 96 * _MB
_FLAT = 10 * _MB
_HOW = (
    f"Each figure is a process of its own that reads all records of a bucket, {WINDOW} objects ahead, "
    "{latency:.0f} ms added to each answer: the high-water mark of resident memory (`VmHWM`) less what was resident "
    f"with the client made. Flat: at most {_FLAT / _MB:.0f} MB more for the larger bucket."
)


def peaks(server: Server, buckets: Mapping[str, int], *, latency: float) -> None:
    """Read buckets of some and of many objects.

    Args:
        server: The server.
        buckets: How many objects each has, the smallest first.
        latency: Seconds that each answer is held back.
    """
    if not Path("/proc/self/status").exists():
        print("\n## S3: memory\n\nSkipped: it is read from /proc, which this system lacks.")
        return
    server.set_latency(latency)
    rows = []
    for client in CLIENTS:
        found = []
        for bucket, number in buckets.items():
            facts = run_child("s3", bucket, server.url, client)
            assert facts["files"] == number
            found.append(facts["peak"])
            met = verdict(met=facts["peak"] <= _PEAK)
            rows.append(
                (f"{client}, {number:,} objects", f"{facts['peak'] / _MB:.1f} MB", f"{_PEAK / _MB:.0f} MB: {met}")
            )
        growth = found[-1] - found[0]
        rows.append((f"{client}, growth", f"{growth / _MB:.1f} MB", f"flat: {verdict(met=growth <= _FLAT)}"))
    head = ("what", "measured", "target")
    print_table("S3: memory", _HOW.format(latency=latency * 1000), head, rows)
