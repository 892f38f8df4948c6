"""The command in a terminal: tables that fit, progress that gives way, Ctrl-C, hostile records."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from process import Terminal, in_terminal, plain, progress_lines

from trails import CALL, hostile_call, write_many, write_records
from trailsdk.cli.text import width_of


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 20,000 files."""
    return write_many(tmp_path_factory.mktemp("many") / "logs", 20_000)


class TestTable:
    """On a terminal, records are a table in the terminal's width."""

    @pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 109, 110, 200])
    def test_every_line_fits(self, sample_trail: Path, columns: int) -> None:
        """No line is wider than the terminal, and the width is used."""
        seen, code = in_terminal("read", sample_trail, columns=columns)
        sizes = [width_of(line) for line in plain(seen).splitlines()[:-1]]
        assert code == 0
        assert columns * 0.5 < max(sizes) <= columns

    def test_80_columns(self, sample_trail: Path) -> None:
        """Each day has a heading; rows tell when, who, what, from where, with what result."""
        seen, _ = in_terminal("read", sample_trail)
        titles, day, *rows = plain(seen).splitlines()
        assert titles.split() == ["WHEN", "WHO", "WHAT", "FROM", "RESULT"]
        assert day == "2026-03-07 UTC"
        assert "09:16:00  alice              cloudtrail:StopLogging    198.51.100.77     denied" in rows
        assert rows[-1] == "19 records of 7 files"

    def test_40_columns(self, sample_trail: Path) -> None:
        """Where room is scarce, address, service and seconds go first."""
        seen, _ = in_terminal("read", sample_trail, columns=40)
        titles, day, *rows = plain(seen).splitlines()
        assert titles.split() == ["WHEN", "WHO", "WHAT"]
        assert day == "2026-03-07 UTC"
        assert "09:16 alice       StopLogging       deny" in rows

    def test_120_columns(self, sample_trail: Path) -> None:
        """Where there is room, each row has the whole time, and the error code."""
        seen, _ = in_terminal("read", sample_trail, columns=120)
        [row] = [line for line in plain(seen).splitlines() if "StopLogging" in line]
        assert row.split() == [
            "2026-03-07",
            "09:16:00",
            "alice",
            "cloudtrail:StopLogging",
            "198.51.100.77",
            "AccessDenied",
        ]

    def test_fields(self, sample_trail: Path) -> None:
        """Fields that were asked for are the columns, none is left out."""
        seen, _ = in_terminal("read", sample_trail, "--fields", "eventTime,eventName,userIdentity.arn", columns=60)
        titles, first, *_ = plain(seen).splitlines()
        assert titles.split() == ["eventTime", "eventName", "userIdentity.arn"]
        assert first.startswith("2026-03-07T09:01:00Z  ConsoleLogin")
        assert max(map(width_of, plain(seen).splitlines())) <= 60

    def test_rows_stream(self, tmp_path: Path) -> None:
        """The first rows are there before the last file is read."""
        write_records(tmp_path / "a.json.gz", CALL)
        os.mkfifo(tmp_path / "b")
        with Terminal("read", tmp_path / "a.json.gz", tmp_path / "b") as terminal:
            terminal.read_until(b"PutBucketPolicy")
            (tmp_path / "b").write_bytes(json.dumps({**CALL, "eventName": "StopLogging"}).encode())
            seen, code = terminal.finish()
        assert "StopLogging" in seen
        assert code == 0

    def test_nothing_found(self, tmp_path: Path) -> None:
        """Without records there is no table; a line says what was looked at."""
        write_records(tmp_path / "a.json.gz", CALL)
        seen, code = in_terminal("read", tmp_path, "--since", "2027-01-01")
        assert (plain(seen), code) == ("0 records of 1 file · 1 record not asked for\n", 0)

    def test_wide_characters(self, tmp_path: Path) -> None:
        """Characters of two columns count as two."""
        log = write_records(tmp_path / "a.json.gz", {**CALL, "eventName": "漢字" * 40}, CALL)
        seen, _ = in_terminal("read", log)
        _, _, wide, normal, _ = plain(seen).splitlines()
        assert width_of(wide[: wide.index("198.")]) == width_of(normal[: normal.index("198.")])


