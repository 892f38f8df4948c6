"""Who may read from a central bucket: an account its own, an auditor everything, others nothing."""

import json
from typing import Any

import pytest
from simulator_process import Simulator

from trailsdk.errors import SettingError
from trailsdk.trails import (
    Destination,
    Policy,
    add_reader,
    read_policy,
    reader_policy,
    reader_trust_policy,
    same_meaning,
    verify_policy,
)

pytest_plugins = ("trail_fixtures",)

OWNER, A, B = "111122223333", "444455556666", "777788889999"
ORGANIZATION = "o-exampleorg1"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

PLACES = [
    (Destination("example-trail"), None, "AWSLogs/"),
    (Destination("example-trail", "audit/eu"), None, "audit/eu/AWSLogs/"),
    (Destination("example-trail"), ORGANIZATION, f"AWSLogs/{ORGANIZATION}/"),
]


@pytest.mark.parametrize(("destination", "organization", "root"), PLACES)
class TestAccount:
    """Account A lists and reads its own prefix, and can neither list nor get B's."""

    def test_role(self, simulator: Simulator, destination: Destination, organization: str | None, root: str) -> None:
        """By a role in the bucket's account."""
        policy = reader_policy(destination, A, organization_id=organization)
        role = f"arn:aws:iam::{OWNER}:role/reader-of-a"
        self._check(simulator, root, {"principal": role, "identity": policy})

    def test_bucket_policy(
        self, simulator: Simulator, destination: Destination, organization: str | None, root: str
    ) -> None:
        """By the bucket's policy, together with A's own."""
        bucket = add_reader(None, destination, A, A, organization_id=organization)
        mine: Policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        }
        user = f"arn:aws:iam::{A}:role/analyst"
        self._check(simulator, root, {"principal": user, "identity": mine, "resource_policy": bucket})

    @staticmethod
    def _check(simulator: Simulator, root: str, who: dict[str, Any]) -> None:
        bucket = "arn:aws:s3:::example-trail"

        def may(action: str, resource: str, **context: str) -> bool:
            known = {f"s3:{name}": value for name, value in context.items()}
            return simulator.ask(action, resource, context=known, **who) == "Allowed"

        file = "CloudTrail/eu-west-1/2026/03/07/file.json.gz"
        assert may("s3:GetObject", f"{bucket}/{root}{A}/{file}")
        assert may("s3:ListBucket", bucket, prefix=f"{root}{A}/")
        assert may("s3:ListBucket", bucket, prefix=f"{root}{A}/CloudTrail/eu-west-1/2026/03/07/")
        assert not may("s3:GetObject", f"{bucket}/{root}{B}/{file}")
        assert not may("s3:GetObject", f"{bucket}/{root}{A}0/{file}")
        assert not may("s3:ListBucket", bucket)
        for prefix in ("", root, f"{root}{A}", f"{root}{B}/", f"{root}{B}/CloudTrail/", "AWSLogs/4"):
            assert not may("s3:ListBucket", bucket, prefix=prefix), prefix
        assert not may("s3:PutObject", f"{bucket}/{root}{A}/{file}")
        assert not may("s3:DeleteObject", f"{bucket}/{root}{A}/{file}")


class TestOthers:
    """Auditors, and the least that reading and validating need."""

    def test_auditor(self, simulator: Simulator) -> None:
        """An auditor lists and reads everybody's log files, and changes none."""
        policy = reader_policy(Destination("example-trail", "audit"))
        role = f"arn:aws:iam::{OWNER}:role/auditor"

        def may(action: str, resource: str, **context: str) -> bool:
            known = {f"s3:{name}": value for name, value in context.items()}
            return simulator.ask(action, resource, principal=role, identity=policy, context=known) == "Allowed"

        bucket = "arn:aws:s3:::example-trail"
        assert may("s3:GetObject", f"{bucket}/audit/AWSLogs/{B}/CloudTrail/x")
        assert may("s3:ListBucket", bucket, prefix="audit/AWSLogs/")
        assert not may("s3:GetObject", f"{bucket}/secret/x")
        assert not may("s3:PutObject", f"{bucket}/audit/AWSLogs/{B}/CloudTrail/x")

    def test_trust(self, simulator: Simulator) -> None:
        """A third party must say its external id."""
        trust = reader_trust_policy(A, external_id="agreed")
        mine: Policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
        }

        def assume(**context: str) -> str:
            known = {f"sts:{name}": value for name, value in context.items()}
            who = f"arn:aws:iam::{A}:role/analyst"
            role = f"arn:aws:iam::{OWNER}:role/auditor"
            return simulator.ask(
                "sts:AssumeRole", role, principal=who, identity=mine, resource_policy=trust, context=known
            )

        assert assume(ExternalId="agreed") == "Allowed"
        assert assume(ExternalId="guessed") == "ImplicitlyDenied"
        assert assume() == "ImplicitlyDenied"

    @pytest.mark.parametrize("make", [read_policy, verify_policy])
    def test_least(self, simulator: Simulator, make: Any) -> None:
        """The least of `read` and of `verify` lists and gets; that of `verify` asks for keys and the trail as well."""
        policy = make(Destination("example-trail"), kms_key_arn=KEY)
        role = f"arn:aws:iam::{OWNER}:role/reader"
        bucket = "arn:aws:s3:::example-trail"

        def may(action: str, resource: str) -> bool:
            return simulator.ask(action, resource, principal=role, identity=policy) == "Allowed"

        assert may("s3:ListBucket", bucket)
        assert may("s3:GetObject", f"{bucket}/AWSLogs/{B}/CloudTrail-Digest/x")
        assert not may("s3:GetObject", f"{bucket}/other")
        assert not may("s3:DeleteObject", f"{bucket}/AWSLogs/{B}/CloudTrail-Digest/x")
        trail = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
        for action, resource in [
            ("s3:GetBucketLocation", bucket),
            ("cloudtrail:GetTrail", trail),
            ("cloudtrail:ListPublicKeys", "*"),
            ("cloudtrail:DescribeTrails", "*"),
            ("organizations:DescribeOrganization", "*"),
        ]:
            assert may(action, resource) == (make is verify_policy), action

    def test_readers_share_statements(self) -> None:
        """Readers of the same folder share statements; adding one again changes nothing."""
        destination = Destination("example-trail")
        two = add_reader(add_reader(None, destination, A), destination, B)
        assert len(two["Statement"]) == 2
        assert same_meaning(two, add_reader(add_reader(None, destination, B), destination, A))
        assert json.dumps(add_reader(two, destination, A)) == json.dumps(two)

    @pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
    def test_partitions(self, partition: str) -> None:
        """Every ARN is of the partition."""
        destination = Destination("example-trail", partition=partition)
        made = json.dumps(
            [add_reader(None, destination, A), verify_policy(destination), reader_trust_policy(A, partition=partition)]
        )
        assert made.count('"arn:') == made.count(f'"arn:{partition}:') >= 5

    @pytest.mark.parametrize(
        ("account", "rule"),
        [("4445555666", "Then it is 004445555666"), ("me", "twelve digits"), (444455556666, "text")],
    )
    def test_bad_accounts(self, account: Any, rule: str) -> None:
        """An account id that is none is refused, in whatever type."""
        with pytest.raises(SettingError, match=rule):
            reader_policy(Destination("example-trail"), account)
