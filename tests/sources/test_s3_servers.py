"""S3 reading against servers that are not ours: SeaweedFS checks signatures, moto knows what AWS refuses."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import trailsdk
from tests.servers import Endpoint, MotoEndpoint
from trailsdk import errors
from trailsdk.errors import TrailError
from trailsdk.model.keys import DigestKey, LogFileKey
from trailsdk.testing.sources import SourceContract

START = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)


def put(endpoint: Endpoint, bucket: str, objects: Mapping[str, bytes]) -> None:
    client = endpoint.client()
    for key, content in objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=content)
    client.close()


def log_file(*names: str, when: datetime = START) -> bytes:
    documents = [{"eventID": name, "eventName": name, "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}"} for name in names]
    return gzip.compress(json.dumps({"Records": documents}).encode(), mtime=0)


def key(
    minutes: float = 0,
    account: str = "111122223333",
    region: str = "eu-west-1",
    folder: str = "CloudTrail",
    **more: Any,
) -> str:
    when = START + timedelta(minutes=minutes)
    unique = f"AbCdEfGh{round(minutes * 10):08}"
    return str(
        LogFileKey(account_id=account, region=region, folder=folder, date=when.date(), time=when, unique=unique, **more)
    )


def organization() -> dict[str, bytes]:
    """Objects of an organization's bucket: two accounts, two Regions, three days, and what else lies in buckets."""
    objects = {}
    for account in ("111122223333", "444455556666"):
        for region in ("eu-west-1", "us-east-1"):
            for minutes in (0, 5, 5.5, 1440, 2880):
                when = START + timedelta(minutes=minutes)
                name = f"{account} {region} {minutes}"
                objects[key(minutes, account, region, organization_id="o-exampleorg1")] = log_file(name, when=when)
    digest = DigestKey(
        organization_id="o-exampleorg1",
        account_id="111122223333",
        region="eu-west-1",
        date=START.date(),
        trail_name="main",
        home_region="eu-west-1",
        end_time=START,
    )
    objects[str(digest)] = gzip.compress(b'{"logFiles": []}')
    objects["AWSLogs/o-exampleorg1/111122223333/vpcflowlogs/eu-west-1/2026/03/07/x.log.gz"] = gzip.compress(b"flow")
    objects["reports/monthly.pdf"] = b"%PDF"
    objects["exports/events.json"] = b'{"eventID": "exported", "eventName": "exported"}'
    return objects


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return monkeypatch


