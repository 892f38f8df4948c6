"""A queue of notices: what is read, and what becomes of the messages."""

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from noticed import (
    Noticed,
    add_up,
    bucket_and_queue,
    event,
    ids,
    key,
    kinds,
    log_file,
    notice,
    put_notice,
    run_python,
    sns,
)

import trailsdk
from trailsdk.errors import (
    AccessDeniedError,
    CredentialsError,
    GoneError,
    LocationError,
    MessageError,
    NotFoundError,
    TrailError,
    TransportError,
    UnreadableError,
    UsageError,
)
from trailsdk.plugins import Stage, hookimpl
from trailsdk.testing.fake_events import RefusedError
from trailsdk.testing.fake_queue import FakeQueue


@pytest.fixture
def world() -> Iterator[Noticed]:
    with bucket_and_queue() as noticed:
        yield noticed


def _later(hours: float) -> float:
    return time.monotonic() + hours * 3600


class TestReading:
    """What messages name is read."""

    def test_all_files_of_all_messages(self, world: Noticed) -> None:
        """Records come in the order of the messages, and all messages are deleted."""
        world.fill(25)
        stream = world.read()
        assert ids(stream) == world.all_ids(25)
        stats = stream.stats
        assert (stats.listed, stats.read, stats.messages, stats.acknowledged, stats.held) == (25, 25, 25, 25, 0)
        assert world.queue.messages == []
        assert add_up(stats)

    def test_all_wrappings_on_one_queue(self, world: Noticed) -> None:
        """Notices of CloudTrail and S3, raw and through SNS, and EventBridge's; several keys in one message."""
        for number in range(6):
            world.put(key(number), log_file(f"{number}"))
        created = {"bucket": {"name": "org-trail"}, "object": {"key": key(5)}}
        world.queue.send(
            notice(key(0), key(1)),
            sns(notice(key(2))),
            put_notice(key(3)),
            sns(put_notice(key(4))),
            {"detail-type": "Object Created", "source": "aws.s3", "detail": created},
            event(6),
            sns(event(7)),
        )
        stream = world.read()
        assert ids(stream) == ["0", "1", "2", "3", "4", "5", "e6", "e7"]
        assert (stream.stats.listed, stream.stats.acknowledged) == (8, 7)

    def test_origins(self, world: Noticed) -> None:
        """A record's origin is the file, and its key; of an event it is the message, with the envelope."""
        world.put(key(1), log_file("1"))
        [_, message] = world.queue.send(notice(key(1)), event(2))
        of_file, of_event = (record.origin for record in world.read())
        assert of_file.location == f"s3://org-trail/{key(1)}"
        assert of_file.key is not None
        assert of_event.location == f"{world.queue.location}#{message.id}"
        assert of_event.envelope["id"] == "event-2"

    def test_what_holds_no_answer_is_acknowledged(self, world: Noticed) -> None:
        """Other Regions, accounts and times, by key; digests and foreign objects: counted, and not fetched."""
        world.put(key(40), log_file("1"))
        digest = (
            "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/07/"
            "111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260307T090000Z.json.gz"
        )
        others = [key(42, region="us-east-1"), key(43, account="444455556666"), key(1)]
        world.queue.send(*map(notice, [digest, "report.pdf", "export.json", *others, key(40)]))
        stream = trailsdk.read(world.source(), regions="eu-west-1", accounts="111122223333", since="2026-03-07T09:30Z")
        assert ids(stream) == ["1"]
        assert (stream.stats.skipped, stream.stats.pruned, stream.stats.acknowledged) == (3, 3, 7)
        assert world.aws.requests["GetObject"] == 1
        assert add_up(stream.stats)

    def test_stages_are_asked(self, world: Noticed) -> None:
        """A file that a stage does not want is not fetched, and its message deleted."""
        world.fill(3)

        class OnlyTheFirst:
            @hookimpl
            def trailsdk_stages(self) -> list[Stage]:
                return [Stage(keep_file=lambda blob: blob.name == key(0))]

        stream = trailsdk.read(world.source(), plugins=[OnlyTheFirst()])
        assert ids(stream) == world.all_ids(1)
        assert (stream.stats.pruned, stream.stats.acknowledged, stream.stats.held) == (2, 3, 0)
        assert world.aws.requests["GetObject"] == 1

    @pytest.mark.parametrize(
        "body",
        [
            "CloudTrail validation message.",
            sns("CloudTrail validation message."),
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "org-trail"},
            sns({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "org-trail"}),
            {"Type": "SubscriptionConfirmation", "TopicArn": "t", "Message": "You have chosen"},
        ],
    )
    def test_messages_that_name_nothing(self, world: Noticed, body: Any) -> None:
        """By which services try a queue: they are deleted, and counted."""
        world.queue.send(body)
        stream = world.read()
        assert ids(stream) == []
        assert (stream.stats.empty, stream.stats.acknowledged) == (1, 1)
        assert world.queue.messages == []

    def test_by_uri(self, world: Noticed, monkeypatch: pytest.MonkeyPatch) -> None:
        """A URI is enough, with a session."""
        world.fill(2)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", world.queue.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", world.aws.url)
        assert ids(trailsdk.read(world.queue.location, session=boto3.Session())) == world.all_ids(2)


