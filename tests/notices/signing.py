"""SNS's signatures, by a key of the tests' own."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:trail"
SENT = datetime(2026, 3, 7, 9, 35, tzinfo=UTC)


@frozen
class Signer:
    """A key, and its certificate."""

    key: rsa.RSAPrivateKey
    pem: bytes

    def sign(self, message: str, version: str = "2", **more: Any) -> dict[str, Any]:
        """Make SNS's envelope of a message, as the developer guide says that it is signed."""
        fields = {
            "Message": message,
            "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
            "Timestamp": "2026-03-07T09:35:00.000Z",
            "TopicArn": TOPIC,
            "Type": "Notification",
            **more,
        }
        order = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        text = "".join(f"{name}\n{fields[name]}\n" for name in order if name in fields)
        algorithm = SHA1() if version == "1" else SHA256()  # noqa: S303 (what SNS does by default)
        signature = base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), algorithm)).decode()
        unsigned = {"SignatureVersion": version, "Signature": signature, "SigningCertURL": URL, "UnsubscribeURL": "x"}
        return {**fields, **unsigned}


def make_signer(*, begin: datetime = SENT - timedelta(days=1), end: datetime = SENT + timedelta(days=1)) -> Signer:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    return Signer(key, builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
