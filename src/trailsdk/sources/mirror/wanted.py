"""Which objects of a bucket a mirror holds: what reading would read, and the digest files that vouch for it."""

from datetime import timedelta
from typing import Literal

from attrs import evolve, field, frozen

from trailsdk.model.keys import DIGEST_FOLDER, DigestKey, LogFileKey
from trailsdk.model.times import shifted
from trailsdk.select.selection import CLOCK_SKEW, Selection
from trailsdk.sources.s3.source import is_read
from trailsdk.sources.s3.tree import Entry

__all__ = ["DIGEST_DELAY", "Wanted"]

DIGEST_DELAY = timedelta(hours=2)
"""How much later than the last log file the digest ends that names it, at the most. A digest covers an hour, and names
what was delivered in it; `aws cloudtrail validate-logs` allows one hour, which leaves no time for late digests."""

Judgement = Literal["wanted", "pruned", "skipped"]


@frozen
class Wanted:
    """What is asked for."""

    selection: Selection
    """With the time that is allowed for late delivery."""
    digests: bool
    listed: Selection = field(init=False)
    """For the planner: also the days on which only digests are wanted."""

    @listed.default
    def _listed(self) -> Selection:
        late = self.selection.late_delivery + (DIGEST_DELAY if self.digests else timedelta())
        return evolve(self.selection, late_delivery=late)

    def enters(self, folder: str) -> bool:
        """Tell whether to look into a folder such as `CloudTrail`."""
        return self.digests if folder == DIGEST_FOLDER else self.selection.wants_folder(folder)

    def judge(self, entry: Entry) -> Judgement:
        """Tell whether an object is wanted, was not asked for, or is none of CloudTrail's."""
        key = entry.key
        if isinstance(key, LogFileKey):
            return "wanted" if self.selection.wants_key(key) else "pruned"
        if isinstance(key, DigestKey):
            return "wanted" if self._wants_digest(key) else "pruned"
        return "wanted" if key is None and (entry.named or is_read(entry.stored)) else "skipped"

    def _wants_digest(self, key: DigestKey) -> bool:
        """Tell whether a digest vouches for log files that are wanted, by the time of their delivery."""
        asked = self.selection
        if not (self.digests and asked.wants_account(key.account_id) and asked.wants_region(key.region)):
            return False
        if asked.since is not None and key.end_time < shifted(asked.since, -CLOCK_SKEW):
            return False
        return asked.until is None or key.end_time <= shifted(asked.until, self.listed.late_delivery)
