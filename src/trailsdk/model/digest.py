"""Digest files: what CloudTrail signs each hour to vouch for the log files of that hour."""

from collections.abc import Mapping

from attrs import field, frozen

from trailsdk._json import Json
from trailsdk.model._fields import EMPTY, Part, aws, read_through

__all__ = ["Digest", "DigestedFile"]


@read_through
@frozen(kw_only=True, repr=False)
class DigestedFile(Part):
    """A log file as its digest lists it. Times are text: what was signed is the text."""

    s3_bucket: str | None = aws("s3Bucket")
    """Bucket of the log file."""
    s3_object: str | None = aws("s3Object")
    """Key of the log file."""
    hash_value: str | None = aws("hashValue")
    """SHA-256 of the file's inflated bytes, in hex."""
    hash_algorithm: str | None = aws("hashAlgorithm")
    """`SHA-256`."""
    newest_event_time: str | None = aws("newestEventTime")
    """Time of its newest event."""
    oldest_event_time: str | None = aws("oldestEventTime")
    """Time of its oldest event."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Digest(Part):
    """The content of a digest file. Times are text: the end time is signed as it is spelt."""

    aws_account_id: str | None = aws("awsAccountId")
    """Account whose log files it vouches for."""
    digest_start_time: str | None = aws("digestStartTime")
    """Begin of the hour, by delivery."""
    digest_end_time: str | None = aws("digestEndTime")
    """End of the hour; the next digest begins there."""
    digest_s3_bucket: str | None = aws("digestS3Bucket")
    """Bucket in which the digest was placed."""
    digest_s3_object: str | None = aws("digestS3Object")
    """Key under which the digest was placed."""
    digest_public_key_fingerprint: str | None = aws("digestPublicKeyFingerprint")
    """Which public key verifies the signature."""
    digest_signature_algorithm: str | None = aws("digestSignatureAlgorithm")
    """`SHA256withRSA`."""
    newest_event_time: str | None = aws("newestEventTime")
    """Newest event of all its log files; null where there are none."""
    oldest_event_time: str | None = aws("oldestEventTime")
    """Oldest event of all its log files; null where there are none."""
    previous_digest_s3_bucket: str | None = aws("previousDigestS3Bucket")
    """Bucket of the digest before; null for a starting digest."""
    previous_digest_s3_object: str | None = aws("previousDigestS3Object")
    """Key of the digest before."""
    previous_digest_hash_value: str | None = aws("previousDigestHashValue")
    """SHA-256 of the inflated bytes of the digest before, in hex."""
    previous_digest_hash_algorithm: str | None = aws("previousDigestHashAlgorithm")
    """`SHA-256`."""
    previous_digest_signature: str | None = aws("previousDigestSignature")
    """Signature of the digest before, in hex."""
    log_files: tuple[DigestedFile, ...] = aws("logFiles", default=())
    """The log files that were delivered in that hour; none is evidence too."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""
