"""trailsdk and the unmodified AWS CLI on the same trails; where they differ, the documentation says why."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, field, frozen
from oracle import Answer, Outcome, serve, span_of, validate_logs, verify_trail

from trailsdk import iter_verify
from trailsdk.cli.verdicts import _REASONS
from trailsdk.integrity import Reason, Tally, Verdict
from trailsdk.integrity.verdicts import Finding
from trailsdk.testing.fake_aws import FakeAws
from trailsdk.testing.fake_keys import FakeKey
from trailsdk.testing.fake_trail import FakeTrail
from trailsdk.testing.tampering import Tampering, tamper

_FINGERPRINT = re.compile(r"fingerprint [0-9a-f]{32}")

PAGE = Path(__file__).parents[2] / "docs/explanation/validate-logs.md"


def rows(heading: str) -> dict[str, tuple[str, ...]]:
    """Read a table of the page: its rows by their first cell."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| -")][1:]
    cells = [[each.strip() for each in line.strip("|").split("|")] for line in lines]
    return {each[0].replace("`", "") if heading == "One file" else each[0]: tuple(each[1:]) for each in cells}


def told_by_cli(answer: Answer, uri: str) -> str:
    """Say what the AWS CLI told of a file."""
    return _FINGERPRINT.sub("fingerprint ...", answer.files.get(uri, "nothing"))


def told_by_us(outcome: Outcome, uri: str) -> str:
    """Say what trailsdk told of a file, in the words of the AWS CLI where it has any."""
    verdict = outcome.on(uri)
    if verdict is None:
        return "nothing"
    if verdict.reason is None:
        return verdict.verdict
    return f"{verdict.verdict.upper()}: {_REASONS[verdict.reason]}"


def with_findings(outcome: Outcome, uri: str) -> str:
    """Say what trailsdk told of a file, what it found beside, and the exit code."""
    codes = "".join(f", `{code}`" for code in sorted(set(outcome.codes)))
    return f"{told_by_us(outcome, uri)}{codes}, {outcome.report.exit_code}"


CASES = [(each, "middle") for each in Tampering] + [(each, "newest") for each in Tampering if each.value.at_head]


@pytest.mark.parametrize(("tampering", "place"), CASES, ids=lambda each: getattr(each, "name", each))
def test_tamperings(tampering: Tampering, place: str) -> None:
    """Of each tampering the page says what both say, and why ours is right where they differ.

    Each is found, or the time that it touches is not vouched for; but for those that leave all evidence whole.
    """
    trail = FakeTrail()
    trail.run(hours=5)
    span = span_of(trail)
    digest = trail.digests[2 if place == "middle" else -1]
    target = digest.logs[0] if tampering.value.kind == "log" else digest
    tamper(trail, tampering, target)
    serve(trail)
    answer, outcome = validate_logs(trail, span), verify_trail(trail, span)
    cli, ours = f"{told_by_cli(answer, target.uri)}, {answer.exit_code}", with_findings(outcome, target.uri)
    documented = rows("One file").get(tampering.name if place == "middle" else f"{tampering.name}, newest")
    assert documented is not None, f"| `{tampering.name}` | {tampering.value.what} | {cli} | {ours} | |"
    assert documented[1:3] == (cli, ours)
    is_same = (told_by_cli(answer, target.uri), answer.exit_code) == (
        told_by_us(outcome, target.uri),
        outcome.report.exit_code,
    )
    assert is_same == (documented[3] == "The same.")
    if tampering.name not in HARMLESS:
        assert outcome.report.status != "whole"


HARMLESS = {
    "LOG_RECOMPRESSED",
    "DIGEST_RECOMPRESSED",
    "DIGEST_METADATA_LOST",
    "DIGEST_SIGNATURE_CHANGED",
    "DIGEST_SIGNATURE_ODD",
    "LISTING_STOPPED",
    "LISTING_UNDATED",
}
"""What changes no byte that CloudTrail vouched for, nor adds a log file: it is told, and proves nothing wrong."""


@frozen
class Scene:
    """A situation that is more than one file."""

    trail: FakeTrail
    span: tuple[datetime, datetime]
    prepare: Callable[[FakeAws], None] = field(default=lambda _: None)
    options: tuple[str, ...] = ()
    copied_from: str | None = None


def whole() -> Scene:
    trail = FakeTrail()
    trail.run(hours=4)
    return Scene(trail, span_of(trail))


def newest_deleted() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.DIGEST_DELETED, *scene.trail.digests[-2:])
    return scene


