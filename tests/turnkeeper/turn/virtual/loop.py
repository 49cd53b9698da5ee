"""An event loop in virtual time."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable

_ROUNDING = 1e-7


class _NothingToWaitFor(selectors.SelectSelector):
    """Waits for nothing, and tells for how long it would have.

    :ivar waits: is called with the seconds; None for ever.
    """

    waits: Callable[[float | None], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self.waits(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that does what can be done now, and never waits.

    :param now: the time that it goes by.
    :ivar rest: for how many seconds it has nothing to do.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._time = now
        self.rest = 0.0
        selector = _NothingToWaitFor()
        selector.waits = self._waits
        super().__init__(selector)

    def time(self) -> float:
        return self._time()

    def go(self) -> None:
        """Do all that can be done now; or until :meth:`stop`."""
        self.rest = 0.0
        self.run_forever()

    def _waits(self, seconds: float | None) -> None:
        self.rest = math.inf if seconds is None else seconds + _ROUNDING
        self.stop()
