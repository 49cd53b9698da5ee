"""Whether an event loop has time to spare."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

WINDOW: Final = 0.025
"""Seconds over which the loop's load is taken."""
FULL: Final = 0.75
"""The part of them for which a loop works that has no time to lose."""


class LoopLoad:
    """How much an event loop has to do.

    :param clock: seconds, of any beginning.
    :param worked: seconds for which this thread has worked, of any beginning.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        worked: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._worked = worked
        self._since = clock(), worked()
        self._full = False

    def is_full(self) -> bool:
        """Whether the loop works nearly all the time of late. Ask it on the loop's thread."""
        began, worked_before = self._since
        now = self._clock()
        if now - began > WINDOW:
            worked = self._worked()
            self._full = worked - worked_before > FULL * (now - began)
            self._since = now, worked
        return self._full
