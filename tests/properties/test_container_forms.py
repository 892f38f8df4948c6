"""Containers: whatever form records come in, they are the same records."""

import gzip
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import trailsdk
from trailsdk import Record, Stats, TrailError
from trailsdk.testing import LogFile, damaged, log_files, odd_documents

ODD_ONES = odd_documents().map(lambda document: {"eventVersion": "1.11"} | document)
"""Odd documents that are still known as records where nothing around them says so."""


def said(records: Sequence[Record]) -> list[dict[str, Any]]:
    return [record.to_dict() for record in records]


class TestForms:
    """Forms.

    > One record type, whatever the source. File, S3, CloudWatch Logs, event history, queue message: the same
    > `Record`.

    -- trailsdk, design, principle 2
    """

    @given(log_files())
    def test_every_form_gives_its_records(self, file: LogFile) -> None:
        """The records come, in their order, each with an origin that counts them."""
        records = list(trailsdk.parse(file.data))
        assert said(records) == list(file.documents)
        indexes = [record.origin.index for record in records if record.origin is not None]
        assert indexes == list(range(len(records)))

    @given(log_files(ODD_ONES))
    def test_odd_records_come_too(self, file: LogFile) -> None:
        """What is odd in a record does not matter to its container."""
        assert said(list(trailsdk.parse(file.data))) == list(file.documents)

    @given(log_files())
    def test_reading_is_parsing(self, file: LogFile) -> None:
        """An open file gives the records that its bytes give."""
        assert list(trailsdk.read(io.BytesIO(file.data))) == list(trailsdk.parse(file.data))

    @given(log_files(forms=["log file", "list", "JSON Lines"], packed=False))
    def test_records_own_their_bytes(self, file: LogFile) -> None:
        """A record's text is a piece of the file, and nothing around it."""
        for record in trailsdk.parse(file.data):
            assert record.raw is not None
            assert record.raw in file.data
            assert record.raw[:1] + record.raw[-1:] == b"{}"


class TestCounters:
    """Counters.

    > Bad input costs exactly what is bad. One bad record costs one record, one bad file one file; counters always add
    > up.

    -- trailsdk, design, principle 3
    """

    @given(log_files())
    def test_of_one_file(self, file: LogFile) -> None:
        """All records of a sound file are counted, and the file."""
        stream = trailsdk.read(io.BytesIO(file.data))
        count = len(file.documents)
        assert len(list(stream)) == count
        assert stream.stats == Stats(listed=1, read=1, yielded=count, bytes_read=stream.stats.bytes_read)

    @given(
        st.lists(log_files().map(lambda file: file.data) | damaged(log_files().map(lambda file: file.data)), max_size=3)
    )
    def test_of_a_folder(self, contents: list[bytes]) -> None:
        """Every file is read, skipped or failed; each error is a bad record or a failed file; every record counts."""
        errors: list[TrailError] = []
        looked_at: list[Record] = []
        with tempfile.TemporaryDirectory() as folder:
            for number, content in enumerate(contents):
                Path(folder, f"{number}.json").write_bytes(content)

            def keep(record: Record) -> bool:
                looked_at.append(record)
                return len(looked_at) % 2 == 0

            stream = trailsdk.read(folder, on_error=errors.append, where=keep)
            records = list(stream)
        stats = stream.stats
        assert stats.listed == len(contents) == stats.read + stats.skipped + stats.failed
        assert (stats.pruned, stats.unreached) == (0, 0)
        assert len(errors) == stats.bad + stats.failed
        assert stats.yielded == len(records)
        assert stats.yielded + stats.filtered == len(looked_at)

    @given(log_files(), st.integers(0, 4))
    def test_of_a_stream_that_is_closed(self, file: LogFile, taken: int) -> None:
        """A stream that is closed early leaves its file unreached."""
        stream = trailsdk.read(io.BytesIO(file.data))
        with stream:
            records = [record for _, record in zip(range(taken), stream, strict=False)]
        assert stream.stats.yielded in (len(records), len(records) + 1)
        assert stream.stats.listed == stream.stats.read + stream.stats.unreached

    def test_packing_twice_is_named(self) -> None:
        """A gzip file inside a gzip file is an error of the file."""
        errors: list[TrailError] = []
        assert not list(trailsdk.parse(gzip.compress(gzip.compress(b"{}")), on_error=errors.append))
        assert len(errors) == 1
