"""A folder that holds a copy of a bucket: an object's key is its path below the folder.

What S3 keeps beside an object stands in its sidecar, where there is one. Keys that are not safe as paths have those
that a mirror gives them, or in other copies the plain ones.
"""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from trailsdk.errors import (
    AccessDeniedError,
    MalformedFileError,
    NotFoundError,
    SourceError,
    UnreadableError,
)
from trailsdk.sources.mirror.paths import folder_of, part_of, path_of, twin_of
from trailsdk.sources.sidecar import Sidecar, read_sidecar
from trailsdk.sources.store import Body, Page, StoredObject

__all__ = ["FolderStore"]

_PAGE = 1000


class FolderStore:
    """An object store over a folder. Hidden files, pipes and links to folders are no objects.

    Args:
        path: The folder in which `AWSLogs`, or the prefix before it, lies.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.location = os.fspath(path)

    def __repr__(self) -> str:
        return f"FolderStore({self.location!r})"

    def uri(self, key: str) -> str:
        """Give the path of an object."""
        return self._path(key, path_of(key))

    def _path(self, key: str, safe: str) -> str:
        """Choose between the path that is safe, as in a mirror, and the plain one, as in other copies."""
        path = os.path.join(self.location, safe.replace("/", os.sep))
        if safe == key or not _is_key(key) or os.path.lexists(path):
            return path
        return os.path.join(self.location, key.replace("/", os.sep))

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        """List what begins with a prefix, in the order of keys (as UTF-8, which is S3's order).

        Raises:
            SourceError: The operating system refused.
        """
        if delimiter not in ("", "/"):
            raise UnreadableError(self.location, f"a folder has no delimiter {delimiter!r}")
        entries = self._walk(prefix, start_after, deep=not delimiter)
        yield _page(list(islice(entries, _PAGE)))
        while found := list(islice(entries, _PAGE)):
            yield _page(found)

    def _walk(self, prefix: str, start_after: str, *, deep: bool) -> Iterator[StoredObject | str]:
        """Give objects, and folders as texts, below the last folder that the prefix names."""
        base, slash, _ = prefix.rpartition("/")
        path = self._path(base, folder_of(base)) if slash else self.location
        open_folders = [self._listed(base + slash, path)]
        while open_folders:
            for key, path, entry in open_folders[-1]:
                # All that is below a folder sorts between its name and its name with a character after the slash.
                if not (key.startswith(prefix) or (key.endswith("/") and prefix.startswith(key))):
                    continue
                if entry is None:
                    if key <= start_after and not start_after.startswith(key):
                        continue
                    if deep:
                        open_folders.append(self._listed(key, path))
                        break
                    yield key
                elif key > start_after and (found := _stored(key, entry)) is not None:
                    yield found
            else:
                open_folders.pop()

    def _listed(self, below: str, path: str) -> Iterator[tuple[str, str, "os.DirEntry[str] | None"]]:
        """List one folder: keys with their paths and entries; folders end with a slash and have no entry."""
        found: list[tuple[str, str, os.DirEntry[str] | None]] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        found.append((f"{below}{_part(entry, is_file=False)}/", entry.path, None))
                    elif entry.is_file():
                        found.append((below + _part(entry, is_file=True), entry.path, entry))
        except (FileNotFoundError, NotADirectoryError):
            if not below and not os.path.isdir(self.location):
                raise NotFoundError(self.location, "no such folder") from None
            return
        except OSError as error:
            raise _error(path, error) from error
        yield from sorted(found, key=lambda each: os.fsencode(each[0]))

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Read an object, and its sidecar where there is one.

        Raises:
            SourceError: There is no such file, the operating system refused, or the sidecar is none.
        """
        path, sidecar = self._find(key)
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            with os.fdopen(handle, "rb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise NotFoundError(path, "no such object")
                data = file.readall()
        except OSError as error:
            raise _error(path, error) from error
        except UnicodeError:
            raise NotFoundError(repr(path), "no such object") from None
        if version_id is not None and sidecar.version_id != version_id:
            raise NotFoundError(path, f"no such version: {version_id}")
        return Body(data, sidecar.metadata, sidecar.etag, sidecar.version_id)

    def has(self, key: str) -> bool:
        """Tell whether there is a file for an object, readable or not."""
        try:
            return os.path.lexists(self._find(key)[0])
        except SourceError:
            return os.path.lexists(self.uri(key))
        except ValueError:
            return False

    def sidecar(self, key: str) -> Sidecar:
        """Give what is known of an object beside its content; nothing where it has no sidecar.

        Raises:
            SourceError: The sidecar cannot be read, or is none.
        """
        return self._find(key)[1]

    def _find(self, key: str) -> tuple[str, Sidecar]:
        """Find the path of an object and its sidecar: in a mirror its name may be that of another spelling of it."""
        path = self.uri(key)
        sidecar = self._sidecar(path)
        folder, name = os.path.split(path)
        is_other = sidecar.key is not None and _last(sidecar.key) != _last(key)
        if is_other or not os.path.lexists(path):
            twin = os.path.join(folder, twin_of(name, key))
            if is_other or os.path.lexists(twin):
                return twin, self._sidecar(twin)
        return path, sidecar

    @staticmethod
    def _sidecar(path: str) -> Sidecar:
        try:
            return read_sidecar(path) or Sidecar()
        except MalformedFileError as error:
            raise UnreadableError(error.location or path, error.reason) from error
        except ValueError as error:
            raise NotFoundError(repr(path), "no such object") from error


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def _part(entry: "os.DirEntry[str]", *, is_file: bool) -> str:
    """Give the part of a key that a name stands for; in copies that are no mirrors, the name itself."""
    part = part_of(entry.name, is_file=is_file) if "%" in entry.name else None
    return entry.name if part is None else part


def _is_key(key: str) -> bool:
    names = key.split("/")
    return all(names) and not any(name in (".", "..") or "\0" in name or os.sep in name for name in names)


def _stored(key: str, entry: "os.DirEntry[str]") -> StoredObject | None:
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _error(entry.path, error) from error
    return StoredObject(key, facts.st_size, None, datetime.fromtimestamp(facts.st_mtime, UTC))


def _page(found: list[StoredObject | str]) -> Page:
    return Page(
        tuple(each for each in found if isinstance(each, StoredObject)),
        tuple(each for each in found if isinstance(each, str)),
    )


def _error(path: str, error: OSError) -> SourceError:
    reason = error.strerror or type(error).__name__
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        return NotFoundError(path, reason)
    return AccessDeniedError(path, reason) if isinstance(error, PermissionError) else UnreadableError(path, reason)
