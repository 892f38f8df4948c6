"""The checks on one digest file, in the order of AWS's procedure.

Source: AWS CloudTrail User Guide, "Custom implementations of CloudTrail log file integrity validation", whose steps
are named beside the checks. What the guide leaves out and others could use is checked too, and marked `stricter`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from attrs import evolve, field, frozen

from trailsdk.errors import (
    AccessDeniedError,
    ArchivedError,
    CredentialsError,
    FileError,
    NotFoundError,
    PublicKeyError,
    PublicKeyMissingError,
    SourceError,
    TrailError,
    TrailingDataError,
    TruncatedError,
)
from trailsdk.integrity.signing import ALGORITHM, PublicKey, string_to_sign, verifies
from trailsdk.integrity.verdicts import FindingCode, Judgement, Reason
from trailsdk.model.digest import Digest
from trailsdk.model.keys import DigestKey, parse_key
from trailsdk.model.times import parse_time, shifted

__all__ = ["Checked", "FetchedDigest", "FindKey", "Link", "check_digest", "judge_error"]

SIGNING_DELAY = timedelta(hours=2)
"""How long after its end a digest may be signed; the AWS CLI asks for keys of as much more time."""

_HASH_ALGORITHM = "SHA-256"

_NO_SIGNATURE = (
    "it stands in the metadata, which this copy has not, or in the next digest, which is not here; "
    "`trailsdk mirror` copies both"
)


@frozen(kw_only=True)
class FetchedDigest:
    """A digest file as it was found, decoded but not believed."""

    uri: str
    bucket: str | None
    """`None` where nothing says: a copy without metadata."""
    key: str
    name: DigestKey | None
    """What `key` says; `None` where a link leads to a name that is none of a digest."""
    digest: Digest | None = None
    content_hash: str = ""
    """SHA-256 of the inflated bytes, in lower-case hex."""
    signature: str | None = None
    """From the metadata."""
    generated: datetime | None = None
    """From the metadata of a backfill digest: when it was made."""
    error: TrailError | None = None
    """Why there is no digest."""
    copy_of: tuple[str, str] | None = None
    """Bucket and key of the original, if this is the copy that the caller says it is."""
    is_copy: bool = False
    """Whether it is: then `bucket`, `key` and `name` are those of the original."""


@frozen(kw_only=True)
class Link:
    """What a valid digest says of the one before."""

    bucket: str
    key: str
    content_hash: str
    signature: str
    name: DigestKey | None
    """What `key` says."""

    def leads_to(self, digest: FetchedDigest) -> bool:
        """Tell whether this is the digest that is meant."""
        return digest.key == self.key and digest.bucket in (None, self.bucket)


FindKey: TypeAlias = Callable[[str, datetime, datetime], PublicKey | None]
"""Finds a key by fingerprint, and the time in which it signed. Raises as `Keys.find`."""


@frozen(kw_only=True)
class Checked:
    """What came out of the checks."""

    verdict: Judgement = "valid"
    reason: Reason | None = None
    detail: str = ""
    other_uri: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    finding: FindingCode | None = field(default=None)
    """What is to be reported of a valid digest."""


def judge_error(error: TrailError) -> Checked:
    """Turn what went wrong in getting and inflating a file into a verdict.

    *Invalid* is only what was looked at, or is known not to be there.
    """
    detail = getattr(error, "reason", "")
    if isinstance(error, NotFoundError):
        return Checked(verdict="invalid", reason=Reason.NOT_FOUND)
    if isinstance(error, TruncatedError):
        return Checked(verdict="invalid", reason=Reason.TRUNCATED, detail=detail)
    if isinstance(error, TrailingDataError):
        return Checked(verdict="invalid", reason=Reason.TRAILING_DATA, detail=detail)
    if isinstance(error, FileError):
        return Checked(verdict="invalid", reason=Reason.INVALID_FORMAT, detail=detail)
    reason = Reason.TRANSPORT
    if isinstance(error, AccessDeniedError | CredentialsError):
        reason = Reason.REFUSED
    elif isinstance(error, ArchivedError):
        reason = Reason.ARCHIVED
    return Checked(verdict="inaccessible", reason=reason, detail=detail)


def check_digest(fetched: FetchedDigest, link: Link | None, find_key: FindKey, recorded: Sequence[str] = ()) -> Checked:
    """Check one digest file.

    Args:
        fetched: What was found.
        link: What the next digest says of it, where that one is valid and leads here.
        find_key: Finds public keys.
        recorded: Its signature as digests record it that are not believed themselves. They need not be: who keeps a
            signature says nothing, only whether it holds.
    """
    digest = fetched.digest
    if digest is None:
        return judge_error(fetched.error or NotFoundError(fetched.uri, ""))
    # Stricter: another algorithm could be a weaker one.
    if digest.digest_signature_algorithm != ALGORITHM:
        return _invalid(Reason.UNKNOWN_ALGORITHM, "digestSignatureAlgorithm")
    if digest.previous_digest_hash_algorithm not in (None, _HASH_ALGORITHM):
        return _invalid(Reason.UNKNOWN_ALGORITHM, "previousDigestHashAlgorithm")
    # "Validate the digest file location": where it says that it was delivered is where it was found.
    if digest.digest_s3_object != fetched.key or fetched.bucket not in (None, digest.digest_s3_bucket):
        return _judge_other_place(fetched, digest, link or recorded, find_key)
    return _check_content(fetched, digest, link or recorded, find_key)


def _check_content(fetched: FetchedDigest, digest: Digest, link: Link | Sequence[str], find_key: FindKey) -> Checked:
    """Check what a digest says, wherever it lies, and its signature."""
    start, end = _window(digest)
    if start is None or end is None:
        return _invalid(Reason.INCONSISTENT, "its begin and end are no times, or its end is before its begin")
    # Stricter: the name says the same, so that a listing can be trusted once the digest is.
    if fetched.name is not None and (digest.aws_account_id, end) != (fetched.name.account_id, fetched.name.end_time):
        return _invalid(Reason.INCONSISTENT, "its account or its end time is not its name's")
    signed = _check_signature(fetched, digest, link, find_key, (start, end))
    return evolve(signed, start=start, end=end)


def _invalid(reason: Reason, detail: str = "", other_uri: str | None = None) -> Checked:
    return Checked(verdict="invalid", reason=reason, detail=detail, other_uri=other_uri)


def _window(digest: Digest) -> tuple[datetime | None, datetime | None]:
    start, end = parse_time(digest.digest_start_time or ""), parse_time(digest.digest_end_time or "")
    return (start, end) if start is not None and end is not None and start <= end else (None, None)


def _check_signature(
    fetched: FetchedDigest,
    digest: Digest,
    link: Link | Sequence[str],
    find_key: FindKey,
    window: tuple[datetime, datetime],
) -> Checked:
    found = _find_key(fetched, digest, find_key, window)
    if isinstance(found, Checked):
        # Whatever key it names, a valid digest says of it that it is another one.
        if found.verdict != "invalid" and isinstance(link, Link) and link.content_hash.lower() != fetched.content_hash:
            return _invalid(Reason.LINK_MISMATCH, f"the next digest records SHA-256 {link.content_hash[:64]}")
        return found
    # "Recreate the data signing string", "validate the signature".
    signed = string_to_sign(digest, fetched.content_hash)
    try:
        if isinstance(link, Link):
            checked = _check_linked(fetched, link, found, signed)
        else:
            checked = _check_head(fetched, link, found, signed)
    except PublicKeyError as error:
        return _invalid(Reason.BAD_KEY, error.reason)
    if checked.verdict == "valid" and not _signs(found, fetched, window):
        return _invalid(Reason.EXPIRED_KEY, f"the key was valid from {found.validity_start} to {found.validity_end}")
    return checked


def _find_key(
    fetched: FetchedDigest, digest: Digest, find_key: FindKey, window: tuple[datetime, datetime]
) -> PublicKey | Checked:
    """Find the key by the fingerprint that the digest names, as `ListPublicKeys` gives them."""
    fingerprint = (digest.digest_public_key_fingerprint or "").lower()
    when = fetched.generated or window[1]
    try:
        key = find_key(fingerprint, min(window[0], when), shifted(max(window[1], when), SIGNING_DELAY))
    except PublicKeyMissingError as error:
        return Checked(verdict="unverifiable", reason=Reason.NO_KEY, detail=error.reason)
    except PublicKeyError as error:
        return _invalid(Reason.BAD_KEY, error.reason)
    except SourceError as error:
        return evolve(judge_error(error), verdict="inaccessible", detail=f"public keys: {error.reason}")
    return _invalid(Reason.UNKNOWN_KEY, f"fingerprint {fingerprint[:64]}") if key is None else key


def _signs(key: PublicKey, fetched: FetchedDigest, window: tuple[datetime, datetime]) -> bool:
    """Tell whether AWS signed with a key at that time. Stricter: the AWS CLI never looks."""
    when = fetched.generated or window[1]
    first, last = min(window[0], when), shifted(max(window[1], when), SIGNING_DELAY)
    if key.validity_start is not None and key.validity_start > last:
        return False
    return key.validity_end is None or key.validity_end >= first


def _check_head(fetched: FetchedDigest, recorded: Sequence[str], key: PublicKey, signed: bytes) -> Checked:
    """Check a digest that no valid one leads to: by the signature in its metadata, or wherever else one is kept."""
    if fetched.signature is not None and verifies(key, fetched.signature, signed):
        return Checked()
    if any(verifies(key, each, signed) for each in recorded):
        lost = fetched.signature is None
        return Checked(finding=FindingCode.METADATA_LOST if lost else FindingCode.METADATA_CHANGED)
    if fetched.signature is None:
        return Checked(verdict="unverifiable", reason=Reason.NO_SIGNATURE, detail=_NO_SIGNATURE)
    return _invalid(Reason.BAD_SIGNATURE)


def _check_linked(fetched: FetchedDigest, link: Link, key: PublicKey, signed: bytes) -> Checked:
    """Check a digest that a valid one leads to.

    "Validate the previous digest file": its signature and its hash are those that the later digest recorded.
    Metadata is not signed by anybody, so that the later digest's record counts.
    """
    own = fetched.signature
    if not verifies(key, link.signature, signed):
        if own is not None and verifies(key, own, signed):
            return _invalid(Reason.REPLACED, "CloudTrail signed it, but the next digest records another signature")
        changed = link.content_hash.lower() != fetched.content_hash
        return _invalid(Reason.BAD_SIGNATURE, "its content is not what the next digest records" if changed else "")
    if link.content_hash.lower() != fetched.content_hash:
        return _invalid(Reason.LINK_MISMATCH, f"the next digest records SHA-256 {link.content_hash[:64]}")
    if own is None:
        return Checked(finding=FindingCode.METADATA_LOST)
    return Checked() if own.lower() == link.signature.lower() else Checked(finding=FindingCode.METADATA_CHANGED)


def _judge_other_place(
    fetched: FetchedDigest, digest: Digest, link: Link | Sequence[str], find_key: FindKey
) -> Checked:
    """Tell genuine digests, of a copied trail or put in another's place, from what merely says that it is elsewhere."""
    claimed = parse_key(digest.digest_s3_object or "")
    uri = f"s3://{digest.digest_s3_bucket}/{digest.digest_s3_object}"
    moved = _invalid(Reason.MOVED, "it says that it was delivered elsewhere", uri)
    if not isinstance(claimed, DigestKey) or fetched.name is None:
        return moved
    if evolve(claimed, prefix=fetched.name.prefix) == fetched.name:
        return _judge_copy(fetched, claimed, _check_content(fetched, digest, link, find_key), uri)
    window = _window(digest)
    start, end = window
    if start is None or end is None:
        return moved
    as_named = evolve(claimed, end_time=fetched.name.end_time, date=fetched.name.date)
    if as_named != fetched.name:
        return moved
    found = _find_key(fetched, digest, find_key, (start, end))
    if isinstance(found, Checked) or fetched.signature is None:
        return moved
    try:
        genuine = verifies(found, fetched.signature, string_to_sign(digest, fetched.content_hash))
    except PublicKeyError:
        return moved
    return _invalid(Reason.REPLAYED, "a copy of another digest of this chain", uri) if genuine else moved