class TestConsumption:
    """A message is deleted when all records of all of its files were consumed, and not before."""

    def test_not_before_the_next_record_is_asked_for(self, world: Noticed) -> None:
        """With the last record of a file at hand its message is there; when the next is asked for it is done with."""
        world.fill(2)
        stream = world.read()
        for _ in range(3):
            next(stream)
        assert (stream.stats.held, len(world.queue.messages)) == (2, 2)
        next(stream)
        stream.close()
        assert [message.received for message in world.queue.messages] == [1]
        assert stream.stats.acknowledged == 1

    def test_commit(self, world: Noticed) -> None:
        """After a commit, a message whose last record was given is deleted, and no other."""
        world.fill(2)
        stream = world.read()
        next(stream)
        next(stream)
        stream.commit()
        assert len(world.queue.messages) == 2
        next(stream)
        stream.commit()
        assert len(world.queue.messages) == 1
        assert ids(stream) == world.ids(1)
        assert (stream.stats.acknowledged, stream.stats.read) == (2, 2)

    def test_all_files_of_a_message(self, world: Noticed) -> None:
        """A message that names several files waits for the last."""
        for number in (1, 2):
            world.put(key(number), log_file(f"{number}"))
        world.queue.send(notice(key(1), key(2)))
        stream = world.read()
        next(stream)
        stream.commit()
        assert len(world.queue.messages) == 1
        next(stream)
        stream.commit()
        assert world.queue.messages == []

    def test_what_was_not_consumed_is_given_back(self, world: Noticed) -> None:
        """A stream that is closed leaves its messages to others at once; those that failed keep their time."""
        world.fill(12)
        with world.read() as stream:
            next(stream)
        assert ids(world.read()) == world.all_ids(12)

    def test_a_callers_error(self, world: Noticed) -> None:
        """What the caller raises passes through, and the message at hand comes again."""
        world.fill(1)
        with suppress(ZeroDivisionError), world.read() as stream:
            for record in stream:
                1 / (record.event_id != "0-2")
        assert stream.stats.yielded == 3
        assert ids(world.read()) == world.all_ids(1)

    def test_commit_fails(self, world: Noticed) -> None:
        """A commit that the queue refuses is an error; the next one makes up for it."""
        world.fill(1)
        stream = world.read()
        for _ in range(3):
            next(stream)
        assert world.queue.wait_for(lambda: world.queue.counts["ReceiveMessage"] >= 2)
        world.queue.faults.append(RefusedError("InternalError", status=500))
        with pytest.raises(UnreadableError):
            stream.commit()
        assert stream.stats.held == 1
        stream.commit()
        assert (stream.stats.acknowledged, world.queue.messages) == (1, [])

    def test_two_readers(self, world: Noticed) -> None:
        """Two streams of one source share the messages: each record comes once."""
        world.fill(40, records=1)
        source = world.source(window=2)
        one, other = trailsdk.read(source), trailsdk.read(source)
        found = ids([next(one), next(other), *one, *other])
        assert sorted(found) == sorted(world.all_ids(40, records=1))
        assert world.queue.messages == []

    def test_a_killed_reader(self, world: Noticed) -> None:
        """A process that is killed in the middle of a batch: every record is seen again, or was consumed."""
        world.fill(20, records=2)
        code = (
            "import sys, trailsdk; sys.path.insert(0, sys.argv[1]); from noticed import client\n"
            "from trailsdk.testing.fake_queue import FakeQueue\n"
            "queue = FakeQueue(url=sys.argv[2])\n"
            "source = trailsdk.Queue(queue.location, client=queue.client(), s3_client=client(sys.argv[3]))\n"
            "for number, record in enumerate(trailsdk.read(source)):\n"
            "    print(record.event_id, flush=True)\n"
            "    if number == 24: sys.stdin.read()\n"
        )
        with run_python(code, str(Path(__file__).parent), world.queue.url, world.aws.url) as process:
            assert process.stdout is not None
            seen = [process.stdout.readline().strip() for _ in range(25)]
            # The first ten are deleted beside the work.
            assert world.queue.wait_for(lambda: len(world.queue.messages) <= 10)
            process.kill()
        assert process.returncode < 0
        again: list[str] = []
        for hours in range(1, 5):
            # A request of the dead may still be answered: what it received is hidden once more.
            world.queue.clock = partial(_later, hours)
            again += ids(world.read())
        assert world.queue.messages == []
        assert set(seen) | set(again) == set(world.all_ids(20, records=2))
        # What was not consumed for sure comes again: the record at hand, and all that were given after the deletion.
        assert "12-0" in again


