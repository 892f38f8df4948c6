"""`trailsdk mirror`, and the options for AWS of all commands that read, against S3 on loopback."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import attrs
import boto3
import pytest
from process import COMMAND, PATIENCE_SECONDS, environment, in_terminal, plain, progress_lines

import trailsdk
from tests.servers import MotoEndpoint
from trailsdk.cli.main import run
from trailsdk.cli.report import hint_for
from trailsdk.errors import (
    AccessDeniedError,
    ArchivedError,
    CredentialsError,
    KeyAccessDeniedError,
    LocationError,
    NotFoundError,
    RequesterPaysError,
    TrailError,
)
from trailsdk.integrity import write_public_keys
from trailsdk.sources.sidecar import is_sidecar, read_sidecar
from trailsdk.testing.fake_aws import FakeAws, _Handler
from trailsdk.testing.fake_trail import FakeTrail

BUCKET = "s3://example-trail"

Call: TypeAlias = "Callable[..., Ended]"


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    """A bucket with 8 digest files and 24 log files."""
    trail = FakeTrail(regions=("us-east-1", "eu-west-1"))
    trail.run(hours=4, logs=3)
    with FakeAws(trail) as served:
        yield served


@attrs.frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process, which is quicker; variables are keywords."""

    def call_it(*arguments: str | Path, **variables: str) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(boto3, "DEFAULT_SESSION", None)
            code = run([str(each) for each in arguments])
        return Ended(code, *capfd.readouterr())

    return call_it


def variables(aws: FakeAws) -> dict[str, str]:
    return {**aws.environment, "AWS_DEFAULT_REGION": "us-east-1"}


KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


def assert_whole(folder: Path, aws: FakeAws, *, all_there: bool) -> None:
    """Each file is an object's, to its last byte, and each sidecar speaks of the file beside it."""
    (trail,) = aws.trails
    found = 0
    for path in folder.rglob("*.json.gz"):
        key = path.relative_to(folder).as_posix()
        stored = trail.objects[trail.bucket, key]
        assert path.read_bytes() == stored.data
        sidecar = read_sidecar(path)
        if sidecar is not None:
            assert (sidecar.key, sidecar.size, sidecar.etag) == (key, len(stored.data), stored.etag)
            found += 1
    assert found == len(trail.objects) or not all_there


def temporary(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if not is_sidecar(path.name)]


