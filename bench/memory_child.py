"""What the processes of `memory` do: read a path, and print what that took as JSON."""

import gc
import json
import sys
import tracemalloc
from pathlib import Path

import trailsdk
from trailsdk import Record


def _status(name: str) -> int:
    """Give a size of this process that the kernel knows, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def _touch(record: Record) -> None:
    record.event_name  # noqa: B018 (touched, as a user would)
    record.error_code  # noqa: B018


def _read(path: str) -> dict[str, int]:
    before = _status("VmRSS")
    for record in trailsdk.read(path):
        _touch(record)
    return {"peak": _status("VmHWM") - before}


def _growth(path: str) -> dict[str, int]:
    before = begin = _status("VmRSS")
    warm = False
    stream = trailsdk.read(path)
    for record in stream:
        _touch(record)
        if not warm and stream.stats.read >= 1000:
            warm, begin = True, _status("VmRSS")
    return {"growth": _status("VmRSS") - begin, "peak": _status("VmHWM") - before, "files": stream.stats.read}


def _keep(path: str, *, traced: bool) -> dict[str, int]:
    for record in trailsdk.read(next(Path(path).rglob("*.gz"))):
        _touch(record)
    gc.collect()
    if traced:
        tracemalloc.start()
    before = 0 if traced else _status("VmRSS")
    kept: list[Record] = []
    stream = trailsdk.read(path)
    for record in stream:
        _touch(record)
        if stream.stats.read == len(kept):
            kept.append(record)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] if traced else _status("VmRSS")
    return {"kept": after - before, "bytes": sum(len(record.raw or b"") for record in kept), "records": len(kept)}


def _s3(bucket: str, url: str, client: str) -> dict[str, int]:
    from bench.s3_readers import open_source
    from bench.server_process import Server

    source = open_source(Server(url), bucket, client)
    before = _status("VmRSS")
    stream = trailsdk.read(source)
    for record in stream:
        _touch(record)
    return {"peak": _status("VmHWM") - before, "files": stream.stats.read}


def _main(what: str, path: str, *more: str) -> None:
    if what == "s3":
        facts = _s3(path, *more)
    elif what == "read":
        facts = _read(path)
    elif what == "growth":
        facts = _growth(path)
    else:
        facts = _keep(path, traced=what == "tracemalloc")
    print(json.dumps(facts))


if __name__ == "__main__":
    _main(*sys.argv[1:])
