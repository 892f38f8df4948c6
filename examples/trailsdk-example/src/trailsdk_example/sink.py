"""A sink: CSV with the columns that most people ask for."""

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO

from trailsdk import Record


def write_csv(records: Iterable[Record], out: BinaryIO) -> None:
    """Write a line for each record."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(["time", "actor", "source", "name", "outcome"])
    for record in records:
        writer.writerow([record.event_time, record.actor.name, record.event_source, record.event_name, record.outcome])
    text.detach()
