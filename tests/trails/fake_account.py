"""An empty account of AWS, which is none."""

from attrs import frozen

from trailsdk.trails import Clients

ACCOUNT = "123456789012"
"""moto's own."""
REGION = "eu-west-1"


@frozen
class Fake:
    """moto as a server on loopback."""

    url: str

    clients: Clients
    """Of the account."""

    @property
    def variables(self) -> dict[str, str]:
        """What a command needs to find it."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION}
