"""By which place a digest is judged: where it lies, or where its original was delivered."""

from collections.abc import Mapping

from attrs import evolve

from trailsdk.integrity.procedure import FetchedDigest, Link
from trailsdk.model.keys import DigestKey, parse_key

__all__ = ["at_origin"]


def at_origin(fetched: FetchedDigest, links: Mapping[str, Link]) -> FetchedDigest:
    """Take a digest for the copy that it may be, unless it was delivered where it lies: in one place both may be.

    Args:
        fetched: A digest.
        links: What other digests mean, by key.
    """
    if fetched.copy_of is None:
        return fetched
    bucket, key = fetched.copy_of
    name = parse_key(key)
    if not isinstance(name, DigestKey) or _is_at_home(fetched, fetched.copy_of, links.get(fetched.key)):
        return fetched
    return evolve(fetched, bucket=bucket, key=key, name=name, is_copy=True)


def _is_at_home(fetched: FetchedDigest, copy_of: tuple[str, str], link: Link | None) -> bool:
    """Tell whether a digest says that it was delivered where it lies; of what says nothing, another one may."""
    if fetched.digest is None:
        return link is not None and link.leads_to(fetched) and (link.bucket, link.key) != copy_of
    bucket, key = fetched.digest.digest_s3_bucket, fetched.digest.digest_s3_object
    return (bucket, key) != copy_of and key == fetched.key and fetched.bucket in (None, bucket)
