"""What was asked for when files were consumed: a file that was consumed for another question may hold answers still."""

from datetime import datetime

from attrs import frozen

from trailsdk.select.selection import Selection

__all__ = ["Question"]


@frozen
class Question:
    """The part of a selection that decides about single records, so that it must not grow from run to run."""

    location: str
    since: str | None = None
    until: str | None = None
    categories: tuple[str, ...] | None = None

    @classmethod
    def of(cls, location: str, selection: Selection) -> "Question":
        """Take it from a selection."""
        return cls(
            location,
            None if selection.since is None else selection.since.isoformat(),
            None if selection.until is None else selection.until.isoformat(),
            None if selection.categories is None else tuple(sorted(selection.categories)),
        )

    def objection(self, before: "Question") -> str | None:
        """Say why a cursor that was used for the question before cannot answer this one; `None` where it can.

        Raises:
            ValueError: What is kept of the question before is no time.
        """
        if self.location != before.location:
            return f"it belongs to {before.location}, not to {self.location}; use a cursor of its own"
        if before.since is not None and (self.since is None or _is_before(self.since, before.since)):
            return _grown("since", before.since, self.since)
        if before.until is not None and (self.until is None or _is_before(before.until, self.until)):
            return _grown("until", before.until, self.until)
        if before.categories is not None and not set(self.categories or ("all",)) <= set(before.categories):
            return _grown("categories", ", ".join(before.categories), ", ".join(self.categories or ("all",)))
        return None


def _is_before(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) < datetime.fromisoformat(other)


def _grown(name: str, before: str, after: str | None) -> str:
    return (
        f"its files were read with {name}={before}, and are not read again for {name}={after}: "
        f"records in them would be missed; use another cursor"
    )
