"""Statements joined into a policy that is there: what others wrote stays as it is.

A statement *grows* where the policy has one that says the same but for lists of values, such as the ARNs of
trails. Otherwise it is added. Values that were there stay, so that joining is idempotent, and what comes out
means the same in whatever order trails are added.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from trailsdk.errors import PolicyError
from trailsdk.trails.document import Policy, as_list, encode_policy, find_key, meaning, statements_of

__all__ = ["Growing", "check_size", "join_statement"]

Growing: TypeAlias = tuple[str, ...]
"""The way to a list that may grow, such as `("Resource",)` or `("Condition", "StringEquals", "aws:SourceArn")`."""


def join_statement(
    policy: Policy,
    wanted: Mapping[str, Any],
    growing: Sequence[Growing],
    accepts: Callable[[Mapping[str, Any]], bool] = lambda _: True,
) -> Policy:
    """Join a statement into a policy.

    Args:
        policy: What is there. It is not changed.
        wanted: The statement.
        growing: Which of its lists may grow.
        accepts: Tells whether a statement with the same frame may be the one that grows.

    Returns:
        The policy, as it was where it says so already.
    """
    made = deepcopy(policy)
    statements = statements_of(made)
    frame = _frame(wanted, growing)
    for statement in statements:
        if _frame(statement, growing) == frame and accepts(statement):
            for way in growing:
                _grow(statement, way, as_list(_at(wanted, way)))
            return made
    added = deepcopy(dict(wanted))
    if "Sid" in added:
        added["Sid"] = _free_sid(added["Sid"], statements)
    made["Statement"] = [*statements, added]
    return made


def _frame(statement: Mapping[str, Any], growing: Sequence[Growing]) -> frozenset[Any] | None:
    """Give what a statement says without the lists that may grow; `None` where it lacks one."""
    bare = deepcopy(dict(statement))
    for way in growing:
        inner = _holder(bare, way)
        key = None if inner is None else find_key(inner, way[-1])
        if inner is None or key is None:
            return None
        inner[key] = "*growing*"
    return meaning({"Statement": bare})


def _holder(statement: dict[str, Any], way: Growing) -> dict[str, Any] | None:
    inner: Any = statement
    for name in way[:-1]:
        inner = inner.get(name) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


def _at(statement: Mapping[str, Any], way: Growing) -> Any:
    inner: Any = statement
    for name in way:
        inner = inner[name]
    return inner


def _grow(statement: dict[str, Any], way: Growing, values: list[Any]) -> None:
    inner = _holder(statement, way)
    if inner is None:
        return
    key = find_key(inner, way[-1]) or way[-1]
    there = as_list(inner[key])
    missing = [each for each in values if each not in there]
    if missing:
        inner[key] = sorted({*map(str, there), *map(str, missing)})


def _free_sid(sid: str, statements: Sequence[Mapping[str, Any]]) -> str:
    taken = {str(each.get("Sid")) for each in statements}
    names = [sid, *(f"{sid}x{number}" for number in range(2, len(statements) + 2))]
    return next(each for each in names if each not in taken)


def check_size(policy: Mapping[str, Any], limit_bytes: int, name: str) -> None:
    """Check a policy against AWS's limit.

    Raises:
        PolicyError: It is larger.
    """
    size = len(encode_policy(policy))
    if size > limit_bytes:
        raise PolicyError(name, f"it would have {size:,} bytes, and AWS takes {limit_bytes:,}: nothing was changed")
