"""Digest files, read strictly; the text that is signed; keys of both forms."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailsdk import _json
from trailsdk.codec.digests import decode_digest
from trailsdk.errors import MalformedDigestError, PublicKeyError
from trailsdk.integrity.signing import PublicKey, fingerprint_of, sha256_hex, string_to_sign, verifies
from trailsdk.testing.fake_keys import FakeKey, fake_key
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.strategies import damaged, json_values


def document() -> dict[str, Any]:
    trail = FakeTrail()
    trail.run(hours=2)
    return dict(trail.digests[-1].document)


DOCUMENT = document()
REQUIRED = (
    "awsAccountId",
    "digestStartTime",
    "digestEndTime",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
    "previousDigestSignature",
)


@pytest.mark.corpus
def test_samples_that_aws_wrote(corpus: Path) -> None:
    """The digests of the user guide are read, and all their fields are known."""
    lines = (corpus / "awsdocs/aws-cloudtrail-user-guide/extracted/digest.jsonl").read_text().splitlines()
    documents = [each for line in lines if "digestS3Object" in (each := json.loads(line))]
    assert documents
    for each in documents:
        digest = decode_digest(json.dumps(each).encode())
        assert digest.extra == {}
        assert digest.digest_s3_object == each["digestS3Object"]
        assert len(digest.log_files) == len(each["logFiles"])


class TestDecoding:
    """What one reader takes otherwise than another proves nothing."""

    def test_fields(self) -> None:
        """Every field has its value; unknown ones are kept."""
        digest = decode_digest(_json.encode({**DOCUMENT, "new": 1}))
        assert digest.previous_digest_signature == DOCUMENT["previousDigestSignature"]
        assert [each.hash_value for each in digest.log_files] == [each["hashValue"] for each in DOCUMENT["logFiles"]]
        assert digest.extra == {"new": 1}

    @pytest.mark.parametrize("name", REQUIRED)
    def test_required(self, name: str) -> None:
        """A required field that is absent is told by its name."""
        with pytest.raises(MalformedDigestError, match=name):
            decode_digest(_json.encode({key: value for key, value in DOCUMENT.items() if key != name}), "place")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b"\xff",
            b"\xef\xbb\xbf{}",
            b"{" * 100_000,
            b'{"a":NaN}',
            b'{"a":1,"a":1}',
            b'{"logFiles":[{"x":1,"x":2}]}',
            b'{"a":' + b"9" * 5000 + b"}",
        ],
    )
    def test_no_digest(self, content: bytes) -> None:
        """What is no digest is an error of ours."""
        with pytest.raises(MalformedDigestError):
            decode_digest(content)

    @pytest.mark.parametrize(
        "changes",
        [
            {"logFiles": {}},
            {"logFiles": [1]},
            {"logFiles": [{}]},
            {"logFiles": [{**DOCUMENT["logFiles"][0], "hashValue": None}]},
            {"newestEventTime": 5},
            {"previousDigestHashValue": None},
            {"previousDigestSignature": 1},
            {"digestEndTime": None},
        ],
    )
    def test_other_types(self, changes: dict[str, Any]) -> None:
        """A field of another type, and links that are there by halves, are errors."""
        with pytest.raises(MalformedDigestError):
            decode_digest(_json.encode({**DOCUMENT, **changes}))

    def test_null_log_files(self) -> None:
        """`logFiles` that is null or absent names none."""
        assert decode_digest(_json.encode({**DOCUMENT, "logFiles": None})).log_files == ()

    @settings(deadline=None)  # a machine may be busy
    @given(damaged(st.just(_json.encode(DOCUMENT))))
    def test_damage(self, content: bytes) -> None:
        """Damaged bytes are an error of ours, or say what any reader of JSON finds in them."""
        says_what_json_says(content)

    @settings(deadline=None)  # a machine may be busy
    @given(json_values(), st.sampled_from(sorted(DOCUMENT)))
    def test_any_value_anywhere(self, value: Any, name: str) -> None:
        """Any JSON in place of any field is an error of ours, or is read as it is."""
        says_what_json_says(_json.encode({**DOCUMENT, name: value}))


def says_what_json_says(content: bytes) -> None:
    try:
        digest = decode_digest(content)
    except MalformedDigestError:
        return
    expected = json.loads(content)
    assert digest.digest_end_time == expected["digestEndTime"]
    assert digest.previous_digest_signature == expected["previousDigestSignature"]
    assert [each.hash_value for each in digest.log_files] == [each["hashValue"] for each in expected["logFiles"] or ()]


class TestSigning:
    """
    > To verify the digest file's signature ... recreate the data signing string.

    -- AWS, CloudTrail User Guide, custom implementations of log file integrity validation
    """

    def test_string(self) -> None:
        """Four lines, and none at the end; the first digest of a chain has the word null."""
        content = _json.encode(DOCUMENT)
        expected = (
            f"{DOCUMENT['digestEndTime']}\n{DOCUMENT['digestS3Bucket']}/{DOCUMENT['digestS3Object']}\n"
            f"{sha256_hex(content)}\n{DOCUMENT['previousDigestSignature']}"
        )
        assert string_to_sign(decode_digest(content), sha256_hex(content)) == expected.encode()
        first = {name: None if name.startswith("previous") else value for name, value in DOCUMENT.items()}
        assert string_to_sign(decode_digest(_json.encode(first)), "").endswith(b"\nnull")

    @pytest.mark.parametrize("pkcs1", [True, False])
    def test_both_forms_of_keys(self, pkcs1: bool) -> None:  # noqa: FBT001 (a case)
        """PKCS#1, as documented, and SubjectPublicKeyInfo, as one of AWS's samples."""
        key = FakeKey(pkcs1=pkcs1)
        public = PublicKey(value=key.value, fingerprint=key.fingerprint)
        signature = key.sign(b"text")
        assert verifies(public, signature, b"text")
        assert verifies(public, signature.upper(), b"text")
        assert not verifies(public, signature, b"other text")

    @pytest.mark.parametrize("signature", ["", "0", "zz", "00", "0" * 512, " " * 512, "é" * 256, "00\n"])
    def test_odd_signatures(self, signature: str) -> None:
        """Text that is no signature does not verify, and is no crash."""
        key = fake_key("odd")
        assert not verifies(PublicKey(value=key.value, fingerprint=key.fingerprint), signature, b"text")

    @settings(deadline=None)  # a machine may be busy
    @given(st.binary(max_size=300))
    def test_odd_keys(self, value: bytes) -> None:
        """Bytes that are no RSA key are an error of ours."""
        with pytest.raises(PublicKeyError):
            verifies(PublicKey(value=value, fingerprint=fingerprint_of(value)), "00", b"text")

    def test_keys_of_other_algorithms(self) -> None:
        """A key of elliptic curves is refused by its name."""
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = generate_private_key(SECP256R1()).public_key()
        value = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(PublicKeyError, match="no RSA key"):
            verifies(PublicKey(value=value, fingerprint=fingerprint_of(value)), "00", b"text")
