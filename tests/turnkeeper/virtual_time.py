"""Time that passes at once where nothing but a timer is waited for: an hour costs nothing.

Where a socket is open, or a thread at work, it passes as it does outside.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import Any

import pytest

_START = time.monotonic()


class _Selector(selectors.DefaultSelector):
    """Leaps over waits.

    :ivar now: the loop's time.
    :ivar threads: those at work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        alone = len(self.get_map()) <= 1 and not self.threads  # but for the loop's own pipe
        if alone and timeout is not None and timeout > 0:
            self.now += timeout
            return super().select(0)
        began = time.monotonic()
        ready = super().select(timeout)
        if not alone:
            self.now += time.monotonic() - began
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time begins at 0."""

    def __init__(self) -> None:
        self._leaping = _Selector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now

    def run_in_executor(self, *arguments: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        self._leaping.threads += 1
        future = super().run_in_executor(*arguments)
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: asyncio.Future[Any]) -> None:
        self._leaping.threads -= 1


class Policy(asyncio.DefaultEventLoopPolicy):
    """Makes such loops."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualLoop()


def elapsed() -> float:
    """The seconds that have passed in a test, by its loop where that is one of these."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = None
    return loop.time() if isinstance(loop, VirtualLoop) else time.monotonic() - _START


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """Has pytest run the tests of a folder in such loops, where its conftest names this."""
    return Policy()
