"""Where the digests lie that speak of files which are read: the buckets and folders of sources, and trees in them."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

from attrs import evolve

from trailsdk.errors import SourceError
from trailsdk.integrity.copied import Origin, copied_root
from trailsdk.integrity.scope import Folder, Root
from trailsdk.integrity.trees import find_trees
from trailsdk.integrity.verify import root_of
from trailsdk.model.key_tree import DIGEST_FOLDER, ROOT, KeyPrefix, find_root
from trailsdk.sources.base import Blob, Source
from trailsdk.sources.local import Local
from trailsdk.sources.store import ObjectStore

__all__ = ["Places"]


class Places:
    """The places of the sources of one stream.

    Args:
        origin: What all of them hold copies of.
    """

    def __init__(self, origin: Origin | None) -> None:
        self._origin = origin
        self._found: dict[int | str, Root | None] = {}
        """By source, and of single files by the folder in which their bucket's keys begin."""
        self._trees: dict[int, list[KeyPrefix]] = {}
        self._lock = Lock()

    @property
    def roots(self) -> list[Root]:
        """All places that are known."""
        return [each for each in self._found.values() if each is not None]

    def add(self, source: Source) -> None:
        """Get to know the place of a source. What is wrong with it is told when it is its turn to be read."""
        with suppress(SourceError):
            self._of_source(source)

    def find(self, source: Source, blob: Blob) -> tuple[Root, str] | None:
        """Tell where a file lies, and how digests name it; `None` where there cannot be any.

        Raises:
            SourceError: A bucket cannot be opened.
        """
        root = self._of_source(source)
        if isinstance(source, Local):
            path = os.path.abspath(blob.location)
            root = self._of_file(path) if root is None else root
            return None if root is None else (root, path)
        return None if root is None or blob.name is None else (root, root.store.uri(blob.name))

    def _of_source(self, source: Source) -> Root | None:
        if id(source) not in self._found:
            self._found[id(source)] = self._make(_location(source))
        return self._found[id(source)]

    def _of_file(self, path: str) -> Root | None:
        slashed = path.replace(os.sep, "/")
        at = find_root(slashed)
        if at < 0:
            return None
        folder = path[: at + len(ROOT)]
        if folder not in self._found:
            self._found[folder] = self._make(folder)
        return self._found[folder]

    def _make(self, location: object) -> Root | None:
        if location is None:
            return None
        root = root_of(location, None)  # type: ignore[arg-type]  # `_location` gives what it takes
        return root if self._origin is None else copied_root(root, self._origin)

    def digest_folders(
        self,
        roots: Sequence[Root],
        group: tuple[str, str],
        own: tuple[Root, KeyPrefix] | None,
        pool: ThreadPoolExecutor,
    ) -> Iterator[Folder]:
        """Give the folders in which the digests of an account and Region may be. In a thread.

        Args:
            roots: Where to look; others may become known meanwhile.
            group: Account and Region.
            own: A place and a tree that are known to hold log files of it.
            pool: Threads for listing.
        """
        for root in roots:
            trees = self._trees_of(root, pool)
            if own is not None and own[0] is root and own[1] not in trees:
                trees = [own[1], *trees]
            for tree in trees:
                yield Folder(root, evolve(tree, account_id=group[0], folder=DIGEST_FOLDER, region=group[1]))

    def _trees_of(self, root: Root, pool: ThreadPoolExecutor) -> list[KeyPrefix]:
        with self._lock:
            if id(root) not in self._trees:
                self._trees[id(root)] = find_trees(root, pool)
            return self._trees[id(root)]


def _location(source: Source) -> object:
    """Give what the place of a source is made of; `None` where it has none, or each file has its own."""
    if isinstance(source, Local):
        return os.path.abspath(source.location) if os.path.isdir(source.location) else None
    if hasattr(source, "of_bucket"):
        return source
    store = getattr(source, "store", None)
    made = store() if callable(store) else None
    return made if isinstance(made, ObjectStore) else None