def use(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3's default session reach a server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", endpoint.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", endpoint.secret_access_key)


class TestContract(SourceContract):
    """Reading `s3://` keeps what every source owes its users."""

    @pytest.fixture(autouse=True)
    def _server(self, seaweedfs_endpoint: Endpoint, aws: pytest.MonkeyPatch) -> None:
        use(seaweedfs_endpoint, aws)
        self.endpoint = seaweedfs_endpoint

    def location(self, folder: Path, files: dict[str, bytes]) -> str:  # noqa: ARG002 (a bucket, no folder)
        bucket = self.endpoint.make_bucket()
        put(self.endpoint, bucket, files)
        return f"s3://{bucket}"

    def add(self, location: str, folder: Path, files: dict[str, bytes]) -> None:  # noqa: ARG002 (a bucket, no folder)
        put(self.endpoint, location.removeprefix("s3://"), files)


class TestTwoServers:
    """Servers differ in the order of their listings, and records do not."""

    @pytest.fixture
    def buckets(self, seaweedfs_endpoint: Endpoint, moto_endpoint: MotoEndpoint) -> list[tuple[Endpoint, str]]:
        made = []
        for endpoint in (seaweedfs_endpoint, moto_endpoint):
            bucket = endpoint.make_bucket()
            put(endpoint, bucket, organization())
            made.append((endpoint, bucket))
        return made

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"since": "2026-03-08", "until": "2026-03-09"},
            {"accounts": "444455556666"},
            {"regions": "us-east-1", "since": "2026-03-07"},
            {"accounts": "111122223333", "regions": ["eu-west-1", "ap-south-1"], "until": "2026-03-07T09:04:00Z"},
        ],
        ids=str,
    )
    def test_same_records(self, buckets: list[tuple[Endpoint, str]], options: dict[str, Any]) -> None:
        """The same set of records, and the same order below `AWSLogs`; with and without the key's help."""
        answers = []
        for endpoint, bucket in buckets:
            stream = trailsdk.read(trailsdk.S3(f"s3://{bucket}", client=endpoint.client()), **options)
            answers.append([str(record.event_name) for record in stream])
            assert stream.stats.seen == stream.stats.yielded + stream.stats.filtered
        one, other = answers
        assert one
        assert sorted(one) == sorted(other)
        assert [each for each in one if each != "exported"] == [each for each in other if each != "exported"]

    @pytest.mark.parametrize("ordered", [True, False])
    def test_through_obstore(self, buckets: list[tuple[Endpoint, str]], ordered: bool, aws: pytest.MonkeyPatch) -> None:  # noqa: FBT001 (a parameter)
        """Through obstore, which signs by itself, all comes as through boto3."""
        for endpoint, bucket in buckets:
            use(endpoint, aws)
            through = [
                [
                    record.event_name
                    for record in trailsdk.read(trailsdk.S3(f"s3://{bucket}", obstore=obstore, ordered=ordered))
                ]
                for obstore in (True, False)
            ]
            assert sorted(map(str, through[0])) == sorted(map(str, through[1]))
            if ordered:
                assert through[0] == through[1]
            assert len(through[0]) == 21

    def test_wrong_key(self, buckets: list[tuple[Endpoint, str]]) -> None:
        """A wrong secret is told as such."""
        endpoint, bucket = buckets[0]
        client = endpoint.client(aws_secret_access_key="wrong")  # noqa: S106 (it is to be wrong)
        with pytest.raises(errors.CredentialsError, match="secret key"):
            next(trailsdk.read(trailsdk.S3(f"s3://{bucket}", client=client)))


