"""What S3 refuses, and what fails on the way to it, as errors of ours."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

from trailsdk.errors import (
    AccessDeniedError,
    ArchivedError,
    CredentialsError,
    KeyAccessDeniedError,
    NotFoundError,
    RequesterPaysError,
    SourceError,
    TransportError,
    UnreadableError,
)

__all__ = ["as_source_error", "is_broken_body", "refusals", "turning"]

AsOurs: TypeAlias = Callable[[Exception, str], SourceError | None]
"""Makes an error of ours of what was raised, and of what was asked for."""


_CREDENTIALS = {
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "TokenRefreshRequired": "the credentials have expired",
    "InvalidToken": "the session token is not valid",
    "InvalidAccessKeyId": "the access key does not exist",
    "InvalidClientTokenId": "the access key does not exist",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
    "RequestTimeTooSkewed": "this machine's clock differs from the service's by more than 15 minutes",
    "UnrecognizedClientException": "the access key does not exist",
}
_ABSENT = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "there is no such object",
    "NoSuchVersion": "there is no such version of the object",
    "404": "there is no such bucket or object",
    "NotFound": "there is no such bucket or object",
}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
_REFUSED = {"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem", "UnauthorizedAccess"}


@contextmanager
def turning(location: str, as_ours: AsOurs) -> Iterator[None]:
    """Turn what boto3 raises into errors of ours; anything else passes through.

    Args:
        location: What is asked for.
        as_ours: Makes our error of what was raised; `None` where it is none of boto3's.

    Raises:
        SourceError: The service refused, or could not be reached.
    """
    try:
        yield
    except Exception as error:
        ours = as_ours(error, location)
        if ours is None:
            raise
        raise ours from error


def refusals(location: str) -> AbstractContextManager[None]:
    """Turn what boto3 raises of S3 into errors of ours: see `turning`.

    Args:
        location: What is asked for.
    """
    return turning(location, as_source_error)


def as_source_error(error: Exception, location: str) -> SourceError | None:
    """Make an error of ours of what boto3 raised.

    Args:
        error: What it raised.
        location: What was asked for.

    Returns:
        The error; `None` where it is none of boto3's.
    """
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _of_answer(error.response, location)
    if isinstance(
        error,
        (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.TokenRetrievalError,
            exceptions.SSOError,
            exceptions.ProfileNotFound,
        ),
    ):
        return CredentialsError(location, _one_line(str(error)))
    if is_broken_body(error) or isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return TransportError(location, f"the connection failed: {type(error).__name__}")
    if isinstance(error, exceptions.ParamValidationError):
        return NotFoundError(location, "S3 allows no such name of a bucket or an object")
    if isinstance(error, exceptions.BotoCoreError):
        return UnreadableError(location, _one_line(str(error)))
    return None


def is_broken_body(error: BaseException) -> bool:
    """Tell whether an answer's body broke off: the object itself may be sound."""
    from botocore import exceptions
    from urllib3.exceptions import HTTPError

    broken = (
        exceptions.IncompleteReadError,
        exceptions.ReadTimeoutError,
        exceptions.ResponseStreamingError,
        exceptions.ConnectionClosedError,
        exceptions.FlexibleChecksumError,
        HTTPError,
        ConnectionError,
        TimeoutError,
    )
    return isinstance(error, broken)


def _of_answer(answer: Any, location: str) -> SourceError:
    details = answer.get("Error", {})
    code, message = str(details.get("Code", "")), _one_line(str(details.get("Message", "")))
    if code in _ABSENT:
        return NotFoundError(location, _ABSENT[code])
    if code in _CREDENTIALS:
        return CredentialsError(location, _CREDENTIALS[code])
    if code == "InvalidObjectState":
        storage = details.get("StorageClass") or "an archive"
        return ArchivedError(location, f"the object is in {storage}; restore it first")
    if code.startswith("KMS.") or (code in _REFUSED and "kms" in message.lower()):
        return KeyAccessDeniedError(location, f"the KMS key refuses: {message or code}")
    if code in _REFUSED and "requester pays" in message.lower():
        return RequesterPaysError(location, "whoever reads this bucket pays, and must say so")
    if code in _REFUSED:
        return AccessDeniedError(location, f"access denied: {message or code}")
    if code in _ELSEWHERE:
        return UnreadableError(location, "the bucket is in another Region, which could not be found out")
    return UnreadableError(location, f"S3 answered {code}: {message}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
