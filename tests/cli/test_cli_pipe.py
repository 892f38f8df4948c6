"""The command between other programs: pipes, files, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from process import COMMAND, PATIENCE_SECONDS, environment, run

import trailsdk
from trails import CALL, hostile_call, write_records
from trailsdk.codec.encode import encode_line


def lines(done: subprocess.CompletedProcess[bytes]) -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One log file of three records."""
    denied = {**CALL, "eventName": "StopLogging", "errorCode": "AccessDenied", "awsRegion": "us-east-1"}
    early = {**CALL, "eventTime": "2026-03-06T09:14:00Z", "recipientAccountId": "444455556666"}
    return write_records(tmp_path / "log.json.gz", CALL, denied, early)


@pytest.fixture(scope="module")
def much(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More records than a pipe holds."""
    return write_records(tmp_path_factory.mktemp("much") / "log.json.gz", *[CALL] * 2000)


class TestForms:
    """NDJSON by default in a pipe; table, one JSON document or raw text when asked."""

    def test_ndjson(self, sample_trail: Path) -> None:
        """A pipe gets what `trailsdk.write` writes: one record a line, nothing lost; and nothing else."""
        done = run("read", sample_trail)
        expected = b"".join(map(encode_line, trailsdk.read(sample_trail)))
        assert (done.stdout, done.stderr, done.returncode) == (expected, b"", 0)

    def test_json(self, sample_trail: Path, tmp_path: Path) -> None:
        """`--output json` is one document, a log file that the library reads again."""
        done = run("read", sample_trail, "--output", "json")
        (tmp_path / "out.json").write_bytes(done.stdout)
        again = list(trailsdk.read(tmp_path / "out.json"))
        assert [each.raw for each in again] == [each.raw for each in trailsdk.read(sample_trail / "AWSLogs")]

    def test_raw(self, tmp_path: Path) -> None:
        """`--output raw` is each record's own text, white space included."""
        (tmp_path / "log.json").write_text('{"Records": [{ "eventName" :\n"X" }]}')
        assert run("read", tmp_path / "log.json", "--output", "raw").stdout == b'{ "eventName" :\n"X" }\n'

    def test_table(self, log: Path) -> None:
        """A table in a pipe has no colours, and room for whole times."""
        done = run("read", log, "--output", "table")
        titles, first, *_ = done.stdout.decode().splitlines()
        assert titles.split() == ["WHEN", "(UTC)", "WHO", "WHAT", "FROM", "RESULT"]
        assert first.split() == ["2026-03-07", "09:14:00", "alice", "s3:PutBucketPolicy", "198.51.100.77", "success"]
        assert b"\x1b" not in done.stdout + done.stderr

    def test_local_time(self, log: Path) -> None:
        """`--local` shows the zone of the machine; without it UTC is shown wherever the machine stands."""
        shown = [
            run("read", log, "-o", "table", "--limit", "1", *options, TZ="UTC-05:30").stdout
            for options in ((), ("--local",))
        ]
        assert b"2026-03-07 09:14:00" in shown[0]
        assert b"2026-03-07 14:44:00" in shown[1]

    def test_standard_input(self, log: Path) -> None:
        """`-` is standard input; so is no location with something piped in."""
        assert run("read", "-", stdin=log.read_bytes()).stdout == run("read", log).stdout
        assert run("read", stdin=log.read_bytes()).stdout == run("read", log).stdout

    def test_stats_json(self, log: Path) -> None:
        """The numbers are one JSON document."""
        document = json.loads(run("stats", log, "--output", "json", "--top", "1").stdout)
        assert document["records"]["yielded"] == 3
        assert document["files"]["read"] == 1
        assert document["outcomes"] == {"success": 2, "denied": 1}
        assert document["calls"] == [{"service": "s3.amazonaws.com", "call": "PutBucketPolicy", "count": 2}]
        assert document["distinct"]["calls"] == 2
        assert (document["first"], document["last"]) == ("2026-03-06T09:14:00Z", "2026-03-07T09:14:00Z")
        assert sum(each["count"] for each in document["histogram"]["bins"]) == 3


class TestFields:
    """`--fields`: names or paths, computed ones too."""

    def test_names_and_values(self, log: Path) -> None:
        """Each line has the fields under the names that were asked for, in that order."""
        fields = (
            "eventName,userIdentity.userName,requestParameters['a,b'][0],actor.name,outcome,event_time,origin.index"
        )
        [first] = lines(run("read", log, "--limit", "1", "--fields", fields))
        assert list(first.items()) == [
            ("eventName", "PutBucketPolicy"),
            ("userIdentity.userName", "alice"),
            ("requestParameters['a,b'][0]", 1),
            ("actor.name", "alice"),
            ("outcome", "success"),
            ("event_time", "2026-03-07T09:14:00Z"),
            ("origin.index", 0),
        ]

    def test_null_and_absent(self, log: Path) -> None:
        """A null that is there stays; what is absent is left out."""
        [first] = lines(run("read", log, "--limit", "1", "--fields", "responseElements,errorCode"))
        assert first == {"responseElements": None}

    def test_whole_parts(self, log: Path) -> None:
        """A part is an object; `actor` and `origin` too."""
        [first] = lines(run("read", log, "--limit", "1", "--fields", "user_identity,actor,origin,omitted_fields"))
        assert first["user_identity"]["userName"] == "alice"
        assert first["actor"]["kind"] == "user"
        unproved = {"verdict": None, "reason": None, "detail": ""}
        assert first["origin"] == {"location": str(log), "index": 0, "envelope": {}, **unproved}
        assert first["omitted_fields"] == []

    def test_json(self, log: Path) -> None:
        """In one document the objects stand where the records would."""
        document = json.loads(run("read", log, "--output", "json", "--fields", "eventName").stdout)
        names = [each["eventName"] for each in document["Records"]]
        assert names == ["PutBucketPolicy", "StopLogging", "PutBucketPolicy"]

    def test_table(self, log: Path) -> None:
        """In a table they are the columns."""
        done = run("read", log, "--output", "table", "--fields", "eventName,requestParameters", "--limit", "1")
        titles, first = done.stdout.decode().splitlines()
        assert titles.split() == ["eventName", "requestParameters"]
        assert first.split() == ["PutBucketPolicy", '{"bucketName":"example-payroll","a,b":[1,2]}']

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ("eventname", "is it 'eventName'"),
            ("evenTime.x", "is it 'eventTime'"),
            ("actor.nam", "kind, arn, name"),
            ("event_time.year", "it has no parts"),
            ("a..b", "column 1"),
            (" , ", "the list is empty"),
        ],
    )
    def test_misspelt(self, log: Path, fields: str, told: str) -> None:
        """What looks misspelt is refused, with what may be meant."""
        done = run("read", log, "--fields", fields)
        assert (done.returncode, done.stdout) == (2, b"")
        assert told in done.stderr.decode()

    def test_unknown_fields_can_be_asked_for(self, tmp_path: Path) -> None:
        """A field that the library does not know may well be in the records."""
        log = write_records(tmp_path / "log.json.gz", {**CALL, "quantumState": {"spin": "up"}})
        assert lines(run("read", log, "--fields", "quantumState.spin")) == [{"quantumState.spin": "up"}]


