"""The pages on plugins say what the code says: every hook, its answer, every field, the example's own files."""

import ast
import html
import inspect
import re
from pathlib import Path
from typing import Any

import attrs
import griffe
import pytest

from trailsdk.plugins import HOOKS, Content, Decoder, IntegrityCheck, Observer, Sink, Stage, hookspecs

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/reference/hooks"
EXAMPLE = ROOT / "examples/trailsdk-example"

PARTS: dict[str, tuple[type[attrs.AttrsInstance], ...]] = {
    "trailsdk_sources": (),
    "trailsdk_decoders": (Decoder, Content),
    "trailsdk_stages": (Stage,),
    "trailsdk_observers": (Observer,),
    "trailsdk_sinks": (Sink,),
    "trailsdk_checks": (IntegrityCheck,),
}
"""The attrs classes that a page describes field by field."""


def page_of(hook: str) -> str:
    return f"{hook.removeprefix('trailsdk_')}.md"


def signature_of(hook: str) -> tuple[str, str]:
    """Give a hook's arguments and what it returns, as its specification writes them."""
    found: Any = griffe.load(hookspecs.__name__, search_paths=[str(ROOT / "src")])[hook]
    return ", ".join(parameter.name for parameter in found.parameters), str(found.returns)


def text_of(page: Path) -> str:
    """Give the text of a built page, each run of white space as one blank."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.read_text())).split())


def test_a_page_for_each_hook() -> None:
    """Each hook has a page, and each page is of a hook that exists."""
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(map(page_of, HOOKS))
    assert set(PARTS) == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_page_is_generated_from_its_hook(hook: str) -> None:
    """A page takes in the specification of its hook, and of no other; and its parts."""
    taken = re.findall(r"^::: (\S+)$", (PAGES / page_of(hook)).read_text(), re.MULTILINE)
    assert [each for each in taken if ".hookspecs." in each] == [f"trailsdk.plugins.hookspecs.{hook}"]
    assert {f"trailsdk.plugins.{part.__name__}" for part in PARTS[hook]} <= set(taken)


@pytest.mark.parametrize("hook", HOOKS)
def test_example_has_the_signature(hook: str) -> None:
    """A page's example implements its hook, and no other, with the arguments and the answer of the specification."""
    arguments, answer = signature_of(hook)
    implemented = re.findall(
        r"@hookimpl\n +def (\w+)\(self(?:, )?(.*)\) -> (.+):\n", (PAGES / page_of(hook)).read_text()
    )
    assert implemented == [(hook, arguments, answer)]


@pytest.mark.parametrize("hook", HOOKS)
def test_built_page_has_the_signature(site: Path, hook: str) -> None:
    """The built page names the hook with its arguments and what it returns, and the contract's first sentence."""
    arguments, answer = signature_of(hook)
    text = text_of(site / "reference/hooks" / page_of(hook).replace(".md", ".html"))
    assert f"{hook}({arguments}) -> {answer}" in text
    contract = inspect.getdoc(getattr(hookspecs, hook))
    assert contract is not None
    assert contract.partition("\n")[0].replace("`", "") in text


@pytest.mark.parametrize("part", [part for parts in PARTS.values() for part in parts])
def test_fields_are_described(site: Path, part: type[attrs.AttrsInstance]) -> None:
    """Every field of a part has a docstring, and stands on the page of its hook."""
    [hook] = [hook for hook, parts in PARTS.items() if part in parts]
    built = (site / "reference/hooks" / page_of(hook).replace(".md", ".html")).read_text()
    found: Any = griffe.load(part.__module__, search_paths=[str(ROOT / "src")])[part.__name__]
    for field in attrs.fields(part):
        docstring = found.members[field.name].docstring
        assert docstring is not None, field.name
        assert docstring.value.strip(), field.name
        assert f'id="trailsdk.plugins.{part.__name__}.{field.name}"' in built


def test_tutorial_shows_the_example() -> None:
    """The tutorial shows every file of the example package, as it is.

    The files are not taken in by `--8<--`: ruff formats the code of pages, and takes that for code.
    """
    text = (ROOT / "docs/how-to/write-a-plugin.md").read_text()
    shown = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL))
    for path in [*EXAMPLE.glob("src/**/*.py"), EXAMPLE / "pyproject.toml"]:
        assert shown[str(path.relative_to(EXAMPLE))] == path.read_text()
    assert all((EXAMPLE / name).is_file() for name in shown if "/" in name)


def test_tutorial_names_the_hooks() -> None:
    """The tutorial's table has every hook, with a link to its page, and no other."""
    text = (ROOT / "docs/how-to/write-a-plugin.md").read_text()
    rows = re.findall(r"^\| `(trailsdk_\w+)` \|.*\]\(\.\./reference/hooks/(\w+\.md)\) \|$", text, re.MULTILINE)
    assert rows == [(hook, page_of(hook)) for hook in HOOKS]


def test_contract_of_sources_is_the_examples() -> None:
    """What the page on testing shows of the contract is what the example package does, but for its docstrings."""
    text = (ROOT / "docs/how-to/test-a-plugin.md").read_text()
    [shown] = re.findall(r"^class TestZipSource.*?(?=^```)", text, re.MULTILINE | re.DOTALL)
    [theirs] = re.findall(
        r"^class TestZipSource.*", (EXAMPLE / "tests/test_example.py").read_text(), re.MULTILINE | re.DOTALL
    )
    assert ast.dump(_bare(shown)) == ast.dump(_bare(theirs))


def _bare(code: str) -> ast.Module:
    """Parse code and leave its docstrings out."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            del node.body[0]
    return tree
