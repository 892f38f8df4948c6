"""A healthy trail has no findings; each planted fault has its own."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from attrs import evolve
from botocore.stub import Stubber
from fake_account import ACCOUNT, REGION, Fake
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import MotoEndpoint
from trailsdk.errors import AccessDeniedError, NotFoundError, TimeError
from trailsdk.model.keys import LogFileKey
from trailsdk.trails import (
    Check,
    Clients,
    Selectors,
    Severity,
    Snapshot,
    TrailArn,
    TrailSettings,
    apply_plan,
    diagnose,
    examine,
    look_at_settings,
    look_at_trail,
    make_plan,
    management_events,
)
from trailsdk.trails.look_bucket import BucketLook
from trailsdk.trails.snapshot import AccountFolder, BucketState, DeliveredObject, KeyState, LifecycleRule, TrailState

pytest_plugins = ("trail_fixtures",)

BUCKET = "example-trail"
OTHER = "444455556666"
SETTINGS = TrailSettings(
    name="main",
    account_id=ACCOUNT,
    home_region=REGION,
    s3_bucket_name=BUCKET,
    object_lock_days=365,
    writers=(TrailArn("aws", REGION, OTHER, "main"),),
    kms_key_id="alias/trail",
    sns_topic_name="notices",
    cloud_watch_logs_log_group="CloudTrail/main",
)
ARN = SETTINGS.arn


@pytest.fixture
def healthy(fake: Fake) -> Fake:
    """An account with a healthy trail."""
    apply_plan(make_plan(SETTINGS, look_at_settings(SETTINGS, fake.clients)), fake.clients)
    return fake


def put_policy(fake: Fake, change: Callable[[Any], Any]) -> None:
    s3 = fake.clients.get("s3", REGION)
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    change(policy["Statement"])
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def put_file(fake: Fake, account: str, day: dt.date, **more: Any) -> None:
    time = dt.datetime.combine(day, dt.time(9, 15), dt.UTC)
    key = str(LogFileKey(account_id=account, region=REGION, date=day, time=time, unique="Ab1"))
    fake.clients.get("s3", REGION).put_object(Bucket=BUCKET, Key=key, Body=b"", **more)


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def update(fake: Fake, **settings: Any) -> None:
    fake.clients.get("cloudtrail", REGION).update_trail(Name="main", **settings)


def validation_off(fake: Fake) -> None:
    update(fake, EnableLogFileValidation=False)


def single_region(fake: Fake) -> None:
    update(fake, IsMultiRegionTrail=False)


def global_events_off(fake: Fake) -> None:
    update(fake, IncludeGlobalServiceEvents=False)


def stopped(fake: Fake) -> None:
    fake.clients.get("cloudtrail", REGION).stop_logging(Name="main")


def writes_dropped(fake: Fake) -> None:
    selectors = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]
    fake.clients.get("cloudtrail", REGION).put_event_selectors(TrailName="main", EventSelectors=selectors)


def no_source_arn(fake: Fake) -> None:
    put_policy(fake, lambda statements: [each["Condition"]["StringEquals"].pop("aws:SourceArn") for each in statements])


def any_source_arn(fake: Fake) -> None:
    def change(statements: Any) -> None:
        for each in statements:
            each["Condition"]["StringLike"] = {"aws:SourceArn": "*"}
            del each["Condition"]["StringEquals"]["aws:SourceArn"]

    put_policy(fake, change)


def legacy(fake: Fake) -> None:
    def change(statements: Any) -> None:
        for each in statements:
            each["Principal"] = {"AWS": ["arn:aws:iam::859597730677:root", "arn:aws:iam::086441151436:root"]}

    put_policy(fake, change)


def refused(fake: Fake) -> None:
    put_policy(fake, lambda statements: statements.pop())


def denied(fake: Fake) -> None:
    deny = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"}
    put_policy(fake, lambda statements: statements.append(deny))


def no_policy(fake: Fake) -> None:
    fake.clients.get("s3", REGION).delete_bucket_policy(Bucket=BUCKET)


def other_prefix(fake: Fake) -> None:
    update(fake, S3KeyPrefix="audit")


def foreign_writer(fake: Fake) -> None:
    put_file(fake, "777788889999", today())


def old_writer(fake: Fake) -> None:
    put_file(fake, "777788889999", today() - dt.timedelta(days=400))


def unblocked(fake: Fake) -> None:
    fake.clients.get("s3", REGION).delete_public_access_block(Bucket=BUCKET)


def public_acl(fake: Fake) -> None:
    unblocked(fake)
    fake.clients.get("s3", REGION).delete_bucket_ownership_controls(Bucket=BUCKET)
    fake.clients.get("s3", REGION).put_bucket_acl(Bucket=BUCKET, ACL="public-read")


def expire(fake: Fake, **days: int) -> None:
    folders = {"logs": "CloudTrail/", "digests": "CloudTrail-Digest/"}
    rules = [
        {
            "ID": name,
            "Status": "Enabled",
            "Filter": {"Prefix": f"AWSLogs/{ACCOUNT}/{folders[name]}"},
            "Expiration": {"Days": count},
        }
        for name, count in days.items()
    ]
    fake.clients.get("s3", REGION).put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": rules}
    )


def logs_expire(fake: Fake) -> None:
    expire(fake, logs=30, digests=365)


def digests_expire(fake: Fake) -> None:
    expire(fake, digests=30)


def unencrypted(fake: Fake) -> None:
    put_file(fake, ACCOUNT, today(), ServerSideEncryption="AES256")


def key_policy_of(fake: Fake, change: Callable[[Any], Any]) -> None:
    kms = fake.clients.get("kms", REGION)
    arn = kms.describe_key(KeyId="alias/trail")["KeyMetadata"]["Arn"]
    policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    policy["Statement"] = [each for each in policy["Statement"] if change(each)]
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))


def key_refuses(fake: Fake) -> None:
    key_policy_of(fake, lambda each: each["Action"] != "kms:GenerateDataKey*")


def key_disabled(fake: Fake) -> None:
    kms = fake.clients.get("kms", REGION)
    kms.disable_key(KeyId=kms.describe_key(KeyId="alias/trail")["KeyMetadata"]["KeyId"])


def key_for_nobody(fake: Fake) -> None:
    key_policy_of(fake, lambda each: "AWS" not in each["Principal"])


def key_gone(fake: Fake) -> None:
    update(fake, KmsKeyId="alias/gone")


def topic_gone(fake: Fake) -> None:
    fake.clients.get("sns", REGION).delete_topic(TopicArn=SETTINGS.topic_arn)


def topic_refuses(fake: Fake) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    fake.clients.get("sns", REGION).set_topic_attributes(
        TopicArn=SETTINGS.topic_arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )


def log_group_gone(fake: Fake) -> None:
    fake.clients.get("logs", REGION).delete_log_group(logGroupName="CloudTrail/main")


def role_gone(fake: Fake) -> None:
    iam = fake.clients.get("iam", REGION)
    iam.delete_role_policy(RoleName="CloudTrail-main", PolicyName="CloudTrail-main")
    iam.delete_role(RoleName="CloudTrail-main")


def role_refuses(fake: Fake) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    fake.clients.get("iam", REGION).update_assume_role_policy(
        RoleName="CloudTrail-main", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def role_writes_elsewhere(fake: Fake) -> None:
    statement = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "arn:aws:logs:*:*:x",
    }
    fake.clients.get("iam", REGION).put_role_policy(
        RoleName="CloudTrail-main",
        PolicyName="CloudTrail-main",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def one_statement(fake: Fake) -> None:
    """IAM takes one statement without a list as well."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:TagSession"}
    fake.clients.get("iam", REGION).update_assume_role_policy(
        RoleName="CloudTrail-main", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )


