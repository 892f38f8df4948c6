"""Messages that SNS has signed, and others."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noticed import bucket_and_queue, event, ids, key, log_file, notice, put_notice
from signing import SENT, TOPIC, URL, Signer, make_signer

from trailsdk.codec.notices import Delivered, read_notice
from trailsdk.errors import MessageError, SourceError, TransportError, UnreadableError, UsageError
from trailsdk.sources.queue import signatures
from trailsdk.sources.queue.signatures import SnsSignatures, fetch_certificate

SIGNER = make_signer()


def _objection(message: Any, signer: Signer = SIGNER, **options: Any) -> str | None:
    body = message if isinstance(message, str) else json.dumps(message)
    return SnsSignatures(certificates=[signer.pem], **options).objection(body)


class TestSignatures:
    """Which messages are trusted."""

    @pytest.mark.parametrize("version", ["1", "2"])
    @pytest.mark.parametrize("more", [{}, {"Subject": "a subject"}])
    def test_notifications(self, version: str, more: Any) -> None:
        """What SNS has signed is trusted, by SHA-1 and by SHA-256, with a subject and without."""
        assert _objection(SIGNER.sign("hello", version, **more)) is None

    def test_confirmations(self) -> None:
        """Subscriptions are confirmed with a signature over other fields."""
        more = {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://x", "Token": "t"}
        assert _objection(SIGNER.sign("You have chosen", **more)) is None

    @settings(max_examples=40)
    @given(st.sampled_from(["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Subject"]), st.text(min_size=1))
    def test_whatever_is_changed(self, name: str, value: str) -> None:
        """A message of which any signed field was changed, added or removed is not trusted."""
        message = SIGNER.sign("hello")
        changed = {**message, name: value}
        assert (_objection(changed) is None) == (changed == message)
        message.pop(name, None)
        assert (_objection(message) is None) == (name == "Subject")

    @given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
    def test_any_signature(self, signature: str) -> None:
        """Whatever stands for a signature, it is refused without a fault."""
        assert _objection({**SIGNER.sign("hello"), "Signature": signature}) is not None

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("hello", "no signature"),
            ("[]", "no signature"),
            (notice("x"), "no signature"),
            ({**SIGNER.sign("x"), "SignatureVersion": "3"}, "version"),
            ({**SIGNER.sign("x"), "SignatureVersion": ["1"]}, "version"),
            ({**SIGNER.sign("x"), "SignatureVersion": "1"}, "false"),
            ({**SIGNER.sign("x"), "Message": 7}, "form"),
            ({**SIGNER.sign("x"), "Type": ["Notification"]}, "form"),
        ],
    )
    def test_what_is_not_signed(self, body: Any, reason: str) -> None:
        """Raw delivery has no signature, and forms that are not SNS's are not trusted."""
        assert reason in str(_objection(body))

    def test_others_keys(self) -> None:
        """Who signs with another key is not SNS."""
        assert _objection(make_signer().sign("hello")) == "its signature is false"

    def test_certificates_have_a_time(self) -> None:
        """A certificate vouches for messages that were sent while it was valid."""
        early = make_signer(begin=SENT - timedelta(days=2), end=SENT - timedelta(days=1))
        assert _objection(early.sign("hello"), early) == "its signature is false"

    def test_topics(self) -> None:
        """Everybody can have a topic: those that are not named are not trusted."""
        assert _objection(SIGNER.sign("x"), topics=TOPIC) is None
        assert "topic" in str(_objection(SIGNER.sign("x", TopicArn=f"{TOPIC}2"), topics=TOPIC))

    def test_odd_certificates(self) -> None:
        """What is no certificate cannot be handed in, and is not trusted where it is fetched."""
        with pytest.raises(UsageError):
            SnsSignatures(certificates=[b"hello"])
        body = json.dumps(SIGNER.sign("x"))
        assert "certificate" in str(SnsSignatures(fetch=lambda _: b"hello").objection(body))


