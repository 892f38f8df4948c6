"""The folder of a mirror: where the copy of each object belongs, and what is there already."""

import os
import stat
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import define, field, frozen

from trailsdk.errors import WriteError
from trailsdk.sources.atomic import is_temporary
from trailsdk.sources.mirror.paths import fold, is_twin, path_of, twin_of
from trailsdk.sources.sidecar import Sidecar, is_sidecar, readable_sidecar, sidecar_path
from trailsdk.sources.store import StoredObject

__all__ = ["Folder", "Place"]

_REMEMBERED = 256
"""Folders whose content is remembered: more than are written to at once, so that no copy on its way is forgotten."""

_ABANDONED = timedelta(days=1)
"""A temporary file that nothing was written to for so long has no writer any more."""


@frozen
class Place:
    """Where the copy of an object belongs, and what is there already."""

    path: str
    size: int | None = None
    """Bytes of the file that is there."""
    sidecar: Sidecar | None = None
    """What is known of it."""

    def holds(self, stored: StoredObject) -> bool:
        """Tell whether the copy of the object is there, whole and of the same content."""
        known = self.sidecar
        return (
            known is not None
            and stored.etag is not None
            and (known.size, known.etag) == (stored.size, stored.etag)
            and self.size == stored.size
        )


class Folder:
    """The folder of a mirror. Not for several threads at once; two mirrors may have one folder.

    Args:
        path: The folder; it is made where it is not there.
        bucket: Whose copy it is.
        now: The time.

    Raises:
        WriteError: It cannot be made.
    """

    def __init__(self, path: str, bucket: str, now: datetime) -> None:
        self._path = path
        self._bucket = bucket
        self._abandoned = (now - _ABANDONED).timestamp()
        self._remembered: OrderedDict[tuple[int, int], _Listed] = OrderedDict()
        self._last: tuple[list[str], _Listed] | None = None
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise _refused(path, error) from error

    def place(self, key: str) -> Place:
        """Find where the copy of an object belongs. The folders on the way are made.

        Of keys that differ only in upper and lower case, the first has its own name. What is there already stays.

        Raises:
            WriteError: The operating system refused; a link or a file is in the way; a copy from another bucket is.
        """
        *folders, name = path_of(key).split("/")
        listed = self._listed(folders)
        twin = twin_of(name, key)
        if twin in listed.sizes or listed.is_taken(name, key):
            name = twin
        place = Place(os.path.join(listed.path, name), listed.sizes.get(name), listed.sidecar(name))
        if place.sidecar is not None and place.sidecar.bucket not in (None, self._bucket):
            raise WriteError(place.path, "a copy from another bucket is there")
        listed.take(name, key)
        return place

    def _listed(self, folders: list[str]) -> "_Listed":
        """Go down to a folder, and list it where it is not remembered."""
        if self._last is not None and self._last[0] == folders:
            return self._last[1]
        path = self._path
        try:
            facts = os.stat(path)
        except OSError as error:
            raise _refused(path, error) from error
        for name in folders:
            path = os.path.join(path, name)
            facts = _entered(path)
        # Not by its path: where upper and lower case are the same, one folder has several.
        identity = (facts.st_dev, facts.st_ino)
        listed = self._remembered.get(identity)
        if listed is None:
            listed = self._remembered[identity] = self._scanned(path)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(identity)
        self._last = (folders, listed)
        return listed

    def _scanned(self, path: str) -> "_Listed":
        listed = _Listed(path)
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    self._note(entry, listed)
        except OSError as error:
            raise _refused(path, error) from error
        return listed

    def _note(self, entry: "os.DirEntry[str]", listed: "_Listed") -> None:
        is_file = entry.is_file(follow_symlinks=False)
        if is_file and is_temporary(entry.name):
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_mtime < self._abandoned:
                    os.unlink(entry.path)
        elif is_file and is_sidecar(entry.name):
            listed.sidecars.add(entry.name)
        elif not entry.name.startswith("."):
            with suppress(FileNotFoundError):
                # What is no file is in the way of other spellings, but is no copy.
                listed.sizes[entry.name] = entry.stat(follow_symlinks=False).st_size if is_file else None
                listed.spell(entry.name)


@define
class _Listed:
    """What is in one folder, and what is about to be."""

    path: str
    sizes: dict[str, int | None] = field(factory=dict)
    sidecars: set[str] = field(factory=set)
    _owners: dict[str, str] = field(factory=dict)
    """Keys of this run."""
    _spellings: dict[str, list[str]] = field(factory=dict)
    _read: tuple[str, Sidecar | None] | None = None
    """The sidecar that was read last: it is asked for twice."""

    def spell(self, name: str) -> None:
        """Remember a name with all that may be the same to a file system. Twins are of no other key's name."""
        if not is_twin(name):
            self._spellings.setdefault(fold(name), []).append(name)

    def is_taken(self, name: str, key: str) -> bool:
        """Tell whether a name is another key's, in this or another spelling."""
        return any(other != name or self._owner(other) not in (None, key) for other in self._others(name))

    def _others(self, name: str) -> Iterable[str]:
        return self._spellings.get(fold(name), ())

    def _owner(self, name: str) -> str | None:
        if name in self._owners:
            return self._owners[name]
        known = self.sidecar(name)
        return None if known is None else known.key

    def sidecar(self, name: str) -> Sidecar | None:
        """Read what is known of a file; nothing where it cannot be read, so that it is written anew."""
        if self._read is None or self._read[0] != name:
            self._read = (name, self._sidecar(os.path.join(self.path, name)))
        return self._read[1]

    def _sidecar(self, path: str) -> Sidecar | None:
        if os.path.basename(sidecar_path(path)) not in self.sidecars:
            return None
        return readable_sidecar(path)

    def take(self, name: str, key: str) -> None:
        """Remember whose name it is."""
        if name not in self._owners:
            self._owners[name] = key
            if name not in self.sizes:
                self.spell(name)


def _entered(path: str) -> os.stat_result:
    """Look at a folder, which is made where it is not there. A link is not followed: it may lead anywhere.

    Raises:
        WriteError: It is no folder, or cannot be made.
    """
    try:
        try:
            facts = os.lstat(path)
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(path)
            facts = os.lstat(path)
    except OSError as error:
        raise _refused(path, error) from error
    # Windows has links to folders that look like folders.
    if stat.S_ISLNK(facts.st_mode) or getattr(facts, "st_reparse_tag", False):
        raise WriteError(path, "a link is in the way")
    if not stat.S_ISDIR(facts.st_mode):
        raise WriteError(path, "a file is in the way")
    return facts


def _refused(path: str, error: OSError) -> WriteError:
    return WriteError(path, error.strerror or type(error).__name__)
