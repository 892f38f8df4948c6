"""The chain of digests, as a pure fold: digests in, newest first; verdicts, findings and named log files out.

Each digest vouches for the log files that were delivered in its time, and for the digest before it. A digest is
believed when it is properly signed *and* is the one that the digest behind it means. Nothing here fetches: whoever
drives the fold asks `wanted` which digest is to come next, and gets it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import TypeAlias

from attrs import frozen

from trailsdk.integrity.coverage import HOUR, ClaimedHour, Coverage, CoverageState, Intervals
from trailsdk.integrity.placing import at_origin
from trailsdk.integrity.procedure import Checked, FetchedDigest, FindKey, Link, check_digest
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Reason, Verdict
from trailsdk.model.digest import Digest, DigestedFile
from trailsdk.model.keys import DigestKey, parse_key
from trailsdk.model.times import parse_time, shifted

__all__ = ["Chain", "NamedLog", "Outcome", "Span"]

PENDING = 2 * HOUR
"""How old a time may be whose digest is not there yet: an hour's digest comes within the next."""

LISTED_BEFORE = PENDING + HOUR
"""How old the newest digest may be where nothing is missing, with an hour to spare."""


@frozen
class Span:
    """The time that is asked for, `[since, until)`, by delivery."""

    since: datetime | None
    until: datetime | None
    now: datetime

    @property
    def end(self) -> datetime:
        """Up to when there can be something."""
        return self.now if self.until is None else min(self.until, self.now)

    @property
    def listed_from(self) -> datetime | None:
        """From when on digests are listed: what is pending can only be told from the newest digest before."""
        return None if self.since is None else min(self.since, shifted(self.now, -LISTED_BEFORE))

    def wants(self, start: datetime, end: datetime) -> bool:
        """Tell whether a digest's time is asked for, in part at least."""
        return self.reaches(end) and (self.until is None or start < self.until)

    def reaches(self, end: datetime) -> bool:
        """Tell whether a digest that ends then may have time that is asked for."""
        return self.since is None or end > self.since


@frozen
class NamedLog:
    """A log file that a valid digest names."""

    file: DigestedFile
    digest_uri: str
    chain: ChainId


Outcome: TypeAlias = Verdict | Finding | NamedLog


