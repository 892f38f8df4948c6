"""What somebody may do to a trail's files: each deed has a name, and the verdict that it deserves."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import Any

from attrs import evolve, frozen

from trailsdk import _json
from trailsdk.integrity.signing import ALGORITHM
from trailsdk.testing.fake_keys import fake_key
from trailsdk.testing.fake_objects import Place
from trailsdk.testing.fake_trail import FakeDigest, FakeLog, FakeTrail

__all__ = ["Deserves", "Tampering", "tamper"]


@frozen
class Deserves:
    """What a tampering deserves."""

    kind: str
    """What it is done to: `log` or `digest`."""
    what: str
    """What is done."""
    verdict: str | None
    """The verdict on the file; `None` where no digest names it, so that there is none."""
    reason: str | None = None
    finding: str | None = None
    """The code of the finding that it gives."""
    at_head: "tuple[str | None, str | None] | None" = None
    """Verdict and reason where it is done to the newest digest, which has no successor to speak for it."""


def _log(what: str, verdict: str | None, reason: str | None = None, finding: str | None = None) -> Deserves:
    return Deserves("log", what, verdict, reason, finding)


def _digest(
    what: str,
    verdict: str | None,
    reason: str | None = None,
    finding: str | None = None,
    at_head: "tuple[str | None, str | None] | None" = None,
) -> Deserves:
    return Deserves("digest", what, verdict, reason, finding, at_head)


class Tampering(Enum):
    """What is done to one file. `value` is what it deserves."""

    LOG_DELETED = _log("deleted", "invalid", "not-found")
    LOG_DAMAGED = _log("a byte changed as it is stored", "invalid", "invalid-format")
    LOG_NOT_GZIP = _log("inflated, and stored so", "invalid", "invalid-format")
    LOG_MODIFIED = _log("a record changed, and gzipped again", "invalid", "hash-mismatch")
    LOG_RECORD_REMOVED = _log("all records removed, and gzipped again", "invalid", "hash-mismatch")
    LOG_REPLACED = _log("replaced by a copy of another genuine log file", "invalid", "replaced")
    LOG_RENAMED = _log("moved to another name", "invalid", "not-found")
    LOG_TRUNCATED = _log("cut off in the middle", "invalid", "truncated")
    LOG_TRAILER_CUT = _log("without the checksum at its end", "invalid", "truncated")
    LOG_EMPTIED = _log("emptied", "invalid", "truncated")
    LOG_MEMBER_APPENDED = _log("a second gzip member with other records appended", "invalid", "trailing-data")
    LOG_BYTES_APPENDED = _log("zeros appended", "invalid", "trailing-data")
    LOG_BOMB = _log("replaced by a file that inflates without end", "invalid", "invalid-format")
    LOG_RECOMPRESSED = _log("gzipped again, with the same content", "valid")
    LOG_PLANTED = _log("another one planted beside it", None, finding="unlisted")

    DIGEST_DELETED = _digest("deleted", "invalid", "not-found", at_head=(None, None))
    DIGEST_MODIFIED = _digest("a log file removed from its list, and gzipped again", "invalid", "bad-signature")
    DIGEST_DAMAGED = _digest("a byte changed as it is stored", "invalid", "invalid-format")
    DIGEST_NOT_GZIP = _digest("inflated, and stored so", "invalid", "invalid-format")
    DIGEST_NOT_JSON = _digest("replaced by what is no JSON", "invalid", "invalid-format")
    DIGEST_TRUNCATED = _digest("cut off in the middle", "invalid", "truncated")
    DIGEST_MEMBER_APPENDED = _digest("a second gzip member appended", "invalid", "trailing-data")
    DIGEST_RECOMPRESSED = _digest("gzipped again, with the same content", "valid")
    DIGEST_MOVED = _digest("moved to another name", "invalid", "not-found", at_head=(None, None))
    DIGEST_COPIED = _digest("copied to the name of another hour", "valid")
    DIGEST_RESIGNED = _digest("a log file removed, and signed with a foreign key", "invalid", "unknown-key")
    DIGEST_FORGED = _digest(
        "a log file removed, and signed by a foreign key under CloudTrail's", "invalid", "bad-signature"
    )
    DIGEST_METADATA_LOST = _digest(
        "its metadata lost, signature included",
        "valid",
        finding="metadata-lost",
        at_head=("unverifiable", "no-signature"),
    )
    DIGEST_SIGNATURE_CHANGED = _digest(
        "the signature in its metadata changed",
        "valid",
        finding="metadata-changed",
        at_head=("invalid", "bad-signature"),
    )
    DIGEST_SIGNATURE_ODD = _digest(
        "the signature in its metadata is no hex",
        "valid",
        finding="metadata-changed",
        at_head=("invalid", "bad-signature"),
    )
    DIGEST_REPLAYED = _digest("replaced by a copy of the one before", "invalid", "replayed")
    DIGEST_REPLACED = _digest(
        "replaced by another version that CloudTrail signed", "invalid", "replaced", at_head=("valid", None)
    )
    DIGEST_LINK_HASH = _digest(
        "signed by CloudTrail with a wrong hash of the one before", "invalid", "replaced", at_head=("valid", None)
    )
    DIGEST_LINK_SIGNATURE = _digest(
        "signed by CloudTrail with a wrong signature of the one before", "invalid", "replaced", at_head=("valid", None)
    )
    DIGEST_FORKED = _digest("a second one beside it that CloudTrail signed, on no chain", "valid", finding="stray")
    DIGEST_NAME_TWICE = _digest("signed by CloudTrail with a name that stands twice", "invalid", "invalid-format")
    DIGEST_FIELDS_LOST = _digest("signed by CloudTrail without a required field", "invalid", "invalid-format")
    DIGEST_ALGORITHM = _digest(
        "signed by CloudTrail with the name of another algorithm", "invalid", "unknown-algorithm"
    )
    DIGEST_HASH_ALGORITHM = _digest(
        "signed by CloudTrail, log files hashed by another algorithm", "invalid", "replaced", at_head=("valid", None)
    )
    DIGEST_ACCOUNT = _digest("signed by CloudTrail for another account", "invalid", "inconsistent")
    DIGEST_END_TIME = _digest("signed by CloudTrail with another end time than its name", "invalid", "inconsistent")

    LISTING_STOPPED = _digest(
        "a name with an impossible date planted, which ends naive listings", "valid", finding="foreign-name"
    )
    LISTING_UNDATED = _digest("a name without a date planted, which sorts last", "valid", finding="foreign-name")


def tamper(trail: FakeTrail, tampering: Tampering, *targets: FakeLog | FakeDigest) -> None:
    """Do something to files of a trail.

    Args:
        trail: The trail; its objects are changed.
        tampering: What.
        targets: Log files, or digest files, as `tampering.value.kind` says.

    Raises:
        TypeError: A target is of the other kind.
    """
    for target in targets:
        if isinstance(target, FakeLog) != (tampering.value.kind == "log"):
            raise TypeError(f"{tampering.name} is not for a {type(target).__name__}")
        if isinstance(target, FakeLog):
            _LOGS[tampering](trail, target)
        else:
            _DIGESTS[tampering](trail, target)


def _gzip(content: bytes, level: int = 6) -> bytes:
    return gzip.compress(content, compresslevel=level, mtime=0)


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[FakeTrail, Any], None]:
    """Change a file's stored bytes, and keep its metadata."""

    def deed(trail: FakeTrail, target: Any) -> None:
        trail.objects.replace(target.place, change(trail.objects[target.place].data))

    return deed


