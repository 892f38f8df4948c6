"""The hooks: what plugins can add, and what becomes of their faults."""

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trailsdk
from trailsdk import Record, Stats, TrailError
from trailsdk.errors import LocationError, NotRecordsError, PluginConflictError, PluginError, UsageError
from trailsdk.plugins import Blob, Content, Decoder, Observer, Sink, SourcePlan, Stage, hookimpl, make_manager

LINES = b'{"eventName":"a"}\n{"eventName":"b"}\n'


def plugin(name: str = "plugin", **hooks: Any) -> Any:
    """Make a plugin: from the name of a hook, without its prefix, to what it gives, or to a function."""
    made = SimpleNamespace(__name__=name)
    for hook, gives in hooks.items():
        setattr(made, f"trailsdk_{hook}", hookimpl(_factory(gives)))
    return made


def _factory(gives: Any) -> Any:
    """Make a function without arguments, as hooks are."""
    return lambda: gives() if callable(gives) else gives


def names(stream: Iterator[Record]) -> list[str | None]:
    return [record.event_name for record in stream]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines"
    path.write_bytes(LINES)
    return path


class TestSources:
    """Sources by URI scheme."""

    def test_scheme(self) -> None:
        """A location with a plugin's scheme is opened by the plugin."""

        def open_memory(uri: str) -> Any:
            return trailsdk.sources.OpenFile(io.BytesIO(json.dumps({"eventName": uri}).encode()))

        added = plugin(sources={"memory": open_memory})
        assert names(trailsdk.read("memory://x", plugins=[added])) == ["memory://x"]
        assert names(trailsdk.read("MEMORY://x", plugins=[added])) == ["MEMORY://x"]

    def test_unknown_scheme(self) -> None:
        """The error tells which schemes there are."""
        with pytest.raises(LocationError, match="there are cloudwatch://, file://"):
            trailsdk.read("gopher://x")

    def test_two_instances(self) -> None:
        """Two plugins that were handed in for one scheme are an error at once; it names both."""
        one, other = (plugin(name, sources={"x": trailsdk.Local}) for name in ("one", "other"))
        with pytest.raises(PluginConflictError, match=r"plugins one and other, .* the scheme x"):
            make_manager([one, other])

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (["x"], "gives a list"),
            ({"x": 5}, "something else than functions"),
            (lambda: 1 / 0, "ZeroDivisionError"),
            ({"x": lambda _: 5}, "gave a int, no source"),
            ({"x": lambda _: 1 / 0}, "ZeroDivisionError"),
        ],
    )
    def test_faults(self, given: Any, message: str) -> None:
        """A source that is none is an error with the plugin's name, at once."""
        with pytest.raises(PluginError, match=f"plugin bad, trailsdk_sources: .*{message}"):
            trailsdk.read("x://", plugins=[plugin("bad", sources=given)])

    def test_claims_a_taken_scheme(self) -> None:
        """A plugin that claims trailsdk's own scheme is an error that names both, when it is used."""
        with pytest.raises(PluginConflictError, match=r"plugins trailsdk and mine, .* the scheme file"):
            trailsdk.read("/nowhere", plugins=[plugin("mine", sources={"file": trailsdk.Local})])


