"""The content of digest files, read strictly: what one reader takes otherwise than another proves nothing."""

import json
from typing import Any

import attrs

from trailsdk._json import INVALID, reason_of
from trailsdk.errors import MalformedDigestError
from trailsdk.model.digest import Digest, DigestedFile

__all__ = ["decode_digest"]

_REQUIRED = (
    "awsAccountId",
    "digestStartTime",
    "digestEndTime",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
)
_PREVIOUS = (
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
)
_REQUIRED_OF_LOG = ("s3Bucket", "s3Object", "hashValue", "hashAlgorithm")
_OPTIONAL = ("newestEventTime", "oldestEventTime")


def _names(cls: Any) -> dict[str, str]:
    return {each.metadata["aws"][0]: each.name for each in attrs.fields(cls) if "aws" in each.metadata}


_DIGEST, _LOG = _names(Digest), _names(DigestedFile)


def decode_digest(content: bytes, location: str | None = None) -> Digest:
    """Read a digest file.

    Args:
        content: Its inflated bytes.
        location: Where they were read, for the error.

    Raises:
        MalformedDigestError: It is not JSON, a name stands twice in an object, a required field is absent or of
            another type, or the fields of the previous digest are neither all null nor all there.
    """
    return _Reader(location).digest(content)


class _Reader:
    def __init__(self, location: str | None) -> None:
        self.location = location

    def digest(self, content: bytes) -> Digest:
        try:
            text = content.decode()
            document = json.loads(text, object_pairs_hook=self._object, parse_constant=self._constant)
        except INVALID as error:
            raise MalformedDigestError(self.location, reason_of(error)) from None
        if not isinstance(document, dict):
            raise self._error("not a JSON object")
        values = self._texts(document, _REQUIRED, _OPTIONAL + _PREVIOUS, "")
        # The key is signed, null or not; without it the text that was signed cannot be rebuilt.
        if "previousDigestSignature" not in document:
            raise self._error("previousDigestSignature is absent")
        if len({document.get(name) is None for name in _PREVIOUS}) > 1:
            raise self._error("of the fields of the previous digest, some are null and some are not")
        files = document.get("logFiles")
        if not isinstance(files, (list, type(None))):
            raise self._error("logFiles is no array")
        extra = {name: value for name, value in document.items() if name not in _DIGEST}
        logs = tuple(self.log_file(entry, index) for index, entry in enumerate(files or ()))
        return Digest(**{_DIGEST[name]: value for name, value in values.items()}, log_files=logs, extra=extra)

    def log_file(self, entry: Any, index: int) -> DigestedFile:
        if not isinstance(entry, dict):
            raise self._error(f"logFiles[{index}] is no object")
        values = self._texts(entry, _REQUIRED_OF_LOG, _OPTIONAL, f"logFiles[{index}].")
        extra = {name: value for name, value in entry.items() if name not in _LOG}
        return DigestedFile(**{_LOG[name]: value for name, value in values.items()}, extra=extra)

    def _texts(
        self, entry: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...], where: str
    ) -> dict[str, str]:
        for name in required:
            if not isinstance(entry.get(name), str):
                raise self._error(f"{where}{name} is {'absent' if entry.get(name) is None else 'no text'}")
        for name in optional:
            if not isinstance(entry.get(name), (str, type(None))):
                raise self._error(f"{where}{name} is no text")
        return {name: entry[name] for name in required + optional if entry.get(name) is not None}

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            known = twice in _DIGEST or twice in _LOG
            raise self._error(f"{twice if known else 'a name'} stands twice")
        return made

    def _constant(self, text: str) -> Any:
        raise self._error(f"not JSON: {text}")

    def _error(self, reason: str) -> MalformedDigestError:
        return MalformedDigestError(self.location, reason)