def _delete(trail: FakeTrail, target: Any) -> None:
    trail.objects.delete(target.place)


def _rename(trail: FakeTrail, target: Any) -> None:
    each = trail.objects.delete(target.place)
    trail.objects.put(_beside(target.place), each.data, each.metadata, last_modified=each.last_modified)


def _beside(place: Place) -> Place:
    """Give a name that sorts behind, and is still one that CloudTrail might give."""
    bucket, key = place
    return bucket, f"copy/{key}"


def _damage(data: bytes) -> bytes:
    at = len(data) - 6  # in the checksum, so that no inflating program can miss it
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


def _modify_log(data: bytes) -> bytes:
    document = _json.decode(gzip.decompress(data))
    if document["Records"]:
        document["Records"][0]["sourceIPAddress"] = "198.51.100.1"
    else:
        document["Records"] = [{"eventName": "Planted"}]
    return _gzip(_json.encode(document))


def _replace_log(trail: FakeTrail, target: FakeLog) -> None:
    logs = trail.logs
    other = logs[logs.index(target) - 1]
    trail.objects.replace(target.place, _gzip(_content(trail, other.place)))


def _content(trail: FakeTrail, place: Place) -> bytes:
    return gzip.decompress(trail.objects[place].data)


def _plant(trail: FakeTrail, target: FakeLog) -> None:
    bucket, key = target.place
    name = key.removesuffix(".json.gz")
    planted = _gzip(b'{"Records":[{"eventName":"Planted"}]}')
    time = trail.objects[target.place].last_modified
    trail.objects.put((bucket, f"{name[:-4]}fake.json.gz"), planted, last_modified=time)