class TestColors:
    """Colours on a terminal, unless something speaks against them."""

    @pytest.mark.parametrize(
        ("variables", "options", "colored"),
        [
            ({}, [], True),
            ({"NO_COLOR": "1"}, [], False),
            ({"NO_COLOR": ""}, [], True),
            ({"NO_COLOR": "1"}, ["--color", "always"], True),
            ({"TERM": "dumb"}, [], False),
            ({}, ["--color", "never"], False),
        ],
    )
    def test_colors(self, sample_trail: Path, variables: dict[str, str], options: list[str], *, colored: bool) -> None:
        """`--color` decides, else NO_COLOR, else the terminal."""
        for command in ("read", "stats"):
            seen, _ = in_terminal(command, sample_trail, *options, variables=variables)
            assert ("\x1b[32m" in seen) == colored
            assert colored or "\x1b[3" not in seen

    def test_errors(self) -> None:
        """Errors follow NO_COLOR too."""
        assert "\x1b" in in_terminal("read", "nowhere")[0]
        assert "\x1b" not in in_terminal("read", "nowhere", variables={"NO_COLOR": "1"})[0]


class TestHostileRecords:
    """Whoever calls AWS chooses names and parameters; none of it reaches the terminal uninterpreted."""

    @pytest.mark.parametrize("columns", [40, 80, 120])
    @pytest.mark.parametrize(
        "arguments",
        [
            ["read"],
            ["read", "--fields", "eventName,requestParameters,userIdentity.arn,actor"],
            ["read", "--output", "ndjson"],
            ["read", "--output", "json"],
            ["read", "--output", "raw"],
            ["read", "--output", "ndjson", "--fields", "eventName,requestParameters"],
            ["stats"],
            ["stats", "--output", "json"],
        ],
    )
    def test_nothing_gets_through(self, tmp_path: Path, arguments: list[str], columns: int) -> None:
        """Everything that a terminal shows is printable, whatever stands in the record."""
        log = tmp_path / "log.json"
        # As text that is not ASCII, so that the raw record holds the characters themselves where JSON allows it.
        call = json.dumps({"Records": [hostile_call()]}, ensure_ascii=False).replace("\ud800", "\\ud800")
        log.write_text(call, encoding="utf-8")
        seen, code = in_terminal(*arguments, log, "--color", "never", columns=columns)
        assert code == 0
        assert all(character == "\n" or character.isprintable() for character in seen)
        assert "\u0301" * 4 not in seen

    def test_json_on_a_terminal_is_the_same_json(self, tmp_path: Path) -> None:
        """What is escaped there is still the same value."""
        log = write_records(tmp_path / "log.json.gz", hostile_call())
        seen, _ = in_terminal("read", log, "--output", "ndjson", "--color", "never")
        assert json.loads(seen.splitlines()[0]) == hostile_call()

    def test_markup(self, tmp_path: Path) -> None:
        """Text that looks like a library's markup is text."""
        log = write_records(tmp_path / "log.json.gz", {**CALL, "eventName": "[red]x[/red]"})
        for command in ("read", "stats"):
            assert "[red]x[/red]" in in_terminal(command, log)[0]


class TestProgress:
    """Counters during long work, on a line of their own."""

    def test_twenty_thousand_files(self, many: Path) -> None:
        """Progress is there before the end, grows, and is gone at the end."""
        seen, code = in_terminal("stats", many)
        counts = [int(line.partition(" ")[0].replace(",", "")) for line in progress_lines(seen)]
        assert 0 < counts[0] < 20_000
        assert counts == sorted(counts)
        assert len(set(counts)) > 1
        assert "20,000 = 20,000 read" in plain(seen)
        # The line is cleared before the numbers are printed.
        assert re.search(r"\r\x1b\[K(\x1b\[1m)?Records", seen)
        assert code == 0

    def test_narrow(self, many: Path) -> None:
        """Progress takes one line at 40 columns too, or clearing it would leave something."""
        seen, _ = in_terminal("stats", many, columns=40)
        assert progress_lines(seen)
        assert all(len(line) < 40 for line in progress_lines(seen))

    def test_rows_are_not_disturbed(self, many: Path) -> None:
        """Whatever progress was drawn between rows, each row stands alone on its line."""
        seen, _ = in_terminal("read", many, "--limit", "2000", "--fields", "eventName")
        rows = [line for line in plain(seen).splitlines() if "Put" in line]
        assert rows == ["PutBucketPolicy"] * 2000

    def test_while_no_rows_come(self, many: Path) -> None:
        """A table that has no rows yet shows progress instead."""
        seen, _ = in_terminal("read", many, "--since", "2027-01-01")
        assert progress_lines(seen)
        assert plain(seen).endswith("0 records of 20,000 files · 20,000 records not asked for\n")

    def test_none_in_a_pipe(self, many: Path) -> None:
        """Output that goes to another program comes without progress: it may draw on the same terminal."""
        with Terminal("read", many, "--limit", "9000", stdout=subprocess.PIPE) as terminal:
            assert terminal.process.stdout is not None
            with terminal.process.stdout as out:
                assert out.read().count(b"\n") == 9000
            assert terminal.finish() == ("", 0)

    def test_none_when_not_wanted(self, many: Path) -> None:
        """`--no-progress` says so."""
        seen, _ = in_terminal("stats", many, "--no-progress", "--since", "2027-01-01")
        assert not progress_lines(seen)

    def test_into_a_file(self, many: Path, tmp_path: Path) -> None:
        """Output into a file comes with progress, and the file holds none of it."""
        with (tmp_path / "out").open("wb") as out:
            seen, _ = in_terminal("read", many, stdout=out.fileno())
        assert progress_lines(seen)
        assert (tmp_path / "out").read_bytes().count(b"\n") == 20_000

    def test_errors_have_their_own_lines(self) -> None:
        """An error that comes in between clears the line of progress first."""
        reader, writer = os.pipe()
        with Terminal("stats", "-", "nowhere", stdin=reader, variables={"NO_COLOR": "1"}) as terminal:
            os.close(reader)
            terminal.read_until(b"0 files")
            os.write(writer, json.dumps(CALL).encode())
            os.close(writer)
            seen, code = terminal.finish()
        assert "\r\x1b[Kerror: nowhere: no such file or folder\n" in seen
        assert code == 1


