"""Policies that CloudTrail writes by: what they say, and what they let whom do."""

import json
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator_process import Simulator

from trailsdk.errors import PolicyError, SettingError
from trailsdk.trails import (
    Policy,
    TrailArn,
    add_trail,
    add_trail_to_key,
    add_trail_to_topic,
    bucket_policy,
    key_policy,
    log_group_policy,
    parse_policy,
    role_trust_policy,
    same_meaning,
    topic_policy,
)

pytest_plugins = ("trail_fixtures",)

A, B, C = (
    TrailArn("aws", "eu-west-1", account, "main") for account in ("111122223333", "444455556666", "777788889999")
)
STRANGER = TrailArn("aws", "eu-west-1", "999999999999", "main")
ORGANIZATION = "o-exampleorg1"
SERVICE = "cloudtrail.amazonaws.com"
CONTEXT = "kms:EncryptionContext:aws:cloudtrail:arn"
SPELT = "aws:PrincipalTag/EncryptionContext"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:notices"

PUBLISHED_ONE: Policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AWSCloudTrailAclCheck20150319",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:GetBucketAcl",
            "Resource": "arn:aws:s3:::example-trail",
            "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}},
        },
        {
            "Sid": "AWSCloudTrailWrite20150319",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::example-trail/audit/AWSLogs/111122223333/*",
            "Condition": {
                "StringEquals": {
                    "s3:x-amz-acl": "bucket-owner-full-control",
                    "aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
                }
            },
        },
    ],
}


def put(
    simulator: Simulator, policy: Policy, trail: TrailArn, folder: str, acl: str = "bucket-owner-full-control"
) -> bool:
    """Ask whether CloudTrail may put an object for a trail."""
    partition = trail.partition
    answer = simulator.ask(
        "s3:PutObject",
        f"arn:{partition}:s3:::example-trail/{folder}CloudTrail/eu-west-1/2026/03/07/file.json.gz",
        principal=SERVICE,
        resource_policy=policy,
        context={"aws:SourceArn": str(trail), "s3:x-amz-acl": acl},
    )
    return answer == "Allowed"


class TestPublished:
    """AWS's own documents, compared by what they mean."""

    def test_one_account(self) -> None:
        """For one account there are two statements, each bound to the trail."""
        assert same_meaning(bucket_policy("example-trail", [A], prefix="audit"), PUBLISHED_ONE)

    def test_several_accounts(self) -> None:
        """For several accounts the same two statements have lists of trails and of folders."""
        published = json.loads(json.dumps(PUBLISHED_ONE))
        arns = [str(A), str(B)]
        for statement in published["Statement"]:
            statement["Condition"]["StringEquals"]["aws:SourceArn"] = arns
            statement["Sid"] = statement["Sid"].replace("20150319", "20131101")
        published["Statement"][1]["Resource"] = [
            "arn:aws:s3:::example-trail/audit/AWSLogs/111122223333/*",
            "arn:aws:s3:::example-trail/audit/AWSLogs/444455556666/*",
        ]
        assert same_meaning(bucket_policy("example-trail", [A, B], prefix="audit"), published)

    def test_organization(self) -> None:
        """For an organization there is a third statement, and the management account's stays."""
        published = json.loads(json.dumps(PUBLISHED_ONE).replace("audit/", ""))
        third = json.loads(json.dumps(published["Statement"][1]).replace("111122223333/*", f"{ORGANIZATION}/*"))
        third["Sid"] = "AWSCloudTrailOrganizationWrite20150319"
        published["Statement"].append(third)
        assert bucket_policy("example-trail", [A], organization_id=ORGANIZATION) == published

    def test_topic(self) -> None:
        """A topic's policy lets CloudTrail publish for the trail."""
        published: Policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AWSCloudTrailSNSPolicy20131101",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "SNS:Publish",
                    "Resource": TOPIC,
                    "Condition": {"StringEquals": {"aws:SourceArn": str(A)}},
                }
            ],
        }
        assert same_meaning(topic_policy(TOPIC, [A]), published)

    def test_role(self) -> None:
        """The role for CloudWatch Logs is CloudTrail's to assume, and writes to the trail's streams only."""
        assert role_trust_policy() == {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        first, second = log_group_policy("CloudTrail/logs", A, ORGANIZATION)["Statement"]
        group = "arn:aws:logs:eu-west-1:111122223333:log-group:CloudTrail/logs"
        streams = [
            f"{group}:log-stream:111122223333_CloudTrail_eu-west-1*",
            f"{group}:log-stream:{ORGANIZATION}_*",
        ]
        assert (first["Action"], first["Resource"]) == (["logs:CreateLogStream"], streams)
        assert (second["Action"], second["Resource"]) == (["logs:PutLogEvents"], streams)

    @pytest.mark.parametrize(
        ("partition", "region"), [("aws", "eu-west-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")]
    )
    def test_partitions(self, partition: str, region: str) -> None:
        """Every ARN in a policy is of the trail's partition."""
        trail = TrailArn(partition, region, "111122223333", "main")
        made = json.dumps(
            [
                bucket_policy("example-trail", [trail], organization_id=ORGANIZATION),
                key_policy("111122223333", [trail], ["444455556666"]),
                log_group_policy("group", trail),
            ]
        )
        assert made.count('"arn:') == made.count(f'"arn:{partition}:') > 5


def spelt(policy: Policy) -> Policy:
    """Put a key of free name for that of the encryption context, which the simulator does not know."""
    made: Policy = json.loads(json.dumps(policy).replace(CONTEXT, SPELT))
    return made


class TestSimulated:
    """What the policies let CloudTrail do, by a simulator of IAM."""

    def test_put(self, simulator: Simulator) -> None:
        """CloudTrail may put for the trail; not for a stranger's, not elsewhere, not with another ACL."""
        policy = bucket_policy("example-trail", [A])
        folder = "AWSLogs/111122223333/"
        assert put(simulator, policy, A, folder)
        assert not put(simulator, policy, STRANGER, folder)
        assert not put(simulator, policy, B, folder)
        assert not put(simulator, policy, TrailArn("aws", "eu-west-1", A.account_id, "other"), folder)
        assert not put(simulator, policy, A, "AWSLogs/444455556666/")
        assert not put(simulator, policy, A, "audit/AWSLogs/111122223333/")
        assert not put(simulator, policy, A, folder, acl="public-read")

    def test_shared(self, simulator: Simulator) -> None:
        """In a shared bucket each trail may write, and a stranger's may not."""
        policy = bucket_policy("example-trail", [A, B])
        assert put(simulator, policy, A, "AWSLogs/111122223333/")
        assert put(simulator, policy, B, "AWSLogs/444455556666/")
        assert not put(simulator, policy, STRANGER, "AWSLogs/111122223333/")
        assert not put(simulator, policy, STRANGER, "AWSLogs/999999999999/")

    def test_organization(self, simulator: Simulator) -> None:
        """The trail of an organization writes into the organization's folder, and no other trail does."""
        policy = bucket_policy("example-trail", [A], organization_id=ORGANIZATION)
        assert put(simulator, policy, A, f"AWSLogs/{ORGANIZATION}/444455556666/")
        assert put(simulator, policy, A, "AWSLogs/111122223333/")
        assert not put(simulator, policy, B, f"AWSLogs/{ORGANIZATION}/444455556666/")

    @pytest.mark.parametrize("trail", [A, STRANGER])
    def test_acl_topic_key(self, simulator: Simulator, trail: TrailArn) -> None:
        """The ACL may be looked at, the topic published to and the key used for the trail, and for no stranger's."""
        context = {"aws:SourceArn": str(trail)}
        key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        asked = [
            ("s3:GetBucketAcl", "arn:aws:s3:::example-trail", bucket_policy("example-trail", [A]), context),
            ("sns:Publish", TOPIC, topic_policy(TOPIC, [A]), context),
            (
                "kms:GenerateDataKey",
                key,
                spelt(key_policy("111122223333", [A])),
                {**context, SPELT: str(trail)},
            ),
            ("kms:DescribeKey", key, key_policy("111122223333", [A]), context),
        ]
        for action, resource, policy, known in asked:
            answer = simulator.ask(action, resource, principal=SERVICE, resource_policy=policy, context=known)
            assert (answer == "Allowed") == (trail is A), action

    def test_readers_of_key(self, simulator: Simulator) -> None:
        """A reader may decrypt what CloudTrail encrypted, and nothing else."""
        policy = spelt(key_policy("111122223333", [A], ["arn:aws:iam::444455556666:role/auditor"]))
        key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        mine: Policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}],
        }

        def decrypt(context: dict[str, str]) -> str:
            reader = "arn:aws:iam::444455556666:role/auditor"
            return simulator.ask(
                "kms:Decrypt", key, principal=reader, identity=mine, resource_policy=policy, context=context
            )

        assert decrypt({SPELT: str(A)}) == "Allowed"
        assert decrypt({}) == "ImplicitlyDenied"


OTHERS: list[dict[str, Any]] = [
    {
        "Sid": "AWSCloudTrailWrite20150319",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/backup"},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::example-trail/backup/*"],
    },
    {
        "Sid": "InsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::example-trail/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:GetBucketAcl",
        "Resource": "arn:aws:s3:::example-trail",
    },
    {
        "Sid": "Wide",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": ["arn:aws:s3:::example-trail/*"],
        "Condition": {
            "StringEquals": {
                "s3:x-amz-acl": "bucket-owner-full-control",
                "AWS:SourceArn": ["arn:aws:cloudtrail:eu-west-1:111122223333:trail/old"],
            }
        },
    },
]

trail_arns = st.builds(
    TrailArn,
    st.just("aws"),
    st.sampled_from(["eu-west-1", "us-east-1"]),
    st.sampled_from(["111122223333", "444455556666", "012345678901"]),
    st.sampled_from(["main", "other"]),
)
additions = st.tuples(trail_arns, st.sampled_from(["", "audit"]), st.sampled_from([None, ORGANIZATION]))
bases = st.lists(st.sampled_from(OTHERS), unique_by=id).map(lambda each: {"Version": "2012-10-17", "Statement": each})


def add_all(policy: Policy | None, added: list[tuple[TrailArn, str, str | None]]) -> Policy | None:
    for trail, prefix, organization in added:
        policy = add_trail(policy, "example-trail", trail, prefix=prefix, organization_id=organization)
    return policy


class TestAdding:
    """One trail more in a policy that is there."""

    @given(bases, st.lists(additions, min_size=1, max_size=4), st.randoms(use_true_random=False))
    def test_any_order(self, base: Policy, added: list[Any], random: Any) -> None:
        """In whatever order trails are added, and however often, the policy says the same."""
        once = add_all(base, added)
        shuffled = list(added)
        random.shuffle(shuffled)
        again = add_all(base, shuffled + added)
        assert once is not None
        assert again is not None
        assert same_meaning(once, again)

    @given(bases, st.lists(additions, min_size=1, max_size=3))
    def test_idempotent(self, base: Policy, added: list[Any]) -> None:
        """What was added once is not added again: the document is the same to the letter."""
        once = add_all(base, added)
        assert json.dumps(add_all(once, added)) == json.dumps(once)

    @given(bases, st.lists(additions, min_size=1, max_size=4))
    def test_others_stay(self, base: Policy, added: list[Any]) -> None:
        """Statements of others stay as they are, in their order."""
        made = add_all(base, added)
        assert made is not None
        assert made["Statement"][: len(base["Statement"])] == base["Statement"]

    @given(st.lists(trail_arns, unique=True, min_size=1, max_size=4))
    def test_as_made_anew(self, trails: list[TrailArn]) -> None:
        """Adding trails to nothing gives the policy that is made for all of them."""
        added = add_all(None, [(trail, "", None) for trail in trails])
        assert added is not None
        assert same_meaning(added, bucket_policy("example-trail", trails))

    @given(bases, additions)
    def test_allowed_afterwards(self, simulator: Simulator, base: Policy, added: Any) -> None:
        """Whatever was there, the trail may write afterwards, by the simulator."""
        trail, prefix, organization = added
        made = add_all(base, [added])
        assert made is not None
        root = f"{prefix}/AWSLogs/" if prefix else "AWSLogs/"
        assert put(simulator, made, trail, f"{root}{trail.account_id}/")
        if organization is not None:
            assert put(simulator, made, trail, f"{root}{organization}/444455556666/")

    def test_topics_and_keys(self) -> None:
        """Topics and keys are joined in the same manner."""
        for order in permutations([A, B, C]):
            topic: Any = None
            key: Any = key_policy("111122223333", [A])
            for trail in order:
                topic, key = add_trail_to_topic(topic, TOPIC, trail), add_trail_to_key(key, trail)
            assert same_meaning(topic, topic_policy(TOPIC, [A, B, C]))
            assert same_meaning(key, key_policy("111122223333", [C, B, A]))


class TestBadInput:
    """A clear answer, and nothing changed."""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("{", "not JSON"),
            ("[]", "no JSON object"),
            ("{}", "no list of statements"),
            ('{"Statement":[1]}', "no list of statements"),
            ('{"Statement":[{"Effect":"Perhaps"}]}', "neither Allow nor Deny"),
            ('{"Statement":[{"Effect":"Deny","Condition":{"Bool":1}}]}', "no object of objects"),
            ('{"Statement":[],"Statement":[]}', "Statement stands twice"),
            ("\ud800", "not UTF-8"),
            ("[" * 5000, "nested too deeply"),
        ],
    )
    def test_no_policy(self, text: str, reason: str) -> None:
        """What is no policy is refused, with the reason, and without quoting it."""
        with pytest.raises(PolicyError, match=reason):
            add_trail(text, "example-trail", A)

    @given(st.binary() | st.text())
    def test_any_bytes(self, data: bytes | str) -> None:
        """Whatever comes in, it is a policy or an error of ours."""
        with suppress(PolicyError):
            assert "Statement" in parse_policy(data)

    def test_too_large(self) -> None:
        """A policy beyond 20 kB after the change is refused, with both sizes; one byte less is not."""
        filler: Any = {"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": ["y"]}
        base = {"Version": "2012-10-17", "Statement": [filler]}
        room = 20480 - len(json.dumps(add_trail(base, "example-trail", A), separators=(",", ":")))
        filler["Resource"] = ["y" + "z" * room]
        assert add_trail(base, "example-trail", A)
        filler["Resource"] = ["y" + "z" * (room + 1)]
        with pytest.raises(PolicyError, match="20,481 bytes, and AWS takes 20,480: nothing was changed"):
            add_trail(base, "example-trail", A)

    @pytest.mark.parametrize("action", ["s3:*", "s3:PutObject", "s3:Put*"])
    def test_denied(self, action: str) -> None:
        """A Deny that overrules what is added is named."""
        deny: Policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "NobodyWrites",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": action,
                    "Resource": "arn:aws:s3:::example-trail/*",
                }
            ],
        }
        with pytest.raises(PolicyError, match="statement NobodyWrites denies what CloudTrail needs"):
            add_trail(deny, "example-trail", A)

    @pytest.mark.parametrize(
        ("arn", "rule"),
        [
            ("arn:aws:cloudtrail:eu-west-1:12345678901:trail/main", "leading zeros lost. Then it is 012345678901"),
            ("arn:aws:cloudtrail:eu-west-1:1111222233334:trail/main", "twelve digits"),
            ("arn:aws:cloudtrail:cn-north-1:111122223333:trail/main", "is in the partition aws-cn"),
            ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/a", "3 to 128 characters"),
            ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/a..b", "side by side"),
            ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main-", "ends with a letter or digit"),
            ("arn:aws:s3:::bucket", "an ARN of a trail is"),
            ("main", "an ARN of a trail is"),
        ],
    )
    def test_names(self, arn: str, rule: str) -> None:
        """A name against the rules is told with the rule."""
        with pytest.raises(SettingError, match=rule):
            TrailArn.parse(arn)
