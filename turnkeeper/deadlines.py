"""Time limits of the many short waits in a turn, all watched by one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from types import TracebackType
from typing import Final

PRECISION: Final = 0.1
"""Seconds by which a limit may be exceeded: the timer looks at all of them once in so long."""


class Deadlines:
    """Watches what has a limit. Of use where nearly everything ends long before its limit.

    ``asyncio.timeout`` sets a timer for each block and takes it away again: the three that a turn
    has cost it over 4% of its instructions, these under 1%.
    """

    def __init__(self) -> None:
        self._watched: dict[int, tuple[float, Callable[[], object], Context]] = {}
        self._last = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, seconds: float, late: Callable[[], object]) -> int:
        """Call a function after a delay unless :meth:`unwatch` is called first.

        :param seconds: until then at least, and at most :data:`PRECISION` more.
        :param late: must not wait. It runs in the caller's context, so that what it logs carries
            the ids of the caller's turn.
        :returns: what to give to :meth:`unwatch`.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the first watch, after a while or in another loop
            self._loop = loop
            self._watched = {}
            loop.call_later(PRECISION, self._tick, loop)
        self._last += 1
        self._watched[self._last] = (loop.time() + seconds, late, copy_context())
        return self._last

    def unwatch(self, number: int) -> None:
        """End a watch; one that has ended is no error."""
        self._watched.pop(number, None)

    def limit(self, seconds: float) -> Limit:
        """A block that is ended when its time is over.

        :param seconds: as for :meth:`watch`.
        :raises TimeoutError: by the block, at its end.
        """
        return Limit(self, seconds)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        now = loop.time()
        for number in [number for number, (when, *_) in self._watched.items() if when <= now]:
            watch = self._watched.pop(number, None)
            if watch is None:  # ended by another of the same tick
                continue
            try:
                watch[2].run(watch[1])
            except Exception as error:
                loop.call_exception_handler({"message": "a watch failed", "exception": error})
        if self._watched:
            loop.call_later(PRECISION, self._tick, loop)
        else:
            self._loop = None  # nothing ticks in a bot that does nothing


class Limit:
    """A block with a limit, as ``asyncio.timeout`` makes one; see :meth:`Deadlines.limit`."""

    __slots__ = ("_cancelling", "_deadlines", "_expired", "_number", "_seconds", "_task")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only tasks can be cancelled
        self._task = task
        self._cancelling = task.cancelling()
        self._number = self._deadlines.watch(self._seconds, self._expire)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        if not self._expired:
            self._deadlines.unwatch(self._number)
        # If somebody else has cancelled the task too, it is cancelled and not late.
        elif self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