class TestFailure:
    """What cannot be read leaves its message in the queue."""

    def test_a_file_that_is_gone(self, world: Noticed) -> None:
        """It costs that file; its message is left, and at last a dead letter."""
        world.fill(3)
        world.trail.objects.delete(("org-trail", key(1)))
        world.queue.max_receive_count = 2
        errors: list[TrailError] = []
        stream = world.read(on_error=errors.append)
        assert ids(stream) == [*world.ids(0), *world.ids(2)]
        assert isinstance(errors[0], GoneError)
        assert (stream.stats.left, stream.stats.acknowledged, stream.stats.failed) == (1, 2, 1)
        assert add_up(stream.stats)
        for times in (1, 0):
            for message in world.queue.messages:
                message.visible_at = 0.0
            assert ids(world.read(on_error="skip")) == []
            assert len(world.queue.messages) == times
        assert len(world.queue.dead_letters) == 1

    def test_the_first_error_raises(self, world: Noticed) -> None:
        """By default the first error ends the stream; messages at hand are given back, the bad one keeps its time."""
        world.fill(3)
        world.trail.objects.delete(("org-trail", key(1)))
        with pytest.raises(GoneError):
            list(world.read())
        hidden = [message.visible_at > world.queue.clock() for message in world.queue.messages]
        assert hidden == [True, False]

    @pytest.mark.parametrize("content", [log_file("a", "b")[:-9], b"{", log_file("a")[:4]])
    def test_a_damaged_file(self, world: Noticed, content: bytes) -> None:
        """What a file still gives is given, once in a run; its message is left each time."""
        world.put(key(1), content)
        world.queue.send(notice(key(1)))
        clock = iter([0.0])
        world.queue.clock = lambda: next(clock, 1000.0)
        errors: list[TrailError] = []
        stream = world.read(on_error=errors.append)
        found = ids(stream)
        assert len(found) == len(set(found))
        assert stream.stats.left >= 1
        assert stream.stats.left == len(errors)
        assert len(world.queue.messages) == 1

    @pytest.mark.parametrize("size", [None, 40_000_000])
    def test_a_commit_does_not_vouch_for_what_is_damaged(self, world: Noticed, size: int | None) -> None:
        """With the last record of a cut file at hand, a commit leaves its message; held in memory or read in pieces."""
        world.put(key(1), log_file(*map(str, range(3000)))[:-9])
        world.queue.send(put_notice(key(1), size=size))
        stream = world.read(on_error="skip")
        for _ in stream:
            stream.commit()
            assert len(world.queue.messages) == 1
        assert stream.stats.yielded > 1000
        assert (stream.stats.left, stream.stats.failed, len(world.queue.messages)) == (1, 1, 1)

    def test_a_large_file(self, world: Noticed) -> None:
        """An object that is too large to be held is read piece by piece, and its message deleted all the same."""
        world.put(key(1), log_file(*map(str, range(3000))))
        world.queue.send(put_notice(key(1), size=40_000_000))
        stream = world.read()
        assert len(ids(stream)) == 3000
        assert (stream.stats.acknowledged, world.queue.messages) == (1, [])

    def test_a_bad_record(self, world: Noticed) -> None:
        """A message whose file has a record that cannot be read is left, also when it comes again in the same run."""
        import gzip

        content = b'{"Records": [{"eventVersion": "1", "eventID": "a"}, 7, {"eventVersion": "1", "eventID": "b"}]}'
        world.put(key(1), gzip.compress(content))
        world.queue.send(notice(key(1)), notice(key(1)))
        stream = world.read(on_error="skip")
        next(stream)
        assert ids(stream) == ["b"]
        assert (stream.stats.bad, stream.stats.left, stream.stats.repeated) == (1, 2, 1)
        [one, other] = world.queue.messages
        assert one.received == other.received == 1

    def test_a_failed_file_that_is_whole_later(self, world: Noticed) -> None:
        """In one run it goes on where it broke off, and then its message is deleted."""
        world.put(key(1), log_file(*map(str, range(2000)))[:-20])
        world.queue.send(notice(key(1)))
        stream = world.read(on_error="skip", follow=trailsdk.Following(idle=lambda: _mend(world, stream)))
        found = ids(stream)
        assert found == [str(number) for number in range(2000)]
        assert (stream.stats.left, stream.stats.acknowledged) == (1, 1)

    @pytest.mark.parametrize(
        "body", ["hello", " ", "{", "[]", '{"a": 1}', {"s3Bucket": 1, "s3ObjectKey": [2]}, sns("x")]
    )
    def test_poison(self, world: Noticed, body: Any) -> None:
        """A message that cannot be understood is an error; it is left, and counted. Others are not held up."""
        world.fill(1)
        world.queue.send(body)
        world.queue.messages.reverse()
        errors: list[TrailError] = []
        stream = world.read(on_error=errors.append)
        assert ids(stream) == world.all_ids(1)
        assert kinds(errors) == ["MessageError"]
        assert (stream.stats.poison, stream.stats.left, stream.stats.acknowledged) == (1, 1, 1)
        assert len(world.queue.messages) == 1
        assert add_up(stream.stats)

    def test_garbage_beside_good_entries(self, world: Noticed) -> None:
        """The good entries of a message are read; the message is left."""
        world.put(key(1), log_file("1"))
        world.queue.send({"Records": [*put_notice(key(1))["Records"], 7]})
        stream = world.read(on_error="skip")
        assert ids(stream) == ["1"]
        assert (stream.stats.poison, stream.stats.left, len(world.queue.messages)) == (1, 1, 1)

    def test_buckets_that_are_not_named(self, world: Noticed) -> None:
        """Who can write to the queue cannot let other buckets be read."""
        world.fill(1)
        world.queue.send(notice(key(1), bucket="somebody-elses"))
        errors: list[TrailError] = []
        stream = world.read(on_error=errors.append, buckets="org-trail")
        assert ids(stream) == world.all_ids(1)
        assert isinstance(errors[0], MessageError)
        assert world.aws.requests["GetObject"] == 1

    def test_the_queue_disappears(self, world: Noticed) -> None:
        """What was received comes; then the error, also when the queue is followed."""
        for follow in (False, True):
            world.queue.exists = True
            world.fill(15)
            stream = world.read(on_error="skip", follow=follow)
            next(stream)
            world.queue.exists = False
            assert len(ids(stream)) >= 29
            assert stream.stats.failed == 1
        world.queue.messages.clear()
        with pytest.raises(NotFoundError, match="no such queue"):
            list(world.read())

    def test_the_network_is_cut(self, world: Noticed) -> None:
        """A queue that cannot be reached is an error of ours; one that is followed is asked again later."""
        unreached = FakeQueue(url="http://127.0.0.1:9").client()
        with pytest.raises(TransportError):
            list(trailsdk.read(trailsdk.Queue(world.queue.location, client=unreached)))
        world.fill(2)
        pauses: list[float] = []
        world.queue.faults += [RefusedError("InternalError", status=500)] * 3
        errors: list[TrailError] = []
        follow = trailsdk.Following(shortest=1, longest=2, wait=pauses.append, idle=lambda: _stop_if_read(stream))
        stream = world.read(on_error=errors.append, follow=follow)
        assert ids(stream) == world.all_ids(2)
        assert (pauses, len(errors)) == ([1, 2, 2], 3)

    @pytest.mark.parametrize("code", ["ThrottlingException", "RequestThrottled", "OverLimit"])
    def test_a_queue_that_is_asked_too_often(self, world: Noticed, code: str) -> None:
        """One that is followed is asked again after a pause."""
        world.fill(1)
        world.queue.faults.append(RefusedError(code))
        pauses: list[float] = []
        follow = trailsdk.Following(shortest=1, longest=2, wait=pauses.append, idle=lambda: _stop_if_read(stream))
        stream = world.read(on_error="skip", follow=follow)
        assert ids(stream) == world.all_ids(1)
        assert (pauses, stream.stats.failed) == ([1], 1)

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("ExpiredToken", CredentialsError),
            ("InvalidClientTokenId", CredentialsError),
            ("AccessDenied", AccessDeniedError),
            ("KmsAccessDenied", AccessDeniedError),
        ],
    )
    def test_a_queue_that_refuses(self, world: Noticed, code: str, error: type[TrailError]) -> None:
        """What does not pass by itself ends the stream, also of a queue that is followed."""
        world.fill(1)
        world.queue.faults.append(RefusedError(code, status=403))
        errors: list[TrailError] = []
        assert ids(world.read(on_error=errors.append, follow=True)) == []
        assert [type(each) for each in errors] == [error]
        assert world.queue.messages[0].received == 0


