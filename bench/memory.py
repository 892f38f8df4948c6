"""How much memory reading takes. Each measurement has a process of its own."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from bench.generate import container, records, write_trail
from bench.measure import print_table, verdict
from trailsdk.model.keys import LogFileKey

__all__ = ["memory", "run_child"]

_MB = 1_000_000
_HOW = (
    "Each row is a process of its own that reads with `for record in trailsdk.read(path)` and touches two attributes. "
    "*Peak* is the kernel's high-water mark of resident memory (`VmHWM`; `ru_maxrss` of a new process begins with what "
    "its parent had), less what was resident before reading, with trailsdk imported. *Growth* is what is resident "
    "after the last file, less what was resident after the first 1,000. *Kept* holds the first record of each file: "
    "what is resident at the end less what was before (one file was read to warm up), and the same of `tracemalloc`."
)

_Row: TypeAlias = tuple[str, str, str, str]


def memory(folder: Path, *, quick: bool) -> None:
    """Measure files of many sizes, many files, and records that are kept."""
    if not Path("/proc/self/status").exists():
        print("\n## Memory\n\nSkipped: it is read from /proc, which this system lacks.")
        return
    folder /= "memory"
    folder.mkdir()
    rows = [
        _log_file(folder),
        *_lines(folder, (60 if quick else 300) * _MB),
        *_many_files(folder, 10_000 if quick else 100_000),
        *_kept(folder, 2000 if quick else 10_000),
    ]
    shutil.rmtree(folder)
    print_table("Memory", _HOW, ("what", "read", "measured", "target"), rows)


def run_child(what: str, *arguments: str) -> dict[str, int]:
    """Let a new process measure, and give what it found.

    Args:
        what: See `bench.memory_child`.
        arguments: A path, or what else it takes.
    """
    command = [sys.executable, "-m", "bench.memory_child", what, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent)  # noqa: S603 (our own code)
    facts: dict[str, int] = json.loads(done.stdout)
    return facts


def _mb(size: float) -> str:
    return f"{size / _MB:.1f} MB"


def _log_file(folder: Path) -> _Row:
    data = container(islice(records(), 50 * _MB // 1900))
    path = folder / "large.json.gz"
    path.write_bytes(gzip.compress(data, compresslevel=1))
    facts = run_child("read", str(path))
    path.unlink()
    times = facts["peak"] / len(data)
    measured = f"peak {_mb(facts['peak'])}: {times:.2f} x its size"
    return "one log file", f"gzip, {_mb(len(data))} inflated", measured, f"3 x: {verdict(met=times <= 3)}"


def _lines(folder: Path, size: int) -> Iterator[_Row]:
    block = b"".join(text + b"\n" for text in islice(records(), 10_000))
    blocks = size // len(block)
    plain, packed = folder / "lines.ndjson", folder / "lines.ndjson.gz"
    with plain.open("wb") as out, gzip.open(packed, "wb", compresslevel=1) as gzip_out:
        for _ in range(blocks):
            out.write(block)
            gzip_out.write(block)
    for path, kind in ((plain, "plain"), (packed, "gzip")):
        peak = run_child("read", str(path))["peak"]
        path.unlink()
        met = verdict(met=peak <= 64 * _MB)
        yield "JSON Lines", f"{kind}, {_mb(blocks * len(block))} inflated", f"peak {_mb(peak)}", f"64 MB: {met}"


def _many_files(folder: Path, number: int) -> Iterator[_Row]:
    flat, tree = folder / "flat", folder / "tree"
    flat.mkdir()
    _link(_names(number, flat), folder / "tiny")
    _link(_keys(number, tree), folder / "tiny")
    for path, kind in ((flat, "in one folder"), (tree, "in an `AWSLogs` tree, 1,000 a day")):
        facts = run_child("growth", str(path))
        assert facts["files"] == number
        shutil.rmtree(path)
        yield f"{number:,} files", kind, f"growth {_mb(facts['growth'])}, peak {_mb(facts['peak'])}", "flat"


def _names(number: int, folder: Path) -> Iterator[Path]:
    return (folder / f"{each:07}.json.gz" for each in range(number))


def _keys(number: int, folder: Path) -> Iterator[Path]:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for each in range(number):
        time = begin + timedelta(days=each // 1000, minutes=each % 1000)
        unique = f"{each:07}BenchFile"
        key = LogFileKey(account_id="111122223333", region="eu-west-1", date=time.date(), time=time, unique=unique)
        yield folder / str(key)


def _link(paths: Iterable[Path], source: Path) -> None:
    """Make files of two tiny records; most are hard links, of which a file can have some ten thousand."""
    tiny = gzip.compress(container([b'{"eventName":"A","eventID":"1"}', b'{"eventName":"B","eventID":"2"}']))
    for number, path in enumerate(paths):
        if number % 1000 == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            source.unlink(missing_ok=True)
            source.write_bytes(tiny)
        os.link(source, path)


def _kept(folder: Path, number: int) -> Sequence[_Row]:
    trail = folder / "kept"
    for path in write_trail(trail, [8] * (number // 10)):
        for copy in range(9):
            os.link(path, path.with_name(f"{path.name.removesuffix('.json.gz')}{copy}.json.gz"))
    rows = []
    for what in ("resident", "tracemalloc"):
        facts = run_child(what, str(trail))
        assert facts["records"] == number
        times = facts["kept"] / facts["bytes"]
        measured = f"kept, by {what}: {_mb(facts['kept'])}: {times:.2f} x their bytes"
        read = f"{_mb(facts['bytes'])} of records"
        rows.append((f"one record of each of {number:,} files", read, measured, f"3 x: {verdict(met=times <= 3)}"))
    return rows
