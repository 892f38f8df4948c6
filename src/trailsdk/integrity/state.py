"""What was proved by earlier runs, kept in a file: runs of digests of which all log files are valid.

A state proves nothing by itself. Of each run its two ends are kept as CloudTrail signed them, and verified again; that
what is between them was valid is what an earlier run says, and is reported as such: proved earlier, and when.
"""

import hmac
import os
import zlib
from array import array
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import attrs
import msgspec
from attrs import define, field

from trailsdk import _json
from trailsdk.codec.digests import decode_digest
from trailsdk.errors import FileError, StateError, WriteError
from trailsdk.integrity.day_sums import DaySums
from trailsdk.integrity.procedure import FetchedDigest
from trailsdk.integrity.verdicts import ChainId
from trailsdk.model.digest import Digest
from trailsdk.model.keys import DigestKey, parse_key
from trailsdk.sources.atomic import temporary_in

__all__ = ["ProvedDigest", "Segment", "State", "read_state", "write_state"]

_VERSION = 1
_DAY = len("2026/03/07")
_TO_DO = "name another file, or remove this one, and all is read again"
_FIELDS = {
    each.metadata["aws"][0]: each.name
    for each in attrs.fields(Digest)
    if "aws" in each.metadata and each.name != "log_files"
}


class ProvedDigest(msgspec.Struct, frozen=True):
    """A digest at an end of a run: all that its signature speaks of, but the log files."""

    uri: str
    bucket: str | None
    key: str
    document: dict[str, str | None]
    """What it says, under AWS's names, without its log files."""
    content_hash: str
    signature: str

    @classmethod
    def of(cls, fetched: FetchedDigest, digest: Digest, signature: str) -> "ProvedDigest":
        """Keep a digest that was found valid."""
        document = {aws: getattr(digest, name) for aws, name in _FIELDS.items()}
        return cls(fetched.uri, fetched.bucket, fetched.key, document, fetched.content_hash, signature)

    def fetched(self) -> FetchedDigest:
        """Give it as if it had just been fetched, to be verified again; nothing of it is believed.

        Raises:
            FileError: It is no digest.
        """
        name = parse_key(self.key)
        return FetchedDigest(
            uri=self.uri,
            bucket=self.bucket,
            key=self.key,
            name=name if isinstance(name, DigestKey) else None,
            digest=decode_digest(_json.encode({**self.document, "logFiles": []}), self.uri),
            content_hash=self.content_hash,
            signature=self.signature,
        )

    def leads_to(self, key: str, content_hash: str) -> bool:
        """Tell whether it means this digest as the one before it."""
        before = self.document.get("previousDigestS3Object"), self.document.get("previousDigestHashValue")
        return before == (key, content_hash)


@define(eq=False)
class Segment:
    """A run of digests of one folder, each linked to the next, all valid and with all their log files valid."""

    location: str
    """The store, and the folder in it."""
    newest: ProvedDigest
    oldest: ProvedDigest
    ends: "array[int]"
    """When each digest ends, in seconds since 1970, the oldest first."""
    logs: int
    """How many log files they name."""
    first_proved: datetime
    """When the first of them was proved."""
    last_proved: datetime
    days: DaySums
    """Which log files they name: what is there is compared with them each time."""

    @property
    def first_end(self) -> int:
        """When the oldest digest ends, in seconds since 1970."""
        return self.ends[0]

    @property
    def last_end(self) -> int:
        """When the newest digest ends."""
        return self.ends[-1]


@define(eq=False)
class State:
    """All that earlier runs proved."""

    segments: dict[ChainId, list[Segment]] = field(factory=dict)
    checks: frozenset[str] = frozenset()
    """Names of the checks that have seen all digests and log files of the segments."""

    def seen_by(self, checks: frozenset[str]) -> "State":
        """Leave out the segments if there is a check that has not seen them."""
        return self if checks <= self.checks else State()


class _SegmentDocument(msgspec.Struct):
    location: str
    newest: ProvedDigest
    oldest: ProvedDigest
    ends: str
    logs: int
    first_proved: datetime
    last_proved: datetime
    days: dict[str, dict[str, tuple[int, str]]]
    """By the folder above and by the day: how many log files, and the sum of their names in hex."""


class _ChainDocument(msgspec.Struct):
    account_id: str
    region: str
    trail_name: str
    home_region: str
    segments: list[_SegmentDocument]


