"""Free-form documents as classes of the caller's. cattrs does it; imported only when it is asked for."""

import re
from functools import lru_cache
from typing import Any, TypeVar

import attrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override

from trailsdk._json import Json
from trailsdk.errors import StructureError

__all__ = ["structure"]

T = TypeVar("T")

_KEY = re.compile(r"\['.*'\]")
"""A key of a mapping, in a path."""


def structure(value: Json, cls: type[T]) -> T:
    """Make an object of the caller's class.

    Raises:
        StructureError: The value does not fit.
    """
    try:
        return _converter().structure(value, cls)
    except Exception as error:  # noqa: BLE001 (the validators of the caller's class may raise anything)
        # No value stands in these texts: request parameters may hold credentials.
        told = transform_error(error, path="requestParameters", format_exception=_words)
        problems = tuple(_KEY.sub("['...']", each) for each in told)
        raise StructureError(cls.__name__, problems) from None


def _words(error: BaseException, expected: type[Any] | None) -> str:
    if isinstance(error, KeyError):
        return "it is missing"
    if isinstance(error, _WrongTypeError):
        return str(error)
    if expected is not None:
        return f"expected {getattr(expected, '__name__', expected)}"
    return "it is refused by the class"


class _WrongTypeError(TypeError):
    """A value is of another type; the text names both types."""


def _exactly(wanted: Any, *accepted: type) -> Any:
    """Check a type. cattrs itself would make the text `5` of the number 5."""

    def check(value: Any, _: Any) -> Any:
        if type(value) not in accepted:
            raise _WrongTypeError(f"expected {wanted.__name__}, got {type(value).__name__}")
        return wanted(value)

    return check


@lru_cache(maxsize=1)
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    for wanted, accepted in ((str, (str,)), (bool, (bool,)), (int, (int,)), (float, (float, int))):
        converter.register_structure_hook(wanted, _exactly(wanted, *accepted))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _by_aws_names(cls, converter))
    return converter


def _by_aws_names(cls: type, converter: Converter) -> Any:
    """Structure a class whose fields are AWS's names in snake case."""
    attrs.resolve_types(cls)
    renamed: dict[str, Any] = {
        each.name: override(rename=each.metadata.get("aws", _camel(each.name))) for each in attrs.fields(cls)
    }
    from_dict: Any = make_dict_structure_fn(cls, converter, **renamed)

    def from_object(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise _WrongTypeError(f"expected an object, got {type(value).__name__}")
        return from_dict(value, kind)

    return from_object


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