def two_deleted() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.DIGEST_DELETED, *scene.trail.digests[1:3])
    return scene


def all_deleted() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.DIGEST_DELETED, *scene.trail.digests)
    return scene


def nested_name() -> Scene:
    scene = whole()
    other = FakeTrail(name="main_us-east-1", objects=scene.trail.objects)
    other.run(hours=4)
    tamper(scene.trail, Tampering.DIGEST_DELETED, *scene.trail.digests)
    return scene


def validation_off() -> Scene:
    trail = FakeTrail()
    trail.run(hours=2)
    trail.pause(3)
    trail.run(hours=2)
    return Scene(trail, span_of(trail))


def last_before_gap_deleted() -> Scene:
    scene = validation_off()
    tamper(scene.trail, Tampering.DIGEST_DELETED, scene.trail.digests[1])
    return scene


def moved() -> Scene:
    trail = FakeTrail()
    trail.run(hours=3)
    trail.move(bucket="example-other", prefix="logs")
    trail.run(hours=2)
    return Scene(trail, span_of(trail))


def moved_and_broken() -> Scene:
    scene = moved()
    tamper(scene.trail, Tampering.DIGEST_DELETED, scene.trail.digests[1])
    return scene


def refused(code: str) -> Callable[[], Scene]:
    def make() -> Scene:
        scene = whole()
        place = scene.trail.logs[3].place
        return Scene(scene.trail, scene.span, lambda aws: aws.refused.update({place: code}))

    return make


def refused_digest() -> Scene:
    scene = whole()
    place = scene.trail.digests[2].place
    return Scene(scene.trail, scene.span, lambda aws: aws.refused.update({place: "AccessDenied"}))


def broken_off(times: int) -> Callable[[], Scene]:
    def make() -> Scene:
        scene = whole()
        place = scene.trail.logs[3].place
        return Scene(scene.trail, scene.span, lambda aws: aws.broken.update({place: times}))

    return make


def late_digest() -> Scene:
    trail = FakeTrail()
    trail.run(hours=2)
    trail.run(hour=timedelta(hours=6))
    return Scene(trail, (trail.digests[0].start, trail.digests[1].end + timedelta(hours=1)))


def expired_key() -> Scene:
    trail = FakeTrail(start=datetime.fromisoformat("2026-03-07T08:12:44Z"))
    trail.run(hours=2)
    region, key, start, _ = trail._keys[0]
    trail._keys[0] = (region, key, start, trail.digests[0].end - timedelta(hours=2))
    return Scene(trail, span_of(trail))


def spki() -> Scene:
    trail = FakeTrail(keys={"us-east-1": FakeKey(pkcs1=False)})
    trail.run(hours=2)
    return Scene(trail, span_of(trail))


def organization() -> Scene:
    trail = FakeTrail(organization_id="o-exampleorg1", accounts=["111122223333", "444455556666"])
    trail.run(hours=2)
    return Scene(trail, span_of(trail), options=("--s3-bucket", trail.bucket, "--account-id", "444455556666"))


def without_log_files() -> Scene:
    scene = whole()
    digest = scene.trail.digests[-1]
    document = {name: value for name, value in digest.document.items() if name != "logFiles"}
    from trailsdk import _json

    scene.trail.sign_again(digest, content=_json.encode(document))
    return scene


def offsets() -> Scene:
    scene = whole()
    start, end = (f"{each + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00" for each in scene.span)
    return Scene(scene.trail, scene.span, options=("--start-time", start, "--end-time", end))


def backfilled() -> Scene:
    scene = whole()
    scene.trail.now += timedelta(days=2)
    for digest in scene.trail.digests[:2]:
        scene.trail.backfill(digest, chained=False)
    return scene


def without_metadata() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.DIGEST_METADATA_LOST, *scene.trail.digests)
    return scene


def renamed() -> Scene:
    scene = whole()
    objects = scene.trail.objects
    for bucket, key in list(objects):
        each = objects.delete((bucket, key))
        objects.put(("example-copy", key), each.data, each.metadata)
    scene.trail.bucket = "example-copy"
    return scene


def renamed_and_told() -> Scene:
    return evolve(renamed(), copied_from="s3://example-trail")


def listing_stopped() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.LISTING_STOPPED, scene.trail.digests[0])
    return scene


def listing_undated() -> Scene:
    scene = whole()
    tamper(scene.trail, Tampering.LISTING_UNDATED, scene.trail.digests[-1])
    return scene