class TestDecoders:
    """Content that is no container of AWS's."""

    def decoder(self, name: str = "export", **more: Any) -> Any:
        def decode(content: Content) -> Any:
            if not content.data.startswith(b"EXPORT"):
                return None
            return more.get("gives", [b'{"eventName":"a"}', {"eventName": "b"}])

        return plugin(name, decoders=[Decoder("an export", decode)])

    def test_records(self, tmp_path: Path) -> None:
        """A decoder gives records as text or as mappings; other files are none of its business."""
        (tmp_path / "export").write_bytes(b"EXPORT")
        (tmp_path / "log").write_bytes(LINES)
        stream = trailsdk.read(tmp_path, plugins=[self.decoder()])
        assert names(stream) == ["a", "b", "a", "b"]
        assert stream.stats.read == 2

    def test_not_its_own(self, tmp_path: Path) -> None:
        """What no decoder takes is named as before."""
        (tmp_path / "x").write_text("other")
        with pytest.raises(NotRecordsError):
            list(trailsdk.read(tmp_path / "x", plugins=[self.decoder()]))

    def test_two_take_it(self, tmp_path: Path) -> None:
        """Two decoders for one file are an error that names both."""
        (tmp_path / "x").write_text("EXPORT")
        both = [self.decoder("one"), self.decoder("other")]
        with pytest.raises(PluginConflictError, match="plugins one and other"):
            list(trailsdk.read(tmp_path, plugins=both))

    @pytest.mark.parametrize("gives", [[5], [None], [b"{"], [{"a": object()}], ["text"]])
    def test_no_records(self, tmp_path: Path, gives: list[Any]) -> None:
        """What is no record costs one record."""
        (tmp_path / "x").write_text("EXPORT")
        errors: list[TrailError] = []
        stream = trailsdk.read(tmp_path, plugins=[self.decoder(gives=[b"{}", *gives, b"{}"])], on_error=errors.append)
        assert len(list(stream)) == 2
        assert (len(errors), stream.stats.bad, stream.stats.read) == (1, 1, 1)

    def test_fails_in_the_middle(self, tmp_path: Path) -> None:
        """The records before the fault come; the file is failed; the error names the plugin."""

        def broken() -> Iterator[bytes]:
            yield b'{"eventName":"a"}'
            raise RuntimeError("boom")

        (tmp_path / "x").write_text("EXPORT")
        errors: list[TrailError] = []
        stream = trailsdk.read(tmp_path, plugins=[self.decoder(gives=broken())], on_error=errors.append)
        assert names(stream) == ["a"]
        assert [str(error) for error in errors] == ["plugin export, trailsdk_decoders: it raised RuntimeError"]
        assert isinstance(errors[0].__cause__, RuntimeError)
        assert (stream.stats.failed, stream.stats.unreached) == (1, 0)


class TestStages:
    """Files before they are opened, and records."""

    def test_files(self, tmp_path: Path) -> None:
        """A file that a stage does not want is pruned, and not opened."""
        (tmp_path / "a").write_bytes(LINES)
        (tmp_path / "b").write_text("{")
        stage = Stage(keep_file=lambda blob: blob.location.endswith("a"))
        stream = trailsdk.read(tmp_path, plugins=[plugin(stages=[stage])])
        assert names(stream) == ["a", "b"]
        assert (stream.stats.read, stream.stats.pruned) == (1, 1)

    def test_records(self, lines: Path) -> None:
        """A record is kept, dropped, or enriched under the plugin's name; the evidence stays as it is."""
        stage = Stage(on_record=lambda record: record.event_name == "b" and {"seen": record.event_name})
        stream = trailsdk.read(lines, plugins=[plugin("mine", stages=[stage])])
        [record] = stream
        assert record.enrichments == {"mine": {"seen": "b"}}
        assert (stream.stats.yielded, stream.stats.filtered) == (1, 1)
        assert record == trailsdk.parse_record('{"eventName":"b"}')
        assert "enrichments" not in record.to_dict()

    def test_several(self, lines: Path) -> None:
        """Stages run in the order of the plugins' names, after the caller's selection; a dropped record ends it."""
        seen: list[str] = []

        def stage(name: str) -> Any:
            return plugin(name, stages=[Stage(on_record=lambda r: seen.append(f"{name}{r.event_name}"))])

        list(trailsdk.read(lines, plugins=[stage("z"), stage("y")], where=lambda record: record.event_name == "b"))
        assert seen == ["yb", "zb"]

    @pytest.mark.parametrize(("said", "message"), [(lambda: 1 / 0, "ZeroDivisionError"), (lambda: 5, "gave a int")])
    def test_a_fault_loses_no_evidence(self, lines: Path, said: Any, message: str) -> None:
        """The record is kept as it is; the error is the plugin's, and obeys `on_error`."""
        bad = plugin("bad", stages=[Stage(on_record=lambda _: said(), keep_file=lambda _: 1 / 0 > 0)])
        errors: list[TrailError] = []
        stream = trailsdk.read(lines, plugins=[bad], on_error=errors.append)
        assert names(stream) == ["a", "b"]
        assert (stream.stats.yielded, stream.stats.bad, stream.stats.failed) == (2, 0, 0)
        assert message in str(errors[1])
        assert all(isinstance(error, PluginError) and error.plugin == "bad" for error in errors)
        assert len(errors) == 3
        with pytest.raises(PluginError):
            list(trailsdk.read(lines, plugins=[bad]))

    def test_two_stages_of_one_plugin(self, lines: Path) -> None:
        """What they add is joined."""
        stages = [Stage(on_record=lambda _: {"a": 1}), Stage(on_record=lambda _: {"b": 2})]
        record = next(trailsdk.read(lines, plugins=[plugin("two", stages=stages)]))
        assert record.enrichments == {"two": {"a": 1, "b": 2}}

    def test_a_stage_that_says_nothing(self, lines: Path) -> None:
        """`keep_file` has to say True or False; a file is not lost because it forgot to."""
        errors: list[TrailError] = []
        stage: Any = Stage(keep_file=lambda _: None)  # type: ignore[arg-type, return-value]  # that is the test
        stream = trailsdk.read(lines, plugins=[plugin("mute", stages=[stage])], on_error=errors.append)
        assert names(stream) == ["a", "b"]
        assert "neither True nor False" in str(errors[0])

    def test_credentials_stay_out_of_messages(self, lines: Path) -> None:
        """The text of a plugin's error may quote what it looked at; it is left to the cause."""
        stage = Stage(on_record=lambda _: bool(int("hunter2")))
        with pytest.raises(PluginError) as caught:
            list(trailsdk.read(lines, plugins=[plugin("bad", stages=[stage])]))
        assert "hunter2" not in str(caught.value)
        assert "hunter2" in str(caught.value.__cause__)


