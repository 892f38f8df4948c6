"""Requests to AWS's regional services: clients, and what the services refuse as errors of ours."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from trailsdk._version import __version__
from trailsdk.errors import AccessDeniedError, NotFoundError, SourceError, TransportError, UnreadableError, UsageError
from trailsdk.sources.s3.location import is_endpoint_url
from trailsdk.sources.s3.refusals import as_source_error, turning

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["answers", "check_access", "code_of", "enabled_regions", "is_passing", "is_throttling", "make_client"]

_THROTTLING = frozenset(
    [
        *(
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
        ),
        *("RequestThrottled", "KmsThrottled", "OverLimit"),
    ]
)
_ABSENT = {
    "ResourceNotFoundException": "there is no such log group or log stream",
    "AWS.SimpleQueueService.NonExistentQueue": "there is no such queue",
    "QueueDoesNotExist": "there is no such queue",
}
_REFUSED = frozenset(
    [
        *("AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthFailure"),
        *("OperationNotPermittedException", "KmsAccessDenied"),
    ]
)

_FAULT = 500
"""Status from which on the service is at fault."""


def make_client(
    service: str,
    region: str,
    session: "Session | None" = None,
    endpoint_url: str | None = None,
    *,
    attempts: int = 8,
) -> Any:
    """Make boto3's client of a service.

    Args:
        service: As boto3 names it.
        region: Whose endpoint is asked.
        session: Credentials; boto3's default by default.
        endpoint_url: Another address than AWS's.
        attempts: How often boto3 itself tries a request.
    """
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        user_agent_extra=f"trailsdk/{__version__}", retries={"mode": "standard", "total_max_attempts": attempts}
    )
    return (session or Session()).client(service, region_name=region, endpoint_url=endpoint_url, config=config)


def enabled_regions(location: str, session: "Session | None" = None, endpoint_url: str | None = None) -> list[str]:
    """Ask EC2 for the Regions that are enabled in the account, in the session's Region.

    Args:
        location: What they are wanted for, for errors.
        session: Credentials; boto3's default by default.
        endpoint_url: Another address than AWS's.

    Raises:
        SourceError: EC2 refused, or could not be reached.
    """
    with answers(location):
        client = make_client("ec2", getattr(session, "region_name", None) or "us-east-1", session, endpoint_url)
        try:
            # Without AllRegions, EC2 gives those that are enabled in the account.
            found = client.describe_regions()["Regions"]
        finally:
            client.close()
    return sorted(each["RegionName"] for each in found)


def check_access(name: str, client: Any, session: "Session | None", endpoint_url: str | None) -> None:
    """Check how a service is to be asked.

    Raises:
        UsageError: The options contradict each other.
    """
    if client is not None and (session is not None or endpoint_url is not None):
        raise UsageError(f"{name}: a client has its session and its endpoint already; hand in one or the other")
    if endpoint_url is not None and not is_endpoint_url(endpoint_url):
        raise UsageError(f"{name}: endpoint_url={endpoint_url!r}: expected https://host or http://host:port")


def code_of(error: BaseException) -> str:
    """Give the code of an error that a service answered; empty for anything else."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def is_throttling(error: BaseException) -> bool:
    """Tell whether a service asks to be asked less often."""
    return code_of(error) in _THROTTLING


def is_passing(error: Exception) -> bool:
    """Tell whether the same request may well succeed later: the connection failed, or the service has a fault."""
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        return bool(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _FAULT)
    return isinstance(as_source_error(error, ""), TransportError)


def answers(location: str) -> AbstractContextManager[None]:
    """Turn what boto3 raises of regional services into errors of ours: see `turning`.

    Args:
        location: What is asked.
    """
    return turning(location, _as_ours)


def _as_ours(error: Exception, location: str) -> SourceError | None:
    from botocore.exceptions import ParamValidationError

    code = code_of(error)
    if code in _ABSENT:
        return NotFoundError(location, _ABSENT[code])
    if code in _REFUSED:
        return AccessDeniedError(location, f"access denied: {code}")
    ours = as_source_error(error, location)
    if isinstance(error, ParamValidationError):
        return UnreadableError(location, "boto3 refuses the request: a name or a value is not of the allowed form")
    if code and type(ours) is UnreadableError:
        message = " ".join(str(getattr(error, "response", {})["Error"].get("Message", "")).split())
        return UnreadableError(location, f"the service answered {code}: {message}")
    return ours
