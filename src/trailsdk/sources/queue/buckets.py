"""The buckets that notices name: one client for all of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

from trailsdk.codec.files import Readable
from trailsdk.errors import GoneError, NotFoundError
from trailsdk.sources.s3.bodies import is_installed, make_bodies
from trailsdk.sources.s3.refusals import refusals
from trailsdk.sources.s3.store import BotoStore, make_client

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["Buckets"]

_LARGE = 32 * 1024 * 1024
"""Bytes above which an object is not fetched ahead, but read piece by piece when it is its turn."""

_MOST = 32
"""Buckets that are kept ready: whoever can write to a queue can name any number."""


class Buckets:
    """Gets objects of any bucket.

    Args:
        client: boto3's client of S3. Otherwise one is made of `session`, when it is first needed.
        session: boto3's session: credentials. Its default session otherwise.
        endpoint_url: Another address than AWS's.
        requester_pays: Agree to pay for requests and transfer.
    """

    def __init__(
        self,
        client: Any = None,
        session: "Session | None" = None,
        endpoint_url: str | None = None,
        *,
        requester_pays: bool = False,
    ) -> None:
        self._given, self._session, self._endpoint_url = client, session, endpoint_url
        self._requester_pays = requester_pays
        self._client: Any = None
        self._stores: dict[str, BotoStore] = {}

    def opener(self, bucket: str, key: str) -> Callable[[], AbstractContextManager[Readable]]:
        """Give a function that opens an object, to read it piece by piece.

        Raises:
            SourceError: There are no credentials.
        """
        return partial(self._store(bucket).open, key)

    def fetcher(self, bucket: str, key: str, size: int | None) -> Callable[[], bytes] | None:
        """Give a function that gets an object as a whole; `None` where it is too large for that.

        Raises:
            SourceError: There are no credentials.
        """
        if size is not None and size > _LARGE:
            return None
        return partial(_fetch, self._store(bucket), key)

    def close(self) -> None:
        """Close connections, but those of a client that was handed in. Buckets can be read again afterwards."""
        self._stores.clear()
        if self._client is not None and self._given is None:
            self._client.close()
        self._client = None

    def _store(self, bucket: str) -> BotoStore:
        store = self._stores.get(bucket)
        if store is None:
            with refusals(f"s3://{bucket}"):
                store = self._make_store(bucket)
            if len(self._stores) >= _MOST:
                del self._stores[next(iter(self._stores))]
            self._stores[bucket] = store
        return store

    def _make_store(self, bucket: str) -> BotoStore:
        pays = self._requester_pays
        if self._given is not None:
            return BotoStore(self._given, bucket, requester_pays=pays)
        from boto3.session import Session

        self._session = self._session or Session()
        if self._client is None:
            self._client = make_client(self._session, self._endpoint_url)
        bodies = make_bodies(bucket, self._session, self._client, requester_pays=pays) if is_installed() else None
        return BotoStore(self._client, bucket, requester_pays=pays, bodies=bodies)


def _fetch(store: BotoStore, key: str) -> bytes:
    try:
        return store.get(key).data
    except NotFoundError as error:
        raise GoneError(error.location, "a notice names the object, and it is not there") from error
