"""How fast records are read, beside loops that everybody writes."""

import csv
import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from isal import isal_zlib

import trailsdk
from bench.generate import RARE, write_trail
from bench.measure import Target, interleave, print_speeds
from trailsdk import Record

__all__ = ["TURNS", "corpus", "fields", "files", "ours", "small_files", "where"]

_Load: TypeAlias = Callable[[Path], list[dict[str, Any]]]

_HOW = (
    'A is a loop over `json.load(gzip.open(path))["Records"]`, B over `orjson.loads(isal_zlib.decompress(data, 31))'
    '["Records"]`, each with two look-ups a record (`eventName`, `errorCode`); ours touches the same two attributes of '
    "`trailsdk.read(folder)`. F only inflates and looks for one literal with `bytes.find`: the floor."
)
TURNS = "Contenders take turns, {} rounds after one that does not count; wall time."
"""How all contenders are measured."""


def _load_a(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path) as file:
        return json.load(file)["Records"]  # type: ignore[no-any-return]  # JSON


def _load_b(path: Path) -> list[dict[str, Any]]:
    return orjson.loads(isal_zlib.decompress(path.read_bytes(), 31))["Records"]  # type: ignore[no-any-return]  # JSON


def _baseline(load: _Load, paths: list[Path]) -> int:
    seen = 0
    for path in paths:
        for record in load(path):
            record["eventName"]
            record.get("errorCode")
            seen += 1
    return seen


def _baseline_where(load: _Load, paths: list[Path]) -> int:
    seen = 0
    for path in paths:
        for record in load(path):
            seen += 1
            if record["eventName"] == RARE:
                record.get("errorCode")
    return seen


def _floor(paths: list[Path], number: int) -> int:
    for path in paths:
        isal_zlib.decompress(path.read_bytes(), 31).find(b'"eventName":"StopLogging"')
    return number


def ours(*locations: Path) -> int:
    """Read with trailsdk, touch two attributes of each record, and count."""
    seen = 0
    for record in trailsdk.read(*locations):
        record.event_name  # noqa: B018 (touched, as a user would)
        record.error_code  # noqa: B018
        seen += 1
    return seen


def _ours_where(folder: Path) -> int:
    stream = trailsdk.read(folder, where=lambda record: record.event_name == RARE)
    for record in stream:
        record.error_code  # noqa: B018
    return stream.stats.seen


def _ours_touching(touch: Callable[[Record], object], folder: Path) -> int:
    seen = 0
    for record in trailsdk.read(folder):
        touch(record)
        seen += 1
    return seen


def _sizes(number: int) -> list[int]:
    rng = random.Random(number)
    return [rng.randint(50, 400) for _ in range(number)]


def _trail(folder: Path, *, quick: bool) -> tuple[list[Path], int, int]:
    """Write the usual trail, unless another section has.

    Returns:
        Its files, how many records they hold, how many rounds to run.
    """
    sizes = _sizes(25 if quick else 200)
    paths = sorted(folder.rglob("*.json.gz"), key=lambda path: path.parts) or write_trail(folder, sizes)
    return paths, sum(sizes), 3 if quick else 7


def files(folder: Path, *, quick: bool) -> None:
    """Read a trail of ordinary files."""
    folder /= "trail"
    paths, number, rounds = _trail(folder, quick=quick)
    times = interleave(
        {
            "A": partial(_baseline, _load_a, paths),
            "B": partial(_baseline, _load_b, paths),
            "F": partial(_floor, paths, number),
            "trailsdk": partial(ours, folder),
        },
        rounds,
    )
    size = sum(len(isal_zlib.decompress(path.read_bytes(), 31)) for path in paths) / number / 1000
    how = f"{number:,} records of {size:.2f} kB in {len(paths)} gzip files of 50 to 400. {_HOW} {TURNS.format(rounds)}"
    print_speeds("Reading log files", how + " The aim is 3 x A.", times, {"trailsdk": Target(2.2, 1.2)})


