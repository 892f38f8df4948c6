"""Contenders in turns, their medians and bests, as a table."""

import gc
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TypeAlias

from attrs import frozen

__all__ = ["Contender", "Target", "Times", "interleave", "machine", "print_speeds", "print_table", "verdict"]

Contender: TypeAlias = Callable[[], int]
"""Does the work once, and tells how many records it saw."""


@frozen
class Times:
    """What one contender needed, round by round."""

    records: int
    """Records of one round."""
    wall: Sequence[float]
    """Seconds that passed."""
    cpu: Sequence[float]
    """Seconds of a processor, user and system: on a busy machine the steadier measure."""

    def microseconds(self, seconds: float) -> float:
        """Give the time of one record of a round that took so long."""
        return seconds / self.records * 1e6


@frozen
class Target:
    """How many times as fast as the baselines A and B a contender is to be, in records per second."""

    a: float
    b: float | None = None


def interleave(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Times]:
    """Let the contenders work in turns, after one round that does not count.

    So whatever else the machine does meets all of them alike. Before each turn the garbage of the others is collected;
    during it the collector works as it does by default.
    """
    records = {name: work() for name, work in contenders.items()}
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            gc.collect()
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            found = work()
            cpu[name].append(time.process_time() - cpu_start)
            wall[name].append(time.perf_counter() - wall_start)
            assert found == records[name], f"{name} saw {found} records, before {records[name]}"
    return {name: Times(records[name], wall[name], cpu[name]) for name in contenders}


def verdict(*, met: bool) -> str:
    """Say in a word whether a target is met."""
    return "OK" if met else "**MISSED**"


def print_speeds(title: str, how: str, times: Mapping[str, Times], targets: Mapping[str, Target]) -> None:
    """Print the speeds of contenders and their ratios to `A` and `B`; the ratio of the medians decides."""
    rows = []
    for name, its in times.items():
        target = targets.get(name)
        rows.append(
            (
                name,
                f"{its.records / median(its.wall):,.0f}",
                f"{its.microseconds(median(its.wall)):.2f}",
                f"{its.microseconds(min(its.wall)):.2f}",
                f"{its.microseconds(median(its.cpu)):.2f}",
                _ratio(times["A"], its, None if target is None else target.a),
                _ratio(times["B"], its, None if target is None else target.b),
            ),
        )
    head = ("contender", "records/s", "µs a record: median", "best", "median of CPU", "x A", "x B")
    print_table(title, f"{how} Ratios: of the medians (of the bests; of the medians of CPU time).", head, rows)


def _ratio(base: Times, its: Times, target: float | None) -> str:
    # Records of a round are the same for all.
    ratio = median(base.wall) / median(its.wall)
    best, cpu = min(base.wall) / min(its.wall), median(base.cpu) / median(its.cpu)
    shown = f"{ratio:.2f} ({best:.2f}; {cpu:.2f})"
    return shown if target is None else f"{shown}, target {target}: {verdict(met=ratio >= target)}"


def print_table(title: str, how: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown, with how it was measured above it."""
    print(f"\n## {title}\n\n{how}\n")
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")


def machine() -> str:
    """Name the machine, the interpreter, and the packages that the ratios depend on."""
    packages = ("trailsdk", "attrs", "isal", "msgspec", "orjson")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; {python}; {versions}"


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
