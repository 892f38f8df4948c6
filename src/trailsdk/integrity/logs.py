"""The verdict on a log file: its inflated bytes are the ones that its digest vouches for, or why not."""

from trailsdk.codec.inflate import DEFAULT_LIMIT, hash_inflated
from trailsdk.errors import TrailError
from trailsdk.integrity.chain import NamedLog
from trailsdk.integrity.procedure import judge_error
from trailsdk.integrity.verdicts import Judgement, Reason, Verdict
from trailsdk.sources.store import ObjectStore

__all__ = ["check_log"]

_ALGORITHM = "SHA-256"


def check_log(log: NamedLog, store: ObjectStore, uri: str, *, limit: int = DEFAULT_LIMIT) -> tuple[Verdict, str | None]:
    """Fetch a log file, and compare.

    Args:
        log: What its digest says of it.
        store: Its bucket.
        uri: How it is to be named.
        limit: Most bytes to inflate to.

    Returns:
        The verdict, and the hash that was found, in lower-case hex, if one was.
    """
    named = log.file
    if named.hash_algorithm != _ALGORITHM:
        return _verdict(log, uri, "unverifiable", Reason.UNKNOWN_ALGORITHM, "hashAlgorithm"), None
    try:
        data = store.get(named.s3_object or "").data
    except TrailError as error:
        checked = judge_error(error)
        return _verdict(log, uri, checked.verdict, checked.reason, checked.detail), None
    # Exactly the bytes that a reader would get: strictly inflated, one member, to its end mark.
    found, wrong = hash_inflated(data, location=uri, limit=limit)
    if wrong is not None:
        checked = judge_error(wrong)
        return _verdict(log, uri, checked.verdict, checked.reason, checked.detail), None
    if found != (named.hash_value or "").lower():
        return _verdict(log, uri, "invalid", Reason.HASH_MISMATCH, f"SHA-256 is {found}"), found
    return Verdict(kind="log", verdict="valid", uri=uri, chain=log.chain, digest_uri=log.digest_uri), found


def _verdict(log: NamedLog, uri: str, verdict: Judgement, reason: Reason | None, detail: str) -> Verdict:
    return Verdict(
        kind="log", verdict=verdict, reason=reason, uri=uri, chain=log.chain, digest_uri=log.digest_uri, detail=detail
    )
