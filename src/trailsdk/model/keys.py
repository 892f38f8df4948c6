"""The grammar of the S3 keys that CloudTrail writes: parse and format, each the other's inverse.

```text
[<prefix>/]AWSLogs/[<organization>/]<account>/
    <folder>/<region>/<YYYY>/<MM>/<DD>/
        <account>_<folder>_<region>_<YYYYMMDD>T<HHMM>Z_<unique>.json.gz
    CloudTrail-Digest/<region>/<YYYY>/<MM>/<DD>/
        <account>_CloudTrail-Digest_<region>_<trail>_<home region>_<YYYYMMDD>T<HHMMSS>Z[_backfill].json.gz
    CloudTrail-Lake/Query/<YYYY>/<MM>/<DD>/<query>/
        result_<n>.csv.gz, result_sign.json
```

A key is read from the right: its prefix may hold anything, `AWSLogs` and the organization's id too.
So the last segment `AWSLogs` counts, and no part after it is ever `AWSLogs`.

What fits no grammar is `None`, never an error: a bucket holds other things as well.

Source: AWS CloudTrail User Guide, "Finding your CloudTrail log files", "CloudTrail log file name format",
"CloudTrail digest file structure", "Download saved query results". They do not say that names of Insights,
network activity and aggregated files repeat the folder; hence the folder in a name is read softly.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import frozen

from trailsdk.errors import TimeError
from trailsdk.model.key_tree import (
    ACCOUNT,
    DIGEST_FOLDER,
    FOLDERS,
    LAKE_FOLDER,
    ORGANIZATION,
    REGION,
    ROOT,
    KeyPrefix,
    after_root,
    before_root,
    find_root,
    parse_day,
    parse_prefix,
)

__all__ = [
    "DIGEST_FOLDER",
    "FOLDERS",
    "LAKE_FOLDER",
    "DigestKey",
    "KeyPrefix",
    "LakeResultKey",
    "LogFileKey",
    "S3Key",
    "is_log_file_name",
    "parse_key",
    "parse_prefix",
]

_NAIVE: Final = "it has no time zone; use datetime(..., tzinfo=UTC)"

_LOG_FOLDER: Final = "|".join(map(re.escape, FOLDERS))
_DAY: Final = r"[0-9]{4}/[0-9]{2}/[0-9]{2}"
# Possessive: where the first segment can be an organization it is one, as in `KeyPrefix.child`.
_OWNER: Final = rf"(?:({ORGANIZATION})/)?+({ACCOUNT})"

# A part of the name that only repeats the directory's leaves its group empty.
_LOG_FILE: Final = re.compile(
    rf"{_OWNER}/({_LOG_FOLDER})/({REGION})/({_DAY})/"
    rf"(?:\2|({ACCOUNT}))_(?:\3|(CloudTrail(?:-[A-Za-z]+)?))_(?:\4|({REGION}))_"
    r"([0-9]{8}T[0-9]{4})Z(_?)([0-9A-Za-z]+)(\.json(?:\.gz)?)",
    re.ASCII,
)
# No region holds an underscore, so that both are anchored and the trail's name is all that stands between.
_DIGEST: Final = re.compile(
    rf"{_OWNER}/{DIGEST_FOLDER}/({REGION})/({_DAY})/"
    rf"(?:\2|({ACCOUNT}))_{DIGEST_FOLDER}_(?:\3|({REGION}))_([^/]+)_({REGION})_"
    r"([0-9]{8}T[0-9]{6})Z(_backfill)?(\.json(?:\.gz)?)",
    re.ASCII,
)
_LAKE_RESULT: Final = re.compile(
    rf"({ACCOUNT})/{LAKE_FOLDER}/Query/({_DAY})/([0-9A-Za-z-]+)/(result_[0-9]+\.csv\.gz|result_sign\.json)",
    re.ASCII,
)


@frozen(kw_only=True)
class LogFileKey:
    """The key of a log file: where its records come from and when CloudTrail delivered it.

    Days and times in keys are those of delivery; events may be older by any amount.
    """

    prefix: str = ""
    """What stands before `AWSLogs`, without the slash between; a prefix of slashes only is given whole."""

    organization_id: str | None = None

    account_id: str
    """Text: ids begin with zeros, and anonymised ones are not digits."""

    folder: str = "CloudTrail"
    """One of `FOLDERS`."""

    region: str

    date: dt.date
    """Day of delivery in UTC: the folder's, which the file's name need not share."""

    time: dt.datetime
    """Minute of delivery, aware: the file name's."""

    unique: str
    """What tells files of the same minute apart; it has no other meaning."""

    separator: str = "_"
    """What stands before `unique`: `_`, or nothing, as in one of AWS's samples."""

    suffix: str = ".json.gz"
    """`.json` for files that somebody has inflated."""

    name_account_id: str | None = None
    """The account in the file's name where it is not the directory's, else `None`."""

    name_folder: str | None = None
    """The folder in the file's name where it is not the directory's, else `None`."""

    name_region: str | None = None
    """The region in the file's name where it is not the directory's (as in a sample of AWS), else `None`."""

    def __attrs_post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise TimeError("time", self.time, _NAIVE)
        # One way to write each key, or equal keys would compare unequal.
        if self.name_account_id == self.account_id:
            object.__setattr__(self, "name_account_id", None)
        if self.name_folder == self.folder:
            object.__setattr__(self, "name_folder", None)
        if self.name_region == self.region:
            object.__setattr__(self, "name_region", None)

    @property
    def directory(self) -> "KeyPrefix":
        """The day's directory that the file is in."""
        return _day_directory(self, self.folder)

    @property
    def name(self) -> str:
        """The file's name: what follows the last slash."""
        return (
            f"{self.name_account_id or self.account_id}_{self.name_folder or self.folder}"
            f"_{self.name_region or self.region}_{_format_minute(self.time)}Z"
            f"{self.separator}{self.unique}{self.suffix}"
        )

    def __str__(self) -> str:
        return f"{self.directory}{self.name}"


