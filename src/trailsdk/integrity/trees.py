"""The trees of a location: each folder `AWSLogs`, and each organization's in it, with digests of many accounts."""

from concurrent.futures import ThreadPoolExecutor

from trailsdk.integrity.listing import folders_below, search_trees
from trailsdk.integrity.scope import Root
from trailsdk.integrity.verdicts import Finding
from trailsdk.model.key_tree import KeyPrefix, parse_prefix

__all__ = ["find_trees"]


def find_trees(root: Root, pool: ThreadPoolExecutor) -> list[KeyPrefix]:
    """Find the trees below a location, or the one that it lies in.

    What may not be listed is left out: whoever may not look above a folder still knows the folder.

    Args:
        root: Where to look.
        pool: Threads for listing.
    """
    begin = parse_prefix(root.prefix) if root.prefix else None
    if begin is not None and begin.account_id is not None:
        return [KeyPrefix(prefix=begin.prefix, organization_id=begin.organization_id)]
    tops = [begin] if begin is not None else [each for each in search_trees(root, pool) if isinstance(each, KeyPrefix)]
    found = []
    for top in tops:
        found.append(top)
        below = [] if top.organization_id is not None else folders_below(root, str(top))
        if not isinstance(below, Finding):
            children = (top.child(each.rstrip("/").rpartition("/")[2]) for each in below)
            found += [each for each in children if each is not None and each.account_id is None and each != top]
    return found
