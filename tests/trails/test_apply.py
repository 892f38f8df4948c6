"""From an empty account to a trail: planned, applied, gone on with, and never loosened."""

import json
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve
from botocore.exceptions import ClientError
from fake_account import ACCOUNT, REGION, Fake

from trailsdk.errors import ApplyError, ConflictError, NotFoundError, PolicyError
from trailsdk.trails import (
    Action,
    Clients,
    EventSelector,
    InsightSelector,
    Selectors,
    Step,
    TrailArn,
    TrailSettings,
    apply_plan,
    data_events,
    look_at_settings,
    make_plan,
    management_events,
)

pytest_plugins = ("trail_fixtures",)

EVERYTHING = TrailSettings(
    name="main",
    account_id=ACCOUNT,
    home_region=REGION,
    s3_bucket_name="example-trail",
    s3_key_prefix="audit",
    object_lock_days=365,
    writers=(TrailArn("aws", REGION, "444455556666", "main"),),
    kms_key_id="alias/trail",
    sns_topic_name="notices",
    cloud_watch_logs_log_group="CloudTrail/main",
    selectors=Selectors(advanced=[management_events(), data_events("AWS::S3::Object")]),
    insight_selectors=(InsightSelector(insight_type="ApiCallRateInsight"),),
)
PLAIN = TrailSettings(name="main", account_id=ACCOUNT, home_region=REGION, s3_bucket_name="example-trail")

ORDER = list(Action).index
NOT_NEEDED = {Action.PUT_KEY_POLICY, Action.PUT_ROLE_TRUST, Action.UPDATE_TRAIL}
"""In an empty account."""
OTHERS = ("444455556666", "777788889999")
SERVICES = ("s3", "sns", "kms", "logs", "iam", "cloudtrail")


def steps(settings: TrailSettings, clients: Clients) -> list[Action]:
    return [step.action for step in make_plan(settings, look_at_settings(settings, clients)).steps]


def apply(settings: TrailSettings, clients: Clients, **options: Any) -> int:
    return apply_plan(make_plan(settings, look_at_settings(settings, clients)), clients, **options)


class TestEmptyAccount:
    """Everything is made, in the right order."""

    def test_order(self, fake: Fake) -> None:
        """Whatever a step needs is made before; every kind of step that makes something has its turn."""
        planned = steps(EVERYTHING, fake.clients)
        assert planned == sorted(planned, key=ORDER)
        assert set(Action) - set(planned) == NOT_NEEDED

    def test_plan_changes_nothing(self, fake: Fake) -> None:
        """A plan that is made twice is the same."""
        assert steps(EVERYTHING, fake.clients) == steps(EVERYTHING, fake.clients)

    def test_idempotent(self, fake: Fake) -> None:
        """After it was applied, nothing is left to do."""
        assert apply(EVERYTHING, fake.clients) == 16
        assert steps(EVERYTHING, fake.clients) == []

    def test_what_is_there(self, fake: Fake) -> None:
        """The trail is as its settings say, and logs."""
        apply(EVERYTHING, fake.clients)
        client = fake.clients.get("cloudtrail", REGION)
        trail = client.get_trail(Name="main")["Trail"]
        assert trail["LogFileValidationEnabled"]
        assert trail["IsMultiRegionTrail"]
        assert trail["S3KeyPrefix"] == "audit"
        assert trail["SnsTopicARN"].endswith(":notices")
        assert trail["CloudWatchLogsLogGroupArn"].endswith("log-group:CloudTrail/main:*")
        assert client.get_trail_status(Name="main")["IsLogging"]
        policy = json.loads(fake.clients.get("s3", REGION).get_bucket_policy(Bucket="example-trail")["Policy"])
        assert len(policy["Statement"][1]["Resource"]) == 2

    @pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
    def test_other_partitions(self, fake: Fake, region: str) -> None:
        """The same in other partitions, and where a bucket needs no location."""
        settings = evolve(EVERYTHING, home_region=region, writers=())
        apply(settings, fake.clients)
        assert steps(settings, fake.clients) == []

    def test_organization(self, fake: Fake) -> None:
        """The trail of an organization may write into the organization's folder."""
        settings = evolve(PLAIN, organization_id="o-exampleorg1")
        apply(settings, fake.clients)
        assert steps(settings, fake.clients) == []
        policy = fake.clients.get("s3", REGION).get_bucket_policy(Bucket="example-trail")["Policy"]
        assert "example-trail/AWSLogs/o-exampleorg1/*" in policy


