"""How a call ended."""

from enum import StrEnum

from trailsdk._json import Json

__all__ = ["DENIED_CODES", "Outcome", "is_denied", "outcome_of"]


class Outcome(StrEnum):
    """How a call ended."""

    SUCCESS = "success"
    """Nothing says that it failed."""
    FAILURE = "failure"
    """It failed for another reason than a refused permission: a wrong parameter, a wrong password, a limit."""
    DENIED = "denied"
    """It was refused for want of permission."""


DENIED_CODES: frozenset[str] = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "AuthorizationErrorException",
        "AuthorizationException",
        "ForbiddenException",
        "KMSAccessDeniedException",
        "NotAuthorized",
        "NotAuthorizedException",
        "OperationNotPermitted",
        "UnauthorizedAccess",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "VpceAccessDenied",
    },
)
"""Error codes that say "no permission", without a leading `Client.` or `Server.`.

Besides these, every code that begins with `AccessDenied` or ends with `UnauthorizedOperation` counts, as in the
filter pattern of the CIS benchmark for unauthorized calls.
"""

_NO_CALL = frozenset({"awscloudtrailinsight", "awsaggregatedevent"})


def is_denied(error_code: str) -> bool:
    """Tell whether an error code says that permission was refused."""
    code = error_code.removeprefix("Client.").removeprefix("Server.")
    return code in DENIED_CODES or code.startswith("AccessDenied") or code.endswith("UnauthorizedOperation")


def outcome_of(
    event_type: str | None,
    event_name: str | None,
    error_code: str | None,
    error_message: str | None,
    *results: Json,
) -> Outcome | None:
    """Tell how a call ended.

    Denied: by the error code. Failure: any other error code or error message that is not empty, or a sign-in
    whose own field says `Failure` (`responseElements.ConsoleLogin`, `serviceEventDetails.CredentialVerification`).
    Success: every other call, sign-in or console action. `None`: Insights and aggregated events, and events of a
    service that tell neither an error nor a result, since nobody asked for anything.

    Args:
        event_type: The record's `eventType`.
        event_name: The record's `eventName`.
        error_code: The record's `errorCode`.
        error_message: The record's `errorMessage`.
        results: The record's `responseElements` and `serviceEventDetails`, where a sign-in says its result.

    Source: AWS CloudTrail User Guide, "CloudTrail record contents" and "AWS Management Console sign-in events".
    """
    kind = (event_type or "").lower()
    if kind in _NO_CALL:
        return None
    if error_code:
        return Outcome.DENIED if is_denied(error_code) else Outcome.FAILURE
    if error_message:
        return Outcome.FAILURE
    if event_name is None:
        return None
    for result in results:
        said = result.get(event_name) if isinstance(result, dict) else None
        if said in ("Failure", "Success"):
            return Outcome.FAILURE if said == "Failure" else Outcome.SUCCESS
    return None if kind == "awsserviceevent" else Outcome.SUCCESS
