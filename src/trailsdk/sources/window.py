"""Work that is done ahead of need, in threads: bounded in number and in bytes, with nothing left behind."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, TypeVar

from attrs import define, frozen

__all__ = ["Done", "Window", "ahead", "threads"]

T = TypeVar("T")
R = TypeVar("R")


@frozen
class Window:
    """How far ahead work may be."""

    number: int = 64
    """Pieces of work at once, running or waiting to be taken."""
    size: int = 16 * 1024 * 1024
    """Bytes of their results. One piece of work is always done, however large."""


@define(eq=False)
class Done(Generic[T, R]):
    """A piece of work that is done: its result, or what it raised."""

    item: T
    future: "Future[R]"

    def result(self) -> R:
        """Give the result, or raise what the work raised."""
        return self.future.result()


@contextmanager
def threads(number: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Keep threads for a while. At the end what has not begun is dropped, and what has is waited for.

    Args:
        number: How many at the most; they are started when there is work.
        name: What debuggers and profilers call them.
    """
    pool = ThreadPoolExecutor(number, thread_name_prefix=name)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ahead(
    items: Iterable[T],
    work: Callable[[T], R],
    pool: ThreadPoolExecutor,
    window: Window,
    *,
    size: Callable[[T], int] = lambda _: 0,
    ordered: bool = True,
) -> Generator[Done[T, R], None, None]:
    """Do work in threads, ahead of whoever takes the results.

    Items are taken, in the caller's thread, when a result is asked for: nothing happens before the first is, and
    nothing runs away while nobody asks.

    Args:
        items: What is to be done. What it raises comes at its place, after the results of the items before it.
        work: Does it; in a thread of `pool`.
        pool: The threads. Closing it is the caller's business.
        window: How far ahead.
        size: Bytes that an item's result will take.
        ordered: Give results in the order of the items; otherwise as they come.
    """
    source = iter(items)
    waiting: deque[Done[T, R]] = deque()
    held = 0
    failed: BaseException | None = None
    exhausted = False
    try:
        while True:
            taken = 0
            while not exhausted and len(waiting) < window.number and (not waiting or held < window.size):
                # Where a result is there already it is not kept waiting for a listing, but the window still grows.
                if taken > 1 and _is_ready(waiting, ordered=ordered):
                    break
                try:
                    item = next(source)
                except StopIteration:
                    exhausted = True
                except Exception as error:  # noqa: BLE001 (raised again at its place)
                    exhausted, failed = True, error
                else:
                    held += size(item)
                    waiting.append(Done(item, pool.submit(work, item)))
                    taken += 1
            if not waiting:
                break
            done = _next(waiting, ordered=ordered)
            yield done
            held -= size(done.item)
        if failed is not None:
            raise failed
    finally:
        for each in waiting:
            each.future.cancel()


def _is_ready(waiting: deque[Done[T, R]], *, ordered: bool) -> bool:
    if ordered:
        return waiting[0].future.done()
    return any(each.future.done() for each in waiting)


def _next(waiting: deque[Done[T, R]], *, ordered: bool) -> Done[T, R]:
    """Take the result that is to be given next; wait for it where it is not there."""
    if ordered:
        first = waiting.popleft()
        first.future.exception()  # waits, in a third of the time that `wait` takes
        return first
    while True:
        for each in waiting:
            if each.future.done():
                waiting.remove(each)
                return each
        wait([each.future for each in waiting], return_when=FIRST_COMPLETED)
