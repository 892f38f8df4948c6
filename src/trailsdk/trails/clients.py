"""Clients of AWS: made from a session when first needed, or handed in; what they refuse, as errors of ours."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from trailsdk.errors import AccessDeniedError, SourceError, TransportError, UnreadableError
from trailsdk.sources.requests import code_of, make_client
from trailsdk.sources.s3.refusals import as_source_error, turning

__all__ = ["Clients", "message_of", "refusals"]

_REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "403",
    "Forbidden",
}


class Clients:
    """One client for each service and Region.

    Args:
        session: A boto3 session; by default one from the environment. It is asked when the first client is needed.
        endpoint_url: Where all services are, for tests.
        handed_in: Clients by service, such as `{"s3": client}`; they are used for every Region.
    """

    def __init__(
        self,
        session: Callable[[], Any] | Any = None,
        *,
        endpoint_url: str | None = None,
        handed_in: Mapping[str, Any] | None = None,
    ) -> None:
        self._session = session
        self._endpoint_url = endpoint_url
        self._handed_in = dict(handed_in or {})
        self._made: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str) -> Any:
        """Give the client of a service in a Region.

        Raises:
            SourceError: The session cannot make one.
        """
        if service in self._handed_in:
            return self._handed_in[service]
        if (service, region) not in self._made:
            self._made[service, region] = self._make(service, region)
        return self._made[service, region]

    @property
    def region(self) -> str | None:
        """The Region of the session, if it has one."""
        found: str | None = self._open().region_name
        return found

    def _open(self) -> Any:
        if callable(self._session):
            self._session = self._session()
        if self._session is None:
            import boto3

            self._session = boto3.Session()
        return self._session

    def _make(self, service: str, region: str) -> Any:
        with refusals(f"{service} in {region}"):
            return make_client(service, region, self._open(), self._endpoint_url)


def message_of(error: Exception) -> str:
    """Give AWS's code and message in one line."""
    response: Any = getattr(error, "response", {})
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    message = " ".join(str(details.get("Message", error)).split())
    return f"{details['Code']}: {message}" if "Code" in details else message


def refusals(place: str) -> AbstractContextManager[None]:
    """Turn what boto3 raises into errors of ours, in words for whoever sets a trail up: see `turning`.

    Args:
        place: What is asked for, such as `policy of the bucket example-trail`.
    """
    return turning(place, _as_ours)


def _as_ours(error: Exception, place: str) -> SourceError | None:
    ours = as_source_error(error, place)
    if ours is None:
        return None
    if code_of(error) in _REFUSED:
        operation = getattr(error, "operation_name", None)
        return AccessDeniedError(place, f"these credentials may not call {operation}")
    if code_of(error) and type(ours) is UnreadableError:
        return UnreadableError(place, message_of(error))
    return TransportError(place, " ".join(str(error).split())) if isinstance(ours, TransportError) else ours