class TestFaultySources:
    """Whatever a source does, the error is its own, and the counters add up."""

    def read(self, blobs: Any, **more: Any) -> tuple[list[str | None], list[TrailError], Stats]:
        source = SimpleNamespace(location="x", plan=lambda _: SourcePlan("x"), blobs=lambda *_: blobs())
        added = plugin("faulty", sources={"x": lambda _: source})
        errors: list[TrailError] = []
        stream = trailsdk.read("x://", plugins=[added], on_error=errors.append, **more)
        found = names(stream)
        stats = stream.stats
        assert stats.listed == stats.read + stats.pruned + stats.skipped + stats.failed
        assert stats.unreached == 0
        return found, errors, stats

    def test_a_list(self) -> None:
        """Any iterable of files will do."""
        assert self.read(lambda: [Blob("a", lambda: io.BytesIO(LINES))])[0] == ["a", "b"]

    @pytest.mark.parametrize(
        "blobs",
        [
            lambda: ["text"],
            lambda: 1 / 0,
            lambda: [1 / 0],
            lambda: 5,
            lambda: [Blob("a", io.StringIO)],  # type: ignore[arg-type]  # that is the test
            lambda: [Blob("a", lambda: 1 / 0)],  # type: ignore[arg-type, return-value]  # that is the test
        ],
    )
    def test_faults(self, blobs: Any) -> None:
        """One error each; it names the plugin, or is an error of reading."""
        found, errors, stats = self.read(blobs)
        assert (found, len(errors), stats.failed) == ([], 1, 1)

    def test_the_rest_goes_on(self) -> None:
        """A file that cannot be opened costs one file."""
        good = Blob("b", lambda: io.BytesIO(LINES))
        found, errors, _ = self.read(lambda: [Blob("a", lambda: 1 / 0), good])  # type: ignore[arg-type, return-value]
        assert (found, len(errors)) == (["a", "b"], 1)


