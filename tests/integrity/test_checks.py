"""Checks that plugins add to a verification: what they are asked, what they may say, and what their faults cost."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastjsonschema
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import trailsdk
from trailsdk import Report, Verdict, _json
from trailsdk.cli.main import run
from trailsdk.errors import PluginError
from trailsdk.integrity import ChainId, Coverage, Finding, FindingCode, document_of, write_public_keys
from trailsdk.integrity.checks import Check, Checks
from trailsdk.model.digest import Digest
from trailsdk.plugins import IntegrityCheck, StoredObject, hookimpl, manager
from trailsdk.testing.fake_objects import FakeStore
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/verification.schema.json").read_text())
check_document = fastjsonschema.compile(SCHEMA)


def plugin(*checks: IntegrityCheck, name: str = "house") -> Any:
    """Make a plugin that gives these checks."""
    return SimpleNamespace(__name__=name, trailsdk_checks=hookimpl(lambda: list(checks)))


def on_digest(gives: Callable[[Verdict, Digest], Any], name: str = "mine") -> IntegrityCheck:
    return IntegrityCheck(name, on_digest=gives)


def on_log(gives: Callable[[Verdict, bytes], Any], name: str = "mine") -> IntegrityCheck:
    return IntegrityCheck(name, on_log=gives)


def on_object(gives: Callable[[str, StoredObject], Any], name: str = "mine") -> IntegrityCheck:
    return IntegrityCheck(name, on_object=gives)


def made(hours: int = 3, **options: Any) -> FakeTrail:
    trail = FakeTrail(**options)
    trail.run(hours=hours)
    return trail


def verify(of: FakeTrail, *plugins: Any, **options: Any) -> Report:
    options = {"now": of.now, "public_keys": of.public_keys, **options}
    return trailsdk.verify(of.objects.store(of.bucket), plugins=plugins, **options)


def results(of: FakeTrail, *plugins: Any, **options: Any) -> list[Verdict | Finding | Coverage]:
    options = {"now": of.now, "public_keys": of.public_keys, **options}
    return list(trailsdk.iter_verify(of.objects.store(of.bucket), plugins=plugins, **options))


def uris(of: FakeTrail) -> list[str]:
    return sorted([*(each.uri for each in of.digests), *(each.uri for each in of.logs)])


@pytest.fixture(scope="module")
def trail() -> FakeTrail:
    """A trail that no test changes."""
    return made()


class TestDigests:
    """What `on_digest` is asked."""

    def test_each_once(self, trail: FakeTrail) -> None:
        """Each digest with its verdict, the newest first."""
        seen: list[tuple[str, str, int]] = []

        def note(verdict: Verdict, digest: Digest) -> list[Finding]:
            seen.append((verdict.uri, verdict.verdict, len(digest.log_files)))
            return []

        verify(trail, plugin(on_digest(note)))
        assert seen == [(each.uri, "valid", 2) for each in reversed(trail.digests)]

    def test_not_valid(self) -> None:
        """One that is not valid is shown with its verdict; one that is gone is not."""
        trail = made(5)
        tamper(trail, Tampering.DIGEST_MODIFIED, trail.digests[1])
        tamper(trail, Tampering.DIGEST_DELETED, trail.digests[3])
        seen: dict[str, str] = {}

        def note(verdict: Verdict, digest: Digest) -> list[Finding]:
            assert isinstance(digest, Digest)
            seen[verdict.uri] = verdict.verdict
            return []

        verify(trail, plugin(on_digest(note)))
        assert seen[trail.digests[1].uri] == "invalid"
        assert trail.digests[3].uri not in seen
        assert len(seen) == 4

    def test_asked_time_only(self, trail: FakeTrail) -> None:
        """A digest that is fetched only to speak for another one is not shown."""
        seen: list[str] = []

        def note(verdict: Verdict, digest: Digest) -> list[Finding]:
            seen.append(verdict.uri)
            return []

        last = trail.digests[-1]
        told = results(trail, plugin(on_digest(note)), since=last.start, until=last.end)
        assert seen == [each.uri for each in told if isinstance(each, Verdict) and each.kind == "digest"] == [last.uri]


class TestLogs:
    """What `on_log` is asked."""

    def test_content(self, trail: FakeTrail) -> None:
        """It sees the bytes that were hashed, which are those that are read; there is no second fetch."""
        seen: dict[str, int] = {}
        got: list[str] = []

        class Counting(FakeStore):
            def get(self, key: str, *, version_id: str | None = None) -> Any:
                got.append(key)
                return super().get(key, version_id=version_id)

        def note(verdict: Verdict, content: bytes) -> list[Finding]:
            seen[verdict.uri] = len(list(trailsdk.parse(content)))
            return []

        store = Counting(trail.objects, trail.bucket)
        trailsdk.verify(store, plugins=[plugin(on_log(note))], now=trail.now, public_keys=trail.public_keys)
        assert seen == {each.uri: 2 for each in trail.logs}
        assert len(got) == len(set(got)) == 9

    @pytest.mark.parametrize(
        ("tampering", "shown"),
        [
            (Tampering.LOG_MODIFIED, "invalid"),
            (Tampering.LOG_DELETED, None),
            (Tampering.LOG_TRUNCATED, None),
            (Tampering.LOG_MEMBER_APPENDED, None),
        ],
    )
    def test_not_valid(self, tampering: Tampering, shown: str | None) -> None:
        """It sees what inflates, with its verdict; the verdict is the one without the check."""
        trail = made()
        [log] = trail.logs[2:3]
        tamper(trail, tampering, log)
        seen: dict[str, str] = {}

        def note(verdict: Verdict, content: bytes) -> list[Finding]:
            seen[verdict.uri] = verdict.verdict
            return []

        assert verify(trail, plugin(on_log(note))).problems == verify(trail).problems != ()
        assert seen.get(log.uri) == shown
        assert len(seen) == 5 + (shown is not None)

    def test_several_threads(self) -> None:
        """Two log files are looked at at once: each waits for the other."""
        trail = made(4)
        both = threading.Barrier(2, timeout=30)

        def wait(verdict: Verdict, content: bytes) -> list[Finding]:
            both.wait()
            return []

        assert verify(trail, plugin(on_log(wait))).status == "whole"

    def test_behind_its_verdict(self) -> None:
        """A finding comes right behind the verdict on its file, also where verdicts wait for the end of the chain."""
        trail = made()
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[3])
        told = results(trail, plugin(on_log(lambda *_: [Finding(code="seen")])))
        before = dict(zip(map(id, told[1:]), told, strict=False))
        findings = [each for each in told if isinstance(each, Finding) and each.code == "house:seen"]
        assert len(findings) == 6
        for each in findings:
            verdict = before[id(each)]
            assert isinstance(verdict, Verdict)
            assert (verdict.uri, verdict.chain) == (each.uri, each.chain)


class TestObjects:
    """What `on_object` is asked."""

    def test_all(self, trail: FakeTrail) -> None:
        """Each object of both folders, once."""
        seen: list[str] = []

        def note(uri: str, stored: StoredObject) -> list[Finding]:
            assert uri == f"s3://{trail.bucket}/{stored.key}"
            assert stored.size > 0
            seen.append(uri)
            return []

        verify(trail, plugin(on_object(note)))
        assert sorted(seen) == uris(trail)

    def test_planted(self) -> None:
        """Objects with foreign names, and log files that no digest names."""
        trail = made()
        tamper(trail, Tampering.LOG_PLANTED, trail.logs[1])
        folder = trail.digests[0].place[1].rpartition("/")[0]
        trail.objects.put((trail.bucket, f"{folder}/notes.txt"), b"x")
        large = on_object(lambda _, stored: [Finding(code="small")] if stored.size < 10 else [])
        [finding] = [each for each in verify(trail, plugin(large)).findings if each.code == "house:small"]
        assert finding.uri == f"s3://{trail.bucket}/{folder}/notes.txt"

    def test_where_the_chain_leads(self) -> None:
        """Folders that a chain leads to are shown too, with what the check says."""
        trail = made(2)
        old = trail.bucket
        trail.bucket = "example-new"
        trail.run(hours=2)
        seen = [
            each.uri
            for each in verify(trail, plugin(on_object(lambda *_: [Finding(code="seen")]))).findings
            if each.code == "house:seen"
        ]
        assert sorted(map(str, seen)) == uris(trail)
        assert any(str(each).startswith(f"s3://{old}/") for each in seen)


class TestFindings:
    """What a check may say."""

    def test_code(self, trail: FakeTrail) -> None:
        """The plugin's name is put before its code; the file is named unless the check says otherwise."""
        time = datetime(2026, 3, 7, tzinfo=UTC)
        checks = (
            on_digest(lambda *_: [Finding(code="a"), Finding(code="b", uri="x", start=time, files=2, detail="words")]),
            on_log(lambda *_: iter([Finding(code="c-1")])),
        )
        found = {each.code: each for each in verify(trail, plugin(*checks)).findings}
        assert set(found) == {"house:a", "house:b", "house:c-1"}
        assert (found["house:a"].uri, found["house:b"].uri) == (trail.digests[0].uri, "x")
        assert (found["house:b"].start, found["house:b"].files, found["house:b"].detail) == (time, 2, "words")

    @pytest.mark.parametrize(("effect", "status"), [("none", "whole"), ("unproved", "unproved")])
    @pytest.mark.parametrize("how", [on_digest, on_log, on_object])
    def test_effect(self, trail: FakeTrail, how: Any, effect: Any, status: str) -> None:
        """Its effect is the check's to say."""
        report = verify(trail, plugin(how(lambda *_: [Finding(code="x", effect=effect)])))
        assert (report.status, {each.effect for each in report.findings}) == (status, {effect})

    def test_no_effect_on_what_is_broken(self) -> None:
        """Whatever checks say, what is invalid stays so."""
        trail = made()
        tamper(trail, Tampering.LOG_MODIFIED, trail.logs[0])
        for effect in ("none", "unproved"):
            saying: Any = plugin(on_log(lambda *_, effect=effect: [Finding(code="fine", effect=effect)]))
            assert verify(trail, saying).status == "broken"

    def test_many(self, trail: FakeTrail) -> None:
        """A check that has much to say crowds nothing of trailsdk's own out of the report."""
        since = trail.digests[0].start - timedelta(hours=1)
        chatty = plugin(on_object(lambda *_: [Finding(code="x")] * 500))
        report = verify(trail, chatty, since=since)
        own = [each for each in report.findings if not each.from_check]
        assert own == [*verify(trail, since=since).findings] != []
        assert (len(report.findings) - len(own), report.findings_total) == (1000, 9 * 500 + len(own))

    def test_nothing_becomes_proved(self) -> None:
        """Where there is nothing, a check's findings prove nothing."""
        trail = made()
        tamper(trail, Tampering.DIGEST_DELETED, *trail.digests)
        assert verify(trail, plugin(on_object(lambda *_: [Finding(code="fine")]))).status == "unproved"

    @pytest.mark.parametrize("code", [*FindingCode])
    def test_codes_of_trailsdk(self, trail: FakeTrail, code: FindingCode) -> None:
        """A plugin that uses trailsdk's word has it under its own name; trailsdk's very code is refused."""
        found = verify(trail, plugin(on_digest(lambda *_: [Finding(code=code.value)]))).findings
        assert {each.code for each in found} == {f"house:{code.value}"}
        found = verify(trail, plugin(on_digest(lambda *_: [Finding(code=code)]))).findings
        assert {each.code for each in found} == {"check-failed"}

    def test_two_plugins_with_one_code(self, trail: FakeTrail) -> None:
        """They are told apart by the plugins' names, and come in the order of these."""
        checks = [plugin(on_digest(lambda *_: [Finding(code="x")]), name=name) for name in ("b", "a")]
        codes = [each.code for each in verify(trail, *checks).findings]
        assert codes == ["a:x", "b:x"] * 3

    @given(*[st.text("ab:-\n", max_size=5)] * 4)
    @settings(max_examples=300)
    def test_no_collisions(self, one: str, other: str, code: str, another: str) -> None:
        """Whatever plugins are called, codes of two are never equal, nor one of trailsdk's."""

        def said(name: str, code: str) -> str:
            check = Check(plugin=name, name="x", on_digest=lambda *_: [Finding(code=code)])
            verdict = Verdict(kind="digest", verdict="valid", uri="x", chain=CHAIN)
            return Checks((check,)).of_digest(verdict, Digest())[0].code

        first, second = said(one, code), said(other, another)
        assert first not in set(FindingCode) - {FindingCode.CHECK_FAILED}
        if "check-failed" not in (first, second) and one != other:
            assert first != second


