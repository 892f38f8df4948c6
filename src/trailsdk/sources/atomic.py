"""Files that appear only when all of them is written."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["Temporary", "is_temporary", "locked", "temporary_in"]

_PREFIX = ".trailsdk-"
_SUFFIX = ".tmp"

_EXCLUSIVE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def is_temporary(name: str) -> bool:
    """Tell whether a file's name is one of a file that is being written, or was when its writer was killed."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


class Temporary:
    """A hidden file that is being written, and is still to take its place."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self._path = path
        self.file = file

    def empty(self) -> None:
        """Begin again."""
        self.file.seek(0)
        self.file.truncate()

    def finish(self, *, sync: bool) -> None:
        """Close it.

        Args:
            sync: Wait until the device has the content, so that a loss of power cannot take it from behind its name.
        """
        self.file.flush()
        if sync:
            os.fsync(self.file.fileno())
        self.file.close()

    def take(self, target: str) -> None:
        """Take its place, which whatever file or link is there loses."""
        os.replace(self._path, target)


@contextmanager
def temporary_in(folder: str) -> Iterator[Temporary]:
    """Make a file in a folder, with the rights of any new file. At the end it is gone, unless it took its place.

    Raises:
        OSError: The operating system refused.
    """
    path = os.path.join(folder, f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    # A name that nobody could know is not a link of somebody's; if it is, it is refused.
    with os.fdopen(os.open(path, _EXCLUSIVE, 0o666), "wb") as file:
        try:
            yield Temporary(path, file)
        finally:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                os.unlink(path)


@contextmanager
def locked(folder: str) -> Iterator[None]:
    """Let no other writer that does the same, in this process or another, be at a folder while the block runs.

    The lock goes with its process, however that ends. On Windows, and where a file system has none, nothing is locked.

    Raises:
        OSError: The folder cannot be opened.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
