"""A small AWS on loopback for fake trails: enough of S3, CloudTrail and Organizations to verify a trail.

Any client works with it, the AWS CLI included, when `AWS_ENDPOINT_URL` names it. Nobody checks the signatures of
requests.
"""

import json
import re
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from trailsdk.testing.fake_objects import FakeObjects, Place
from trailsdk.testing.fake_trail import FakeTrail

__all__ = ["FakeAws"]

_STATUS = {
    "AccessDenied": 403,
    "InvalidObjectState": 403,
    "InternalError": 500,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NotImplemented": 501,
    "SlowDown": 503,
}
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_PAGE = 1000
_SIGNED = timedelta(minutes=20)
"""How long after its end a digest is delivered."""
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""When objects were put of which nobody says when."""


class FakeAws:
    """Serves the objects of trails, and answers for them. A context manager.

    ```python
    with FakeAws(trail) as aws:
        client = boto3.client("s3", endpoint_url=aws.url)
    ```

    S3, path style: `GetObject`, `HeadObject`, `PutObject`, `ListObjects`, `ListObjectsV2`, `HeadBucket`,
    `GetBucketLocation`.
    CloudTrail: `ListPublicKeys`, `DescribeTrails`, `GetTrailStatus`. Organizations: `DescribeOrganization`.

    Args:
        trails: Which trails; their objects may be changed while it runs.
        latency: Seconds to wait before each answer.
    """

    def __init__(self, *trails: FakeTrail, latency: float = 0) -> None:
        self.trails = trails
        self.latency = latency
        self.requests: Counter[str] = Counter()
        """How often each operation was asked for."""
        self.refused: dict[Place, str] = {}
        """Objects that are refused, with an S3 error code: `AccessDenied`, `InvalidObjectState`, `SlowDown`, ..."""
        self.broken: dict[Place, int] = {}
        """Objects whose body breaks off in the middle, and how often it still does."""
        self.refused_operations: dict[str, str] = {}
        """Operations that are refused, such as `ListPublicKeys`, with an error code."""
        self.page_size = _PAGE
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.aws = self
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead any client of AWS here, with credentials that nobody checks."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def objects_of(self, bucket: str) -> FakeObjects | None:
        """Give the objects among which a bucket is."""
        return next((each.objects for each in self.trails if bucket in each.objects.buckets), None)

    def count(self, operation: str) -> None:
        """Count a request."""
        with self._lock:
            self.requests[operation] += 1

    def breaks_off(self, place: Place) -> bool:
        """Tell whether an object's body is to break off this time."""
        with self._lock:
            left = self.broken.get(place, 0)
            if left:
                self.broken[place] = left - 1
            return left > 0

    def call(self, operation: str, arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Answer an operation of CloudTrail or Organizations.

        Raises:
            LookupError: There is no such trail or organization; its text is the error's code.
        """
        self.count(operation)
        if operation in self.refused_operations:
            raise LookupError(self.refused_operations[operation])
        answers: Mapping[str, Callable[[], dict[str, Any]]] = {
            "ListPublicKeys": lambda: self._list_public_keys(arguments, region),
            "DescribeTrails": lambda: self._describe_trails(arguments, region),
            "GetTrailStatus": lambda: self._trail_status(arguments, region),
            "DescribeOrganization": self._describe_organization,
        }
        if operation not in answers:
            raise LookupError("UnknownOperationException")
        return answers[operation]()

    def _list_public_keys(self, arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
        now = datetime.now(UTC).timestamp()
        begin, end = float(arguments.get("StartTime", now)), float(arguments.get("EndTime", now))
        found: dict[str, dict[str, Any]] = {}
        for trail in self.trails:
            for key in trail.public_keys:
                if key.region != region or key.validity_start is None or key.validity_end is None:
                    continue
                start, until = key.validity_start.timestamp(), key.validity_end.timestamp()
                if start <= end and until >= begin:
                    found[key.fingerprint] = {
                        "Value": b64encode(key.value).decode(),
                        "ValidityStartTime": start,
                        "ValidityEndTime": until,
                        "Fingerprint": key.fingerprint,
                    }
        return {"PublicKeyList": list(found.values())}

    def _describe_trails(self, arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
        wanted = arguments.get("trailNameList") or []
        found = [each for each in self.trails if not wanted or each.arn in wanted or each.name in wanted]
        return {
            "trailList": [_settings(each) for each in found if wanted or region in (each.home_region, *each.regions)]
        }

    def _trail_status(self, arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
        for each in self.trails:
            if arguments.get("Name") in (each.arn, each.name):
                ends = [digest.end for digest in each.digests if digest.region == region and not digest.backfill]
                last = (max(ends) + _SIGNED).timestamp() if ends else None
                return {"IsLogging": each.logging, "LatestDigestDeliveryTime": last, "LatestDeliveryTime": last}
        raise LookupError("TrailNotFoundException")

    def _describe_organization(self) -> dict[str, Any]:
        for each in self.trails:
            if each.organization_id is not None:
                return {"Organization": {"Id": each.organization_id, "MasterAccountId": each.accounts[0]}}
        raise LookupError("AWSOrganizationsNotInUseException")


def _settings(trail: FakeTrail) -> dict[str, Any]:
    settings = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": len(trail.regions) > 1,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": True,
        "IsOrganizationTrail": trail.organization_id is not None,
    }
    return {name: value for name, value in settings.items() if value != ""}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    aws: FakeAws


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Without a buffer, headers and body would be sent on their own.
    wbufsize = 64 * 1024

    server: _Server

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        """Answer S3."""
        self._begin()
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path.removeprefix("/")).partition("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        objects = self.server.aws.objects_of(bucket)
        if objects is None:
            self._fail("NoSuchBucket")
        elif key:
            self._get(objects, (bucket, key))
        elif "location" in query:
            self.server.aws.count("GetBucketLocation")
            self._answer(200, f'<LocationConstraint xmlns="{_NAMESPACE}"/>'.encode())
        elif self.command == "HEAD":
            self.server.aws.count("HeadBucket")
            self._answer(200, b"", {"x-amz-bucket-region": "us-east-1"})
        elif not query or {"list-type", "prefix", "marker", "delimiter", "max-keys"} & set(query):
            self._list(objects, bucket, query)
        else:
            self._fail("NotImplemented")

    do_HEAD = do_GET  # noqa: N815 (the name that http.server wants)

    def do_PUT(self) -> None:
        """Take an object; its bucket need not be there."""
        self._begin()
        bucket, _, key = unquote(urlsplit(self.path).path.removeprefix("/")).partition("/")
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        prefix = "x-amz-meta-"
        named = {name.lower(): value for name, value in self.headers.items()}
        metadata = {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}
        self.server.aws.count("PutObject")
        objects = self.server.aws.trails[0].objects
        objects.put((bucket, key), data, metadata, last_modified=datetime.now(UTC))
        self._answer(200, b"", {"ETag": f'"{objects[bucket, key].etag}"'})

    def do_POST(self) -> None:
        """Answer CloudTrail and Organizations: JSON 1.1."""
        self._begin()
        size = int(self.headers.get("Content-Length") or 0)
        operation = (self.headers.get("X-Amz-Target") or "").rpartition(".")[2]
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers.get("Authorization") or "")
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            arguments = json.loads(self.rfile.read(size) or b"{}")
            answer = self.server.aws.call(operation, arguments, scope[1] if scope else "us-east-1")
        except LookupError as error:
            self._answer(400, json.dumps({"__type": error.args[0], "message": "refused"}).encode(), headers)
        else:
            self._answer(200, json.dumps(answer).encode(), headers)

    def _begin(self) -> None:
        if self.server.aws.latency:
            time.sleep(self.server.aws.latency)

    def _get(self, objects: FakeObjects, place: Place) -> None:
        aws = self.server.aws
        aws.count("GetObject" if self.command == "GET" else "HeadObject")
        if place in aws.refused:
            self._fail(aws.refused[place])
            return
        try:
            each = objects[place]
        except KeyError:
            self._fail("NoSuchKey")
            return
        headers = {f"x-amz-meta-{name}": value for name, value in each.metadata.items()}
        headers |= {
            "ETag": f'"{each.etag}"',
            "Last-Modified": formatdate(0, usegmt=True),
            "Content-Type": "application/json",
        }
        self._answer(200, each.data, headers, cut=aws.breaks_off(place))

    def _list(self, objects: FakeObjects, bucket: str, query: Mapping[str, str]) -> None:
        aws, second = self.server.aws, query.get("list-type") == "2"
        aws.count("ListObjectsV2" if second else "ListObjects")
        for operation in ("ListObjects", "ListObjectsV2"):
            if operation in aws.refused_operations:
                self._fail(aws.refused_operations[operation])
                return
        size = min(int(query.get("max-keys") or _PAGE), aws.page_size)
        after = query.get("continuation-token") or query.get("start-after") or query.get("marker") or ""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        if delimiter and after.endswith(delimiter):
            # The last entry was a folder: all of it is behind us.
            after += "\U0010ffff"
        pages = objects.store(bucket).pages(prefix, delimiter=delimiter, start_after=after, size=1_000_000)
        page = next(pages)
        entries = sorted(
            [*((each.key, each) for each in page.objects), *((name, None) for name in page.folders)],
            key=lambda each: each[0].encode(errors="surrogatepass"),
        )
        part, more = entries[:size], len(entries) > size
        encode = quote if query.get("encoding-type") == "url" else escape
        pieces = [f"<Name>{bucket}</Name><Prefix>{encode(prefix)}</Prefix><MaxKeys>{size}</MaxKeys>"]
        pieces += [f"<Delimiter>{encode(delimiter)}</Delimiter>"] * bool(delimiter)
        pieces += ["<EncodingType>url</EncodingType>"] * (query.get("encoding-type") == "url")
        pieces.append(f"<IsTruncated>{str(more).lower()}</IsTruncated>")
        if more:
            name = "NextContinuationToken" if second else "NextMarker"
            pieces.append(f"<{name}>{encode(part[-1][0]) if not second else escape(part[-1][0])}</{name}>")
        if second:
            pieces.append(f"<KeyCount>{len(part)}</KeyCount>")
        for key, each in part:
            if each is None:
                pieces.append(f"<CommonPrefixes><Prefix>{encode(key)}</Prefix></CommonPrefixes>")
            else:
                time = each.last_modified or _UNKNOWN
                facts = f'<LastModified>{time:%Y-%m-%dT%H:%M:%S}.000Z</LastModified><ETag>"{each.etag}"</ETag>'
                pieces.append(
                    f"<Contents><Key>{encode(key)}</Key>{facts}<Size>{each.size}</Size>"
                    "<StorageClass>STANDARD</StorageClass></Contents>"
                )
        body = f'<ListBucketResult xmlns="{_NAMESPACE}">{"".join(pieces)}</ListBucketResult>'
        self._answer(200, body.encode())

    def _fail(self, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>refused</Message></Error>"
        self._answer(_STATUS.get(code, 400), body.encode())

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "application/xml"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True
        self.wfile.flush()
