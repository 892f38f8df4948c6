"""The built site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from trailsdk.model.outcome import DENIED_CODES
from trailsdk.model.record import RECORD_FIELDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: whatever is wrong with a page fails the build."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_field_table(site: Path) -> None:
    """The table of field names has every name of a record."""
    table = (site / "reference/fields.html").read_text()
    assert all(f"<code>{name}</code>" in table for name in RECORD_FIELDS)


def test_denied_codes(site: Path) -> None:
    """The list of codes that mean denied is complete."""
    text = (site / "reference/identity.html").read_text()
    assert all(f"<code>{code}</code>" in text for code in DENIED_CODES)


def test_nothing_is_left_to_generate(site: Path) -> None:
    """Every comment that asks for generated text was answered."""
    assert not [path for path in site.rglob("*.html") if "generate:" in path.read_text()]


def test_nothing_from_other_hosts(site: Path) -> None:
    """No page loads a script, a style, a font or an image from elsewhere."""
    loads = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(https?:)?//")
    assert not [path for path in site.rglob("*.html") if loads.search(path.read_text())]
    assert not [path for path in site.rglob("*.css") if re.search(r"url\([\"']?(https?:)?//", path.read_text())]


def test_nothing_private(site: Path) -> None:
    """No page names the folder that it was built in."""
    assert not [path for path in site.rglob("*.html") if str(ROOT) in path.read_text()]