def _mend(world: Noticed, stream: trailsdk.RecordStream) -> None:
    """Put the whole file where the damaged one was, and let its message come again; stop when that is read."""
    if stream.stats.acknowledged or stream.stats.read:
        stream.stop()
    elif stream.stats.left:
        world.put(key(1), log_file(*map(str, range(2000))))
        world.queue.messages[0].visible_at = 0.0


def _stop_if_read(stream: trailsdk.RecordStream) -> None:
    if stream.stats.read:
        stream.stop()


class TestTwiceAndReordered:
    """SQS delivers at least once, in any order."""

    def test_messages_that_come_twice(self, world: Noticed) -> None:
        """Files and events are given once, and every delivery is acknowledged."""
        world.fill(5)
        world.queue.send(event(1), event(2))
        world.queue.choose = lambda waiting: [each for one in reversed(waiting) for each in (one, one)]
        stream = world.read()
        assert sorted(ids(stream)) == sorted([*world.all_ids(5), "e1", "e2"])
        assert (stream.stats.repeated, stream.stats.acknowledged) == (7, 14)
        assert world.queue.messages == []

    def test_told_of_twice(self, world: Noticed) -> None:
        """CloudTrail's notice and S3's speak of one file; it is read once."""
        world.put(key(1), log_file("1"))
        world.queue.send(notice(key(1)), put_notice(key(1), eTag="a", sequencer="1"), notice(key(1)))
        stream = world.read()
        assert ids(stream) == ["1"]
        assert (stream.stats.repeated, stream.stats.acknowledged) == (2, 3)

    def test_a_file_that_was_replaced(self, world: Noticed) -> None:
        """It is read again: who tampers with a file cannot hide behind the first reading. Older notices are not."""
        world.put(key(1), log_file("1"))
        for etag, sequencer in (("b", "2"), ("c", "3"), ("a", "1"), ("c", "3")):
            world.queue.send(put_notice(key(1), eTag=etag, sequencer=sequencer))
        stream = world.read()
        assert ids(stream) == ["1", "1"]
        assert (stream.stats.repeated, stream.stats.acknowledged) == (2, 4)

    def test_a_failed_file_fails_for_all_who_named_it(self, world: Noticed) -> None:
        """Two messages name a file that is gone: both are left."""
        world.queue.send(notice(key(1)), notice(key(1)))
        stream = world.read(on_error="skip")
        assert ids(stream) == []
        assert stream.stats.left == 2
        assert len(world.queue.messages) == 2


