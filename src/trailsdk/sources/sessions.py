"""Sessions of boto3 for other accounts."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trailsdk.errors import UsageError

if TYPE_CHECKING:
    from boto3.session import Session

__all__ = ["assume_role"]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", re.ASCII)


def assume_role(
    arn: str,
    *,
    external_id: str | None = None,
    session_name: str = "trailsdk",
    session: "Session | None" = None,
) -> "Session":
    """Make a session that acts as a role, such as one in the account that holds everybody's log files.

    STS is asked when the first call needs credentials, and again before they expire, however long a run takes.

    Args:
        arn: The role, such as `arn:aws:iam::111122223333:role/trail-reader`.
        external_id: What the role's owner agreed with you, where its trust policy asks for one.
        session_name: How the role's sessions are called in the records of that account.
        session: Whose credentials may assume the role; boto3's default session by default.

    Returns:
        A session for `trailsdk.read(..., session=...)` and for any client of boto3.

    Raises:
        UsageError: `arn` is no ARN of a role. What STS refuses comes with the first call, as an `AccessDeniedError`.
    """
    if _ROLE.fullmatch(arn) is None:
        raise UsageError(f"{arn!r} is no ARN of a role, such as arn:aws:iam::111122223333:role/trail-reader")
    import botocore.session
    from boto3.session import Session
    from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials

    base = session or Session()
    wanted = {"RoleArn": arn, "RoleSessionName": session_name}
    if external_id is not None:
        wanted["ExternalId"] = external_id

    def ask() -> Mapping[str, str]:
        given = base.client("sts").assume_role(**wanted)["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    class AssumedRole(CredentialProvider):  # type: ignore[misc]  # botocore has no types
        """Gives the role's credentials, and no others."""

        METHOD = "assume-role"
        CANONICAL_NAME = "AssumeRole"

        def load(self) -> Any:
            return DeferredRefreshableCredentials(refresh_using=ask, method=self.METHOD)

    core = botocore.session.Session()
    core.get_component("credential_provider").providers[:] = [AssumedRole()]
    return Session(botocore_session=core, region_name=base.region_name)
