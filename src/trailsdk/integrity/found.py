"""What listing and walking found, by account and Region; and what is not there any more that an earlier run proved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeAlias

from attrs import define, field

from trailsdk.integrity.coverage import HOUR
from trailsdk.integrity.day_sums import DaySums
from trailsdk.integrity.names import Names
from trailsdk.integrity.scope import Folder, ListedChain, Root, Scope
from trailsdk.integrity.state import State
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode
from trailsdk.integrity.walk import listed_ends, location_of, location_of_prefix
from trailsdk.model.key_tree import FOLDERS, LOG_FOLDER

__all__ = ["Found", "Group", "Seen", "gone_digests", "group_of"]

Group: TypeAlias = tuple[str, str]
"""Account and Region."""


@define(eq=False)
class Seen:
    """What the digests of an account and Region name."""

    names: Names = field(factory=Names)
    earlier: DaySums = field(factory=DaySums)
    """Of digests that were proved earlier."""
    categories: set[str] = field(factory=set)
    """Folders of other categories of records, where digests name their log files."""

    def see(self, key: str) -> None:
        """See a key that is named."""
        if "/CloudTrail-" in key:
            self.categories.update(each for each in FOLDERS if each != LOG_FOLDER and f"/{each}/" in key)


@define(eq=False)
class Found:
    """What the listing of all locations gave."""

    chains: dict[ChainId, ListedChain] = field(factory=dict)
    log_folders: defaultdict[Group, list[Folder]] = field(factory=lambda: defaultdict(list))
    others: set[Group] = field(factory=set)
    """Accounts and Regions with digests of trails that were not asked for."""
    refused: set[Group] = field(factory=set)
    """Accounts and Regions whose digest folder could not be listed."""

    def groups(self) -> dict[Group, list[ListedChain]]:
        """Give the chains of each account and Region, in order."""
        ordered = sorted(self.chains.values(), key=lambda each: _order(each.chain))
        return {group: list(each) for group, each in groupby(ordered, key=lambda each: group_of(each.chain))}


def gone_digests(state: State, found: Found, roots: Iterable[Root], scope: Scope) -> Iterator[Finding]:
    """Report digests that an earlier run proved, and that no folder has any more.

    Args:
        state: What was proved.
        found: What is there.
        roots: Where it was looked for.
        scope: What is asked for.
    """
    prefixes = [location_of_prefix(each) for each in roots]
    for chain, segments in state.segments.items():
        if not scope.wants(chain) or group_of(chain) in found.refused:
            continue
        parts = found.chains[chain].parts if chain in found.chains else []
        places = [(location_of(each.folder.root, each.folder.position), each.times) for each in parts]
        there = {(place, end) for place, times in places for end in times}
        for segment in segments:
            gone = [each for each in listed_ends(segment, scope.span) if (segment.location, each) not in there]
            if gone and any(segment.location.startswith(each) for each in prefixes):
                yield Finding(
                    code=FindingCode.GONE,
                    chain=chain,
                    start=datetime.fromtimestamp(gone[0], UTC) - HOUR,
                    end=datetime.fromtimestamp(gone[-1], UTC),
                    files=len(gone),
                    detail=f"proved {segment.last_proved:%Y-%m-%dT%H:%M:%SZ}",
                )


def group_of(chain: ChainId) -> Group:
    """Tell whose chain it is."""
    return chain.account_id, chain.region


def _order(chain: ChainId) -> tuple[str, str, str, str, bool]:
    return chain.account_id, chain.region, chain.trail_name, chain.home_region, chain.backfill