class TestSelection:
    """The options that say what to read."""

    @pytest.mark.parametrize(
        ("options", "names"),
        [
            ([], 3),
            (["--limit", "2"], 2),
            (["--since", "2026-03-07"], 2),
            (["--until", "2026-03-07T00:00Z"], 1),
            (["--account", "444455556666"], 1),
            (["--account", "444455556666", "--account", "111122223333"], 3),
            (["--region", "us-east-1"], 1),
            (["--category", "Data"], 0),
            (["--category", "management", "--category", "DATA"], 3),
        ],
    )
    def test_read_and_stats(self, log: Path, options: list[str], names: int) -> None:
        """`read` and `stats` select alike."""
        assert len(lines(run("read", log, *options))) == names
        if "--limit" not in options:
            counted = json.loads(run("stats", log, "-o", "json", *options).stdout)
            assert counted["records"]["yielded"] == names

    def test_categories_are_those_of_the_library(self) -> None:
        """The list in the help is the library's."""
        from trailsdk.cli.options import CATEGORIES
        from trailsdk.select import category

        assert category.CATEGORIES == CATEGORIES


class TestErrors:
    """One line each, and an exit code."""

    @pytest.fixture
    def bad(self, tmp_path: Path, log: Path) -> Path:
        """A folder with a good file, one that is cut off, and one with a bad record."""
        (tmp_path / "cut.json.gz").write_bytes(log.read_bytes()[:-9])
        (tmp_path / "odd.json").write_text('{"Records": [17, {"eventName": "X"}]}')
        return tmp_path

    def test_report(self, bad: Path) -> None:
        """By default each error is one line, reading goes on, and the exit code is 1."""
        done = run("read", bad)
        told = done.stderr.decode().splitlines()
        assert [line.partition(":")[0] for line in told[:-1]] == ["error", "hint", "error"]
        assert told[-1] == "1 file and 1 record could not be read, or not to the end"
        assert done.returncode == 1
        assert [each["eventName"] for each in lines(done)].count("X") == 1

    def test_skip(self, bad: Path) -> None:
        """`skip` says nothing, and all is well."""
        done = run("read", bad, "--on-error", "skip")
        assert (done.stderr, done.returncode) == (b"", 0)
        assert done.stdout == run("read", bad).stdout

    @pytest.mark.parametrize("command", ["read", "stats"])
    def test_raise(self, bad: Path, command: str) -> None:
        """`raise` stops at the first."""
        done = run(command, bad, "--on-error", "raise")
        assert (done.stderr.count(b"error:"), done.returncode) == (1, 1)

    def test_strict(self, tmp_path: Path) -> None:
        """`--strict` counts records with fields of unexpected types as bad, and says how to keep them."""
        log = write_records(tmp_path / "log.json.gz", {**CALL, "eventName": 17})
        assert run("read", log).returncode == 0
        done = run("read", log, "--strict")
        assert (done.stdout, done.returncode) == (b"", 1)
        assert b"hint: without --strict such records are kept" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "code", "told"),
        [
            (["read", "nowhere"], 1, "error: nowhere: no such file or folder"),
            (["read", "nowhere/*.gz"], 1, "hint: `**` goes into folders"),
            (["read", "gopher://x"], 2, "error: gopher://x"),
            (["read", ".", "--since", "yesterday"], 2, "error: --since yesterday: expected ISO 8601"),
            (["read", ".", "--until", "2026-01-01", "--since", "2026-02-01"], 2, "error: --until 2026-01-01"),
            (["read", ".", "--category", "x"], 2, "NetworkActivity"),
            (["read", ".", "--output", "raw", "--fields", "eventName"], 2, "error: --fields: not with --output raw"),
            (["read", ".", "--limit", "0"], 2, "hint: trailsdk read --help"),
            (["raed"], 2, "hint: trailsdk --help"),
            (["completion", "tcsh"], 2, "hint: trailsdk completion --help"),
        ],
    )
    def test_one_line(self, arguments: list[str], code: int, told: str) -> None:
        """Whatever is wrong is told in a line, perhaps with a hint; never with a traceback."""
        done = run(*arguments)
        text = done.stderr.decode()
        assert (done.returncode, done.stdout) == (code, b"")
        assert told in text
        assert [line.partition(":")[0] for line in text.splitlines()] in (["error"], ["error", "hint"])

    def test_names_of_files_are_escaped(self, tmp_path: Path) -> None:
        """A file's name cannot write on the terminal either."""
        (tmp_path / "a\x1b[31m\nb.json").write_text("[")
        done = run("read", tmp_path / "a\x1b[31m\nb.json")
        assert rb"a\x1b[31m\nb.json" in done.stderr
        assert done.stderr.count(b"\n") == 1


