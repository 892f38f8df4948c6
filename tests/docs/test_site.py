"""The built site."""

import re
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

import pytest

from trailsdk.model.outcome import DENIED_CODES
from trailsdk.model.record import RECORD_FIELDS

ROOT = Path(__file__).parents[2]


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


@pytest.fixture(scope="module")
def browser() -> str:
    """Debian's Chromium, where it is installed."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed")
    return found


class Served:
    """The site on a free port of this machine, and what was asked of it."""

    def __init__(self, site: Path) -> None:
        self.asked: list[tuple[str, int]] = []
        served = self

        class Handler(SimpleHTTPRequestHandler):
            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 (its signature)
                served.asked.append((self.path, int(code)))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def dom(browser: str, address: str, profile: Path) -> str:
    """Load a page, let its scripts run, and give what it has become."""
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --dump-dom --virtual-time-budget=8000"
    )
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    command = [browser, *flags.split(), alone, f"--user-data-dir={profile}", address]
    return subprocess.run(command, capture_output=True, check=True, timeout=90).stdout.decode()


class TestBrowser:
    """The site in a real browser."""

    def test_search(self, site: Path, browser: str, tmp_path: Path) -> None:
        """A word that is searched for is found, on the page that explains it; nothing is missing."""
        with Served(site) as served:
            page = dom(browser, f"{served.address}/index.html?q=surrogates", tmp_path)
        assert "explanation/bad-input.html" in page.partition("md-search-result__list")[2]
        assert [path for path, code in served.asked if code >= 400 and "favicon" not in path] == []

    def test_navigation(self, site: Path, browser: str, tmp_path: Path) -> None:
        """From the front page each page can be reached."""
        with Served(site) as served:
            page = dom(browser, f"{served.address}/", tmp_path)
        for each in ("tutorial", "how-to/select", "reference/record", "explanation/decisions", "glossary"):
            assert f'href="{each}.html"' in page

    @pytest.mark.parametrize("path", ["index", "tutorial", "reference/record", "explanation/bad-input"])
    def test_phone(self, site: Path, browser: str, tmp_path: Path, path: str) -> None:
        """At the width of a phone no page is wider than the screen."""
        script = (
            "new Promise(done => setTimeout(done, 2000))"
            ".then(() => { document.title = f.contentDocument.documentElement.scrollWidth })"
        )
        frame = (
            f'<iframe id="f" src="/{path}.html" style="width:390px;height:844px;border:0" onload="{script}"></iframe>'
        )
        wrapped = tmp_path / "wrapped"
        shutil.copytree(site, wrapped)
        (wrapped / "phone.html").write_text(f"<title>?</title>{frame}")
        with Served(wrapped) as served:
            page = dom(browser, f"{served.address}/phone.html", tmp_path / "profile")
        width = re.search(r"<title>(\d+)</title>", page)
        assert width is not None
        assert 300 < int(width[1]) <= 390