class TestFetching:
    """Where certificates are fetched from."""

    def test_once(self) -> None:
        """A certificate is fetched once, from where the message says."""
        asked: list[str] = []

        def fetch(url: str) -> bytes:
            asked.append(url)
            return SIGNER.pem

        trusting = SnsSignatures(fetch=fetch)
        for text in ("one", "two"):
            assert trusting.objection(json.dumps(SIGNER.sign(text))) is None
        assert asked == [URL]

    @pytest.mark.parametrize(
        "url",
        [
            URL.replace("https", "http"),
            URL.replace(".amazonaws.com", ".amazonaws.com.evil.example"),
            URL.replace("sns.", "evil-sns."),
            URL.replace("https://", "https://evil.example/"),
            URL.replace("https://sns", "https://evil.example@sns"),
            URL.replace("amazonaws.com", "amazonaws.com:8443"),
            URL.replace("sns.eu-west-1", "my-bucket.s3.eu-west-1"),
            URL.replace("/Simple", "/other/Simple"),
            f"{URL}?x",
            f"{URL}#x",
            URL.replace("SimpleNotificationService", "../SimpleNotificationService"),
            f"\n{URL}",
            "https://[",
            None,
        ],
    )
    def test_nowhere_else(self, url: Any) -> None:
        """Only hosts of SNS are asked, over https: a message that names another place is not trusted."""

        def fetch(_: str) -> bytes:
            raise AssertionError

        body = json.dumps({**SIGNER.sign("x"), "SigningCertURL": url})
        assert "does not lie at SNS" in str(SnsSignatures(fetch=fetch).objection(body))

    def test_china(self) -> None:
        """In China the hosts of SNS have another ending."""
        body = {**SIGNER.sign("x"), "SigningCertURL": URL.replace("eu-west-1", "cn-north-1").replace(".com", ".com.cn")}
        assert SnsSignatures(fetch=lambda _: SIGNER.pem).objection(json.dumps(body)) is None

    def test_what_is_fetched(self) -> None:
        """The body of a plain success; redirects are not followed, and nothing large is taken."""
        with _serving({"/pem": (200, SIGNER.pem), "/moved": (302, b""), "/large": (200, b"x" * 99_999)}) as url:
            assert fetch_certificate(f"{url}/pem") == SIGNER.pem
            for path, reason in (("moved", "302"), ("absent", "404"), ("large", "too large")):
                with pytest.raises(UnreadableError, match=reason):
                    fetch_certificate(f"{url}/{path}")
        with pytest.raises(TransportError):
            fetch_certificate(f"{url}/pem")

    def test_it_takes_too_long(self) -> None:
        """A host that sends drop by drop is given up."""
        with pytest.raises(TransportError, match="too long"):
            signatures._read(lambda _: b"x", "https://x", 0.0)


@pytest.mark.parametrize(
    "beside", [event(1), notice(key(2)), put_notice(key(2)), {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}]
)
def test_what_stands_beside_a_signed_message(beside: dict[str, Any]) -> None:
    """Only what is signed is read: nobody can add a notice or a record to a message that SNS has signed."""
    body = json.dumps({**SIGNER.sign(json.dumps(notice(key(1)))), **beside})
    assert SnsSignatures(certificates=[SIGNER.pem]).objection(body) is None
    assert read_notice(body, signed=True) == [Delivered("org-trail", key(1))]


def test_a_queue_of_signed_messages() -> None:
    """What is not signed is poison; whether a certificate can be had is another matter."""
    with bucket_and_queue() as world:
        world.put(key(1), log_file("1"))
        world.queue.send(notice(key(2)), SIGNER.sign(json.dumps(notice(key(1)))), make_signer().sign("x"))
        errors: list[Any] = []
        stream = world.read(on_error=errors.append, verify_sns=SnsSignatures(certificates=[SIGNER.pem]))
        assert ids(stream) == ["1"]
        assert [type(error) for error in errors] == [MessageError, MessageError]
        assert (stream.stats.poison, stream.stats.left, stream.stats.acknowledged) == (2, 2, 1)
        for message in world.queue.messages:
            message.visible_at = 0.0
        world.queue.send(SIGNER.sign(json.dumps(notice(key(1)))))
        errors.clear()

        def fetch(url: str) -> bytes:
            raise TransportError(url, "the connection failed")

        stream = world.read(on_error=errors.append, verify_sns=SnsSignatures(fetch=fetch))
        assert ids(stream) == []
        assert (stream.stats.poison, stream.stats.left) == (1, 3)
        assert sum(isinstance(error, SourceError) for error in errors) == 2


@contextmanager
def _serving(answers: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Location", "/pem")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
