"""Checks that others add to a verification: what they are asked, and what becomes of what they say.

A check only adds findings. No verdict goes through it, and what it says has a code with its plugin's name before it,
so that it is never taken for what trailsdk says.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from trailsdk.errors import PluginError
from trailsdk.integrity.verdicts import ChainId, Finding, FindingCode, Verdict
from trailsdk.model.digest import Digest
from trailsdk.sources.store import ObjectStore, StoredObject

__all__ = ["Check", "Checks", "SeeContent", "SeeObject"]

HOOK = "trailsdk_checks"
"""The hook that checks come from."""

SeeContent: TypeAlias = Callable[[Verdict, bytes], None]
"""Takes the verdict on a log file, and its inflated bytes."""

SeeObject: TypeAlias = Callable[[ObjectStore, StoredObject], list[Finding]]
"""Takes what a listing tells of an object, and gives findings."""

_MOST_CAUSES = 10
"""Errors of a check that are kept: each may hold the content of a log file. The others are only named."""

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


@frozen(kw_only=True)
class Check:
    """A check, and whose it is. Each of its functions is optional."""

    plugin: str
    name: str
    on_digest: Callable[[Verdict, Digest], Iterable[Finding]] | None = None
    on_log: Callable[[Verdict, bytes], Iterable[Finding]] | None = None
    on_object: Callable[[str, StoredObject], Iterable[Finding]] | None = None
    _faults: Iterator[int] = field(factory=count, init=False, eq=False, repr=False)

    def fault(self, reason: str) -> PluginError:
        """Name the check that is wrong."""
        return PluginError(self.plugin, HOOK, f"the check {self.name!r} {reason}")

    def raised(self, error: Exception) -> PluginError:
        """Attribute what the check raised to it.

        The text of its error is left to the cause: it may quote what the check looked at.
        """
        fault = self.fault(f"raised {type(error).__name__}")
        if next(self._faults) < _MOST_CAUSES:
            fault.__cause__ = error
        return fault


@frozen(eq=False)
class Checks:
    """All checks of a verification. Its methods may be called by several threads at once."""

    checks: tuple[Check, ...] = ()
    _of_logs: tuple[Check, ...] = field(init=False)
    _of_objects: tuple[Check, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_of_logs", tuple(each for each in self.checks if each.on_log is not None))
        object.__setattr__(self, "_of_objects", tuple(each for each in self.checks if each.on_object is not None))

    @property
    def names(self) -> frozenset[str]:
        """Name those that look at digests and log files, which are not looked at again once they are proved."""
        return frozenset(f"{each.plugin}:{each.name}" for each in self.checks if each.on_digest or each.on_log)

    def of_digest(self, verdict: Verdict, digest: Digest) -> list[Finding]:
        """Ask about a digest that could be read."""
        return [
            finding
            for each in self.checks
            if each.on_digest is not None
            for finding in _ask(each, each.on_digest, verdict.uri, verdict.chain, verdict, digest)
        ]

    def of_log(self, findings: list[Finding]) -> SeeContent | None:
        """Give what is to see a log file's content; `None` where no check wants to.

        Args:
            findings: To which it adds.
        """
        if not self._of_logs:
            return None

        def see(verdict: Verdict, content: bytes) -> None:
            for each in self._of_logs:
                findings.extend(_ask(each, each.on_log, verdict.uri, verdict.chain, verdict, content))

        return see

    @property
    def of_object(self) -> SeeObject | None:
        """What is to see the objects of listings; `None` where no check wants to."""
        return self._of_object if self._of_objects else None

    def _of_object(self, store: ObjectStore, stored: StoredObject) -> list[Finding]:
        uri = store.uri(stored.key)
        return [finding for each in self._of_objects for finding in _ask(each, each.on_object, uri, None, uri, stored)]


def _ask(check: Check, function: Any, uri: str, chain: ChainId | None, *facts: object) -> list[Finding]:
    """Call a function of a check.

    A check that fails is asked about the next file all the same: one odd file, which somebody may have planted,
    switches no check off.

    Returns:
        Its findings; where it failed, those before, and one that says so.
    """
    found: list[Finding] = []
    try:
        given = function(*facts)
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            reason = f"gave a {type(given).__name__}, expected findings one after the other"
            return [_failed(check.fault(reason), uri, chain)]
        for each in given:
            wrong = _wrong(each)
            if wrong is not None:
                found.append(_failed(check.fault(wrong), uri, chain))
                break
            code = f"{check.plugin}:{str.__str__(each.code)}"
            found.append(evolve(each, code=code, uri=each.uri or uri, chain=each.chain or chain, error=None))
    except Exception as raised:  # noqa: BLE001 (whatever a plugin raises is the plugin's)
        found.append(_failed(check.raised(raised), uri, chain))
    return found


def _wrong(given: object) -> str | None:
    """Say what is wrong with a finding; `None` where it is sound."""
    if not isinstance(given, Finding):
        return f"gave a {type(given).__name__}, expected a Finding"
    finding: Any = given
    if isinstance(finding.code, FindingCode):
        return f"gave a finding with trailsdk's own code {finding.code.value}"
    if not isinstance(finding.code, str) or not _CODE.fullmatch(finding.code):
        return "gave a finding whose code is not of a-z and 0-9, with - between"
    name = f"gave the finding {str.__str__(finding.code)}"
    if finding.effect not in ("none", "unproved"):
        return f"{name} an effect that is neither none nor unproved"
    if not all(isinstance(each, str | None) for each in (finding.uri, finding.detail or "")):
        return f"{name} a uri or a detail that is no text"
    if not isinstance(finding.chain, ChainId | None):
        return f"{name} a chain that is no ChainId"
    if not all(each is None or _is_aware(each) for each in (finding.start, finding.end)):
        return f"{name} a time that is no aware datetime"
    if finding.files is not None and (type(finding.files) is not int or finding.files < 1):
        return f"{name} a number of files that is none"
    return None


def _is_aware(time: object) -> bool:
    return isinstance(time, datetime) and time.utcoffset() is not None


def _failed(error: PluginError, uri: str, chain: ChainId | None) -> Finding:
    return Finding(code=FindingCode.CHECK_FAILED, uri=uri, chain=chain, detail=str(error), error=error)
