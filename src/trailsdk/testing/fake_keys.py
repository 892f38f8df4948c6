"""RSA keys of fake trails. Made when first needed, once a process: 2048 bits take a tenth of a second."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trailsdk.integrity.signing import fingerprint_of

__all__ = ["FakeKey", "fake_key"]


class FakeKey:
    """A key pair of a Region, as CloudTrail has them.

    Args:
        private: Which key; by default a new one of 2048 bits.
        pkcs1: Publish it as PKCS#1, as AWS documents it, or as SubjectPublicKeyInfo, as one of its samples is.
    """

    def __init__(self, private: RSAPrivateKey | None = None, *, pkcs1: bool = True) -> None:
        self._private = private or generate_private_key(65537, 2048)
        form = PublicFormat.PKCS1 if pkcs1 else PublicFormat.SubjectPublicKeyInfo
        self.value = self._private.public_key().public_bytes(Encoding.DER, form)
        self.fingerprint = fingerprint_of(self.value)

    def sign(self, text: bytes) -> str:
        """Sign as CloudTrail does: RSASSA-PKCS1-v1_5 with SHA-256, in hex."""
        return self._private.sign(text, PKCS1v15(), SHA256()).hex()


@cache
def fake_key(name: str) -> FakeKey:
    """Give the key pair of this name; the same throughout the process."""
    del name
    return FakeKey()
