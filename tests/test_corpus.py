"""Every file of the corpus of real CloudTrail data: each record is accounted for."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

import trailsdk
from trailsdk.codec.encode import encode_record
from trailsdk.errors import NotRecordsError, TrailError

pytestmark = pytest.mark.corpus

NO_RECORDS = {
    "extracted:digest": "a digest file",
    "extracted:cloudtrail-sns": "a notification of delivered log files",
    "extracted:s3-notification": "an S3 event notification",
}
"""Kinds of the manifest whose rows count objects that are no records."""

NOT_OURS = "cloudwatch_log_cloudtrail.json_snapshot"
"""What a log forwarder made of four records: its own format, in which the records are not whole any more."""


def rows(corpus: Path) -> Iterator[dict[str, str]]:
    with (corpus / "MANIFEST.tsv").open(newline="") as manifest:
        yield from csv.DictReader(manifest, delimiter="\t")


def expected(row: dict[str, str]) -> int:
    if row["kind"] in NO_RECORDS or row["file"].endswith(NOT_OURS):
        return 0
    return int(row["records"])


class TestCorpus:
    """Real data, published by others."""

    def test_counts_of_the_manifest(self, corpus: Path) -> None:
        """Each file gives as many records as the manifest says, and errors only where it says that there are none."""
        seen = 0
        for row in rows(corpus):
            errors: list[TrailError] = []
            stream = trailsdk.read(corpus / row["file"], on_error=errors.append)
            found = sum(1 for _ in stream)
            stats = stream.stats
            assert (found, stats.seen) == (expected(row), found + stats.bad), row["file"]
            assert (stats.listed, stats.read + stats.failed) == (1, 1), row["file"]
            assert bool(errors) == (expected(row) == 0), row["file"]
            seen += found
        assert seen == sum(map(expected, rows(corpus))) > 4600

    def test_what_holds_no_records_is_named(self, corpus: Path) -> None:
        """Digests, notices and events of services are recognised, not taken for broken records."""
        for row in rows(corpus):
            if expected(row) or row["kind"] in ("invalid-json", "malformed-json") or "cloudWatchLog" in row["file"]:
                continue
            errors: list[TrailError] = []
            list(trailsdk.read(corpus / row["file"], on_error=errors.append))
            assert all(isinstance(error, NotRecordsError) for error in errors), row["file"]
            assert NO_RECORDS.get(row["kind"], "") in str(errors[0]), row["file"]

    def test_every_attribute_of_every_record(self, corpus: Path) -> None:
        """Nothing that is touched raises; what was read is what is written; the document is the whole record."""
        for record in trailsdk.read(corpus, on_error="skip"):
            for name in record.__attrs_attrs__:
                getattr(record, name.name)
            assert encode_record(record) == record.raw
            assert set(record.to_dict()) >= set(record.extra)
            assert repr(record).isprintable()
            assert record.actor.kind is not None
            assert record.outcome in (None, *trailsdk.Outcome)
            assert trailsdk.parse_record(record.to_dict()) == record

    def test_the_whole_folder(self, corpus: Path) -> None:
        """Read as one folder, files that are no JSON are skipped, and the counters add up."""
        stream = trailsdk.read(corpus, on_error="skip")
        found = sum(1 for _ in stream)
        stats = stream.stats
        assert found == sum(map(expected, rows(corpus)))
        assert stats.unreached == 0
        assert stats.skipped >= 3

    def test_actors_of_recorded_data(self, corpus: Path) -> None:
        """Nearly every recorded record says who did it."""
        recorded = [row["file"] for row in rows(corpus) if row["kind"] == "log-file" and row["origin"] == "recorded"]
        actors = [record.actor for record in trailsdk.read(*(corpus / name for name in recorded))]
        assert sum(actor.name is None for actor in actors) < len(actors) / 100

    def test_fast_path_serves_real_data(self, corpus: Path) -> None:
        """The identities that AWS writes hold no field that the model does not know."""
        for record in trailsdk.read(corpus / "invictus-aws-dataset"):
            assert not record.user_identity.extra
            assert not record.user_identity.session_context.extra
