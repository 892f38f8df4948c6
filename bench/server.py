"""A lean S3 server on loopback: `python -m bench.server --folder DIR --simulated NAME --answers FILE`.

It is a process of its own, so that its work is not taken for a client's. It prints its port, and ends when its input
does. Nobody checks signatures. What it answers:

- S3, path style: `GetObject`, `HeadObject`, `HeadBucket`, `GetBucketLocation`, `ListObjectsV2`, `ListObjects`.
- CloudTrail, SQS and others that speak JSON: the operations that the file of answers names. Where it has a list, its
  answers are given in turn, and then from the begin again.
- `/-/cpu`: seconds of a processor that it has used; `/-/counts`: how often each operation was asked for;
  `/-/latency?seconds=0.02`: from now on each answer of the above is sent so much later.
"""

import argparse
import asyncio
import gc
import json
import socket
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from attrs import define, field

from bench.buckets import Bucket, Entry, list_entries, load_folder
from bench.simulated import SimulatedBucket

_HOST = "127.0.0.1"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_HTTP_MODIFIED = "Sun, 01 Mar 2026 00:00:00 GMT"
_MODIFIED = "2026-03-01T00:00:00.000Z"
"""When every object was written."""
_PAGE = 1000
_SEND_BUFFER = 256 * 1024
"""So that the kernel takes an answer at once."""
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 501: "Not Implemented"}
_XML = "Content-Type: application/xml\r\n"
_JSON = "Content-Type: application/x-amz-json-1.1\r\n"
_MESSAGES = {
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "InvalidArgument": (400, "An argument is not valid"),
    "NotImplemented": (501, "Nothing here does that"),
}


def _answer(status: int, body: bytes, headers: str = _XML) -> bytes:
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def _refusal(code: str, key: str = "") -> bytes:
    status, message = _MESSAGES[code]
    place = f"<Key>{escape(key)}</Key>" if key else ""
    return _answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message>{place}</Error>".encode())


@define
class _Service:
    """What is served, and what was asked for."""

    buckets: Mapping[str, Bucket]
    answers: Mapping[str, Any]
    """From operations to their answers; a list is gone through."""
    latency: float = 0
    """Seconds."""
    counts: Counter[str] = field(factory=Counter)

    def answer(self, method: str, target: str) -> bytes:
        """Answer S3; the body comes with the answer to HEAD as well."""
        path, _, rest = target.partition("?")
        name, _, key = unquote(path[1:]).partition("/")
        bucket = self.buckets.get(name)
        if key:
            self.counts["GetObject" if method == "GET" else "HeadObject"] += 1
            return _refusal("NoSuchBucket") if bucket is None else _object(bucket, key)
        query = {name: values[0] for name, values in parse_qs(rest, keep_blank_values=True).items()}
        if method == "HEAD":
            self.counts["HeadBucket"] += 1
            return (
                _refusal("NoSuchBucket") if bucket is None else _answer(200, b"", "x-amz-bucket-region: us-east-1\r\n")
            )
        if "location" in query:
            self.counts["GetBucketLocation"] += 1
            body = f'<LocationConstraint xmlns="{_NAMESPACE}"/>'.encode()
            return _refusal("NoSuchBucket") if bucket is None else _answer(200, body)
        if "uploads" in query or "versions" in query or not name:
            return _refusal("NotImplemented")
        self.counts["ListObjectsV2" if query.get("list-type") == "2" else "ListObjects"] += 1
        return _refusal("NoSuchBucket") if bucket is None else _listing(name, bucket, query)

    def call(self, head: str) -> bytes:
        """Answer an operation of JSON 1.1."""
        lines = (line.partition(":") for line in head.split("\r\n"))
        target = next((value.strip() for name, _, value in lines if name.lower() == "x-amz-target"), "")
        operation = target.rpartition(".")[2]
        turn = self.counts[operation]
        self.counts[operation] += 1
        if operation not in self.answers:
            return _answer(400, b'{"__type":"UnknownOperationException"}', _JSON)
        answer = self.answers[operation]
        if isinstance(answer, list):
            answer = answer[turn % len(answer)]
        return _answer(200, json.dumps(answer).encode(), _JSON)

    def control(self, target: str) -> bytes:
        """Answer whoever measures."""
        path, _, query = target.partition("?")
        if path == "/-/latency":
            self.latency = float(parse_qs(query)["seconds"][0])
        facts = {"cpu": time.process_time(), "counts": self.counts, "latency": self.latency}
        return _answer(200, json.dumps(facts.get(path.removeprefix("/-/"))).encode(), _JSON)


