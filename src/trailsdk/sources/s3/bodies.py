"""Bodies through obstore, which takes a tenth of boto3's time for a small object.

Listings, and whatever fails here, go through boto3: its errors are the true ones. So do keys that the path grammar of
obstore would change, such as those with `//`, `..` or `%`.
"""

import logging
import re
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trailsdk.sources.store import Body

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["ObstoreBodies", "is_installed", "is_plain", "make_bodies"]

_log = logging.getLogger(__name__)

_PLAIN = re.compile(r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.=-]+(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.=-]+)*", re.ASCII)
"""Keys that are the same as paths: no empty, `.` or `..` segment, no character that would be escaped."""

_CREDENTIALS_LIVE = timedelta(minutes=5)
"""How long credentials are kept. boto3 refreshes those that expire at least ten minutes before they do."""

_AWS = (".amazonaws.com", ".amazonaws.com.cn")


def is_installed() -> bool:
    """Tell whether the extra `obstore` is installed."""
    return find_spec("obstore") is not None


def is_plain(key: str) -> bool:
    """Tell whether a key is left unchanged by obstore's path grammar."""
    return _PLAIN.fullmatch(key) is not None


_HEADERS = {"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type"}
"""What obstore gives beside an object's metadata, among it."""


def make_bodies(bucket: str, session: "Session", client: Any, *, requester_pays: bool) -> "ObstoreBodies | None":
    """Prepare to get bodies through obstore; `None` where it cannot reach this bucket, and boto3 gets all."""
    try:
        return ObstoreBodies(bucket, session, client, requester_pays=requester_pays)
    except Exception as error:  # noqa: BLE001 (boto3 tells the true reason when it is asked)
        _log.info("obstore is not used for %s: %s", bucket, type(error).__name__)
        return None


class ObstoreBodies:
    """Bodies of one bucket.

    Args:
        bucket: The bucket.
        session: Credentials; they are asked for again before they expire.
        client: boto3's client of S3, for the endpoint and the bucket's Region.
        requester_pays: Agree to pay for requests and transfer.
    """

    def __init__(self, bucket: str, session: "Session", client: Any, *, requester_pays: bool) -> None:
        from obstore.auth.boto3 import Boto3CredentialProvider
        from obstore.store import S3Store

        endpoint = str(client.meta.endpoint_url)
        options: dict[str, Any] = {"request_payer": True} if requester_pays else {}
        if (urlsplit(endpoint).hostname or "").endswith(_AWS):
            options["region"] = _region_of(bucket, client)
        else:
            options["region"] = client.meta.region_name or "us-east-1"
            options["endpoint"] = endpoint
            options["client_options"] = {"allow_http": endpoint.startswith("http://")}
        self._store = S3Store(
            bucket, credential_provider=Boto3CredentialProvider(session, ttl=_CREDENTIALS_LIVE), **options
        )

    def get(self, key: str) -> Body | None:
        """Get an object; `None` where boto3 is to be asked."""
        if not is_plain(key):
            return None
        try:
            answer = self._store.get(key)
            data = bytes(answer.bytes())
        except Exception:  # noqa: BLE001 (boto3 repeats it, and tells the true reason)
            return None
        meta = answer.meta
        metadata = {str(name): str(value) for name, value in answer.attributes.items() if name not in _HEADERS}
        etag = meta.get("e_tag")
        return Body(data, metadata, None if etag is None else etag.strip('"'), meta.get("version"))


def _region_of(bucket: str, client: Any) -> str:
    """Find a bucket's Region: S3 tells it even to those whom it refuses the bucket."""
    from botocore.exceptions import ClientError

    try:
        answer = client.head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or answer.get("BucketRegion")
    return str(region or client.meta.region_name or "us-east-1")
