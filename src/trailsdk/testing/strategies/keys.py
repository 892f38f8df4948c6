"""Keys of S3 objects."""

import datetime as dt
import string
from typing import Final

from hypothesis import strategies as st

from trailsdk.model.keys import FOLDERS, DigestKey, LakeResultKey, LogFileKey, S3Key

__all__ = [
    "account_ids",
    "damaged_keys",
    "digest_keys",
    "lake_result_keys",
    "log_file_keys",
    "organization_ids",
    "prefixes",
    "regions",
    "s3_keys",
    "trail_names",
]

_ALPHANUMERICS: Final = string.ascii_letters + string.digits


def prefixes() -> st.SearchStrategy[str]:
    """Prefixes of trails: such as people choose, and any text, `AWSLogs` and slashes at the ends included."""
    pieces = st.sampled_from(["logs", "o-ab12cd34ef", "AWSLogs", "111122223333", "CloudTrail", "", "ü b"])
    return st.one_of(st.just(""), st.lists(pieces, max_size=4).map("/".join), st.text(max_size=20))


def organization_ids() -> st.SearchStrategy[str]:
    """Ids of organizations: `o-` and 10 to 32 characters, and shorter ones, as after anonymising."""
    return st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=32).map("o-{}".format)


def account_ids() -> st.SearchStrategy[str]:
    """Ids of accounts: 12 digits, and other names without slash and underscore, as after anonymising."""
    others = st.text(min_size=1, max_size=15).filter(
        lambda text: not (set("/_") & set(text) or text.startswith("o-") or text == "AWSLogs"),
    )
    return st.one_of(st.sampled_from(["111122223333", "123456789012", "444455556666"]), others)


def regions() -> st.SearchStrategy[str]:
    """Names of regions, real and possible."""
    real = st.sampled_from(["us-east-1", "eu-west-1", "us-gov-east-1", "cn-north-1", "us-isob-east-1"])
    return st.one_of(real, st.from_regex(r"[a-z]{2,6}(-[a-z0-9]{1,8}){1,3}", fullmatch=True))


def trail_names() -> st.SearchStrategy[str]:
    """Names of trails, underscores and things that look like other parts of a digest's name included."""
    tricky = st.sampled_from(["main", "main_trail", "a_us-east-1_b", "_", "x_20260307T091500Z", "y_backfill"])
    return st.one_of(tricky, st.text(_ALPHANUMERICS + "._-", min_size=1, max_size=30))


def _aware_times() -> st.SearchStrategy[dt.datetime]:
    return st.datetimes(timezones=st.just(dt.UTC)).map(lambda time: time.replace(microsecond=0))


def log_file_keys() -> st.SearchStrategy[LogFileKey]:
    """Keys of log files, those included whose names say something else than their directories."""
    return st.builds(
        LogFileKey,
        prefix=prefixes(),
        organization_id=st.none() | organization_ids(),
        account_id=account_ids(),
        folder=st.sampled_from(sorted(FOLDERS)),
        region=regions(),
        date=st.dates(),
        time=_aware_times().map(lambda time: time.replace(second=0)),
        unique=st.text(_ALPHANUMERICS, min_size=1, max_size=20),
        separator=st.sampled_from(["_", ""]),
        suffix=st.sampled_from([".json.gz", ".json"]),
        name_account_id=st.none() | account_ids(),
        name_folder=st.none() | st.sampled_from(sorted(FOLDERS)),
        name_region=st.none() | regions(),
    )


def digest_keys() -> st.SearchStrategy[DigestKey]:
    """Keys of digest files, those included whose names say something else than their directories."""
    return st.builds(
        DigestKey,
        prefix=prefixes(),
        organization_id=st.none() | organization_ids(),
        account_id=account_ids(),
        region=regions(),
        date=st.dates(),
        trail_name=trail_names(),
        home_region=regions(),
        end_time=_aware_times(),
        backfill=st.booleans(),
        suffix=st.sampled_from([".json.gz", ".json"]),
        name_account_id=st.none() | account_ids(),
        name_region=st.none() | regions(),
    )


def lake_result_keys() -> st.SearchStrategy[LakeResultKey]:
    """Keys of the files that a CloudTrail Lake query saves."""
    results = st.integers(min_value=1).map("result_{}.csv.gz".format)
    return st.builds(
        LakeResultKey,
        prefix=prefixes(),
        account_id=account_ids(),
        date=st.dates(),
        query_id=st.uuids().map(str),
        file_name=st.just("result_sign.json") | results,
    )


def s3_keys() -> st.SearchStrategy[S3Key]:
    """Keys of every kind."""
    return st.one_of(log_file_keys(), digest_keys(), lake_result_keys())


@st.composite
def damaged_keys(draw: st.DrawFn) -> str:
    """Texts one small edit away from a key."""
    text = str(draw(s3_keys()))
    at = draw(st.integers(0, len(text)))
    cut = draw(st.integers(0, 2))
    put = draw(
        st.sampled_from(["", "/", "_", "-", ".", "0", "9", "Z", "a", "\n", "٣", "//", "AWSLogs/", "o-a/"]),
    )
    return text[:at] + put + text[at + cut :]
