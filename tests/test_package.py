"""The package itself: what its import loads, and what its names are."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import trailsdk

ROOT = Path(__file__).parents[1]

HEAVY = ("boto3", "botocore", "cryptography", "click", "hypothesis")


def test_import_is_light() -> None:
    """`import trailsdk` loads nothing heavy; what is needed later is imported then."""
    code = f"import sys, trailsdk; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_public_names() -> None:
    """Every name of `__all__` is there, once; their order is the linter's business."""
    assert all(hasattr(trailsdk, name) for name in trailsdk.__all__)
    assert len(set(trailsdk.__all__)) == len(trailsdk.__all__)


def test_public_names_are_documented() -> None:
    """Each public name stands in the reference, and what can have a docstring has one."""
    pages = "".join(path.read_text() for path in (ROOT / "docs/reference").rglob("*.md"))
    for name in trailsdk.__all__:
        assert name == "__version__" or f"trailsdk.{name}" in pages or f"{name}\n" in pages, name
        assert name == "__version__" or getattr(trailsdk, name).__doc__


def test_version() -> None:
    """The version is the distribution's."""
    assert trailsdk.__version__ == version("trailsdk")
