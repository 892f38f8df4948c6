"""What a policy answers to a request of CloudTrail: as far as it can be known from outside.

This is no simulator of IAM. It answers one question, of a policy that stands on a bucket, a topic or a key:
may this principal do that? A condition on something that is not known makes the answer `UNKNOWN`, never a guess.

Source: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from attrs import field, frozen

from trailsdk.trails.document import as_list, find_key, statements_of

__all__ = ["Answer", "Decision", "Question", "decide", "matches"]


class Decision(StrEnum):
    """What a policy says."""

    ALLOWED = "allowed"
    """A statement allows it, and none denies it."""

    DENIED = "denied"
    """A statement denies it, whatever others allow."""

    NOT_ALLOWED = "not allowed"
    """No statement speaks of it."""

    UNKNOWN = "unknown"
    """It hangs on a condition that cannot be judged from outside."""


@frozen(kw_only=True)
class Question:
    """May somebody do something?"""

    action: str
    """Such as `s3:PutObject`."""

    resource: str
    """An ARN."""

    service: str | None = None
    """A service as principal."""

    account_id: str | None = None
    """An account as principal, where it is no service."""

    context: Mapping[str, str | None] = field(factory=dict)
    """Values of condition keys, by name in lower case. `None`: the key is known to be absent; others are unknown."""


@frozen
class Answer:
    """What a policy answers, and by which statement."""

    decision: Decision

    statement: str | None = None
    """Its Sid, or its number counted from 1; `None` where no statement decides."""


def decide(policy: Mapping[str, Any], question: Question) -> Answer:
    """Answer a question from a policy alone."""
    allowed, maybe_allowed, maybe_denied = None, None, None
    for number, statement in enumerate(statements_of(policy), 1):
        name = str(statement.get("Sid") or f"number {number}")
        applies = _applies(statement, question)
        if statement["Effect"] == "Deny":
            if applies:
                return Answer(Decision.DENIED, name)
            maybe_denied = name if applies is None else maybe_denied
        elif applies:
            allowed = allowed or name
        elif applies is None:
            maybe_allowed = maybe_allowed or name
    if allowed is None:
        return Answer(Decision.NOT_ALLOWED) if maybe_allowed is None else Answer(Decision.UNKNOWN, maybe_allowed)
    return Answer(Decision.ALLOWED, allowed) if maybe_denied is None else Answer(Decision.UNKNOWN, maybe_denied)


def _applies(statement: Mapping[str, Any], question: Question) -> bool | None:
    """Tell whether a statement speaks of the request; `None`: it hangs on what is not known."""
    if not (_principal(statement, question) and _action(statement, question)):
        return False
    return _all([_resource(statement, question), *_conditions(statement, question)])


def _all(tests: list[bool | None]) -> bool | None:
    if False in tests:
        return False
    return None if None in tests else True


def _principal(statement: Mapping[str, Any], question: Question) -> bool:
    if "NotPrincipal" in statement:
        return not _named(statement["NotPrincipal"], question)
    return _named(statement.get("Principal", {}), question)


def _named(principal: Any, question: Question) -> bool:
    groups = principal if isinstance(principal, dict) else {"AWS": principal}
    everybody = "*" in as_list(groups.get("AWS", []))
    if question.service is not None:
        services = as_list(groups.get("Service", []))
        return everybody or question.service in services or "*" in services
    account = question.account_id or ""
    pattern = re.compile(rf"arn:aws[a-z-]*:iam::{re.escape(account)}:root|{re.escape(account)}", re.ASCII)
    return everybody or any(pattern.fullmatch(str(each)) for each in as_list(groups.get("AWS", [])))


def _action(statement: Mapping[str, Any], question: Question) -> bool:
    named = "Action" if "Action" in statement else "NotAction"
    wanted = question.action.lower()
    found = any(matches(str(each).lower(), wanted) for each in as_list(statement.get(named, [])))
    return found if named == "Action" else not found


def _resource(statement: Mapping[str, Any], question: Question) -> bool | None:
    named = "Resource" if "Resource" in statement else "NotResource"
    patterns = [str(each) for each in as_list(statement.get(named, []))]
    if any(matches(each, question.resource) for each in patterns if "${" not in each):
        return named == "Resource"
    if any("${" in each for each in patterns):
        return None
    return named == "NotResource"


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    return re.compile("".join({"*": ".*", "?": "."}.get(each) or re.escape(each) for each in parts), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text fits a pattern, where `*` stands for any text and `?` for one character."""
    return _compiled(pattern).fullmatch(text) is not None


_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": matches,
    "ArnEquals": matches,
    "ArnLike": matches,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
}

_NEGATIVE: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _conditions(statement: Mapping[str, Any], question: Question) -> Iterator[bool | None]:
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            yield _condition(operator, key, [_text(each) for each in as_list(values)], question.context)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(operator: str, key: str, values: list[str], context: Mapping[str, str | None]) -> bool | None:
    name = find_key(context, key)
    if name is None or any("${" in each for each in values):
        return None
    found = context[name]
    if operator == "Null":
        return any((each.lower() == "true") == (found is None) for each in values)
    base = operator.removesuffix("IfExists")
    negative = base in _NEGATIVE
    test = _TESTS.get(_NEGATIVE.get(base, base))
    if test is None:
        return None
    if found is None:
        # A key that is absent fits what is asked by exclusion, and what is asked "if it exists".
        return negative or base != operator
    return any(test(each, found) for each in values) != negative
