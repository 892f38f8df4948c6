"""The one place that reads and writes JSON.

msgspec reads: it keeps integers beyond 64 bits and can leave a part as text. orjson writes.
The standard library reads the rest of what JSON's grammar allows and msgspec refuses:
strings with an unpaired surrogate escape, which a client can plant in a user agent.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
import orjson
from attrs import frozen

Json: TypeAlias = Any
"""Any JSON value: AWS leaves the shape open.

Objects are `dict`, arrays `list`; a number that fits no Python number is an `Undecodable`.
"""

Decode: TypeAlias = Callable[[Any], Any]

INVALID = (msgspec.DecodeError, ValueError, RecursionError)
"""What reading JSON raises: a malformed text, bad UTF-8 (a ValueError), nesting beyond the interpreter's depth."""


@frozen
class Undecodable:
    """A part that is well-formed JSON, but has no Python value."""

    raw: bytes
    """The exact text."""
    reason: str

    def __repr__(self) -> str:
        return f"Undecodable({len(self.raw)} bytes, {self.reason!r})"


def reason_of(error: Exception) -> str:
    """Say in words why a text could not be read, without quoting it."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: {error.reason}"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} (byte {error.pos})"
    if isinstance(error, msgspec.DecodeError):
        return "not JSON: " + str(error).removeprefix("JSON is malformed: ")
    return str(error) if str(error).startswith("not JSON") else "a number of too many digits"


_decode_plain = msgspec.json.Decoder().decode
_split_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
"""Divide a JSON array into the texts of its elements, which point into the given bytes. Bad UTF-8 passes."""


def decode(raw: bytes | msgspec.Raw) -> Json:
    """Read any JSON value.

    Numbers keep their kind: integers of any size, floats; one that no Python number holds is an `Undecodable`.

    Raises:
        One of INVALID: The text is not JSON.
    """
    try:
        return _decode_plain(raw)
    except INVALID:
        return _decode_odd(bytes(raw))


def _float(text: str) -> float | Undecodable:
    value = float(text)
    return value if math.isfinite(value) else Undecodable(text.encode(), "a number beyond 64-bit floats")


def _int(text: str) -> int | Undecodable:
    try:
        return int(text)
    except ValueError:
        return Undecodable(text.encode(), "a number of too many digits")


def _no_constant(text: str) -> Json:
    raise ValueError(f"not JSON: {text}")


def _decode_odd(raw: bytes) -> Json:
    """Read what msgspec refuses though it is JSON. The standard library would also take NaN, UTF-16 and a BOM."""
    text = raw.decode()
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("unexpected byte order mark", text, 0)
    return json.loads(text, parse_float=_float, parse_int=_int, parse_constant=_no_constant)


def members(raw: bytes | msgspec.Raw) -> dict[str, bytes]:
    """Divide a JSON object into its members' texts. Of a repeated name the last is kept, as everywhere.

    Raises:
        One of INVALID: The text is not a JSON object, or the text of a member is not JSON.
    """
    try:
        return {name: bytes(value) for name, value in _split_object(raw).items()}
    except INVALID:
        value = _decode_odd(bytes(raw))
        if not isinstance(value, dict):
            raise json.JSONDecodeError("no object", "", 0) from None
        return {name: encode_ascii(member) for name, member in value.items()}


def encode_ascii(value: Json) -> bytes:
    """Write JSON in ASCII with the standard library: it can write what only it can read."""
    return json.dumps(value, separators=(",", ":"), default=_as_json, allow_nan=False).encode()


def _as_json(value: object) -> Json:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def encode(value: Json) -> bytes:
    """Write a JSON value, compact, UTF-8; mappings and tuples too.

    Raises:
        TypeError: It holds something that is no JSON value.
    """
    try:
        return orjson.dumps(value, default=_as_json)
    except TypeError:
        # Integers beyond 64 bits, unpaired surrogates and numbers that were not decoded.
        return _encode_odd(value)


def _encode_odd(value: Json) -> bytes:
    """Write value by value, so that the text of what was not decoded can be put in as it was."""
    if isinstance(value, Undecodable):
        return value.raw
    if isinstance(value, Mapping):
        pairs = (encode_ascii(str(name)) + b":" + _encode_odd(member) for name, member in value.items())
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, (list, tuple)):
        return b"[" + b",".join(map(_encode_odd, value)) + b"]"
    return encode_ascii(value)


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\s"]+', re.DOTALL)


def compact(raw: bytes) -> bytes:
    """Remove the white space between tokens, and nothing else. The text must be well-formed JSON."""
    try:
        return msgspec.json.format(raw, indent=-1)
    except INVALID:
        return b"".join(_TOKEN.findall(raw))


def repeated_names(raw: bytes, known: Collection[str]) -> Iterator[str]:
    """Say for each object, at any depth, in which a name stands more than once, that it does.

    Args:
        raw: The text.
        known: Names that may be told; others may be credentials.

    Raises:
        One of INVALID: The text is not JSON.
    """
    found: list[str] = []

    def pairs(items: list[tuple[str, Json]]) -> None:
        counts = Counter(name for name, _ in items)
        if len(counts) < len(items):
            name = max(counts, key=lambda name: counts[name])
            found.append(f"{name if name in known else 'a name'} stands twice")

    json.loads(raw.decode(), object_pairs_hook=pairs)
    yield from found
