"""A package from outside: both wheels in a fresh environment, used from Python and from the command."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/trailsdk-example"

Run = Callable[..., subprocess.CompletedProcess[str]]


def build(project: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with trailsdk and the example, and the dependencies that are installed here already."""
    folder = tmp_path_factory.mktemp("outside")
    wheels = [build(ROOT, folder / "sdk"), build(EXAMPLE, folder / "example")]
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv/bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps", "--quiet"]
    subprocess.run([*install, *map(str, wheels)], check=True, capture_output=True)
    site = next((folder / "venv/lib").glob("python*/site-packages"))
    # Its own packages come first; those that are installed here in editable form are not seen.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "venv"


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Iterator[Run]:
    """Run something in that environment."""

    def execute(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        program = [str(environment / "bin" / command[0]), *command[1:]]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(program, cwd=tmp_path, env=clean | more, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return execute  # type: ignore[return-value]  # a fixture


def test_from_python(run: Run) -> None:
    """Source, stage and sink of the outside package work, found by their entry point alone."""
    code = """
import json, zipfile, trailsdk
assert ".venv" not in trailsdk.__file__
with zipfile.ZipFile("e.zip", "w") as archive:
    archive.writestr("a", json.dumps({"eventName": "PutObject", "eventTime": "2026-03-07T23:00:00Z"}))
    archive.writestr("b", '{"event": {"eventName": "GetObject"}}')
stream = trailsdk.read("zip://e.zip")
print(trailsdk.write(stream, "out.csv"), stream.stats.read)
print([dict(record.enrichments) for record in trailsdk.read("zip://e.zip")][0])
"""
    done = run("python", "-c", code)
    assert done.stdout.splitlines() == ["2 2", "{'example': {'out_of_hours': True}}"]


def test_left_out(run: Run) -> None:
    """`TRAILSDK_PLUGINS_OFF` leaves plugins out by name, or all."""
    code = "from trailsdk.plugins import make_manager; print([info.name for info in make_manager().plugins()])"
    for off, names in (("", ["trailsdk", "example"]), ("example", ["trailsdk"]), ("*", ["trailsdk"])):
        assert run("python", "-c", code, TRAILSDK_PLUGINS_OFF=off).stdout.strip() == str(names)


def test_the_package_passes_its_own_tests(run: Run, tmp_path: Path) -> None:
    """The example's tests, with the contract of sources, pass beside the wheel."""
    # A folder for temporary files of its own: in the common one, this run and ours would clean up after each other.
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE), "--basetemp", str(tmp_path / "temporary")]
    done = run("python", "-m", "pytest", *options, str(EXAMPLE / "tests"))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_command_lists_it(run: Run) -> None:
    """`trailsdk plugins` shows name, version, distribution, and what each offers."""
    done = run("trailsdk", "plugins", "--output", "json")
    listed = {each["name"]: each for each in json.loads(done.stdout)["plugins"]}
    assert (listed["example"]["distribution"], listed["example"]["version"]) == ("trailsdk-example", "0.3.0")
    assert listed["example"]["offers"]["trailsdk_sources"] == ["zip"]
    assert listed["example"]["offers"]["trailsdk_checks"] == ["quiet hours"]


def test_a_broken_plugin(run: Run, environment: Path) -> None:
    """A plugin that fails to import is reported by name, and the others go on."""
    site = next((environment / "lib").glob("python*/site-packages"))
    info = site / "trailsdk_broken-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trailsdk-broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[trailsdk]\nbroken = no_such_module\n")
    try:
        done = run("trailsdk", "plugins")
        assert "broken" in done.stdout
        assert "no_such_module" in done.stdout
        assert "example" in done.stdout
        done = run("python", "-c", 'import trailsdk; print(next(trailsdk.parse(\'{"eventName":"X"}\')).event_name)')
        assert done.stdout.strip() == "X"
        assert "PluginWarning: plugin broken is left out: ModuleNotFoundError" in done.stderr
    finally:
        for path in info.iterdir():
            path.unlink()
        info.rmdir()
