"""Help, versions, completion, and what the command needs to start."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from process import PATIENCE_SECONDS, environment, in_terminal, run

from trailsdk.cli.main import trailsdk


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)


ALL = [pytest.param(path, command, id=" ".join(path) or "trailsdk") for path, command in commands(trailsdk)]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class TestHelp:
    """Every command explains itself."""

    @pytest.mark.parametrize(("path", "command"), ALL)
    def test_examples(self, path: tuple[str, ...], command: click.Command) -> None:
        """Every help text has examples, and every example is a command line that is understood."""
        text = command.get_help(click.Context(command, info_name=" ".join(("trailsdk", *path))))
        examples = re.findall(r"^  +trailsdk (.+)$", text.partition("Example")[2], re.MULTILINE)
        assert examples
        for example in examples:
            arguments = shlex.split(re.split(r" [|>] ", example)[0])
            understood: click.Command = trailsdk
            context = trailsdk.make_context("trailsdk", arguments)
            while isinstance(understood, click.Group):
                _, found, arguments = understood.resolve_command(context, arguments)
                assert found is not None
                understood = found
            understood.make_context(understood.name, list(arguments))

    @pytest.mark.parametrize(("path", "command"), ALL)
    def test_whole_sentences(self, path: tuple[str, ...], command: click.Command) -> None:
        """Every command and option has a help text; in the list of commands none is cut; all is ASCII."""
        assert command.help
        assert command.help.isascii()
        assert not path or not command.get_short_help_str(58).endswith("...")
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, (path, option.name)
                assert option.help.endswith("."), (path, option.name)
                assert option.help.isascii()

    @pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["key"], ["read", "--help"]])
    def test_shown(self, arguments: list[str]) -> None:
        """Help comes on standard output; asking for it, or for nothing, is no mistake."""
        done = run(*arguments)
        assert done.stdout.startswith(b"Usage: trailsdk")
        assert (done.stderr, done.returncode) == (b"", 0)


class TestVersion:
    """`--version` is what a report of a bug begins with."""

    def test_versions(self) -> None:
        """It names the versions of the library, of Python and of what matters."""
        from importlib.metadata import version

        told = run("--version").stdout.decode().splitlines()
        assert told[0].startswith("trailsdk ")
        assert told[1].startswith(f"Python {sys.version_info[0]}.{sys.version_info[1]}.")
        for name in ("msgspec", "orjson", "isal", "attrs", "boto3"):
            assert f"{name} {version(name)}" in told


class TestStart:
    """What is not needed is not imported; what is missing is told."""

    @pytest.mark.parametrize("arguments", [["--help"], ["read", "--help"], ["--version"], ["completion", "bash"]])
    def test_light(self, arguments: list[str]) -> None:
        """Help and versions import neither rich nor the packages of AWS."""
        done = python(
            "import sys\n"
            "from trailsdk.cli.main import run\n"
            f"run({arguments!r})\n"
            "heavy = {'rich', 'boto3', 'botocore', 'cryptography', 'hypothesis', 'asyncio'} & set(sys.modules)\n"
            "sys.exit(str(heavy) if heavy else 0)"
        )
        assert (done.stderr, done.returncode) == ("", 0)

    @pytest.mark.parametrize("name", ["click", "rich"])
    def test_missing_extra(self, name: str) -> None:
        """Without click or rich there is one line that tells what to install."""
        done = python(f"import sys; sys.modules[{name!r}] = None\nfrom trailsdk.cli import main\nmain()")
        assert done.stderr == 'error: the command needs click and rich: pip install "trailsdk[cli]"\n'
        assert (done.stdout, done.returncode) == ("", 2)

    def test_the_library_alone(self) -> None:
        """Who uses the library only needs neither."""
        done = python(
            "import sys; sys.modules['click'] = sys.modules['rich'] = None\nimport trailsdk\ntrailsdk.parse('')"
        )
        assert (done.stderr, done.returncode) == ("", 0)


class TestCompletion:
    """Completion in shells."""

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_script(self, shell: str) -> None:
        """The script is printed, and asks the command by the variable that it listens to."""
        done = run("completion", shell)
        assert b"_TRAILSDK_COMPLETE=" + shell.encode() + b"_complete" in done.stdout
        assert done.returncode == 0

    @pytest.mark.parametrize(
        ("typed", "offered"),
        [
            ("trailsdk st", "stats"),
            ("trailsdk read --on-error s", "skip"),
            ("trailsdk read --category N", "NetworkActivity"),
            ("trailsdk key ex", "explain"),
        ],
    )
    def test_answers(self, typed: str, offered: str) -> None:
        """Commands, options and their values are completed."""
        words = len(typed.split()) - 1
        done = run(_TRAILSDK_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(words))
        assert done.stdout.decode().splitlines() == [f"plain,{offered}"]

    def test_locations(self) -> None:
        """Locations are completed as files by the shell."""
        done = run(_TRAILSDK_COMPLETE="bash_complete", COMP_WORDS="trailsdk read AWS", COMP_CWORD="2")
        assert done.stdout == b"file,AWS\n"


def test_as_a_module() -> None:
    """`python -m trailsdk` and the script call the same function, and both are called `trailsdk` in the help."""
    assert run("--help").stdout.startswith(b"Usage: trailsdk [OPTIONS]")
    assert in_terminal("--help")[0].startswith("Usage: trailsdk [OPTIONS]")
