"""Whose credentials, which role, which address: the options of every command that asks AWS."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from attrs import frozen

if TYPE_CHECKING:
    from boto3.session import Session

    from trailsdk.sources.cloudwatch import CloudWatch
    from trailsdk.sources.history import History
    from trailsdk.sources.queue import Queue
    from trailsdk.sources.s3 import S3

__all__ = ["IDENTITY_OPTIONS", "AwsAccess", "aws_options", "service_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@frozen
class AwsAccess:
    """How AWS is to be asked."""

    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    requester_pays: bool = False

    def check(self) -> None:
        """Refuse options that mean nothing together.

        Raises:
            UsageError: An external id is given, and no role.
        """
        if self.external_id is not None and self.role_arn is None:
            raise click.UsageError("--external-id: only with --role-arn", click.get_current_context(silent=True))

    def locations(self, given: Sequence[str], session: "Session | None") -> "list[str | S3]":
        """Give locations such that those in S3 are asked as the options say.

        Args:
            given: The locations.
            session: What `session()` gave.

        Raises:
            LocationError: One begins like S3's, but names no bucket.
        """
        if self == AwsAccess():
            return list(given)
        from trailsdk.sources.s3 import S3

        def source(location: str) -> str | S3:
            if not location.lower().startswith("s3://"):
                return location
            return S3(location, session=session, endpoint_url=self.endpoint_url, requester_pays=self.requester_pays)

        return [source(each) for each in given]

    def readable(
        self, given: "Sequence[str | S3]", session: "Session | None"
    ) -> "list[str | S3 | CloudWatch | History | Queue]":
        """Give locations such that log groups, the event history and queues are asked as the options say, too.

        Args:
            given: What `locations()` gave.
            session: What `session()` gave.

        Raises:
            LocationError: One begins like theirs, but names no log group, no Region or no queue.
        """
        if self == AwsAccess():
            return list(given)
        from trailsdk.sources.cloudwatch import CloudWatch
        from trailsdk.sources.history import History
        from trailsdk.sources.queue import Queue

        def source(location: "str | S3") -> "str | S3 | CloudWatch | History | Queue":
            if isinstance(location, str) and location.startswith("cloudwatch://"):
                return CloudWatch(location, session=session, endpoint_url=self.endpoint_url)
            if isinstance(location, str) and location.startswith("history://"):
                return History(location, session=session, endpoint_url=self.endpoint_url)
            if isinstance(location, str) and location.startswith("sqs://"):
                pays = self.requester_pays
                return Queue(location, session=session, endpoint_url=self.endpoint_url, requester_pays=pays)
            return location

        return [source(each) for each in given]

    def session(self) -> "Session | None":
        """Make the session that was asked for; `None` where nothing was, so that boto3 finds its own.

        Raises:
            UsageError: There is no such profile, or the ARN is none of a role.
        """
        if self.profile is None and self.role_arn is None:
            return None
        from boto3.session import Session
        from botocore.exceptions import ProfileNotFound

        from trailsdk.errors import UsageError
        from trailsdk.sources.sessions import assume_role

        try:
            session = Session(profile_name=self.profile)
            # With AWS_DATA_PATH in the environment boto3 does not look at the profile before it is needed.
            is_there = self.profile is None or self.profile in session.available_profiles
        except ProfileNotFound:
            is_there = False
        if not is_there:
            raise UsageError(f"--profile {self.profile}: there is no such profile in AWS's configuration")
        return (
            session
            if self.role_arn is None
            else assume_role(self.role_arn, external_id=self.external_id, session=session)
        )


def aws_options(command: _Command) -> _Command:
    """Give a command the options that say how to ask AWS; it receives them as one `aws`."""
    return _with_access(command, (*IDENTITY_OPTIONS, *_OPTIONS))


def service_options(command: _Command) -> _Command:
    """Give a command that asks for no buckets the options that say how to ask AWS; it receives them as one `aws`."""
    return _with_access(command, (*IDENTITY_OPTIONS, _ENDPOINT_OPTION))


def _with_access(command: _Command, options: tuple[Callable[[Any], Any], ...]) -> _Command:
    @wraps(command)
    def call(
        *,
        profile: str | None,
        role_arn: str | None,
        external_id: str | None,
        endpoint_url: str | None,
        requester_pays: bool = False,
        **rest: Any,
    ) -> Any:
        access = AwsAccess(profile, role_arn, external_id, endpoint_url, requester_pays)
        access.check()
        return command(aws=access, **rest)

    for decorate in reversed(options):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


IDENTITY_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--profile", metavar="NAME", help="The profile in AWS's configuration whose credentials to use."),
    click.option("--role-arn", metavar="ARN", help="The role to assume with them, such as one in another account."),
    click.option(
        "--external-id", metavar="ID", help="What the role's owner agreed with you, if its policy asks for it."
    ),
)
"""Options that say who asks."""

_ENDPOINT_OPTION: Callable[[Any], Any] = click.option(
    "--endpoint-url", metavar="URL", help="Another address than AWS's."
)

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _ENDPOINT_OPTION,
    click.option("--requester-pays", is_flag=True, help="Agree to pay for requests and transfer."),
)
