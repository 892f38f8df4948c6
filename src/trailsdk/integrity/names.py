"""What digests say of log files: their names, and for which time that is all."""

import secrets
from array import array
from bisect import bisect_left
from datetime import datetime
from hashlib import blake2b

from attrs import frozen

from trailsdk.integrity.coverage import Coverage, CoverageState
from trailsdk.integrity.verdicts import ChainId

__all__ = ["VOUCHED", "Known", "Names"]

VOUCHED = (CoverageState.VOUCHED, CoverageState.PROVED_EARLIER)
"""States of time in which there is nothing but what digests name."""


class Names:
    """The names of log files: eight bytes of each. Which files share those, nobody outside of the process can tell."""

    _key = secrets.token_bytes(32)

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._sorted = True

    def add(self, uri: str) -> None:
        """Add one."""
        self._hashes.append(self._hash(uri))
        self._sorted = False

    def seal(self) -> "Names":
        """Make it ready to be asked."""
        if not self._sorted:
            self._hashes, self._sorted = array("Q", sorted(self._hashes)), True
        return self

    def __contains__(self, uri: str) -> bool:
        wanted = self._hash(uri)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted

    def _hash(self, uri: str) -> int:
        encoded = uri.encode(errors="surrogatepass")
        return int.from_bytes(blake2b(encoded, digest_size=8, key=self._key).digest())


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
