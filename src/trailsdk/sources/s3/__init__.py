"""`s3://`: buckets, planned by account, Region and day, fetched many objects at once."""

from trailsdk.sources.s3.source import S3

__all__ = ["S3"]
