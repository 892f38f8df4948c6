"""What goes wrong between a bucket and its reader: each fault has an error of its own, and costs what is bad."""

import gc
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from faulty_server import CUT, FaultyServer, Refusal, serving

import trailsdk
from trailsdk import errors
from trailsdk.errors import TrailError

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


def key(number: int) -> str:
    return (
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/"
        f"111122223333_CloudTrail_eu-west-1_20260307T09{number:02}Z_AbCdEfGh01234567.json.gz"
    )


def body(number: int) -> bytes:
    record = {"eventID": f"{number}", "eventName": "GetObject", "requestParameters": {"filler": "x" * 400}}
    return gzip.compress(json.dumps({"Records": [record]}).encode(), mtime=0)


KEYS = [key(number) for number in range(5)]
OBJECTS = {key(number): body(number) for number in range(5)}


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving(OBJECTS) as served:
        yield served


def read(server: FaultyServer, **options: object) -> tuple[list[str | None], list[TrailError], trailsdk.Stats]:
    found: list[TrailError] = []
    stream = trailsdk.read(trailsdk.S3("s3://bucket", client=server.client(), **options), on_error=found.append)  # type: ignore[arg-type]  # options
    events = [record.event_id for record in stream]
    stats = stream.stats
    files = (stats.read, stats.pruned, stats.skipped, stats.consumed, stats.failed, stats.unreached)
    assert stats.listed == sum(files)
    return events, found, stats