CHAIN = ChainId(account_id="111122223333", region="us-east-1", trail_name="main", home_region="us-east-1")


def _broken() -> Iterator[Finding]:
    yield Finding(code="before")
    raise RuntimeError("hunter2")


class TestFaults:
    """What a check does wrong names the plugin, makes the report unproved, and costs nothing else."""

    @pytest.mark.parametrize("how", [on_digest, on_log, on_object])
    def test_raises(self, trail: FakeTrail, how: Any) -> None:
        """One finding for each file; all verdicts come, and what other checks say."""
        report = verify(trail, plugin(how(lambda *_: 1 / 0), how(lambda *_: [Finding(code="fine")], "other")))
        failed = [each for each in report.findings if each.code is FindingCode.CHECK_FAILED]
        assert len(failed) == sum(each.code == "house:fine" for each in report.findings) > 2
        assert (report.status, report.exit_code) == ("unproved", 3)
        assert (report.digests.valid, report.logs.valid, report.problems) == (3, 6, ())
        for each in failed:
            assert each.error is not None
            assert (each.error.plugin, each.error.hook) == ("house", "trailsdk_checks")
            assert isinstance(each.error.__cause__, ZeroDivisionError)
            assert each.detail == str(each.error)
            assert each.uri is not None
            assert "the check 'mine' raised ZeroDivisionError" in each.detail

    def test_in_the_middle(self, trail: FakeTrail) -> None:
        """The findings before the fault come; the text of the error is left to its cause."""
        report = verify(trail, plugin(on_digest(lambda *_: _broken())))
        assert [each.code for each in report.findings] == ["house:before", "check-failed"] * 3
        assert "hunter2" not in str([each.detail for each in report.findings])

    @pytest.mark.parametrize(
        ("gives", "words"),
        [
            (None, "gave a NoneType"),
            ("text", "gave a str"),
            (5, "gave a int"),
            ([5], "gave a int, expected a Finding"),
            ([Finding(code="A")], "code is not of a-z"),
            ([Finding(code="")], "code is not of a-z"),
            ([Finding(code="other:x")], "code is not of a-z"),
            ([Finding(code="x\n")], "code is not of a-z"),
            ([Finding(code=5)], "code is not of a-z"),  # type: ignore[arg-type]  # that is the test
            ([Finding(code="x", effect="valid")], "neither none nor unproved"),  # type: ignore[arg-type]
            ([Finding(code="x", uri=5)], "no text"),  # type: ignore[arg-type]
            ([Finding(code="x", detail=5)], "no text"),  # type: ignore[arg-type]
            ([Finding(code="x", chain="c")], "no ChainId"),  # type: ignore[arg-type]
            ([Finding(code="x", start=datetime(2026, 3, 7))], "no aware datetime"),  # noqa: DTZ001 (that is the test)
            ([Finding(code="x", end="2026")], "no aware datetime"),  # type: ignore[arg-type]
            ([Finding(code="x", files=0)], "number of files"),
            ([Finding(code="x", files=True)], "number of files"),
        ],
    )
    def test_no_findings(self, trail: FakeTrail, gives: Any, words: str) -> None:
        """What is no sound finding is a fault."""
        report = verify(trail, plugin(on_digest(lambda *_: gives)))
        assert [each.code for each in report.findings] == ["check-failed"] * 3
        assert words in report.findings[0].detail
        check_document(json.loads(_json.encode(document_of(report))))

    def test_few_causes_are_kept(self) -> None:
        """A cause may hold a log file's content, so only some are kept."""
        report = verify(made(20), plugin(on_log(lambda *_: 1 / 0)))
        errors = [each.error for each in report.findings]
        assert len(errors) == 40
        assert sum(each is not None and each.__cause__ is not None for each in errors) == 10

    def test_hook_fails(self, trail: FakeTrail) -> None:
        """A hook that fails, or gives something else, is an error at once."""
        for gives in (lambda: 1 / 0, lambda: [5], lambda: None):
            bad = SimpleNamespace(__name__="bad", trailsdk_checks=hookimpl(gives))
            with pytest.raises(PluginError, match="plugin bad, trailsdk_checks"):
                trailsdk.iter_verify(trail.objects.store(trail.bucket), plugins=[bad], now=trail.now)

    def test_same_name(self, trail: FakeTrail) -> None:
        """Two plugins of one name are an error at once."""
        both = [plugin(on_digest(lambda *_: [])), plugin(on_log(lambda *_: []))]
        with pytest.raises(PluginError, match="plugin house, registration"):
            verify(trail, *both)

    def test_wrong_parts(self) -> None:
        """A check that is wrong is refused where it is made."""
        with pytest.raises(TypeError, match="on_log is no function"):
            IntegrityCheck("x", on_log=5)  # type: ignore[arg-type]  # that is the test
        with pytest.raises(TypeError, match="name is no text"):
            IntegrityCheck("")

    def test_interrupt(self, trail: FakeTrail) -> None:
        """Ctrl-C in a check ends the verification."""

        def interrupt(*_: object) -> Iterable[Finding]:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            verify(trail, plugin(on_digest(interrupt)))