def bucket_gone(fake: Fake) -> None:
    fake.clients.get("s3", REGION).delete_bucket(Bucket=BUCKET)


PLANTED: list[tuple[Callable[[Fake], None], set[Check]]] = [
    (validation_off, {Check.VALIDATION_OFF}),
    (single_region, {Check.SINGLE_REGION}),
    (global_events_off, {Check.GLOBAL_EVENTS_OFF}),
    (stopped, {Check.LOGGING_STOPPED}),
    (writes_dropped, {Check.WRITES_DROPPED}),
    (no_source_arn, {Check.POLICY_WITHOUT_SOURCE_ARN}),
    (any_source_arn, {Check.POLICY_WITHOUT_SOURCE_ARN}),
    (legacy, {Check.LEGACY_ACCOUNTS}),
    (refused, {Check.POLICY_REFUSES}),
    (denied, {Check.POLICY_REFUSES}),
    (no_policy, {Check.POLICY_REFUSES}),
    (other_prefix, {Check.PREFIX_MISMATCH}),
    (foreign_writer, {Check.WRITER_NOT_ALLOWED}),
    (old_writer, {Check.WRITER_NOT_ALLOWED}),
    (unblocked, {Check.PUBLIC_ACCESS_POSSIBLE}),
    (public_acl, {Check.PUBLIC_ACCESS}),
    (logs_expire, {Check.LOGS_EXPIRE_FIRST}),
    (digests_expire, {Check.DIGESTS_EXPIRE_FIRST}),
    (unencrypted, {Check.NOT_ENCRYPTED_AS_SET}),
    (key_refuses, {Check.KEY_STOPS_DELIVERY}),
    (key_disabled, {Check.KEY_STOPS_DELIVERY}),
    (key_for_nobody, {Check.KEY_WITHOUT_READERS}),
    (key_gone, {Check.KEY_MISSING}),
    (topic_gone, {Check.TOPIC_MISSING}),
    (topic_refuses, {Check.TOPIC_REFUSES}),
    (log_group_gone, {Check.LOG_GROUP_MISSING}),
    (role_gone, {Check.ROLE_MISSING}),
    (role_refuses, {Check.ROLE_REFUSES}),
    (role_writes_elsewhere, {Check.ROLE_REFUSES}),
    (one_statement, {Check.ROLE_REFUSES}),
    (bucket_gone, {Check.NO_TRAIL_BUCKET}),
]


