"""Whether SNS has signed a message."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from trailsdk import _json
from trailsdk._json import INVALID, Json
from trailsdk.errors import TransportError, UnreadableError, UsageError
from trailsdk.sources.requests import answers

__all__ = ["SnsSignatures", "fetch_certificate"]

_HOST: Final = re.compile(r"sns\.[a-z]{2,}(-[a-z]+)+-\d+\.amazonaws\.com(\.cn)?", re.ASCII)
_PATH: Final = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem", re.ASCII)
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: Final[Mapping[str, type[HashAlgorithm]]] = {"1": SHA1, "2": SHA256}
_MOST_CERTIFICATES = 16
_LARGEST_CERTIFICATE = 32 * 1024
_TIMEOUT_SECONDS = 5.0


class SnsSignatures:
    """Trusts messages that SNS has signed, and no others.

    A signature proves that a message came through a topic of SNS; it does not prove which topics are yours, since
    everybody can have one. So name them, or let the queue's policy admit only them (`aws:SourceArn`).
    With raw delivery SNS sends no signature: no such message is trusted.

    Args:
        topics: ARNs of the topics whose messages are trusted; by default all.
        certificates: SNS's certificates, as PEM. Then none is fetched, and only those who signed with one of them are
            trusted. Otherwise the one that a message names is fetched, over https, from a host of SNS only.
        fetch: Gets a certificate from its URL, which is one of SNS's. It raises a `SourceError` where it cannot.

    Raises:
        UsageError: A certificate cannot be read.
    """

    def __init__(
        self,
        *,
        topics: Iterable[str] | str | None = None,
        certificates: Iterable[bytes] = (),
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._topics = None if topics is None else frozenset([topics] if isinstance(topics, str) else topics)
        self._handed_in = [_certificate(pem) for pem in certificates]
        if None in self._handed_in:
            raise UsageError("SnsSignatures: a certificate is no PEM of an X.509 certificate with an RSA key")
        self._fetch = fetch or fetch_certificate
        self._fetched: dict[str, x509.Certificate | None] = {}

    def objection(self, body: str) -> str | None:
        """Tell why a message may not be trusted; `None` where it may.

        Args:
            body: The message, as the queue gives it: SNS's envelope.

        Raises:
            SourceError: The certificate could not be fetched: whether it may be trusted is not known.

        Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
        """
        try:
            message = _json.decode(body.encode(errors="surrogatepass"))
        except INVALID:
            return "it has no signature of SNS"
        if not isinstance(message, dict) or "Signature" not in message:
            return "it has no signature of SNS"
        signed, version, signature = _text_that_is_signed(message), message.get("SignatureVersion"), _signature(message)
        if signed is None or signature is None:
            return "its signature is not of SNS's form"
        hash_type = _HASHES.get(version) if isinstance(version, str) else None
        if hash_type is None:
            return "its signature is of a version that is not known"
        if self._topics is not None and message.get("TopicArn") not in self._topics:
            return "it came through a topic that is not one of `topics`"
        certificates = self._certificates(message)
        if isinstance(certificates, str):
            return certificates
        when = _time(message.get("Timestamp"))
        if any(_has_signed(each, signed, signature, hash_type(), when) for each in certificates):
            return None
        return "its signature is false"

    def _certificates(self, message: Mapping[str, Json]) -> "list[x509.Certificate] | str":
        """Give the certificates that may have signed a message, or say why there is none."""
        handed_in = [each for each in self._handed_in if each is not None]
        if handed_in:
            return handed_in
        url = message.get("SigningCertURL")
        if not isinstance(url, str) or not _is_of_sns(url):
            return "it names a certificate that does not lie at SNS"
        if url not in self._fetched:
            if len(self._fetched) >= _MOST_CERTIFICATES:
                del self._fetched[next(iter(self._fetched))]
            self._fetched[url] = _certificate(self._fetch(url))
        certificate = self._fetched[url]
        return "its certificate cannot be read" if certificate is None else [certificate]


def _text_that_is_signed(message: Mapping[str, Json]) -> bytes | None:
    kind = message.get("Type")
    names = _SIGNED.get(kind) if isinstance(kind, str) else None
    if names is None:
        return None
    text = ""
    for name in names:
        value = message.get(name)
        if isinstance(value, str):
            text += f"{name}\n{value}\n"
        elif value is not None or name != "Subject":
            return None
    return text.encode(errors="surrogatepass")


def _signature(message: Mapping[str, Json]) -> bytes | None:
    try:
        return base64.b64decode(str(message["Signature"]), validate=True)
    except (binascii.Error, ValueError):
        return None


def _time(value: Json) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def _certificate(pem: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        return certificate if isinstance(certificate.public_key(), RSAPublicKey) else None
    except Exception:  # noqa: BLE001 (cryptography raises what it likes for odd bytes)
        return None


def _has_signed(
    certificate: x509.Certificate, signed: bytes, signature: bytes, algorithm: HashAlgorithm, when: datetime | None
) -> bool:
    """Check a signature, and that the certificate was valid when the message was sent: it may have waited for days."""
    key = certificate.public_key()
    valid = when is not None and certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc
    if not valid or not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _is_of_sns(url: str) -> bool:
    """Tell whether a URL is one of a certificate of SNS: https, no port, no user, nothing behind the path."""
    try:
        parts = urlsplit(url)
        host, path = parts.netloc, parts.path
    except ValueError:
        return False
    same = url == f"https://{host}{path}"
    return same and _HOST.fullmatch(host) is not None and _PATH.fullmatch(path) is not None


def fetch_certificate(url: str) -> bytes:
    """Fetch a certificate of SNS. Redirects are not followed.

    Args:
        url: Its address; who calls has checked that it is one of SNS's.

    Returns:
        What lies there; whether it is a certificate is not checked.

    Raises:
        SourceError: It could not be fetched in 5 seconds, or is too large.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies
    from urllib3.exceptions import HTTPError

    end = time.monotonic() + _TIMEOUT_SECONDS
    session = URLLib3Session(proxies=get_environ_proxies(url), timeout=_TIMEOUT_SECONDS)
    with answers(url), closing(session):
        answer = session.send(AWSRequest("GET", url, stream_output=True).prepare())
        with closing(answer.raw):
            if answer.status_code != 200:  # noqa: PLR2004 (HTTP's code for success)
                raise UnreadableError(url, f"the certificate is not there: status {answer.status_code}")
            try:
                return _read(answer.raw.read, url, end)
            except HTTPError as error:
                raise TransportError(url, "the connection failed") from error


def _read(read: Callable[[int], bytes], url: str, end: float) -> bytes:
    content = b""
    while piece := read(4096):
        content += piece
        if len(content) > _LARGEST_CERTIFICATE:
            raise UnreadableError(url, "the certificate is too large")
        if time.monotonic() > end:
            raise TransportError(url, "the certificate takes too long")
    return content
