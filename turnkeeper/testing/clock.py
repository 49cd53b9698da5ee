"""A clock that a test moves."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

SKIPPED_AT_MOST = 60.0
"""Seconds of waits that are skipped until a person says something, or the clock is moved."""

_SKIPPED: ContextVar[float] = ContextVar("skipped", default=0.0)


class Clock:
    """A clock that can be moved. Call it for the seconds since 1970.

    :param start: what it shows, with a time zone; then it stands still until it is moved. Without
        one it shows what time it is, and goes on.
    :raises ValueError: the start has no time zone.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("start: give it a time zone, such as datetime(..., tzinfo=UTC)")
        self._start = start
        self._moved = timedelta()
        self._room = SKIPPED_AT_MOST
        self._changed = asyncio.Event()

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return self.now().timestamp()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return (self._start or datetime.now(UTC)).astimezone(UTC) + self._moved

    def move(self, **span: float) -> None:
        """Let time pass, in the units of ``timedelta``: ``move(minutes=90)``."""
        self._moved += timedelta(**span)
        self.renew()

    def renew(self) -> None:
        """Let waits of :data:`SKIPPED_AT_MOST` more be skipped."""
        self._room = SKIPPED_AT_MOST
        self._changed.set()
        self._changed = asyncio.Event()

    async def skip(self, seconds: float) -> None:
        """Move on instead of waiting. Of several waits at once each moves it.

        A channel that is away for good must not move it by hours: what has been skipped in all is
        limited, and what goes beyond waits until the clock shows that time.
        """
        until = self() + seconds
        while (left := until - self()) > 0:
            if left <= self._room:
                self._room -= left
                # Never less: what is waited for would not have come yet.
                self._moved += timedelta(microseconds=math.ceil(round(left * 1e6, 3)))
                _SKIPPED.set(_SKIPPED.get() + seconds)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if self._start else left):
                        await self._changed.wait()

    @staticmethod
    def waited() -> float:
        """Return the event loop's time, with what this task has skipped."""
        return asyncio.get_running_loop().time() + _SKIPPED.get()
