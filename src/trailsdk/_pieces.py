"""What a source's files give, and what goes wrong with them: errors of ours, told apart from the caller's own."""

from collections.abc import Iterable, Iterator

from trailsdk.codec.containers import Piece
from trailsdk.errors import NotFoundError, PluginError, TrailError, UnreadableError
from trailsdk.plugins.manager import BUILTIN

__all__ = ["Pieces", "as_ours"]


def as_ours(error: Exception, location: str | None, plugin: str) -> TrailError:
    """Make an error of ours of what a source or its file raised."""
    place = location or "data"
    if isinstance(error, TrailError):
        return error
    if isinstance(error, FileNotFoundError):
        return NotFoundError(place, "no such file or folder")
    if isinstance(error, OSError):
        return UnreadableError(place, error.strerror or type(error).__name__)
    if isinstance(error, ValueError) and plugin == BUILTIN:
        return UnreadableError(place, "the file is closed")
    made = PluginError(plugin, "trailsdk_sources", f"{place}: it raised {type(error).__name__}")
    made.__cause__ = error
    return made


class Pieces:
    """The pieces of a file, and what went wrong while they were read.

    Errors of reading are caught here, so that those of the caller's own functions are not mistaken for them.
    """

    def __init__(self, pieces: Iterable[Piece], location: str | None, plugin: str) -> None:
        self.wrong: TrailError | None = None
        self._pieces = pieces
        self._location = location
        self._plugin = plugin

    def __iter__(self) -> Iterator[Piece]:
        if isinstance(self._pieces, list):
            return iter(self._pieces)
        return self._guarded()

    def _guarded(self) -> Iterator[Piece]:
        try:
            yield from self._pieces
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a source's file raises is the source's)
            self.wrong = as_ours(error, self._location, self._plugin)
