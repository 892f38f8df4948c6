"""How wide the columns of a table are: computed once, so that rows can be printed as they come."""

from collections.abc import Sequence

from attrs import frozen

__all__ = ["Extent", "widths"]


@frozen
class Extent:
    """How wide a column should be."""

    ideal: int
    least: int
    """Narrower it says nothing any more."""
    most: int
    """Wider it says nothing more."""


def widths(extents: Sequence[Extent], total: int, gap: int) -> list[int]:
    """Divide the width of a table among its columns.

    Args:
        extents: The columns.
        total: Width of the table.
        gap: Width between two columns.

    Returns:
        The width of each. Their sum is `total` at most, unless not even the least widths fit.
    """
    found = [each.ideal for each in extents]
    room = total - gap * (len(extents) - 1)
    while sum(found) > room:
        shrinking = [at for at, each in enumerate(extents) if found[at] > each.least]
        if not shrinking:
            break
        found[max(shrinking, key=lambda at: found[at] / extents[at].least)] -= 1
    while sum(found) < room:
        growing = [at for at, each in enumerate(extents) if found[at] < each.most]
        if not growing:
            break
        found[min(growing, key=lambda at: found[at] / extents[at].ideal)] += 1
    return found
