"""What was proved is kept, so that the next run reads only what is new; and no file makes anything valid."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.errors import StateError, UsageError, WriteError
from trailsdk.integrity import CoverageState, Report
from trailsdk.integrity.state import _seal, read_state
from trailsdk.sources.store import Body
from trailsdk.testing.fake_objects import FakeStore
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

HOUR = timedelta(hours=1)


class Counting(FakeStore):
    """A bucket that counts what is fetched."""

    def __init__(self, trail: FakeTrail, bucket: str | None = None) -> None:
        super().__init__(trail.objects, bucket or trail.bucket)
        self.got: list[str] = []

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        self.got.append(key)
        return super().get(key, version_id=version_id)


def made(hours: int = 8, **options: object) -> FakeTrail:
    trail = FakeTrail(**options)  # type: ignore[arg-type]
    trail.run(hours=hours)
    return trail


def verify(of: FakeTrail, state: Path | None, store: FakeStore | None = None, **options: object) -> Report:
    options = {"now": of.now, "public_keys": of.public_keys, **options}
    return trailsdk.verify(store or of.objects.store(of.bucket), state=state, **options)  # type: ignore[arg-type]


def as_vouched(report: Report) -> list[list[tuple[object, ...]]]:
    """Give the coverage as a run without a state has it."""
    found = []
    for coverage in report.coverage:
        intervals: list[tuple[object, ...]] = []
        for each in coverage.intervals:
            state = CoverageState.VOUCHED if each.state is CoverageState.PROVED_EARLIER else each.state
            if intervals and intervals[-1][2] is state:
                intervals[-1] = (intervals[-1][0], each.end, state)
            else:
                intervals.append((each.start, each.end, state))
        found.append(intervals)
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


class TestNextRun:
    """Only what is new is read."""

    def test_new_hours(self, state: Path) -> None:
        """The rest is said to be proved earlier, and when; it is not counted as valid."""
        trail = made()
        first = trail.now
        assert (verify(trail, state).status, verify(trail, state).digests.valid) == ("whole", 0)
        new = trail.run(hours=2)
        store = Counting(trail)
        report = verify(trail, state, store)
        wanted = [key for each in new for key in (each.place[1], *(log.place[1] for log in each.logs))]
        assert sorted(store.got) == sorted(wanted)
        assert (report.status, report.digests.valid, report.logs.valid, report.proved_earlier) == ("whole", 2, 4, 24)
        [finding] = report.findings
        assert (finding.code, finding.files, finding.effect) == ("proved-earlier", 24, "none")
        assert finding.detail == f"proved {first:%Y-%m-%dT%H:%M:%SZ}"
        assert [(each.state.value, each.hours) for each in report.coverage[0].intervals] == [
            ("proved-earlier", 8),
            ("vouched", 2),
        ]

    def test_nothing_new(self, state: Path) -> None:
        """Then nothing at all is fetched."""
        trail = made()
        verify(trail, state)
        store = Counting(trail)
        assert verify(trail, state, store).status == "whole"
        assert store.got == []

    def test_read_again(self, state: Path) -> None:
        """On demand, and the state is written anew."""
        trail = made()
        verify(trail, state)
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[3])
        assert verify(trail, state).status == "whole"
        assert verify(trail, state, reread=True).status == "broken"
        assert verify(trail, state).status == "broken"

    def test_what_was_wrong_is_looked_at_again(self, state: Path) -> None:
        """Only that hour; and it heals when the file is put back."""
        trail = made()
        kept = trail.objects.copy()
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[6])
        assert verify(trail, state).status == "broken"
        store = Counting(trail)
        report = verify(trail, state, store)
        assert (report.status, report.digests.valid, report.logs.total) == ("broken", 1, 2)
        trail.objects.replace(trail.logs[6].place, kept[trail.logs[6].place].data)
        assert verify(trail, state).status == "whole"
        store = Counting(trail)
        verify(trail, state, store)
        assert store.got == []

    def test_several_chains(self, state: Path) -> None:
        """Accounts, Regions and trails each have their own; those that are not asked for keep theirs."""
        trail = made(accounts=["111122223333", "444455556666"], regions=["us-east-1", "eu-west-1"])
        verify(trail, state)
        trail.run()
        verify(trail, state, accounts="444455556666")
        report = verify(trail, state)
        assert (report.digests.valid, report.proved_earlier) == (2, 2 * 27 + 2 * 24)

    def test_windows(self, state: Path) -> None:
        """A state serves any window, also one that begins in the middle of what was proved."""
        trail = made()
        verify(trail, state)
        trail.run(hours=2)
        report = verify(trail, state, since=trail.digests[3].start + HOUR / 2)
        assert (report.status, report.digests.valid) == ("whole", 2)
        report = verify(trail, state, since=trail.digests[2].start, until=trail.digests[4].end)
        assert report.status == "whole"
        store = Counting(trail)
        verify(trail, state, store)
        assert store.got == []

    def test_gaps_and_moves(self, state: Path) -> None:
        """Each run of digests in each folder is kept for itself."""
        trail = made(3)
        trail.pause(2)
        trail.run(hours=2)
        trail.move(bucket="example-other", prefix="logs")
        trail.run(hours=2)
        first = verify(trail, state)
        assert (first.status, first.digests.valid) == ("unproved", 7)
        again = verify(trail, state)
        assert (again.status, again.digests.valid, again.proved_earlier) == ("unproved", 0, 21)
        assert as_vouched(again) == as_vouched(first)

    def test_unlisted_log_files_are_told_again(self, state: Path) -> None:
        """Whether they were found before, or put into a proved hour since."""
        trail = made()
        tamper(trail, Tampering.LOG_PLANTED, trail.logs[3])
        assert verify(trail, state).status == "unproved"
        assert sorted(each.code for each in verify(trail, state).findings) == ["proved-earlier", "unlisted"]
        trail.run(hours=2)
        key = trail.logs[5].place[1].replace(".json.gz", "x.json.gz")
        trail.objects.put((trail.bucket, key), b"planted", last_modified=trail.now - HOUR / 2)
        report = verify(trail, state)
        assert sorted(each.code for each in report.findings) == ["proved-earlier", "unlisted", "unlisted"]
        assert report.status == "unproved"

    def test_backfill_is_read_each_time(self, state: Path) -> None:
        """It names log files of hours that were proved already."""
        trail = made()
        verify(trail, state)
        trail.now += timedelta(minutes=30)
        trail.backfill(trail.digests[2], logs=2)
        report = verify(trail, state)
        assert (report.status, report.backfill_digests.valid, report.logs.valid) == ("whole", 1, 2)


class TestDistrust:
    """What is kept is compared with what is there."""

    def test_digest_is_gone(self, state: Path) -> None:
        """A digest that is deleted after it was proved is missed: names cost one call."""
        trail = made()
        verify(trail, state)
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[3])
        assert verify(trail, state).status == "broken"

    def test_digest_came_since(self, state: Path) -> None:
        """As is one that was put there."""
        trail = made()
        verify(trail, state)
        tamper(trail, Tampering.DIGEST_FORKED, trail.digests[3])
        report = verify(trail, state)
        assert (report.status, "stray" in {each.code for each in report.findings}) == ("unproved", True)
        assert verify(trail, state).status == "unproved"

    def test_another_chain_in_its_place(self, state: Path) -> None:
        """The next digest means another one than was proved: all is read."""
        trail = made()
        verify(trail, state)
        tamper(trail, Tampering.DIGEST_REPLACED, trail.digests[-1])
        replaced = trail.objects[trail.digests[-1].place]
        trail.run()
        store = Counting(trail)
        # The next digest still links to the first version.
        assert verify(trail, state, store).status == "whole"
        assert replaced.metadata["signature"] != trail.digests[-2].signature
        assert verify(trail, state, reread=True).status == "broken"

    def test_keys_are_not_at_hand(self, state: Path) -> None:
        """What cannot be verified again is not believed."""
        trail = made()
        verify(trail, state)
        report = verify(trail, state, public_keys=[])
        assert (report.status, report.proved_earlier, report.digests.total) == ("unproved", 0, 8)


class TestChangedFiles:
    """A state that was changed is refused, or costs work."""

    @given(st.data())
    def test_any_change_is_refused(self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
        """One byte set, put in, or taken away."""
        trail = whole_trail()
        state = tmp_path_factory.mktemp("state") / "state.json"
        verify(trail, state)
        content = state.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1))
        cut = data.draw(st.integers(0, 1))
        put = data.draw(st.binary(min_size=1 - cut, max_size=1).filter(lambda each: each != content[at : at + cut]))
        state.write_bytes(content[:at] + put + content[at + cut :])
        if state.read_bytes().rstrip(b"\n") == content.rstrip(b"\n"):
            return
        with pytest.raises(StateError):
            verify(trail, state)

    @pytest.mark.parametrize(
        "change",
        [
            {"content_hash": "0" * 64},
            {"signature": "00" * 256},
            {"key": "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/x.json.gz"},
            {"document": {}},
            {"document": {"digestEndTime": "2026-03-07T20:12:44Z"}},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("which", ["newest", "oldest"])
    def test_forged_with_a_seal_of_its_own(self, state: Path, change: dict[str, object], which: str) -> None:
        """Who makes the seal anew still cannot make CloudTrail's signature: all is read."""
        trail = made()
        verify(trail, state)
        tamper(trail, Tampering.LOG_DELETED, trail.logs[3])
        document = json.loads(state.read_bytes().splitlines()[0])
        digest = document["chains"][0]["segments"][0][which]
        for name, value in change.items():
            digest[name] = {**digest[name], **value} if isinstance(value, dict) and value else value
        content = json.dumps(document).encode()
        state.write_bytes(content + b"\n" + _seal(content, b"") + b"\n")
        report = verify(trail, state)
        assert (report.status, report.proved_earlier) == ("broken", 0)

    def test_sealed_with_a_key(self, state: Path) -> None:
        """Who does not have the key makes no state that is taken."""
        trail = made()
        verify(trail, state, state_key=b"secret")
        assert verify(trail, state, state_key=b"secret").proved_earlier == 24
        for key in (b"", b"guessed"):
            with pytest.raises(StateError, match="changed since it was written, or sealed with another key"):
                verify(trail, state, state_key=key)

    @pytest.mark.parametrize("content", [b"", b"{}", b"\n\n", b"\x00", b"[]\n[]"])
    def test_no_state(self, state: Path, content: bytes) -> None:
        """A file that is something else is refused, and left alone."""
        state.write_bytes(content)
        with pytest.raises(StateError):
            verify(made(2), state)
        assert state.read_bytes() == content

    @pytest.mark.parametrize("content", [b"{}", b"[]", b'{"trailsdk_verification_state":2,"chains":[],"unlisted":[]}'])
    def test_sealed_nonsense(self, state: Path, content: bytes) -> None:
        """As if its seal is right."""
        state.write_bytes(content + b"\n" + _seal(content, b"") + b"\n")
        with pytest.raises(StateError):
            read_state(state)


