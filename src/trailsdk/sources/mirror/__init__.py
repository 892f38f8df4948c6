"""A mirror: a folder with exact copies of a bucket's objects, and what S3 keeps beside each in a sidecar."""

from trailsdk.sources.mirror.report import MirrorReport

__all__ = ["MirrorReport"]
