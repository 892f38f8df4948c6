"""The path language: how a place inside a record is named.

It is the selector language of CloudWatch Logs filter patterns: `userIdentity.arn`, `requestParameters['a.b'][0]`.
A leading `$` or `$.` may stand, as it does there.
"""

import re
from functools import lru_cache
from typing import Final

from trailsdk._json import Json
from trailsdk.errors import SelectorError

__all__ = ["ABSENT", "Path", "look_up", "parse_path"]

Path = tuple[str | int, ...]
"""Member names and array indexes, outermost first."""


class _Absent:
    """Nothing is there: not even null."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_-]+)        # .name
      | \.?\['(?P<single>[^']*)'\]        # ['any name']
      | \.?\["(?P<double>[^"]*)"\]        # ["any name"]
      | \[(?P<index>[0-9]{1,9})\]         # [0]
    """,
    re.VERBOSE | re.ASCII,
)


@lru_cache(maxsize=1024)
def parse_path(text: str) -> Path:
    """Read a path.

    Args:
        text: Such as `requestParameters.bucketName`, `resources[0].ARN` or `requestParameters['a.b']`.

    Raises:
        SelectorError: It is misspelt; the error tells the column.

    Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", property selectors.
    """
    if text.startswith("$"):
        rest, column = text[1:], 1
    else:
        rest, column = "." + text, -1
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None:
            raise SelectorError(text, max(at + column, 0), "expected .name, ['name'] or [index]")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(next(name for name in match.group("name", "single", "double") if name is not None))
        at = match.end()
    if not steps:
        raise SelectorError(text, 0, "the path is empty")
    return tuple(steps)


def look_up(value: Json, path: Path) -> Json:
    """Follow a path through a JSON value; ABSENT where it leads nowhere."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return ABSENT
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value
