"""The event histories of several Regions and accounts: each its own, each at its own pace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

import trailsdk
from trailsdk.errors import AccessDeniedError, TrailError
from trailsdk.sources.history import source
from trailsdk.sources.history.account import account_of
from trailsdk.sources.history.governor import Governor, shared_governor
from trailsdk.testing.fake_events import FakeEvents, RefusedError

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)
ACCOUNTS = {"key-of-one": "111122223333", "key-of-other": "444455556666"}
REGIONS = ["ap-south-1", "eu-west-1", "us-east-1"]


def _document(name: str) -> dict[str, Any]:
    when = NOW - timedelta(hours=1)
    return {"eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}", "eventID": name, "awsRegion": name.split()[1]}


@pytest.fixture
def fake() -> Iterator[FakeEvents]:
    histories: Any = {
        (account, region): [_document(f"{account} {region} {number}") for number in range(3)]
        for account in ACCOUNTS.values()
        for region in REGIONS[1:]
    }
    with FakeEvents(histories=histories, accounts=ACCOUNTS, regions=REGIONS).serving() as serving:
        yield serving


@pytest.fixture(autouse=True)
def governors(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], Governor]:
    """Governors that do not wait, by account and Region."""
    made: dict[tuple[str, str], Governor] = {}

    def governor(account: str, region: str) -> Governor:
        return made.setdefault((account, region), Governor(per_second=1e9))

    monkeypatch.setattr(source, "shared_governor", governor)
    return made


def _session(key: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key="testing")  # noqa: S106 (nobody checks it)


def _history(fake: FakeEvents, key: str = "key-of-one", region: str = "*", **options: Any) -> trailsdk.History:
    return trailsdk.History(region, session=_session(key), endpoint_url=fake.url, now=lambda: NOW, **options)


def _read(*histories: trailsdk.History, **options: Any) -> list[str]:
    stream = trailsdk.read(*histories, categories="Management", **options)
    return sorted({str(record.event_id).rpartition(" ")[0] for record in stream})


def test_all_regions_of_an_account(fake: FakeEvents) -> None:
    """Each Region that is enabled is asked for itself, one without events too."""
    assert _read(_history(fake)) == ["111122223333 eu-west-1", "111122223333 us-east-1"]
    asked = [caller.region for (name, _), caller in zip(fake.requests, fake.callers, strict=True) if "Lookup" in name]
    assert asked == REGIONS


def test_only_wanted_regions(fake: FakeEvents) -> None:
    """Regions that are not asked for are not looked at."""
    assert _read(_history(fake), regions=["us-east-1"]) == ["111122223333 us-east-1"]
    asked = {caller.region for (name, _), caller in zip(fake.requests, fake.callers, strict=True) if "Lookup" in name}
    assert asked == {"us-east-1"}


def test_several_accounts(fake: FakeEvents) -> None:
    """Each account is read through a session of its own."""
    assert _read(*(_history(fake, key) for key in ACCOUNTS)) == [
        f"{account} {region}" for account in ACCOUNTS.values() for region in REGIONS[1:]
    ]


def test_one_region_is_refused(fake: FakeEvents) -> None:
    """A Region that refuses costs only itself."""
    fake.closed["111122223333", "ap-south-1"] = RefusedError("AccessDeniedException")
    errors: list[TrailError] = []
    assert _read(_history(fake), on_error=errors.append) == ["111122223333 eu-west-1", "111122223333 us-east-1"]
    assert [(type(each), each.location) for each in errors if isinstance(each, AccessDeniedError)] == [
        (AccessDeniedError, "history://ap-south-1#management")
    ]


def test_a_pace_for_each_account_and_region(fake: FakeEvents, governors: dict[tuple[str, str], Governor]) -> None:
    """AWS counts the requests of an account and a Region together, whichever session makes them."""
    _read(*(_history(fake, key) for key in (*ACCOUNTS, "key-of-one")))
    assert sorted(governors) == [(account, region) for account in ACCOUNTS.values() for region in REGIONS]


def test_the_process_shares_a_governor() -> None:
    """All readers of a process share the governor of an account and a Region."""
    one = shared_governor("111122223333", "eu-west-1")
    assert shared_governor("111122223333", "eu-west-1") is one
    assert shared_governor("444455556666", "eu-west-1") is not one
    assert shared_governor("111122223333", "us-east-1") is not one


def test_sts_is_asked_once(fake: FakeEvents) -> None:
    """Which account credentials belong to is asked once, whatever is read with them."""
    for _ in range(2):
        _read(_history(fake))
    assert [name for name, _ in fake.requests].count("GetCallerIdentity") == 1


def test_sts_refuses(fake: FakeEvents, governors: dict[tuple[str, str], Governor]) -> None:
    """Where STS does not tell the account, readers with the same access key share the pace; the history is read."""
    fake.faults.append(RefusedError("AccessDenied", status=403))
    assert _read(_history(fake, "key-refused", "eu-west-1")) == ["111122223333 eu-west-1"]
    assert list(governors) == [("key-refused", "eu-west-1")]


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials there is no account; that the history cannot be asked is told by the history."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert account_of(boto3.Session(), "eu-west-1") == ""


def test_a_client_tells_no_account(fake: FakeEvents, governors: dict[tuple[str, str], Governor]) -> None:
    """The requests of clients that are handed in are counted together, Region by Region."""
    client = _session("key-of-one").client("cloudtrail", region_name="eu-west-1", endpoint_url=fake.url)
    history = trailsdk.History("eu-west-1", client=client, now=lambda: NOW)
    assert _read(history) == ["111122223333 eu-west-1"]
    assert list(governors) == [("", "eu-west-1")]