class TestMirror:
    """What it prints, and how it ends."""

    def test_again(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """The first run copies, the second finds all there, and the copy is read as the bucket is."""
        first = call("mirror", BUCKET, tmp_path / "copy", **variables(aws))
        assert (first.code, first.err) == (0, "")
        assert first.out.startswith("32 copied, ")
        again = call("mirror", BUCKET, tmp_path / "copy", **variables(aws))
        assert again.out == "0 copied, 0 B · 32 unchanged\n"
        assert_whole(tmp_path / "copy", aws, all_there=True)
        texts = [call("read", each, "-o", "ndjson", **variables(aws)).out for each in (BUCKET, tmp_path / "copy")]
        assert sorted(texts[0].splitlines()) == sorted(texts[1].splitlines()) != []

    def test_json(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """For programs the counters come as JSON, and add up."""
        done = call("mirror", BUCKET, tmp_path, "-o", "json", "--no-digests", "--region", "eu-west-1", **variables(aws))
        counters = json.loads(done.out)
        assert (counters["listed"], counters["copied"], counters["unreached"]) == (12, 12, 0)

    def test_errors(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """What is refused is told with a hint, once; the rest is copied; the exit code is that of `read`."""
        (trail,) = aws.trails
        aws.refused = {log.place: "AccessDenied" for log in trail.logs[:2]}
        done = call("mirror", BUCKET, tmp_path / "a", **variables(aws))
        told = done.err
        assert (done.code, told.count("error: "), told.count("hint: ")) == (1, 2, 1)
        assert done.out.startswith("30 copied, ")
        assert "2 failed" in done.out
        skipped = call("mirror", BUCKET, tmp_path / "b", "--on-error", "skip", **variables(aws))
        assert (skipped.code, skipped.err) == (0, "")
        stopped = call("mirror", BUCKET, tmp_path / "c", "--on-error", "raise", **variables(aws))
        assert (stopped.code, stopped.out) == (1, "")

    @pytest.mark.parametrize("arguments", [["AWSLogs", "copy"], ["s3://", "copy"], [BUCKET], [BUCKET, ""]])
    def test_called_wrongly(self, call: Call, arguments: list[str]) -> None:
        """Only S3 can be mirrored, into a folder."""
        done = call("mirror", *arguments)
        assert (done.code, done.out) == (2, "")
        assert "Traceback" not in done.err

    def test_progress(self, aws: FakeAws, tmp_path: Path) -> None:
        """In a terminal files and bytes are counted while it is at work; at the end the numbers are left."""
        (trail,) = aws.trails
        trail.run(logs=200)
        aws.latency = 0.15
        seen, code = in_terminal("mirror", BUCKET, tmp_path, variables=variables(aws))
        assert code == 0
        assert progress_lines(seen)
        assert any(" copied · " in line for line in progress_lines(seen))
        assert plain(seen).startswith("434 copied, ")


class TestStopped:
    """However it is stopped: nothing half-written has a name, and the next run goes on."""

    @staticmethod
    def _begun(aws: FakeAws, folder: Path) -> "subprocess.Popen[bytes]":
        """Run it until it has copied something."""
        aws.latency = 0.1
        process = subprocess.Popen(
            [*COMMAND, "mirror", BUCKET, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**variables(aws)),
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while not any(folder.rglob("*.json.gz")):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.001)
        return process

    def test_ctrl_c(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """Ctrl-C ends it with 130 and leaves no temporary file."""
        process = self._begun(aws, tmp_path)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out, err) == (130, b"", b"interrupted\n")
        assert temporary(tmp_path) == []
        assert_whole(tmp_path, aws, all_there=False)
        aws.latency = 0
        assert call("mirror", BUCKET, tmp_path, **variables(aws)).code == 0
        assert_whole(tmp_path, aws, all_there=True)

    @pytest.mark.parametrize("moment", range(2))
    def test_killed(self, call: Call, aws: FakeAws, tmp_path: Path, moment: int) -> None:
        """Killed at any moment, all that has a name is whole; what was being written is hidden."""
        process = self._begun(aws, tmp_path)
        time.sleep(0.003 * moment)
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
        assert_whole(tmp_path, aws, all_there=False)
        assert all(path.name.endswith(".tmp") for path in temporary(tmp_path))
        aws.latency = 0
        assert call("mirror", BUCKET, tmp_path, **variables(aws)).code == 0
        assert_whole(tmp_path, aws, all_there=True)
        assert len(list(trailsdk.read(tmp_path))) == 48


class TestAws:
    """Whose credentials, which role, which endpoint."""

    @pytest.mark.parametrize("command", ["read", "explain", "verify"])
    def test_endpoint(self, call: Call, aws: FakeAws, tmp_path: Path, command: str) -> None:
        """Every command that reads finds S3 where it is told to."""
        (trail,) = aws.trails
        keys = tmp_path / "keys.json"
        write_public_keys(trail.public_keys, keys)
        more = ["--public-keys", str(keys), "--until", "2026-03-07T12:12:44Z"] if command == "verify" else []
        done = call(command, BUCKET, "--endpoint-url", aws.url, *more, **KEYS)
        assert aws.requests["ListObjectsV2"] > 0
        assert (done.code, done.err) == (0, "")

    def test_cursor(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """A cursor keeps its place at that endpoint."""
        arguments = ["read", BUCKET, "-o", "ndjson", "--cursor", str(tmp_path / "cursor"), "--endpoint-url", aws.url]
        found = [call(*arguments, **KEYS) for _ in range(2)]
        assert [(each.code, len(each.out.splitlines()), each.err) for each in found] == [(0, 48, ""), (0, 0, "")]

    def test_requester_pays(self, call: Call, aws: FakeAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Whoever agrees to pay says so with each request."""
        said: list[str | None] = []
        answer = _Handler.do_GET

        def do_get(handler: _Handler) -> None:
            said.append(handler.headers.get("x-amz-request-payer"))
            answer(handler)

        monkeypatch.setattr(_Handler, "do_GET", do_get)
        done = call("mirror", BUCKET, tmp_path, "--requester-pays", "--endpoint-url", aws.url, **KEYS)
        assert done.code == 0
        assert set(said) == {"requester"}
        assert len(said) > 32

    def test_mirror(self, call: Call, aws: FakeAws, tmp_path: Path) -> None:
        """Mirrors too."""
        assert call("mirror", BUCKET, tmp_path, "--endpoint-url", aws.url, **KEYS).code == 0
        assert_whole(tmp_path, aws, all_there=True)

    def test_role(self, call: Call, moto: MotoEndpoint, tmp_path: Path) -> None:
        """A role is assumed with the credentials of a profile, and with what its owner agreed."""
        trail = FakeTrail()
        trail.run()
        trail.objects.upload(moto.client())
        config = tmp_path / "config"
        config.write_text("[profile audit]\nregion = us-east-1\n")
        credentials = tmp_path / "credentials"
        credentials.write_text("[audit]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
        places = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        role = ["--role-arn", "arn:aws:iam::123456789012:role/trail-reader", "--external-id", "agreed"]
        done = call("read", BUCKET, "-o", "ndjson", "--profile", "audit", *role, AWS_ENDPOINT_URL=moto.url, **places)
        assert (done.code, done.err) == (0, "")
        assert len(done.out.splitlines()) == 4
        alone = call("read", BUCKET, "--profile", "audit", AWS_ENDPOINT_URL=moto.url, **places)
        assert alone.code == 0

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--profile", "nobody"], "there is no such profile"),
            (["--external-id", "agreed"], "only with --role-arn"),
            (["--role-arn", "reader"], "reader"),
            (["--endpoint-url", "127.0.0.1:9"], "expected https://"),
        ],
    )
    def test_called_wrongly(self, call: Call, arguments: list[str], told: str) -> None:
        """What cannot be meant is told in one line."""
        done = call("read", BUCKET, *arguments, **KEYS)
        assert done.code == 2
        assert told in done.err
        assert done.err.startswith("error: ")

    def test_no_profile_with_data_path(self, call: Call, tmp_path: Path) -> None:
        """Also where the environment lets boto3 look at the profile later."""
        done = call("read", BUCKET, "--profile", "nobody", AWS_DATA_PATH=str(tmp_path), **KEYS)
        assert (done.code, "there is no such profile" in done.err) == (2, True)

    def test_progress(self, aws: FakeAws) -> None:
        """Reading a bucket shows files and bytes while it waits."""
        (trail,) = aws.trails
        trail.run(logs=200)
        aws.latency = 0.15
        seen, code = in_terminal("stats", BUCKET, variables=variables(aws))
        assert code == 0
        assert any("B · " in line and "files" in line for line in progress_lines(seen))


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (RequesterPaysError("s3://b/k", ""), "--requester-pays"),
        (AccessDeniedError("s3://b/k", ""), "s3:ListBucket"),
        (KeyAccessDeniedError("s3://b/k", ""), "kms:Decrypt"),
        (ArchivedError("s3://b/k", ""), "restore-object"),
        (CredentialsError("s3://b", ""), "--profile"),
        (NotFoundError("s3://b/2026/*", ""), "literal"),
        (NotFoundError("AWSLogs/*", ""), "`**`"),
        (LocationError("gs://b", ""), "trailsdk plugins"),
        (AccessDeniedError("/var/log/x", ""), None),
        (LocationError("s3://", ""), None),
    ],
)
def test_hints(error: TrailError, hint: str | None) -> None:
    """What AWS refuses comes with what helps."""
    found = hint_for(error)
    assert found is None if hint is None else hint in (found or "")
