"""What is counted, for ``/metrics``."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from errors import RequestRefused

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._under_way = 0

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self._registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(name, text, buckets=_SECONDS, registry=self._registry)

        self.errors = counter("bot_turn_errors", "Turns in which the bot raised an error")
        self.duplicates = counter("bot_duplicates", "Activities that had taken effect before")
        self.conflicts = counter("bot_conflicts", "Turns run again: a record had changed")
        calls = counter("bot_channel_calls", "Calls to the channel", "outcome")
        # Looked up once: labels() takes longer than the counting.
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
        self.loop_lag = Gauge(
            "bot_loop_lag_seconds", "How late the event loop is", registry=self._registry
        )
        Gauge("bot_turns_under_way", "Requests under way", registry=self._registry).set_function(
            lambda: self._under_way
        )

    def begin_turn(self, limit: int) -> float:
        """Count a request as under way; :meth:`end_turn` must follow.

        :param limit: how many may be under way.
        :returns: when it began, for :meth:`end_turn`.
        :raises errors.RequestRefused: 503, too many are.
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

    def on_attempt(self, outcome: str) -> None:
        """Count a call to the channel; see :class:`hosting.calls.Watch`."""
        self._calls[outcome].inc()

    def on_retry(self, reason: str) -> None:
        """Count a repetition; see :class:`hosting.calls.Watch`."""
        self.retries.labels(reason).inc()

    async def watch_loop(self, pause: float = 1.0) -> None:
        """Measure how late the event loop wakes up, until cancelled.

        :param pause: seconds between two measurements.
        """
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + pause
            await asyncio.sleep(pause)
            self.loop_lag.set(max(0.0, loop.time() - due))

    def exposition(self) -> tuple[bytes, str]:
        """The Prometheus text and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
