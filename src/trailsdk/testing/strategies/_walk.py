"""Which classes the model is made of."""

from trailsdk.codec.heads import own_fields, part_class
from trailsdk.model._fields import Part, Readable

__all__ = ["parts_of"]


def parts_of(cls: type[Readable]) -> list[type[Part]]:
    """Give the classes of all parts inside a class, at any depth, each once."""
    found: dict[type[Part], None] = {}
    for field in own_fields(cls):
        part = part_class(field)
        if part is not None:
            found |= dict.fromkeys([part, *parts_of(part)])
    return list(found)
