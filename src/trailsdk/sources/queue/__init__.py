"""Queues of notices: each message says which new files to read, or has a record itself."""

from trailsdk.sources.queue.source import Queue

__all__ = ["Queue"]
