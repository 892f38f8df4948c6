"""Fixtures, as a plugin of pytest: an empty fake account, and a simulator of policies."""

import os
from collections.abc import Iterator

import pytest
from fake_account import REGION, Fake
from simulator_process import FOLDER, Simulator

from tests.servers import MotoEndpoint
from trailsdk.trails import Clients


@pytest.fixture(scope="session")
def clients(moto_endpoint: MotoEndpoint) -> Clients:
    """Clients of the account: making them costs more than any test."""
    import boto3

    session = boto3.Session(moto_endpoint.access_key_id, moto_endpoint.secret_access_key, region_name=REGION)
    return Clients(session, endpoint_url=moto_endpoint.url)


@pytest.fixture
def fake(moto: MotoEndpoint, clients: Clients) -> Fake:
    """An empty account."""
    return Fake(moto.url, clients)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The simulator; without it the test is skipped, in CI it fails."""
    if not (FOLDER / ".done").exists():
        message = "the policy simulator is not installed: make .venv/policy-simulator/.done"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with Simulator() as process:
        yield process
