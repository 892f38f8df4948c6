"""Fetching digests: from any bucket that a chain leads to, decoded but not believed."""

from collections.abc import Sequence
from hashlib import sha256

from attrs import evolve

from trailsdk.codec.digests import decode_digest
from trailsdk.codec.inflate import inflate
from trailsdk.errors import SourceError, TrailError
from trailsdk.integrity.copied import CopiedStore, copy_of
from trailsdk.integrity.procedure import FetchedDigest, Link
from trailsdk.integrity.scope import DigestRef, Root
from trailsdk.model.keys import DigestKey
from trailsdk.model.times import parse_time
from trailsdk.sources.folder_store import FolderStore
from trailsdk.sources.store import ObjectStore

__all__ = ["fetch_digest", "fetch_link", "fetch_listed", "holder_of", "place_of", "uri_of"]

DIGEST_LIMIT = 64 * 1024 * 1024
"""Bytes that a digest may inflate to: a hundred thousand log files in an hour."""


def fetch_digest(store: ObjectStore, bucket: str | None, key: str, name: DigestKey | None) -> FetchedDigest:
    """Fetch a digest, and decode it.

    Args:
        store: Where it is.
        bucket: Which bucket that is; `None` where nobody knows.
        key: Its key.
        name: What the key says.
    """
    uri = store.uri(key)
    try:
        body = store.get(key)
        if isinstance(store, FolderStore):
            bucket = store.sidecar(key).bucket
        content, wrong = inflate(body.data, location=uri, limit=DIGEST_LIMIT)
        if wrong is not None:
            raise wrong
        digest = decode_digest(content, uri)
    except TrailError as error:
        return FetchedDigest(uri=uri, bucket=bucket, key=key, name=name, error=error)
    generated = body.metadata.get("backfill-generation-timestamp")
    return FetchedDigest(
        uri=uri,
        bucket=bucket,
        key=key,
        name=name,
        digest=digest,
        content_hash=sha256(content).hexdigest(),
        signature=body.metadata.get("signature"),
        generated=None if generated is None or name is None or not name.backfill else parse_time(generated),
    )


def fetch_listed(ref: DigestRef) -> FetchedDigest:
    """Fetch a digest that a listing has."""
    fetched = fetch_digest(ref.root.store, ref.root.bucket, ref.key, ref.name)
    return evolve(fetched, copy_of=copy_of(ref.root, ref.key))


def place_of(root: Root, bucket: str) -> Root | SourceError:
    """Get at a bucket from a location, or tell why not."""
    if root.original is not None and root.original.bucket == bucket:
        return root.original
    if root.bucket in (None, bucket):
        return root
    try:
        return Root(root.open(bucket), "", bucket, root.open)
    except SourceError as error:
        return error


def holder_of(root: Root, others: Sequence[Root], bucket: str, key: str) -> Root:
    """Choose the folder that holds a copy of an object, where several folders are copies: each may be of any bucket.

    Args:
        root: Where it is looked for first, and what is given where none holds it.
        others: All locations.
        bucket: The object's bucket.
        key: Its key.
    """
    if len(others) == 1 or not isinstance(root.store, FolderStore | CopiedStore):
        return root
    return next((each for each in (root, *others) if _holds(each, bucket, key)), root)


def _holds(root: Root, bucket: str, key: str) -> bool:
    place = place_of(root, bucket)
    if isinstance(place, SourceError) or not isinstance(place.store, FolderStore | CopiedStore):
        return False
    if not place.store.has(key) or isinstance(place.store, CopiedStore):
        return place.store.has(key)
    try:
        return place.store.sidecar(key).bucket in (None, bucket)
    except SourceError:
        return True


def uri_of(root: Root, bucket: str, key: str) -> str:
    """Name an object of any bucket; in a folder by its path."""
    if root.original is not None and root.original.bucket == bucket:
        return root.original.store.uri(key)
    return root.store.uri(key) if root.bucket in (None, bucket) else f"s3://{bucket}/{key}"


def fetch_link(root: Root, link: Link) -> FetchedDigest:
    """Fetch a digest that no listing has.

    Args:
        root: Where the chain was found.
        link: Where the digest behind it says that it is.
    """
    there = place_of(root, link.bucket)
    if isinstance(there, SourceError):
        uri = uri_of(root, link.bucket, link.key)
        return FetchedDigest(uri=uri, bucket=link.bucket, key=link.key, name=link.name, error=there)
    fetched = fetch_digest(there.store, there.bucket, link.key, link.name)
    return evolve(fetched, copy_of=copy_of(there, link.key))
