"""A clock that a test moves."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

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

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return self.now().timestamp()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return (self._start or datetime.now(UTC)).astimezone(UTC) + self._moved

    def move(self, **span: float) -> None:
        """Let time pass, in the units of ``timedelta``: ``move(minutes=90)``."""
        self._moved += timedelta(**span)

    async def skip(self, seconds: float) -> None:
        """Move on instead of waiting. Of several waits at once each moves it."""
        self.move(seconds=seconds)
        _SKIPPED.set(_SKIPPED.get() + seconds)

    @staticmethod
    def waited() -> float:
        """Return the event loop's time, with what this task has skipped."""
        return asyncio.get_running_loop().time() + _SKIPPED.get()
