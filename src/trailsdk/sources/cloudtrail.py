"""What CloudTrail itself tells: public keys, and where a trail delivers to."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trailsdk.errors import NotFoundError, UnreadableError
from trailsdk.sources.s3.refusals import refusals

__all__ = ["list_public_keys", "trail_location", "trail_status"]

_MOST_PAGES = 100


def list_public_keys(client: Any, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Give the keys that CloudTrail signed with in a time, in one Region.

    Args:
        client: A boto3 client of CloudTrail, in the Region of the digests (not the trail's home).
        start: Begin of the time.
        end: End of the time.

    Yields:
        Entries of `PublicKeyList`, as boto3 gives them: `Value` is DER.

    Raises:
        SourceError: CloudTrail refused, or could not be reached.
    """
    place = f"ListPublicKeys in {client.meta.region_name}"
    arguments: dict[str, Any] = {"StartTime": start, "EndTime": end}
    for _ in range(_MOST_PAGES):
        with refusals(place):
            answer = client.list_public_keys(**arguments)
        yield from answer.get("PublicKeyList", [])
        # Documented as reserved for future use; what it will mean is what it means everywhere.
        token = answer.get("NextToken")
        if not token or token == arguments.get("NextToken"):
            return
        arguments["NextToken"] = token
    raise UnreadableError(place, f"it goes on behind {_MOST_PAGES} pages")


def trail_status(client: Any, arn: str) -> Mapping[str, Any]:
    """Ask for a trail's status: whether it logs, and what it delivered last.

    Args:
        client: A boto3 client of CloudTrail, in the Region whose status is wanted.
        arn: The trail.

    Returns:
        What `GetTrailStatus` answers.

    Raises:
        SourceError: There is no such trail, or CloudTrail refused, or could not be reached.
    """
    with refusals(arn):
        status: Mapping[str, Any] = client.get_trail_status(Name=arn)
    return status


def trail_location(client: Any, arn: str) -> str:
    """Ask where a trail delivers to.

    Args:
        client: A boto3 client of CloudTrail, in the trail's home Region.
        arn: The trail.

    Returns:
        An `s3://` URI.

    Raises:
        SourceError: There is no such trail, or CloudTrail refused, or could not be reached.
    """
    with refusals(arn):
        found = client.describe_trails(trailNameList=[arn]).get("trailList", [])
    for each in found:
        if each.get("TrailARN") == arn and each.get("S3BucketName"):
            prefix = each.get("S3KeyPrefix")
            return f"s3://{each['S3BucketName']}/{prefix}/" if prefix else f"s3://{each['S3BucketName']}"
    raise NotFoundError(arn, "there is no such trail")
