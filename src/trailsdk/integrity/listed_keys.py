"""Public keys as CloudTrail lists them: asked in each Region, for a time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from trailsdk.errors import UsageError
from trailsdk.integrity.key_file import AskedTime, KeySet
from trailsdk.integrity.signing import PublicKey
from trailsdk.model.times import shifted
from trailsdk.select.selection import Selection
from trailsdk.select.window import read_window

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["CloudTrailClients", "fetch_public_keys", "listed_keys"]

_BEFORE = timedelta(days=1)
"""How much time before is asked for too: a digest that reaches into the time may begin long before."""

_BEHIND = timedelta(hours=3)
"""And behind: the digest that speaks for the last one of the time ends an hour later, and is signed within two more."""


class CloudTrailClients:
    """Clients of CloudTrail, made when they are first needed. May be used by several threads.

    Args:
        session: Credentials; boto3's default by default.
        endpoint_url: Another address than AWS's.
    """

    def __init__(self, session: "Session | None" = None, endpoint_url: str | None = None) -> None:
        self._session, self._endpoint_url = session, endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def client(self, region: str) -> Any:
        """Give the client of a Region. A session may not make two at once.

        Raises:
            SourceError: boto3 refuses the Region.
        """
        from trailsdk.sources.requests import make_client
        from trailsdk.sources.s3.refusals import refusals

        with self._lock:
            if region not in self._clients:
                with refusals(f"CloudTrail in {region}"):
                    self._clients[region] = make_client("cloudtrail", region, self._session, self._endpoint_url)
            return self._clients[region]

    def status(self, region: str, arn: str) -> Mapping[str, Any]:
        """Ask for a trail's status in a Region.

        Raises:
            SourceError: There is no such trail, or CloudTrail refused, or could not be reached.
        """
        from trailsdk.sources.cloudtrail import trail_status

        return trail_status(self.client(region), arn)


def listed_keys(client: Any, region: str, start: datetime, end: datetime) -> Iterator[PublicKey]:
    """Give the keys of a Region and a time, as `ListPublicKeys` does.

    Raises:
        SourceError: CloudTrail refused, or could not be reached.
    """
    from trailsdk.sources.cloudtrail import list_public_keys

    for each in list_public_keys(client, start, end):
        yield PublicKey(
            value=bytes(each["Value"]),
            fingerprint=each["Fingerprint"].lower(),
            validity_start=each.get("ValidityStartTime"),
            validity_end=each.get("ValidityEndTime"),
            region=region,
        )


def fetch_public_keys(
    regions: Iterable[str] | str | None,
    since: datetime | str,
    until: datetime | str | None = None,
    *,
    session: "Session | None" = None,
    endpoint_url: str | None = None,
    now: datetime | None = None,
) -> KeySet:
    """Ask CloudTrail for the public keys that digests of a time need, to verify later without AWS.

    Args:
        regions: The Regions of the digests; `None` for all that are enabled in the account, which EC2 is asked for.
        since: Begin of the time, by delivery: an aware datetime, ISO 8601 text, or an age such as `90d`.
        until: Its end; `now` by default.
        session: Credentials; boto3's default by default.
        endpoint_url: Another address than AWS's.
        now: The time from which ages count back; the clock's by default.

    Returns:
        The keys, each with its Region, and the times for which these are all: a day more before, and three hours
        behind in which the last digests are signed, but nothing behind `now`.

    Raises:
        UsageError: The call itself cannot be carried out.
        SourceError: CloudTrail refused, or could not be reached, in one of the Regions.
    """
    now = datetime.now(UTC) if now is None else now
    begin, end = read_window(since, until, now)
    if begin is None:
        raise UsageError("fetch_public_keys() wants since")
    start, end = shifted(begin, -_BEFORE), shifted(min(end or now, now), _BEHIND)
    wanted = Selection.of(regions=regions).regions
    if wanted is None:
        from trailsdk.sources.requests import enabled_regions

        wanted = frozenset(enabled_regions("Regions of the account, as none is named", session, endpoint_url))
    clients = CloudTrailClients(session, endpoint_url)
    keys: list[PublicKey] = []
    for region in sorted(wanted):
        keys += listed_keys(clients.client(region), region, start, end)
    # What comes to be signed behind now, nobody knows.
    return KeySet(tuple(keys), tuple(AskedTime(each, start, min(end, now)) for each in sorted(wanted)))
