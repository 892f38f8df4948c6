"""How fast a bucket is read, and what that costs, beside the plain loop and the bare clients."""

import os
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

from bench.generate import write_objects
from bench.measure import print_table, verdict
from bench.s3_day import one_day
from bench.s3_memory import peaks
from bench.s3_readers import CLIENTS, WINDOW, Reader, Took, bare, locally, plain, take_turns, through_s3
from bench.server_process import Server, run_server

__all__ = ["s3"]

_LATENCY = 0.02
"""Seconds that each answer of the server is held back."""
_FASTER = {"boto3": 10, "obstore": 20}
"""How many times as fast as the plain loop reading is to be."""
_OF_CEILING = 0.8
_OF_CLIENT = 1.15
_ALL, _FEW, _YEAR = "trail", "few", "year"
"""Buckets: of all objects, of some of them, and the simulated one."""

_Rows: TypeAlias = Iterator[tuple[str, ...]]

_HOW = (
    "{number:,} objects of {size:.1f} kB, about 170 records each, list calls included. The server is a process of its "
    "own on the same machine; *its CPU* is beside ours. The plain loop is `list_objects_v2`, `get_object`, gunzip, "
    "`json.loads`, one after the other: it reads {few} of the objects, since its time an object does not depend on "
    f"their number. *Bare* lists and gets in {WINDOW} threads, and drops what it got; its boto3 client has trailsdk's "
    "settings, and lists for obstore too. trailsdk reads with its defaults, its client made before. Contenders take "
    "turns, medians of {rounds}."
)
_CEILING = (
    f"What at most can be had: *latency* lets {WINDOW} objects come every {_LATENCY * 1000:.0f} ms. *Client* is the "
    "CPU of the bare client above, *decoder* that of `trailsdk.read` on the same files in a folder. boto3 and the "
    "decoder hold one interpreter lock, so that one object costs the sum of both (inflating and the socket release "
    "the lock for a moment: the sum is a little too low a ceiling); obstore works outside of it, on another core, so "
    "that the slower of the two decides. *Machine* is for information: what {cores} cores do of all three, the "
    "server's work included. In objects a second."
)
_COST = (
    "No latency. *Client* is our CPU less that of reading the same files from a folder; the target is its ratio to "
    "the bare client's. Milliseconds of a processor, user and system, an object; medians of {rounds}."
)


def s3(folder: Path, *, quick: bool) -> None:
    """Read a bucket through each client; plan a day of a year; take memory's peak."""
    folder /= "s3"
    number, few, rounds = (400, 100, 1) if quick else (3000, 500, 3)
    paths = write_objects(folder / _ALL, number)
    write_objects(folder / _FEW, few)
    size = sum(path.stat().st_size for path in paths) / number / 1000
    with run_server(folder, simulated=_YEAR) as server:
        took = take_turns(server, _readers(server, folder / _ALL), rounds)
        server.set_latency(_LATENCY)
        slow = take_turns(server, {"plain loop": partial(plain, server, _FEW), **_readers(server)}, rounds)
        how = _HOW.format(number=number, size=size, few=few, rounds=rounds)
        head: tuple[str, ...] = ("contender", "objects/s", "x plain loop", "CPU, ms an object", "its CPU")
        print_table(f"S3: {_LATENCY * 1000:.0f} ms added to each answer", how, head, list(_speeds(slow)))
        head = ("client", "latency", "client", "decoder", "machine", "ceiling", "trailsdk", "of the ceiling")
        how = _CEILING.format(cores=os.cpu_count())
        print_table("S3: the ceiling", how, head, list(_ceilings(slow, took["folder"])))
        head = ("client", "bare", "trailsdk", "folder", "client of trailsdk", "x bare", "objects/s", "its CPU")
        print_table("S3: what the client costs", _COST.format(rounds=rounds), head, list(_costs(took)))
        one_day(server, _YEAR, latency=_LATENCY, quick=quick)
        peaks(server, {_FEW: few, _ALL: number}, latency=_LATENCY)
    shutil.rmtree(folder)


def _readers(server: Server, folder: Path | None = None) -> Mapping[str, Reader]:
    readers: dict[str, Reader] = {} if folder is None else {"folder": partial(locally, folder)}
    for client in CLIENTS:
        readers[f"bare {client}"] = partial(bare, server, _ALL, client)
        readers[f"trailsdk, {client}"] = partial(through_s3, server, _ALL, client)
    return readers


def _speeds(slow: Mapping[str, Took]) -> _Rows:
    for name, its in slow.items():
        ratio = slow["plain loop"].wall / its.wall
        target = _FASTER.get(name.removeprefix("trailsdk, "))
        aim = "" if target is None else f", target {target}: {verdict(met=ratio >= target)}"
        yield name, f"{1 / its.wall:,.0f}", f"{ratio:.1f}{aim}", _ms(its.cpu), _ms(its.server)


def _ceilings(slow: Mapping[str, Took], folder: Took) -> _Rows:
    """Compute what latency, client and decoder allow, and what part of the least of them is reached."""
    latency = WINDOW / _LATENCY
    for client in CLIENTS:
        its, reached = slow[f"bare {client}"], 1 / slow[f"trailsdk, {client}"].wall
        busy = its.cpu + folder.cpu if client == "boto3" else max(its.cpu, folder.cpu)
        ceiling = min(latency, 1 / busy)
        machine = (os.cpu_count() or 1) / (its.cpu + folder.cpu + its.server)
        part = reached / ceiling
        limits = (latency, 1 / its.cpu, 1 / folder.cpu, machine, ceiling, reached)
        aim = f"{part:.2f}, target {_OF_CEILING}: {verdict(met=part >= _OF_CEILING)}"
        yield client, *(f"{each:,.0f}" for each in limits), aim


def _costs(took: Mapping[str, Took]) -> _Rows:
    folder = took["folder"].cpu
    for client in CLIENTS:
        its, ours = took[f"bare {client}"], took[f"trailsdk, {client}"]
        part = ours.cpu - folder
        aim = f"{part / its.cpu:.2f}, target {_OF_CLIENT}: {verdict(met=part <= _OF_CLIENT * its.cpu)}"
        yield (
            client,
            *(_ms(each) for each in (its.cpu, ours.cpu, folder, part)),
            aim,
            f"{1 / ours.wall:,.0f}",
            _ms(ours.server),
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f}"
