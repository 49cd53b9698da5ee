"""A clock for tests."""

from __future__ import annotations


class Clock:
    """A clock that is set by hand.

    :param now: what it shows, in seconds.
    """

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