class TestLikeAws:
    """What AWS does with odd buckets, objects and requests, as moto knows it."""

    @pytest.fixture
    def bucket(self, moto_endpoint: MotoEndpoint) -> str:
        return moto_endpoint.make_bucket()

    def read(
        self, endpoint: Endpoint, location: str, **options: Any
    ) -> tuple[list[str], list[TrailError], trailsdk.Stats]:
        found: list[TrailError] = []
        stream = trailsdk.read(trailsdk.S3(location, client=endpoint.client()), on_error=found.append, **options)
        names = [str(record.event_name) for record in stream]
        stats = stream.stats
        files = (stats.read, stats.pruned, stats.skipped, stats.consumed, stats.failed, stats.unreached)
        assert stats.listed == sum(files)
        return names, found, stats

    def test_archived(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """An object in Glacier is an error that says so, and the others are read."""
        put(moto_endpoint, bucket, {key(1): log_file("a"), key(3): log_file("c")})
        moto_endpoint.client().put_object(Bucket=bucket, Key=key(2), Body=log_file("b"), StorageClass="GLACIER")
        names, found, _ = self.read(moto_endpoint, f"s3://{bucket}")
        assert names == ["a", "c"]
        [error] = found
        assert isinstance(error, errors.ArchivedError)
        assert "restore it first" in str(error)

    def test_gone_since_the_listing(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """An object that is deleted between the listing and its turn is gone, not merely absent."""
        put(moto_endpoint, bucket, {key(number): log_file(str(number)) for number in range(4)})
        client = moto_endpoint.client()
        found: list[TrailError] = []
        stream = trailsdk.read(trailsdk.S3(f"s3://{bucket}", client=client, window=1), on_error=found.append)
        assert next(stream).event_name == "0"
        client.delete_object(Bucket=bucket, Key=key(3))
        assert [record.event_name for record in stream] == ["1", "2"]
        assert [type(error) for error in found] == [errors.GoneError]

    def test_locations(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """A key names one object, a folder all below it, with or without the slash at its end."""
        odd = {"a b/#?%2F.json": b'{"eventName": "odd"}', "a b": b'{"eventName": "file"}', "a b.json": b"{}"}
        put(moto_endpoint, bucket, {key(1): log_file("x"), key(2): log_file("y"), **odd})
        for location, names in (
            (key(1), ["x"]),
            ("AWSLogs", ["x", "y"]),
            ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07", ["x", "y"]),
            ("a b/#?%2F.json", ["odd"]),
            ("a b", ["file"]),
            ("a b/", ["odd"]),
        ):
            assert self.read(moto_endpoint, f"s3://{bucket}/{location}")[0] == names, location

    @pytest.mark.parametrize("path", ["nothing", "nothing/", "AWSLogs/111122223333/CloudTrail/eu-west-9/", key(9)])
    def test_nothing_there(self, moto_endpoint: MotoEndpoint, bucket: str, path: str) -> None:
        """A location where nothing is, is an error, not an empty answer."""
        put(moto_endpoint, bucket, {key(1): log_file("x")})
        names, found, stats = self.read(moto_endpoint, f"s3://{bucket}/{path}", since="2026-03-07")
        assert (names, [type(error) for error in found], stats.failed) == ([], [errors.NotFoundError], 1)

    def test_no_such_bucket(self, moto_endpoint: MotoEndpoint) -> None:
        """A bucket that does not exist is named."""
        _, [error], _ = self.read(moto_endpoint, "s3://no-such-bucket-here")
        assert str(error) == "s3://no-such-bucket-here: there is no such bucket"

    def test_no_name_of_a_bucket(self, moto_endpoint: MotoEndpoint) -> None:
        """A name that no bucket can have is no crash."""
        _, [error], _ = self.read(moto_endpoint, "s3://no such bucket")
        assert isinstance(error, errors.NotFoundError)

    def test_another_region(self, moto_endpoint: MotoEndpoint) -> None:
        """The bucket's Region need not be the client's."""
        bucket = moto_endpoint.make_bucket(region="eu-central-1")
        put(moto_endpoint, bucket, {key(1): log_file("x")})
        assert self.read(moto_endpoint, f"s3://{bucket}")[0] == ["x"]

    def test_odd_objects(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """Folders made by the console, empty objects and foreign files are counted; only what is bad is an error."""
        objects = {
            "AWSLogs/": b"",
            "AWSLogs/111122223333/": b"",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/": b"",
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/07/notes.txt": b"hello",
            "AWSLogs/111122223333/CloudTrail/readme.md": b"hello",
            key(1): b"",
            key(2): log_file("good"),
            key(3): b"\x1f\x8b truncated",
            "a//b.json": b'{"eventName": "slashes"}',
            "%41.json": b'{"eventName": "percent"}',
        }
        put(moto_endpoint, bucket, objects)
        names, found, stats = self.read(moto_endpoint, f"s3://{bucket}")
        assert sorted(names) == ["good", "percent", "slashes"]
        assert sorted(type(error).__name__ for error in found) == ["CorruptError", "MalformedFileError"]
        assert (stats.listed, stats.read, stats.skipped, stats.failed) == (10, 3, 5, 2)

    def test_plan(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """A survey tells calls and bytes without getting anything; reading then makes just those calls."""
        objects = organization()
        put(moto_endpoint, bucket, objects)
        client = moto_endpoint.client()
        calls: list[str] = []
        client.meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
        stream = trailsdk.read(trailsdk.S3(f"s3://{bucket}", client=client), since="2026-03-07", until="2026-03-08")
        survey = stream.plan[0].survey()
        assert survey is not None
        assert set(calls) == {"ListObjectsV2"}
        assert survey.lists == len(calls)
        calls.clear()
        list(stream)
        assert calls.count("GetObject") == survey.gets == stream.stats.read
        assert calls.count("ListObjectsV2") == survey.lists
        assert survey.size == stream.stats.bytes_read
        assert (survey.pruned, survey.skipped) == (stream.stats.pruned, stream.stats.skipped)
        assert [each.rpartition("111122223333")[2] for each in survey.left_out] == ["/vpcflowlogs/"]

    def test_stages_decide_before_fetching(self, moto_endpoint: MotoEndpoint, bucket: str) -> None:
        """What a stage does not want is not fetched."""
        from trailsdk.plugins import Stage, hookimpl

        class OnlyFirst:
            @hookimpl
            def trailsdk_stages(self) -> list[Stage]:
                return [Stage(keep_file=lambda blob: blob.location.endswith(key(1)))]

        put(moto_endpoint, bucket, {key(number): log_file(str(number)) for number in range(4)})
        client = moto_endpoint.client()
        calls: list[str] = []
        client.meta.events.register("before-call.s3.GetObject", lambda model, **_: calls.append(model.name))
        stream = trailsdk.read(trailsdk.S3(f"s3://{bucket}", client=client), plugins=[OnlyFirst()])
        assert [record.event_name for record in stream] == ["1"]
        assert (len(calls), stream.stats.pruned) == (1, 3)


class TestSessions:
    """Whose credentials are used."""

    def test_session(self, seaweedfs_endpoint: Endpoint, aws: pytest.MonkeyPatch) -> None:
        """A session that is handed to `read` reaches the sources that are named by URI."""
        from boto3.session import Session

        bucket = seaweedfs_endpoint.make_bucket()
        put(seaweedfs_endpoint, bucket, {key(1): log_file("x")})
        aws.setenv("AWS_ENDPOINT_URL", seaweedfs_endpoint.url)
        keys = {
            "aws_access_key_id": seaweedfs_endpoint.access_key_id,
            "aws_secret_access_key": seaweedfs_endpoint.secret_access_key,
        }
        [record] = trailsdk.read(f"s3://{bucket}", session=Session(**keys, region_name="us-east-1"))
        assert record.event_name == "x"
        with pytest.raises(errors.SourceError):
            next(trailsdk.read(f"s3://{bucket}"))

    def test_assume_role(self, moto_endpoint: MotoEndpoint, aws: pytest.MonkeyPatch) -> None:
        """A role's session has the role's credentials, which are asked for again before they expire."""
        use(moto_endpoint, aws)
        session = trailsdk.assume_role("arn:aws:iam::111122223333:role/trail-reader", external_id="agreed-1")
        first = session.get_credentials()
        assert first is not None
        assert first.get_frozen_credentials().access_key.startswith("ASIA")
        identity = session.client("sts").get_caller_identity()
        assert "assumed-role/trail-reader/trailsdk" in identity["Arn"]
        first._expiry_time = datetime.now(UTC) + timedelta(minutes=1)
        before = first._frozen_credentials.access_key
        assert first.get_frozen_credentials().access_key != before
        bucket = moto_endpoint.make_bucket()
        put(moto_endpoint, bucket, {key(1): log_file("x")})
        assert len(list(trailsdk.read(f"s3://{bucket}", session=session))) == 1

    def test_no_role(self) -> None:
        """What is no ARN of a role is refused at once."""
        with pytest.raises(errors.UsageError, match="no ARN of a role"):
            trailsdk.assume_role("trail-reader")


class TestOptions:
    """Options that contradict each other are refused."""

    def test_client_and_session(self, moto_endpoint: MotoEndpoint) -> None:
        """A client has its session already."""
        client = moto_endpoint.client()
        with pytest.raises(errors.UsageError, match="one or the other"):
            trailsdk.S3("s3://bucket", client=client, endpoint_url=moto_endpoint.url)
        with pytest.raises(errors.UsageError, match="obstore"):
            trailsdk.S3("s3://bucket", client=client, obstore=True)

    @pytest.mark.parametrize("uri", ["s3://", "s3:///key", "bucket/key", "https://bucket.s3.amazonaws.com/key"])
    def test_no_location(self, uri: str) -> None:
        """What names no bucket is refused."""
        with pytest.raises(errors.LocationError):
            trailsdk.S3(uri)
