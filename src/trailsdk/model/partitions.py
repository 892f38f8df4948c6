"""Partitions: groups of Regions that share nothing, and that ARNs begin with."""

from typing import Final

__all__ = ["partition_of"]

_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
)


def partition_of(region: str) -> str:
    """Tell which partition a Region is in: `aws`, `aws-us-gov`, `aws-cn`, or one of the isolated ones."""
    return next((partition for begin, partition in _PARTITIONS if region.startswith(begin)), "aws")
