"""The bench's S3 server answers as S3 does."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from bench.buckets import MemoryBucket, Stored, list_entries
from bench.server_process import Server, make_session, run_server
from bench.simulated import SimulatedBucket
from tests.servers import MotoEndpoint
from trailsdk.model.keys import DigestKey, LogFileKey, parse_key

_KEYS = (
    *(f"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/0{day}/0{hour}.json.gz" for day in "789" for hour in "01234"),
    "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/07/digest.json.gz",
    "AWSLogs/444455556666/CloudTrail/eu-west-1/2026/03/07/00.json.gz",
    "a b+c&d<e>%2F'\"=?#.json",
    "zürich/東京/\U0001f4be.json",
    "zürich/東京/￿.json",
    "zürich-",
)
_METADATA = {"signature": "00ff", "signature-algorithm": "SHA256withRSA"}
_SIGNED = _KEYS[15]
_NAMES = {
    "Key",
    "Prefix",
    "Size",
    "ETag",
    "StorageClass",
    "IsTruncated",
    "KeyCount",
    "MaxKeys",
    "Delimiter",
}
_ANSWERS: dict[str, Any] = {
    "ListPublicKeys": {
        "PublicKeyList": [{"Value": "AAAA", "Fingerprint": "00ff", "ValidityStartTime": 1, "ValidityEndTime": 2}]
    },
    "DescribeTrails": {"trailList": [{"Name": "main", "S3BucketName": "trail"}]},
    "GetTrailStatus": {"IsLogging": True},
}


def _body(key: str) -> bytes:
    return f"bytes of {key}".encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bench's server, with a bucket of objects and one of three million keys."""
    folder = tmp_path_factory.mktemp("buckets")
    for key in _KEYS:
        path = folder / "trail" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_body(key))
    (folder / "trail.metadata.json").write_text(json.dumps({_SIGNED: _METADATA}))
    with run_server(folder, simulated="year", answers=_ANSWERS) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Any:
    """boto3's client of it."""
    return make_session().client("s3", endpoint_url=server.url)


@pytest.fixture(scope="module")
def theirs(moto_endpoint: MotoEndpoint) -> tuple[Any, str]:
    """A client of moto, and the same objects in a bucket of it."""
    name, client = moto_endpoint.make_bucket(), moto_endpoint.client()
    for key in _KEYS:
        client.put_object(Bucket=name, Key=key, Body=_body(key), Metadata=_METADATA if key == _SIGNED else {})
    return client, name


def _facts(answer: Any) -> Any:
    """Keep of an answer what S3 promises, and two servers must agree on."""
    if isinstance(answer, list):
        return [_facts(each) for each in answer]
    if isinstance(answer, dict):
        chosen = {name: value for name, value in answer.items() if name in _NAMES}
        return chosen | {
            name: _facts(answer.get(name, [])) for name in ("Contents", "CommonPrefixes") if name in answer
        }
    return answer


def _entries(page: Any) -> tuple[list[str], list[str]]:
    objects, folders = page.get("Contents", []), page.get("CommonPrefixes", [])
    return [each["Key"] for each in objects], [each["Prefix"] for each in folders]


def _joined(pages: list[tuple[list[str], list[str]]]) -> tuple[list[str], list[str]]:
    return [key for objects, _ in pages for key in objects], [folder for _, folders in pages for folder in folders]


