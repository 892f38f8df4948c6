"""A cursor in SQLite: written bit by bit, for large windows."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from trailsdk import _json
from trailsdk.errors import CursorConflictError, CursorError
from trailsdk.sources.cursor.memory import DELETE_OR_RESTORE, Changes, Entry, Folder, Unfinished
from trailsdk.sources.cursor.question import Question

__all__ = ["SqliteMemory"]

_APPLICATION = 0x7472_6C63  # `trlc`
_FORMAT = 1

_SCHEMA = """
PRAGMA application_id = 0x74726c63;
PRAGMA user_version = 1;
CREATE TABLE cursor (generation INTEGER NOT NULL, question TEXT);
CREATE TABLE folder (name BLOB PRIMARY KEY, newest TEXT NOT NULL, settled TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (folder BLOB, name BLOB, time TEXT NOT NULL, etag TEXT, PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX file_time ON file (folder, time);
CREATE TABLE unfinished (
    name BLOB PRIMARY KEY, etag TEXT, pieces INTEGER NOT NULL, failed INTEGER NOT NULL, location BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO cursor VALUES (0, NULL);
"""

_WAIT_SECONDS = 10


class SqliteMemory:
    """A cursor in a file of SQLite. Files are looked up there one by one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None
        with self._trouble():
            if not Path(path).exists():
                _make(Path(path).resolve())
            with closing(self._connect()) as connection:
                self._generation, question = connection.execute("SELECT generation, question FROM cursor").fetchone()
                self.question = None if question is None else _question(question)
                self.folders = {
                    _text(name): Folder(newest, settled)
                    for name, newest, settled in connection.execute("SELECT name, newest, settled FROM folder")
                }
                self.unfinished = {
                    _text(name): Unfinished(etag, pieces, bool(failed), _text(location))
                    for name, etag, pieces, failed, location in connection.execute("SELECT * FROM unfinished")
                }

    def find(self, folder: str, name: str) -> Entry | None:
        """Look a file up among those that were consumed."""
        with self._trouble():
            if self._open is None:
                self._open = self._connect()
            row = self._open.execute(
                "SELECT time, etag FROM file WHERE folder = ? AND name = ?", (_bytes(folder), _bytes(name))
            ).fetchone()
        return None if row is None else Entry(*row)

    def save(self, changes: Changes) -> None:
        """Add what has changed, in one transaction."""
        with self._trouble(), closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                if connection.execute("SELECT generation FROM cursor").fetchone() != (self._generation,):
                    raise CursorConflictError(self._path)
                _write(connection, changes)
        self._generation += 1
        self.question = changes.question
        for name, change in changes.folders.items():
            self.folders[name] = change.folder
        for name, one in changes.unfinished.items():
            if one is None:
                self.unfinished.pop(name, None)
            else:
                self.unfinished[name] = one

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connect(self) -> sqlite3.Connection:
        # A stream may be closed by whichever thread drops it last.
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._check(connection)
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION:
            raise CursorError(self._path, "it is no cursor, and is left as it is; name another file")
        if version != _FORMAT:
            raise CursorError(self._path, f"it is of version {version}, and this trailsdk knows {_FORMAT}")

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Turn what SQLite raises into an error of ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise CursorError(self._path, str(error)) from error
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise CursorError(self._path, f"it is damaged, or no cursor ({error}); {DELETE_OR_RESTORE}") from error
        except OSError as error:
            raise CursorError(self._path, error.strerror or type(error).__name__) from error


def _make(path: Path) -> None:
    """Make an empty cursor beside its place, and put it there whole: an empty file would not tell what it is."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with closing(sqlite3.connect(temporary)) as connection:
            connection.executescript(_SCHEMA)
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            # Another reader was faster.
            return
        except OSError:
            # A file system without links.
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(connection: sqlite3.Connection, changes: Changes) -> None:
    question = changes.question
    text = _json.encode([question.location, question.since, question.until, question.categories]).decode()
    connection.execute("UPDATE cursor SET generation = generation + 1, question = ?", (text,))
    for name, change in changes.folders.items():
        folder, settled = _bytes(name), change.folder.settled
        connection.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", (folder, change.folder.newest, settled))
        connection.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)",
            [(folder, _bytes(file), entry.time, entry.etag) for file, entry in change.files.items()],
        )
        connection.execute("DELETE FROM file WHERE folder = ? AND time < ? AND time <> ''", (folder, settled))
    for name, one in changes.unfinished.items():
        if one is None:
            connection.execute("DELETE FROM unfinished WHERE name = ?", (_bytes(name),))
        else:
            row = (_bytes(name), one.etag, one.pieces, one.failed, _bytes(one.location))
            connection.execute("INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?, ?)", row)


def _question(text: str) -> Question:
    location, since, until, categories = _json.decode(text.encode())
    return Question(location, since, until, None if categories is None else tuple(categories))


def _bytes(name: str) -> bytes:
    """Names of files may hold bytes that are no UTF-8, as unpaired surrogates, which SQLite's text cannot hold."""
    return name.encode(errors="surrogatepass")


def _text(name: bytes) -> str:
    return name.decode(errors="surrogatepass")
