# ruff: noqa: INP001 (docs are no package)
"""What the pages on plugins need: `pip install` of a page goes into a folder of its own, and touches nothing else."""

import os
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Let the commands of a page find the checkout, and what they have installed."""
    with TemporaryDirectory() as installed, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKOUT", str(ROOT))
        # What a package depends on is here already; nothing is fetched.
        for name, value in {
            "PIP_TARGET": installed,
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one the other way round: no isolation
            "PIP_NO_CACHE_DIR": "1",
            "PIP_QUIET": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }.items():
            patch.setenv(name, value)
        before = os.environ.get("PYTHONPATH")
        patch.setenv("PYTHONPATH", installed if before is None else f"{installed}{os.pathsep}{before}")
        return (yield)