SCENES: dict[str, Callable[[], Scene]] = {
    "All is whole": whole,
    "The two newest digests are deleted": newest_deleted,
    "Two digests in a row are deleted": two_deleted,
    "All digests are deleted": all_deleted,
    "All digests are deleted, and another trail's name begins with this one's": nested_name,
    "A planted name has an impossible date": listing_stopped,
    "A planted name has no date, and sorts last": listing_undated,
    "Validation was off for three hours": validation_off,
    "The last digest before such a gap is deleted": last_before_gap_deleted,
    "The trail moved to another bucket and prefix": moved,
    "The same, and a digest in the old bucket is deleted": moved_and_broken,
    "S3 refuses a log file": refused("AccessDenied"),
    "S3 refuses a digest": refused_digest,
    "A log file is archived": refused("InvalidObjectState"),
    "The connection breaks off in a log file, once": broken_off(1),
    "The connection breaks off in a log file, always": broken_off(1000),
    "A digest covers six hours, and comes late": late_digest,
    "The key had expired": expired_key,
    "The key is a SubjectPublicKeyInfo": spki,
    "An organization's trail, named by its bucket": organization,
    "A digest has no `logFiles`": without_log_files,
    "Times have offsets": offsets,
    "Backfill digests without links": backfilled,
    "All metadata is lost": without_metadata,
    "The bucket is a copy, under another name": renamed,
    "The same, with `--copied-from`": renamed_and_told,
}


def summed(ratios: dict[str, tuple[int, int]], words: list[str], code: int) -> str:
    names = {"digest": "digests", "backfill digest": "backfill", "log": "log files"}
    parts = [f"{ratios[each][0]}/{ratios[each][1]} {name}" for each, name in names.items() if each in ratios]
    return f"{', '.join([*parts, *words]) or 'nothing'}: {code}"


def of_cli(answer: Answer) -> str:
    words = ["`No digests found`"] if "No digests found" in answer.text else []
    words += ["stops"] if answer.exit_code == 255 else []
    told = {_FINGERPRINT.sub("fingerprint ...", each) for each in answer.files.values()}
    words += [f"`{each}`" for each in sorted(told) if each != "valid"]
    return summed(dict(answer.ratios), words, answer.exit_code)


def of_us(outcome: Outcome) -> str:
    report = outcome.report
    counts = {"digest": report.digests, "backfill digest": report.backfill_digests, "log": report.logs}
    ratios = {name: (each.valid, each.total) for name, each in counts.items() if each.total}
    words = sorted({f"{each.verdict} `{each.reason}`" for each in outcome.verdicts if each.verdict != "valid"})
    return summed(ratios, [*words, *(f"`{each}`" for each in sorted(set(outcome.codes)))], report.exit_code)


def run_scene(scene: Scene) -> tuple[str, str]:
    """Let both verify, and sum up what each says."""
    aws = serve(scene.trail)
    scene.prepare(aws)
    answer = validate_logs(scene.trail, scene.span, *scene.options)
    scene.prepare(aws)
    tally = Tally(*scene.span)
    results = iter_verify(
        f"s3://{scene.trail.bucket}",
        trail=scene.trail.arn,
        since=scene.span[0],
        until=scene.span[1],
        copied_from=scene.copied_from,
        accounts="444455556666" if "--account-id" in scene.options else None,
        now=scene.trail.now + timedelta(days=30),
    )
    given = list(tally.counted(results))
    verdicts = [each for each in given if isinstance(each, Verdict)]
    outcome = Outcome(verdicts, [each for each in given if isinstance(each, Finding)], tally.report())
    return of_cli(answer), of_us(outcome)


@pytest.mark.parametrize("name", list(SCENES))
def test_scenes(name: str) -> None:
    """Of each situation the page says what both say: exit codes, how many files are valid, and which words."""
    row = run_scene(SCENES[name]())
    documented = rows("Situations").get(name)
    assert documented is not None, f"| {name} | {row[0]} | {row[1]} | |"
    assert documented[:2] == row
    assert documented[2], "each has its explanation"


def test_page_knows_no_others() -> None:
    """The page has no row that is not tested."""
    assert set(rows("Situations")) == set(SCENES)
    known = {each.name if place == "middle" else f"{each.name}, newest" for each, place in CASES}
    assert set(rows("One file")) == known
    assert all(
        Tampering[each.removesuffix(", newest")].value.what == cells[0] for each, cells in rows("One file").items()
    )


def test_reasons_have_the_words_of_the_cli() -> None:
    """Each reason has words."""
    assert set(_REASONS) == set(Reason)
