"""Verifying, against `aws cloudtrail validate-logs` over HTTP, and against bare inflating and hashing of a folder."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from isal.isal_zlib import decompressobj

from bench.generate import records
from bench.measure import print_table, verdict
from bench.server_process import Server, run_server
from bench.verify_child import NOW
from trailsdk.integrity import write_public_keys
from trailsdk.testing.fake_trail import FakeTrail

__all__ = ["verify"]

_HERE = Path(__file__).parent.parent
_RECORDS = 184
"""Records of a log file: about 350 kB, gzipped about 60 kB."""

_Row = Sequence[str]

_HOW = (
    "{} digests, {:,} log files of {:.0f} kB gzipped and {:.0f} kB inflated, in one chain and in ten. Each number is a "
    "whole process, its start included: the unmodified AWS CLI, and `trailsdk.verify` through boto3 and through "
    "obstore; best of {}, with 20 ms of one. The server answers from memory in a process of its own, on the same two "
    "cores, either at once or after 20 ms. *Reading* is a loop over all records through that server, plainly and of "
    "what is proved, by turns in one process, its start not counted; best of {}. *Bare* is reading, inflating and "
    "hashing the same files of a folder, by one process a core, their start not counted; beside it the verification, "
    "its start counted."
)


def verify(folder: Path, *, quick: bool) -> None:
    """Measure verification."""
    hours, rounds = (24, 1) if quick else (240, 3)
    accounts = [f"{number:012}" for number in range(111122223333, 111122223343)]
    one = _make(folder, FakeTrail(records=_fill, bucket="one"), hours)
    _make(folder, FakeTrail(records=_fill, bucket="many", accounts=accounts), hours // 10)
    mirror = folder / "mirror"
    one.objects.write_into(mirror)
    keys = folder / "keys.json"
    write_public_keys(one.public_keys, keys)
    rows: list[_Row] = []
    with run_server(folder / "buckets", answers=_answers(one)) as server:
        rows += _over_http(server, 0.0, rounds, hours)
        rows += _over_http(server, 0.02, 1, hours)
        rows += _proved(server, rounds)
    rows += _again(folder, quick=quick)
    rows += _local(mirror, keys, rounds)
    rows += _memory(mirror, keys, one.now - timedelta(hours=max(hours // 10, 4)))
    print_table(
        "Verifying",
        _HOW.format(hours, hours * 12, *_sizes(one), rounds, rounds),
        ("what", "how", "measured", "target"),
        rows,
    )
    shutil.rmtree(folder / "buckets")
    shutil.rmtree(mirror)


_POOL = [orjson.Fragment(text) for text in islice(records(), 1500)]


def _fill(account: str, region: str, when: datetime, source: random.Random) -> list[Any]:  # noqa: ARG001 (a MakeRecords)
    return source.sample(_POOL, _RECORDS)


def _few(account: str, region: str, when: datetime, source: random.Random) -> list[Any]:  # noqa: ARG001 (a MakeRecords)
    return source.sample(_POOL, 5)


def _make(folder: Path, trail: FakeTrail, hours: int, name: str = "buckets") -> FakeTrail:
    """Write the bucket of a trail, as the server reads it."""
    trail.run(hours=hours, logs=12)
    buckets = folder / name
    trail.objects.write_into(buckets / trail.bucket, sidecars=False)
    metadata = {key: dict(trail.objects[bucket, key].metadata) for bucket, key in trail.objects}
    (buckets / f"{trail.bucket}.metadata.json").write_text(json.dumps(metadata))
    return trail


def _sizes(trail: FakeTrail) -> tuple[float, float]:
    """Give the size of a log file in kB, as it is stored and inflated."""
    stored = [trail.objects[each.place].data for each in trail.logs[:20]]
    return sum(map(len, stored)) / 20e3, sum(len(decompressobj(31).decompress(each)) for each in stored) / 20e3


def _answers(trail: FakeTrail) -> dict[str, Any]:
    """Answer for CloudTrail."""
    keys = [
        {
            "Value": b64encode(each.value).decode(),
            "Fingerprint": each.fingerprint,
            "ValidityStartTime": None if each.validity_start is None else each.validity_start.timestamp(),
            "ValidityEndTime": None if each.validity_end is None else each.validity_end.timestamp(),
        }
        for each in trail.public_keys
    ]
    settings = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.arn,
    }
    trails = [{**settings, "IsOrganizationTrail": False}]
    return {"ListPublicKeys": {"PublicKeyList": keys}, "DescribeTrails": {"trailList": trails}}


def _run(command: Sequence[str], variables: Mapping[str, str], rounds: int) -> tuple[float, str]:
    """Run a process, and give the seconds of the best round and what it printed."""
    best, printed = float("inf"), ""
    for _ in range(rounds):
        start = time.perf_counter()
        done = subprocess.run(  # noqa: S603 (our own code, and the AWS CLI)
            command, env={**os.environ, **variables}, cwd=_HERE, check=True, capture_output=True, text=True
        )
        best, printed = min(best, time.perf_counter() - start), done.stdout
    return best, printed


def _child(
    how: str, place: str, variables: Mapping[str, str], rounds: int, keys: str = "", since: str = "", state: str = ""
) -> tuple[float, Any]:
    command = [sys.executable, "-m", "bench.verify_child", how, place, keys, since, state]
    seconds, printed = _run(command, variables, rounds)
    return seconds, json.loads(printed)


def _validate_logs(variables: Mapping[str, str], rounds: int, logs: int) -> float:
    aws = str(Path(sys.executable).parent / "aws")
    arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
    span = ["--start-time", "2026-03-07T08:20:00Z", "--end-time", "2026-03-17T23:00:00Z"]
    seconds, printed = _run([aws, "cloudtrail", "validate-logs", "--trail-arn", arn, *span], variables, rounds)
    assert f"{logs}/{logs} log files valid" in printed
    return seconds


def _variables(server: Server) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _over_http(server: Server, latency: float, rounds: int, hours: int) -> Iterator[_Row]:
    name = f"S3, {latency * 1000:.0f} ms" if latency else "S3, no latency"
    targets = {"boto3": 10.0, "obstore": 25.0} if latency else {"boto3": 1.2, "obstore": 4.0}
    variables = _variables(server)
    server.set_latency(latency)
    base = _validate_logs(variables, rounds, hours * 12)
    yield name, "validate-logs", f"{base:.1f} s", ""
    for how, target in targets.items():
        taken, facts = _child(how, "s3://one", variables, rounds)
        assert facts["logs"] == hours * 12
        met = verdict(met=base / taken >= target)
        yield name, how, f"{taken:.1f} s: {base / taken:.1f} x", f"{target:g} x: {met}"
        ten, facts = _child(how, "s3://many", variables, rounds)
        assert facts["logs"] == hours // 10 * 10 * 12
        yield name, f"{how}, ten chains", f"{ten:.1f} s: {ten / taken:.2f} of one chain's", "alike"
    server.set_latency(0)


def _again(folder: Path, *, quick: bool) -> Iterator[_Row]:
    """Verify thirty days, and the next night the same with one hour more; beside it that hour alone."""
    hours, state, buckets = 24 * (3 if quick else 30), folder / "state.json", folder / "months"
    trail = FakeTrail(records=_few, bucket="month", start=NOW - timedelta(hours=hours + 1))
    _make(folder, trail, hours, "months")
    with run_server(buckets, answers=_answers(trail)) as server:
        first, facts = _child("boto3", "s3://month", _variables(server), 1, state=str(state))
        assert facts["digests"] == hours
    since, kept = trail.now.isoformat(), state.read_bytes()
    _make(folder, trail, 1, "months")
    with run_server(buckets, answers=_answers(trail)) as server:
        for latency in (0.0, 0.02):
            server.set_latency(latency)
            alone, facts = _child("boto3", "s3://month", _variables(server), 1, since=since)
            assert facts["digests"] == 1
            state.write_bytes(kept)
            again, facts = _child("boto3", "s3://month", _variables(server), 1, state=str(state))
            assert (facts["digests"], facts["earlier"]) == (1, hours * 13)
            name = f"{hours // 24} days and an hour, {latency * 1000:.0f} ms"
            yield name, "that hour alone", f"{alone:.1f} s", ""
            met = verdict(met=again - alone <= 3)
            yield name, "all, with a state", f"{again:.1f} s: {again - alone:.1f} s more", f"3 s: {met}"
    yield name, "all, without a state, 0 ms, without the hour", f"{first:.1f} s", ""
    shutil.rmtree(buckets)


def _proved(server: Server, rounds: int) -> Iterator[_Row]:
    """Compare reading what is proved with plain reading, by turns in one process."""
    for bucket, what in (("one", "reading"), ("many", "reading, ten chains")):
        for how in ("boto3", "obstore"):
            command = [sys.executable, "-m", "bench.proved_child", f"s3://{bucket}", how, str(rounds)]
            facts = json.loads(_run(command, _variables(server), 1)[1])
            assert facts["records"][0] == facts["records"][1]
            plain, only = facts["seconds"]
            share = plain / only
            measured = f'plain {plain:.2f} s, `verify="only"` {only:.2f} s: {share:.2f} of its speed'
            yield what, how, measured, f"0.75: {verdict(met=share >= 0.75)}"


def _bare(paths: Sequence[str]) -> int:
    for path in paths:
        sha256(decompressobj(31).decompress(Path(path).read_bytes())).hexdigest()
    return len(paths)


def _local(folder: Path, keys: Path, rounds: int) -> Iterator[_Row]:
    cores = os.cpu_count() or 1
    paths = [str(path) for path in sorted(folder.rglob("*.json.gz")) if not path.name.startswith(".")]
    parts = [paths[first::cores] for first in range(cores)]
    best = float("inf")
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_bare, [part[:5] for part in parts]))
        for _ in range(rounds):
            start = time.perf_counter()
            assert sum(pool.map(_bare, parts)) == len(paths)
            best = min(best, time.perf_counter() - start)
    taken, _ = _child("folder", str(folder), {}, rounds, str(keys))
    share = best / taken
    yield "a mirror", f"bare, {cores} cores", f"{best:.2f} s", ""
    yield "a mirror", "trailsdk", f"{taken:.2f} s: {share:.2f} of bare", f"0.6: {verdict(met=share >= 0.6)}"


def _memory(folder: Path, keys: Path, since: datetime) -> Iterator[_Row]:
    """Compare the peak of all with that of the last tenth."""
    all_of_it, part = (
        _child("folder", str(folder), {}, 1, str(keys), begin)[1]["peak"] / 1e6 for begin in ("", since.isoformat())
    )
    measured = f"peak {all_of_it:.0f} MB, of the last tenth of the time {part:.0f} MB"
    yield "memory", "a mirror", measured, f"flat (10 MB): {verdict(met=all_of_it - part <= 10)}"