class TestFollowing:
    """A queue that is followed goes on when it is empty."""

    def test_what_comes_later(self, world: Noticed) -> None:
        """Messages that come while it waits are read, and those before are deleted by then."""
        world.fill(2)
        sent: list[int] = []

        def idle() -> None:
            if stream.stats.read == 2 and not sent:
                world.put(key(7), log_file("late"))
                sent.append(len(world.queue.send(notice(key(7)))))
            elif stream.stats.read == 3:
                stream.stop()

        stream = world.read(follow=trailsdk.Following(idle=idle))
        assert ids(stream) == [*world.all_ids(2), "late"]
        assert (stream.stats.acknowledged, world.queue.messages) == (3, [])

    def test_a_stop_wakes(self, world: Noticed) -> None:
        """A stop is heard at once, though the queue is asked to wait for 20 seconds; no message is lost by that."""
        world.queue.longest_wait = 20.0
        stream = world.read(follow=True, wait_seconds=20)

        def stop() -> None:
            world.queue.wait_for(lambda: world.queue.counts["ReceiveMessage"] == 1)
            stream.stop()

        thread = Thread(target=stop)
        thread.start()
        assert ids(stream) == []
        thread.join()
        world.fill(1)
        # The request that was left alone gives back what it still receives.
        [message] = world.queue.messages
        assert world.queue.wait_for(lambda: message.received == 1 and message.visible_at <= world.queue.clock())

    def test_the_record_at_hand_is_the_last(self, world: Noticed) -> None:
        """A stop between two records: what was given is done with, and only files that were given wholly."""
        world.fill(2)
        stream = world.read(follow=True)
        found = []
        for record in stream:
            found.append(str(record.event_id))
            if len(found) == 3:
                stream.stop()
        assert found == world.ids(0)
        assert len(world.queue.messages) == 1
        assert ids(world.read()) == world.ids(1)


