"""The time that leases are measured by: each process's own, whatever the clocks of hosts say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

LEASE: Final = 3.0
"""Seconds after which a holder that has written nothing is taken for dead by those who watch it."""

FRESH: Final = 2.0
"""Seconds. A holder begins nothing when its last confirmed write was begun longer ago."""

BEAT: Final = 1.0
"""Seconds after which a holder writes, so that the others see that it lives."""

_JUMP: Final = 1.0


def steady() -> float:
    """Return seconds that no clock's setting moves, counted also while the machine is suspended."""
    if clock := getattr(time, "CLOCK_BOOTTIME", None):
        return time.clock_gettime(clock)
    return time.monotonic()


class Moment(NamedTuple):
    """A moment by both clocks of a machine."""

    steady: float
    wall: float


class LeaseClock:
    """Tells how old something is.

    :param steady: as :func:`steady`.
    :param wall: seconds since the epoch.
    """

    def __init__(
        self, steady: Callable[[], float] = steady, wall: Callable[[], float] = time.time
    ) -> None:
        self._steady = steady
        self._wall = wall

    def now(self) -> Moment:
        """Return this moment."""
        return Moment(self._steady(), self._wall())

    def age(self, moment: Moment) -> float:
        """Return the seconds since a moment.

        Where the two clocks tell it differently the machine may have been suspended in a way that
        the steady one did not see: then it is for ever.
        """
        age, by_wall = self._steady() - moment.steady, self._wall() - moment.wall
        return age if abs(age - by_wall) <= _JUMP else float("inf")