class TestWriting:
    """The file appears as a whole, at the end of a run."""

    def test_not_before_the_end(self, state: Path) -> None:
        """A run that is given up keeps nothing."""
        trail = made()
        results = trailsdk.iter_verify(
            trail.objects.store(trail.bucket), state=state, public_keys=trail.public_keys, now=trail.now
        )
        next(results)
        del results
        assert not state.exists()

    def test_cannot_be_written(self, tmp_path: Path) -> None:
        """The folder is not there."""
        with pytest.raises(WriteError):
            verify(made(2), tmp_path / "nowhere" / "state.json")

    def test_is_a_folder(self, tmp_path: Path) -> None:
        """That is told before anything is read."""
        with pytest.raises(StateError):
            verify(made(2), tmp_path)

    def test_small(self, state: Path) -> None:
        """Thirty days take no more room than one."""
        trail = FakeTrail()
        trail.run(hours=24, logs=0)
        verify(trail, state)
        day = state.stat().st_size
        trail.run(hours=29 * 24, logs=0)
        verify(trail, state)
        assert state.stat().st_size < day + 200


def whole_trail() -> FakeTrail:
    trail = FakeTrail()
    trail.run(hours=2, logs=0)
    return trail


@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from([each for each in Tampering if each is not Tampering.LOG_BOMB])),
        max_size=3,
        unique_by=lambda each: each[0],
    ),
    st.integers(2, 11),
)
def test_two_runs_come_to_what_one_comes_to(
    tmp_path_factory: pytest.TempPathFactory, hits: list[tuple[int, Tampering]], split: int
) -> None:
    """Whatever was done before the first run: the second one with its state says what a run without one says."""
    trail = FakeTrail()
    trail.run(hours=split, logs=1)
    state = tmp_path_factory.mktemp("state") / "state.json"
    # What copies another file comes first, while that one is whole.
    for at, tampering in sorted(hits, key=lambda hit: "REPL" not in hit[1].name):
        if at < split:
            digest = trail.digests[at]
            tamper(trail, tampering, digest.logs[0] if tampering.value.kind == "log" else digest)
    verify(trail, state)
    trail.run(hours=12 - split, logs=1)
    with_state, without = verify(trail, state), verify(trail, None)
    assert with_state.status == without.status
    assert as_vouched(with_state) == as_vouched(without)
    # That a log file is a copy of another one is only seen where the digest that names that one is read.
    assert {(each.uri, each.verdict) for each in with_state.problems} == {
        (each.uri, each.verdict) for each in without.problems
    }


def test_not_with_copies(tmp_path: Path) -> None:
    """Of a copy at another place nothing is kept: the run is whole, and reads all again the next time."""
    trail = made(2)
    copy = FakeTrail()
    for place in trail.objects:
        each = trail.objects[place]
        copy.objects.put(("example-copy", place[1]), each.data, each.metadata)
    state = tmp_path / "state.json"
    for _ in range(2):
        report = trailsdk.verify(
            copy.objects.store("example-copy"),
            copied_from=f"s3://{trail.bucket}",
            public_keys=trail.public_keys,
            state=state,
            now=trail.now,
        )
        assert (report.status, report.digests.valid) == ("whole", 2)


def test_state_of_nothing() -> None:
    """A state needs no location of its own: a wrong call is told first."""
    with pytest.raises(UsageError):
        trailsdk.verify(state="state.json")