def test_healthy(healthy: Fake) -> None:
    """A trail that `apply` made has no finding at all."""
    found = examine(ARN, healthy.clients)
    assert found.findings == ()
    assert found.unseen == ()
    assert found.is_clean


@pytest.mark.parametrize(("plant", "expected"), PLANTED, ids=lambda each: getattr(each, "__name__", ""))
def test_planted(healthy: Fake, plant: Callable[[Fake], None], expected: set[Check]) -> None:
    """Each fault is found, and nothing else; each finding says why, and how to mend it."""
    plant(healthy)
    found = examine(ARN, healthy.clients)
    assert {each.check for each in found.findings} == expected
    assert all(each.why and each.fix for each in found.findings)
    assert found.unseen == ()


def test_unprotected(fake: Fake) -> None:
    """A bucket that nobody protected has neither versions, nor a lock, nor a block of public access."""
    settings = TrailSettings(
        name="main", account_id=ACCOUNT, home_region=REGION, s3_bucket_name=BUCKET, protect_bucket=False
    )
    apply_plan(make_plan(settings, look_at_settings(settings, fake.clients)), fake.clients)
    found = examine(ARN, fake.clients)
    assert {each.check for each in found.findings} == {
        Check.NO_VERSIONING,
        Check.NO_OBJECT_LOCK,
        Check.PUBLIC_ACCESS_POSSIBLE,
    }
    assert not found.is_serious


def test_no_trail(fake: Fake) -> None:
    """A trail that is not there is no finding, but an error."""
    with pytest.raises(NotFoundError, match="no such trail"):
        examine(ARN, fake.clients)