class _Document(msgspec.Struct):
    """How it is written. `trailsdk_verification_state` is the version of this form."""

    trailsdk_verification_state: int
    chains: list[_ChainDocument]
    checks: list[str] = []


def read_state(path: str | os.PathLike[str], key: bytes = b"") -> State:
    """Read a state; an empty one where there is no file.

    Args:
        path: The file.
        key: With which it was sealed; without one only accidents are noticed.

    Raises:
        StateError: It cannot be read, is no state, or was changed since it was written.
    """
    name = os.fspath(path)
    try:
        data = Path(name).read_bytes()
    except FileNotFoundError:
        return State()
    except OSError as error:
        raise StateError(name, error.strerror or type(error).__name__) from error
    content, _, seal = data.rstrip(b"\n").rpartition(b"\n")
    if not hmac.compare_digest(seal, _seal(content, key)):
        raise StateError(name, f"it was changed since it was written, or sealed with another key; {_TO_DO}")
    try:
        document = msgspec.json.decode(content, type=_Document)
        if document.trailsdk_verification_state != _VERSION:
            raise StateError(name, f"it is of version {document.trailsdk_verification_state}, not {_VERSION}")
        segments = {_chain(each): [_segment(one) for one in each.segments] for each in document.chains}
        return State(segments, frozenset(document.checks))
    except (msgspec.MsgspecError, ValueError, zlib.error, Base64Error, FileError):
        raise StateError(name, f"it is no state of a verification; {_TO_DO}") from None


def write_state(path: str | os.PathLike[str], state: State, key: bytes = b"") -> None:
    """Write a state. The file appears only when all of it is written.

    Args:
        path: The file; one that is there is replaced.
        state: What to keep.
        key: Seals it: who does not have the key cannot change it unnoticed.

    Raises:
        WriteError: The operating system refused.
    """
    name = os.fspath(path)
    chains = [_chain_document(each, segments) for each, segments in state.segments.items() if segments]
    content = msgspec.json.encode(_Document(_VERSION, chains, sorted(state.checks)))
    try:
        with temporary_in(str(Path(name).parent)) as temporary:
            temporary.file.write(content + b"\n" + _seal(content, key) + b"\n")
            temporary.finish(sync=True)
            temporary.take(name)
    except OSError as error:
        raise WriteError(name, error.strerror or type(error).__name__) from error


def _seal(content: bytes, key: bytes) -> bytes:
    return hmac.new(key, content, sha256).hexdigest().encode()


def _chain(document: _ChainDocument) -> ChainId:
    return ChainId(
        account_id=document.account_id,
        region=document.region,
        trail_name=document.trail_name,
        home_region=document.home_region,
    )


def _segment(document: _SegmentDocument) -> Segment:
    steps = array("q", zlib.decompress(b64decode(document.ends, validate=True)))
    ends, last = array("q"), 0
    for step in steps:
        last += step
        ends.append(last)
    if not ends or list(ends) != sorted(set(ends)):
        raise ValueError("the ends of digests are not in order")
    return Segment(
        document.location,
        document.newest,
        document.oldest,
        ends,
        document.logs,
        document.first_proved,
        document.last_proved,
        _days(document.days),
    )


def _days(document: Mapping[str, Mapping[str, tuple[int, str]]]) -> DaySums:
    return DaySums(
        {
            f"{folder}{day}": (number, int(total, 16))
            for folder, days in document.items()
            for day, (number, total) in days.items()
        }
    )


def _chain_document(chain: ChainId, segments: list[Segment]) -> _ChainDocument:
    documents = [_document(each) for each in segments]
    return _ChainDocument(chain.account_id, chain.region, chain.trail_name, chain.home_region, documents)


def _document(segment: Segment) -> _SegmentDocument:
    steps, last = array("q"), 0
    for each in segment.ends:
        steps.append(each - last)
        last = each
    return _SegmentDocument(
        segment.location,
        segment.newest,
        segment.oldest,
        b64encode(zlib.compress(steps.tobytes())).decode(),
        segment.logs,
        segment.first_proved,
        segment.last_proved,
        _days_document(segment.days),
    )


def _days_document(days: DaySums) -> dict[str, dict[str, tuple[int, str]]]:
    document: dict[str, dict[str, tuple[int, str]]] = {}
    for folder, (number, total) in days.sums.items():
        document.setdefault(folder[:-_DAY], {})[folder[-_DAY:]] = number, f"{total:x}"
    return document
