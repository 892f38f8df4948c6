"""The ledger: each message is settled once, when all of its files are; each file is read once."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from trailsdk.codec.notices import Delivered, Event
from trailsdk.sources.base import Stats
from trailsdk.sources.queue.ledger import File, Ledger, Message

names = st.sampled_from("abcd")
notices = st.one_of(
    st.builds(Delivered, st.just("bucket"), names),
    st.builds(Delivered, st.just("bucket"), names, etag=st.just("1"), sequencer=st.just("1")),
    st.builds(Event, names.map(str.encode)),
)


@given(st.lists(st.lists(notices, max_size=4), max_size=12), st.randoms(use_true_random=False))
def test_every_message_is_settled_once(messages: list[list[Delivered | Event]], chance: object) -> None:
    """Whatever messages name, how often, and in which order files are done with or fail.

    A message fails if and only if one of its files did when it was settled for that message; a file that was consumed
    is not read again.
    """
    settled: list[Message] = []
    stats = Stats()
    ledger = Ledger(stats, settled.append)
    waiting: list[tuple[File, Sequence[Message]]] = []
    consumed: set[object] = set()
    choose = chance.random  # type: ignore[attr-defined]  # random.Random, by a strategy without a type
    for number, named in enumerate(messages):
        message = Message(f"{number}", "")
        ledger.begin(message)
        for notice in named:
            file = ledger.name(message, notice)
            if file is not None:
                key = notice.raw if isinstance(notice, Event) else notice.key
                assert (type(notice), key) not in consumed
                waiting.append((file, file.messages))
        ledger.finish(message)
        while waiting and choose() < 0.5:
            _finish(ledger, waiting.pop(int(choose() * len(waiting))), consumed, well=choose() < 0.7)
    while waiting:
        _finish(ledger, waiting.pop(), consumed, well=choose() < 0.7)
    assert len(settled) == len(set(settled)) == len(messages) == stats.messages
    assert ledger.at_hand() == []
    assert all(message.waits_for == 0 for message in settled)


def _finish(ledger: Ledger, given_out: tuple[File, Sequence[Message]], consumed: set[object], *, well: bool) -> None:
    file, messages = given_out
    before = {message: message.failed for message in messages}
    if well:
        ledger.consume(file)
        notice = file.notice
        consumed.add((type(notice), notice.raw if isinstance(notice, Event) else notice.key))
        assert {message: message.failed for message in messages} == before
    else:
        ledger.fail(file, 1, bad=False)
        assert all(message.failed for message in messages)


def test_memory_is_bounded() -> None:
    """Only so many files are remembered; the oldest is forgotten, and is read again if it is named again."""
    ledger = Ledger(Stats(), lambda _: None, remembered=3)
    message = Message("m", "")
    ledger.begin(message)
    for name in "abcd":
        file = ledger.name(message, Delivered("bucket", name))
        assert file is not None
        ledger.consume(file)
    assert len(ledger._seen) == 3
    assert ledger.name(message, Delivered("bucket", "d")) is None
    assert ledger.name(message, Delivered("bucket", "a")) is not None


def test_a_file_that_failed_goes_on() -> None:
    """It is read from the piece on at which it broke off, unless it is another content by then."""
    ledger = Ledger(Stats(), lambda _: None)
    message = Message("m", "")
    ledger.begin(message)
    file = ledger.name(message, Delivered("bucket", "a", etag="1"))
    assert file is not None
    ledger.fail(file, 7, bad=False)
    again = ledger.name(message, Delivered("bucket", "a", etag="1"))
    assert again is not None
    assert again.start == 7
    ledger.fail(again, 9, bad=True)
    other = ledger.name(message, Delivered("bucket", "a", etag="2"))
    assert other is not None
    assert (other.start, other.bad) == (0, False)
