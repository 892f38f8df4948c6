"""A folder as an object store, and the sidecars in it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailsdk.errors import MalformedFileError, NotFoundError, SourceError, TrailError
from trailsdk.sources.folder_store import FolderStore
from trailsdk.sources.sidecar import Sidecar, is_sidecar, read_sidecar, sidecar_path, write_sidecar

KEYS = ("a-b", "a.json", "a/b.json", "a/b/c.json", "a/b/d/e.json", "a/c", "aa/x", "ä/y", "z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for key in KEYS:
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode())
    return tmp_path


def listed(store: FolderStore, prefix: str = "", delimiter: str = "", start_after: str = "") -> list[str]:
    pages = list(store.pages(prefix, delimiter=delimiter, start_after=start_after))
    return [each.key for page in pages for each in page.objects] + [each for page in pages for each in page.folders]


@settings(deadline=None)  # a machine may be busy
@given(
    prefix=st.sampled_from(["", "a", "a/", "a/b", "a/b/", "a/b/c.json", "b", "ä/"]),
    start_after=st.sampled_from(["", *KEYS, "a/", "a/b/", "a/zz"]),
)
def test_lists_what_s3_lists(tmp_path_factory: pytest.TempPathFactory, prefix: str, start_after: str) -> None:
    """Without a delimiter, the keys with the prefix behind the given one come, in the order of their UTF-8."""
    folder = tmp_path_factory.getbasetemp() / "listed"
    for key in KEYS:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    expected = [key for key in sorted(KEYS, key=str.encode) if key.startswith(prefix) and key > start_after]
    assert listed(FolderStore(folder), prefix, "", start_after) == expected


def test_lists_folders(folder: Path) -> None:
    """With a delimiter, what is below comes as folders."""
    assert listed(FolderStore(folder), "a/", "/") == ["a/b.json", "a/c", "a/b/"]
    assert listed(FolderStore(folder), "", "/", "a/zz") == ["z", "a/", "aa/", "ä/"]


def test_hidden_files_and_links_to_folders_are_no_objects(folder: Path) -> None:
    """Sidecars are not listed, nor is anything behind a link that may lead in a circle."""
    write_sidecar(folder / "z", Sidecar(key="z"))
    (folder / "circle").symlink_to(folder)
    assert listed(FolderStore(folder)) == sorted(KEYS, key=str.encode)


def test_pages_of_a_thousand(tmp_path: Path) -> None:
    """A long listing comes in pages, and none of them is empty."""
    for number in range(1001):
        (tmp_path / f"{number:04}").touch()
    assert [len(page.objects) for page in FolderStore(tmp_path).pages("")] == [1000, 1]


def test_empty_listing_is_one_empty_page(tmp_path: Path) -> None:
    """As in S3, nothing found is one page without anything."""
    assert [len(page.objects) for page in FolderStore(tmp_path).pages("no/such/folder/")] == [0]


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    """A misspelt folder is never an empty one."""
    with pytest.raises(NotFoundError):
        list(FolderStore(tmp_path / "nowhere").pages(""))


def test_get_gives_content_and_metadata(folder: Path) -> None:
    """An object comes with what its sidecar says."""
    write_sidecar(folder / "a/c", Sidecar(etag="0f", version_id="v1", metadata={"Signature": "ab"}))
    body = FolderStore(folder).get("a/c")
    assert (body.data, body.metadata, body.etag, body.version_id) == (b"a/c", {"signature": "ab"}, "0f", "v1")
    with pytest.raises(NotFoundError):
        FolderStore(folder).get("a/c", version_id="v2")


@pytest.mark.parametrize(
    "key", ["", "..", "../outside", "a//c", "/etc/passwd", "a/", "a", "no", "a/../z", "\0", "\ud800"]
)
def test_keys_never_leave_the_folder(folder: Path, key: str) -> None:
    """A key that is no path below the folder names no object: digests, and others, write keys too."""
    (folder.parent / "outside").touch()
    with pytest.raises(NotFoundError):
        FolderStore(folder).get(key)
    assert listed(FolderStore(folder), "../") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refusals_are_errors(folder: Path) -> None:
    """What the operating system refuses is an error of ours."""
    (folder / "z").chmod(0)
    with pytest.raises(SourceError):
        FolderStore(folder).get("z")


class TestSidecars:
    """What is known of an object beside its content."""

    def test_round_trip(self, tmp_path: Path) -> None:
        """What is written is read again."""
        sidecar = Sidecar(
            bucket="example-trail",
            key="AWSLogs/a.json.gz",
            size=17,
            etag="0123",
            last_modified=datetime(2026, 3, 7, 9, 12, 44, tzinfo=UTC),
            version_id="v",
            metadata={"signature": "ab"},
        )
        write_sidecar(tmp_path / "a.json.gz", sidecar)
        assert read_sidecar(tmp_path / "a.json.gz") == sidecar
        assert [each.name for each in tmp_path.iterdir()] == [".a.json.gz.s3.json"]
        assert is_sidecar(".a.json.gz.s3.json")

    def test_none(self, tmp_path: Path) -> None:
        """A file without sidecar has none."""
        assert read_sidecar(tmp_path / "a") is None
        assert read_sidecar(tmp_path / "no" / "a") is None

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"[]",
            b"\xff",
            b'{"size":-1}',
            b'{"size":true}',
            b'{"key":1}',
            b'{"metadata":[]}',
            b'{"metadata":{"a":1}}',
            b'{"last_modified":"soon"}',
            b'{"last_modified":5}',
            b"[" * 60_000,
            b" " * 100_000,
        ],
    )
    def test_hostile_content(self, tmp_path: Path, content: bytes) -> None:
        """What is no sidecar is an error that names it; through the store it is one of looking, not of evidence."""
        (tmp_path / "a").touch()
        Path(sidecar_path(tmp_path / "a")).write_bytes(content)
        with pytest.raises(MalformedFileError, match=r"\.a\.s3\.json"):
            read_sidecar(tmp_path / "a")
        with pytest.raises(SourceError):
            FolderStore(tmp_path).get("a")

    def test_no_room(self, tmp_path: Path) -> None:
        """What cannot be written is an error of ours."""
        with pytest.raises(TrailError):
            write_sidecar(tmp_path / "no" / "a", Sidecar())