def _object(bucket: Bucket, key: str) -> bytes:
    found = bucket.get(key)
    if found is None:
        return _refusal("NoSuchKey", key)
    metadata = "".join(f"x-amz-meta-{name}: {value}\r\n" for name, value in found.metadata.items())
    facts = f'ETag: "{found.etag}"\r\nLast-Modified: {_HTTP_MODIFIED}\r\nContent-Type: application/json\r\n'
    return _answer(200, found.body, facts + metadata)


def _listing(name: str, bucket: Bucket, query: Mapping[str, str]) -> bytes:
    second, coded = query.get("list-type") == "2", query.get("encoding-type") == "url"
    encode = quote if coded else escape
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = query.get("start-after" if second else "marker", "")
    token = query.get("continuation-token") if second else None
    try:
        behind = after if token is None else urlsafe_b64decode(token).decode()
        size = min(int(query.get("max-keys") or _PAGE), _PAGE)
    except ValueError:
        return _refusal("InvalidArgument")
    entries, more = list_entries(bucket, prefix, delimiter, behind, size)
    pieces = [f"<Name>{name}</Name><Prefix>{encode(prefix)}</Prefix><MaxKeys>{size}</MaxKeys>"]
    pieces.append(f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>")
    if delimiter:
        pieces.append(f"<Delimiter>{encode(delimiter)}</Delimiter>")
    if coded:
        pieces.append("<EncodingType>url</EncodingType>")
    if second:
        pieces.append(f"<KeyCount>{len(entries)}</KeyCount>")
    if after or not second:
        mark = "StartAfter" if second else "Marker"
        pieces.append(f"<{mark}>{encode(after)}</{mark}>")
    if more:
        last = entries[-1] if isinstance(entries[-1], str) else entries[-1].key
        if second:
            pieces.append(f"<NextContinuationToken>{urlsafe_b64encode(last.encode()).decode()}</NextContinuationToken>")
        elif delimiter:
            pieces.append(f"<NextMarker>{encode(last)}</NextMarker>")
    pieces += (_xml(each, encode) for each in entries)
    return _answer(200, f'<ListBucketResult xmlns="{_NAMESPACE}">{"".join(pieces)}</ListBucketResult>'.encode())


def _xml(entry: Entry, encode: Callable[[str], str]) -> str:
    if isinstance(entry, str):
        return f"<CommonPrefixes><Prefix>{encode(entry)}</Prefix></CommonPrefixes>"
    return (
        f"<Contents><Key>{encode(entry.key)}</Key><LastModified>{_MODIFIED}</LastModified>"
        f"<ETag>&quot;{entry.etag}&quot;</ETag><Size>{entry.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


class _Connection(asyncio.Protocol):
    """One connection, kept until the client closes it."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def data_received(self, data: bytes) -> None:
        data = self._waiting + data
        while (end := data.find(b"\r\n\r\n") + 4) > 4:
            head = data[: end - 4].decode("latin-1")
            whole = end + (_content_length(head) if head.startswith("POST ") else 0)
            if len(data) < whole:
                break
            data = data[whole:]
            self._handle(head)
        self._waiting = data

    def _handle(self, head: str) -> None:
        method, target, _ = head.split(" ", 2)
        if target.startswith("/-/"):
            self._transport.write(self._service.control(target))
            return
        if method == "POST":
            answer = self._service.call(head)
        elif method in ("GET", "HEAD"):
            answer = self._service.answer(method, target)
        else:
            answer = _refusal("NotImplemented")
        if method == "HEAD":
            answer = answer[: answer.index(b"\r\n\r\n") + 4]
        if self._service.latency:
            self._loop.call_later(self._service.latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _content_length(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


async def _serve(service: _Service) -> None:
    """Serve until the input ends: its other end is held by whoever started this, and closes with that."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: _Connection(service), _HOST, 0, backlog=512)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--folder", type=Path, help="buckets: see bench.buckets.load_folder")
    parser.add_argument("--simulated", metavar="NAME", help="a bucket of three million log files")
    parser.add_argument("--answers", type=Path, help="a JSON object, from operations of JSON 1.1 to their answers")
    options = parser.parse_args()
    buckets: dict[str, Bucket] = {}
    if options.folder is not None:
        buckets |= load_folder(options.folder)
    if options.simulated is not None:
        buckets[options.simulated] = SimulatedBucket()
    answers = json.loads(options.answers.read_bytes()) if options.answers is not None else {}
    # What is served stays: the garbage collector need not look at it again.
    gc.freeze()
    asyncio.run(_serve(_Service(buckets, answers)))


if __name__ == "__main__":
    _main()
