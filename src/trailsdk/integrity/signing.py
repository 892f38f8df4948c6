"""The signature of a digest file: what is signed, with which keys, and whether it holds.

Source: AWS CloudTrail User Guide, "Custom implementations of CloudTrail log file integrity validation".
"""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import md5, sha256

from attrs import field, frozen

from trailsdk.errors import PublicKeyError
from trailsdk.model.digest import Digest

__all__ = ["ALGORITHM", "PublicKey", "fingerprint_of", "sha256_hex", "string_to_sign", "verifies"]

ALGORITHM = "SHA256withRSA"
"""The only algorithm of signatures: RSASSA-PKCS1-v1_5 with SHA-256."""

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@frozen(kw_only=True)
class PublicKey:
    """A key that `ListPublicKeys` gives. Key pairs belong to one Region."""

    value: bytes = field(repr=False)
    """DER: a PKCS#1 `RSAPublicKey`, or an X.509 `SubjectPublicKeyInfo`."""
    fingerprint: str
    """MD5 of `value`, in lower-case hex: how digest files name the key."""
    validity_start: datetime | None = None
    """Since when AWS signs with it; `None` where a file of keys does not say."""
    validity_end: datetime | None = None
    region: str | None = None
    """Whose digest files it signs; `None` where a file of keys does not say."""


def sha256_hex(content: bytes) -> str:
    """Give the SHA-256 of content, in lower-case hex."""
    return sha256(content).hexdigest()


def fingerprint_of(value: bytes) -> str:
    """Compute a key's fingerprint.

    AWS documents only that there is one. The MD5 of the DER bytes holds for the sample keys of the user guide.
    """
    return md5(value, usedforsecurity=False).hexdigest()


def string_to_sign(digest: Digest, content_hash: str) -> bytes:
    r"""Rebuild the text whose signature vouches for a digest file.

    Args:
        digest: The digest file, decoded. Its signed fields are used verbatim:
            re-rendering `digest_end_time` would break the signature.
        content_hash: SHA-256 of the same file's inflated bytes, in lower-case hex.

    Returns:
        Four lines, UTF-8, joined by `\n`, none at the end: end time, `bucket/key`, `content_hash`,
        the previous digest's signature in hex, or `null` (a rule that the AWS CLI shows, and the guide does not tell).
    """
    previous = digest.previous_digest_signature
    lines = (
        digest.digest_end_time,
        f"{digest.digest_s3_bucket}/{digest.digest_s3_object}",
        content_hash,
        "null" if previous is None else previous,
    )
    return "\n".join(map(str, lines)).encode(errors="surrogatepass")


def verifies(key: PublicKey, signature: str, signed: bytes) -> bool:
    """Tell whether a signature holds: RSASSA-PKCS1-v1_5 with SHA-256.

    Args:
        key: The key.
        signature: In hex, of either case. Text that is no hex does not verify.
        signed: What was signed, not its hash.

    Raises:
        PublicKeyError: The key is no RSA key.
    """
    # bytes.fromhex would skip white space.
    if not _HEX.fullmatch(signature):
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    loaded = _load(key.value, key.fingerprint)
    try:
        loaded.verify(bytes.fromhex(signature), signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _load(value: bytes, fingerprint: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Load a key of either form; the first call imports cryptography."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        loaded = load_der_public_key(value)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PublicKeyError(fingerprint, "not DER of an RSA key (PKCS#1 or SubjectPublicKeyInfo)") from None
    if not isinstance(loaded, RSAPublicKey):
        raise PublicKeyError(fingerprint, f"no RSA key but {type(loaded).__name__}")
    return loaded