class TestVisibility:
    """Messages at hand are hidden from others as long as they are."""

    def test_it_is_prolonged(self, world: Noticed) -> None:
        """Work that takes longer than the visibility timeout has its messages for itself; prefetched ones, too."""
        world.fill(12)
        stream = world.read(visibility_timeout=1)
        next(stream)
        assert world.queue.wait_for(lambda: world.queue.counts["ReceiveMessage"] >= 2)
        started = world.queue.clock()

        def hidden_still() -> bool:
            # By then the timeout is over that they were received with.
            now = world.queue.clock()
            return now > started + 1 and all(message.visible_at > now for message in world.queue.messages)

        assert world.queue.wait_for(hidden_still)
        assert [message.received for message in world.queue.messages] == [1] * 12
        assert len(ids(stream)) == 35

    def test_a_refusal_is_survived(self, world: Noticed, caplog: pytest.LogCaptureFixture) -> None:
        """A queue that refuses to hide messages is told of in the log; reading goes on."""
        world.fill(1)
        stream = world.read(visibility_timeout=1)
        next(stream)
        assert world.queue.wait_for(lambda: world.queue.counts["ReceiveMessage"] >= 2)
        world.queue.faults.append(RefusedError("InternalError", status=500))
        assert world.queue.wait_for(lambda: world.queue.counts["ChangeMessageVisibilityBatch"] >= 2)
        assert len(ids(stream)) == 2
        assert "may come again" in caplog.text


