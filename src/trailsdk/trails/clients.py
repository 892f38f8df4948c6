"""Clients of AWS: made from a session when first needed, or handed in; what they refuse, as errors of ours."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from trailsdk.errors import AccessDeniedError, TransportError, UnreadableError
from trailsdk.sources.s3.refusals import as_source_error

__all__ = ["Clients", "code_of", "message_of", "refusals"]

_REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "403",
    "Forbidden",
}
_ATTEMPTS = 8
"""CloudTrail takes one change a second: refusals for being too fast are tried again."""


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
        from botocore.config import Config

        config = Config(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}, user_agent_extra="trailsdk")
        with refusals(f"{service} in {region}"):
            return self._open().client(service, region_name=region, endpoint_url=self._endpoint_url, config=config)


def code_of(error: Exception) -> str:
    """Give AWS's code of an error; empty where it is no answer of AWS."""
    response: Any = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def message_of(error: Exception) -> str:
    """Give AWS's code and message in one line."""
    response: Any = getattr(error, "response", {})
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    message = " ".join(str(details.get("Message", error)).split())
    return f"{details['Code']}: {message}" if "Code" in details else message


@contextmanager
def refusals(place: str) -> Iterator[None]:
    """Turn what boto3 raises into errors of ours; anything else passes through.

    Args:
        place: What is asked for, such as `policy of the bucket example-trail`.

    Raises:
        SourceError: The service refused, or could not be reached.
    """
    try:
        yield
    except Exception as error:
        ours = as_source_error(error, place)
        if ours is None:
            raise
        operation = getattr(error, "operation_name", None)
        if code_of(error) in _REFUSED:
            raise AccessDeniedError(place, f"these credentials may not call {operation}") from error
        if code_of(error) and type(ours) is UnreadableError:
            raise UnreadableError(place, message_of(error)) from error
        if isinstance(ours, TransportError):
            raise TransportError(place, " ".join(str(error).split())) from error
        raise ours from error
