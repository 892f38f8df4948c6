"""Why a condition is not true of a record: the clauses that failed."""

from collections.abc import Iterator

from attrs import frozen

from trailsdk._json import Json
from trailsdk.model.path import ABSENT
from trailsdk.model.record import Record
from trailsdk.select.where.paths import Every, leaves, values_at
from trailsdk.select.where.tree import And, Condition, FilterPattern, Not, Or, Test

__all__ = ["Clause", "failed_clauses"]


@frozen
class Clause:
    """A part of a condition that is not true."""

    condition: Condition
    found: Json = ABSENT
    """What stands at its path; ABSENT where nothing does, or where it is more than one thing."""

    def __str__(self) -> str:
        return str(self.condition)


def failed_clauses(condition: Condition, record: Record) -> list[Clause]:
    """Tell which clauses failed, the smallest ones; none where the condition is true.

    Of a conjunction those that are not true, of alternatives all.
    """
    return [] if condition(record) else list(_failed(condition, record))


def _failed(condition: Condition, record: Record) -> Iterator[Clause]:
    if isinstance(condition, FilterPattern):
        yield from _failed(condition.part, record)
    elif isinstance(condition, (And, Or)):
        for part in condition.parts:
            if not part(record):
                yield from _failed(part, record)
    else:
        tested = condition.part if isinstance(condition, Not) else condition
        yield Clause(condition, _found(tested, record) if isinstance(tested, Test) else ABSENT)


def _found(test: Test, record: Record) -> Json:
    if any(isinstance(step, Every) for step in test.path):
        return ABSENT
    document = record.to_dict()
    values = leaves(document, test.path) if test.through_arrays else values_at(document, test.path)
    found = list(values)
    return found[0] if len(found) == 1 else found or ABSENT