@frozen(kw_only=True)
class DigestKey:
    """The key of a digest file: which trail it vouches for, in which region, up to when.

    Trails that share a bucket share the folder: only `trail_name` and `home_region` tell their digests apart.
    """

    prefix: str = ""
    """What stands before `AWSLogs`, without the slash between; a prefix of slashes only is given whole."""

    organization_id: str | None = None

    account_id: str
    """Text: ids begin with zeros, and anonymised ones are not digits."""

    region: str
    """Source region: the one whose log files the digest lists, and whose keys sign it."""

    date: dt.date
    """Day in UTC: the folder's."""

    trail_name: str
    """May hold underscores."""

    home_region: str
    """Where the trail was made, and where it is configured."""

    end_time: dt.datetime
    """`digestEndTime` to the second, aware."""

    backfill: bool = False
    """One of a chain that AWS made afterwards; a regular digest may have the same `end_time`."""

    suffix: str = ".json.gz"
    """`.json` for files that somebody has inflated."""

    name_account_id: str | None = None
    """The account in the file's name where it is not the directory's, else `None`."""

    name_region: str | None = None
    """The source region in the file's name where it is not the directory's, else `None`."""

    def __attrs_post_init__(self) -> None:
        if self.end_time.tzinfo is None:
            raise TimeError("end_time", self.end_time, _NAIVE)
        # One way to write each key, or equal keys would compare unequal.
        if self.name_account_id == self.account_id:
            object.__setattr__(self, "name_account_id", None)
        if self.name_region == self.region:
            object.__setattr__(self, "name_region", None)

    @property
    def directory(self) -> "KeyPrefix":
        """The day's directory that the file is in."""
        return _day_directory(self, DIGEST_FOLDER)

    @property
    def name(self) -> str:
        """The file's name: what follows the last slash."""
        second = self.end_time.astimezone(dt.UTC).second
        return (
            f"{self.name_account_id or self.account_id}_{DIGEST_FOLDER}_{self.name_region or self.region}"
            f"_{self.trail_name}_{self.home_region}_{_format_minute(self.end_time)}{second:02}Z"
            f"{'_backfill' if self.backfill else ''}{self.suffix}"
        )

    def __str__(self) -> str:
        return f"{self.directory}{self.name}"


@frozen(kw_only=True)
class LakeResultKey:
    """The key of a file that a CloudTrail Lake query saved: a part of the result, or all signatures."""

    prefix: str = ""
    """What stands before `AWSLogs`, without the slash between; a prefix of slashes only is given whole."""

    account_id: str
    """Text: ids begin with zeros, and anonymised ones are not digits."""

    date: dt.date
    """Day of the query in UTC."""

    query_id: str

    file_name: str
    """`result_<n>.csv.gz` or `result_sign.json`."""

    def __str__(self) -> str:
        return (
            f"{before_root(self.prefix)}{ROOT}/{self.account_id}/{LAKE_FOLDER}/Query"
            f"/{self.date.isoformat().replace('-', '/')}/{self.query_id}/{self.file_name}"
        )