class TestListing:
    """boto3 sees in it what it sees in moto."""

    @pytest.mark.parametrize(
        "wanted",
        [
            {},
            {"Prefix": "AWSLogs/"},
            {"Prefix": "AWSLogs/111122223333/CloudTrail"},
            {"Prefix": "AWSLogs/", "Delimiter": "/"},
            {"Prefix": "AWSLogs/111122223333/", "Delimiter": "/"},
            {"Prefix": "zürich", "Delimiter": "/"},
            {"Delimiter": "0"},
            {"Prefix": "nothing"},
            {"StartAfter": "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/08/02.json.gz"},
            {"StartAfter": "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/08/02"},
            {"StartAfter": "a b", "Prefix": "zürich"},
            {"StartAfter": _KEYS[17]},
            {"StartAfter": "zz"},
            {"MaxKeys": 3},
            {"MaxKeys": 0},
        ],
    )
    def test_a_page(self, client: Any, theirs: tuple[Any, str], wanted: dict[str, Any]) -> None:
        """`ListObjectsV2` gives the same entries and facts."""
        moto, name = theirs
        ours = client.list_objects_v2(Bucket="trail", **wanted)
        assert _facts(ours) == _facts(moto.list_objects_v2(Bucket=name, **wanted))
        # moto does not encode it, and boto3 decodes it.
        assert ours.get("StartAfter") == wanted.get("StartAfter")

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    @pytest.mark.parametrize("delimiter", ["", "/"])
    @pytest.mark.parametrize("size", [1, 2, 7, 1000])
    def test_paging(self, client: Any, theirs: tuple[Any, str], operation: str, delimiter: str, size: int) -> None:
        """However long the pages are, each entry comes once, in order, and no page has more."""
        moto, name = theirs
        pages = client.get_paginator(operation).paginate(
            Bucket="trail", Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
        found = [_entries(page) for page in pages]
        assert all(len(objects) + len(folders) <= size for objects, folders in found)
        # moto pages ListObjects wrongly where there is a delimiter: its one page is right.
        assert _joined(found) == _entries(moto.list_objects_v2(Bucket=name, Delimiter=delimiter))
        if not delimiter:
            assert _joined(found) == (sorted(_KEYS, key=str.encode), [])

    def test_a_marker(self, client: Any, theirs: tuple[Any, str]) -> None:
        """`ListObjects` begins behind its marker."""
        moto, name = theirs
        ours = client.list_objects(Bucket="trail", Marker=_KEYS[3], Prefix="AWSLogs/")
        its = moto.list_objects(Bucket=name, Marker=_KEYS[3], Prefix="AWSLogs/")
        assert [each["Key"] for each in ours["Contents"]] == [each["Key"] for each in its["Contents"]]
        assert ours["Marker"] == _KEYS[3]

    def test_without_encoding(self, server: Server) -> None:
        """Who does not ask for encoded keys gets them as they are, as far as XML can."""
        with urllib.request.urlopen(f"{server.url}/trail?list-type=2&prefix=a") as answer:  # noqa: S310 (loopback)
            assert "<Key>a b+c&amp;d&lt;e&gt;%2F'\"=?#.json</Key>" in answer.read().decode()

    @given(
        keys=st.sets(st.text("ab/\U0010ffff", min_size=1, max_size=5)),
        prefix=st.text("ab/", max_size=2),
        delimiter=st.sampled_from(["", "/", "a", "//"]),
        size=st.integers(1, 4),
    )
    def test_any_keys(self, keys: set[str], prefix: str, delimiter: str, size: int) -> None:
        """The pages of any listing, one behind the other, are all keys with the prefix, each rolled up once."""
        bucket = MemoryBucket({key: Stored(b"", "") for key in keys})
        expected = set()
        for key in keys:
            behind = key.removeprefix(prefix)
            if key.startswith(prefix):
                begin, mark, _ = behind.partition(delimiter) if delimiter else (behind, "", "")
                expected.add(f"{prefix}{begin}{mark}")
        found: list[str] = []
        more = True
        while more:
            entries, more = list_entries(bucket, prefix, delimiter, found[-1] if found else "", size)
            found += [each if isinstance(each, str) else each.key for each in entries]
            assert len(entries) == size or not more
        assert found == sorted(expected)


class TestObjects:
    """boto3 gets from it what it gets from moto."""

    @pytest.mark.parametrize("key", _KEYS)
    def test_get_and_head(self, client: Any, theirs: tuple[Any, str], key: str) -> None:
        """Bytes, size, ETag and metadata are the same."""
        moto, name = theirs
        ours, its = client.get_object(Bucket="trail", Key=key), moto.get_object(Bucket=name, Key=key)
        assert ours["Body"].read() == its["Body"].read() == _body(key)
        head = client.head_object(Bucket="trail", Key=key)
        for fact in ("ETag", "ContentLength", "Metadata"):
            assert ours[fact] == head[fact] == its[fact]
        assert ours["LastModified"] == client.list_objects_v2(Bucket="trail", Prefix=key)["Contents"][0]["LastModified"]

    def test_absent(self, client: Any, theirs: tuple[Any, str]) -> None:
        """What is not there is refused in the same words."""
        moto, name = theirs
        for bucket, code in (("trail", "NoSuchKey"), ("nobody", "NoSuchBucket")):
            with pytest.raises(ClientError) as ours:
                client.get_object(Bucket=bucket, Key="nothing")
            with pytest.raises(ClientError) as its:
                moto.get_object(Bucket=name if bucket == "trail" else bucket, Key="nothing")
            assert ours.value.response["Error"]["Code"] == its.value.response["Error"]["Code"] == code
        with pytest.raises(ClientError) as refused:
            client.head_object(Bucket="trail", Key="nothing")
        assert refused.value.response["Error"]["Code"] == "404"
        with pytest.raises(ClientError, match="NoSuchBucket"):
            client.list_objects_v2(Bucket="nobody")

    def test_the_bucket(self, client: Any) -> None:
        """Its Region is told."""
        assert client.head_bucket(Bucket="trail")["BucketRegion"] == "us-east-1"
        assert client.get_bucket_location(Bucket="trail")["LocationConstraint"] is None
        with pytest.raises(ClientError):
            client.head_bucket(Bucket="nobody")


class TestSimulatedBucket:
    """Three million keys that nobody wrote are listed as if somebody had."""

    def _folders(self, client: Any, prefix: str) -> list[str]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket="year", Prefix=prefix, Delimiter="/")
        return [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]

    def test_folders(self, client: Any) -> None:
        """There are 30 accounts, 17 Regions in each, 400 days."""
        accounts = self._folders(client, "AWSLogs/o-exampleorg1/")
        assert len(accounts) == 30
        folders = self._folders(client, accounts[-1])
        assert [each.removeprefix(accounts[-1]) for each in folders] == ["CloudTrail-Digest/", "CloudTrail/"]
        for folder in folders:
            regions = self._folders(client, folder)
            assert len(regions) == 17
            assert regions == sorted(regions)
            days = [
                day
                for year in self._folders(client, regions[-1])
                for month in self._folders(client, year)
                for day in self._folders(client, month)
            ]
            assert len(days) == 400
            assert days == sorted(days)
            assert days[-1].endswith("/2026/03/31/")

    def test_a_day(self, client: Any) -> None:
        """A day, account and Region has 15 log files and 24 digest files, whose keys are CloudTrail's."""
        for folder, kind, number in (("CloudTrail", LogFileKey, 15), ("CloudTrail-Digest", DigestKey, 24)):
            prefix = f"AWSLogs/o-exampleorg1/111122220007/{folder}/us-east-1/2025/12/31/"
            listed = client.list_objects_v2(Bucket="year", Prefix=prefix)["Contents"]
            assert len(listed) == number
            for each in listed:
                key = parse_key(each["Key"])
                assert isinstance(key, kind)
                assert str(key) == each["Key"]
                body = client.get_object(Bucket="year", Key=each["Key"])
                assert body["ETag"] == each["ETag"]
                assert body["ContentLength"] == each["Size"]

    def test_records(self, client: Any) -> None:
        """A log file's records are of its account, its Region and its minute."""
        key = client.list_objects_v2(
            Bucket="year", Prefix="AWSLogs/o-exampleorg1/111122220007/CloudTrail/sa-east-1/2026/03/07/", MaxKeys=1
        )["Contents"][0]["Key"]
        records = json.loads(gzip.decompress(client.get_object(Bucket="year", Key=key)["Body"].read()))["Records"]
        assert len({each["eventID"] for each in records}) == 10
        for each in records:
            assert (each["recipientAccountId"], each["awsRegion"]) == ("111122220007", "sa-east-1")
            assert each["eventTime"].startswith("2026-03-07T00:00:")

    @pytest.mark.parametrize(
        "key",
        [
            "AWSLogs/o-exampleorg1/111122220007/CloudTrail/sa-east-1/2026/04/01/nothing",
            "AWSLogs/o-exampleorg1/111122220007/CloudTrail/sa-east-1/2026/03/07/nothing",
            "zz",
        ],
    )
    def test_absent(self, client: Any, key: str) -> None:
        """There are no other keys."""
        with pytest.raises(ClientError, match="NoSuchKey"):
            client.get_object(Bucket="year", Key=key)

    def test_paging(self, client: Any) -> None:
        """A Region is listed in pages, without a gap and in order; a listing can begin anywhere in it."""
        prefix = "AWSLogs/o-exampleorg1/111122220007/CloudTrail/us-east-1/"
        pages = list(client.get_paginator("list_objects_v2").paginate(Bucket="year", Prefix=prefix))
        keys = [each["Key"] for page in pages for each in page["Contents"]]
        assert len(pages) == 6
        assert len(keys) == 400 * 15
        assert all(one < other for one, other in pairwise(keys))
        rest = client.list_objects_v2(Bucket="year", Prefix=prefix, StartAfter=keys[5500])["Contents"]
        assert [each["Key"] for each in rest] == keys[5501:]

    def test_a_small_one(self) -> None:
        """A bucket of this kind that is small enough to be looked through agrees with one in memory."""
        simulated = SimulatedBucket(accounts=2, regions=3, days=40, logs=2, digests=1)
        listed = list(simulated.objects_from(""))
        assert len(listed) == 2 * 3 * 40 * (2 + 1)
        bodies = {each.key: simulated.get(each.key) for each in listed}
        memory = MemoryBucket({key: body for key, body in bodies.items() if body is not None})
        assert list(memory.objects_from("")) == listed
        assert list(memory.objects_from(listed[333].key)) == list(simulated.objects_from(listed[333].key))