class Chain:
    """The state of the fold over one chain.

    Args:
        chain: Which one.
        span: Which time is asked for.
        find_key: Finds public keys.
        uri_of: Names an object, by bucket and key.
    """

    def __init__(
        self, chain: ChainId, span: Span, find_key: FindKey, uri_of: Callable[[str, str], str] = "s3://{}/{}".format
    ) -> None:
        self.chain = chain
        self._span = span
        self._find_key = find_key
        self._uri_of = uri_of
        self._links: dict[str, Link] = {}
        """Digests that others lead to, and that have not come yet, by key. Only backfill digests lead to several."""
        self._recorded: dict[str, list[str]] = {}
        """Signatures of digests that are still to come, by key, as digests record them that are not believed."""
        self._is_copy = False
        """Whether it was said that the chain is a copy, at another place than its original."""
        self._met: set[str] = set()
        """Keys of backfill digests that have come: they may lead to later hours as well."""
        self._covered_from: datetime | None = None
        """Begin of the oldest valid digest so far; before the first, where the asked time ends."""
        self._problem: str | None = None
        """What came between that digest and the one at hand."""
        self._begins = False
        """Whether that digest is the first of its chain."""
        self._newest_end: datetime | None = None
        self._asked = False
        """Whether a valid digest has some of the asked time."""
        self._claims: list[ClaimedHour] = []
        """Of digests that are not valid and came between, the newest first."""
        self._intervals = Intervals(span.since, span.end)

    def wanted(self, next_end: datetime | None) -> Link | None:
        """Tell which digest is to be looked for before another one is taken.

        Args:
            next_end: When the next digest of the listing ends; `None` where there is none.

        Returns:
            Where the link leads, if the listing does not have it.
        """
        return next((link for link in self._links.values() if self._is_due(link, next_end)), None)

    def _is_due(self, link: Link, next_end: datetime | None) -> bool:
        since = self._span.since
        if link.name is None:
            # What a link's name does not tell, the time does that is covered already.
            return since is None or self._covered_from is None or self._covered_from > since
        return self._span.reaches(link.name.end_time) and (next_end is None or next_end < link.name.end_time)

    def recorded_signature(self, fetched: FetchedDigest) -> str | None:
        """Give the signature that counts for a digest that is about to be taken: the next one's record, or its own."""
        link = self._links.get(fetched.key)
        return link.signature if link is not None and link.leads_to(fetched) else fetched.signature

    def take(self, fetched: FetchedDigest) -> Iterator[Outcome]:
        """Take the next digest: the one that is wanted, or the next of the listing."""
        fetched = at_origin(fetched, self._links)
        link = self._links.get(fetched.key)
        if link is not None and link.leads_to(fetched):
            del self._links[fetched.key]
        else:
            link = None
        says = None if fetched.digest is None else fetched.digest.digest_s3_object
        checked = check_digest(fetched, link, self._find_key, self._recorded.get(says or fetched.key, ()))
        stray = link is None and not self.chain.backfill and (bool(self._links) or self._is_beside(checked.end))
        if self.chain.backfill:
            self._met.add(fetched.key)
        if checked.verdict != "valid":
            yield from self._refuse(fetched, checked, stray=stray)
        elif fetched.digest is not None and checked.start is not None and checked.end is not None:
            yield from self._accept(fetched, fetched.digest, checked, (checked.start, checked.end), stray=stray)

    def is_proved(self, newest: FetchedDigest, oldest: FetchedDigest) -> bool:
        """Tell whether a run of digests that was proved earlier still has its place here, and its ends are valid.

        Args:
            newest: Its newest digest.
            oldest: Its oldest digest.
        """
        link = self._links.get(newest.key)
        if link is None and self._links:
            return False
        if link is not None and not link.leads_to(newest):
            return False
        checks = (check_digest(newest, link, self._find_key), check_digest(oldest, None, self._find_key))
        return all(each.verdict == "valid" for each in checks) and not self._is_beside(checks[0].end)

    def pass_over(self, newest: FetchedDigest, oldest: FetchedDigest) -> Iterator[Finding]:
        """Pass over such a run, to what its oldest digest leads to."""
        self._links.pop(newest.key, None)
        first, last = oldest.digest, newest.digest
        if first is not None and last is not None:
            start, end = _time(first.digest_start_time), _time(last.digest_end_time)
            yield from self._cover(start, end, newest.uri, CoverageState.PROVED_EARLIER)
            self._lead_on(first, _time(first.digest_end_time))

    def _is_beside(self, end: datetime | None) -> bool:
        """Tell whether a digest that nothing leads to speaks of time that the chain vouches for already."""
        return end is not None and self._covered_from is not None and end > self._covered_from

    def _refuse(self, fetched: FetchedDigest, checked: Checked, *, stray: bool) -> Iterator[Outcome]:
        link = None if fetched.digest is None else _link(fetched.digest)
        if link is not None:
            self._recorded.setdefault(link.key, []).append(link.signature)
        end = fetched.name.end_time if fetched.name is not None else None
        if end is not None and self._is_after(end):
            # Only looked at for what it might say of others.
            return
        if not stray:
            self._problem = self._problem or f"{checked.reason}"
            if end is not None:
                self._claims.append(ClaimedHour(end, _state_of(checked)))
        if end is not None and not self._span.reaches(end):
            # Only looked at for what is pending behind it.
            return
        yield self._verdict(fetched, checked, None, end)
        # A copy of a digest that is genuine elsewhere names files that are judged there.
        if fetched.digest is not None and checked.reason not in (Reason.MOVED, Reason.REPLAYED):
            for file in fetched.digest.log_files:
                yield Verdict(
                    kind="log",
                    verdict="unverifiable",
                    reason=Reason.DIGEST_NOT_VALID,
                    uri=self._uri_of(file.s3_bucket or "", file.s3_object or ""),
                    chain=self.chain,
                    digest_uri=fetched.uri,
                )

    def _is_after(self, end: datetime) -> bool:
        """Tell whether a digest that cannot be believed ends so late that nothing asked for can be in it."""
        until = self._span.until
        return until is not None and end >= until + timedelta(hours=1)

    def _accept(
        self,
        fetched: FetchedDigest,
        digest: Digest,
        checked: Checked,
        window: tuple[datetime, datetime],
        *,
        stray: bool,
    ) -> Iterator[Outcome]:
        start, end = window
        asked = self._span.wants(start, end)
        self._asked |= asked
        if asked and fetched.is_copy and not self._is_copy:
            self._is_copy = True
            detail = f"of what CloudTrail delivered to s3://{fetched.bucket}"
            yield Finding(code=FindingCode.COPIED, chain=self.chain, detail=detail)
        if asked:
            yield self._verdict(fetched, checked, start, end)
            for code in (checked.finding, FindingCode.STRAY if stray else None):
                if code is not None:
                    yield Finding(code=code, chain=self.chain, uri=fetched.uri, start=start, end=end)
            for file in digest.log_files:
                yield NamedLog(file, fetched.uri, self.chain)
        if not stray:
            yield from self._cover(start, end, fetched.uri)
            self._lead_on(digest, end)

    def _lead_on(self, digest: Digest, end: datetime) -> None:
        """Note what a digest that is believed says of the one before."""
        self._begins, self._problem, self._claims = digest.previous_digest_signature is None, None, []
        link = _link(digest)
        if link is not None and self._leads_on(link, end):
            self._links[link.key] = link

    def _leads_on(self, link: Link, end: datetime) -> bool:
        """Tell whether a link leads to a digest that is still to come, and not in a circle."""
        if self.chain.backfill:
            return link.key not in self._met
        return link.name is None or link.name.end_time < end

    def _verdict(
        self, fetched: FetchedDigest, checked: Checked, start: datetime | None, end: datetime | None
    ) -> Verdict:
        return Verdict(
            kind="digest",
            verdict=checked.verdict,
            reason=checked.reason,
            uri=fetched.uri,
            chain=self.chain,
            start=start,
            end=end,
            other_uri=checked.other_uri,
            detail=checked.detail,
        )

    def _cover(
        self, start: datetime, end: datetime, uri: str, state: CoverageState = CoverageState.VOUCHED
    ) -> Iterator[Finding]:
        """Note for which time a valid digest vouches, and say what is left out between it and the one behind it."""
        later = self._covered_from
        self._covered_from = start if later is None else min(start, later)
        if self.chain.backfill:
            # Backfill digests vouch for single files, not for time.
            return
        if later is None:
            self._newest_end = end
            if end < self._span.end:
                yield from self._uncovered(end, self._span.end, self._tail_code(end))
                self._cover_tail(end)
        elif end < later:
            is_gap = self._begins and self._problem is None
            yield from self._uncovered(end, later, FindingCode.GAP if is_gap else FindingCode.UNCOVERED)
            if is_gap:
                self._intervals.add(end, later, CoverageState.GAP)
            else:
                self._intervals.add_hole(end, later, self._claims)
        elif end > later:
            yield Finding(code=FindingCode.OVERLAP, chain=self.chain, uri=uri, start=later, end=end)
        self._intervals.add(start, end if later is None else min(end, later), state)

    def _cover_tail(self, end: datetime) -> None:
        """Note what comes after the newest valid digest: missing as far as digests are due, then pending."""
        overdue = max(0, ceil((self._span.now - end - PENDING) / HOUR))
        due = max([shifted(end, overdue * HOUR), *(claim.end for claim in self._claims)])
        due = min(due, self._span.end)
        self._intervals.add(due, self._span.end, CoverageState.PENDING)
        if end < due:
            self._intervals.add_hole(end, due, self._claims)

    def _tail_code(self, end: datetime) -> FindingCode:
        if self._problem is not None:
            return FindingCode.UNCOVERED
        return FindingCode.PENDING if end >= self._span.now - PENDING else FindingCode.TAIL

    def _uncovered(self, start: datetime, end: datetime, code: FindingCode) -> Iterator[Finding]:
        """Say that a time is not vouched for, as far as it is asked for."""
        if self._span.since is not None:
            start = max(start, self._span.since)
        end = min(end, self._span.end)
        if start < end:
            detail = self._problem or ""
            yield Finding(code=code, chain=self.chain, start=start, end=end, detail=detail)

    def finish(self) -> Iterator[Finding | Coverage]:
        """Say what is not vouched for at the beginning of the asked time, and sum up. The last call."""
        if self.chain.backfill:
            return
        since, covered = self._span.since, self._covered_from
        if covered is None:
            # Without a bound there is nothing to name but the end.
            yield Finding(
                code=FindingCode.UNCOVERED,
                chain=self.chain,
                start=since,
                end=self._span.end,
                detail=self._problem or "",
            )
            self._intervals.add_hole(None, self._span.end, self._claims)
        elif self._begins and self._problem is None:
            if since is not None and covered > since:
                yield from self._uncovered(since, covered, FindingCode.BEFORE_START)
                self._intervals.add(since, covered, CoverageState.BEFORE_START)
        else:
            if since is not None and covered > since:
                yield from self._uncovered(since, covered, FindingCode.UNCOVERED)
            self._intervals.add_hole(None, covered, self._claims)
        coverage = Coverage(chain=self.chain, intervals=self._intervals.done(), newest_end=self._newest_end)
        if covered is not None and covered >= self._span.end and not self._asked:
            # All that was asked for is before the chain's first digest.
            yield Finding(code=FindingCode.NO_DIGESTS, chain=self.chain, start=since, end=self._span.end)
        yield coverage


def _state_of(checked: Checked) -> CoverageState:
    """Tell what the time of a digest is that is not valid."""
    if checked.reason is Reason.NOT_FOUND:
        return CoverageState.MISSING
    return CoverageState(checked.verdict)


def _time(text: str | None) -> datetime:
    """Read a time of a digest that was checked."""
    time = parse_time(text or "")
    if time is None:
        raise ValueError("a digest that was checked has its times")
    return time


def _link(digest: Digest) -> Link | None:
    """Read what a digest says of the one before; `None` for the first of a chain."""
    bucket, key = digest.previous_digest_s3_bucket, digest.previous_digest_s3_object
    content_hash, signature = digest.previous_digest_hash_value, digest.previous_digest_signature
    if bucket is None or key is None or content_hash is None or signature is None:
        return None
    name = parse_key(key)
    named = name if isinstance(name, DigestKey) else None
    return Link(bucket=bucket, key=key, content_hash=content_hash, signature=signature, name=named)
