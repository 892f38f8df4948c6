"""Which account a session's requests are counted for."""

from threading import Lock
from typing import TYPE_CHECKING

from trailsdk.sources.requests import make_client

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["account_of"]

_MOST = 1000

_known: dict[tuple[str, str | None], str] = {}
_lock = Lock()


def account_of(session: "Session", region: str, endpoint_url: str | None = None) -> str:
    """Give the id of the account that a session asks for.

    STS is asked once for each access key, in the Region of the history, where the credentials do not tell it.

    Args:
        session: The session.
        region: Whose STS is asked.
        endpoint_url: Another address than AWS's.

    Returns:
        The account's id. Where STS does not tell it, the access key, so that at least the readers that use the same
        one share their pace; empty where there are no credentials.
    """
    credentials = session.get_credentials()
    if credentials is None:
        return ""
    frozen = credentials.get_frozen_credentials()
    if account := getattr(frozen, "account_id", None):
        return str(account)
    key = (str(frozen.access_key), endpoint_url)
    with _lock:
        if key not in _known:
            # What was longest there goes: temporary credentials have a key of their own each hour.
            if len(_known) >= _MOST:
                del _known[next(iter(_known))]
            _known[key] = _asked(session, region, endpoint_url) or key[0]
        return _known[key]


def _asked(session: "Session", region: str, endpoint_url: str | None) -> str | None:
    """Ask STS. Whatever goes wrong there says nothing about the event history, which will tell for itself."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = make_client("sts", region, session, endpoint_url, attempts=2)
        try:
            return str(client.get_caller_identity()["Account"])
        finally:
            client.close()
    except (BotoCoreError, ClientError, KeyError):
        return None
