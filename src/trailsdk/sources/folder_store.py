"""A folder that holds a copy of a bucket: an object's key is its path below the folder.

What S3 keeps beside an object stands in its sidecar, where there is one.
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
        return os.path.join(self.location, *key.split("/"))

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
        base, _, _ = prefix.rpartition("/")
        if base and not _is_key(base):
            return
        open_folders = [self._listed(base + "/" if base else "")]
        while open_folders:
            for key, entry in open_folders[-1]:
                # All that is below a folder sorts between its name and its name with a character after the slash.
                if not (key.startswith(prefix) or (key.endswith("/") and prefix.startswith(key))):
                    continue
                if entry is None:
                    if key <= start_after and not start_after.startswith(key):
                        continue
                    if deep:
                        open_folders.append(self._listed(key))
                        break
                    yield key
                elif key > start_after and (found := _stored(key, entry)) is not None:
                    yield found
            else:
                open_folders.pop()

    def _listed(self, below: str) -> Iterator[tuple[str, "os.DirEntry[str] | None"]]:
        """List one folder: keys with their entries; folders end with a slash and have none."""
        path = self.uri(below.removesuffix("/")) if below else self.location
        found: list[tuple[str, os.DirEntry[str] | None]] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        found.append((f"{below}{entry.name}/", None))
                    elif entry.is_file():
                        found.append((below + entry.name, entry))
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
        path = self.uri(self._checked(key))
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
        sidecar = self._sidecar(path)
        if version_id is not None and sidecar.version_id != version_id:
            raise NotFoundError(path, f"no such version: {version_id}")
        return Body(data, sidecar.metadata, sidecar.etag, sidecar.version_id)

    def sidecar(self, key: str) -> Sidecar:
        """Give what is known of an object beside its content; nothing where it has no sidecar.

        Raises:
            SourceError: The sidecar cannot be read, or is none.
        """
        return self._sidecar(self.uri(self._checked(key)))

    @staticmethod
    def _sidecar(path: str) -> Sidecar:
        try:
            return read_sidecar(path) or Sidecar()
        except MalformedFileError as error:
            raise UnreadableError(error.location or path, error.reason) from error

    def _checked(self, key: str) -> str:
        """Refuse what would leave the folder, or is no name of a file: others write keys too."""
        if not _is_key(key):
            raise NotFoundError(f"{self.location}: {key!r}", "no such object")
        return key


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
