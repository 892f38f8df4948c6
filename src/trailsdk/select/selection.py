"""The selection: what the caller asked for, as tests on keys and on records."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from trailsdk.errors import UsageError
from trailsdk.model.keys import FOLDERS, LogFileKey, S3Key
from trailsdk.model.record import Record
from trailsdk.model.times import shifted
from trailsdk.select.category import CATEGORIES, categories_of

if TYPE_CHECKING:
    from trailsdk.select.where.tree import Condition, Where

__all__ = ["CLOCK_SKEW", "LATE_DELIVERY", "RecordTest", "Selection", "time_of"]

RecordTest = Callable[[Record], bool]

LATE_DELIVERY = timedelta(days=1)
"""How long after an event its file may come, by default. Most come within 15 minutes; after a fault of the
bucket's permissions CloudTrail tries for up to 30 days."""

CLOCK_SKEW = timedelta(minutes=15)
"""How much newer an event may be than its file's name says: the service's host and CloudTrail have own clocks."""


def _names(name: str, values: Any) -> frozenset[str] | None:
    if values is None:
        return None
    given: tuple[Any, ...] = (values,)
    if not isinstance(values, str):
        given = tuple(values) if isinstance(values, Iterable) else (values,)
    if not all(isinstance(value, str) for value in given):
        raise UsageError(f"{name}={values!r}: expected text; account ids may begin with zeros")
    return frozenset(given)


