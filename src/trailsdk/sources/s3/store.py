"""A bucket of S3, through boto3."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from trailsdk._version import __version__
from trailsdk.errors import TransportError
from trailsdk.sources.s3.refusals import is_broken_body, refusals
from trailsdk.sources.store import Body, Page, StoredObject

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["Bodies", "BotoStore", "make_client"]

T = TypeVar("T")

_TRIES = 4
"""How often a body is fetched that breaks off. Requests themselves are tried again by boto3."""

_CONNECTIONS = 64


class Bodies(Protocol):
    """Another way to the content of objects than boto3's."""

    def get(self, key: str) -> Body | None:
        """Get an object; `None` where that failed or cannot be done this way, so that boto3 is to be asked."""


def make_client(session: "Session | None" = None, endpoint_url: str | None = None) -> Any:
    """Make a client of S3: many connections, adaptive retries.

    Args:
        session: Credentials and Region; boto3's default by default.
        endpoint_url: Another address than AWS's.
    """
    import boto3
    import botocore
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        # Otherwise boto3 puts it together anew for each request, which takes a tenth of a GET's time.
        user_agent=f"trailsdk/{__version__} Boto3/{boto3.__version__} Botocore/{botocore.__version__}",
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "adaptive", "total_max_attempts": 8},
        connect_timeout=10,
        read_timeout=30,
        tcp_keepalive=True,
    )
    return (session or Session()).client("s3", endpoint_url=endpoint_url, config=config)


class BotoStore:
    """One bucket.

    Args:
        client: boto3's client of S3; it may be used by many threads at once.
        bucket: The bucket's name, or the ARN of an access point.
        requester_pays: Agree to pay for requests and transfer.
        bodies: Another way to the content of objects, tried first.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        requester_pays: bool = False,
        bodies: Bodies | None = None,
    ) -> None:
        self.location = f"s3://{bucket}"
        self._bodies = bodies
        payer = {"RequestPayer": "requester"} if requester_pays else {}
        self.close = client.close
        """Close the client's connections that are idle."""
        self._list = partial(client.list_objects_v2, Bucket=bucket, **payer)
        self._get = partial(client.get_object, Bucket=bucket, **payer)

    @property
    def is_fast(self) -> bool:
        """Whether more objects at once than boto3 can manage are of use."""
        return self._bodies is not None

    def uri(self, key: str) -> str:
        """Name an object: its key stands literally behind the bucket."""
        return f"{self.location}/{key}" if key else self.location

    def pages(self, prefix: str, *, delimiter: str = "", start_after: str = "") -> Iterator[Page]:
        """List, 1,000 keys a page."""
        wanted = {"Prefix": prefix, "Delimiter": delimiter, "StartAfter": start_after}
        wanted = {name: value for name, value in wanted.items() if value}
        while True:
            answer = self._ask(partial(self._list, **wanted), self.uri(prefix))
            yield Page(
                tuple(_listed(each) for each in answer.get("Contents", ())),
                tuple(each["Prefix"] for each in answer.get("CommonPrefixes", ())),
            )
            token = answer.get("NextContinuationToken")
            if not answer.get("IsTruncated") or token is None:
                return
            wanted["ContinuationToken"] = token

    def get(self, key: str, *, version_id: str | None = None) -> Body:
        """Get an object. A body that breaks off is fetched again."""
        if self._bodies is not None and version_id is None:
            body = self._bodies.get(key)
            if body is not None:
                return body
        wanted = {"Key": key} if version_id is None else {"Key": key, "VersionId": version_id}
        return self._ask(partial(self._body, **wanted), self.uri(key))

    def _body(self, **wanted: str) -> Body:
        answer = self._get(**wanted)
        with answer["Body"] as body:
            data = body.read()
        return Body(data, answer.get("Metadata", {}), _unquoted(answer.get("ETag")), answer.get("VersionId"))

    def open(self, key: str) -> "OpenBody":
        """Open an object that is too large to be held, to read it piece by piece.

        Raises:
            SourceError: As with `get`.
        """
        return OpenBody(self._ask(partial(self._get, Key=key), self.uri(key)), self.uri(key))

    def _ask(self, call: Callable[[], T], location: str) -> T:
        for attempt in range(1, _TRIES):
            try:
                with refusals(location):
                    return call()
            except TransportError as error:
                if error.__cause__ is None or not is_broken_body(error.__cause__):
                    raise
            time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 (so that many do not wait in step)
        with refusals(location):
            return call()


class OpenBody:
    """The body of an answer that is read piece by piece."""

    def __init__(self, answer: Mapping[str, Any], location: str) -> None:
        self._body = answer["Body"]
        self._location = location
        self.metadata: Mapping[str, str] = answer.get("Metadata", {})
        self.etag = _unquoted(answer.get("ETag"))
        self.version_id: str | None = answer.get("VersionId")

    def __enter__(self) -> Self:
        return self

    def read(self, size: int) -> bytes:
        """Read up to a number of bytes.

        Raises:
            SourceError: It broke off. A large object is not begun again: its records may be given already.
        """
        with refusals(self._location):
            data: bytes = self._body.read(size)
            return data

    def __exit__(self, *_: object) -> None:
        self._body.close()


def _listed(each: Any) -> StoredObject:
    return StoredObject(
        each["Key"], each["Size"], _unquoted(each.get("ETag")), each.get("LastModified"), each.get("StorageClass")
    )


def _unquoted(etag: str | None) -> str | None:
    return None if etag is None else etag.strip('"')
