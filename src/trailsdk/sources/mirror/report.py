"""What came of a mirror, in numbers."""

from attrs import define

__all__ = ["MirrorReport"]


@define
class MirrorReport:
    """What has been copied so far. At any moment the objects add up.

    Objects: listed = copied + unchanged + pruned + skipped + failed + unreached.
    """

    listed: int = 0
    """Objects that were found, and folders that could not be listed."""
    copied: int = 0
    """Objects that were copied, because they were new, changed, or their copy was not whole."""
    replaced: int = 0
    """Of the copied: whose earlier copy was of another content. CloudTrail never changes a file, so look who did."""
    unchanged: int = 0
    """Objects whose copy is there already: same size, same ETag."""
    pruned: int = 0
    """Objects whose key says that they were not asked for."""
    skipped: int = 0
    """Objects that are none of CloudTrail's."""
    failed: int = 0
    """Objects that could not be copied, and folders that could not be listed."""
    bytes_copied: int = 0
    """Bytes of the copied objects."""
    folders_left_out: int = 0
    """Folders in CloudTrail's tree that are none of its own, and were not looked into."""

    @property
    def unreached(self) -> int:
        """Objects that were found, but not finished: those at hand when it ended early."""
        return self.listed - self.copied - self.unchanged - self.pruned - self.skipped - self.failed
