"""What plugins do in one stream, asked for once and joined to plain functions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from trailsdk.codec.containers import Content, Division
from trailsdk.codec.records import enrich
from trailsdk.errors import FileError, NotRecordsError, PluginConflictError, PluginError, TrailError
from trailsdk.model.record import Record
from trailsdk.plugins.manager import Manager, Named
from trailsdk.plugins.parts import Decoder, Stage
from trailsdk.select.selection import RecordTest
from trailsdk.sources.base import Blob, SourcePlan, Stats

__all__ = ["PACE", "OnError", "Parts"]

PACE = 10_000
"""Records of one file after which progress is told."""

OnError: TypeAlias = Literal["raise", "skip"] | Callable[[TrailError], object]
"""What to do with an error: raise it, go on, or hand it to a function; if that returns, go on."""


def _stop(error: TrailError) -> None:
    raise error


def _go_on(_: TrailError) -> None:
    pass


def _fault(plugin: str, hook: str, error: Exception) -> PluginError:
    """Attribute what a plugin's function raised to the plugin.

    The text of its error is left to the cause: that of `int("...")` or of a KeyError quotes what may be a credential.
    """
    made = PluginError(plugin, hook, f"it raised {type(error).__name__}")
    made.__cause__ = error
    return made


class Parts:
    """The stages, decoders and observers of one stream, and what becomes of errors."""

    def __init__(self, manager: Manager, on_error: OnError) -> None:
        self._decoders = manager.decoders()
        self._stages = manager.stages()
        self._observers = list(manager.observers())
        self._on_error = on_error if callable(on_error) else (_stop if on_error == "raise" else _go_on)

    def handle(self, error: TrailError) -> None:
        """Tell the observers of an error, then do what the caller asked for; the observers' own faults come after."""
        faults = self._faults("error", error)
        self._on_error(error)
        for fault in faults:
            self._on_error(fault)

    def _tell(self, what: str, *facts: Any) -> None:
        for fault in self._faults(what, *facts):
            self.handle(fault)

    def _faults(self, what: str, *facts: Any) -> list[PluginError]:
        """Call all observers, and give what they raised."""
        faults = []
        for observer in list(self._observers):
            function = getattr(observer.given, what)
            if function is None:
                continue
            try:
                function(*facts)
            except Exception as error:  # noqa: BLE001 (whatever a plugin raises is the plugin's)
                # It is told nothing more: its state is unknown, and one fault is not to be told a million times.
                self._observers.remove(observer)
                faults.append(_fault(observer.plugin, "trailsdk_observers", error))
        return faults

    def plan_made(self, plan: tuple[SourcePlan, ...], stats: Stats) -> None:
        """The stream begins."""
        self._tell("plan_made", plan, stats)

    def file_started(self, blob: Blob) -> None:
        """A file is opened."""
        if self._observers:
            self._tell("file_started", blob)

    def file_finished(self, blob: Blob, stats: Stats) -> None:
        """A file is done with."""
        if self._observers:
            self._tell("file_finished", blob, stats)
            self._tell("progress", stats)

    def paced(self, pieces: Iterable[Any], stats: Stats) -> Iterable[Any]:
        """Tell the progress within a large file, to those who want to know."""
        if not any(observer.given.progress for observer in self._observers):
            return pieces
        return self._paced(pieces, stats)

    def _paced(self, pieces: Iterable[Any], stats: Stats) -> Iterator[Any]:
        for number, piece in enumerate(pieces, 1):
            yield piece
            if number % PACE == 0:
                self._tell("progress", stats)

    def end(self, stats: Stats, *, orderly: bool) -> None:
        """The stream has ended; where an exception ended it, that is what the caller is to see."""
        faults = self._faults("end", stats)
        if orderly:
            for fault in faults:
                self.handle(fault)

    def keeps_file(self, blob: Blob) -> bool:
        """Ask the stages whether to read a file."""
        for stage in self._stages:
            if stage.given.keep_file is None:
                continue
            try:
                said: object = stage.given.keep_file(blob)
            except Exception as error:  # noqa: BLE001 (whatever a plugin raises is the plugin's)
                self.handle(_fault(stage.plugin, "trailsdk_stages", error))
                continue
            if said is False:
                return False
            if said is not True:
                reason = f"keep_file gave a {type(said).__name__}, neither True nor False"
                self.handle(PluginError(stage.plugin, "trailsdk_stages", reason))
        return True

    def record_test(self, test: RecordTest | None) -> RecordTest | None:
        """Join the caller's selection and the stages to one test of records."""
        tests = [] if test is None else [test]
        tests.extend(self._stage_test(stage) for stage in self._stages if stage.given.on_record is not None)
        if len(tests) <= 1:
            return tests[0] if tests else None
        return lambda record: all(test(record) for test in tests)

    def _stage_test(self, stage: Named[Stage]) -> RecordTest:
        on_record, plugin, handle = stage.given.on_record, stage.plugin, self.handle
        assert on_record is not None  # noqa: S101 (for the type checker; asked by the caller)

        def test(record: Record) -> bool:
            try:
                said: object = on_record(record)
            except Exception as error:  # noqa: BLE001 (whatever a plugin raises is the plugin's)
                handle(_fault(plugin, "trailsdk_stages", error))
                return True
            if said is None or said is True or said is False:
                return said is not False
            if isinstance(said, Mapping):
                enrich(record, plugin, said)
            else:
                handle(PluginError(plugin, "trailsdk_stages", f"on_record gave a {type(said).__name__}"))
            return True

        return test

    def decode(self, content: Content) -> Division:
        """Let the decoders look at a file's content, trailsdk's own first.

        Raises:
            NotRecordsError: None of them takes it; as trailsdk's own has named it.
            PluginError: A decoder failed, or two of them take it.
        """
        first, *others = self._decoders
        try:
            return _division(first.given.decode(content))
        except NotRecordsError as error:
            taken = [(each, found) for each in others if (found := self._ask(each, content)) is not None]
            if not taken:
                raise
            if len(taken) > 1:
                one, other = taken[0][0].plugin, taken[1][0].plugin
                what = f"a decoder for {error.location or 'data'}"
                raise PluginConflictError(one, "trailsdk_decoders", what, other) from None
            decoder, found = taken[0]
            if isinstance(found, (str, bytes, Mapping)) or not isinstance(found, Iterable):
                reason = f"it gave a {type(found).__name__}, expected records one after the other"
                raise PluginError(decoder.plugin, "trailsdk_decoders", reason) from None
            return Division(_attributed(found, decoder.plugin))

    def _ask(self, decoder: Named[Decoder], content: Content) -> Iterable[Any] | None:
        try:
            return decoder.given.decode(content)
        except FileError:
            raise
        except Exception as error:
            raise _fault(decoder.plugin, "trailsdk_decoders", error) from error


def _division(found: Iterable[Any] | None) -> Division:
    return found if isinstance(found, Division) else Division(found or ())


def _attributed(found: Iterable[Any], plugin: str) -> Iterator[Any]:
    """Go through what a decoder gives; what it raises in the middle is the plugin's."""
    try:
        for each in found:
            if isinstance(each, (bytes, Mapping, TrailError)):
                yield each
            else:
                yield PluginError(plugin, "trailsdk_decoders", f"it gave a {type(each).__name__}, no record")
    except TrailError:
        raise
    except Exception as error:
        raise _fault(plugin, "trailsdk_decoders", error) from error
