"""A mirror that is killed, at each step that changes the folder."""

import gzip
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from memory_store import MemoryStore

import trailsdk
from trailsdk.sources.sidecar import read_sidecar
from trailsdk.sources.store import Body, Page, StoredObject

_STEPS = ("open", "fsync", "unlink", "replace", "mkdir", "makedirs")
_MOST = 40


def key(minute: int) -> str:
    return (
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/"
        f"111122223333_CloudTrail_eu-west-1_20260307T09{minute:02}Z_AbCdEfGh01234567.json.gz"
    )


OLD = {key(5): gzip.compress(b"old", mtime=0), key(10): gzip.compress(b"same", mtime=0)}
NEW = {**OLD, key(5): gzip.compress(b"new", mtime=0), key(15): gzip.compress(b"fresh", mtime=0)}


class KilledError(BaseException):
    """Nothing is done any more: neither what comes next nor what cleans up."""


class Killer:
    """Ends everything at the n-th call of the operating system that changes something."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self._lock = Lock()

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                if self.left == 0:
                    raise KilledError
                self.left -= 1
            return call(*arguments, **options)

        return wrapped


class Bucket(trailsdk.S3):
    """A bucket in memory."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        super().__init__("s3://memory", window=1)
        self._memory = Memory(objects)

    def store(self) -> Any:
        return self._memory


class Memory(MemoryStore):
    """Objects whose ETags are those of S3."""

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Any:
        for page in super().pages(prefix, delimiter=delimiter, start_after=start_after):
            yield Page(
                tuple(StoredObject(each.key, each.size, etag_of(self.objects[each.key])) for each in page.objects),
                page.folders,
            )

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        data = super().get(key, version_id=version_id).data
        return Body(data, etag=etag_of(data))


def etag_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def visible(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every visible file is whole, none has another content's sidecar, and the next run completes the mirror."""
    assert len(OLD[key(5)]) == len(NEW[key(5)])
    for steps in range(_MOST):
        folder = tmp_path / f"{steps}"
        trailsdk.mirror(Bucket(OLD), folder)
        killer = Killer(steps)
        with monkeypatch.context() as patched:
            for name in _STEPS:
                patched.setattr(f"os.{name}", killer.wrap(getattr(os, name)))
            try:
                trailsdk.mirror(Bucket(NEW), folder)
            except KilledError:
                finished = False
            else:
                finished = True
        for path, content in visible(folder).items():
            assert content in (OLD.get(path), NEW[path])
            sidecar = read_sidecar(folder / path)
            assert sidecar is None or sidecar.etag == etag_of(content)
        trailsdk.mirror(Bucket(NEW), folder)
        assert visible(folder) == NEW
        assert trailsdk.mirror(Bucket(NEW), folder).unchanged == len(NEW)
        if finished:
            assert steps > len(NEW)
            return
    pytest.fail(f"it takes more than {_MOST} steps")