class TestInterrupt:
    """Ctrl-C ends the command as people expect."""

    @pytest.mark.parametrize("command", ["read", "stats"])
    def test_ctrl_c(self, command: str) -> None:
        """Exit code 130, no traceback, the line of progress is gone."""
        reader, writer = os.pipe()
        with Terminal(command, "-", stdin=reader, variables={"NO_COLOR": "1"}) as terminal:
            os.close(reader)
            terminal.read_until(b"0 files")
            terminal.press(b"\x03")
            seen, code = terminal.finish()
        os.close(writer)
        assert code == 130
        assert seen.endswith("\r\x1b[K\ninterrupted\n")
        assert "Traceback" not in seen

    def test_in_a_pipe(self, many: Path) -> None:
        """Rows that were read are not lost, and the reader sees no half line."""
        with Terminal("read", many, stdout=subprocess.PIPE) as terminal:
            assert terminal.process.stdout is not None
            with terminal.process.stdout as out:
                first = out.readline()
                terminal.press(b"\x03")
                rest = out.read()
            seen, code = terminal.finish()
        assert json.loads(first)["eventName"] == "PutBucketPolicy"
        assert (first + rest).endswith(b"\n")
        assert code == 130
        assert "Traceback" not in seen


class TestDemo:
    """`trailsdk demo` shows something to whoever has no records at hand."""

    def test_temporary(self, tmp_path: Path) -> None:
        """It tells the command, shows the table, and leaves nothing."""
        seen, code = in_terminal("demo", variables={"TMPDIR": str(tmp_path)})
        assert f"$ trailsdk read {tmp_path}/trailsdk-" in plain(seen)
        assert "denied" in seen
        assert "19 records of 7 files" in plain(seen)
        assert (list(tmp_path.iterdir()), code) == ([], 0)

    def test_kept(self, tmp_path: Path) -> None:
        """With `--directory` it stays, and the commands that it names work there."""
        seen, code = in_terminal("demo", "--directory", "my trail", cwd=tmp_path)
        assert code == 0
        assert "$ trailsdk read 'my trail'" in plain(seen)
        assert "  trailsdk stats 'my trail'\n" in plain(seen)
        again, code = in_terminal("stats", "my trail", cwd=tmp_path)
        assert code == 0
        assert "7 = 7 read" in plain(again)

    def test_never_mixed(self, tmp_path: Path) -> None:
        """A folder that holds a trail is left alone."""
        (tmp_path / "AWSLogs").mkdir()
        seen, code = in_terminal("demo", "--directory", tmp_path)
        assert "it holds a folder AWSLogs already" in seen
        assert (list((tmp_path / "AWSLogs").iterdir()), code) == ([], 2)


def test_nothing_to_read() -> None:
    """In a terminal, no location is a mistake: nobody types records."""
    seen, code = in_terminal("read")
    assert "name a file, a folder" in seen
    assert code == 2
