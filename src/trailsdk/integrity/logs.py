"""The verdict on a log file: its inflated bytes are the ones that its digest vouches for, or why not."""

from hashlib import sha256

from trailsdk.codec.inflate import DEFAULT_LIMIT, hash_inflated, inflate
from trailsdk.errors import FileError, TrailError
from trailsdk.integrity.chain import NamedLog
from trailsdk.integrity.checks import SeeContent
from trailsdk.integrity.procedure import judge_error
from trailsdk.integrity.verdicts import Judgement, Reason, Verdict
from trailsdk.sources.store import ObjectStore

__all__ = ["check_log"]

_ALGORITHM = "SHA-256"


def check_log(
    log: NamedLog, store: ObjectStore, uri: str, *, limit: int = DEFAULT_LIMIT, see: SeeContent | None = None
) -> tuple[Verdict, str | None]:
    """Fetch a log file, and compare.

    Args:
        log: What its digest says of it.
        store: Its bucket.
        uri: How it is to be named.
        limit: Most bytes to inflate to.
        see: Is to see the verdict and the inflated bytes, where they could be inflated.

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
    content = b""
    found: str | None
    wrong: FileError | None
    if see is None:
        found, wrong = hash_inflated(data, location=uri, limit=limit)
    else:
        content, wrong = inflate(data, location=uri, limit=limit)
        found = sha256(content).hexdigest()
    if wrong is not None:
        checked = judge_error(wrong)
        return _verdict(log, uri, checked.verdict, checked.reason, checked.detail), None
    if found != (named.hash_value or "").lower():
        verdict = _verdict(log, uri, "invalid", Reason.HASH_MISMATCH, f"SHA-256 is {found}")
    else:
        verdict = Verdict(kind="log", verdict="valid", uri=uri, chain=log.chain, digest_uri=log.digest_uri)
    if see is not None:
        see(verdict, content)
    return verdict, found


def _verdict(log: NamedLog, uri: str, verdict: Judgement, reason: Reason | None, detail: str) -> Verdict:
    return Verdict(
        kind="log", verdict=verdict, reason=reason, uri=uri, chain=log.chain, digest_uri=log.digest_uri, detail=detail
    )