class TestObservers:
    """What is told, and when."""

    def test_order(self, tmp_path: Path) -> None:
        """Plan, files, errors, end."""
        (tmp_path / "a").write_bytes(LINES)
        (tmp_path / "b").write_text("{")
        told: list[str] = []
        observer = Observer(
            plan_made=lambda plan, stats: told.append(f"plan {len(plan)} {stats.seen}"),
            file_started=lambda blob: told.append(f"started {Path(blob.location).name}"),
            file_finished=lambda blob, stats: told.append(f"finished {Path(blob.location).name} {stats.seen}"),
            error=lambda error: told.append(type(error).__name__),
            end=lambda stats: told.append(f"end {stats.read}"),
        )
        list(trailsdk.read(tmp_path, plugins=[plugin(observers=[observer])], on_error="skip"))
        expected = ["plan 1 0", "started a", "finished a 2", "started b", "MalformedFileError", "finished b 2", "end 1"]
        assert told == expected

    def test_progress(self, tmp_path: Path) -> None:
        """Progress is told within a large file and after each file."""
        (tmp_path / "large").write_bytes(b'{"eventName":"a"}\n' * 25_000)
        (tmp_path / "small").write_bytes(LINES)
        told: list[int] = []
        observer = Observer(progress=lambda stats: told.append(stats.seen))
        list(trailsdk.read(tmp_path, plugins=[plugin(observers=[observer])]))
        assert told == [10_000, 20_000, 25_000, 25_002]

    def test_end_of_a_closed_stream(self, lines: Path) -> None:
        """The end is told also where the stream is closed early."""
        ends: list[int] = []
        observer = Observer(end=lambda stats: ends.append(stats.yielded))
        with trailsdk.read(lines, plugins=[plugin(observers=[observer])]) as stream:
            next(stream)
        assert ends == [1]

    def test_asked_once_a_stream(self, lines: Path) -> None:
        """A hook is a factory: each stream has its own observers."""
        made: list[Observer] = []

        def factory() -> list[Observer]:
            made.append(Observer())
            return made[-1:]

        added = plugin(observers=factory)
        for expected in (1, 2):
            list(trailsdk.read(lines, plugins=[added]))
            assert len(made) == expected

    def test_a_fault_is_told_once(self, tmp_path: Path) -> None:
        """An observer that fails is told nothing more; the stream goes on."""
        for name in "abc":
            (tmp_path / name).write_bytes(LINES)

        def fail(_: Blob, __: Stats) -> None:
            raise RuntimeError("boom")

        errors: list[TrailError] = []
        stream = trailsdk.read(
            tmp_path,
            plugins=[plugin("bad", observers=[Observer(file_finished=fail)])],
            on_error=errors.append,
        )
        assert len(list(stream)) == 6
        assert [str(error) for error in errors] == ["plugin bad, trailsdk_observers: it raised RuntimeError"]


class TestSinks:
    """Formats to write."""

    def test_by_name_and_by_ending(self, tmp_path: Path) -> None:
        """A plugin's format is found by its name and by the destination's ending, compressed or not."""

        def write(records: Any, out: Any) -> None:
            for record in records:
                out.write(f"<{record.event_name}>".encode())

        added = plugin(sinks=[Sink("xml", (".xml",), write)])
        records = list(trailsdk.parse(LINES))
        assert trailsdk.write(records, tmp_path / "out.xml", plugins=[added]) == 2
        assert (tmp_path / "out.xml").read_text() == "<a><b>"
        out = io.BytesIO()
        trailsdk.write(records, out, format="xml", plugins=[added])
        assert out.getvalue() == b"<a><b>"
        trailsdk.write(records, tmp_path / "out.xml.gz", plugins=[added])
        assert (tmp_path / "out.xml.gz").read_bytes()[:2] == b"\x1f\x8b"

    def test_unknown(self) -> None:
        """The error tells which formats there are."""
        with pytest.raises(UsageError, match="there are ndjson, records"):
            trailsdk.write([], io.BytesIO(), format="xml")

    def test_a_sink_that_fails(self, tmp_path: Path) -> None:
        """The error names the plugin; nothing is left behind."""
        broken = plugin("broken", sinks=[Sink("x", (".x",), lambda *_: 1 / 0)])
        with pytest.raises(PluginError, match="plugin broken, trailsdk_sinks: it raised ZeroDivisionError"):
            trailsdk.write([], tmp_path / "out.x", plugins=[broken])
        assert list(tmp_path.iterdir()) == []

    def test_the_longest_ending(self, tmp_path: Path) -> None:
        """`.ocsf.json` is not `.json`."""
        added = plugin(sinks=[Sink("ocsf", (".ocsf.json",), lambda _, out: out.write(b"ocsf"))])
        trailsdk.write([], tmp_path / "out.ocsf.json", plugins=[added])
        assert (tmp_path / "out.ocsf.json").read_bytes() == b"ocsf"

    def test_two_of_one_name(self, tmp_path: Path) -> None:
        """A format of trailsdk's own cannot be taken over."""
        mine = plugin("mine", sinks=[Sink("ndjson", (".x",), lambda *_: None)])
        with pytest.raises(PluginConflictError, match="plugins trailsdk and mine"):
            trailsdk.write([], tmp_path / "out", format="ndjson", plugins=[mine])


