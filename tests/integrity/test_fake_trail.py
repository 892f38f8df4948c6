"""Fake trails: the same each time, whole when made, and of any shape."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trailsdk
from trailsdk.model.keys import DigestKey, LogFileKey, parse_key
from trailsdk.sources.folder_store import FolderStore
from trailsdk.testing.fake_keys import FakeKey, fake_key
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper


def made(seed: int = 0, key: FakeKey | None = None) -> FakeTrail:
    trail = FakeTrail(seed=seed, keys={} if key is None else {"us-east-1": key})
    trail.run(hours=3)
    return trail


def test_the_same_each_time() -> None:
    """The same seed, calls and keys give the same bytes; another seed gives others."""
    key = FakeKey()
    one, same, other = (made(seed, key).objects for seed in (0, 0, 1))
    assert list(one) == list(same)
    assert all(one[place] == same[place] for place in one)
    assert list(one) != list(other)


def test_keys_are_made_once() -> None:
    """Two trails of a process share the key of a Region; it takes long to make one."""
    assert FakeTrail().public_keys[0].value == FakeTrail().public_keys[0].value == fake_key("us-east-1 0").value


def test_names_are_cloudtrails() -> None:
    """Every key is one that CloudTrail might write."""
    trail = FakeTrail(prefix="logs", organization_id="o-exampleorg1")
    trail.run(hours=2)
    trail.backfill(trail.digests[0])
    kinds = {type(parse_key(key)) for _, key in trail.objects}
    assert kinds == {DigestKey, LogFileKey}


def test_a_folder_has_what_memory_has(tmp_path: Path) -> None:
    """Written as a mirror, content, names and metadata are the same."""
    trail = made()
    trail.objects.write_into(tmp_path)
    memory, folder = trail.objects.store(trail.bucket), FolderStore(tmp_path)
    listed = [[each.key for page in store.pages("") for each in page.objects] for store in (memory, folder)]
    assert listed[0] == listed[1]
    for key in listed[0]:
        assert memory.get(key) == folder.get(key)


def test_records_are_read() -> None:
    """Log files hold records, by default short ones, or those of the caller."""
    trail = FakeTrail(records=lambda account, region, *_: [{"eventName": "Mine", "awsRegion": region, "x": account}])
    trail.run(logs=1)
    [record] = trailsdk.parse(trail.objects[trail.logs[0].place].data)
    assert (record.event_name, record.aws_region, record.extra) == ("Mine", "us-east-1", {"x": "111122223333"})


def test_tampering_wants_its_kind() -> None:
    """A deed for log files is not done to a digest, nor the other way round."""
    trail = made()
    with pytest.raises(TypeError):
        tamper(trail, Tampering.LOG_DELETED, trail.digests[0])
    with pytest.raises(TypeError):
        tamper(trail, Tampering.DIGEST_DELETED, trail.logs[0])


deeds = st.sampled_from(["run", "empty", "late", "long", "rotate", "move", "prefix", "backfill", "unchained"])


@settings(max_examples=25, deadline=None)
@given(st.lists(deeds, max_size=8))
def test_any_shape_is_whole(shape: list[str]) -> None:
    """Whatever a trail's life was, but for pauses, each of its files is valid, and all time is vouched for."""
    trail = FakeTrail()
    trail.run(hours=2)
    for deed in shape:
        _live(trail, deed)
    stores = [trail.objects.store(each) for each in reversed(trail.objects.buckets)]
    report = trailsdk.verify(*stores, public_keys=trail.public_keys, now=trail.now)
    assert report.problems == ()
    assert report.status == "whole"
    assert report.logs.valid == len(trail.logs)


def _live(trail: FakeTrail, deed: str) -> None:
    if deed in ("run", "empty", "late"):
        trail.run(logs=0 if deed == "empty" else 2, late=deed == "late")
    elif deed == "long":
        trail.run(hour=timedelta(hours=7))
    elif deed == "rotate":
        trail.rotate_keys()
    elif deed in ("move", "prefix"):
        number = str(len(trail.digests))
        trail.move(bucket=f"example-{number}" if deed == "move" else None, prefix=number if deed == "prefix" else None)
    else:
        done = {each.start for each in trail.digests if each.backfill}
        hours = [each for each in trail.digests if each.start not in done]
        if hours:
            trail.backfill(hours[len(done) % len(hours)], chained=deed == "backfill")
