"""What S3 keeps beside an object, kept beside its copy: a hidden file in the same folder.

`a.json.gz` has `.a.json.gz.s3.json` beside it: one JSON object, whose members are the fields of `Sidecar`.
A digest file's signature stands in its metadata, so that a copy without sidecar has lost it.

A sidecar proves nothing. It is as easily written by somebody else as the copy itself.
"""

import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from trailsdk import _json
from trailsdk.errors import MalformedFileError, UnreadableError, WriteError
from trailsdk.model.times import parse_time
from trailsdk.sources.atomic import temporary_in

__all__ = ["LARGEST", "Sidecar", "is_sidecar", "read_sidecar", "readable_sidecar", "sidecar_path", "write_sidecar"]

LARGEST = 64 * 1024
"""Bytes that a sidecar may have. S3 allows 2 kB of metadata, and keys of 1 kB."""

_SUFFIX = ".s3.json"
_READ_ONLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_TEXTS = ("bucket", "key", "etag", "version_id")


@frozen(kw_only=True)
class Sidecar:
    """What is known of an object beside its content."""

    bucket: str | None = None
    key: str | None = None
    size: int | None = None
    """Bytes, as it is stored."""
    etag: str | None = None
    """Without the quotes."""
    last_modified: datetime | None = None
    version_id: str | None = None
    metadata: Mapping[str, str] = field(factory=dict)
    """Names in lower case, without `x-amz-meta-`."""


def sidecar_path(path: str | os.PathLike[str]) -> str:
    """Give the path of a file's sidecar."""
    folder, name = os.path.split(os.fspath(path))
    return os.path.join(folder, f".{name}{_SUFFIX}")


def is_sidecar(name: str) -> bool:
    """Tell whether a file's name is one of a sidecar."""
    return name.startswith(".") and name.endswith(_SUFFIX)


def write_sidecar(path: str | os.PathLike[str], sidecar: Sidecar) -> None:
    """Write the sidecar of a file. It appears only when all of it is written.

    Args:
        path: The file, which need not exist yet.
        sidecar: What is known.

    Raises:
        WriteError: The operating system refused.
    """
    target = sidecar_path(path)
    content = _content(sidecar)
    try:
        with temporary_in(os.path.dirname(target)) as made:
            made.file.write(content)
            made.finish(sync=False)
            made.take(target)
    except OSError as error:
        raise WriteError(target, error.strerror or type(error).__name__) from error


def _content(sidecar: Sidecar) -> bytes:
    document = {name: getattr(sidecar, name) for name in ("bucket", "key", "size", "etag", "version_id")}
    modified = sidecar.last_modified
    document["last_modified"] = None if modified is None else modified.astimezone(UTC).isoformat()
    document["metadata"] = dict(sidecar.metadata)
    return _json.encode({name: value for name, value in document.items() if value is not None})


def read_sidecar(path: str | os.PathLike[str]) -> Sidecar | None:
    """Read the sidecar of a file.

    Returns:
        What it says; `None` where there is none.

    Raises:
        UnreadableError: The operating system refused.
        MalformedFileError: It is no sidecar: not JSON, or with members of other types.
    """
    where = sidecar_path(path)
    try:
        # A pipe that somebody put there is not waited for.
        with os.fdopen(os.open(where, _READ_ONLY), "rb") as file:
            content = file.read(LARGEST + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableError(where, error.strerror or type(error).__name__) from error
    if content is None:
        raise UnreadableError(where, "no file")
    if len(content) > LARGEST:
        raise MalformedFileError(where, f"no sidecar: larger than {LARGEST} bytes")
    try:
        document = _json.decode(content)
    except _json.INVALID as error:
        raise MalformedFileError(where, f"no sidecar: {_json.reason_of(error)}") from None
    return _sidecar(document, where)


def readable_sidecar(path: str | os.PathLike[str]) -> Sidecar | None:
    """Read the sidecar of a file; `None` where there is none, or one that cannot be read."""
    try:
        return read_sidecar(path)
    except (UnreadableError, MalformedFileError):
        return None


def _sidecar(document: Any, where: str) -> Sidecar:
    if not isinstance(document, dict):
        raise MalformedFileError(where, "no sidecar: not a JSON object")
    texts = {name: document.get(name) for name in _TEXTS}
    size, metadata, modified = document.get("size"), document.get("metadata", {}), document.get("last_modified")
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise MalformedFileError(where, f"no sidecar: {name} is no text")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise MalformedFileError(where, "no sidecar: size is no number of bytes")
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise MalformedFileError(where, "no sidecar: metadata is no object of texts")
    time = parse_time(modified) if isinstance(modified, str) else None
    if modified is not None and time is None:
        raise MalformedFileError(where, "no sidecar: last_modified is no time")
    lower = {name.lower(): value for name, value in metadata.items()}
    return Sidecar(**texts, size=size, last_modified=time, metadata=lower)
