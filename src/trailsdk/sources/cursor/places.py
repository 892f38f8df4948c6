"""Where a cursor finds a file: the folder of a Region, in which files appear in order of time, and its name in it."""

from trailsdk.model.key_tree import ROOT, find_root
from trailsdk.model.keys import KeyPrefix

__all__ = ["divided", "folder_of", "overlaps"]


def divided(name: str) -> tuple[str, str]:
    """Divide a log file's key into the Region's folder, with its slash, and what is behind."""
    parts = name.rsplit("/", 4)
    return ("", name) if len(parts) < 5 else (f"{parts[0]}/", "/".join(parts[1:]))  # noqa: PLR2004


def folder_of(position: KeyPrefix) -> str:
    """Give the Region's folder, with its slash, of a place in it."""
    below = sum(each is not None for each in (position.year, position.month, position.day))
    text = str(position)
    return "/".join(text.split("/")[: text.count("/") - below]) + "/"


def overlaps(location: str, folder: str) -> bool:
    """Tell whether a folder lies in a place that could not be listed, or the place in it.

    Locations are URIs or paths, and folders keys: what follows `AWSLogs` is compared. Where there is none, they may.
    """
    place, below = find_root(f"{location}/"), find_root(folder)
    if place < 0 or below < 0:
        return True
    one, other = f"{location}/"[place + len(ROOT) :], folder[below + len(ROOT) :]
    return one.rstrip("/").startswith(other.rstrip("/")) or other.startswith(one.rstrip("/"))
