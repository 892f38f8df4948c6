"""What tests of programs on CloudTrail records need.

The strategies are for Hypothesis, a library for property tests: `pip install trailsdk[testing]`.
They are imported when first asked for, so that the rest of this package works without Hypothesis.

```python
from hypothesis import given
from trailsdk import Record
from trailsdk.testing import records

@given(records(category="Data"))
def test_my_rule_reads_any_record(record: Record) -> None:
    my_rule(record)
```
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trailsdk.testing.strategies import (
        LogFile,
        account_ids,
        built_parts,
        built_records,
        damaged,
        damaged_keys,
        digest_keys,
        json_texts,
        json_values,
        lake_result_keys,
        log_file_keys,
        log_files,
        odd_documents,
        odd_parts,
        organization_ids,
        prefixes,
        record_documents,
        records,
        regions,
        s3_keys,
        time_texts,
        trail_names,
        unknown_names,
        user_identities,
    )

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
    "prefixes",
    "record_documents",
    "records",
    "regions",
    "s3_keys",
    "time_texts",
    "trail_names",
    "unknown_names",
    "user_identities",
]


def __getattr__(name: str) -> Any:
    """Import a strategy when it is first asked for.

    Raises:
        ImportError: Hypothesis is not installed.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from trailsdk.testing import strategies
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "hypothesis":
            raise
        message = f"trailsdk.testing.{name} needs Hypothesis: install trailsdk[testing]"
        raise ImportError(message, name=error.name) from error
    return getattr(strategies, name)


def __dir__() -> list[str]:
    """List the strategies too, though they are not imported yet."""
    return sorted({*globals(), *__all__})
