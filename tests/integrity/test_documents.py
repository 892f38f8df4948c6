"""What programs read: JSON with a schema, and text with a line for each verdict and finding."""

import json
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from attrs import evolve
from oracle import span_of, verify_trail

from trailsdk import _json
from trailsdk.cli.screen import Screen
from trailsdk.cli.verdicts import finding_line, summary, verdict_line
from trailsdk.integrity import (
    ChainId,
    Counts,
    Finding,
    FindingCode,
    Reason,
    Report,
    Tally,
    Verdict,
    document_of,
    line_of,
)
from trailsdk.integrity.report import MOST_SHOWN
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/verification.schema.json").read_text())
CHAIN = ChainId(account_id="111122223333", region="us-east-1", trail_name="main", home_region="us-east-1")
TIME = datetime(2026, 3, 7, 9, 12, 44, tzinfo=UTC)

check = fastjsonschema.compile(SCHEMA)


def as_json(document: dict[str, Any]) -> Any:
    return json.loads(_json.encode(document))


def verdict(reason: Reason | None = None, uri: str = "s3://example-trail/a") -> Verdict:
    return Verdict(kind="log", verdict="valid" if reason is None else "invalid", reason=reason, uri=uri, chain=CHAIN)


@pytest.fixture(scope="module")
def report() -> Report:
    """A report of a trail with which nearly everything was done."""
    trail = FakeTrail()
    trail.run(hours=40)
    span = span_of(trail)
    left_out = (Tampering.LOG_BOMB, Tampering.DIGEST_HASH_ALGORITHM)
    for number, each in enumerate(each for each in Tampering if each not in left_out):
        digest = trail.digests[number % 40]
        if digest.place in trail.objects and digest.logs[0].place in trail.objects:
            tamper(trail, each, digest.logs[0] if each.value.kind == "log" else digest)
    trail.backfill(trail.digests[0])
    return verify_trail(trail, span).report


class TestSchema:
    """`docs/reference/verification.schema.json`."""

    def test_report(self, report: Report) -> None:
        """A report is what the schema says, whatever is in it."""
        assert len({each.reason for each in report.problems}) > 8
        check(as_json(document_of(report)))

    def test_lines(self, report: Report) -> None:
        """Each verdict and each finding is a line of it."""
        results: list[Verdict | Finding] = [*report.problems, *report.findings, verdict()]
        for each in results:
            check(as_json(line_of(each)))

    def test_all_reasons_and_codes(self) -> None:
        """The schema knows every reason and every code, and no others."""
        assert set(SCHEMA["definitions"]["verdict"]["properties"]["reason"]["enum"]) == set(Reason)
        assert set(SCHEMA["definitions"]["finding"]["properties"]["code"]["anyOf"][0]["enum"]) == set(FindingCode)

    def test_refuses(self) -> None:
        """It is a schema that can refuse."""
        with pytest.raises(fastjsonschema.JsonSchemaException):
            check({"type": "verdict", "kind": "log"})


class TestTally:
    """What verdicts and findings come to."""

    @pytest.mark.parametrize(
        ("reasons", "codes", "status"),
        [
            ([None], [], "whole"),
            ([], [], "unproved"),
            ([None, Reason.NOT_FOUND], [], "broken"),
            ([None], [FindingCode.FOREIGN_NAME, FindingCode.PENDING, FindingCode.BEFORE_START], "whole"),
            ([None], [FindingCode.GAP], "unproved"),
            ([None, Reason.NOT_FOUND], [FindingCode.GAP], "broken"),
        ],
    )
    def test_status(self, reasons: list[Reason | None], codes: list[FindingCode], status: str) -> None:
        """Something invalid is broken; what is not proved is unproved; no digest at all proves nothing."""
        tally = Tally()
        for reason in reasons:
            tally.add(evolve(verdict(reason), kind="digest"))
        for code in codes:
            tally.add(Finding(code=code))
        assert tally.report().status == status

    def test_counts_all_and_holds_some(self) -> None:
        """A million problems are counted, a thousand are held."""
        tally = Tally()
        for _ in range(MOST_SHOWN + 10):
            tally.add(verdict(Reason.NOT_FOUND))
            tally.add(Finding(code=FindingCode.FOREIGN_NAME))
        report = tally.report()
        assert (len(report.problems), report.problems_total) == (MOST_SHOWN, MOST_SHOWN + 10)
        assert (len(report.findings), report.findings_total) == (MOST_SHOWN, MOST_SHOWN + 10)
        assert report.logs == Counts(invalid=MOST_SHOWN + 10)


class TestText:
    """Lines for people."""

    def screen(self) -> Screen:
        return Screen(TextIOWrapper(BytesIO()), is_terminal=False, width=120, color=False, encoding="utf-8")

    def test_every_reason_and_code_has_words(self) -> None:
        """None is shown by its code only."""
        lines = [verdict_line(verdict(each), self.screen()) for each in Reason]
        assert len(set(lines)) == len(Reason)
        assert all(line.startswith("Log file\ts3://example-trail/a\tINVALID: ") for line in lines)
        assert len({finding_line(Finding(code=each), self.screen()) for each in FindingCode}) == len(FindingCode)

    def test_names_of_others_are_escaped(self) -> None:
        """A name with control characters does nothing to a terminal."""
        name = "s3://example-trail/a\x1b[2J\n"
        assert "\x1b" not in verdict_line(verdict(uri=name), self.screen())
        line = finding_line(Finding(code=FindingCode.FOREIGN_NAME, uri=name, detail="\x1b"), self.screen())
        assert "\x1b" not in line
        assert line.count("\n") == 1

    def test_summary(self, report: Report) -> None:
        """Ratios of each kind, in the words of validate-logs."""
        text = summary(report, self.screen())
        digests = report.digests
        assert (
            f"{digests.valid}/{digests.total} digest files valid, {digests.invalid}/{digests.total} digest files"
            in text
        )
        assert "1/1 backfill digest files valid" in text
        assert text.endswith("broken: something is invalid\n")
