"""The bench's objects are laid out as CloudTrail's, however cheaply they are made."""

import gzip
import json
from pathlib import Path

from bench.generate import write_objects
from trailsdk.model.keys import LogFileKey, parse_key


def test_objects_have_keys_of_their_own_and_share_bodies(tmp_path: Path) -> None:
    """Each object has a log file's key and so many records; so many bodies are distinct."""
    paths = write_objects(tmp_path, 20, size=5, distinct=3)
    assert len(set(paths)) == 20
    for path in paths:
        assert isinstance(parse_key(path.relative_to(tmp_path).as_posix()), LogFileKey)
        assert len(json.loads(gzip.decompress(path.read_bytes()))["Records"]) == 5
    assert len({path.read_bytes() for path in paths}) == 3


def test_the_same_seed_gives_the_same_objects(tmp_path: Path) -> None:
    """Two runs measure the same bytes."""
    one, other = (write_objects(tmp_path / name, 4, size=2, distinct=2) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