class TestRegistration:
    """Mistakes are found when a plugin is registered, with its name and the hook."""

    def refused(self, bad: Any) -> PluginError:
        with pytest.raises(PluginError) as caught:
            make_manager([bad])
        return caught.value

    def test_misspelt_hook(self) -> None:
        """A hook that does not exist."""
        error = self.refused(plugin("bad", source={}))
        assert (error.plugin, error.hook) == ("bad", "trailsdk_source")

    def test_unmarked_function(self) -> None:
        """A function that is named like a hook, but not marked."""
        error = self.refused(SimpleNamespace(__name__="bad", trailsdk_sources=dict))
        assert (error.plugin, error.hook) == ("bad", "trailsdk_sources")
        assert "not marked" in error.reason

    def test_wrong_signature(self) -> None:
        """A hook with arguments that nobody gives."""

        @hookimpl
        def trailsdk_sources(uri: str) -> dict[str, str]:
            return {uri: uri}

        error = self.refused(SimpleNamespace(__name__="bad", trailsdk_sources=trailsdk_sources))
        assert (error.plugin, error.hook) == ("bad", "trailsdk_sources")

    def test_no_hooks(self) -> None:
        """An object that implements nothing."""
        assert "none of trailsdk_sources" in self.refused(SimpleNamespace(__name__="bad")).reason

    def test_twice(self) -> None:
        """The same plugin twice."""
        one = plugin("one", stages=[])
        with pytest.raises(PluginError, match="plugin one, registration"):
            make_manager([one, one])

    @pytest.mark.parametrize("hook", ["decoders", "stages", "observers", "sinks", "checks"])
    @pytest.mark.parametrize("given", [None, 5, "text", [5]])
    def test_wrong_types(self, lines: Path, hook: str, given: Any) -> None:
        """A hook that gives something else."""
        bad = plugin("bad", **{hook: lambda: given})
        use: Any = {
            "sinks": partial(trailsdk.write, [], io.BytesIO()),
            "checks": partial(trailsdk.verify, lines.parent),
        }.get(hook, partial(trailsdk.read, lines))
        with pytest.raises(PluginError, match=f"plugin bad, trailsdk_{hook}: it gives a"):
            use(plugins=[bad])

    @pytest.mark.parametrize(("part", "given"), [(Stage, {"on_record": 5}), (Observer, {"end": "x"})])
    def test_wrong_parts(self, part: Any, given: Any) -> None:
        """A part that is wrong is refused where it is made."""
        with pytest.raises(TypeError, match="is no function"):
            part(**given)

    def test_nothing_global(self, lines: Path) -> None:
        """A plugin of one call is gone in the next."""
        list(trailsdk.read(lines, plugins=[plugin("once", stages=[Stage(on_record=lambda _: False)])]))
        assert names(trailsdk.read(lines)) == ["a", "b"]
        assert [info.name for info in make_manager(load_entry_points=False).plugins()] == ["trailsdk"]