S3Key: TypeAlias = LogFileKey | DigestKey | LakeResultKey
"""Any key that CloudTrail writes."""


_LOG_FILE_NAME: Final = re.compile(
    rf"{ACCOUNT}_CloudTrail(?:-[A-Za-z]+)?_{REGION}_[0-9]{{8}}T[0-9]{{4}}Z_?[0-9A-Za-z]+\.json(?:\.gz)?",
    re.ASCII,
)


def is_log_file_name(name: str) -> bool:
    """Tell whether a file is named as CloudTrail names log files, wherever it lies."""
    return _LOG_FILE_NAME.fullmatch(name) is not None


def parse_key(text: str) -> S3Key | None:
    """Read an S3 key, or the path of a file in a copy of a bucket, with `/` between directories.

    Args:
        text: Any text. An S3 event notification encodes keys; decode them first.

    Returns:
        A key whose `str` is `text` again; `None` where CloudTrail writes no such key.
    """
    start = find_root(text)
    if start < 0:
        return None
    tail = start + len(ROOT) + 1
    # Log files first: a bucket holds many more of them than of the others.
    if match := _LOG_FILE.fullmatch(text, tail):
        return _log_file_key(after_root(text[:start]), match)
    if match := _DIGEST.fullmatch(text, tail):
        return _digest_key(after_root(text[:start]), match)
    if match := _LAKE_RESULT.fullmatch(text, tail):
        account_id, day, query_id, file_name = match.groups()
        if (when := parse_day(day)) is None:
            return None
        prefix = after_root(text[:start])
        return LakeResultKey(prefix=prefix, account_id=account_id, date=when, query_id=query_id, file_name=file_name)
    return None


def _log_file_key(prefix: str, match: re.Match[str]) -> LogFileKey | None:
    # `in_...`: what the name says where it differs.
    org, account, folder, region, day, in_account, in_folder, in_region, minute, *end = match.groups()
    separator, unique, suffix = end
    date, time = parse_day(day), _parse_stamp(minute)
    if date is None or time is None:
        return None
    return LogFileKey(
        prefix=prefix,
        organization_id=org,
        account_id=account,
        folder=folder,
        region=region,
        date=date,
        time=time,
        unique=unique,
        separator=separator,
        suffix=suffix,
        name_account_id=in_account,
        name_folder=in_folder,
        name_region=in_region,
    )


def _digest_key(prefix: str, match: re.Match[str]) -> DigestKey | None:
    org, account, region, day, in_account, in_region, trail, home, second, backfill, suffix = match.groups()
    date, end_time = parse_day(day), _parse_stamp(second)
    if date is None or end_time is None:
        return None
    return DigestKey(
        prefix=prefix,
        organization_id=org,
        account_id=account,
        region=region,
        date=date,
        trail_name=trail,
        home_region=home,
        end_time=end_time,
        backfill=backfill is not None,
        suffix=suffix,
        name_account_id=in_account,
        name_region=in_region,
    )


# Keys are listed in order of time, so that neighbours share their minute.
@lru_cache(maxsize=1024)
def _parse_stamp(text: str) -> dt.datetime | None:
    """Read `YYYYMMDDTHHMM[SS]`, digits known to be ASCII; `None` where there is no such time."""
    # Some versions of Python take 24:00 for the next midnight; no key is written so.
    if text.startswith("24", 9):
        return None
    try:
        return dt.datetime.fromisoformat(f"{text}Z")
    except ValueError:
        return None


def _format_minute(time: dt.datetime) -> str:
    # Not strftime: its %Y does not fill years up to four digits everywhere.
    utc = time.astimezone(dt.UTC)
    return f"{utc.year:04}{utc.month:02}{utc.day:02}T{utc.hour:02}{utc.minute:02}"


def _day_directory(key: LogFileKey | DigestKey, folder: str) -> KeyPrefix:
    return KeyPrefix(
        prefix=key.prefix,
        organization_id=key.organization_id,
        account_id=key.account_id,
        folder=folder,
        region=key.region,
        year=key.date.year,
        month=key.date.month,
        day=key.date.day,
    )
