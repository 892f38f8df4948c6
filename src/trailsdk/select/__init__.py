"""What the caller asked for: time window, accounts, regions, categories, and `where`.

```python
from trailsdk.select import match

condition = match(event_name="Put*", read_only=False) & ~match(actor_name="deploy")
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trailsdk.select.where.event_patterns import event_pattern
    from trailsdk.select.where.filter_patterns import filter_pattern
    from trailsdk.select.where.match import match
    from trailsdk.select.where.pushdown import LookupAttribute, Pushed, log_filter_pattern, lookup_attribute, pushed
    from trailsdk.select.where.reasons import Clause, failed_clauses
    from trailsdk.select.where.selectors import event_selectors
    from trailsdk.select.where.tree import Condition, as_condition

__all__ = [
    "Clause",
    "Condition",
    "LookupAttribute",
    "Pushed",
    "as_condition",
    "event_pattern",
    "event_selectors",
    "failed_clauses",
    "filter_pattern",
    "log_filter_pattern",
    "lookup_attribute",
    "match",
    "pushed",
]

_HOMES = {
    "Clause": "reasons",
    "Condition": "tree",
    "LookupAttribute": "pushdown",
    "Pushed": "pushdown",
    "as_condition": "tree",
    "event_pattern": "event_patterns",
    "event_selectors": "selectors",
    "failed_clauses": "reasons",
    "filter_pattern": "filter_patterns",
    "log_filter_pattern": "pushdown",
    "lookup_attribute": "pushdown",
    "match": "match",
    "pushed": "pushdown",
}
"""Where the public names live; they are imported when first used."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"trailsdk.select.where.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
