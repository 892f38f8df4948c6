"""`s3://` locations: everything after the bucket is literal, since keys may hold `?`, `#`, `%` and blanks."""

from attrs import frozen

from trailsdk.errors import LocationError

__all__ = ["S3Location", "is_endpoint_url", "parse_location"]


@frozen
class S3Location:
    """A bucket, and where in it."""

    bucket: str
    path: str = ""
    """A key, or the begin of keys up to a slash; empty for the whole bucket."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.path}" if self.path else f"s3://{self.bucket}"


def parse_location(uri: str) -> S3Location:
    """Read an `s3://` URI.

    Raises:
        LocationError: It is none, or names no bucket.
    """
    scheme, mark, rest = uri.partition("://")
    if not mark or scheme.lower() != "s3":
        raise LocationError(uri, "expected s3://bucket or s3://bucket/prefix")
    bucket, _, path = rest.partition("/")
    if not bucket:
        raise LocationError(uri, "there is no bucket in it: s3://bucket/prefix")
    return S3Location(bucket, path)


def is_endpoint_url(text: str) -> bool:
    """Tell whether boto3 takes a text as the address of a service."""
    from botocore.utils import is_valid_endpoint_url

    try:
        return text.startswith(("http://", "https://")) and bool(is_valid_endpoint_url(text))
    except ValueError:
        return False
