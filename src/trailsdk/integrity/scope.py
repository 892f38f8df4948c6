"""What is asked for, and where: locations, the digest folders in them, chains and their digests."""

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import merge
from types import MappingProxyType

from attrs import define, evolve, field, frozen

from trailsdk.errors import UsageError
from trailsdk.integrity.chain import Span
from trailsdk.integrity.state import Segment
from trailsdk.integrity.verdicts import ChainId, Finding
from trailsdk.model.keys import DigestKey, KeyPrefix
from trailsdk.model.times import shifted
from trailsdk.sources.store import ObjectStore

__all__ = [
    "DigestRef",
    "Ends",
    "Folder",
    "Listed",
    "ListedChain",
    "Root",
    "Scope",
    "Trail",
    "chain_of",
    "folder_of",
]

HOUR = timedelta(hours=1)

_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):([^:/]+):trail/([^:/]+)", re.ASCII)


@frozen
class Trail:
    """Which trail, as its ARN says."""

    name: str
    home_region: str
    account_id: str

    @classmethod
    def parse(cls, arn: str) -> "Trail":
        """Read a trail's ARN.

        Raises:
            UsageError: It is none.
        """
        match = _ARN.fullmatch(arn)
        if match is None:
            raise UsageError(
                f"trail={arn!r}: expected an ARN such as arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
            )
        return cls(match[3], match[1], match[2])


@frozen(kw_only=True)
class Scope:
    """What is asked for."""

    span: Span
    trail: Trail | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    def wants(self, chain: ChainId) -> bool:
        """Tell whether a chain is asked for."""
        if self.trail is not None and (chain.trail_name, chain.home_region) != (
            self.trail.name,
            self.trail.home_region,
        ):
            return False
        return self.wants_account(chain.account_id) and self.wants_region(chain.region)

    def wants_account(self, account: str) -> bool:
        """Tell whether chains of an account are asked for."""
        return self.accounts is None or account in self.accounts

    def wants_region(self, region: str) -> bool:
        """Tell whether chains of a Region are asked for."""
        return self.regions is None or region in self.regions


@frozen(eq=False)
class Root:
    """A location: where to begin to look, and how to get at other buckets from there."""

    store: ObjectStore
    prefix: str
    """Begin of keys: empty, or with a slash at its end."""
    bucket: str | None
    """The bucket; `None` for a folder, which may be a copy of any."""
    open: Callable[[str], ObjectStore]
    """Opens another bucket; raises SourceError or UsageError."""
    original: "Root | None" = None
    """The bucket that it is a copy of, under the keys of that; `None` where nobody says that it is a copy."""
    is_copy: bool = False
    """Whether it is such a bucket, of which there is only the copy."""


@frozen(eq=False)
class Folder:
    """The digest folder of one account and Region."""

    root: Root
    position: KeyPrefix


@frozen(eq=False)
class DigestRef:
    """A digest that is to be fetched."""

    root: Root
    name: DigestKey
    chain: ChainId
    size: int
    """Bytes, as it is stored."""
    segment: Segment | None = None
    """The run of digests of which it is the newest, and which was proved earlier: it is not fetched."""
    within: "Callable[[], Iterator[DigestRef]] | None" = None
    """Of such a run: gives its digests one by one, should it not be believed."""

    @property
    def key(self) -> str:
        """Its key."""
        return str(self.name)


@define(eq=False)
class Ends:
    """The digests of a chain in one folder, from the oldest to the newest.

    A key is made of its chain and its end time again, so that a year of them takes little memory.
    """

    folder: Folder
    chain: ChainId
    times: "array[int]" = field(factory=lambda: array("q"))
    """When each ends, in seconds since 1970."""
    sizes: "array[int]" = field(factory=lambda: array("L"))
    """Bytes of each, as it is stored."""


@define(eq=False)
class Listed:
    """What a folder holds."""

    folder: Folder
    chains: dict[ChainId, Ends] = field(factory=dict)
    others: bool = False
    """There are digests of trails that were not asked for."""
    findings: list[Finding] = field(factory=list)
    said: list[Finding] = field(factory=list)
    """What checks say of its objects."""


@define(eq=False)
class ListedChain:
    """A chain, and where its digests are. The folders are several where the trail's bucket or prefix was changed."""

    chain: ChainId
    parts: list[Ends] = field(factory=list)

    def refs(self, earlier: Mapping[int, Segment] = MappingProxyType({})) -> Iterator[DigestRef]:
        """Give its digests, the newest first.

        Args:
            earlier: Runs that were proved earlier, by the end of their newest digest: each is given as that one.
        """
        parts = [self._part(each, earlier) for each in self.parts]
        return parts[0] if len(parts) == 1 else merge(*parts, key=lambda ref: ref.name.end_time, reverse=True)

    def _part(self, part: Ends, earlier: Mapping[int, Segment]) -> Iterator[DigestRef]:
        skipped_from: int | None = None
        for end, size in zip(reversed(part.times), reversed(part.sizes), strict=True):
            if skipped_from is not None and end >= skipped_from:
                continue
            segment = earlier.get(end)
            skipped_from = None if segment is None else segment.first_end
            yield self._ref(part, end, size, segment)

    def refs_within(self, segment: Segment) -> Iterator[DigestRef]:
        """Give the digests of a run one by one, the newest first."""
        for part in self.parts:
            for end, size in zip(reversed(part.times), reversed(part.sizes), strict=True):
                if segment.first_end <= end <= segment.last_end:
                    yield self._ref(part, end, size, None)

    def _ref(self, part: Ends, end: int, size: int, segment: Segment | None) -> DigestRef:
        name = _name(part.folder.position, self.chain, datetime.fromtimestamp(end, UTC))
        within = None if segment is None else partial(self.refs_within, segment)
        return DigestRef(part.folder.root, name, self.chain, size, segment, within)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Tell from when to when its digests may have been signed. What a name says of the future is not believed."""
        last = int(now.timestamp())
        ends = [end for each in self.parts for end in (each.times[0], each.times[-1]) if end <= last] or [last]
        first, latest = datetime.fromtimestamp(min(ends), UTC), datetime.fromtimestamp(max(ends), UTC)
        return shifted(first, -2 * HOUR), shifted(latest, 3 * HOUR)


def _name(position: KeyPrefix, chain: ChainId, end: datetime) -> DigestKey:
    return DigestKey(
        prefix=position.prefix,
        organization_id=position.organization_id,
        account_id=chain.account_id,
        region=chain.region,
        date=end.date(),
        trail_name=chain.trail_name,
        home_region=chain.home_region,
        end_time=end,
        backfill=chain.backfill,
    )


def chain_of(name: DigestKey) -> ChainId:
    """Tell which chain a digest's name belongs to."""
    return ChainId(
        account_id=name.account_id,
        region=name.region,
        trail_name=name.trail_name,
        home_region=name.home_region,
        backfill=name.backfill,
    )


def folder_of(root: Root, name: DigestKey) -> Folder:
    """Tell in which digest folder a digest's name belongs."""
    return Folder(root, evolve(name.directory, year=None, month=None, day=None))
