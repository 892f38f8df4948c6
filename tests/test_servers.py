"""The servers that tests talk to are what the tests take them for."""

import errno
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from tests.servers import Endpoint, MotoEndpoint, run_seaweedfs

ROOT = Path(__file__).parent.parent


def _connect(port: int) -> int:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port))


class TestEnvironment:
    """No test can reach somebody's account."""

    def test_credentials_are_the_tests_own(self) -> None:
        """boto3 finds the test's keys, in this process and in those that it starts."""
        code = "import boto3; print(boto3.Session().get_credentials().access_key, boto3.Session().region_name)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["testing", "us-east-1"]
        assert boto3.Session().get_credentials().access_key == "testing"

    def test_there_is_nothing_behind_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the test's keys there are none: no file, no profile, no metadata service."""
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        session = boto3.Session()
        assert session.available_profiles == []
        with pytest.raises(NoCredentialsError):
            session.client("sts", endpoint_url="http://127.0.0.1:9").get_caller_identity()
        assert "AWS_PROFILE" not in os.environ


class TestMoto:
    """moto answers for the services that CloudTrail works with."""

    def test_reset_forgets(self, moto_endpoint: MotoEndpoint) -> None:
        """After a reset nothing is left."""
        name = moto_endpoint.make_bucket()
        client = moto_endpoint.client()
        assert name in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        moto_endpoint.reset()
        assert client.list_buckets()["Buckets"] == []

    def test_buckets_have_regions(self, moto: MotoEndpoint) -> None:
        """A bucket knows its region, and no two have one name."""
        one, other = moto.make_bucket(), moto.make_bucket("eu-west-1")
        assert one != other
        assert moto.client().head_bucket(Bucket=other)["BucketRegion"] == "eu-west-1"

    @pytest.mark.parametrize(
        ("service", "call", "arguments"),
        [
            ("sqs", "create_queue", {"QueueName": "queue"}),
            ("sns", "create_topic", {"Name": "topic"}),
            ("events", "put_rule", {"Name": "rule", "EventPattern": '{"source":["aws.s3"]}'}),
            ("cloudtrail", "describe_trails", {}),
            ("kms", "create_key", {}),
            ("iam", "list_roles", {}),
            ("sts", "get_caller_identity", {}),
            ("organizations", "create_organization", {}),
            ("logs", "create_log_group", {"logGroupName": "group"}),
        ],
    )
    def test_services(self, moto: MotoEndpoint, service: str, call: str, arguments: dict[str, str]) -> None:
        """Each service answers, with what is installed of moto."""
        answer = getattr(moto.client(service), call)(**arguments)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


class TestSeaweedfs:
    """SeaweedFS is an S3 server that believes nobody."""

    def test_what_is_put_is_got(self, seaweedfs_endpoint: Endpoint) -> None:
        """An object comes back with its bytes and its metadata."""
        name, client = seaweedfs_endpoint.make_bucket(), seaweedfs_endpoint.client()
        client.put_object(Bucket=name, Key="a/b", Body=b"bytes", Metadata={"signature": "00ff"})
        answer = client.get_object(Bucket=name, Key="a/b")
        assert answer["Body"].read() == b"bytes"
        assert answer["Metadata"] == {"signature": "00ff"}

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
            ({"aws_access_key_id": "nobody"}, "InvalidAccessKeyId"),
        ],
    )
    def test_wrong_keys(self, seaweedfs_endpoint: Endpoint, wrong: dict[str, str], code: str) -> None:
        """Requests that are signed with a wrong secret, or by a stranger, are refused."""
        name = seaweedfs_endpoint.make_bucket()
        with pytest.raises(ClientError) as caught:
            seaweedfs_endpoint.client(**wrong).list_objects_v2(Bucket=name)
        assert caught.value.response["Error"]["Code"] == code

    def test_it_ends_with_a_killed_process(self, tmp_path: Path) -> None:
        """Nothing of it is left when the process that runs the tests is killed."""
        code = (
            "import sys; from pathlib import Path; from tests.servers import run_seaweedfs\n"
            "with run_seaweedfs(Path(sys.argv[1])) as endpoint: print(endpoint.url, flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(b":")[2])
            process.kill()
        end = time.monotonic() + 60
        # Connections that it had not taken are reset; after that they are refused.
        while (answered := _connect(port)) != errno.ECONNREFUSED and time.monotonic() < end:
            pass
        assert answered == errno.ECONNREFUSED

    def test_it_is_stopped(self, tmp_path: Path) -> None:
        """Nothing of it is left when a test fails."""
        port = 0
        with suppress(ZeroDivisionError), run_seaweedfs(tmp_path) as endpoint:
            port = int(endpoint.url.rpartition(":")[2])
            raise ZeroDivisionError
        assert port
        assert not list(Path("/tmp").glob(f"seaweedfs-*-{port}.sock"))  # noqa: S108 (where SeaweedFS makes them)
        assert _connect(port) == errno.ECONNREFUSED