class TestVerdictsStay:
    """Checks change no verdict and no coverage."""

    @given(st.lists(st.sampled_from([each for each in Tampering if each is not Tampering.LOG_BOMB]), max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_any_tampering(self, tamperings: list[Tampering]) -> None:
        """Without the findings of checks, the results are those without checks, in the same order."""
        trail = made(6)
        for number, each in enumerate(tamperings):
            digest = trail.digests[number + 1]
            if digest.place in trail.objects and digest.logs[0].place in trail.objects:
                tamper(trail, each, digest.logs[0] if each.value.kind == "log" else digest)

        def gives(*_: object) -> list[Finding]:
            return [Finding(code="x", effect="unproved")]

        checks = plugin(on_digest(gives), on_log(gives), on_object(gives), on_log(lambda *_: 1 / 0, "bad"))
        mine = {"house:x", "check-failed"}
        told = [each for each in results(trail, checks) if not (isinstance(each, Finding) and each.code in mine)]
        assert told == results(trail)


class TestState:
    """With a state, nothing that a check has not seen, or doubts, passes for looked at."""

    @pytest.mark.parametrize("how", [on_digest, on_log])
    @pytest.mark.parametrize("gives", [lambda *_: [Finding(code="x", effect="unproved")], lambda *_: 1 / 0])
    def test_doubts_are_told_again(self, tmp_path: Path, how: Any, gives: Any) -> None:
        """What a check leaves unproved, or failed at, is looked at in the next run too."""
        trail = made(6)
        checked = trail.digests[2].uri, trail.logs[4].uri
        doubt = plugin(how(lambda verdict, _: gives() if verdict.uri in checked else []))
        runs = [verify(trail, doubt, state=tmp_path / "state") for _ in range(3)]
        assert [each.status for each in runs] == ["unproved"] * 3
        assert runs[1].digests.valid == 1
        assert [each.code for each in runs[2].findings].count(runs[0].findings[0].code) == 1

    def test_a_new_check_sees_all(self, tmp_path: Path) -> None:
        """A check that was not there has all read again; once it has seen it, not."""
        trail = made()
        seen: list[str] = []

        def note(verdict: Verdict, content: bytes) -> list[Finding]:
            seen.append(verdict.uri)
            return []

        noting = on_log(note)
        options = {"state": tmp_path / "state"}
        assert verify(trail, **options).logs.valid == 6
        assert verify(trail, plugin(noting), **options).logs.valid == 6
        assert len(seen) == 6
        assert verify(trail, plugin(noting), **options).proved_earlier == 9
        assert verify(trail, plugin(evolve(noting, name="other")), **options).logs.valid == 6

    def test_a_check_that_was_away(self, tmp_path: Path) -> None:
        """What was proved while a check was away is read again when it is back."""
        trail = made()
        noting = plugin(on_log(lambda *_: []))
        options = {"state": tmp_path / "state"}
        verify(trail, noting, **options)
        assert verify(trail, **options).proved_earlier == 9
        assert verify(trail, noting, **options).logs.valid == 6

    def test_listings_need_nothing_read(self, tmp_path: Path) -> None:
        """A check of listings sees them in each run, whatever was proved."""
        trail = made()
        options = {"state": tmp_path / "state"}
        verify(trail, **options)
        report = verify(trail, plugin(on_object(lambda *_: [Finding(code="x")])), **options)
        assert report.proved_earlier == 9
        assert sum(each.code == "house:x" for each in report.findings) == 9


class TestOutput:
    """JSON and text."""

    def test_document(self, trail: FakeTrail) -> None:
        """The schema knows codes of plugins, and no others."""
        report = verify(trail, plugin(on_digest(lambda *_: [Finding(code="x", effect="unproved", detail="why")])))
        document = json.loads(_json.encode(document_of(report)))
        check_document(document)
        found = document["findings"][0]
        assert (found["code"], found["effect"], found["detail"]) == ("house:x", "unproved", "why")
        for code in ("x", "house:", "house:X"):
            found["code"] = code
            with pytest.raises(fastjsonschema.JsonSchemaException):
                check_document(document)

    def test_command(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], trail: FakeTrail
    ) -> None:
        """The command asks installed plugins, shows their words escaped, and ends with 3 where they doubt."""
        trail.objects.write_into(tmp_path / "mirror")
        write_public_keys(trail.public_keys, tmp_path / "keys")
        name = "od\x1bd"
        odd = plugin(on_digest(lambda *_: [Finding(code="x", effect="unproved", detail="\x1b[2J")]), name=name)
        entry_point = SimpleNamespace(name=name, dist=None, load=lambda: odd)
        monkeypatch.setattr(manager, "_installed", lambda: (entry_point,))
        # None but this test has managers for these two settings.
        options = [str(tmp_path / "mirror"), "--public-keys", str(tmp_path / "keys"), "--until", f"{trail.now:%FT%TZ}"]
        monkeypatch.setenv("TRAILSDK_PLUGINS_OFF", "test-command")
        assert run(["verify", *options]) == 3
        printed = capsys.readouterr().out
        assert printed.count("od\\x1bd:x\t") == 3
        assert "\x1b" not in printed
        monkeypatch.setenv("TRAILSDK_PLUGINS_OFF", f"test-command,{name}")
        assert run(["verify", *options]) == 0
        assert "od" not in capsys.readouterr().out.replace(str(tmp_path), "")
