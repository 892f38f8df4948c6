"""The folder of a mirror: any set of keys, each with a file of its own, and back again."""

import os
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from test_mirror_paths import KEYS

from trailsdk.sources.mirror.folder import Folder
from trailsdk.sources.sidecar import Sidecar, is_sidecar, read_sidecar, write_sidecar

NOW = datetime(2026, 3, 7, tzinfo=UTC)


def fill(root: Path, keys: Sequence[str]) -> dict[str, str]:
    """Copy each key, with itself as the content; give the paths."""
    folder, paths = Folder(str(root), "example-trail", NOW), {}
    for key in keys:
        paths[key] = folder.place(key).path
        content = key.encode(errors="surrogatepass")
        Path(paths[key]).write_bytes(content)
        write_sidecar(paths[key], Sidecar(bucket="example-trail", key=key, size=len(content)))
    return paths


def held(root: Path) -> dict[str | None, str]:
    """Read all files and their sidecars."""
    found: dict[str | None, str] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            if not is_sidecar(name):
                path = Path(folder, name)
                sidecar = read_sidecar(path)
                assert sidecar is not None
                assert sidecar.key not in found
                found[sidecar.key] = path.read_bytes().decode(errors="surrogatepass")
    return found


# S3's keys are UTF-8: lone surrogates are none.
S3_KEYS = KEYS.filter(lambda key: key.isascii() or not any("\ud800" <= each <= "\udfff" for each in key))


@settings(max_examples=50, deadline=None)  # each writes files
@given(st.lists(S3_KEYS, min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_any_keys(keys: list[str], random: Random) -> None:
    """Each key has a path of its own below the folder, also where a file system folds names, and finds it again."""
    with TemporaryDirectory() as place:
        root = Path(place, "mirror")
        paths = fill(root, keys)
        assert held(root) == {key: key for key in keys}
        folded = {unicodedata.normalize("NFD", os.path.relpath(path, root)).casefold() for path in paths.values()}
        assert len(folded) == len(keys)
        assert list(Path(place).iterdir()) == [root]
        assert fill(root, keys) == paths
        random.shuffle(keys)
        assert fill(root, keys) == paths
        assert held(root) == {key: key for key in keys}
