"""What is counted, for ``/metrics``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from turnkeeper.errors import RequestRefused

_LAGS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SECONDS: Final = (*_LAGS, 10)

FAILURES: Final = ("storage", "record_unreadable", "delivery", "internal")
"""Why a turn failed: the store is away, a record cannot be read, replies are still owed, a bug."""


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._under_way = 0

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self._registry)

        def histogram(name: str, text: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
            return Histogram(name, text, buckets=buckets, registry=self._registry)

        self.errors = counter("bot_turn_errors", "Turns in which the bot raised an error")
        failed = counter("bot_turns_failed", "Turns answered with 500, 502 or 503", "reason")
        self.duplicates = counter("bot_duplicates", "Activities that had taken effect before")
        self.conflicts = counter("bot_conflicts", "Turns run again: a record had changed")
        calls = counter("bot_channel_calls", "Calls to the channel", "outcome")
        # Looked up once: labels() takes longer than the counting.
        self._failed = {reason: failed.labels(reason) for reason in FAILURES}
        self._calls = {name: calls.labels(name) for name in ("ok", "refused", "failed")}
        self.retries = counter("bot_channel_retries", "Calls to the channel repeated", "reason")
        self.given_up = counter("bot_replies_given_up", "Replies the channel never took")
        self.refused = counter("bot_requests_refused", "Requests refused", "code")
        # A request is counted here or there: what is refused is no turn.
        self.turn_seconds = histogram("bot_turn_seconds", "From the request to its answer")
        self.delivery_seconds = histogram("bot_delivery_seconds", "Sending a turn's replies")
        self.proactive_seconds = histogram(
            "bot_proactive_turn_seconds", "Turns in which the bot speaks first"
        )
        self.proactive_under_way = Gauge(
            "bot_proactive_turns_under_way",
            "Turns under way in which the bot speaks first",
            registry=self._registry,
        )
        self.loop_lag = histogram("bot_loop_lag_seconds", "How late the event loop is", _LAGS)
        Gauge("bot_turns_under_way", "Requests under way", registry=self._registry).set_function(
            lambda: self._under_way
        )

    def begin_turn(self, limit: int) -> float:
        """Count a request as under way; :meth:`end_turn` must follow.

        :param limit: how many may be under way.
        :returns: when it began, for :meth:`end_turn`.
        :raises RequestRefused: 503, too many are.
        """
        if self._under_way >= limit:
            raise RequestRefused(503, "overloaded", "Too many turns at once.", retry_after=1)
        self._under_way += 1
        return time.perf_counter()

    def end_turn(self, began: float | None) -> None:
        """Count a request as answered, and the time it took as a turn.

        :param began: as :meth:`begin_turn` said; None if the request was refused.
        """
        self._under_way -= 1
        if began is not None:
            self.turn_seconds.observe(time.perf_counter() - began)

    def on_failed_turn(self, reason: str) -> None:
        """Count a turn answered with 500, 502 or 503; what is refused is no turn.

        :param reason: one of :data:`FAILURES`.
        """
        self._failed[reason].inc()

    def on_attempt(self, outcome: str) -> None:
        """Count a call to the channel; see :class:`turnkeeper.connector.calls.CallObserver`."""
        self._calls[outcome].inc()

    def on_retry(self, reason: str) -> None:
        """Count a repetition; see :class:`turnkeeper.connector.calls.CallObserver`."""
        self.retries.labels(reason).inc()

    async def watch_loop(self, pause: float = 0.1) -> None:
        """Measure how late the event loop wakes up, until cancelled.

        :param pause: seconds between two measurements. A stall that lasts longer is never missed.
        """
        loop = asyncio.get_running_loop()

        timer: asyncio.Handle

        # No task wakes up for it: that would take longer than all the rest.
        def measure(due: float) -> None:
            nonlocal timer
            now = loop.time()
            self.loop_lag.observe(max(0.0, now - due))
            timer = loop.call_at(now + pause, measure, now + pause)

        timer = loop.call_soon(measure, loop.time())
        try:
            await loop.create_future()
        finally:
            timer.cancel()

    def exposition(self) -> tuple[bytes, str]:
        """The Prometheus text and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