NOW = dt.datetime(2026, 3, 7, 12, tzinfo=dt.UTC)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "s3:PutObject", "cloudtrail.amazonaws.com", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["AWS", "Service", "aws:SourceArn", "StringEquals", "Null"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)
odd_statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "Maybe"])},
    optional=dict.fromkeys(
        ["Sid", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"], odd_values
    ),
)
odd_policies = st.text(max_size=5) | st.builds(
    lambda each: json.dumps({"Statement": each}), odd_statements | st.lists(odd_statements, max_size=3) | odd_values
)


@pytest.fixture(scope="module")
def there(clients: Clients, moto_endpoint: MotoEndpoint) -> Snapshot:
    """What is there of a healthy trail."""
    moto_endpoint.reset()
    apply_plan(make_plan(SETTINGS, look_at_settings(SETTINGS, clients)), clients)
    return look_at_trail(ARN, clients, recent_day="2026/03/05")


class TestWhatMotoCannotHold:
    """Faults of what CloudTrail says and does, planted in what was found: the checks are pure."""

    def test_status(self, there: Snapshot) -> None:
        """Errors of delivery, of digests, of notices and of CloudWatch Logs, and digests that no longer come."""
        assert there.trail is not None
        started = evolve(there.trail.status, start_logging_time=NOW - dt.timedelta(hours=20))
        hour = dt.timedelta(hours=1)
        cases: list[tuple[dict[str, Any], set[Check]]] = [
            ({"latest_delivery_error": "AccessDenied"}, {Check.DELIVERY_ERROR}),
            ({"latest_cloud_watch_logs_delivery_error": "AccessDenied"}, {Check.DELIVERY_ERROR}),
            ({"latest_digest_delivery_error": "AccessDenied"}, {Check.DIGEST_STALE}),
            ({"latest_notification_error": "AuthorizationError"}, {Check.TOPIC_REFUSES}),
            ({"latest_digest_delivery_time": NOW - 4 * hour}, {Check.DIGEST_STALE}),
            ({"latest_digest_delivery_time": None}, {Check.DIGEST_STALE}),
            ({"latest_digest_delivery_time": NOW - 2 * hour}, set()),
        ]
        for changes, expected in cases:
            status = evolve(started, **({"latest_digest_delivery_time": NOW} | changes))
            found = diagnose(evolve(there, trail=evolve(there.trail, status=status)), NOW)
            assert {each.check for each in found.findings} == expected, changes

    def test_silent_writer(self, there: Snapshot) -> None:
        """An account that may write and never has is told of, a day after the trail was started."""
        assert there.trail is not None
        assert there.bucket is not None
        for hours, expected in ((2, set[Check]()), (30, {Check.WRITER_SILENT})):
            status = evolve(
                there.trail.status,
                start_logging_time=NOW - dt.timedelta(hours=hours),
                latest_digest_delivery_time=NOW,
            )
            bucket = evolve(there.bucket, folders=(AccountFolder(account_id=ACCOUNT),))
            trail = evolve(there.trail, status=status)
            found = diagnose(evolve(there, trail=trail, bucket=bucket), NOW)
            assert {each.check for each in found.findings} == expected
            assert all(OTHER in each.why for each in found.findings)

    def test_foreign_bucket(self, there: Snapshot) -> None:
        """A bucket of another account needs ownership settings."""
        assert there.bucket is not None
        foreign = evolve(there.bucket, is_owned=False, object_ownership="ObjectWriter")
        found = diagnose(evolve(there, bucket=foreign), NOW)
        assert [each.check for each in found.findings if each.severity is not Severity.LOW] == [
            Check.FOREIGN_BUCKET_OWNERSHIP
        ]
        assert diagnose(evolve(there, bucket=evolve(foreign, object_ownership="BucketOwnerEnforced")), NOW).is_clean

    def test_public_policy(self, there: Snapshot) -> None:
        """A bucket whose policy is public, by S3's own word."""
        assert there.bucket is not None
        found = diagnose(evolve(there, bucket=evolve(there.bucket, is_policy_public=True)), NOW)
        assert [each.check for each in found.findings] == [Check.PUBLIC_ACCESS]

    def test_requester_pays(self, there: Snapshot) -> None:
        """CloudTrail does not write to a Requester Pays bucket."""
        assert there.bucket is not None
        found = diagnose(evolve(there, bucket=evolve(there.bucket, is_requester_pays=True)), NOW)
        assert [each.check for each in found.findings] == [Check.REQUESTER_PAYS]

    def test_another_key(self, there: Snapshot) -> None:
        """A log file that is encrypted with another key than the trail's."""
        assert there.trail is not None
        assert there.bucket is not None
        assert there.key is not None
        for used, expected in ((KEY, set[Check]()), (f"{KEY}0", {Check.NOT_ENCRYPTED_AS_SET})):
            sample = DeliveredObject(key="AWSLogs/x", encryption="aws:kms", kms_key_id=used)
            found = diagnose(
                evolve(
                    there,
                    trail=evolve(there.trail, kms_key_id=KEY),
                    key=evolve(there.key, arn=KEY),
                    bucket=evolve(there.bucket, samples=(sample,)),
                ),
                NOW,
            )
            assert {each.check for each in found.findings} == expected

    def test_key_elsewhere(self, there: Snapshot) -> None:
        """A key in another Region than the bucket stops delivery."""
        assert there.key is not None
        key = KeyState(arn=KEY.replace(REGION, "us-east-1"), policy=there.key.policy)
        assert [each.check for each in diagnose(evolve(there, key=key), NOW).findings] == [Check.KEY_STOPS_DELIVERY]

    def test_expiry_by_whole_bucket(self, there: Snapshot) -> None:
        """A rule for the whole bucket deletes both at once; one for digests that comes later is no help."""
        assert there.bucket is not None
        whole = LifecycleRule(name="all", expiration_days=400)
        logs = LifecycleRule(name="logs", prefix=f"AWSLogs/{ACCOUNT}/CloudTrail/eu-", expiration_days=399)
        for rules, expected in (((whole,), set[Check]()), ((whole, logs), {Check.LOGS_EXPIRE_FIRST})):
            found = diagnose(evolve(there, bucket=evolve(there.bucket, lifecycle=rules)), NOW)
            assert {each.check for each in found.findings} == expected

    def test_unseen(self, there: Snapshot) -> None:
        """What could not be looked at is told, and no finding is made of it."""
        error = AccessDeniedError(f"bucket {BUCKET}", "these credentials may not call HeadBucket")
        found = diagnose(evolve(there, bucket=None, unseen=(error,)), NOW)
        assert found.findings == ()
        assert found.unseen == (error,)
        assert not found.is_clean

    def test_managed_policies(self, there: Snapshot) -> None:
        """A role that has attached policies, which were not looked at, is not said to lack any."""
        assert there.role is not None
        for attached, clean in ((False, False), (True, True)):
            role = evolve(there.role, policies={"x": {"Statement": []}}, has_managed_policies=attached)
            assert diagnose(evolve(there, role=role), NOW).is_clean == clean

    def test_organization(self, there: Snapshot) -> None:
        """The trail of an organization needs the organization's folder; its id is found in policy and folders."""
        assert there.trail is not None
        assert there.bucket is not None
        trail = evolve(there.trail, is_organization_trail=True)
        found = diagnose(evolve(there, trail=trail), NOW)
        assert [each.check for each in found.findings] == [Check.POLICY_REFUSES]
        folder = AccountFolder(account_id=OTHER, organization_id="o-exampleorg1")
        bucket = evolve(there.bucket, folders=(folder,))
        found = diagnose(evolve(there, trail=trail, bucket=bucket), NOW)
        assert {each.check for each in found.findings} == {Check.POLICY_REFUSES, Check.WRITER_NOT_ALLOWED}
        mended = next(each.fix for each in found.findings if each.check is Check.POLICY_REFUSES)
        assert diagnose(evolve(there, trail=trail, bucket=evolve(bucket, policy=mended)), NOW).is_clean

    def test_fix_mends(self, there: Snapshot) -> None:
        """The policy that a finding gives mends it, and keeps what others wrote."""
        assert there.bucket is not None
        other = {"Sid": "Backup", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": "x"}
        bucket = evolve(there.bucket, policy=json.dumps({"Version": "2012-10-17", "Statement": [other]}))
        (finding,) = diagnose(evolve(there, bucket=bucket), NOW).findings
        assert finding.fix is not None
        assert json.loads(finding.fix)["Statement"][0] == other
        assert diagnose(evolve(there, bucket=evolve(bucket, policy=finding.fix)), NOW).findings == ()

    @given(odd_policies, odd_policies, odd_policies)
    def test_hostile_policies(self, there: Snapshot, bucket: str, key: str, trust: str) -> None:
        """Whatever stands in policies, there is a diagnosis."""
        assert there.bucket is not None
        assert there.key is not None
        assert there.topic is not None
        assert there.role is not None
        try:
            document = json.loads(trust)
        except ValueError:
            document = {}
        odd = evolve(
            there,
            bucket=evolve(there.bucket, policy=bucket),
            key=evolve(there.key, policy=key),
            topic=evolve(there.topic, policy=trust),
            role=evolve(there.role, trust=document, policies={"x": document}),
        )
        assert all(each.why for each in diagnose(odd, NOW).findings)

    def test_naive_time(self, there: Snapshot) -> None:
        """The clock must say its zone."""
        with pytest.raises(TimeError):
            diagnose(there, dt.datetime(2026, 3, 7))  # noqa: DTZ001 (the point)

    def test_selectors(self, there: Snapshot) -> None:
        """Advanced selectors that leave out writes are seen, those that leave out KMS are fine."""
        assert there.trail is not None
        for kind, clean in (("ReadOnly", False), ("WriteOnly", True)):
            selectors = Selectors(advanced=[management_events(kind, ["kms.amazonaws.com"])])  # type: ignore[arg-type]  # a literal
            found = diagnose(evolve(there, trail=evolve(there.trail, selectors=selectors)), NOW)
            assert found.is_clean == clean


def test_owner_is_asked() -> None:
    """A bucket that is refused to its supposed owner, and shown without one, is another account's."""
    client: Any = boto3.Session("testing", "testing", region_name=REGION).client("s3")
    with Stubber(client) as stub:
        stub.add_client_error(
            "head_bucket",
            service_error_code="403",
            expected_params={"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT},
        )
        stub.add_response("head_bucket", {"BucketRegion": "eu-central-1"}, {"Bucket": BUCKET})
        for operation in ("get_bucket_policy", "get_bucket_policy_status"):
            stub.add_client_error(operation, service_error_code="NoSuchBucketPolicy")
        stub.add_client_error("get_public_access_block", service_error_code="AccessDenied")
        stub.add_response("get_bucket_acl", {"Grants": []})
        stub.add_response("get_bucket_versioning", {"Status": "Suspended"})
        rules = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}
        stub.add_response("get_bucket_ownership_controls", rules)
        stub.add_client_error("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")
        stub.add_client_error("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration")
        stub.add_response("get_bucket_request_payment", {"Payer": "BucketOwner"})
        stub.add_response("list_objects_v2", {"CommonPrefixes": []})
        unseen: list[Any] = []
        look = BucketLook(Clients(handed_in={"s3": client}), REGION, ACCOUNT)
        found = look.for_audit(TrailState(arn=ARN, s3_bucket_name=BUCKET), "2026/03/05", unseen)
    assert found == BucketState(
        name=BUCKET,
        region="eu-central-1",
        is_owned=False,
        versioning="Suspended",
        object_ownership="ObjectWriter",
    )
    assert [type(each) for each in unseen] == [AccessDeniedError]
    assert "GetPublicAccessBlock" in str(unseen[0])
