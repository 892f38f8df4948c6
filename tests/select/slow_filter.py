"""Filter patterns a second time: slow, plain, written from AWS's text alone, and sharing no code with trailsdk.

A pattern is a nested tuple, which is rendered to text for trailsdk and evaluated here:

- `("and", a, b, ...)`, `("or", a, b, ...)`
- `("compare", path, operator, kind, text)` with kind `"quoted"`, `"bare"`, `"number"` or `"regex"`
- `("is", path, "NULL" | "TRUE" | "FALSE")`, `("not exists", path)`

A path is a tuple of names, indexes, `"[*]"` and `".*"` as (kind, value) pairs.
"""

import re
from decimal import Decimal
from typing import Any

Pattern = tuple[Any, ...]
Step = tuple[str, Any]

MISSING = object()


def render_path(path: tuple[Step, ...]) -> str:
    text = "$"
    for kind, value in path:
        if kind == "name":
            text += f".{value}" if re.fullmatch(r"[A-Za-z0-9_-]+", value) else f".['{value}']"
        elif kind == "index":
            text += f"[{value}]"
        else:
            text += value
    return text


def render(pattern: Pattern) -> str:
    kind, *rest = pattern
    if kind == "and":
        return " && ".join(f"({render(part)})" for part in rest)
    if kind == "or":
        return " || ".join(render(part) if part[0] == "and" else f"({render(part)})" for part in rest)
    if kind == "is":
        return f"{render_path(rest[0])} IS {rest[1]}"
    if kind == "not exists":
        return f"{render_path(rest[0])} NOT EXISTS"
    path, operator, form, text = rest
    if form == "quoted":
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif form == "regex":
        text = f"%{text}%"
    return f"{render_path(path)}{operator} {text}"


def reach(value: Any, path: tuple[Step, ...]) -> list[Any]:
    """All values at a path; none where it is missing."""
    if not path:
        return [value]
    (kind, step), *rest = path
    below: list[Any] = []
    if (kind == "name" and isinstance(value, dict) and step in value) or (
        kind == "index" and isinstance(value, list) and step < len(value)
    ):
        below = [value[step]]
    elif step == "[*]" and kind == "all" and isinstance(value, list):
        below = value
    elif step == ".*" and kind == "all" and isinstance(value, dict):
        below = list(value.values())
    return [found for each in below for found in reach(each, tuple(rest))]


def number_as_text(value: Any) -> str:
    exact = Decimal(value)
    return str(int(exact)) if exact == exact.to_integral_value() else repr(value)


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def equal(value: Any, form: str, text: str) -> bool:
    """`=`: the node is a string or a number."""
    if form == "number":
        return value == text if isinstance(value, str) else Decimal(value) == Decimal(text)
    node = value if isinstance(value, str) else number_as_text(value)
    if form == "regex":
        return re.search(text.replace("$", r"\Z"), node, re.ASCII) is not None
    if text == "*":
        return True
    if len(text) > 1 and text[0] == "*" and text[-1] == "*":
        return text[1:-1] in node
    if text[:1] == "*":
        return node.endswith(text[1:])
    if text[-1:] == "*":
        return node.startswith(text[:-1])
    return node == text


def holds(pattern: Pattern, document: Any) -> bool:
    kind, *rest = pattern
    if kind == "and":
        return all(holds(part, document) for part in rest)
    if kind == "or":
        return any(holds(part, document) for part in rest)
    nodes = reach(document, rest[0])
    if kind == "not exists":
        return not nodes
    if kind == "is":
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}[rest[1]]
        return any(node is wanted for node in nodes)
    _, operator, form, text = rest
    if operator in ("=", "!="):
        comparable = [node for node in nodes if isinstance(node, str) or is_number(node)]
        return any(equal(node, form, text) == (operator == "=") for node in comparable)
    limit = Decimal(text)
    numbers = [Decimal(node) for node in nodes if is_number(node)]
    if operator == "<":
        return any(each < limit for each in numbers)
    if operator == ">":
        return any(each > limit for each in numbers)
    if operator == "<=":
        return any(each <= limit for each in numbers)
    return any(each >= limit for each in numbers)
