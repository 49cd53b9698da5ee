"""Limits: what takes too long is ended, everything else is left alone."""

import asyncio

import pytest

from hosting import deadlines
from hosting.deadlines import Deadlines


@pytest.fixture(autouse=True)
def _precise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)


async def test_a_block_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), Deadlines().limit(0.01):
        await asyncio.Event().wait()


async def test_what_comes_after_a_limit_is_not_cancelled() -> None:
    limits, task = Deadlines(), asyncio.current_task()
    with pytest.raises(TimeoutError), limits.limit(0.01):
        await asyncio.Event().wait()
    await asyncio.sleep(0)
    assert task is not None
    assert not task.cancelling()


async def test_a_block_that_ends_in_time_is_left_alone_and_nothing_ticks_on() -> None:
    limits = Deadlines()
    with limits.limit(5):
        await asyncio.sleep(0)
    limits._tick(asyncio.get_running_loop())
    assert not limits._ticking


async def test_a_task_that_somebody_cancels_is_cancelled_and_not_late() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        with Deadlines().limit(5):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_shorter_of_two_limits_counts() -> None:
    limits = Deadlines()
    with limits.limit(5):
        with pytest.raises(TimeoutError), limits.limit(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)


async def test_an_error_of_the_block_passes_through() -> None:
    with pytest.raises(ValueError, match="broken"), Deadlines().limit(5):
        raise ValueError("broken")


async def test_a_watch_calls_once_and_only_if_it_was_not_ended() -> None:
    limits, calls, late = Deadlines(), list[str](), asyncio.Event()
    ended = limits.watch(0.01, lambda: calls.append("ended"))
    limits.watch(0.01, lambda: calls.append("late"))
    limits.watch(0.02, late.set)
    limits.unwatch(ended)
    limits.unwatch(ended)
    await late.wait()
    assert calls == ["late"]
