"""Accounts that CloudTrail wrote from before it was a service principal: one a Region, in old policies.

Source: AWS CloudTrail User Guide of 2015 to 2023, "CloudTrail supported Regions".
"""

from typing import Final

__all__ = ["LEGACY_ACCOUNTS"]

LEGACY_ACCOUNTS: Final = frozenset(
    [
        "034638983726",
        "035351147821",
        "069019280451",
        "086441151436",
        "113285607260",
        "119688915426",
        "187074758985",
        "193415116832",
        "216624486486",
        "262312530599",
        "282025262664",
        "284668455005",
        "388731089494",
        "453052556044",
        "475085895292",
        "492519147666",
        "525921808201",
        "582488909970",
        "585772288577",
        "608710470296",
        "669305197877",
        "681348832753",
        "683224464357",
        "757211635381",
        "765225791966",
        "814480443879",
        "819402241893",
        "829690693026",
        "859597730677",
        "903692715234",
        "977081816279",
    ]
)
"""Ids of the accounts, of all partitions."""