def where(folder: Path, *, quick: bool) -> None:
    """Read a trail of which one record in a hundred is wanted."""
    folder /= "trail"
    paths, number, rounds = _trail(folder, quick=quick)
    times = interleave(
        {
            "A": partial(_baseline_where, _load_a, paths),
            "B": partial(_baseline_where, _load_b, paths),
            "F": partial(_floor, paths, number),
            "trailsdk": partial(_ours_where, folder),
        },
        rounds,
    )
    how = f"The same files, `where` a function that keeps 1 %; A and B compare `eventName`. {TURNS.format(rounds)}"
    print_speeds("Reading with `where`", how, times, {"trailsdk": Target(2.2, 1.2)})


def small_files(folder: Path, *, quick: bool) -> None:
    """Read a trail of small files, where the time goes into files, not into records."""
    folder /= "small"
    number, rounds = (300, 3) if quick else (2000, 7)
    paths = write_trail(folder, [8] * number)
    times = interleave(
        {
            "A": partial(_baseline, _load_a, paths),
            "B": partial(_baseline, _load_b, paths),
            "F": partial(_floor, paths, 8 * number),
            "trailsdk": partial(ours, folder),
        },
        rounds,
    )
    how = f"{number:,} gzip files of 8 records, in an `AWSLogs` tree; as above. {TURNS.format(rounds)}"
    print_speeds("Reading small files", how, times, {"trailsdk": Target(1.8)})


def fields(folder: Path, *, quick: bool) -> None:
    """Read a trail and touch what is decoded late."""
    folder /= "trail"
    paths, _, most = _trail(folder, quick=quick)
    rounds = min(most, 5)
    times = interleave(
        {
            "A": partial(_baseline, _load_a, paths),
            "B": partial(_baseline, _load_b, paths),
            "nothing": partial(_ours_touching, lambda _: None, folder),
            "`event_name`": partial(_ours_touching, lambda record: record.event_name, folder),
            "`event_time`": partial(_ours_touching, lambda record: record.event_time, folder),
            "`user_identity.arn`": partial(_ours_touching, lambda record: record.user_identity.arn, folder),
            "`actor`": partial(_ours_touching, lambda record: record.actor, folder),
            '`get("requestParameters.bucketName")`': partial(
                _ours_touching, lambda record: record.get("requestParameters.bucketName"), folder
            ),
            "`to_dict()`": partial(_ours_touching, lambda record: record.to_dict(), folder),
        },
        rounds,
    )
    how = f"The same files, each row touching one thing of every record; A and B as above. {TURNS.format(rounds)}"
    print_speeds("Touching parts (for information)", how, times, {})


def _log_files(folder: Path) -> Iterator[Path]:
    with (folder / "MANIFEST.tsv").open(newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t"):
            if row["kind"] == "log-file":
                yield folder / row["file"]


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def corpus(folder: Path, *, quick: bool) -> None:
    """Read the real log files of the corpus that TRAILSDK_CORPUS names."""
    place = os.environ.get("TRAILSDK_CORPUS")
    if not place:
        print("\n## The corpus\n\nSkipped: the environment variable TRAILSDK_CORPUS names none.")
        return
    rounds = 5 if quick else 21
    published = list(_log_files(Path(place)))
    packed = folder / "corpus"
    packed.mkdir(parents=True)
    paths = [packed / f"{number:04}.json.gz" for number in range(len(published))]
    for path, original in zip(paths, published, strict=True):
        path.write_bytes(gzip.compress(_content(original), mtime=0))
    times = interleave(
        {
            "A": partial(_baseline_soft, _load_a, paths),
            "B": partial(_baseline_soft, _load_b, paths),
            "trailsdk": partial(ours, packed),
        },
        rounds,
    )
    how = (
        f"{times['A'].records:,} records of the corpus' {len(paths)} log files. Most are published inflated, some with "
        f"white space: all are compressed first. As above. {TURNS.format(rounds)}"
    )
    print_speeds("The corpus (for information)", how, times, {})


def _baseline_soft(load: _Load, paths: list[Path]) -> int:
    seen = 0
    for path in paths:
        for record in load(path):
            record.get("eventName")
            record.get("errorCode")
            seen += 1
    return seen
