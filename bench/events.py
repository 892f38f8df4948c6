"""The event history at AWS's pace, and sources that are followed for a day: both in simulated time."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from botocore.config import Config

import trailsdk
from bench.measure import print_table, verdict
from trailsdk.sources.history import Governor
from trailsdk.testing.fake_events import FakeEvents

__all__ = ["events"]

_SECONDS = 600
_ALLOWED = 2 * _SECONDS
_MB = 1_000_000
_HOW = (
    "LookupEvents is asked through boto3, of a fake on loopback that throttles more than 2 requests in any second; the "
    "clock of both moves only when the governor waits, so that the network takes no time. Following is a process of "
    "its own for each source, in which records appear all the time; a bucket is looked at every one to five minutes, "
    "the others as by default. *Growth* is what is resident at the end less what was when the overlap was full: after "
    "4 hours, for a bucket after 72, since files of 2 days and the day at hand are remembered."
)


def events(folder: Path, *, quick: bool) -> None:
    """Measure the pace, and the memory of following."""
    del folder
    rows = [_pace()]
    hours = 8 if quick else 24
    rows += [_day("cloudwatch", 4, hours), _day("history", 4, hours), _day("bucket", 72, 96)]
    print_table("Events as they come", _HOW, ("what", "how much", "measured", "target"), rows)


def _pace() -> tuple[str, str, str, str]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    begin = datetime(2026, 3, 7, 12, tzinfo=UTC)
    number = _ALLOWED + 100
    fake = FakeEvents(
        history=[
            {
                "eventID": f"{each}",
                "eventTime": f"{begin - timedelta(seconds=each):%Y-%m-%dT%H:%M:%SZ}",
                "eventCategory": "Management",
            }
            for each in range(number)
        ],
        history_page=1,
        clock=lambda: now[0],
    )
    made = 0
    with fake.serving():
        client = boto3.client(
            "cloudtrail",
            endpoint_url=fake.url,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
            config=Config(retries={"total_max_attempts": 1}),
        )
        governor = Governor(clock=lambda: now[0], sleep=sleep)
        source = trailsdk.History("eu-west-1", client=client, governor=governor, now=lambda: begin)
        for _ in trailsdk.read(source, categories="Management"):
            if now[0] >= _SECONDS:
                break
            made = len(fake.requests)
    share = made / _ALLOWED
    measured = f"{made:,} requests, {share:.1%} of those allowed; {fake.throttled} throttled"
    met = share >= 0.95 and not fake.throttled
    return "LookupEvents", "10 minutes", measured, f"95 %, 0 throttled: {verdict(met=met)}"


def _day(what: str, early: int, hours: int) -> tuple[str, str, str, str]:
    command = [sys.executable, "-m", "bench.events_child", what, str(early), str(hours)]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    root = Path(__file__).parent.parent
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=root, env=environment)  # noqa: S603 (our own code)
    facts = json.loads(done.stdout)
    growth = facts["growth"]
    told = f"{facts['records']:,} records of {facts['expected']:,}, {facts['repeated']} twice"
    measured = f"{told}; growth {growth / _MB:.1f} MB of {facts['resident'] / _MB:.0f} MB"
    met = growth < 2 * _MB and facts["records"] == facts["expected"] and not facts["repeated"]
    return f"following: {what}", f"{hours} hours", measured, f"flat (2 MB): {verdict(met=met)}"
