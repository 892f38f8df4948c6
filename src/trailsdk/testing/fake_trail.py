"""A signed trail of any shape: log files, and the chain of digest files that vouches for them."""

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from string import ascii_letters, digits
from typing import Any, TypeAlias

from attrs import field, frozen

from trailsdk import _json
from trailsdk.integrity.signing import ALGORITHM, PublicKey, sha256_hex
from trailsdk.model.keys import DigestKey, LogFileKey
from trailsdk.testing.fake_keys import FakeKey, fake_key
from trailsdk.testing.fake_objects import FakeObjects, Place

__all__ = ["FakeDigest", "FakeLog", "FakeTrail", "MakeRecords"]

MakeRecords: TypeAlias = Callable[[str, str, datetime, Random], Sequence[Mapping[str, Any]]]
"""Makes the records of a log file: from account, Region, time of delivery, and a source of chance."""

_HOUR = timedelta(hours=1)
_KEY_LIFE = timedelta(days=30)
_START = datetime(2026, 3, 7, 8, 12, 44, tzinfo=UTC)
_UNIQUE = ascii_letters + digits


@frozen
class FakeLog:
    """A log file of a fake trail, and what its digest says of it."""

    place: Place
    entry: Mapping[str, Any] = field(repr=False)

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return "s3://" + "/".join(self.place)


@frozen
class FakeDigest:
    """A digest file of a fake trail."""

    place: Place
    account: str
    region: str
    start: datetime
    end: datetime
    logs: tuple[FakeLog, ...]
    document: Mapping[str, Any] = field(repr=False)
    signature: str = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    key: FakeKey = field(repr=False)
    backfill: bool = False

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return "s3://" + "/".join(self.place)


@frozen
class _Link:
    """What a digest says of the one before."""

    place: Place
    content_hash: str
    signature: str