class TestBodies:
    """A body that breaks off is fetched again; it says nothing about the object."""

    @pytest.mark.parametrize("times", [1, 3])
    def test_fetched_again(self, server: FaultyServer, times: int) -> None:
        """Some failures are not even told."""
        server.faults[KEYS[2]] = [CUT] * times
        assert read(server)[:2] == (["0", "1", "2", "3", "4"], [])
        assert server.gets.count(KEYS[2]) == times + 1

    def test_again_and_again(self, server: FaultyServer) -> None:
        """In the end it is an error of transport, not of the file, and the rest is read."""
        server.faults[KEYS[2]] = [CUT] * 20
        events, found, stats = read(server)
        assert events == ["0", "1", "3", "4"]
        assert [type(error) for error in found] == [errors.TransportError]
        assert stats.failed == 1

    def test_a_large_object_that_breaks_off(self, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """A large object is read piece by piece, and not begun again."""
        monkeypatch.setattr("trailsdk.sources.s3.source.LARGE", 10)
        assert read(server)[0] == ["0", "1", "2", "3", "4"]
        server.faults[KEYS[1]] = [CUT]
        events, found, _ = read(server)
        assert events == ["0", "2", "3", "4"]
        assert [type(error) for error in found] == [errors.TransportError]


REFUSALS = [
    (Refusal(403, "AccessDenied"), errors.AccessDeniedError),
    (Refusal(403, "AccessDenied", "not authorized to perform: kms:Decrypt on resource"), errors.KeyAccessDeniedError),
    (Refusal(400, "KMS.DisabledException", "the key is disabled"), errors.KeyAccessDeniedError),
    (Refusal(403, "AccessDenied", "this is a Requester Pays bucket"), errors.RequesterPaysError),
    (Refusal(403, "InvalidObjectState", "The operation is not valid"), errors.ArchivedError),
    (Refusal(404, "NoSuchKey", "The specified key does not exist."), errors.GoneError),
    (Refusal(400, "ExpiredToken", "The provided token has expired."), errors.CredentialsError),
    (Refusal(403, "SignatureDoesNotMatch", "..."), errors.CredentialsError),
    (Refusal(503, "SlowDown", "Please reduce your request rate."), errors.UnreadableError),
    (Refusal(500, "InternalError", "We encountered an internal error."), errors.UnreadableError),
]


class TestRefusals:
    """Each refusal is its own error, and obeys `on_error`."""

    @pytest.mark.parametrize(("refusal", "kind"), REFUSALS, ids=lambda each: getattr(each, "code", ""))
    def test_of_an_object(self, server: FaultyServer, refusal: Refusal, kind: type[TrailError]) -> None:
        """It costs the object; the error names it."""
        server.faults[KEYS[1]] = [refusal]
        events, found, stats = read(server)
        assert events == ["0", "2", "3", "4"]
        assert [type(error) for error in found] == [kind]
        assert str(found[0]).startswith(f"s3://bucket/{KEYS[1]}: ")
        assert (stats.read, stats.failed) == (4, 1)

    def test_raised_at_its_place(self, server: FaultyServer) -> None:
        """By default it ends the stream, after the records before it, though it was fetched ahead."""
        server.faults[KEYS[2]] = [Refusal(403, "AccessDenied")]
        stream = trailsdk.read(trailsdk.S3("s3://bucket", client=server.client()))
        assert [next(stream).event_id for _ in range(2)] == ["0", "1"]
        with pytest.raises(errors.AccessDeniedError):
            next(stream)
        assert stream.stats.unreached == stream.stats.listed - 3

    @pytest.mark.parametrize(
        ("refusal", "kind"), [pair for pair in REFUSALS if pair[0].code not in ("NoSuchKey", "InvalidObjectState")]
    )
    def test_of_a_listing(self, server: FaultyServer, refusal: Refusal, kind: type[TrailError]) -> None:
        """A listing that is refused is reported, and counted as a folder that could not be listed."""
        server.faults[""] = [refusal] * 9
        events, found, stats = read(server)
        assert (events, [type(error) for error in found], stats.failed) == ([], [kind], 1)

    def test_nobody_answers(self) -> None:
        """A port where nobody listens is an error of transport."""
        with serving({}) as served:
            pass
        assert [type(error) for error in read(served)[1]] == [errors.TransportError]

    def test_no_credentials(self, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without credentials the error says so."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        stream = trailsdk.read(trailsdk.S3("s3://bucket", endpoint_url=server.url))
        with pytest.raises(errors.CredentialsError, match="credentials"):
            next(stream)


class TestObstore:
    """With the extra, bodies come through obstore, and whatever fails there is asked of boto3 again."""

    @pytest.fixture(autouse=True)
    def _credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("obstore")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def test_the_true_reason(self, server: FaultyServer) -> None:
        """A refusal is told in boto3's words."""
        server.faults[KEYS[1]] = [Refusal(403, "InvalidObjectState")] * 2
        found: list[TrailError] = []
        source = trailsdk.S3("s3://bucket", endpoint_url=server.url, obstore=True)
        assert len(list(trailsdk.read(source, on_error=found.append))) == 4
        assert [type(error) for error in found] == [errors.ArchivedError]

    def test_odd_keys_go_through_boto3(self) -> None:
        """Keys that obstore would change are read as they are."""
        odd = ["a//b.json", "a/./c.json", "a/../d.json", "a%2Fe.json", "f#?g.json", "h\ni.json", "/j.json", "ü.json"]
        with serving({each: body(number) for number, each in enumerate(odd)}) as served:
            source = trailsdk.S3("s3://bucket", endpoint_url=served.url, obstore=True)
            stream = trailsdk.read(source)
            locations = sorted(str(record.origin.location) for record in stream if record.origin is not None)
            assert locations == sorted(f"s3://bucket/{each}" for each in odd)


class TestLeaving:
    """Whoever leaves early leaves nothing behind."""

    def test_dropped_and_closed(self, server: FaultyServer) -> None:
        """Closing, dropping, or an error of the caller's own ends all threads."""
        client = server.client()
        stream = trailsdk.read(trailsdk.S3("s3://bucket", client=client))
        next(stream)
        del stream
        gc.collect()
        with trailsdk.read(trailsdk.S3("s3://bucket", client=client)) as closed:
            next(closed)
        stream = trailsdk.read(trailsdk.S3("s3://bucket", client=client), where=lambda record: len(str(record)) < 1 / 0)
        with pytest.raises(ZeroDivisionError):
            next(stream)
        assert not [each.name for each in threading.enumerate() if each.name.startswith("trailsdk")]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
    def test_interrupted(self, server: FaultyServer) -> None:
        """Ctrl-C ends the process at once, although objects are on their way."""
        code = f"""
import os, signal, trailsdk, boto3
client = boto3.client("s3", endpoint_url={server.url!r}, region_name="us-east-1",
                      aws_access_key_id="testing", aws_secret_access_key="testing")
for record in trailsdk.read(trailsdk.S3("s3://bucket", client=client)):
    os.kill(os.getpid(), signal.SIGINT)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == -signal.SIGINT
        assert done.stderr.strip().endswith("KeyboardInterrupt")
