"""The oracle: the unmodified AWS CLI, in this process; and the same verification by trailsdk."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from functools import cache
from io import StringIO

from attrs import frozen

from trailsdk import iter_verify
from trailsdk.integrity import Finding, Report, Tally, Verdict
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_trail import FakeTrail

__all__ = ["Answer", "Outcome", "fake_aws", "serve", "span_of", "validate_logs", "verify_trail"]

_LINE = re.compile(r"^(\(backfill\) )?(Digest|Log) file\t(\S+)\t(.+)$", re.MULTILINE)
_RATIO = re.compile(r"^(\d+)/(\d+) ((?:backfill )?digest|log) files valid", re.MULTILINE)


@frozen
class Answer:
    """What `aws cloudtrail validate-logs --verbose` said."""

    files: Mapping[str, str]
    """By URI: `valid`, or `INVALID: ...`."""
    lines: Sequence[tuple[str, str, str]]
    """Kind, URI and words of each line."""
    ratios: Mapping[str, tuple[int, int]]
    """Valid and all, by kind: `digest`, `backfill digest`, `log`."""
    text: str
    exit_code: int


@frozen
class Outcome:
    """What trailsdk said."""

    verdicts: Sequence[Verdict]
    findings: Sequence[Finding]
    report: Report

    def on(self, uri: str) -> Verdict | None:
        """Give the verdict on a file."""
        return next((each for each in self.verdicts if each.uri == uri), None)

    @property
    def problems(self) -> dict[str, str]:
        """Give verdicts that are not `valid`: reasons by URI."""
        return {each.uri: str(each.reason) for each in self.verdicts if each.verdict != "valid"}

    @property
    def codes(self) -> list[str]:
        """Give the codes of all findings."""
        return sorted(each.code for each in self.findings)


def span_of(trail: FakeTrail) -> tuple[datetime, datetime]:
    """Give a time that all digests of a trail are in, for both: off their edges, which the two count differently."""
    moment = timedelta(minutes=1)
    return min(each.start for each in trail.digests) + moment, max(each.end for each in trail.digests) - moment


@cache
def fake_aws() -> FakeAws:
    """Give the one AWS of this process, and lead the AWS CLI and boto3 to it. Its thread ends with the process."""
    aws = FakeAws()
    os.environ.update(aws.environment, AWS_DEFAULT_REGION="us-east-1", AWS_MAX_ATTEMPTS="1")
    return aws.__enter__()


def serve(trail: FakeTrail) -> FakeAws:
    """Let the AWS of this process have this trail only."""
    aws = fake_aws()
    aws.trails = (trail,)
    aws.refused.clear()
    aws.broken.clear()
    return aws


def validate_logs(trail: FakeTrail, span: tuple[datetime, datetime], *options: str) -> Answer:
    """Run the AWS CLI on a trail that is served."""
    from awscli.clidriver import create_clidriver

    out, err = StringIO(), StringIO()
    arguments = ["cloudtrail", "validate-logs", "--verbose", "--trail-arn", trail.arn, *options]
    times = ["--start-time", f"{span[0]:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{span[1]:%Y-%m-%dT%H:%M:%SZ}"]
    with redirect_stdout(out), redirect_stderr(err):
        code = create_clidriver().main([*arguments, *([] if "--start-time" in options else times)])
    text = out.getvalue() + err.getvalue()
    lines = [(kind.lower(), uri, words) for _, kind, uri, words in _LINE.findall(text)]
    ratios = {kind: (int(valid), int(total)) for valid, total, kind in _RATIO.findall(text)}
    return Answer({uri: words for _, uri, words in lines}, lines, ratios, text, code)


def verify_trail(trail: FakeTrail, span: tuple[datetime | None, datetime | None], *regions: str) -> Outcome:
    """Verify a trail as it is in memory: the chains of one Region, as the AWS CLI does."""
    results = iter_verify(
        trail.objects.store(trail.bucket),
        trail=trail.arn,
        since=span[0],
        until=span[1],
        regions=regions or None,
        public_keys=trail.public_keys,
        now=trail.now + timedelta(days=30),
    )
    tally = Tally(*span)
    given = list(tally.counted(results))
    verdicts = [each for each in given if isinstance(each, Verdict)]
    return Outcome(verdicts, [each for each in given if isinstance(each, Finding)], tally.report())