class FakeTrail:
    """A trail that has been logging, with log file validation on.

    It has one chain of digests for each account and Region. Time passes with `run`.

    ```python
    trail = FakeTrail(regions=["eu-west-1", "us-east-1"])
    trail.run(hours=24, logs=2)
    tamper(trail, Tampering.LOG_DELETED, trail.logs[3])
    trail.objects.write_into(folder)
    ```

    The same arguments and calls give the same objects, but for signatures: keys are made anew by each process,
    unless they are handed in.

    Args:
        name: The trail's name.
        home_region: Where it was made.
        accounts: The accounts that it logs: more than one for an organization. The first is the trail's own.
        regions: The Regions that it logs.
        organization_id: Of an organization's trail.
        bucket: Where it delivers to.
        prefix: What stands before `AWSLogs`.
        start: When log file validation was turned on; the first digest begins there.
        objects: Buckets that other trails have written to; by default new ones.
        seed: Of everything that is left to chance.
        records: Makes the records of a log file; by default two short ones.
        keys: The key pairs that sign, by Region; by default one for each Region.
    """

    def __init__(
        self,
        *,
        name: str = "main",
        home_region: str = "us-east-1",
        accounts: Sequence[str] = ("111122223333",),
        regions: Sequence[str] = ("us-east-1",),
        organization_id: str | None = None,
        bucket: str = "example-trail",
        prefix: str = "",
        start: datetime = _START,
        objects: FakeObjects | None = None,
        seed: int = 0,
        records: MakeRecords | None = None,
        keys: Mapping[str, FakeKey] | None = None,
    ) -> None:
        self.name, self.home_region = name, home_region
        self.accounts, self.regions = tuple(accounts), tuple(regions)
        self.organization_id = organization_id
        self.bucket, self.prefix = bucket, prefix
        self.now = start
        self.logging = True
        self.objects = FakeObjects() if objects is None else objects
        self.digests: list[FakeDigest] = []
        """In the order in which they were delivered: hour by hour, in each by account and Region."""
        self._records = records or short_records
        self._random = Random(f"{name} {seed}")  # noqa: S311 (the same each time)
        self._links: dict[tuple[str, str, bool], _Link] = {}
        self._signing = {each: (keys or {}).get(each) or fake_key(f"{each} 0") for each in self.regions}
        self._keys: list[tuple[str, FakeKey, datetime, datetime]] = [
            (region, key, start - _KEY_LIFE / 2, start + _KEY_LIFE) for region, key in self._signing.items()
        ]

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.home_region}:{self.accounts[0]}:trail/{self.name}"

    @property
    def logs(self) -> list[FakeLog]:
        """All log files that digests name, in the order of the digests."""
        return [log for digest in self.digests for log in digest.logs]

    def chain(
        self, account: str | None = None, region: str | None = None, *, backfill: bool = False
    ) -> list[FakeDigest]:
        """Give the digests of one chain, from the first to the last; by default of the first account and Region."""
        account, region = account or self.accounts[0], region or self.regions[0]
        wanted = (account, region, backfill)
        return [each for each in self.digests if (each.account, each.region, each.backfill) == wanted]

    @property
    def public_keys(self) -> list[PublicKey]:
        """What `ListPublicKeys` answers, of all Regions."""
        return [
            PublicKey(
                value=key.value, fingerprint=key.fingerprint, validity_start=start, validity_end=end, region=where
            )
            for where, key, start, end in self._keys
        ]

    def run(self, *, hours: int = 1, logs: int = 2, late: int = 0, hour: timedelta = _HOUR) -> list[FakeDigest]:
        """Let time pass: each hour log files and a digest are delivered, for each account and Region.

        Args:
            hours: How many.
            logs: Log files of each; none gives empty digests, which are evidence too.
            late: How many of them were delivered late: their events are older than the digest's hour.
            hour: How long an hour is: digests of longer windows come after a fault of delivery.

        Returns:
            The digests.
        """
        made = []
        for _ in range(hours):
            start, end = self.now, self.now + hour
            for account in self.accounts:
                for region in self.regions:
                    files = [self._log(account, region, start, end, old=each < late) for each in range(logs)]
                    made.append(self._deliver(account, region, start, end, files))
            self.now = end
        return made

    def pause(self, hours: float = 1, *, logs: int = 0) -> list[FakeLog]:
        """Turn log file validation off for a while: log files come undigested, and then a chain begins anew.

        Args:
            hours: How long.
            logs: Log files of each account and Region in that time.

        Returns:
            The log files. No digest names them.
        """
        start = self.now
        self.now += _HOUR * hours
        made = [
            self._log(account, region, start, self.now)
            for account in self.accounts
            for region in self.regions
            for _ in range(logs)
        ]
        self._links.clear()
        return made

    def backfill(self, digest: FakeDigest, *, logs: int = 1, chained: bool = True) -> FakeDigest:
        """Deliver log files that a digest missed, and a backfill digest for them, signed now.

        Args:
            digest: A regular digest of the same account, Region and hour.
            logs: How many log files.
            chained: Link to the backfill digest before.
        """
        if not chained:
            self._links.pop((digest.account, digest.region, True), None)
        files = [self._log(digest.account, digest.region, digest.start, digest.end) for _ in range(logs)]
        return self._deliver(digest.account, digest.region, digest.start, digest.end, files, backfill=True)

    def rotate_keys(self) -> None:
        """Sign with new key pairs from now on. The old ones stay valid for a day."""
        for region in self.regions:
            number = sum(where == region for where, *_ in self._keys)
            self._signing[region] = key = fake_key(f"{region} {number}")
            self._keys = [
                (where, each, start, min(end, self.now + timedelta(days=1)) if where == region else end)
                for where, each, start, end in self._keys
            ]
            self._keys.append((region, key, self.now, self.now + _KEY_LIFE))

    def move(self, *, bucket: str | None = None, prefix: str | None = None) -> None:
        """Deliver to another bucket, or with another prefix, from now on. The chain goes on."""
        self.bucket = self.bucket if bucket is None else bucket
        self.prefix = self.prefix if prefix is None else prefix

    def sign_again(
        self,
        digest: FakeDigest,
        changes: Mapping[str, Any] | None = None,
        *,
        content: bytes | None = None,
        key: FakeKey | None = None,
    ) -> None:
        """Replace a digest file by another version with a signature of its own.

        Args:
            digest: Which one. What it and its neighbours say is not changed.
            changes: Members of the document that are to be others.
            content: The whole content, where it is to be no proper document; `changes` then only say what is signed.
            key: Who signs; by default the key that has signed it, as only CloudTrail could.
        """
        document = {**digest.document, **(changes or {})}
        content = _json.encode(document) if content is None else content
        signature = (key or digest.key).sign(_text(document, content))
        self.objects.put(digest.place, _gzip(content), {**digest.metadata, "signature": signature})

    def _log(self, account: str, region: str, start: datetime, end: datetime, *, old: bool = False) -> FakeLog:
        delivered = start + (end - start) * self._random.random()
        newest = (
            delivered - timedelta(minutes=self._random.randrange(2, 10)) - (timedelta(hours=30) if old else timedelta())
        )
        content = _json.encode({"Records": self._records(account, region, newest, self._random)})
        key = LogFileKey(
            prefix=self.prefix,
            organization_id=self.organization_id,
            account_id=account,
            region=region,
            date=delivered.date(),
            time=delivered.replace(second=0, microsecond=0),
            unique="".join(self._random.choices(_UNIQUE, k=16)),
        )
        place = (self.bucket, str(key))
        self.objects.put(place, _gzip(content), last_modified=delivered.replace(microsecond=0))
        entry = {
            "s3Bucket": self.bucket,
            "s3Object": str(key),
            "hashValue": sha256_hex(content),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": _time(newest),
            "oldestEventTime": _time(newest - timedelta(minutes=5)),
        }
        return FakeLog(place, entry)

    def _deliver(
        self,
        account: str,
        region: str,
        start: datetime,
        end: datetime,
        logs: Iterable[FakeLog],
        *,
        backfill: bool = False,
    ) -> FakeDigest:
        """Sign and put a digest, linked to the one before."""
        key = DigestKey(
            prefix=self.prefix,
            organization_id=self.organization_id,
            account_id=account,
            region=region,
            date=end.date(),
            trail_name=self.name,
            home_region=self.home_region,
            end_time=end,
            backfill=backfill,
        )
        place, files = (self.bucket, str(key)), tuple(logs)
        document = self._document(
            place, account, region, start, end, files, self._links.get((account, region, backfill))
        )
        content, signer = _json.encode(document), self._signing[region]
        signature = signer.sign(_text(document, content))
        metadata = {"signature": signature, "signature-algorithm": ALGORITHM}
        if backfill:
            metadata["backfill-generation-timestamp"] = f"{self.now:%Y-%m-%dT%H:%M:%S}.000Z"
        self.objects.put(place, _gzip(content), metadata)
        self._links[account, region, backfill] = _Link(place, sha256_hex(content), signature)
        digest = FakeDigest(
            place, account, region, start, end, files, document, signature, metadata, signer, backfill=backfill
        )
        self.digests.append(digest)
        return digest

    def _document(
        self,
        place: Place,
        account: str,
        region: str,
        start: datetime,
        end: datetime,
        logs: Sequence[FakeLog],
        before: _Link | None,
    ) -> dict[str, Any]:
        return {
            "awsAccountId": account,
            "digestStartTime": _time(start),
            "digestEndTime": _time(end),
            "digestS3Bucket": place[0],
            "digestS3Object": place[1],
            "digestPublicKeyFingerprint": self._signing[region].fingerprint,
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": max((each.entry["newestEventTime"] for each in logs), default=None),
            "oldestEventTime": min((each.entry["oldestEventTime"] for each in logs), default=None),
            "previousDigestS3Bucket": before and before.place[0],
            "previousDigestS3Object": before and before.place[1],
            "previousDigestHashValue": before and before.content_hash,
            "previousDigestHashAlgorithm": before and "SHA-256",
            "previousDigestSignature": before and before.signature,
            "logFiles": [each.entry for each in logs],
        }


def short_records(account: str, region: str, time: datetime, random: Random) -> list[dict[str, Any]]:
    """Make two short records."""
    return [
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "accountId": account, "userName": random.choice(["alice", "bob"])},
            "eventTime": _time(time - timedelta(minutes=minutes)),
            "eventSource": "s3.amazonaws.com",
            "eventName": random.choice(["GetObject", "PutObject", "DeleteObject"]),
            "awsRegion": region,
            "sourceIPAddress": f"203.0.113.{random.randrange(256)}",
            "requestParameters": {"bucketName": "example", "key": f"{random.getrandbits(64):016x}"},
            "responseElements": None,
            "eventID": f"{random.getrandbits(128):032x}",
            "eventType": "AwsApiCall",
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        for minutes in (5, 0)
    ]


def _text(document: Mapping[str, Any], content: bytes) -> bytes:
    """Give the text that is signed. Not by the verifier's function: both halves might misspell alike."""
    place = f"{document['digestS3Bucket']}/{document['digestS3Object']}"
    previous = document["previousDigestSignature"] or "null"
    return f"{document['digestEndTime']}\n{place}\n{sha256_hex(content)}\n{previous}".encode()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
