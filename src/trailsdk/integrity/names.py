"""What digests say of log files: their names, and for which time that is all."""

from array import array
from bisect import bisect_left
from datetime import datetime, timedelta
from hashlib import blake2b
from secrets import token_bytes

from attrs import frozen

from trailsdk.integrity.coverage import Coverage, CoverageState
from trailsdk.integrity.verdicts import ChainId

__all__ = ["ROUNDED", "VOUCHED", "Known", "Names", "hash_of"]

VOUCHED = (CoverageState.VOUCHED, CoverageState.PROVED_EARLIER)
"""States of time in which there is nothing but what digests name."""


ROUNDED = timedelta(minutes=10)
"""By how much the time in a log file's name may be wrong: minutes are rounded, to five in all samples."""

_KEY = token_bytes(32)


def hash_of(uri: str) -> int:
    """Hash a log file's name to eight bytes. Which files share those, nobody outside of the process can tell."""
    return int.from_bytes(blake2b(uri.encode(errors="surrogatepass"), digest_size=8, key=_KEY).digest())


class Names:
    """The names of log files: eight bytes of each."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._sorted = True

    def add(self, uri: str) -> None:
        """Add one."""
        self._hashes.append(hash_of(uri))
        self._sorted = False

    def seal(self) -> "Names":
        """Make it ready to be asked."""
        if not self._sorted:
            self._hashes, self._sorted = array("Q", sorted(self._hashes)), True
        return self

    def __contains__(self, uri: str) -> bool:
        wanted = hash_of(uri)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted


@frozen
class Known:
    """What digests say: which log files there are, and for which time that is all."""

    names: Names
    coverages: tuple[Coverage, ...]

    def of_chains(self, chains: frozenset[ChainId]) -> "Known":
        """Give what speaks of a folder: all names, and the coverages of the chains whose digests lie beside it."""
        return Known(self.names, tuple(each for each in self.coverages if each.chain in chains))

    def states_at(self, time: datetime) -> list[CoverageState]:
        """Give the state of a time, for each chain that speaks of it."""
        return [state for each in self.coverages if (state := each.state_at(time)) is not None]

    def is_vouched(self, first: datetime, last: datetime) -> bool:
        """Tell whether one chain vouches for both moments."""
        return any(each.state_at(first) in VOUCHED and each.state_at(last) in VOUCHED for each in self.coverages)
