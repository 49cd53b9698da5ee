"""Limits: what takes too long is ended, everything else is left alone."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from contextvars import ContextVar
from typing import Any

import pytest

from turnkeeper import deadlines
from turnkeeper.deadlines import PRECISION, Deadlines


class HandLoop:
    """An event loop whose clock is set by hand, as far as Deadlines ask for one."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[..., object], tuple[object, ...]]] = []
        self.failures: list[object] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[..., object], *args: object) -> None:
        self.due.append((self.now + seconds, call, args))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(context["exception"])

    def run_until(self, end: float) -> None:
        """Let time go by, in steps shorter than the timer's."""
        while self.now < end:
            self.now = round(self.now + PRECISION / 4, 6)
            ready = [one for one in self.due if one[0] <= self.now]
            self.due = [one for one in self.due if one[0] > self.now]
            for _, call, args in ready:
                call(*args)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> HandLoop:
    by_hand = HandLoop()
    monkeypatch.setattr("turnkeeper.deadlines.asyncio.get_running_loop", lambda: by_hand)
    return by_hand


@pytest.fixture
def precise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)


def test_a_watch_calls_once_when_its_time_is_over_and_not_before(loop: HandLoop) -> None:
    limits, calls = Deadlines(), list[float]()
    limits.watch(60, lambda: None)
    for begin in (0.0, 2.0, 9.03):
        loop.run_until(begin)
        start = loop.now
        limits.watch(1.0, lambda start=start: calls.append(loop.now - start))  # type: ignore[misc]
    loop.run_until(20.0)
    assert len(calls) == 3
    assert all(1.0 <= late <= 1.0 + 2 * PRECISION for late in calls)


def test_a_watch_begun_after_the_loop_stood_still_is_not_late_at_once(loop: HandLoop) -> None:
    limits, calls = Deadlines(), list[str]()
    limits.watch(60, lambda: None)
    loop.now = 30.0
    limits.watch(1.0, lambda: calls.append("late"))
    loop.run_until(30.9)
    assert calls == []
    loop.run_until(31.3)
    assert calls == ["late"]


def test_a_watch_that_was_ended_calls_nothing(loop: HandLoop) -> None:
    limits, calls = Deadlines(), list[str]()
    ended = limits.watch(0.1, lambda: calls.append("ended"))
    limits.watch(0.1, lambda: calls.append("late"))
    limits.unwatch(ended)
    limits.unwatch(ended)
    loop.run_until(1.0)
    assert calls == ["late"]


def test_nothing_ticks_when_nothing_is_watched(loop: HandLoop) -> None:
    limits = Deadlines()
    limits.unwatch(limits.watch(5.0, lambda: None))
    loop.run_until(2 * PRECISION)
    assert loop.due == []
    limits.watch(5.0, lambda: None)
    assert loop.due != []


def test_a_watch_that_fails_or_ends_another_takes_nobody_with_it(loop: HandLoop) -> None:
    limits, calls = Deadlines(), list[str]()
    limits.watch(0.1, lambda: 1 / 0)
    limits.watch(0.1, lambda: limits.unwatch(3))
    limits.watch(0.1, lambda: calls.append("ended by the one before"))
    limits.watch(0.1, lambda: calls.append("same tick"))
    limits.watch(0.5, lambda: calls.append("later"))
    loop.run_until(1.0)
    assert calls == ["same tick", "later"]
    assert [type(failure) for failure in loop.failures] == [ZeroDivisionError]


def test_what_is_late_runs_in_the_context_of_who_watches_it(loop: HandLoop) -> None:
    turn, seen, limits = ContextVar[str]("turn"), list[str](), Deadlines()
    for name in ("first", "second"):
        turn.set(name)
        limits.watch(0.1, lambda: seen.append(turn.get()))
    turn.set("another")
    loop.run_until(1.0)
    assert seen == ["first", "second"]


def test_limits_work_in_a_second_event_loop_too() -> None:
    limits = Deadlines()

    async def late() -> None:
        limits.watch(60, lambda: None)  # is open when the loop ends
        with pytest.raises(TimeoutError), limits.limit(0.001):
            await asyncio.Event().wait()

    for _ in range(2):
        with closing(asyncio.new_event_loop()) as loop:
            loop.run_until_complete(late())


@pytest.mark.usefixtures("precise")
async def test_a_block_that_takes_too_long_is_ended_and_what_comes_after_is_not_cancelled() -> None:
    task = asyncio.current_task()
    with pytest.raises(TimeoutError), Deadlines().limit(0.01):
        await asyncio.Event().wait()
    await asyncio.sleep(0)
    assert task is not None
    assert not task.cancelling()


@pytest.mark.usefixtures("precise")
@pytest.mark.parametrize("late", [False, True])
async def test_a_task_that_somebody_cancels_is_cancelled_and_not_late(late: bool) -> None:
    begun, limits = asyncio.Event(), Deadlines()

    async def work() -> None:
        with limits.limit(0.01 if late else 60):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    if late:  # in one tick
        limits.watch(0.01, task.cancel)
    else:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("precise")
async def test_an_error_that_the_end_of_a_late_block_raises_passes_through() -> None:
    async def clean_up_badly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), Deadlines().limit(0.01):
        await clean_up_badly()


@pytest.mark.usefixtures("precise")
async def test_the_shorter_of_two_limits_counts() -> None:
    limits = Deadlines()
    with limits.limit(60):
        with pytest.raises(TimeoutError), limits.limit(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
