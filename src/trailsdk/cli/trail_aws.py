"""How `trailsdk trail` asks AWS: as the other commands do, and in a Region."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import frozen

from trailsdk.cli.aws import IDENTITY_OPTIONS, AwsAccess

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.trails import Clients

__all__ = ["TrailAws", "trail_aws_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@frozen
class TrailAws:
    """What the options of a command say about AWS."""

    access: AwsAccess
    region: str | None

    def session(self) -> "Session":
        """Make the session.

        Raises:
            UsageError: There is no such profile, or the ARN is none of a role.
        """
        from boto3.session import Session

        made = self.access.session() or Session()
        return made if self.region is None else Session(botocore_session=made._session, region_name=self.region)  # noqa: SLF001 (boto3 gives no other way to the same credentials in another Region)

    def clients(self) -> "Clients":
        """Make the clients of a trail's services."""
        from trailsdk.trails import Clients

        return Clients(self.session(), endpoint_url=self.access.endpoint_url)

    def region_of(self, clients: "Clients") -> str:
        """Tell the Region: the option's, else that of the profile or the environment.

        Raises:
            UsageError: None is set.
        """
        region = self.region or clients.region
        if region is None:
            raise click.UsageError("no Region is set: --region, or AWS_DEFAULT_REGION", click.get_current_context())
        return region


def trail_aws_options(command: _Command) -> _Command:
    """Give a command the options that say how to reach AWS; it receives them as one `aws`."""

    @wraps(command)
    def call(
        *,
        profile: str | None,
        role_arn: str | None,
        external_id: str | None,
        endpoint_url: str | None,
        region: str | None,
        **rest: Any,
    ) -> Any:
        access = AwsAccess(profile, role_arn, external_id, endpoint_url)
        access.check()
        return command(aws=TrailAws(access, region), **rest)

    for decorate in reversed((*IDENTITY_OPTIONS, *_OPTIONS)):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--region", metavar="REGION", help="The Region; by default the profile's, or AWS_DEFAULT_REGION."),
    click.option("--endpoint-url", metavar="URL", help="Another address than AWS's, for all services."),
)
