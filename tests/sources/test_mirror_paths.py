"""From keys to paths: safe on every file system, one for each key, and back."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trailsdk.sources.mirror.paths import LONGEST, fold, is_twin, key_of, path_of, twin_of
from trailsdk.sources.sidecar import is_sidecar
from trailsdk.testing import damaged_keys, s3_keys

HARD = st.sampled_from(
    [
        "",
        ".",
        "..",
        "/",
        "//",
        "a",
        "A",
        "a/b",
        "a.json",
        "a.json/b",
        "a.json.gz/b.json",
        "%2E",
        "%",
        "CON",
        "con.json",
        "COM1 .gz",
        "a.",
        "a ",
        "~",
        "A~1",
        "a%~",
        "a%+",
        "%=",
        "a%=",
        "%-",
        "é",
        "e\u0301",
        "K",
        "\u212a",
        "ß",
        "ẞ",
        "\0",
        "a\nb",
        "C:\\x",
        ".a.json.s3.json",
        ".trailsdk-0.tmp",
        "x" * 300,
        "X" * 300,
        "é" * 200 + ".json.gz",
        ".gz" * 100,
    ]
)
KEYS = st.one_of(
    s3_keys().map(str),
    damaged_keys(),
    st.text(max_size=40),
    st.lists(st.one_of(HARD, st.text("aA.~% /éÉ", max_size=5)), min_size=1, max_size=5).map("/".join),
)

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$) *(\..*)?$", re.IGNORECASE)


def assert_safe(path: str) -> None:
    for name in path.split("/"):
        assert 0 < len(name.encode()) <= LONGEST
        assert re.fullmatch(r"[ -~]+", name)
        assert not re.search(r'[<>:"\\|?*~]', name.replace("%~", ""))
        assert not name.startswith(".")
        assert not name.endswith((".", " "))
        assert not RESERVED.match(name)
        assert not is_sidecar(name)


@given(KEYS)
@example("../../etc/passwd")
@example("/etc/passwd")
@example("a/../../b.json")
def test_paths_are_safe(key: str) -> None:
    """A path is relative, goes down only, and each name of it is one on every file system."""
    path = path_of(key)
    assert_safe(path)
    folders, _, name = path.rpartition("/")
    twin = twin_of(name, key)
    assert_safe(f"{folders}/{twin}" if folders else twin)
    assert is_twin(twin)
    assert not is_twin(name)


@given(st.lists(KEYS, min_size=2, max_size=12, unique=True))
def test_one_path_for_each_key(keys: list[str]) -> None:
    """No two keys have one path, and no key's path is a folder of another's, whatever a file system folds."""
    paths = {path_of(key) for key in keys}
    assert len(paths) == len(keys)
    files = {fold(unicodedata.normalize("NFD", path)) for path in paths}
    folders = {path.rsplit("/", number)[0] for path in files for number in range(1, path.count("/") + 1)}
    assert not files & folders
    twins = {fold("/".join([*path_of(key).split("/")[:-1], twin_of(path_of(key).split("/")[-1], key)])) for key in keys}
    assert len(twins) == len(keys)
    assert not twins & (files | folders)


@given(KEYS)
def test_there_and_back(key: str) -> None:
    """The key is read from its path, unless a name was cut; then nothing is claimed."""
    path = path_of(key)
    back = key_of(path)
    assert back == key or (back is None and "%+" in path)
    folders, slash, name = path.rpartition("/")
    twin = folders + slash + twin_of(name, key)
    assert key_of(twin) in (key, None)


@given(st.text(max_size=60))
def test_other_paths_are_no_keys(path: str) -> None:
    """What is no path of a key has none: a path and its key always give each other."""
    key = key_of(path)
    if key is not None:
        assert path == path_of(key) or is_twin(path)


@given(s3_keys())
def test_keys_of_cloudtrail_are_their_own_paths(key: object) -> None:
    """Where the texts that people choose (prefix, account, trail) are plain, nothing is changed."""
    text = str(key)
    plain = re.compile(r"(?!\.)[A-Za-z0-9_.=-]+(?<!\.)", re.ASCII)
    if all(plain.fullmatch(name) and len(name) <= LONGEST for name in text.split("/")):
        ending = re.compile(r"\.(json|jsonl|ndjson|csv|gz)$", re.IGNORECASE)
        if not any(ending.search(each) or RESERVED.match(each) for each in text.split("/")[:-1]):
            assert path_of(text) == text
            assert key_of(text) == text


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("AWSLogs/111122223333/x.json.gz", "AWSLogs/111122223333/x.json.gz"),
        ("../x.json", "%2E%2E/x.json"),
        ("/x.json", "%-/x.json"),
        ("a//b.json", "a/%-/b.json"),
        ("a", "a%="),
        ("a/", "a/%-%="),
        ("a.json/b.json", "a.jso%6E/b.json"),
        ("é.json", "%C3%A9.json"),
        ("e\u0301.json", "e%CC%81.json"),
        ("NUL.json", "%4EUL.json"),
        ("C:/x.json", "C%3A/x.json"),
        ("100%/x.json", "100%25/x.json"),
        ("x. ", "x.%20%="),
    ],
)
def test_examples(key: str, path: str) -> None:
    """What the documentation says."""
    assert path_of(key) == path
    assert key_of(path) == key


def test_the_longest_names_of_cloudtrail() -> None:
    """A trail with the longest name there is keeps its digests' names, with room for the sidecar's."""
    name = f"111122223333_CloudTrail-Digest_ap-southeast-1_{'t' * 128}_ap-southeast-1_20260307T091500Z_backfill.json.gz"
    assert path_of(name) == name
