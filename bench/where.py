"""How fast a question is answered: filter patterns, beside the floor and beside tools that answer it too."""

import gzip
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

from attrs import frozen
from isal import isal_zlib

import trailsdk
from bench.generate import container, records
from bench.measure import Times, interleave, print_table, verdict
from bench.reading import TURNS
from trailsdk import patterns

__all__ = ["pushdown"]

_ONE_IN = 1000
_NAME = re.compile(rb'"eventName":"\w+"')
_ASKED = b'"requestParameters":{'
_BY_NAME = '{ $.eventName = "StopLogging" }'
_NESTED = '{ $.requestParameters.name = "evidence" }'


@frozen
class _Question:
    title: str
    where: "trailsdk.select.Condition | str"
    floor: float | None
    """How near to the floor the answer is to be, as a part of its speed."""
    base: float | None = None
    """How many times as fast as A."""
    duckdb: str | None = None
    jq: str | None = None


def _rare(number: int) -> Iterator[bytes]:
    """Make records of which one in a thousand stops the logging of a trail named `evidence`."""
    rng = random.Random(7)
    for text in islice(records(7), number):
        if rng.random() * _ONE_IN < 1:
            text = _NAME.sub(b'"eventName":"StopLogging"', text)  # noqa: PLW2901 (another record)
            text = text.replace(_ASKED, _ASKED + b'"name":"evidence",')  # noqa: PLW2901
        yield text


def _write(folder: Path, sizes: Sequence[int]) -> list[Path]:
    folder.mkdir(parents=True)
    source, paths = _rare(sum(sizes)), []
    for number, size in enumerate(sizes):
        path = folder / f"{number:06}.json.gz"
        path.write_bytes(gzip.compress(container(islice(source, size)), compresslevel=6, mtime=0))
        paths.append(path)
    return paths


def _floor(paths: Sequence[Path], literal: bytes) -> int:
    return sum(isal_zlib.decompress(path.read_bytes(), 31).find(literal) >= 0 for path in paths)


def _baseline(paths: Sequence[Path], wanted: Callable[[dict[str, object]], bool]) -> int:
    import json

    seen = 0
    for path in paths:
        with gzip.open(path) as file:
            seen += sum(map(wanted, json.load(file)["Records"]))
    return seen


def _ours(folder: Path, where: "trailsdk.select.Condition | str") -> int:
    found = 0
    for record in trailsdk.read(folder, where=where):
        record.event_name  # noqa: B018 (touched, as a user would)
        found += 1
    return found


def _duckdb(folder: Path, question: str) -> int:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    files = f"read_json_auto('{folder}/*.json.gz', maximum_object_size=134217728)"
    query = f"SELECT count(*) FROM (SELECT unnest(Records) AS record FROM {files}) WHERE {question}"  # noqa: S608 (our own)
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])


def _jq(folder: Path, question: str) -> int:
    command = f"zcat {folder}/*.json.gz | jq -c '.Records[] | select({question})' | wc -l"
    return int(subprocess.run(command, shell=True, check=True, capture_output=True).stdout)  # noqa: S602 (our own)


def _questions() -> list[_Question]:
    return [
        _Question(
            "1 in 1,000 by event name",
            _BY_NAME,
            0.65,
            duckdb="record.eventName = 'StopLogging'",
            jq='.eventName == "StopLogging"',
        ),
        _Question(
            "1 in 1,000 by a nested field",
            _NESTED,
            0.5,
            duckdb="record.requestParameters.name = 'evidence'",
            jq='.requestParameters.name == "evidence"',
        ),
        _Question("one CIS pattern, `IAM_POLICY_CHANGES`", patterns.IAM_POLICY_CHANGES, None),
        _Question("all sixteen CIS patterns in one pass", patterns.ANY, None, base=1.8),
    ]


def pushdown(folder: Path, *, quick: bool) -> None:
    """Ask questions of a trail whose answers are few."""
    rng = random.Random(3)
    sizes = [rng.randint(50, 400) for _ in range(50 if quick else 200)]
    folder /= "where"
    paths = _write(folder, sizes)
    number, rounds = sum(sizes), 3 if quick else 7
    notes: list[str] = []
    rows: list[tuple[str, ...]] = []
    for question in _questions():
        contenders: dict[str, Callable[[], int]] = {
            "A": partial(_baseline, paths, lambda record: record["eventName"] == "StopLogging"),
            "F": partial(_floor, paths, b'"eventName":"StopLogging"'),
            "trailsdk": partial(_ours, folder, question.where),
        }
        contenders |= _others(folder, question, notes)
        times = interleave(contenders, rounds)
        rows += _rows(question, times, number)
    how = (
        f"{number:,} records in {len(paths)} gzip files. A is a loop over `json.load(gzip.open(path))` that compares "
        "`eventName`; F only inflates, and looks for one literal with `bytes.find`: the floor. duckdb counts with "
        "`read_json_auto` on one thread, jq reads from `zcat`: both are given the same question. "
        f"{TURNS.format(rounds)} Ratios: of medians (of bests; of medians of CPU). {' '.join(sorted(set(notes)))}"
    )
    head = ("question", "contender", "found", "µs a record", "x F", "x A", "target")
    print_table("Asking for few records", how.strip(), head, rows)


def _others(folder: Path, question: _Question, notes: list[str]) -> dict[str, Callable[[], int]]:
    found: dict[str, Callable[[], int]] = {}
    if question.duckdb is not None:
        try:
            import duckdb  # noqa: F401 (is it there?)
        except ImportError:
            notes.append("duckdb is not installed, and left out.")
        else:
            found["duckdb"] = partial(_duckdb, folder, question.duckdb)
    if question.jq is not None:
        if shutil.which("jq") is None:
            notes.append("jq is not installed, and left out.")
        else:
            found["jq"] = partial(_jq, folder, question.jq)
    return found


def _rows(question: _Question, times: dict[str, Times], number: int) -> Iterator[tuple[str, ...]]:
    for name, its in times.items():
        target = ""
        if name == "trailsdk" and question.floor is not None:
            target = f"{question.floor} F: {verdict(met=_ratio(times['F'], its)[0] >= question.floor)}"
        elif name == "trailsdk" and question.base is not None:
            target = f"{question.base} A: {verdict(met=_ratio(times['A'], its)[0] >= question.base)}"
        found = "" if name == "F" else str(its.records)
        shown = (_shown(_ratio(times[base], its)) for base in ("F", "A"))
        yield (question.title, name, found, f"{median(its.wall) / number * 1e6:.2f}", *shown, target)


def _ratio(base: Times, its: Times) -> tuple[float, float, float]:
    """Compare the medians, the bests, and the medians of CPU time."""
    cpu = median(base.cpu) / median(its.cpu) if median(its.cpu) else 0
    return median(base.wall) / median(its.wall), min(base.wall) / min(its.wall), cpu


def _shown(ratios: tuple[float, float, float]) -> str:
    middle, best, cpu = ratios
    return f"{middle:.2f} ({best:.2f}; {cpu:.2f})"
