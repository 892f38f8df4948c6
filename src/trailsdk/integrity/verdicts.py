"""Verdicts, each on one file; findings, each on what no single file shows."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from attrs import field, frozen

from trailsdk.errors import PluginError

__all__ = ["ChainId", "Effect", "Finding", "FindingCode", "Judgement", "Kind", "Reason", "Verdict"]

Kind: TypeAlias = Literal["digest", "log"]
"""What a verdict is on."""

Judgement: TypeAlias = Literal["valid", "invalid", "unverifiable", "inaccessible"]
"""`valid`: proved. `invalid`: proved not to be what CloudTrail delivered there.
`unverifiable`: nothing sound speaks for it or against it. `inaccessible`: could not look."""

Effect: TypeAlias = Literal["none", "unproved"]
"""What a finding does to a report's status."""


class Reason(StrEnum):
    """Why a verdict is not `valid`."""

    NOT_FOUND = "not-found"
    """A valid digest names it, and there is no such object."""
    HASH_MISMATCH = "hash-mismatch"
    """A log file's inflated bytes are not the ones that its digest vouches for."""
    REPLACED = "replaced"
    """Something genuine stands in its place: a copy of another log file, which `other_uri` names; or another version
    of the digest, signed by CloudTrail, than the one that the next digest links to."""
    TRAILING_DATA = "trailing-data"
    """Bytes follow the gzip member."""
    TRUNCATED = "truncated"
    """The gzip data ends before its end mark."""
    INVALID_FORMAT = "invalid-format"
    """It is no gzip file, or is damaged, or inflates without end; a digest is not JSON, says a name twice,
    or lacks what it must say."""
    BAD_SIGNATURE = "bad-signature"
    """The digest's signature does not hold, whether from its metadata or as the next digest records it."""
    UNKNOWN_KEY = "unknown-key"
    """The digest is signed with a key that CloudTrail does not have in that Region."""
    BAD_KEY = "bad-key"
    """The public key cannot be used: it is no RSA key, or not the one that its fingerprint says."""
    EXPIRED_KEY = "expired-key"
    """CloudTrail did not sign with that key at that time."""
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    """The digest names another algorithm than the documented ones."""
    MOVED = "moved"
    """The digest says that it was delivered to another place. `unverifiable` where it is genuine, and only the bucket,
    or the prefix before `AWSLogs`, is another one: `copied_from` accepts such a copy."""
    REPLAYED = "replayed"
    """A copy of another digest of the same chain stands in its place; `other_uri` names it."""
    INCONSISTENT = "inconsistent"
    """What the digest says of its account or its time is not what its name says."""
    LINK_MISMATCH = "link-mismatch"
    """The next digest records another hash of it."""
    NO_KEY = "no-key"
    """The digest's key is not among the keys that were given, which may not be all of its Region and time."""
    NO_SIGNATURE = "no-signature"
    """The digest's metadata is lost, and no digest behind it records its signature."""
    DIGEST_NOT_VALID = "digest-not-valid"
    """The log file is named only by a digest that is not valid."""
    REFUSED = "refused"
    """Permissions, credentials or the encryption key refuse it."""
    ARCHIVED = "archived"
    """It is in an archive, and must be restored first."""
    TRANSPORT = "transport"
    """The connection, or the file system, failed, also after it was tried again."""