class TestOutput:
    """What can happen to standard output."""

    @pytest.mark.parametrize("form", ["ndjson", "table", "json", "raw"])
    def test_the_reader_leaves(self, much: Path, form: str) -> None:
        """As with `| head -1`: no traceback, nothing on standard error, and the code that a shell gives for it."""
        process = subprocess.Popen(
            [*COMMAND, "read", str(much), "--output", form],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(100)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE_SECONDS) == 141
        process.stderr.close()

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["stats", "-"], ["completion", "zsh"]])
    def test_nobody_reads(self, arguments: list[str]) -> None:
        """Short output that nobody reads ends quietly too."""
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        os.close(writer)
        assert b"Traceback" not in done.stderr
        assert b"Broken" not in done.stderr
        assert done.returncode in (141, 1)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_full_disk(self, much: Path) -> None:
        """A full disk is an error of one line."""
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*COMMAND, "read", str(much)],
                stdout=full,
                stderr=subprocess.PIPE,
                env=environment(),
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        assert (done.stderr, done.returncode) == (b"error: No space left on device\n", 1)

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    @pytest.mark.parametrize(
        "arguments",
        [
            ["read", "LOG", "--output", "table"],
            ["read", "LOG", "--output", "table", "--fields", "eventName,requestParameters,actor"],
            ["read", "nö\udc80where"],
            ["stats", "LOG"],
            ["key", "explain", "AWSLogs/ö/"],
            ["key", "explain", "ö"],
        ],
    )
    def test_encodings(self, tmp_path: Path, arguments: list[str], encoding: str) -> None:
        """No encoding of the output makes the command fail; what it lacks is escaped."""
        log = write_records(tmp_path / "log.json.gz", hostile_call(), {**CALL, "eventName": "Ünïcode漢字" * 9})
        done = run(
            *(str(log) if each == "LOG" else each for each in arguments),
            PYTHONIOENCODING=encoding,
        )
        seen = (done.stdout + done.stderr).decode(encoding)
        assert "Traceback" not in seen
        assert done.returncode == (1 if b"error:" in done.stderr else 0)
        assert seen.replace("\n", "").isprintable()

    def test_ndjson_is_utf_8(self, tmp_path: Path) -> None:
        """JSON for programs is UTF-8 whatever the terminal's encoding."""
        log = write_records(tmp_path / "log.json.gz", {**CALL, "eventName": "漢字"})
        assert lines(run("read", log, "--fields", "eventName", PYTHONIOENCODING="ascii")) == [{"eventName": "漢字"}]

    def test_no_progress(self, much: Path) -> None:
        """Nothing but errors goes to standard error in a pipe; with `--progress` it may."""
        assert run("read", much).stderr == b""

    def test_c_locale(self, sample_trail: Path) -> None:
        """The oldest locale will do."""
        done = run("read", sample_trail, "--output", "table", LANG="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
        assert (done.stderr, done.returncode) == (b"", 0)
        assert done.stdout.isascii()

    def test_closed(self, sample_trail: Path) -> None:
        """Without standard output there is nothing to do, and it is told in a line."""
        code = f"import os, sys; os.close(1); os.execv({sys.executable!r}, {[*COMMAND, 'read', str(sample_trail)]!r})"
        done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, env=environment(), check=False)
        assert (done.stderr, done.returncode) == (b"error: stdout is closed\n", 1)
