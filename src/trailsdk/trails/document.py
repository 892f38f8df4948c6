"""Policies as JSON documents: read, written, measured, and compared by what they mean."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from trailsdk import _json
from trailsdk.errors import PolicyError

__all__ = [
    "BUCKET_POLICY_BYTES",
    "VERSION",
    "Policy",
    "as_list",
    "encode_policy",
    "find_key",
    "meaning",
    "parse_policy",
    "same_meaning",
    "statements_of",
]

Policy: TypeAlias = dict[str, Any]
"""A policy, in IAM's JSON policy language."""

VERSION: Final = "2012-10-17"

_WORDS: Final = ("Action", "Condition", "Effect", "Principal", "Resource", "Sid", "Statement", "Version")

BUCKET_POLICY_BYTES: Final = 20 * 1024
"""How large a bucket policy may be. Source: Amazon S3 User Guide, "Policies and permissions in Amazon S3"."""


def parse_policy(text: str | bytes | Mapping[str, Any], name: str = "policy") -> Policy:
    """Read a policy.

    Args:
        text: JSON, or the document.
        name: What it is called in errors.

    Returns:
        A document of its own: changing it changes no other.

    Raises:
        PolicyError: It is no JSON, a name is repeated in it, or it is no policy.
    """
    document = _decode(text if isinstance(text, bytes) else _encode(text), name)
    if not isinstance(document, dict):
        raise PolicyError(name, "it is no JSON object")
    found = document.get("Statement")
    if not isinstance(found, list | dict) or not all(isinstance(each, dict) for each in as_list(found)):
        raise PolicyError(name, "it has no list of statements")
    for number, statement in enumerate(as_list(found), 1):
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError(name, f"the effect of statement {number} is neither Allow nor Deny")
        conditions = statement.get("Condition", {})
        if not isinstance(conditions, dict) or not all(isinstance(each, dict) for each in conditions.values()):
            raise PolicyError(name, f"the condition of statement {number} is no object of objects")
    return document


def _encode(text: str | Mapping[str, Any]) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else _json.encode_ascii(text)


def _decode(text: bytes, name: str) -> Any:
    try:
        document = _json.decode(text)
        repeated = next(_json.repeated_names(text, _WORDS), None)
    except _json.INVALID as error:
        raise PolicyError(name, _json.reason_of(error)) from None
    if repeated is not None:
        raise PolicyError(name, f"{repeated} in one object: it is unclear which one counts")
    return document


def encode_policy(policy: Mapping[str, Any]) -> str:
    """Write a policy without white space, as it counts against AWS's limits."""
    return _json.encode_ascii(policy).decode()


def as_list(value: Any) -> list[Any]:
    """Give the list of what IAM's language writes as one value or as a list."""
    return value if isinstance(value, list) else [value]


def statements_of(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give a policy's statements, in their order."""
    return as_list(policy["Statement"])


def find_key(names: Mapping[str, Any], wanted: str) -> str | None:
    """Find a condition key, which is written in upper or lower case."""
    return next((name for name in names if name.lower() == wanted.lower()), None)


def same_meaning(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two policies say the same.

    The order of statements and values, Sids, repeated values, and a value or a list of one do not matter,
    nor how an account or everybody is spelt as a principal.
    """
    return meaning(one) == meaning(other)


def meaning(policy: Mapping[str, Any]) -> frozenset[Any]:
    """Reduce a policy to what it says, to be compared."""
    return frozenset(_statement(each) for each in statements_of(policy))


def _statement(statement: Mapping[str, Any]) -> frozenset[Any]:
    parts: set[tuple[str, Any]] = set()
    for name, value in statement.items():
        if name in ("Action", "NotAction"):
            parts.add((name, frozenset(str(each).lower() for each in as_list(value))))
        elif name in ("Principal", "NotPrincipal"):
            parts.add((name, _principal(value)))
        elif name == "Condition":
            parts.add((name, _condition(value)))
        elif name != "Sid":
            parts.add((name, frozenset(map(str, as_list(value)))))
    return frozenset(parts)


def _principal(value: Any) -> frozenset[tuple[str, str]]:
    groups = value if isinstance(value, dict) else {"AWS": value}
    return frozenset((kind, _account(str(each))) for kind, named in groups.items() for each in as_list(named))


def _account(principal: str) -> str:
    match = re.fullmatch(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", principal, re.ASCII)
    return match[1] if match else principal


def _condition(value: Mapping[str, Any]) -> frozenset[Any]:
    return frozenset(
        (operator, key.lower(), frozenset(str(each) for each in as_list(values)))
        for operator, tests in value.items()
        for key, values in tests.items()
    )
