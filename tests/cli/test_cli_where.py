"""Asking for records by what they say: `--where`, the options of fields, `stats --by`, `pattern`."""

import json
from pathlib import Path

import pytest
from process import run

from trails import CALL, write_records
from trailsdk import patterns
from trailsdk.cli.where import Asked, read_where
from trailsdk.select import as_condition, match


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One log file of three records."""
    denied = {**CALL, "eventName": "StopLogging", "errorCode": "AccessDenied", "readOnly": False}
    read = {**CALL, "eventName": "GetObject", "readOnly": True, "sourceIPAddress": "203.0.113.9"}
    return write_records(tmp_path / "log.json.gz", CALL, denied, read)


def names(log: Path, *options: str) -> list[str]:
    done = run("read", log, *options)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line)["eventName"] for line in done.stdout.splitlines()]


def test_all_options_must_hold(log: Path) -> None:
    """`--where` and the options of fields join."""
    assert names(log, "--where", '{ $.eventName = "*t*" }', "--no-read-only", "--error-code", "*") == ["StopLogging"]
    options = ("--event-name", "Get*", "--event-name", "Put*", "--source-ip-address", "203.0.113.0/24")
    assert names(log, *options, "--event-source", "s3*", "--actor-arn", "*:user/alice") == ["GetObject"]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("ROOT_USAGE", patterns.ROOT_USAGE),
        ("CloudWatch.5", patterns.CLOUDTRAIL_CHANGES),
        ('{ $.eventName = "A" }', as_condition('{ $.eventName = "A" }')),
        (' {"detail": {"eventName": ["A"]}}', as_condition({"detail": {"eventName": ["A"]}})),
        ('"ROOT_USAGE"', as_condition('"ROOT_USAGE"')),
    ],
)
def test_what_where_takes(text: str, condition: object) -> None:
    """A name, a filter pattern, terms, or an event pattern in JSON."""
    assert read_where(text) == condition


def test_options_become_a_condition() -> None:
    """Options of fields are what `match` takes."""
    assert Asked().condition() is None
    assert Asked(event_name=("A", "B"), read_only=True).condition() == match(event_name=["A", "B"], read_only=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ $.a == 1 }", b"error: expected a value at column 7 of '{ $.a == 1 }'\n"),
        ('{"a": [{"x": 1}]}', b"error: a[0]: there is no comparison 'x'"),
        ('{"a": ', b"error: --where: not JSON: Expecting value (column 6)\n"),
    ],
)
def test_misspelt_patterns(log: Path, text: str, message: bytes) -> None:
    """A misspelt pattern says what and where, and the exit code is 2."""
    done = run("read", log, "--where", text)
    assert done.returncode == 2
    assert done.stderr.startswith(message)


def test_stats_by_field(log: Path) -> None:
    """The values of one field are counted, the most frequent first."""
    done = run("stats", log, "--by", "eventName", "--where", '{ $.eventName != "Get*" }', "--output", "json")
    told = json.loads(done.stdout)
    assert told["records"] == 2
    assert {each["value"]: each["count"] for each in told["values"]} == {"PutBucketPolicy": 1, "StopLogging": 1}
    shown = run("stats", log, "--by", "readOnly", "--top", "1").stdout.decode().splitlines()
    assert shown[0] == "readOnly: 2 of 3 records have it, 1 of 2 values"
    assert run("stats", log, "--by", "eventName,readOnly").returncode == 2


def test_pattern_test(log: Path) -> None:
    """Each record is judged, and what failed is told with what was there."""
    asked = '{ $.eventName = "StopLogging" && $.userIdentity.type = "Root" && $.errorCode = "AccessDenied" }'
    done = run("pattern", "test", asked, log, "--output", "json")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert second["failed"] == [{"clause": '$.userIdentity.type = "Root"', "found": "IAMUser"}]
    assert len(first["failed"]) == len(third["failed"]) == 3
    assert not any(each["matches"] for each in (first, second, third))
    text = run("pattern", "test", '{ $.errorCode = "AccessDenied" || $.readOnly IS TRUE }', log).stdout.decode()
    assert text.splitlines() == [
        "no match  2026-03-07 09:14:00  s3:PutBucketPolicy  d2b7a1e0-0000-4000-a000-000000000001",
        '          $.errorCode = "AccessDenied"  nothing is there',
        "          $.readOnly IS TRUE  nothing is there",
        "match     2026-03-07 09:14:00  s3:StopLogging  d2b7a1e0-0000-4000-a000-000000000001",
        "match     2026-03-07 09:14:00  s3:GetObject  d2b7a1e0-0000-4000-a000-000000000001",
    ]


def test_pattern_list() -> None:
    """All that ship are listed with their controls."""
    told = [json.loads(line) for line in run("pattern", "list", "--output", "json").stdout.splitlines()]
    assert [each["name"] for each in told] == list(patterns.ALL)
    assert told[0]["securityHub"] == "CloudWatch.1"
    assert told[0]["pattern"] == patterns.ROOT_USAGE.text


def test_explain_tells_what_goes_where(log: Path) -> None:
    """The plan of the command says what is decided where."""
    done = run("explain", log, "--where", '{ $.awsRegion = "eu-west-1" && $.eventName = "StopLogging" }')
    assert b'  by keys        Region eu-west-1\n  in bytes       "eu-west-1" and "StopLogging"\n' in done.stdout
