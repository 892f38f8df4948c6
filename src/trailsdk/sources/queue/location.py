"""Where a queue is: `sqs://region/account/queue`, its ARN, or its URL."""

import re

from attrs import frozen

from trailsdk.errors import LocationError

__all__ = ["QueueLocation", "parse_queue"]

_REGION = r"(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)"
_ACCOUNT = r"(?P<account>\d{12})"
_NAME = r"(?P<name>[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)"
_FORMS = (
    re.compile(rf"sqs://{_REGION}/{_ACCOUNT}/{_NAME}", re.ASCII),
    re.compile(rf"arn:aws[a-z-]*:sqs:{_REGION}:{_ACCOUNT}:{_NAME}", re.ASCII),
    re.compile(rf"https://sqs(?:-fips)?\.{_REGION}\.[a-z0-9.-]+/{_ACCOUNT}/{_NAME}", re.ASCII),
)


@frozen
class QueueLocation:
    """A queue of SQS."""

    region: str
    account: str
    name: str

    def __str__(self) -> str:
        return f"sqs://{self.region}/{self.account}/{self.name}"

    def url(self, endpoint: str) -> str:
        """Give the queue's URL.

        Args:
            endpoint: The address of the service in the queue's Region.
        """
        return f"{endpoint.rstrip('/')}/{self.account}/{self.name}"


def parse_queue(text: str) -> QueueLocation:
    """Read a queue's location.

    Raises:
        LocationError: It is none.
    """
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return QueueLocation(match["region"], match["account"], match["name"])
    raise LocationError(text, "expected sqs://region/account/queue, or a queue's ARN or URL")
