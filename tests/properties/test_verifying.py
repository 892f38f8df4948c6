"""Whatever is done to a trail is found, or said not to be vouched for; and how verifying is done changes nothing."""

import gzip
from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

import trailsdk
from trailsdk.integrity import Finding, Report
from trailsdk.integrity.chain import Span
from trailsdk.integrity.key_file import KeySet
from trailsdk.integrity.keyring import GivenKeys
from trailsdk.integrity.scope import Root, Scope
from trailsdk.integrity.verifier import Result, Verifier
from trailsdk.testing.fake_objects import FakeObjects
from trailsdk.testing.fake_trail import FakeTrail

REGIONS = ("us-east-1", "eu-west-1")


@cache
def trail() -> FakeTrail:
    """A trail with gaps, moves, empty hours, backfill and a rotated key. Tests change copies of its objects."""
    made = FakeTrail(regions=REGIONS, accounts=["111122223333", "444455556666"])
    made.run(hours=2, logs=1)
    made.run(logs=0)
    made.rotate_keys()
    made.move(prefix="logs")
    made.run(hours=2, logs=1)
    made.backfill(made.chain()[0])
    return made


def verify(objects: FakeObjects, number: int = 4, regions: frozenset[str] | None = None) -> list[Result]:
    made = trail()
    store = objects.store(made.bucket)
    scope = Scope(span=Span(made.digests[0].start, made.now, made.now + timedelta(days=9)), regions=regions)
    root = Root(store, "", made.bucket, objects.store)
    return list(Verifier((root,), scope, GivenKeys(KeySet(tuple(made.public_keys)), vouched=True), number).results())


def report(objects: FakeObjects) -> Report:
    made = trail()
    return trailsdk.verify(
        objects.store(made.bucket),
        accounts=made.accounts,
        regions=made.regions,
        since=made.digests[0].start,
        until=made.now,
        public_keys=made.public_keys,
        now=made.now + timedelta(days=9),
    )


def test_nothing_is_found_where_nothing_was_done() -> None:
    """The trail is whole, and each of its files has one verdict."""
    found = report(trail().objects)
    assert found.status == "whole"
    assert found.digests.valid + found.backfill_digests.valid == len(trail().digests)
    assert found.logs.valid == len(trail().logs)


places = st.sampled_from(sorted(trail().objects))
digest_places = st.sampled_from(sorted(each.place for each in trail().digests))


@given(places, st.data())
def test_any_change_of_the_inflated_bytes_is_found(place: tuple[str, str], data: st.DataObject) -> None:
    """One byte set, put in or taken away, in any digest or log file."""
    content = gzip.decompress(trail().objects[place].data)
    at = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.integers(0, 1))
    put = data.draw(st.binary(min_size=1 - cut, max_size=1).filter(lambda each: each != content[at : at + cut]))
    objects = trail().objects.copy()
    objects.replace(place, gzip.compress(content[:at] + put + content[at + cut :]))
    found = report(objects)
    assert found.status == "broken"
    assert any(each.uri == f"s3://{place[0]}/{place[1]}" for each in found.problems)


@given(places, st.data())
def test_any_damage_of_the_container_is_found(place: tuple[str, str], data: st.DataObject) -> None:
    """A gzip file that was cut, or has something behind it."""
    stored = trail().objects[place].data
    changed = data.draw(
        st.one_of(
            st.integers(0, len(stored) - 1).map(lambda end: stored[:end]),
            st.binary(min_size=1, max_size=40).map(lambda more: stored + more),
            st.just(stored + stored),
        )
    )
    objects = trail().objects.copy()
    objects.replace(place, changed)
    found = report(objects)
    assert found.status == "broken"
    assert [each.uri for each in found.problems if each.verdict == "invalid"] == [f"s3://{place[0]}/{place[1]}"]


@given(st.sets(places, min_size=1))
def test_any_deletions_are_found_or_not_vouched_for(gone: set[tuple[str, str]]) -> None:
    """A deleted file has a verdict, or its digest's time is said not to be vouched for, or its digest is gone too."""
    objects = trail().objects.copy()
    for place in gone:
        objects.delete(place)
    found = report(objects)
    told = {each.uri for each in found.problems}
    for digest in trail().digests:
        if digest.place in gone and not digest.backfill and digest.uri not in told:
            assert any(_names(each, digest.account, digest.region, digest) for each in found.findings), digest
        # Nobody knows of a backfill digest that no other one links to; coverage of its files is another matter.
        for log in digest.logs:
            if log.place in gone and digest.place not in gone:
                assert log.uri in told


def _names(finding: Finding, account: str, region: str, digest: object) -> bool:
    """Tell whether a finding speaks of a digest's time."""
    from trailsdk.testing.fake_trail import FakeDigest

    assert isinstance(digest, FakeDigest)
    if finding.code == "no-digests":
        return f"account {account}, Region {region}" == finding.detail
    if finding.chain is None or (finding.chain.account_id, finding.chain.region) != (account, region):
        return False
    return (
        finding.start is not None
        and finding.end is not None
        and finding.start <= digest.start
        and digest.end <= finding.end
        and (finding.effect == "unproved" or finding.code == "before-start")
    )


@given(st.sets(places, max_size=6), st.integers(1, 16))
def test_workers_change_nothing(changed: set[tuple[str, str]], number: int) -> None:
    """Verdicts and findings, and their order, are the same however many threads there are."""
    objects = trail().objects.copy()
    for place in changed:
        objects.replace(place, b"\x1f\x8b")
    assert verify(objects, number) == verify(objects, 3)


@given(st.sets(places, max_size=6), st.sampled_from(REGIONS))
def test_chains_do_not_touch_each_other(changed: set[tuple[str, str]], region: str) -> None:
    """What is said of one Region does not depend on whether others are verified too."""
    objects = trail().objects.copy()
    for place in changed:
        objects.delete(place)
    together = [each for each in verify(objects) if each.chain is not None and each.chain.region == region]
    alone = [each for each in verify(objects, regions=frozenset({region})) if each.chain is not None]
    assert alone == together


@settings(max_examples=20)
@given(st.sets(digest_places))
def test_lost_metadata_makes_nothing_invalid(lost: set[tuple[str, str]]) -> None:
    """Without its metadata a digest is proved by the next one, or unproved, but never invalid."""
    objects = trail().objects.copy()
    for place in lost:
        objects.put(place, objects[place].data)
    found = report(objects)
    assert found.status in ("whole", "unproved")
    assert found.digests.invalid == found.logs.invalid == 0


def test_places_are_all() -> None:
    """The strategies draw from all files."""
    assert len(trail().objects) == len(trail().digests) + len(trail().logs)
