"""Work ahead of need: its order, its bounds, and that nothing is left behind."""

import threading
import time
from collections.abc import Iterator
from threading import Barrier, Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailsdk.sources.window import Window, ahead, threads


def double(number: int) -> int:
    return 2 * number


@given(st.lists(st.integers(), max_size=40), st.integers(1, 8), st.booleans())
def test_every_item_once(items: list[int], number: int, ordered: bool) -> None:  # noqa: FBT001 (drawn)
    """Each item's result comes once; where order is asked for, in the items' order."""
    with threads(4, "test") as pool:
        found = [done.result() for done in ahead(items, double, pool, Window(number), ordered=ordered)]
    assert (found if ordered else sorted(found)) == (
        [2 * each for each in items] if ordered else sorted(map(double, items))
    )


def test_nothing_before_it_is_asked_for() -> None:
    """No item is taken before the first result is wanted, and no more than the window holds after that."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with threads(4, "test") as pool:
        results = ahead(items(), double, pool, Window(number=5))
        assert taken == []
        next(results)
        assert len(taken) <= 5
        next(results)
        assert len(taken) <= 6
        results.close()


def test_bytes_are_bounded() -> None:
    """Results that are waiting hold no more bytes than the window, but one is always fetched, however large."""
    held = Event()
    started: list[int] = []

    def work(size: int) -> int:
        started.append(size)
        held.wait(10)
        return size

    with threads(8, "test") as pool:
        results = ahead([40, 40, 40, 40], work, pool, Window(number=8, size=100), size=lambda size: size)
        taker = threading.Thread(target=lambda: next(results))
        taker.start()
        while len(started) < 3:
            time.sleep(0)
        held.set()
        taker.join()
        assert len(started) == 3
        assert [done.result() for done in results] == [40, 40, 40]
        assert [done.result() for done in ahead([1000], work, pool, Window(size=100), size=lambda size: size)] == [1000]


def test_many_at_once() -> None:
    """As many pieces of work run at once as the window allows: they can wait for each other."""
    together = Barrier(6)

    def work(_: int) -> int:
        return together.wait(10)

    with threads(6, "test") as pool:
        assert sum(done.result() for done in ahead(range(6), work, pool, Window(number=6))) == 15


def test_as_they_come() -> None:
    """Without order, a slow piece of work holds nobody up."""
    last = Event()

    def work(number: int) -> int:
        if number == 0:
            last.wait(10)
        return number

    with threads(4, "test") as pool:
        results = ahead(range(5), work, pool, Window(number=4), ordered=False)
        early = [next(results).result() for _ in range(4)]
        last.set()
        assert sorted(early) == [1, 2, 3, 4]
        assert [done.result() for done in results] == [0]


def test_errors_come_at_their_place() -> None:
    """What work raises comes with its result; what the items raise, after the results before it."""

    def items() -> Iterator[int]:
        yield 1
        yield 0
        raise LookupError("the listing broke off")

    with threads(2, "test") as pool:
        results = ahead(items(), lambda number: 1 // number, pool, Window(number=4))
        assert next(results).result() == 1
        with pytest.raises(ZeroDivisionError):
            next(results).result()
        with pytest.raises(LookupError):
            next(results)


def test_no_thread_is_left() -> None:
    """Leaving early drops what has not begun, waits for what has, and leaves no thread."""
    before = threading.active_count()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return number

    with threads(2, "test") as pool:
        results = ahead(range(1000), work, pool, Window(number=500))
        next(results)
        results.close()
    assert threading.active_count() == before
    assert len(begun) < 1000
