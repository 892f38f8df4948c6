"""How fast NDJSON is read and written."""

import json
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

import trailsdk
from bench.generate import records
from bench.measure import interleave, print_speeds
from bench.reading import TURNS, ours

__all__ = ["lines", "writing"]


def _lines_with(loads: Callable[[bytes], Any], path: Path) -> int:
    seen = 0
    with path.open("rb") as file:
        for line in file:
            record = loads(line)
            record["eventName"]
            record.get("errorCode")
            seen += 1
    return seen


def lines(folder: Path, *, quick: bool) -> None:
    """Read NDJSON."""
    folder.mkdir(exist_ok=True)
    number, rounds = (3000, 3) if quick else (20_000, 5)
    path = folder / "records.ndjson"
    path.write_bytes(b"".join(text + b"\n" for text in islice(records(), number)))
    times = interleave(
        {
            "A": partial(_lines_with, json.loads, path),
            "B": partial(_lines_with, orjson.loads, path),
            "trailsdk": partial(ours, path),
        },
        rounds,
    )
    how = f"{number:,} lines, not compressed; A is `json.loads(line)`, B `orjson.loads(line)`. {TURNS.format(rounds)}"
    print_speeds("Reading NDJSON (for information)", how, times, {})


def _dump(dump: Callable[[Any], bytes], documents: list[dict[str, Any]], path: Path) -> int:
    with path.open("wb") as file:
        for document in documents:
            file.write(dump(document) + b"\n")
    return len(documents)


def writing(folder: Path, *, quick: bool) -> None:
    """Write NDJSON."""
    folder.mkdir(exist_ok=True)
    number, rounds = (2000, 3) if quick else (10_000, 5)
    texts = list(islice(records(), number))
    made = [trailsdk.parse_record(text) for text in texts]
    documents = [orjson.loads(text) for text in texts]
    path = folder / "written.ndjson"
    times = interleave(
        {
            "A": partial(_dump, lambda document: json.dumps(document).encode(), documents, path),
            "B": partial(_dump, orjson.dumps, documents, path),
            "trailsdk": lambda: trailsdk.write(made, path),
        },
        rounds,
    )
    how = (
        f"{number:,} records that are in memory: ours of `trailsdk.write(records, path)`, "
        f"A and B dicts by `json.dumps` and `orjson.dumps`. {TURNS.format(rounds)}"
    )
    print_speeds("Writing NDJSON (for information)", how, times, {})