def _methods(client: Any) -> dict[str, Any]:
    names = ("meta", "close", "receive_message", "delete_message_batch", "change_message_visibility_batch")
    return {name: getattr(client, name) for name in names}


class TestOptions:
    """What a queue may be called, and how it is read."""

    @pytest.mark.parametrize(
        "location",
        [
            "sqs://eu-west-1/111122223333/trail",
            "arn:aws:sqs:eu-west-1:111122223333:trail",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/trail",
        ],
    )
    def test_locations(self, location: str) -> None:
        """A URI, an ARN and a URL name the same queue."""
        assert trailsdk.Queue(location).location == "sqs://eu-west-1/111122223333/trail"
        assert trailsdk.Queue("sqs://eu-west-1/111122223333/trail.fifo").location.endswith(".fifo")

    @pytest.mark.parametrize(
        "location",
        ["", "sqs://", "sqs://eu-west-1/trail", "sqs://eu-west-1/111122223333/a/b", "sqs://x/111122223333/q", "s3://q"],
    )
    def test_odd_locations(self, location: str) -> None:
        """What names no queue is refused."""
        with pytest.raises(LocationError):
            trailsdk.Queue(location)

    @pytest.mark.parametrize(
        "options",
        [
            {"wait_seconds": -1},
            {"wait_seconds": 21},
            {"visibility_timeout": 0},
            {"visibility_timeout": 43_201},
            {"endpoint_url": "nowhere"},
            {"client": object(), "s3_client": object(), "endpoint_url": "http://127.0.0.1:9"},
        ],
    )
    def test_usage(self, options: Any) -> None:
        """What cannot be carried out is refused at once."""
        with pytest.raises(UsageError):
            trailsdk.Queue("sqs://eu-west-1/111122223333/trail", **options)

    def test_a_client_of_another_region(self, world: Noticed) -> None:
        """A client asks one Region; a queue of another would not be there."""
        with pytest.raises(UsageError, match="elsewhere"):
            trailsdk.Queue("sqs://us-east-1/111122223333/trail", client=world.sqs)

    def test_another_session(self, world: Noticed, monkeypatch: pytest.MonkeyPatch) -> None:
        """It makes those clients that were not handed in; a source with a session of its own keeps that."""
        world.fill(1)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", world.aws.url)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        session = boto3.Session("testing", "testing")
        queue = trailsdk.Queue(world.queue.location, client=world.sqs, wait_seconds=0)
        with pytest.raises(CredentialsError):
            list(trailsdk.read(queue))
        world.queue.clock = partial(_later, 1)
        assert ids(trailsdk.read(queue, session=session)) == world.all_ids(1)
        own = trailsdk.Queue(world.queue.location, session=session)
        assert own.with_session(boto3.Session()) is own

    def test_slow_requests_hold_nothing_up(self, world: Noticed) -> None:
        """While more messages are asked for, what is there is read: also if the queue does not answer for long."""
        world.fill(3)
        answered = Event()
        receive = world.sqs.receive_message

        def slow(**asked: Any) -> Any:
            if asked["WaitTimeSeconds"] == 0:
                assert answered.wait(30)
            return receive(**asked)

        stream = world.read(client=SimpleNamespace(**{**_methods(world.sqs), "receive_message": slow}))
        found = ids(next(stream) for _ in range(9))
        answered.set()
        assert found == world.all_ids(3)
        assert ids(stream) == []

    def test_nothing_is_asked_before_the_first_record(self, world: Noticed) -> None:
        """Opening a queue asks nothing; a plan tells its name."""
        stream = world.read()
        assert world.queue.counts.total() == 0
        assert stream.plan[0].location == world.queue.location
        assert repr(world.source()) == "Queue('sqs://eu-west-1/111122223333/trail')"
