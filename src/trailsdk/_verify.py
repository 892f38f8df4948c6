"""`verify` and `iter_verify`: they join plugins and a verification."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from trailsdk.integrity.checks import Check, Checks
from trailsdk.integrity.report import Report, Tally
from trailsdk.integrity.verifier import Result
from trailsdk.integrity.verify import Kept, PublicKeys, Verification, VerifiedLocation
from trailsdk.plugins.manager import manager_with

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["iter_verify", "verify"]


def verify(  # noqa: PLR0913 (each is a question of its own)
    *locations: VerifiedLocation,
    trail: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    accounts: Iterable[str] | str | None = None,
    regions: Iterable[str] | str | None = None,
    public_keys: PublicKeys = None,
    copied_from: str | None = None,
    state: str | os.PathLike[str] | None = None,
    state_key: bytes = b"",
    reread: bool = False,
    plugins: Iterable[object] = (),
    session: "Session | None" = None,
    now: datetime | None = None,
) -> Report:
    """Verify that log files are the ones that CloudTrail delivered, and none is missing.

    Args:
        locations: `s3://bucket[/prefix]`, folders that hold a copy, `trailsdk.S3` objects, object stores.
            None at all: where the trail delivers to, which CloudTrail is asked for.
        trail: Only this trail: its ARN. By default all trails that have digests there.
        since: Only what was delivered at or after: an aware datetime, ISO 8601 text (without a zone it is UTC), or an
            age such as `24h` before `now`.
        until: Only what was delivered before.
        accounts: Only these accounts.
        regions: Only these Regions.
        public_keys: A file of public keys, a `KeySet`, a function that gives keys, or simply keys, of which the caller
            vouches that they are all of their Regions; by default CloudTrail is asked, in the Region of the digests.
        copied_from: `s3://bucket[/prefix]`, of which the locations hold copies: what is before `AWSLogs` here was
            that there. Digests and log files are looked for here, and verified as what was delivered there.
        state: A file that keeps what was proved, so that the next run reads only what is new, and says of the rest
            that it was proved earlier, and when. It is written at the end of a run, if that is reached.
        state_key: Seals the state: who does not have it cannot change the file unnoticed. Without one, only accidents
            are noticed.
        reread: Believe nothing of the state, read all again, and write it anew.
        plugins: Further plugins for this call, beside the installed ones: modules or objects with hooks. Their checks
            add findings, and change no verdict.
        session: boto3's session for S3 and CloudTrail. See `assume_role`.
        now: The time from which ages count back, and up to which digests are to be expected; the clock's by default.

    Returns:
        The report. `status` is `whole`, `broken` or `unproved`.

    Raises:
        UsageError: The call itself cannot be carried out.
        PluginError: A plugin is wrong. What its checks do later is a finding.
        PublicKeyError: `public_keys` is a file that cannot be used.
        StateError: `state` is a file that cannot be used, or was changed.
        WriteError: The state could not be written.
        SourceError: CloudTrail does not tell where the trail delivers to. Everything else that cannot be looked at
            is told in the report.
    """
    verification = Verification(
        locations,
        trail,
        since,
        until,
        accounts,
        regions,
        public_keys,
        copied_from,
        Kept(state, state_key, reread),
        session,
        now,
        _checks(plugins),
    )
    tally = Tally(*verification.window)
    for result in verification.results():
        tally.add(result)
    return tally.report()


def iter_verify(  # noqa: PLR0913 (each is a question of its own)
    *locations: VerifiedLocation,
    trail: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    accounts: Iterable[str] | str | None = None,
    regions: Iterable[str] | str | None = None,
    public_keys: PublicKeys = None,
    copied_from: str | None = None,
    state: str | os.PathLike[str] | None = None,
    state_key: bytes = b"",
    reread: bool = False,
    plugins: Iterable[object] = (),
    session: "Session | None" = None,
    now: datetime | None = None,
) -> Iterator[Result]:
    """Verify, and give each verdict and finding as it comes: chain by chain, from the newest digest to the oldest.

    At the end of each chain comes its coverage. The arguments are those of `verify`. What it gives can be summed up
    by a `Tally`.

    Raises:
        TrailError: As `verify`: at once.
    """
    return Verification(
        locations,
        trail,
        since,
        until,
        accounts,
        regions,
        public_keys,
        copied_from,
        Kept(state, state_key, reread),
        session,
        now,
        _checks(plugins),
    ).results()


def _checks(plugins: Iterable[object]) -> Checks:
    """Ask the hook."""
    return Checks(
        tuple(
            Check(
                plugin=each.plugin,
                name=each.given.name,
                on_digest=each.given.on_digest,
                on_log=each.given.on_log,
                on_object=each.given.on_object,
            )
            for each in manager_with(plugins).checks()
        )
    )
