"""Event patterns a second time: slow, plain, written from AWS's text alone, and sharing no code with trailsdk."""

import ipaddress
import re
from typing import Any


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """An object of a pattern against an object of an event; of an array, one of its objects is to match."""
    if isinstance(event, list):
        return any(matches(pattern, each) for each in event)
    event = event if isinstance(event, dict) else {}
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(each, event) for each in wanted):
                return False
        elif isinstance(wanted, dict):
            if not matches(wanted, event.get(name)):
                return False
        elif not any(accepts(each, scalars(event[name]) if name in event else []) for each in wanted):
            return False
    return True


def scalars(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for each in value for found in scalars(each)]
    return [] if isinstance(value, dict) else [value]


def accepts(wanted: Any, values: list[Any]) -> bool:
    if isinstance(wanted, dict) and "exists" in wanted:
        return bool(values) is wanted["exists"]
    return any(one(wanted, value) for value in values)


def same(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or wanted is None or isinstance(value, bool) or value is None:
        return wanted is value
    numbers = type(wanted) in (int, float) and type(value) in (int, float)
    return (numbers or (isinstance(wanted, str) and isinstance(value, str))) and bool(wanted == value)


def one(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return same(wanted, value)
    [(operator, operand)] = wanted.items()
    if operator == "anything-but":
        if isinstance(operand, dict):
            [(inner, texts)] = operand.items()
            return not any(one({inner: text}, value) for text in (texts if isinstance(texts, list) else [texts]))
        return not any(same(each, value) for each in (operand if isinstance(operand, list) else [operand]))
    if operator == "numeric":
        if type(value) not in (int, float):
            return False
        pairs = zip(operand[::2], operand[1::2], strict=True)
        tests = {"=": "__eq__", "<": "__lt__", ">": "__gt__", "<=": "__le__", ">=": "__ge__"}
        return all(getattr(float(value), tests[sign])(float(limit)) for sign, limit in pairs)
    if not isinstance(value, str):
        return False
    return of_text(operator, operand, value)


def of_text(operator: str, operand: Any, value: str) -> bool:
    if operator == "cidr":
        try:
            return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
        except ValueError:
            return False
    if isinstance(operand, dict):
        return of_text(operator, operand["equals-ignore-case"].casefold(), value.casefold())
    text = str(operand)
    if operator == "wildcard":
        tokens = re.findall(r"\\.|[^\\]", text, re.DOTALL)
        parts = [".*" if token == "*" else re.escape(token[-1]) for token in tokens]  # noqa: S105 (no password)
        return re.fullmatch("".join(parts), value, re.DOTALL) is not None
    return {
        "prefix": value.startswith(text),
        "suffix": value.endswith(text),
        "equals-ignore-case": value.casefold() == text.casefold(),
    }[operator]
