"""What one day out of a year of an organization's trail costs: list calls, and the time to the first record."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from statistics import median

import trailsdk
from bench.measure import print_table, verdict
from bench.s3_readers import CLIENTS, open_source
from bench.server_process import Server
from bench.simulated import SimulatedBucket

__all__ = ["one_day"]

_OF_LISTS = 1.2
_FIRST_SECONDS = 1.0
_ROUNDS = 5
_DAY = datetime(2026, 3, 17, tzinfo=UTC)
_LAST_OF_MONTH = datetime(2026, 2, 28, tzinfo=UTC)
"""Its late files lie in another month's folder."""
_HOW = (
    "A bucket of {logs:,} log files and {digests:,} digest files: {accounts} accounts, {regions} Regions, {days} days, "
    "{each} log files a day in each Region of each account. One day is asked for with `since` and `until`, no account "
    "or Region. A reader that knew the accounts, the Regions and the days would list two days of each Region, the "
    "second for late delivery: {known:,} calls. *List calls* are counted by the server while `stream.plan` looks up "
    "all objects, without latency."
)
_FIRST = (
    "From `trailsdk.read(...)` to its first record, {latency:.0f} ms added to each answer, the client made before; "
    "median (longest) of {rounds}."
)


def one_day(server: Server, bucket: str, *, latency: float, quick: bool) -> None:
    """Plan a day, and read its first record."""
    simulated = SimulatedBucket()
    regions = simulated.accounts * simulated.regions
    known = 2 * regions
    server.set_latency(0)
    rows = []
    for day in (_DAY,) if quick else (_DAY, _LAST_OF_MONTH):
        calls, gets, found, seconds, cpu = _survey(server, bucket, day)
        assert not gets
        assert found >= regions * simulated.logs
        ratio = calls / known
        aim = f"{ratio:.2f}, target {_OF_LISTS}: {verdict(met=ratio <= _OF_LISTS)}"
        rows.append(
            (f"{day:%d %B}", f"{calls:,}", aim, f"{calls / regions:.2f}", f"{found:,}", f"{seconds:.1f}", f"{cpu:.1f}")
        )
    how = _HOW.format(
        logs=regions * simulated.days * simulated.logs,
        digests=regions * simulated.days * simulated.digests,
        accounts=simulated.accounts,
        regions=simulated.regions,
        days=simulated.days,
        each=simulated.logs,
        known=known,
    )
    reader = "x the knowing reader"
    head = ("day", "list calls", reader, "calls a Region", "log files planned", "seconds", "the server's CPU, seconds")
    print_table("S3: one day of three million log files", how, head, rows)
    server.set_latency(latency)
    firsts = []
    for client in CLIENTS:
        times = [_first(server, bucket, client) for _ in range(_ROUNDS)]
        seconds = median(times)
        aim = f"{_FIRST_SECONDS:.0f} s: {verdict(met=seconds <= _FIRST_SECONDS)}"
        firsts.append((client, f"{seconds:.2f} ({max(times):.2f})", aim))
    how = _FIRST.format(latency=latency * 1000, rounds=_ROUNDS)
    print_table("S3: the first record of that day", how, ("client", "seconds", "target"), firsts)


def _survey(server: Server, bucket: str, day: datetime) -> tuple[int, int, int, float, float]:
    """Look up what a day costs.

    Returns:
        List calls, gets, planned objects, seconds, and seconds of the server's processor.
    """
    with closing(open_source(server, bucket, "boto3")) as source:
        before, cpu, start = server.counts(), server.cpu(), time.perf_counter()
        with trailsdk.read(source, since=day, until=day + timedelta(days=1)) as stream:
            (plan,) = stream.plan
            survey = plan.survey()
            assert survey is not None
        seconds, cpu = time.perf_counter() - start, server.cpu() - cpu
        made = server.counts() - before
        return made["ListObjectsV2"], made["GetObject"], survey.gets, seconds, cpu


def _first(server: Server, bucket: str, client: str) -> float:
    with closing(open_source(server, bucket, client)) as source:
        start = time.perf_counter()
        with trailsdk.read(source, since=_DAY, until=_DAY + timedelta(days=1)) as stream:
            record = next(stream)
            seconds = time.perf_counter() - start
    assert record.event_time is not None
    return seconds
