"""Where trails write in a bucket, as the resources of policies name it."""

from attrs import frozen

from trailsdk.model.keys import KeyPrefix
from trailsdk.trails.arns import check_account_id, check_bucket, check_organization_id, check_prefix

__all__ = ["Destination"]


@frozen
class Destination:
    """A bucket, and the prefix in it that trails write under."""

    bucket: str

    prefix: str = ""
    """Without the slash before `AWSLogs`."""

    partition: str = "aws"

    def __attrs_post_init__(self) -> None:
        check_bucket(self.bucket)
        check_prefix(self.prefix)

    @property
    def bucket_arn(self) -> str:
        """The bucket."""
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def root(self) -> str:
        """The folder of everything that CloudTrail writes here, with a slash at its end."""
        return str(KeyPrefix(prefix=self.prefix))

    def folder(self, account_id: str | None = None, organization_id: str | None = None) -> str:
        """Give the folder of an account or an organization, with a slash at its end.

        Raises:
            SettingError: An id is none.
        """
        organization = "" if organization_id is None else f"{check_organization_id(organization_id)}/"
        account = "" if account_id is None else f"{check_account_id(account_id)}/"
        return f"{self.root}{organization}{account}"

    def objects(self, account_id: str | None = None, organization_id: str | None = None) -> str:
        """Give the resource that stands for all objects of a folder."""
        return f"{self.bucket_arn}/{self.folder(account_id, organization_id)}*"
