"""Records that come twice are dropped, and what only pretends to be one is not."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk.errors import UsageError
from trailsdk.select.duplicates import Duplicates


def one(event_id: str | None, account: str | None = "111122223333", **fields: Any) -> dict[str, Any]:
    document = {"eventID": event_id, "recipientAccountId": account, **fields}
    return {name: value for name, value in document.items() if value is not None}


def read(*documents: dict[str, Any], **options: Any) -> trailsdk.RecordStream:
    data = json.dumps({"Records": documents}).encode()
    return trailsdk.read(BytesIO(data), **{"deduplicate": True, **options})


def counted(stream: trailsdk.RecordStream) -> tuple[int, int, int]:
    """Read all; give what was given, dropped, and in conflict."""
    given = len(list(stream))
    stats = stream.stats
    assert given == stats.yielded
    assert stats.seen == stats.yielded + stats.filtered + stats.bad + stats.duplicate
    return given, stats.duplicate, stats.conflicts


class TestDuplicates:
    """Same event id, recipient account and bytes: dropped and counted. Same key with other bytes: kept, a conflict."""

    def test_the_same(self) -> None:
        """The second is dropped, in one file or in two."""
        assert counted(read(one("a"), one("b"), one("a"))) == (2, 1, 0)
        data = json.dumps({"Records": [one("a"), one("b")]}).encode()
        assert counted(trailsdk.read(BytesIO(data), BytesIO(data), deduplicate=True)) == (2, 2, 0)

    def test_not_asked_for(self) -> None:
        """By default all come."""
        assert counted(read(one("a"), one("a"), deduplicate=False)) == (2, 0, 0)

    def test_a_planted_twin(self) -> None:
        """Other bytes under the same id hide nothing, whichever comes first; each comes once."""
        real, twin = one("a", eventName="StopLogging"), one("a", eventName="GetObject")
        assert counted(read(real, twin, real, twin)) == (2, 2, 1)
        assert [each.event_name for each in read(twin, real)] == ["GetObject", "StopLogging"]

    def test_other_accounts(self) -> None:
        """The same id in two accounts is two records."""
        assert counted(read(one("a"), one("a", "444455556666"), one("a", None))) == (3, 0, 0)

    def test_without_an_id(self) -> None:
        """Records without an event id are never dropped."""
        assert counted(read(one(None), one(None))) == (2, 0, 0)
        assert counted(read({"eventID": 5}, {"eventID": 5})) == (2, 0, 0)

    def test_aggregated(self) -> None:
        """Aggregated events spell it `eventId` and `accountId`."""
        event = {"eventId": "a", "accountId": "111122223333", "eventCategory": "Aggregated"}
        assert counted(read(event, event, {**event, "accountId": "444455556666"})) == (2, 1, 0)

    def test_after_the_selection(self) -> None:
        """What was not asked for was not given, so that its twin is no duplicate: it is filtered too."""
        stream = read(one("a"), one("a"), one("b"), where=lambda record: record.event_id == "b")
        assert counted(stream) == (1, 0, 0)
        assert stream.stats.filtered == 2

    def test_the_window(self) -> None:
        """So many distinct records are remembered, and no more."""
        documents = [one("a"), one("b"), one("c"), one("a"), one("c")]
        assert counted(read(*documents, deduplicate=3)) == (3, 2, 0)
        assert counted(read(*documents, deduplicate=2)) == (4, 1, 0)

    @pytest.mark.parametrize("wrong", [0, -1, "yes", None, 1.5])
    def test_wrong_options(self, wrong: Any) -> None:
        """It is True, False or a number of records."""
        with pytest.raises(UsageError, match="deduplicate="):
            read(deduplicate=wrong)


class _Model:
    """The same, with everything kept."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.kept: OrderedDict[tuple[str, str], None] = OrderedDict()

    def look(self, event_id: str, content: str) -> str:
        if (event_id, content) in self.kept:
            return "same"
        if len(self.kept) == self.window:
            self.kept.popitem(last=False)
        conflict = any(other == event_id for other, _ in self.kept)
        self.kept[event_id, content] = None
        return "other" if conflict else "new"


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["GetObject", "PutObject", "StopLogging"]))),
    st.integers(1, 6),
)
def test_as_if_all_were_kept(documents: Sequence[tuple[str, str]], window: int) -> None:
    """Hashes in a window tell the same as the records themselves would, and no more of them are held."""
    duplicates, model = Duplicates(window), _Model(window)
    for event_id, name in documents:
        record = trailsdk.parse_record(one(event_id, eventName=name))
        assert duplicates.look(record).value == model.look(event_id, name)
        assert sum(map(len, duplicates._contents.values())) == len(duplicates._order) <= window
