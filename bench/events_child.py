"""What the processes of `events` do: follow a source for simulated hours, and print what that took as JSON."""

import gc
import gzip
import json
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import trailsdk
from trailsdk.model.keys import LogFileKey
from trailsdk.sources.base import Source
from trailsdk.sources.history import Governor
from trailsdk.sources.store import Body, Page, StoredObject

_BEGIN = datetime(2026, 3, 7, tzinfo=UTC)
_A_MINUTE = 20
"""Records that appear in each minute, in services."""
_PAGE = 50
_REGIONS = ("eu-west-1", "us-east-1")
_A_FILE = 10
"""Records of each file."""
_A_FILE_MINUTES = 5
"""In each Region a file appears so often, as CloudTrail delivers."""


class _Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return _BEGIN + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class _Service:
    """Events that need not be kept, since their number tells everything: event n took place at n times 3 seconds."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def _numbers(self, begin: float, end: float) -> range:
        step = 60 / _A_MINUTE
        last = min(end, self._clock.seconds)
        return range(max(0, -int(-begin // step)), int(last // step) + 1)

    def filter_log_events(self, **asked: Any) -> Mapping[str, Any]:
        """Answer as CloudWatch Logs does."""
        zero = _BEGIN.timestamp()
        numbers = self._numbers(asked.get("startTime", 0) / 1000 - zero, asked["endTime"] / 1000 - zero)
        at = int(asked.get("nextToken", 0))
        events = [_log_event(number) for number in numbers[at : at + _PAGE]]
        return {"events": events, **({"nextToken": f"{at + _PAGE}"} if at + _PAGE < len(numbers) else {})}

    def lookup_events(self, **asked: Any) -> Mapping[str, Any]:
        """Answer as CloudTrail does, newest first."""
        zero = _BEGIN.timestamp()
        numbers = self._numbers(asked["StartTime"].timestamp() - zero, asked["EndTime"].timestamp() - zero)[::-1]
        at = int(asked.get("NextToken", 0))
        events = [_event(number) for number in numbers[at : at + _PAGE]]
        return {"Events": events, **({"NextToken": f"{at + _PAGE}"} if at + _PAGE < len(numbers) else {})}


def _when(number: int) -> datetime:
    return _BEGIN + timedelta(seconds=number * 60 / _A_MINUTE)


def _text(number: int) -> str:
    when = f"{_when(number):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps({"eventID": f"{number:036}", "eventTime": when, "eventName": "GetObject", "pad": "x" * 1000})


def _log_event(number: int) -> dict[str, Any]:
    milliseconds = int(_when(number).timestamp() * 1000)
    return {"timestamp": milliseconds, "message": _text(number), "eventId": f"{number:056}"}


def _event(number: int) -> dict[str, Any]:
    return {"EventId": f"{number:036}", "EventTime": _when(number), "CloudTrailEvent": _text(number)}


class _Bucket:
    """A bucket in which files of two Regions appear."""

    location = "s3://bucket"

    def __init__(self, clock: _Clock, hours: int) -> None:
        self._clock = clock
        self._keys = sorted(
            _key(minute, region) for region in _REGIONS for minute in range(0, hours * 60, _A_FILE_MINUTES)
        )
        records = [{"eventID": f"{each}", "eventName": "GetObject", "pad": "x" * 1000} for each in range(_A_FILE)]
        self._content = gzip.compress(json.dumps({"Records": records}).encode())

    def uri(self, key: str) -> str:
        """Name an object."""
        return f"{self.location}/{key}"

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterable[Page]:
        """List, 1,000 keys a page."""
        keys = self._keys[bisect_left(self._keys, prefix) : bisect_left(self._keys, f"{prefix}\U0010ffff")]
        now = f"{self._clock.now():%Y%m%dT%H%M}Z"
        keys = [key for key in keys[bisect_right(keys, start_after) :] if key.split("_")[3] <= now]
        if delimiter:
            found = {key[: key.index("/", len(prefix)) + 1]: None for key in keys if "/" in key[len(prefix) :]}
            yield Page((), tuple(found))
            return
        for at in range(0, max(len(keys), 1), 1000):
            size = len(self._content)
            yield Page(tuple(StoredObject(key, size, "etag") for key in keys[at : at + 1000]))

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Give an object."""
        del key
        return Body(self._content, version_id=version_id)

    def open(self, key: str) -> AbstractContextManager[BytesIO]:
        """Open an object."""
        return nullcontext(BytesIO(self.get(key).data))


def _key(minute: int, region: str) -> str:
    when = _BEGIN + timedelta(minutes=minute)
    return str(
        LogFileKey(account_id="111122223333", region=region, date=when.date(), time=when, unique=f"{minute:016}")
    )


class _BucketSource(trailsdk.S3):
    """`trailsdk.S3`, with another bucket behind it."""

    def __init__(self, bucket: _Bucket, **options: Any) -> None:
        super().__init__("s3://bucket", client=object(), **options)
        self._bucket = bucket

    def store(self) -> Any:
        return self._bucket


def _resident() -> int:
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmRSS")


def main(what: str, early_hours: int, hours: int) -> None:
    """Follow, and print what was found."""
    clock = _Clock()
    early = 0

    def wait(seconds: float) -> None:
        nonlocal early
        clock.sleep(seconds)
        if not early and clock.seconds >= early_hours * 3600:
            early = _resident()
        if clock.seconds >= hours * 3600 + 600:
            stream.stop()

    source: Source
    end = hours * 60 * _A_MINUTE
    if what == "cloudwatch":
        follow = trailsdk.Following(longest=30, wait=wait)
        source = trailsdk.CloudWatch("trail", region="eu-west-1", client=_Service(clock), now=clock.now, follow=follow)
    elif what == "history":
        follow = trailsdk.Following(longest=60, wait=wait)
        governor = Governor(clock=lambda: clock.seconds, sleep=clock.sleep)
        source = trailsdk.History("eu-west-1", client=_Service(clock), governor=governor, now=clock.now, follow=follow)
    else:
        follow = trailsdk.Following(shortest=60, longest=300, wait=wait)
        source = _BucketSource(_Bucket(clock, hours), now=clock.now, follow=follow)
        end = hours * 60 // _A_FILE_MINUTES * len(_REGIONS) * _A_FILE
    stream = trailsdk.read(source, categories="Management" if what == "history" else None)
    seen = bytearray(end)
    repeated = 0
    for number, record in enumerate(stream):
        # In a bucket, files are counted; services go on for a little longer, so that the last hour is seen to its end.
        at = number if what == "bucket" else int(str(record.event_id))
        if at < end:
            repeated += seen[at]
            seen[at] = 1
    resident = _resident()
    facts = {"records": sum(seen), "repeated": repeated, "expected": end, "growth": resident - early}
    print(json.dumps({**facts, "resident": resident}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
