"""Every part of an S3 key with its meaning; or why a text is none. Pure."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote_plus

from attrs import frozen

from trailsdk.model.key_tree import ROOT, find_root
from trailsdk.model.keys import (
    DIGEST_FOLDER,
    FOLDERS,
    LAKE_FOLDER,
    DigestKey,
    KeyPrefix,
    LakeResultKey,
    LogFileKey,
    S3Key,
    parse_key,
    parse_prefix,
)

__all__ = ["Explanation", "Part", "explain", "why_not"]

_FOLDERS = {
    "CloudTrail": "management and data events",
    "CloudTrail-Insight": "Insights events",
    "CloudTrail-NetworkActivity": "network activity events of VPC endpoints",
    "CloudTrail-Aggregated": "aggregated data events",
    DIGEST_FOLDER: "digest files, which vouch for log files",
}
_SUFFIXES = {".json.gz": "JSON, compressed with gzip", ".json": "JSON; somebody has inflated it"}


@frozen
class Part:
    """A part of a key."""

    name: str
    text: str
    meaning: str


@frozen
class Explanation:
    """What a key is, and its parts from left to right."""

    kind: str
    parts: tuple[Part, ...]


def explain(text: str) -> Explanation | None:
    """Explain a key, a folder of keys, or either behind `s3://bucket/`; `None` where it is none."""
    bucket, path = _bucket_and_path(text)
    key = parse_key(path)
    if key is not None:
        return Explanation(_kind(key), tuple(_with_bucket(bucket, _parts(key))))
    folder = parse_prefix(path)
    # An account may have any name; but what has a dot and no slash behind it is a file.
    if folder is not None and "." not in path.rpartition("/")[2]:
        return Explanation("a folder, not a key", tuple(_with_bucket(bucket, _folders(folder))))
    return None


def _bucket_and_path(text: str) -> tuple[str | None, str]:
    if not text.startswith("s3://"):
        return None, text
    bucket, _, path = text.removeprefix("s3://").partition("/")
    return bucket, path


def _with_bucket(bucket: str | None, parts: Iterator[Part]) -> Iterator[Part]:
    if bucket is not None:
        yield Part("bucket", bucket, "the bucket")
    yield from parts


def _kind(key: S3Key) -> str:
    if isinstance(key, LogFileKey):
        return "a log file"
    return "a digest file" if isinstance(key, DigestKey) else "a result of a CloudTrail Lake query"


def _parts(key: S3Key) -> Iterator[Part]:
    if isinstance(key, LogFileKey):
        return _log_file(key)
    return _digest(key) if isinstance(key, DigestKey) else _lake_result(key)


def _folders(position: KeyPrefix) -> Iterator[Part]:
    """Explain the folders, from the prefix down to the day."""
    if position.prefix:
        yield Part("prefix", position.prefix, "chosen by the owner of the trail")
    yield Part("root", ROOT, "here CloudTrail's tree begins")
    if position.organization_id is not None:
        yield Part("organization", position.organization_id, "it is a trail of this organization")
    if position.account_id is not None:
        yield Part("account", position.account_id, "the account whose events these are")
    if position.folder is not None:
        yield Part("folder", position.folder, _FOLDERS[position.folder])
    if position.region is not None:
        yield Part("region", position.region, "the Region of the events; us-east-1 also for global services")
    if position.date is not None:
        yield Part("date", position.date.isoformat(), "day of delivery in UTC; events may be older")
    elif position.year is not None:
        if position.month is None:
            yield Part("date", f"{position.year:04}", "year of delivery in UTC")
        else:
            yield Part("date", f"{position.year:04}-{position.month:02}", "month of delivery in UTC")


def _log_file(key: LogFileKey) -> Iterator[Part]:
    yield from _folders(key.directory)
    yield from _differing(key.name_account_id, key.name_folder, key.name_region)
    yield Part("time", _minute(key.time), "minute of delivery in UTC; events are mostly 2 to 15 minutes older")
    yield Part("unique", key.unique, "tells files of the same minute apart; it has no other meaning")
    yield Part("suffix", key.suffix, _SUFFIXES[key.suffix])


def _digest(key: DigestKey) -> Iterator[Part]:
    for part in _folders(key.directory):
        if part.name == "region":
            yield Part("region", part.text, "the Region whose log files it vouches for, and whose key signs it")
        elif part.name == "date":
            yield Part("date", part.text, "day of the digest in UTC")
        else:
            yield part
    yield from _differing(key.name_account_id, None, key.name_region)
    yield Part("trail", key.trail_name, "the trail's name; trails that share a bucket share the folder")
    yield Part("home region", key.home_region, "where the trail was made")
    seconds = f"{key.end_time:%S}"
    yield Part("end time", f"{_minute(key.end_time)}:{seconds}", "end of the hour that it vouches for, in UTC")
    if key.backfill:
        yield Part("backfill", "_backfill", "of a chain of digests that AWS made afterwards")
    yield Part("suffix", key.suffix, _SUFFIXES[key.suffix])


def _lake_result(key: LakeResultKey) -> Iterator[Part]:
    yield from _folders(KeyPrefix(prefix=key.prefix, account_id=key.account_id))
    yield Part("folder", f"{LAKE_FOLDER}/Query", "results of CloudTrail Lake queries")
    yield Part("date", key.date.isoformat(), "day of the query in UTC")
    yield Part("query", key.query_id, "the query's id")
    is_signature = key.file_name == "result_sign.json"
    yield Part("file", key.file_name, "signatures of all files of the result" if is_signature else "rows of the result")


def _differing(account: str | None, folder: str | None, region: str | None) -> Iterator[Part]:
    for name, text in (("account", account), ("folder", folder), ("region", region)):
        if text is not None:
            yield Part(f"{name} (name)", text, "in the file's name, unlike the folder's")


def _minute(when: datetime) -> str:
    return when.isoformat(" ")[:16]


def why_not(text: str) -> str:
    """Say why a text is no key of CloudTrail."""
    bucket, path = _bucket_and_path(text)
    if "%" in path and parse_key(unquote_plus(path)) is not None:
        return f"it is URL-encoded, as in S3's notifications; decoded it is one: {unquote_plus(path)}"
    if bucket is not None and not path:
        return "there is a bucket, but no key"
    start = find_root(path)
    if start < 0:
        return f"no folder {ROOT} is in it; every key of CloudTrail has one (upper and lower case count)"
    names = path[start + len(ROOT) + 1 :].split("/")
    position = KeyPrefix()
    for name in names[:-1]:
        if name == LAKE_FOLDER and position.account_id is not None and position.folder is None:
            return f"below {LAKE_FOLDER} there are only Query/YYYY/MM/DD/<query>/result_<n>.csv.gz and result_sign.json"
        below = position.child(name)
        if below is None:
            return _stray_folder(position, name)
        position = below
    return _stray_file(position, names[-1])


def _stray_folder(position: KeyPrefix, name: str) -> str:
    """Say why the tree has no such folder there."""
    if position.account_id is None:
        return f"{name!r} is neither an account nor an organization (such as o-exampleorg1)"
    if position.folder is None:
        known = ", ".join([*FOLDERS, DIGEST_FOLDER, LAKE_FOLDER])
        return f"{name!r} is no folder of CloudTrail but perhaps another service's; CloudTrail's are {known}"
    if position.region is None:
        return f"{name!r} is no Region (such as eu-west-1)"
    if position.day is None:
        return f"{name!r} cannot be in a date: YYYY/MM/DD"
    return f"below a day there are files only, no folder {name!r}"


def _stray_file(position: KeyPrefix, name: str) -> str:
    """Say why the file cannot be there, or have that name."""
    if position.day is None:
        return f"the file {name!r} is not below a day: <account>/<folder>/<region>/YYYY/MM/DD/<file>"
    if position.folder == DIGEST_FOLDER:
        form = f"{position.account_id}_{DIGEST_FOLDER}_{position.region}_<trail>_<home region>_YYYYMMDDTHHMMSSZ.json.gz"
    else:
        form = f"{position.account_id}_{position.folder}_{position.region}_YYYYMMDDTHHMMZ_<unique>.json.gz"
    return f"the folder is CloudTrail's, but not the file's name {name!r}; expected {form}"
