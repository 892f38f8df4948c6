"""A cursor as one JSON document, in a file or wherever the caller keeps it."""

import os
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
from attrs import frozen

from trailsdk import _json
from trailsdk._json import INVALID
from trailsdk.errors import CursorConflictError, CursorError
from trailsdk.sources.atomic import locked, temporary_in
from trailsdk.sources.cursor.memory import DELETE_OR_RESTORE, Changes, Entry, Folder, Unfinished
from trailsdk.sources.cursor.question import Question

__all__ = ["CursorStore", "DocumentMemory", "FileStore", "Saved"]

_FORMAT = 1


@frozen
class Saved:
    """A cursor as it is kept."""

    generation: int
    """How often it was saved, this time included."""
    data: bytes
    """JSON; it holds names of files and their ETags."""


class CursorStore(Protocol):
    """Where a cursor is kept: a row of a database, an item of DynamoDB, ... Errors of its own pass through."""

    location: str
    """What to call it in errors."""

    def load(self) -> Saved | None:
        """Give what was saved last; `None` where nothing was."""

    def save(self, saved: Saved) -> bool:
        """Keep this, as a whole and for good, if what is kept is the generation before it, or nothing before the first.

        Both must be one step, such as a conditional write.

        Returns:
            Whether it is kept: false where another generation is there.
        """


_Minute = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})?\Z")]


class _FolderDocument(msgspec.Struct):
    newest: _Minute
    settled: _Minute
    files: dict[str, tuple[_Minute, str | None]]


class _UnfinishedDocument(msgspec.Struct):
    etag: str | None
    pieces: Annotated[int, msgspec.Meta(ge=0)]
    failed: bool
    location: str


class _Document(msgspec.Struct, kw_only=True):
    """How it is written. `trailsdk_cursor` is the version of this form."""

    trailsdk_cursor: int
    generation: int
    location: str
    since: str | None
    until: str | None
    categories: tuple[str, ...] | None
    folders: dict[str, _FolderDocument]
    unfinished: dict[str, _UnfinishedDocument]


class DocumentMemory:
    """A cursor that is held in memory, and written as a whole."""

    def __init__(self, store: CursorStore) -> None:
        self._store = store
        self._generation = 0
        self._files: dict[str, dict[str, Entry]] = {}
        self.question: Question | None = None
        self.folders: dict[str, Folder] = {}
        self.unfinished: dict[str, Unfinished] = {}
        saved = store.load()
        if saved is not None:
            self._take(_decode(saved.data, store.location))
            self._generation = saved.generation

    def _take(self, document: _Document) -> None:
        self.question = Question(document.location, document.since, document.until, document.categories)
        for name, each in document.folders.items():
            self.folders[name] = Folder(each.newest, each.settled)
            self._files[name] = {file: Entry(time, etag) for file, (time, etag) in each.files.items()}
        for name, one in document.unfinished.items():
            self.unfinished[name] = Unfinished(one.etag, one.pieces, one.failed, one.location)

    def find(self, folder: str, name: str) -> Entry | None:
        """Look a file up among those that were consumed."""
        return self._files.get(folder, {}).get(name)

    def save(self, changes: Changes) -> None:
        """Add what has changed, and write all."""
        folders, unfinished = dict(self.folders), dict(self.unfinished)
        files = dict(self._files)
        for name, change in changes.folders.items():
            folders[name] = change.folder
            held = {**files.get(name, {}), **change.files}
            files[name] = {file: entry for file, entry in held.items() if _is_kept(entry, change.folder.settled)}
        for name, one in changes.unfinished.items():
            if one is None:
                unfinished.pop(name, None)
            else:
                unfinished[name] = one
        saved = Saved(self._generation + 1, _encode(self._generation + 1, changes.question, folders, files, unfinished))
        if not self._store.save(saved):
            raise CursorConflictError(self._store.location)
        self._generation = saved.generation
        self.question, self.folders, self._files, self.unfinished = changes.question, folders, files, unfinished

    def close(self) -> None:
        """There is nothing open."""


def _is_kept(entry: Entry, settled: str) -> bool:
    return not entry.time or entry.time >= settled


def _encode(
    generation: int,
    question: Question,
    folders: dict[str, Folder],
    files: dict[str, dict[str, Entry]],
    unfinished: dict[str, Unfinished],
) -> bytes:
    document = _Document(
        trailsdk_cursor=_FORMAT,
        generation=generation,
        location=question.location,
        since=question.since,
        until=question.until,
        categories=question.categories,
        folders={
            name: _FolderDocument(
                each.newest, each.settled, {file: (entry.time, entry.etag) for file, entry in files[name].items()}
            )
            for name, each in folders.items()
        },
        unfinished={
            name: _UnfinishedDocument(one.etag, one.pieces, one.failed, one.location)
            for name, one in unfinished.items()
        },
    )
    # Names of files may hold bytes that are no UTF-8, as unpaired surrogates: only ASCII carries them.
    return _json.encode_ascii(msgspec.to_builtins(document)) + b"\n"


def _decode(data: bytes, location: str) -> _Document:
    try:
        value: Any = _json.decode(data)
    except INVALID as error:
        reason = f"it is damaged, or no cursor ({_json.reason_of(error)}); {DELETE_OR_RESTORE}"
        raise CursorError(location, reason) from None
    version = value.get("trailsdk_cursor") if isinstance(value, dict) else None
    if not isinstance(version, int):
        raise CursorError(location, "it is no cursor, and is left as it is; name another file")
    if version != _FORMAT:
        raise CursorError(location, f"it is of version {version}, and this trailsdk knows {_FORMAT}")
    try:
        return msgspec.convert(value, _Document)
    except msgspec.ValidationError as error:
        raise CursorError(location, f"it is damaged ({error}); {DELETE_OR_RESTORE}") from None


class FileStore:
    """A file, replaced as a whole each time, so that a crash leaves the one before or the one after."""

    def __init__(self, path: str) -> None:
        # Links are followed once, or replacing the file would replace the link.
        self._path = Path(path).resolve()
        self.location = path

    def load(self) -> Saved | None:
        """Read the file.

        Raises:
            CursorError: It cannot be read, is damaged, or could not be written later.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            if not os.access(self._path.parent, os.W_OK):
                raise CursorError(self.location, f"no file can be made in {self._path.parent}") from None
            return None
        except OSError as error:
            raise CursorError(self.location, error.strerror or type(error).__name__) from error
        return Saved(_decode(data, self.location).generation, data)

    def save(self, saved: Saved) -> bool:
        """Replace the file. On Windows, two that save at the very same moment are not noticed.

        Raises:
            CursorError: The operating system refused. What was there is as it was.
        """
        try:
            with locked(str(self._path.parent)):
                held = self.load()
                if (0 if held is None else held.generation) != saved.generation - 1:
                    return False
                _replace(self._path, saved.data)
        except OSError as error:
            raise CursorError(self.location, error.strerror or type(error).__name__) from error
        return True


def _replace(path: Path, data: bytes) -> None:
    """Put a file in the place of another, both of which are never there in part; a loss of power takes neither."""
    with temporary_in(str(path.parent)) as made:
        made.file.write(data)
        made.finish(sync=True)
        made.take(str(path))
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:
        # Windows does not open folders.
        return
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
