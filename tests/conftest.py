"""What many tests need: the corpus, the sample trail."""

import os
from pathlib import Path

import pytest

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
