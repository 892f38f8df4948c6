"""A small S3 server on loopback that fails as it is told to, request by request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from attrs import define, field, frozen
from botocore.config import Config


@frozen
class Refusal:
    """An answer that refuses."""

    status: int
    code: str
    message: str = "Access Denied"


CUT = "cut"
"""The body ends in the middle, and the connection with it."""


@define
class FaultyServer:
    """Objects of one bucket, `bucket`, and what goes wrong with each."""

    objects: Mapping[str, bytes]
    faults: dict[str, list[Refusal | str]] = field(factory=dict)
    """By key (`""`: listings): what goes wrong at the first request, at the second, ...; then nothing does."""
    gets: list[str] = field(factory=list)
    url: str = ""
    _lock: Lock = field(factory=Lock)

    def next_fault(self, key: str) -> Refusal | str | None:
        with self._lock:
            planned = self.faults.get(key)
            return planned.pop(0) if planned else None

    def client(self, **config: Any) -> Any:
        """Make a client that does not wait between its own retries."""
        settings = {"retries": {"total_max_attempts": 1}, "read_timeout": 5, "connect_timeout": 5, **config}
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 (nobody checks it)
            config=Config(**settings),
        )


@contextmanager
def serving(objects: Mapping[str, bytes], **faults: list[Refusal | str]) -> Iterator[FaultyServer]:
    """Serve objects while the block runs."""
    served = FaultyServer(objects, faults)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            key = unquote(parts.path).removeprefix("/bucket").removeprefix("/")
            fault = served.next_fault(key)
            if isinstance(fault, Refusal):
                text = f"<Error><Code>{fault.code}</Code><Message>{escape(fault.message)}</Message></Error>"
                self._answer(fault.status, text.encode())
            elif not key:
                self._answer(200, listing(served.objects, parse_qs(parts.query)).encode())
            elif key in served.objects:
                served.gets.append(key)
                self._answer(200, served.objects[key], cut=fault == CUT)
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>absent</Message></Error>")

        def _answer(self, status: int, body: bytes, *, cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = cut

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listing(objects: Mapping[str, bytes], query: Mapping[str, list[str]]) -> str:
    """Answer ListObjectsV2 in one page."""
    prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
    after = query.get("start-after", [""])[0]
    folders, contents = [], []
    for key in sorted(objects):
        if not key.startswith(prefix) or key <= after:
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            contents.append(f"<Contents><Key>{escape(key)}</Key><Size>{len(objects[key])}</Size></Contents>")
        elif key[: end + 1] not in folders:
            folders.append(key[: end + 1])
    common = "".join(f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders)
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(contents)}{common}</ListBucketResult>"