_OTHER = b'{"Records":[{"eventName":"Appended"}]}'


def _bomb(_: bytes) -> bytes:
    return _gzip(bytes(129 * 1024 * 1024), 1)


_LOGS: dict[Tampering, Callable[[FakeTrail, FakeLog], None]] = {
    Tampering.LOG_DELETED: _delete,
    Tampering.LOG_DAMAGED: _rewrite(_damage),
    Tampering.LOG_NOT_GZIP: _rewrite(gzip.decompress),
    Tampering.LOG_MODIFIED: _rewrite(_modify_log),
    Tampering.LOG_RECORD_REMOVED: _rewrite(lambda _: _gzip(b'{"Records":[]}')),
    Tampering.LOG_REPLACED: _replace_log,
    Tampering.LOG_RENAMED: _rename,
    Tampering.LOG_TRUNCATED: _rewrite(lambda data: data[: len(data) // 2]),
    Tampering.LOG_TRAILER_CUT: _rewrite(lambda data: data[:-8]),
    Tampering.LOG_EMPTIED: _rewrite(lambda _: b""),
    Tampering.LOG_MEMBER_APPENDED: _rewrite(lambda data: data + _gzip(_OTHER)),
    Tampering.LOG_BYTES_APPENDED: _rewrite(lambda data: data + bytes(64)),
    Tampering.LOG_BOMB: _rewrite(_bomb),
    Tampering.LOG_RECOMPRESSED: _rewrite(lambda data: _gzip(gzip.decompress(data), 9)),
    Tampering.LOG_PLANTED: _plant,
}


def _without_first_log(digest: FakeDigest) -> dict[str, Any]:
    return {"logFiles": digest.document["logFiles"][1:]}


def _modify_digest(trail: FakeTrail, digest: FakeDigest) -> None:
    trail.objects.replace(digest.place, _gzip(_json.encode({**digest.document, **_without_first_log(digest)})))


def _resign(trail: FakeTrail, digest: FakeDigest) -> None:
    key = fake_key("foreign")
    changes = {**_without_first_log(digest), "digestPublicKeyFingerprint": key.fingerprint}
    trail.sign_again(digest, changes, key=key)


def _neighbour(trail: FakeTrail, digest: FakeDigest) -> FakeDigest:
    """Give the digest before, or of the first one that after."""
    chain = trail.chain(digest.account, digest.region, backfill=digest.backfill)
    at = chain.index(digest)
    return chain[at - 1] if at else chain[1]


def _replay(trail: FakeTrail, digest: FakeDigest) -> None:
    other = _neighbour(trail, digest)
    trail.objects.put(digest.place, _gzip(_json.encode(other.document)), other.metadata)


def _fork(trail: FakeTrail, digest: FakeDigest) -> None:
    """Let CloudTrail sign a second digest between this one and the one before, linked to the same."""
    bucket, key = digest.place
    end = digest.end - timedelta(minutes=10)
    key = key.replace(f"{digest.end:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}").replace(
        f"{digest.end:/%Y/%m/%d/}", f"{end:/%Y/%m/%d/}"
    )
    changes = {"digestS3Object": key, "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}", "logFiles": []}
    trail.sign_again(evolve(digest, place=(bucket, key)), changes)


def _repeat_name(trail: FakeTrail, digest: FakeDigest) -> None:
    content = _json.encode(digest.document)[:-1] + b',"logFiles":[]}'
    trail.sign_again(digest, content=content)


def _lose_field(trail: FakeTrail, digest: FakeDigest) -> None:
    document = {name: value for name, value in digest.document.items() if name != "digestStartTime"}
    trail.sign_again(digest, content=_json.encode(document))


def _hash_otherwise(trail: FakeTrail, digest: FakeDigest) -> None:
    trail.sign_again(digest, {"logFiles": [{**entry, "hashAlgorithm": "MD5"} for entry in digest.document["logFiles"]]})


def _metadata(**values: str | None) -> Callable[[FakeTrail, FakeDigest], None]:
    def deed(trail: FakeTrail, digest: FakeDigest) -> None:
        kept = {**digest.metadata, **{name.replace("_", "-"): value for name, value in values.items()}}
        known = {name: value for name, value in kept.items() if value is not None}
        trail.objects.put(digest.place, trail.objects[digest.place].data, known)

    return deed


def _changed(**changes: Any) -> Callable[[FakeTrail, FakeDigest], None]:
    """Let CloudTrail sign another version."""
    return lambda trail, digest: trail.sign_again(digest, changes)


def _copy_over(trail: FakeTrail, digest: FakeDigest) -> None:
    """Copy it to the name of an hour that is not there: half an hour later."""
    bucket, key = digest.place
    stamp = f"{digest.end:%Y%m%dT%H%M%SZ}"
    later = digest.end + timedelta(minutes=30)
    name = key.replace(stamp, f"{later:%Y%m%dT%H%M%SZ}").replace(f"{digest.end:/%Y/%m/%d/}", f"{later:/%Y/%m/%d/}")
    each = trail.objects[digest.place]
    trail.objects.put((bucket, name), each.data, each.metadata)


def _plant_stopper(trail: FakeTrail, digest: FakeDigest) -> None:
    bucket, key = digest.place
    trail.objects.put((bucket, f"{key.removesuffix('.json.gz')}_99999999T999999Z.json.gz"), b"")


def _plant_undated(trail: FakeTrail, digest: FakeDigest) -> None:
    bucket, key = digest.place
    trail.objects.put((bucket, key.replace(f"{digest.end:%Y%m%dT%H%M%SZ}", f"{digest.end:%Y%m%dT%H}zzzzZ")), b"")


_DIGESTS: dict[Tampering, Callable[[FakeTrail, FakeDigest], None]] = {
    Tampering.DIGEST_DELETED: _delete,
    Tampering.DIGEST_MODIFIED: _modify_digest,
    Tampering.DIGEST_DAMAGED: _rewrite(_damage),
    Tampering.DIGEST_NOT_GZIP: _rewrite(gzip.decompress),
    Tampering.DIGEST_NOT_JSON: _rewrite(lambda _: _gzip(b"no JSON")),
    Tampering.DIGEST_TRUNCATED: _rewrite(lambda data: data[: len(data) // 2]),
    Tampering.DIGEST_MEMBER_APPENDED: _rewrite(lambda data: data + _gzip(b"{}")),
    Tampering.DIGEST_RECOMPRESSED: _rewrite(lambda data: _gzip(gzip.decompress(data), 9)),
    Tampering.DIGEST_MOVED: _rename,
    Tampering.DIGEST_COPIED: _copy_over,
    Tampering.DIGEST_RESIGNED: _resign,
    Tampering.DIGEST_FORGED: lambda trail, digest: trail.sign_again(
        digest, _without_first_log(digest), key=fake_key("foreign")
    ),
    Tampering.DIGEST_METADATA_LOST: _metadata(signature=None, signature_algorithm=None),
    Tampering.DIGEST_SIGNATURE_CHANGED: _metadata(signature="0" * 512),
    Tampering.DIGEST_SIGNATURE_ODD: _metadata(signature="no hex", signature_algorithm=ALGORITHM),
    Tampering.DIGEST_REPLAYED: _replay,
    Tampering.DIGEST_REPLACED: lambda trail, digest: trail.sign_again(digest, _without_first_log(digest)),
    Tampering.DIGEST_LINK_HASH: _changed(previousDigestHashValue="0" * 64),
    Tampering.DIGEST_LINK_SIGNATURE: _changed(previousDigestSignature="00" * 256),
    Tampering.DIGEST_FORKED: _fork,
    Tampering.DIGEST_NAME_TWICE: _repeat_name,
    Tampering.DIGEST_FIELDS_LOST: _lose_field,
    Tampering.DIGEST_ALGORITHM: _changed(digestSignatureAlgorithm="SHA1withRSA"),
    Tampering.DIGEST_HASH_ALGORITHM: _hash_otherwise,
    Tampering.DIGEST_ACCOUNT: _changed(awsAccountId="444455556666"),
    Tampering.DIGEST_END_TIME: _changed(digestEndTime="2026-03-07T00:00:00Z"),
    Tampering.LISTING_STOPPED: _plant_stopper,
    Tampering.LISTING_UNDATED: _plant_undated,
}
