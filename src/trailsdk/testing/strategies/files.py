"""Files of records, in every form in which they reach people."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import frozen
from hypothesis import strategies as st

from trailsdk.testing.strategies.documents import record_documents
from trailsdk.testing.strategies.identities import Document

__all__ = ["FORMS", "LogFile", "log_files"]


@frozen
class LogFile:
    """A file of records, and what is in it."""

    data: bytes
    """The file's bytes."""
    documents: Sequence[Document]
    """Its records, in their order."""
    form: str
    """Which of the forms it is: a name of `FORMS`."""
    packed: bool
    """Whether it is compressed with gzip."""


_Write = Callable[[st.DrawFn, list[Document], "_Spelling"], str]


@frozen
class _Spelling:
    """How JSON is spelled in a file."""

    indent: int | None
    ascii: bool
    """Whether other characters are escaped."""

    def __call__(self, value: Any) -> str:
        tight = (",", ":") if self.indent is None else None
        return self._encodable(value, indent=self.indent, separators=tight)

    def line(self, value: Any) -> str:
        return self._encodable(value)

    def _encodable(self, value: Any, **options: Any) -> str:
        text = json.dumps(value, ensure_ascii=self.ascii, **options)
        # Half a surrogate pair can be escaped, but not be written in UTF-8.
        return json.dumps(value, **options) if re.search(r"[\ud800-\udfff]", text) else text


def _records(draw: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    before = draw(st.sampled_from([{}, {}, {}, {"note": ["Records"]}]))
    after = draw(st.sampled_from([{}, {}, {}, {"count": len(documents)}]))
    return spell(before | {"Records": documents} | after)


def _list(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    return spell(documents)


def _single(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    return spell(documents[0])


def _lines(draw: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    return end.join(map(spell.line, documents)) + draw(st.sampled_from(["", end]))


def _row(draw: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    """Write documents one after the other, containers among them."""
    cut = draw(st.integers(0, len(documents)))
    texts = [spell({"Records": documents[:cut]}), *map(spell, documents[cut:])]
    return draw(st.sampled_from(["", "\n", " \n "])).join(texts)


def _event_bridge(draw: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    kinds = st.sampled_from(
        ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail", "AWS Service Event via CloudTrail"],
    )
    events = [
        {"version": "0", "id": "e-1", "detail-type": draw(kinds), "source": "aws.s3", "detail": document}
        for document in documents
    ]
    if len(events) == 1:
        return spell(events[0])
    return spell(events) if draw(st.booleans()) else "\n".join(map(spell.line, events))


def _looked_up(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    events = [{"EventId": "e-1", "Username": "alice", "CloudTrailEvent": spell(document)} for document in documents]
    return spell({"Events": events, "NextToken": "n"})


def _log_events(documents: list[Document], spell: _Spelling) -> list[Document]:
    return [{"id": "1", "timestamp": 1772874900000, "message": spell(document)} for document in documents]


def _subscription(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    return spell(_message(documents, spell))


def _message(documents: list[Document], spell: _Spelling) -> Document:
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
        "logStream": "111122223333_CloudTrail_eu-west-1",
        "subscriptionFilters": ["f"],
        "logEvents": _log_events(documents, spell),
    }


def _lambda_event(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    packed = gzip.compress(spell(_message(documents, spell)).encode(), compresslevel=1, mtime=0)
    return spell({"awslogs": {"data": base64.b64encode(packed).decode()}})


def _filtered(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    return spell({"events": _log_events(documents, spell), "searchedLogStreams": []})


def _export(_: st.DrawFn, documents: list[Document], spell: _Spelling) -> str:
    return "".join(f"2026-03-07T09:15:00.000Z {spell.line(document)}\n" for document in documents)


FORMS: Final[dict[str, tuple[int, int, _Write]]] = {
    "log file": (0, 4, _records),
    "list": (0, 4, _list),
    "single record": (1, 1, _single),
    "JSON Lines": (1, 4, _lines),
    "documents in a row": (1, 4, _row),
    "EventBridge": (1, 3, _event_bridge),
    "LookupEvents": (0, 3, _looked_up),
    "subscription": (0, 3, _subscription),
    "Lambda event of CloudWatch Logs": (0, 3, _lambda_event),
    "FilterLogEvents": (0, 3, _filtered),
    "export of CloudWatch Logs": (1, 3, _export),
}
"""The forms of files: fewest and most records, and how they are written."""


@st.composite
def log_files(  # noqa: D417 (Hypothesis hands `draw` in)
    draw: st.DrawFn,
    documents: st.SearchStrategy[Document] | None = None,
    *,
    forms: Sequence[str] = tuple(FORMS),
    packed: bool | None = None,
) -> LogFile:
    """Files in any form that is accepted, with the records in them.

    Log files as CloudTrail writes them, bare lists, single records, JSON Lines, documents in a row, EventBridge
    events, answers of LookupEvents and FilterLogEvents, subscription messages and exports of CloudWatch Logs;
    compressed or not, with a byte order mark or not, on one line or pretty-printed.

    Args:
        documents: What the records are; by default any of `record_documents`.
        forms: Which forms, of the above.
        packed: Whether they are compressed with gzip; by default some are.
    """
    form = draw(st.sampled_from(list(forms)))
    fewest, most, write = FORMS[form]
    given = draw(
        st.lists(record_documents() if documents is None else documents, min_size=fewest, max_size=most),
    )
    spell = _Spelling(draw(st.sampled_from([None, None, 0, 2])), draw(st.booleans()))
    text = write(draw, given, spell)
    data = draw(st.sampled_from(["", "", "\ufeff", " \n"])).encode() + text.encode()
    zipped = draw(st.booleans()) if packed is None else packed
    return LogFile(gzip.compress(data, compresslevel=1, mtime=0) if zipped else data, given, form, zipped)