class Failing:
    """A client whose one operation fails some times."""

    def __init__(self, client: Any, operation: str, code: str, times: int) -> None:
        self._client, self._operation, self._code, self._times = client, operation, code, times

    def __getattr__(self, name: str) -> Any:
        if name == self._operation and self._times:
            self._times -= 1
            return self._fail
        return getattr(self._client, name)

    def _fail(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": self._code, "Message": "as\nasked"}}, self._operation)


class FailingOnce:
    """A client whose every operation that changes something fails once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._failed: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("create_", "put_", "set_", "start_")) and name not in self._failed:
            self._failed.add(name)
            return self._fail
        return getattr(self._client, name)

    def _fail(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "too\nfast"}}, "Some")


class FailingClients(Clients):
    """Clients of which one fails."""

    def __init__(self, fake: Fake, service: str, operation: str, code: str, times: int = 1) -> None:
        super().__init__()
        self._fake = fake
        self._failing = Failing(fake.clients.get(service, REGION), operation, code, times)
        self._service = service

    def get(self, service: str, region: str) -> Any:
        """Give the failing one for its service."""
        return self._failing if service == self._service else self._fake.clients.get(service, region)


class TestFailures:
    """A step fails: what is done stays done, and another run goes on."""

    def test_resumed(self, fake: Fake) -> None:
        """Each call that changes something fails once: each run goes on where the last one stopped."""
        clients: Any = Clients()
        failing = {service: FailingOnce(fake.clients.get(service, REGION)) for service in SERVICES}
        clients.get = lambda service, region: failing.get(service) or fake.clients.get(service, region)
        done: list[Step] = []
        failed = 0
        while steps(EVERYTHING, clients):
            with suppress(ApplyError):
                apply(EVERYTHING, clients, on_step=done.append)
                break
            failed += 1
        assert failed == 16
        # A bucket that was made with a lock keeps versions already, when it is looked at again.
        assert [step.action for step in done] == sorted(set(Action) - NOT_NEEDED - {Action.KEEP_VERSIONS}, key=ORDER)
        assert steps(EVERYTHING, fake.clients) == []

    def test_half_a_key(self, fake: Fake) -> None:
        """A key whose alias could not be made is named: it would be lost otherwise."""
        with pytest.raises(ApplyError, match=r"the key arn:aws:kms:\S+ was made, but not its alias") as caught:
            apply(EVERYTHING, FailingClients(fake, "kms", "create_alias", "AccessDenied"))
        arn = next(word for word in str(caught.value).split() if word.startswith("arn:"))
        apply(evolve(EVERYTHING, kms_key_id=arn), fake.clients)
        assert len(fake.clients.get("kms", REGION).list_keys()["Keys"]) == 1

    def test_not_known_everywhere_yet(self, fake: Fake) -> None:
        """A role that AWS does not know everywhere yet is waited for, longer each time, and not for ever."""
        waits: list[float] = []
        code = "InvalidCloudWatchLogsRoleArnException"
        apply(EVERYTHING, FailingClients(fake, "cloudtrail", "create_trail", code, 3), pause=waits.append)
        assert waits == [1.0, 2.0, 4.0]
        fake.clients.get("cloudtrail", REGION).delete_trail(Name="main")
        with pytest.raises(ApplyError):
            apply(EVERYTHING, FailingClients(fake, "cloudtrail", "create_trail", code, 9), pause=waits.append)
        # Nothing was changed before it in this run, so there is nothing to wait for.
        assert waits == [1.0, 2.0, 4.0]


class TestTwoAtOnce:
    """Somebody else changes a policy between plan and apply."""

    def test_policies(self, fake: Fake) -> None:
        """What was changed since the plan was made is not overwritten: the step fails, another run joins both."""
        settings = evolve(EVERYTHING, writers=())
        apply(settings, fake.clients)
        ours, theirs = (evolve(settings, writers=(TrailArn("aws", REGION, each, "main"),)) for each in OTHERS)
        late = make_plan(theirs, look_at_settings(theirs, fake.clients))
        assert {step.action for step in late.steps} == {Action.PUT_BUCKET_POLICY, Action.PUT_KEY_POLICY}
        apply(ours, fake.clients)
        for step in late.steps:
            with pytest.raises(ApplyError, match="changed since the plan was made"):
                apply_plan(evolve(late, steps=(step,)), fake.clients)
        apply(theirs, fake.clients)
        policy = fake.clients.get("s3", REGION).get_bucket_policy(Bucket="example-trail")["Policy"]
        assert all(each in policy for each in OTHERS)

    def test_new_bucket(self, fake: Fake) -> None:
        """A policy that somebody puts on the new bucket meanwhile stays."""
        plan = make_plan(PLAIN, look_at_settings(PLAIN, fake.clients))
        s3 = fake.clients.get("s3", REGION)
        s3.create_bucket(Bucket="example-trail", CreateBucketConfiguration={"LocationConstraint": REGION})
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        s3.put_bucket_policy(Bucket="example-trail", Policy=policy)
        with pytest.raises(ApplyError, match="somebody has put a policy"):
            apply_plan(evolve(plan, steps=plan.steps[-3:]), fake.clients)
        assert s3.get_bucket_policy(Bucket="example-trail")["Policy"] == policy


class TestWhatIsThere:
    """Nothing is deleted, loosened, or taken from others."""

    def test_statements_of_others(self, fake: Fake) -> None:
        """What others wrote into the bucket's policy stays, and nothing else of the bucket is set back."""
        s3 = fake.clients.get("s3", REGION)
        s3.create_bucket(Bucket="example-trail", CreateBucketConfiguration={"LocationConstraint": REGION})
        other = {
            "Sid": "Backup",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/backup"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::example-trail/*",
        }
        s3.put_bucket_policy(Bucket="example-trail", Policy=json.dumps({"Version": "2012-10-17", "Statement": [other]}))
        apply(evolve(PLAIN, protect_bucket=False), fake.clients)
        statements = json.loads(s3.get_bucket_policy(Bucket="example-trail")["Policy"])["Statement"]
        assert statements[0] == other
        assert len(statements) == 3
        assert "Status" not in s3.get_bucket_versioning(Bucket="example-trail")

    def test_nothing_is_loosened(self, fake: Fake) -> None:
        """Settings that are looser than the trail leave it as it is, and say so."""
        apply(PLAIN, fake.clients)
        loose = evolve(
            PLAIN,
            is_multi_region_trail=False,
            include_global_service_events=False,
            enable_log_file_validation=False,
            selectors=Selectors(advanced=[management_events("WriteOnly")]),
        )
        plan = make_plan(loose, look_at_settings(loose, fake.clients))
        assert {each.name for each in plan.kept} == {
            "IsMultiRegionTrail",
            "IncludeGlobalServiceEvents",
            "EnableLogFileValidation",
            "EventSelectors",
        }
        apply_plan(plan, fake.clients)
        trail = fake.clients.get("cloudtrail", REGION).get_trail(Name="main")["Trail"]
        assert trail["IsMultiRegionTrail"]
        assert trail["LogFileValidationEnabled"]
        joined = look_at_settings(PLAIN, fake.clients).trail
        assert joined is not None
        assert joined.selectors is not None
        assert joined.selectors.records({"eventCategory": "Management", "readOnly": "true"})

    def test_selectors_are_joined(self, fake: Fake) -> None:
        """Selectors of a trail that logs are added to, whatever their form."""
        settings = evolve(PLAIN, selectors=Selectors(basic=[EventSelector(read_write_type="WriteOnly")]))
        apply(settings, fake.clients)
        more = evolve(PLAIN, selectors=Selectors(advanced=[data_events("AWS::DynamoDB::Table")]))
        assert steps(more, fake.clients) == [Action.PUT_SELECTORS]
        apply(more, fake.clients)
        there = look_at_settings(more, fake.clients).trail
        assert there is not None
        assert there.selectors is not None
        assert there.selectors.records({"eventCategory": "Management", "readOnly": "false"})
        assert not there.selectors.records({"eventCategory": "Management", "readOnly": "true"})
        assert there.selectors.records({"eventCategory": "Data", "resources.type": "AWS::DynamoDB::Table"})

    def test_selectors_of_tomorrow(self, fake: Fake) -> None:
        """Selectors that AWS knows and this does not are not replaced; without a selection they are no trouble."""
        apply(PLAIN, fake.clients)
        there = look_at_settings(PLAIN, fake.clients)
        assert there.trail is not None
        odd = evolve(there, trail=evolve(there.trail, selectors=None))
        assert make_plan(PLAIN, odd).steps == ()
        with pytest.raises(ConflictError, match="use what is not known here"):
            make_plan(evolve(PLAIN, selectors=Selectors(advanced=[management_events()])), odd)

    def test_tightened(self, fake: Fake) -> None:
        """A trail that somebody made too loose is tightened, and started again."""
        apply(evolve(PLAIN, enable_log_file_validation=False, is_multi_region_trail=False), fake.clients)
        fake.clients.get("cloudtrail", REGION).stop_logging(Name="main")
        assert steps(EVERYTHING_BUT_PREFIX, fake.clients)[-4:] == [
            Action.UPDATE_TRAIL,
            Action.PUT_SELECTORS,
            Action.PUT_INSIGHTS,
            Action.START_LOGGING,
        ]
        apply(EVERYTHING_BUT_PREFIX, fake.clients)
        assert steps(EVERYTHING_BUT_PREFIX, fake.clients) == []

    def test_a_longer_lock_stays(self, fake: Fake) -> None:
        """A lock is never made shorter."""
        apply(evolve(PLAIN, object_lock_days=365), fake.clients)
        assert steps(evolve(PLAIN, object_lock_days=30), fake.clients) == []
        assert steps(evolve(PLAIN, object_lock_days=400), fake.clients) == [Action.LOCK_OBJECTS]

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"s3_key_prefix": "other"}, "it delivers to example-trail/audit, not to example-trail/other"),
            ({"s3_bucket_name": "other-trail"}, "it delivers to example-trail/audit, not to other-trail/audit"),
            ({"sns_topic_name": "others"}, "its topic is arn:aws:sns:eu-west-1:123456789012:notices"),
            ({"cloud_watch_logs_log_group": "others"}, "its log group is arn:aws:logs:eu-west-1"),
            ({"kms_key_id": "alias/other"}, "its KMS key is"),
            ({"kms_key_id": "1234abcd-12ab-34cd-56ef-1234567890ab"}, "its KMS key is"),
            ({"bucket_region": "eu-central-1", "kms_key_id": None}, "it is in eu-west-1, not in eu-central-1"),
        ],
    )
    def test_conflicts(self, fake: Fake, changes: dict[str, Any], reason: str) -> None:
        """Where a trail delivers, and by what, is never changed: the answer names what is there."""
        apply(EVERYTHING, fake.clients)
        with pytest.raises(ConflictError, match=reason):
            steps(evolve(EVERYTHING, **changes), fake.clients)
        assert steps(EVERYTHING, fake.clients) == []

    def test_home_elsewhere(self, fake: Fake) -> None:
        """A trail of that name whose home is in another Region is not made twice."""
        apply(evolve(PLAIN, home_region="eu-central-1"), fake.clients)
        with pytest.raises(ConflictError, match="with its home in eu-central-1"):
            steps(evolve(PLAIN, s3_bucket_name="other-trail"), fake.clients)

    @pytest.mark.parametrize("text", ["deny", "large"])
    def test_policy_that_cannot_be_joined(self, fake: Fake, text: str) -> None:
        """A policy that denies, or would be too large: nothing is changed, nothing is made."""
        s3 = fake.clients.get("s3", REGION)
        s3.create_bucket(Bucket="example-trail", CreateBucketConfiguration={"LocationConstraint": REGION})
        statement: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
        if text == "large":
            statement |= {"Action": "s3:DeleteObject", "Resource": [f"arn:aws:s3:::example-trail/{'x' * 20000}"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket="example-trail", Policy=policy)
        with pytest.raises(PolicyError):
            steps(EVERYTHING, fake.clients)
        assert s3.get_bucket_policy(Bucket="example-trail")["Policy"] == policy
        assert fake.clients.get("sns", REGION).list_topics()["Topics"] == []


EVERYTHING_BUT_PREFIX = evolve(EVERYTHING, s3_key_prefix="", object_lock_days=None)


class TestOtherAccounts:
    """A bucket of another account."""

    @pytest.mark.parametrize("code", ["403", "AccessDenied"])
    def test_not_ours(self, fake: Fake, code: str) -> None:
        """A bucket that is not the account's is told, with what helps; nothing is changed."""
        clients = FailingClients(fake, "s3", "head_bucket", code)
        with pytest.raises(ConflictError, match="belongs to another account than 123456789012") as caught:
            steps(PLAIN, clients)
        assert "--bucket-owner" in str(caught.value.hint)

    def test_named(self, fake: Fake) -> None:
        """A bucket whose other owner is named is taken as it is: only the trail is made."""
        s3 = fake.clients.get("s3", REGION)
        s3.create_bucket(Bucket="example-trail", CreateBucketConfiguration={"LocationConstraint": REGION})
        settings = evolve(PLAIN, bucket_owner="111122223333")
        assert steps(settings, fake.clients) == [Action.CREATE_TRAIL, Action.START_LOGGING]
        refused = FailingClients(fake, "s3", "head_bucket", "403")
        assert steps(settings, refused) == [Action.CREATE_TRAIL, Action.START_LOGGING]
        with pytest.raises(NotFoundError):
            steps(evolve(settings, s3_bucket_name="not-there"), fake.clients)

    def test_owner_is_always_named(self, fake: Fake) -> None:
        """Every change of a bucket says whose it must be, so that no stranger's is changed."""
        sent: list[dict[str, Any]] = []
        import boto3

        clients = Clients(boto3.Session("testing", "testing", region_name=REGION), endpoint_url=fake.url)
        clients.get("s3", REGION).meta.events.register(
            "provide-client-params.s3", lambda params, **_: sent.append(dict(params))
        )
        apply(EVERYTHING, clients)
        creating = [each for each in sent if "CreateBucketConfiguration" in each]
        others = [each for each in sent if each not in creating]
        assert len(creating) == 1
        assert len(others) > 4
        assert all(each["ExpectedBucketOwner"] == ACCOUNT for each in others)