@frozen(kw_only=True)
class Selection:
    """What the caller asked for. Times are `[since, until)`, of `eventTime`."""

    since: datetime | None = None
    until: datetime | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    where: RecordTest | None = None
    late_delivery: timedelta = LATE_DELIVERY

    @classmethod
    def of(
        cls,
        *,
        window: tuple[datetime | None, datetime | None] = (None, None),
        accounts: Iterable[str] | str | None = None,
        regions: Iterable[str] | str | None = None,
        categories: Iterable[str] | str | None = None,
        where: "Where | None" = None,
    ) -> "Selection":
        """Check what a caller gave.

        Raises:
            UsageError: A category does not exist, or `where` cannot be understood.
        """
        wanted = _names("categories", categories)
        unknown = sorted((wanted or frozenset()) - set(CATEGORIES))
        if unknown:
            raise UsageError(f"categories={unknown[0]!r}: there are {', '.join(CATEGORIES)}")
        return cls(
            since=window[0],
            until=window[1],
            accounts=_names("accounts", accounts),
            regions=_names("regions", regions),
            categories=wanted,
            where=None if where is None else _record_test(where),
        )

    @property
    def condition(self) -> "Condition | None":
        """`where`, if it is no plain function: what sources can ask for what their service could look for."""
        if self.where is None:
            return None
        from trailsdk.select.where.tree import Condition

        return self.where if isinstance(self.where, Condition) else None

    @property
    def narrowed(self) -> "Selection":
        """The same for finding files: what `where` says of accounts, Regions and time is asked of keys, too."""
        condition = self.condition
        if condition is None:
            return self
        from trailsdk.select.where.pushdown import key_bounds

        bounds = key_bounds(condition)
        since = max((each for each in (self.since, bounds.since) if each is not None), default=None)
        return evolve(
            self,
            accounts=_both(self.accounts, bounds.accounts),
            regions=_both(self.regions, bounds.regions),
            since=since,
        )

    @property
    def by_key(self) -> bool:
        """Whether a file's key can decide anything."""
        return not (
            self.since is None
            and self.until is None
            and self.accounts is None
            and self.regions is None
            and self.categories is None
        )

    def with_late_delivery(self, late_delivery: timedelta) -> "Selection":
        """Allow another time between an event and the delivery of its file."""
        return evolve(self, late_delivery=late_delivery)

    def wants_account(self, account: str) -> bool:
        """Tell whether files of this account can hold an answer."""
        return self.accounts is None or account in self.accounts

    def wants_region(self, region: str) -> bool:
        """Tell whether files of this Region can hold an answer."""
        return self.regions is None or region in self.regions

    def wants_folder(self, folder: str) -> bool:
        """Tell whether files of this folder can hold an answer: by category."""
        if self.categories is None:
            return True
        category = FOLDERS.get(folder)
        # Records name their category themselves, so that only the folder's own can be expected in it.
        return bool(self.categories & {"Management", "Data"}) if category is None else category in self.categories

    def wants_days(self, first: date, last: date) -> bool:
        """Tell whether files delivered from the first day to the end of the last can hold an answer."""
        begin = datetime.combine(first, time(), UTC)
        end = datetime.combine(last, time(23, 59, 59), UTC)
        return self._wants_delivery(begin, end)

    def _wants_delivery(self, begin: datetime, end: datetime) -> bool:
        if self.since is not None and shifted(end, CLOCK_SKEW) < self.since:
            return False
        return self.until is None or begin < shifted(self.until, self.late_delivery)

    def wants_key(self, key: S3Key | None) -> bool:
        """Tell whether the file of this key can hold an answer. Where the key tells nothing, it can."""
        if not isinstance(key, LogFileKey):
            return True
        return self._wants_place(key) and self._wants_delivery(key.time, key.time + timedelta(seconds=59))

    def _wants_place(self, key: LogFileKey) -> bool:
        """Tell whether account, Region and folder of a key can hold an answer."""
        return self.wants_account(key.account_id) and self.wants_region(key.region) and self.wants_folder(key.folder)

    def record_test(self, key: S3Key | None, untimed: Callable[[], None]) -> RecordTest | None:
        """Make the test for the records of one file: what its key has not decided already.

        Args:
            key: The file's key.
            untimed: Called for each record without a time, which is kept.

        Returns:
            The test; `None` where every record is wanted.
        """
        named = key if isinstance(key, LogFileKey) else None
        if named is not None and not self._wants_place(named):
            return _nothing
        tests: list[RecordTest] = []
        condition, late = self.condition, self.where
        if condition is not None:
            # Before the time is looked at: what a scan of bytes leaves out is not counted as untimed either.
            early, late = condition.halves
            tests += [] if early is None else [early]
        if self.since is not None or self.until is not None:
            tests.append(_time_test(self.since, self.until, untimed))
        if self.accounts is not None and named is None:
            tests.append(_account_test(self.accounts))
        if self.regions is not None and named is None:
            tests.append(_region_test(self.regions))
        if self.categories is not None:
            tests.append(_category_test(self.categories, None if named is None else FOLDERS.get(named.folder)))
        if late is not None:
            tests.append(late)
        if len(tests) <= 1:
            return tests[0] if tests else None
        return lambda record: all(test(record) for test in tests)


def _record_test(where: "Where") -> RecordTest:
    if callable(where):
        return where
    from trailsdk.select.where.tree import as_condition

    return as_condition(where)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def time_of(record: Record) -> datetime | None:
    """Give the time of a record: `eventTime`, or the begin of an aggregated event's window."""
    return record.event_time or record.time_window.window_start


def _nothing(_: Record) -> bool:
    return False


def _time_test(since: datetime | None, until: datetime | None, untimed: Callable[[], None]) -> RecordTest:
    def test(record: Record) -> bool:
        when = time_of(record)
        if when is None:
            untimed()
            return True
        return (since is None or when >= since) and (until is None or when < until)

    return test


def _account_test(accounts: frozenset[str]) -> RecordTest:
    """Compare the account that received the event; records from before version 1.02 name only the caller's."""

    def test(record: Record) -> bool:
        identity = record.user_identity
        account = (
            record.recipient_account_id
            or record.account_id
            or identity.account_id
            or identity.session_context.session_issuer.account_id
        )
        return account in accounts

    return test


def _region_test(regions: frozenset[str]) -> RecordTest:
    return lambda record: record.aws_region in regions


def _category_test(categories: frozenset[str], folder: str | None) -> RecordTest:
    return lambda record: not categories.isdisjoint(categories_of(record, folder))
