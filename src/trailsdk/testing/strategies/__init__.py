"""Strategies for Hypothesis: what CloudTrail writes, what it might write, and what is left after damage."""

from hypothesis import strategies as st

from trailsdk.model.digest import Digest
from trailsdk.model.record import Record
from trailsdk.model.times import EventVersion
from trailsdk.testing.strategies.damage import damaged
from trailsdk.testing.strategies.documents import record_documents
from trailsdk.testing.strategies.files import LogFile, log_files
from trailsdk.testing.strategies.identities import user_identities
from trailsdk.testing.strategies.keys import (
    account_ids,
    damaged_keys,
    digest_keys,
    lake_result_keys,
    log_file_keys,
    organization_ids,
    prefixes,
    regions,
    s3_keys,
    trail_names,
)
from trailsdk.testing.strategies.models import (
    built_parts,
    built_records,
    event_versions,
    parts_of,
    records,
)
from trailsdk.testing.strategies.oddities import odd_documents, odd_parts
from trailsdk.testing.strategies.values import json_texts, json_values, time_texts, unknown_names

__all__ = [
    "LogFile",
    "account_ids",
    "built_parts",
    "built_records",
    "damaged",
    "damaged_keys",
    "digest_keys",
    "json_texts",
    "json_values",
    "lake_result_keys",
    "log_file_keys",
    "log_files",
    "odd_documents",
    "odd_parts",
    "organization_ids",
    "parts_of",
    "prefixes",
    "record_documents",
    "records",
    "regions",
    "register",
    "s3_keys",
    "time_texts",
    "trail_names",
    "unknown_names",
    "user_identities",
]


def register() -> None:
    """Teach `hypothesis.strategies.from_type` the classes of the model.

    Hypothesis calls it by itself where trailsdk is installed, through the entry-point group `hypothesis`.
    """
    st.register_type_strategy(Record, records() | built_records())
    st.register_type_strategy(EventVersion, event_versions())
    for part in {*parts_of(Record), Digest, *parts_of(Digest)}:
        st.register_type_strategy(part, built_parts(part))
