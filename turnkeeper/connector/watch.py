"""Who is told of the calls to the channel."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Is told of every HTTP request, for metrics."""

    def on_attempt(self, outcome: str) -> None:
        """A request ended: ``ok``, ``refused`` for good, or ``failed``, as one without a token."""

    def on_retry(self, reason: str) -> None:
        """A request is repeated: its status, ``timeout``, ``connection`` or ``disconnected``."""


class NoWatch:
    """A :class:`Watch` that does nothing."""

    def on_attempt(self, outcome: str) -> None:
        """Do nothing."""

    def on_retry(self, reason: str) -> None:
        """Do nothing."""
