"""A server's clock, as it is known between two looks at it."""

from __future__ import annotations

import time
from collections.abc import Callable


class ServerClock:
    """Call it for the seconds since the epoch by the server's clock; it asks nobody.

    Until it has learned the server's time it is the machine's. After that it is never behind the
    server's, and ahead by as much as the server's answer took at most.

    :param own: a clock to go by in place of the server's.
    """

    def __init__(self, own: Callable[[], float] | None = None) -> None:
        self._own = own
        self._began: float | None = None

    def __call__(self) -> float:
        """Return the seconds since the epoch."""
        if self._own is not None:
            return self._own()
        return time.time() if self._began is None else self._began + time.monotonic()

    def learn(self, moment: float, asked: float) -> None:
        """Take over the server's time.

        :param moment: what its clock showed.
        :param asked: what ``time.monotonic()`` was before it was asked.
        """
        self._began = moment - asked
