"""Looks at a bucket: whose it is, where, its settings, and which accounts have log files in it. Reads only."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from attrs import evolve

from trailsdk.errors import AccessDeniedError, ConflictError, NotFoundError, SourceError
from trailsdk.model.keys import parse_prefix
from trailsdk.sources.requests import code_of
from trailsdk.trails.clients import Clients, refusals
from trailsdk.trails.layout import Destination
from trailsdk.trails.settings import TrailSettings
from trailsdk.trails.snapshot import (
    AccountFolder,
    BucketState,
    DeliveredObject,
    LifecycleRule,
    ObjectLock,
    TrailState,
)

__all__ = ["BucketLook"]

_T = TypeVar("_T")

_EVERYBODY: Final = ("/global/AllUsers", "/global/AuthenticatedUsers")
_NOT_SET: Final = {
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchLifecycleConfiguration",
}
_MOST_ACCOUNTS: Final = 1000
"""How many folders of accounts are looked at."""
_SAMPLES: Final = 3
_NO: Final[bool] = False


class BucketLook:
    """Looks at buckets of one Region, and of one owner."""

    def __init__(self, clients: Clients, region: str, owner: str) -> None:
        self._clients = clients
        self._region = region
        self._owner = owner

    def for_settings(self, settings: TrailSettings) -> BucketState | None:
        """Look at the bucket that settings name; `None`: there is none.

        Raises:
            ConflictError: It is somebody else's, or in another Region.
            SourceError: It could not be looked at.
        """
        name = settings.s3_bucket_name
        place = f"bucket {name}"
        try:
            region = self._locate(name)
        except NotFoundError:
            if not settings.owns_bucket:
                raise
            return None
        except AccessDeniedError:
            if not settings.owns_bucket:
                # Its owner need not let this account look: CloudTrail itself looks when the trail is made.
                return BucketState(name=name, region=settings.region_of_bucket, is_owned=False)
            reason = f"it belongs to another account than {self._owner}, or these credentials may not look at it"
            hint = "for a bucket of another account: --bucket-owner ID; there, `trailsdk trail policy bucket` helps"
            raise ConflictError(place, reason, hint) from None
        if region != settings.region_of_bucket:
            reason = f"it is in {region}, not in {settings.region_of_bucket}"
            raise ConflictError(place, reason, f"if that is meant: --bucket-region {region}")
        if not settings.owns_bucket:
            return BucketState(name=name, region=region, is_owned=False)
        unseen: list[SourceError] = []
        state = self._settings_of(BucketState(name=name, region=region), unseen)
        if unseen:
            raise unseen[0]
        return state

    def for_audit(self, trail: TrailState, recent_day: str, unseen: list[SourceError]) -> BucketState | None:
        """Look at a trail's bucket, at its settings, and at its log files; `None`: there is none.

        Args:
            trail: The trail.
            recent_day: Such as `2026/03/05`: what was delivered since counts as recent.
            unseen: Receives what could not be looked at.

        Raises:
            SourceError: The bucket itself could not be looked at.
        """
        name, is_owned = trail.s3_bucket_name, True
        try:
            self._region = self._locate(name)
        except NotFoundError:
            return None
        except AccessDeniedError:
            # Another account's, perhaps; then it is only looked at, and nothing hangs on whose.
            self._owner, is_owned = "", False
            self._region = self._locate(name)
        state = BucketState(name=name, region=self._region, is_owned=is_owned)
        state = self._settings_of(state, unseen)
        destination = Destination(name, trail.s3_key_prefix, trail.arn.partition)
        try:
            with refusals(f"log files of the bucket {name}"):
                folders = tuple(islice(self._folders(destination, recent_day), _MOST_ACCOUNTS))
                # Trails of other accounts have keys of their own.
                own = [each for each in folders if each.organization_id or each.account_id == trail.arn.account_id]
                samples = tuple(islice(self._samples(destination, own, recent_day), _SAMPLES))
        except SourceError as error:
            unseen.append(error)
            folders, samples = (), ()
        return evolve(state, folders=folders, samples=samples)

    def _ask(self, operation: str, **arguments: Any) -> Any:
        owner = {"ExpectedBucketOwner": self._owner} if self._owner else {}
        return getattr(self._clients.get("s3", self._region), operation)(**arguments, **owner)

    def _locate(self, name: str) -> str:
        with refusals(f"bucket {name}"):
            answer = self._ask("head_bucket", Bucket=name)
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region: str = answer.get("BucketRegion") or headers.get("x-amz-bucket-region") or self._region
        return region

    def _settings_of(self, state: BucketState, unseen: list[SourceError]) -> BucketState:
        name = state.name

        def get(operation: str, read: Callable[[Any], _T], absent: _T) -> _T:
            try:
                with refusals(f"bucket {name}"):
                    try:
                        return read(self._ask(operation, Bucket=name))
                    except Exception as error:
                        if code_of(error) in _NOT_SET:
                            return absent
                        raise
            except SourceError as error:
                unseen.append(error)
                return absent

        return evolve(
            state,
            policy=get("get_bucket_policy", lambda it: it["Policy"], None),
            is_policy_public=get("get_bucket_policy_status", _is_public, _NO),
            public_access_block=get("get_public_access_block", _blocked, frozenset()),
            public_grants=get("get_bucket_acl", _public_grants, ()),
            versioning=get("get_bucket_versioning", lambda it: it.get("Status"), None),
            object_ownership=get("get_bucket_ownership_controls", _ownership, None),
            object_lock=get("get_object_lock_configuration", _object_lock, None),
            lifecycle=get("get_bucket_lifecycle_configuration", _lifecycle, ()),
            is_requester_pays=get("get_bucket_request_payment", _requester_pays, _NO),
        )

    def _folders(self, destination: Destination, recent_day: str) -> Iterator[AccountFolder]:
        for prefix in self._below(destination, destination.root):
            place = parse_prefix(prefix)
            if place is None:
                continue
            accounts = iter([prefix]) if place.account_id is not None else self._below(destination, prefix)
            for account in accounts:
                at = parse_prefix(account)
                if at is not None and at.account_id is not None and self._any(destination, f"{account}CloudTrail/"):
                    yield AccountFolder(
                        account_id=at.account_id,
                        organization_id=at.organization_id,
                        is_recent=next(self._recent(destination, account, recent_day), None) is not None,
                    )

    def _samples(
        self, destination: Destination, folders: Iterable[AccountFolder], recent_day: str
    ) -> Iterator[DeliveredObject]:
        for each in folders:
            if each.is_recent:
                folder = f"{destination.root}{each.organization_id or ''}{'/' if each.organization_id else ''}"
                for key in islice(self._recent(destination, f"{folder}{each.account_id}/", recent_day), 1):
                    head = self._ask("head_object", Bucket=destination.bucket, Key=key)
                    yield DeliveredObject(
                        key=key, encryption=head.get("ServerSideEncryption"), kms_key_id=head.get("SSEKMSKeyId")
                    )

    def _below(self, destination: Destination, prefix: str) -> Iterator[str]:
        token: dict[str, str] = {}
        while True:
            answer = self._ask("list_objects_v2", Bucket=destination.bucket, Prefix=prefix, Delimiter="/", **token)
            yield from (each["Prefix"] for each in answer.get("CommonPrefixes", ()))
            if not answer.get("NextContinuationToken"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def _any(self, destination: Destination, prefix: str) -> bool:
        answer = self._ask("list_objects_v2", Bucket=destination.bucket, Prefix=prefix, MaxKeys=1)
        return bool(answer.get("Contents"))

    def _recent(self, destination: Destination, account: str, recent_day: str) -> Iterator[str]:
        """Give one key of each Region that has log files since a day: keys sort by time in a Region's folder."""
        for region in self._below(destination, f"{account}CloudTrail/"):
            answer = self._ask(
                "list_objects_v2",
                Bucket=destination.bucket,
                Prefix=region,
                StartAfter=f"{region}{recent_day}",
                MaxKeys=1,
            )
            yield from (each["Key"] for each in answer.get("Contents", ()))