class FindingCode(StrEnum):
    """What was found beside verdicts."""

    GAP = "gap"
    """A chain begins anew: validation was off, or digests were deleted. No digest vouches for what is between."""
    UNCOVERED = "uncovered"
    """Digests that should vouch for this time are missing, not valid, or could not be read."""
    TAIL = "tail"
    """The newest digests that there should be are missing: deleted, or the trail was stopped."""
    PENDING = "pending"
    """Too new: the digest for this time is not due yet."""
    BEFORE_START = "before-start"
    """Before the first digest of a chain, with which validation was turned on."""
    PROVED_EARLIER = "proved-earlier"
    """A time that an earlier run proved, with `files` digests and log files, which were not read again; `detail` says
    when."""
    STRAY = "stray"
    """A digest that CloudTrail signed, and no other links to: a fork of the chain."""
    OVERLAP = "overlap"
    """A digest begins before the one before it ends."""
    FOREIGN_NAME = "foreign-name"
    """An object in a folder of digests or log files with a name that CloudTrail does not give."""
    METADATA_LOST = "metadata-lost"
    """A digest's metadata is lost; the next digest's record of the signature proves it."""
    METADATA_CHANGED = "metadata-changed"
    """A digest's metadata was changed; the next digest's record of the signature proves it."""
    UNLISTED = "unlisted"
    """A log file that no digest names, at a time that is vouched for: planted, or delivered by a trail without log file
    validation."""
    UNLISTED_PENDING = "unlisted-pending"
    """Log files that no digest names, so new that the one which is to name them is not due yet."""
    UNLISTED_UNCOVERED = "unlisted-uncovered"
    """Log files that no digest names, at a time that is not vouched for; `detail` is its coverage state."""
    COPIED = "copied"
    """The chain, or a part of it, is the copy that `copied_from` says, and verified by where it was delivered."""
    GONE = "gone"
    """Digests that an earlier run proved are not there any more; `files` tells how many, and `detail` when."""
    NOT_LISTED = "not-listed"
    """A folder could not be listed: what it holds is unknown."""
    CHECK_FAILED = "check-failed"
    """A plugin's check of this file failed; `error` and `detail` say whose. What it would have said is not known."""
    NO_DIGESTS = "no-digests"
    """There is no digest of what was asked for, or of an account and Region with log files: `uri` is their folder."""


@frozen(kw_only=True)
class ChainId:
    """Which chain of digests: one for each account, Region and trail, and one more for backfill."""

    account_id: str
    region: str
    """Whose events it vouches for, and whose keys sign it."""
    trail_name: str
    home_region: str
    backfill: bool = False

    def __str__(self) -> str:
        name = f"{self.account_id} {self.region} {self.trail_name} ({self.home_region})"
        return f"{name} backfill" if self.backfill else name


@frozen(kw_only=True)
class Verdict:
    """The verdict on one file."""

    kind: Kind
    verdict: Judgement
    reason: Reason | None = None
    """`None` where the verdict is `valid`."""
    uri: str
    """Where it is, or should be."""
    chain: ChainId
    start: datetime | None = None
    """Of a digest: begin of the time that it vouches for, by delivery; `None` where it cannot be trusted to say."""
    end: datetime | None = None
    """Of a digest: end of that time, by its name."""
    digest_uri: str | None = None
    """Of a log file: the digest that names it."""
    other_uri: str | None = None
    """Another file that this one is a copy of, or the place that it claims."""
    detail: str = ""
    """More, for people."""

    @property
    def backfill(self) -> bool:
        """Whether it belongs to a chain that AWS made afterwards."""
        return self.chain.backfill


@frozen(kw_only=True)
class Finding:
    """Something to report that is no verdict on a file."""

    code: FindingCode | str
    """trailsdk's own, or a plugin's: its name, a colon and a word, such as `example:late`."""
    chain: ChainId | None = None
    uri: str | None = None
    start: datetime | None = None
    """Begin of the time that it concerns."""
    end: datetime | None = None
    files: int | None = None
    """How many files it concerns, where they are not named. If there is a `uri`, it is their folder."""
    detail: str = ""
    """More, for people."""
    error: PluginError | None = field(default=None, eq=False, repr=False)
    """Of a check that failed: whose, with what it raised as the cause."""
    _effect: Effect = field(default="none", alias="effect", repr=False)

    @property
    def effect(self) -> Effect:
        """What it does to a report's status. A plugin says so by `effect=`; of trailsdk's own the code decides."""
        if isinstance(self.code, FindingCode):
            return "unproved" if self.code in _UNPROVED else "none"
        return self._effect

    @property
    def from_check(self) -> bool:
        """Whether it came from a plugin's check, or says that one failed."""
        return self.code is FindingCode.CHECK_FAILED or not isinstance(self.code, FindingCode)


_UNPROVED = frozenset(
    {
        FindingCode.GAP,
        FindingCode.UNCOVERED,
        FindingCode.TAIL,
        FindingCode.STRAY,
        FindingCode.UNLISTED,
        FindingCode.GONE,
        FindingCode.NOT_LISTED,
        FindingCode.NO_DIGESTS,
        FindingCode.CHECK_FAILED,
    }
)