def _judge_copy(fetched: FetchedDigest, claimed: DigestKey, checked: Checked, uri: str) -> Checked:
    """Judge what is at its place but for the bucket, or the prefix before `AWSLogs`.

    It is not where CloudTrail put it, so that it is not valid there; nor is anything wrong with it if it is genuine.

    Args:
        fetched: What was found.
        claimed: The key that it says it was delivered to.
        checked: What came out of the checks of all but its place.
        uri: Where it says that it was delivered.
    """
    if checked.verdict == "invalid":
        return _invalid(
            Reason.MOVED, f"it says that it was delivered elsewhere, and is not genuine: {checked.reason}", uri
        )
    if checked.verdict != "valid":
        return evolve(checked, detail=f"{checked.detail}; it says that it was delivered to {uri}", other_uri=uri)
    origin = uri.removesuffix(str(claimed)) + claimed.prefix
    here = fetched.uri.removesuffix(str(evolve(claimed, prefix="")))
    detail = (
        f"genuine, not at its original place: CloudTrail delivered it to {uri}; "
        f"if this is a copy: trailsdk verify {here.rstrip('/')} --copied-from {origin.rstrip('/')}"
    )
    return evolve(checked, verdict="unverifiable", reason=Reason.MOVED, detail=detail, other_uri=uri, finding=None)
