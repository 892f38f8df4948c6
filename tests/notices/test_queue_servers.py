"""Queues at servers that are not ours: moto and MiniStack deliver what S3, SNS and EventBridge would."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from attrs import define
from noticed import SESSION, event, ids, key, log_file, notice

import trailsdk
from tests.servers import Endpoint
from trailsdk.errors import NotFoundError

ACCOUNT = "123456789012"


@define
class Account:
    """A bucket and a queue at moto."""

    bucket: str
    url: str
    arn: str
    sqs: Any
    s3: Any
    sns: Any
    events: Any

    def read(self, **options: Any) -> trailsdk.RecordStream:
        return trailsdk.read(
            trailsdk.Queue(self.arn, client=self.sqs, s3_client=self.s3, wait_seconds=0, **options), on_error="raise"
        )

    def put(self, number: int) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key(number), Body=log_file(f"{number}"))

    def notify(self, **configuration: Any) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration=configuration, SkipDestinationValidation=True
        )


@pytest.fixture(params=["moto", "ministack"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    endpoint: Endpoint = request.getfixturevalue(f"{request.param}_endpoint")
    bucket = endpoint.make_bucket()
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    with ExitStack() as stack:
        clients = [SESSION.client(name, endpoint_url=endpoint.url, **keys) for name in ("sqs", "s3", "sns", "events")]
        for client in clients:
            stack.callback(client.close)
        url = clients[0].create_queue(QueueName=bucket)["QueueUrl"]
        yield Account(bucket, url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{bucket}", *clients)


def test_s3_to_sqs(account: Account) -> None:
    """S3's own notifications, with its test event before them."""
    account.notify(QueueConfigurations=[{"QueueArn": account.arn, "Events": ["s3:ObjectCreated:*"]}])
    for number in range(3):
        account.put(number)
    stream = account.read()
    assert sorted(ids(stream)) == ["0", "1", "2"]
    assert stream.stats.acknowledged == stream.stats.messages >= 3
    attributes = account.sqs.get_queue_attributes(QueueUrl=account.url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


@pytest.mark.parametrize("raw", ["true", "false"])
def test_cloudtrail_to_sns_to_sqs(account: Account, raw: str) -> None:
    """CloudTrail's notices through a topic, raw and not; its validation message before them."""
    topic = account.sns.create_topic(Name=account.bucket)["TopicArn"]
    account.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=account.arn, Attributes={"RawMessageDelivery": raw})
    account.put(1)
    account.put(2)
    account.sns.publish(TopicArn=topic, Message="CloudTrail validation message.")
    account.sns.publish(TopicArn=topic, Message=json.dumps(notice(key(1), key(2), bucket=account.bucket)))
    stream = account.read()
    assert ids(stream) == ["1", "2"]
    assert (stream.stats.messages, stream.stats.empty, stream.stats.acknowledged) == (2, 1, 2)


def test_s3_to_sns_to_sqs(account: Account) -> None:
    """S3's notifications through a topic."""
    topic = account.sns.create_topic(Name=account.bucket)["TopicArn"]
    account.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=account.arn)
    account.notify(TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}])
    account.put(1)
    assert ids(account.read()) == ["1"]


def test_eventbridge_to_sqs(account: Account) -> None:
    """A rule's events, with records in them. Only AWS's services may send as `aws.iam`, so the source is another."""
    account.events.put_rule(Name=account.bucket, EventPattern='{"source": ["replayed"]}')
    account.events.put_targets(Rule=account.bucket, Targets=[{"Id": "1", "Arn": account.arn}])
    sent = event(1)
    entry = {"Source": "replayed", "DetailType": sent["detail-type"], "Detail": json.dumps(sent["detail"])}
    assert account.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    stream = account.read()
    assert ids(stream) == ["e1"]
    assert stream.stats.acknowledged == 1
    account.events.remove_targets(Rule=account.bucket, Ids=["1"])
    account.events.delete_rule(Name=account.bucket)


def test_a_message_is_left(account: Account) -> None:
    """A file that is gone: its message is there still, hidden for its time, and shown to others when it is over."""
    account.sqs.send_message(QueueUrl=account.url, MessageBody=json.dumps(notice(key(7), bucket=account.bucket)))
    stream = trailsdk.read(
        trailsdk.Queue(account.arn, client=account.sqs, s3_client=account.s3, wait_seconds=0), on_error="skip"
    )
    assert ids(stream) == []
    assert stream.stats.left == 1
    attributes = account.sqs.get_queue_attributes(QueueUrl=account.url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_queue_that_disappears(account: Account) -> None:
    """What was read before has come; then there is no such queue."""
    account.put(1)
    account.sqs.send_message(QueueUrl=account.url, MessageBody=json.dumps(notice(key(1), bucket=account.bucket)))
    stream = account.read()
    assert next(stream).event_id == "1"
    account.sqs.delete_queue(QueueUrl=account.url)
    with pytest.raises(NotFoundError, match="no such queue"):
        list(stream)
