"""A decoder: an export in which each line holds an event and its tags."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from trailsdk.plugins import Content


def decode_export(content: Content) -> Iterator[Mapping[str, Any]] | None:
    """Give the events; `None` where the content is something else."""
    if not content.data.startswith(b'{"event":'):
        return None
    return (json.loads(line)["event"] for line in content.data.splitlines())