def _is_public(answer: Any) -> bool:
    return bool(answer["PolicyStatus"].get("IsPublic"))


def _requester_pays(answer: Any) -> bool:
    return bool(answer.get("Payer") == "Requester")


def _blocked(answer: Any) -> frozenset[str]:
    return frozenset(name for name, on in answer["PublicAccessBlockConfiguration"].items() if on)


def _public_grants(answer: Any) -> tuple[str, ...]:
    grants = [each for each in answer["Grants"] if each["Grantee"].get("URI", "").endswith(_EVERYBODY)]
    return tuple(each["Permission"] for each in grants)


def _ownership(answer: Any) -> str | None:
    rules = answer["OwnershipControls"]["Rules"]
    return rules[0]["ObjectOwnership"] if rules else None


def _object_lock(answer: Any) -> ObjectLock | None:
    configuration = answer["ObjectLockConfiguration"]
    if configuration.get("ObjectLockEnabled") != "Enabled":
        return None
    rule = configuration.get("Rule", {}).get("DefaultRetention", {})
    days = rule.get("Days") or (rule["Years"] * 365 if "Years" in rule else None)
    return ObjectLock(rule.get("Mode"), days)


def _lifecycle(answer: Any) -> tuple[LifecycleRule, ...]:
    return tuple(rule for each in answer["Rules"] for rule in _expiry(each))


def _expiry(rule: Any) -> Iterator[LifecycleRule]:
    days = rule.get("Expiration", {}).get("Days")
    where = rule.get("Filter", {})
    inner = where.get("And", where)
    # CloudTrail's objects carry no tags, so that rules for tagged objects never meet them.
    if rule.get("Status") == "Enabled" and days is not None and "Tag" not in inner and not inner.get("Tags"):
        prefix = inner.get("Prefix") or rule.get("Prefix") or ""
        yield LifecycleRule(name=rule.get("ID") or "(no name)", prefix=prefix, expiration_days=days)
