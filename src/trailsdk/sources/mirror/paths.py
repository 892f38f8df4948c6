r"""From S3 keys to paths that are safe on every file system, and back.

A key may be any text; a path may not. A key that is safe is its own path: so are all that CloudTrail makes. In others

| In a key                                                  | In the path                                           |
|-----------------------------------------------------------|-------------------------------------------------------|
| control characters, `<>:"\|?*%~`, all that is not ASCII  | `%XX` for each byte of the character's UTF-8          |
| a dot at the begin of a name; a dot or blank at its end   | `%2E`, `%20`: so nothing is hidden, `.` or `..`       |
| names of devices: `CON`, `nul.json`, `COM1`               | the first character as `%XX`                          |
| an empty name: `a//b`, a slash at an end                  | `%-`                                                  |
| a file whose name does not end in `.json`, `.gz`, ...     | `%=` behind it                                        |
| a folder whose name does                                  | the last character as `%XX`: it never equals a file   |
| a name that is longer than 246 bytes                      | cut, and `%+` and the begin of its SHA-256 behind it  |

So paths are of printable ASCII, below the folder, and no two keys have one path. Two that differ only in upper and
lower case are still one file to some systems: the second gets `%~` and the begin of its key's SHA-256, before its
ending.
Who is second, `Folder` decides. The key itself stands in the sidecar.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

__all__ = ["LONGEST", "fold", "folder_of", "is_twin", "key_of", "part_of", "path_of", "twin_of"]

LONGEST: Final = 246
"""Bytes of a name: file systems allow 255, and the sidecar's is 9 bytes longer."""

_UNSAFE: Final = re.compile(r'[^ -~]|[%<>:"\\|?*~]')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$) *(?:\.|$)", re.IGNORECASE)
_ENDING: Final = re.compile(r"(?:\.json|\.jsonl|\.ndjson|\.csv|\.gz)+$", re.IGNORECASE)
_HASH: Final = 40
_TWIN: Final = re.compile(rf"%~[0-9a-f]{{{_HASH}}}")

_EMPTY: Final = "%-"
_OTHER_FILE: Final = "%="
_CUT: Final = "%+"
_SECOND: Final = "%~"


def path_of(key: str) -> str:
    """Give the path of an object's copy, below the mirror's folder, with `/` between names."""
    folders, slash, name = key.rpartition("/")
    return f"{folder_of(folders)}/{_file(name)}" if slash else _file(name)


@lru_cache(maxsize=1024)
def folder_of(prefix: str) -> str:
    """Give the path of a folder of keys, from the prefix that ends before its slash."""
    return "/".join(map(_folder, prefix.split("/")))


def key_of(path: str) -> str | None:
    """Give the key whose path this is; `None` where it is none, or one that tells not all (a name that was cut)."""
    *folders, last = path.split("/")
    names = [*(part_of(name, is_file=False) for name in folders), part_of(last, is_file=True)]
    key = "/".join(name for name in names if name is not None)
    return None if None in names or path not in (path_of(key), _beside(path_of(key), key)) else key


def part_of(name: str, *, is_file: bool) -> str | None:
    """Give the part of a key that a name in a path stands for; `None` where it is none, or was cut."""
    text = _TWIN.sub("", name).removesuffix(_OTHER_FILE) if is_file else name
    try:
        part = "" if text == _EMPTY else unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return None
    known = _file(part) if is_file else _folder(part)
    return part if known == name or (is_file and known == _TWIN.sub("", name)) else None


def twin_of(name: str, key: str) -> str:
    """Give the name of a copy whose own name is taken by another key, in upper or lower case.

    Args:
        name: Its own name: the last of its path.
        key: Its key.
    """
    ending = _ending(name)
    mark = _SECOND + _hash(key)
    return _begin(name.removesuffix(ending), LONGEST - len(mark) - len(ending)) + mark + ending


def is_twin(name: str) -> bool:
    """Tell whether a name is one that `twin_of` gives."""
    return _TWIN.search(name) is not None


def fold(name: str) -> str:
    """Give what is the same for all spellings of a name that a file system may take for one."""
    return name.casefold()


def _beside(path: str, key: str) -> str:
    folders, slash, name = path.rpartition("/")
    return f"{folders}{slash}{twin_of(name, key)}"


def _folder(name: str) -> str:
    text = _safe(name)
    if _ENDING.search(text):
        text = text[:-1] + _escaped(text[-1])
    return text if len(text) <= LONGEST else _cut(text, name, "")


def _file(name: str) -> str:
    text = _safe(name)
    if not _ENDING.search(text):
        text += _OTHER_FILE
    return text if len(text) <= LONGEST else _cut(text, name, _ending(text))


def _safe(name: str) -> str:
    if not name:
        return _EMPTY
    text = _UNSAFE.sub(lambda match: _escaped(match[0]), name)
    if text.startswith(".") or _DEVICE.match(text):
        text = _escaped(text[0]) + text[1:]
    if text.endswith((".", " ")):
        text = text[:-1] + _escaped(text[-1])
    return text


def _escaped(character: str) -> str:
    # A key is UTF-8, but whoever makes text of bytes may put in what has none.
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="surrogatepass"))


def _ending(name: str) -> str:
    if name.endswith(_OTHER_FILE):
        return _OTHER_FILE
    match = _ENDING.search(name)
    # A name may be of nothing but endings: a few of them are enough.
    return "" if match is None else match[0][-_HASH:]


def _cut(text: str, name: str, ending: str) -> str:
    mark = _CUT + _hash(name)
    return _begin(text, LONGEST - len(mark) - len(ending)) + mark + ending


def _begin(text: str, length: int) -> str:
    """Give the begin of a name, without a part of an escape at its end."""
    return text if len(text) <= length else re.sub(r"%[0-9A-F]?$", "", text[:length])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_HASH]