class TestServer:
    """It tells what it does, does as it is told, and ends."""

    def test_counts(self, server: Server, client: Any) -> None:
        """Each operation is counted; the questions of whoever measures are not."""
        before = server.counts()
        client.get_object(Bucket="trail", Key=_SIGNED)
        client.list_objects_v2(Bucket="trail")
        client.list_objects_v2(Bucket="year")
        assert server.counts() - before == {"GetObject": 1, "ListObjectsV2": 2}

    def test_cpu(self, server: Server, client: Any) -> None:
        """Its own seconds are told, and grow with its work."""
        before = server.cpu()
        for _ in range(3):
            client.list_objects_v2(Bucket="year")
        assert 0 < before < server.cpu()

    def test_latency(self, server: Server, client: Any) -> None:
        """Answers come as much later as it is told, until it is told otherwise."""
        server.set_latency(0.2)
        try:
            start = time.monotonic()
            client.get_object(Bucket="trail", Key=_SIGNED)["Body"].read()
            assert time.monotonic() - start >= 0.2
            assert server.counts()["GetObject"] > 0
        finally:
            server.set_latency(0)

    def test_operations_of_json(self, server: Server) -> None:
        """boto3's CloudTrail gets what the server was given."""
        cloudtrail = make_session().client("cloudtrail", endpoint_url=server.url)
        assert cloudtrail.list_public_keys()["PublicKeyList"][0]["Fingerprint"] == "00ff"
        assert (
            cloudtrail.describe_trails(trailNameList=["main"])["trailList"] == _ANSWERS["DescribeTrails"]["trailList"]
        )
        assert cloudtrail.get_trail_status(Name="main")["IsLogging"] is True
        with pytest.raises(ClientError, match="UnknownOperation"):
            cloudtrail.list_trails()

    def test_requests_in_pieces(self, server: Server) -> None:
        """A request may come byte by byte, and two may come at once."""
        request = f"HEAD /trail/{_SIGNED} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=30) as connection:
            for at in range(len(request)):
                connection.sendall(request[at : at + 1])
            connection.sendall(request * 2)
            got = b""
            while got.count(b"\r\n\r\n") < 3:
                got += connection.recv(4096)
        assert got.count(b"HTTP/1.1 200 OK") == 3
        assert got.count(b"x-amz-meta-signature: 00ff") == 3

    def test_it_is_stopped(self) -> None:
        """Nothing of it is left when a measurement fails."""
        port = 0
        with suppress(ZeroDivisionError), run_server(simulated="year") as running:
            port = int(running.url.rpartition(":")[2])
            raise ZeroDivisionError
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=10)

    def test_it_ends_with_who_started_it(self) -> None:
        """It ends by itself when the process that started it is killed."""
        code = (
            "from bench.server_process import run_server\n"
            "import time\n"
            "with run_server() as server:\n"
            "    print(server.url, flush=True)\n"
            "    time.sleep(600)\n"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline().decode().strip().rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                os.kill(process.pid, signal.SIGKILL)
                assert connection.recv(1) == b""
