"""The pages of the documentation: all in the navigation, no dead links, one sentence a line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [*PAGES, ROOT / "README.md", ROOT / "CHANGELOG.md"]

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)[.!?][`*)\"]* (?=[A-Z`\[*])")

SAMPLE_ACCOUNTS = {"111122223333", "444455556666", "123456789012"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Give the lines of a page that are prose, with their numbers: no code, tables, headings, front matter."""
    text = FENCE.sub(lambda block: "\n" * block[0].count("\n"), path.read_text())
    text = re.sub(r"\A---\n.*?^---$", lambda head: "\n" * head[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not re.match(r"\s*(\||#|<!--|:::|--8<--|https?:)", line):
            yield number, line


@pytest.fixture(scope="module")
def settings() -> MkDocsConfig:
    return load_config(str(ROOT / "mkdocs.yml"))


def pages_of(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from [value] if isinstance(value, str) else pages_of(value)


def anchors_of(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text())
    words = (re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in HEADING.findall(text))
    return {re.sub(r"[-\s]+", "-", each) for each in words}


def test_navigation(settings: MkDocsConfig) -> None:
    """The navigation has every page once, and no other."""
    named = list(pages_of(settings.nav or []))
    assert sorted(named) == [str(path.relative_to(DOCS)) for path in PAGES]


def test_no_other_hosts(settings: MkDocsConfig) -> None:
    """The theme takes no fonts from other hosts, and no style or script of ours is elsewhere."""
    assert settings.strict
    assert settings.theme["font"] is False
    assert not any("//" in str(each) for each in [*settings.extra_css, *settings.extra_javascript])


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_links(path: Path) -> None:
    """Every link inside the project leads to a file, and to a heading of it."""
    for number, line in prose_and_tables(path):
        for target in LINK.findall(line):
            if target.startswith(("https://", "mailto:")):
                continue
            file, _, anchor = target.partition("#")
            found = (path.parent / file).resolve() if file else path
            assert found.is_file(), f"{path}:{number}: {target}"
            if path.is_relative_to(DOCS):
                assert found.is_relative_to(DOCS), f"{path}:{number}: {target} is not in the built site"
            if anchor:
                assert anchor in anchors_of(found), f"{path}:{number}: {target}"


def prose_and_tables(path: Path) -> Iterator[tuple[int, str]]:
    text = FENCE.sub(lambda block: "\n" * block[0].count("\n"), path.read_text())
    yield from enumerate(text.splitlines(), 1)


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_one_sentence_a_line(path: Path) -> None:
    """A line of prose holds one sentence, so that a changed sentence is a changed line."""
    found = [
        f"{path}:{number}: {line}"
        for number, line in prose(path)
        if SENTENCE_END.search(re.sub(r"^\s*\d+\. ", "", line))
    ]
    assert not found


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_sample_accounts(path: Path) -> None:
    """Account ids are those that AWS reserves for examples."""
    assert set(re.findall(r"(?<![\w.-])\d{12}(?![\w.-])", path.read_text())) <= SAMPLE_ACCOUNTS


@pytest.mark.parametrize("path", [path for path in PAGES if path.name != "changelog.md"], ids=name_of)
def test_example_first(path: Path) -> None:
    """A page begins with its title, and one of its first blocks is code."""
    text = re.sub(r"\A---\n.*?^---\n", "", path.read_text(), flags=re.DOTALL | re.MULTILINE).lstrip()
    assert text.startswith("# ")
    assert "```" in text[:1200]


def test_commands_of_readme() -> None:
    """The targets of make that README names are there."""
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake (\w+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_changelog_has_the_version() -> None:
    """The changelog tells of the version that the package has."""
    version = re.search(r'__version__ = "([^"]+)"', (ROOT / "src/trailsdk/_version.py").read_text())
    assert version is not None
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()
