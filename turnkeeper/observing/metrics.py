"""What is counted, for ``/metrics``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from platform import python_version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from turnkeeper.observing.logs import left_out
from turnkeeper.observing.version import VERSION

_LAGS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SECONDS: Final = (*_LAGS, 10)

FAILURES: Final = ("storage", "record_unreadable", "internal")
"""Why a turn failed: the store is away, a record cannot be read, a bug."""

LOGIN_FAILURES: Final = ("refused", "failed", "timeout", "unreachable", "error")
"""Why there is no token: the login service refuses the bot, or fails; it does not answer in time,
or cannot be reached; or the bot cannot ask it."""

REFUSALS: Final = (
    *("bad_activity", "bad_body", "bad_json", "content_encoding", "hung_up", "too_large"),
    *("too_slow", "unauthorized", "forbidden", "local_mode", "service_url_refused"),
    *("tenant_not_allowed", "overloaded", "person_busy", "conversation_busy", "conflict"),
    *("replies_owed", "not_open", "answer_gone", "unsupported_media_type"),
)
"""Why a request is refused. Those that are known in advance begin at 0, so that a rate sees the
first of them."""
RETRIES: Final = ("401", "412", "429", "500", "502", "503", "504", *("timeout", "connection"))
"""Why a call to the channel is repeated: a status, or what became of the connection."""


class _LogLines(Collector):
    """The lines that the log has left out: of the process, and not of one host."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        text = "Lines of the log left out, since they were not read"
        yield CounterMetricFamily("bot_log_lines_left_out", text, left_out())


class Metrics:
    """The counters of one process.

    :ivar under_way: the slots of MAX_TURNS that are held; see
        :class:`turnkeeper.turn.slots.Slots`.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # on Linux
        build = {"version": VERSION, "python": python_version()}
        Info("bot_build", "What the bot runs on", registry=self._registry).info(build)
        self._registry.register(_LogLines())

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self._registry)

        def histogram(name: str, text: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
            return Histogram(name, text, buckets=buckets, registry=self._registry)

        self.errors = counter("bot_turn_errors", "Turns in which the bot raised an error")
        failed = counter("bot_turns_failed", "Turns answered with 500 or 503", "reason")
        self.duplicates = counter("bot_duplicates", "Activities that had taken effect before")
        self.conflicts = counter("bot_conflicts", "Turns run again: a record had changed")
        calls = counter("bot_channel_calls", "Calls to the channel", "outcome")
        # Looked up once: labels() takes longer than the counting.
        self._failed = {reason: failed.labels(reason) for reason in FAILURES}
        self._calls = {name: calls.labels(name) for name in ("ok", "refused", "failed")}
        self.retries = counter("bot_channel_retries", "Calls to the channel repeated", "reason")
        for reason in RETRIES:
            self.retries.labels(reason)
        self.given_up = counter("bot_replies_given_up", "Replies the channel never took")
        self.replies_refused = counter("bot_replies_refused", "Replies the channel refused")
        self.sent_late = counter("bot_replies_sent_late", "Replies sent 10 s after their commit")
        # Turns that owe something in this process's conversations, and for how long the oldest has.
        self.owed_here: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        self.oldest_due = 0.0
        self._gauge("bot_turns_owing", "Turns that owe something", lambda: self.owed_here()[0])
        self._gauge("bot_oldest_owed_seconds", "How long the oldest has been owed", self._oldest)
        logins = counter("bot_login_failures", "Tokens that the bot did not get", "reason")
        self._logins = {reason: logins.labels(reason) for reason in LOGIN_FAILURES}
        self.refused = counter("bot_requests_refused", "Requests refused", "code")
        for code in REFUSALS:
            self.refused.labels(code)
        # A request is counted here or there: what is refused is no turn.
        self.turn_seconds = histogram("bot_turn_seconds", "From the request to its answer")
        self.delivery_seconds = histogram("bot_delivery_seconds", "From a commit to a reply sent")
        self.proactive_seconds = histogram(
            "bot_proactive_turn_seconds", "Turns in which the bot speaks first"
        )
        self.proactive_under_way = Gauge(
            "bot_proactive_turns_under_way",
            "Turns under way in which the bot speaks first",
            registry=self._registry,
        )
        self.loop_lag = histogram("bot_loop_lag_seconds", "How late the event loop is", _LAGS)
        # A number: to count in the gauge itself takes longer.
        self.under_way = 0
        self._gauge("bot_turns_under_way", "Turns under way", lambda: self.under_way)
        self.waiting = Gauge(
            "bot_turns_waiting", "Requests that wait for their turn", registry=self._registry
        )

    def _gauge(self, name: str, text: str, figure: Callable[[], float]) -> None:
        Gauge(name, text, registry=self._registry).set_function(figure)

    def _oldest(self) -> float:
        return max(self.oldest_due, self.owed_here()[1])

    def on_failed_turn(self, reason: str) -> None:
        """Count a turn answered with 500 or 503; what is refused is no turn.

        :param reason: one of :data:`FAILURES`.
        """
        self._failed[reason].inc()

    def on_login_failure(self, reason: str) -> None:
        """Count a token that the bot did not get.

        :param reason: one of :data:`LOGIN_FAILURES`.
        """
        self._logins[reason].inc()

    def on_attempt(self, outcome: str) -> None:
        """Count a call to the channel; see :class:`turnkeeper.connector.call.CallObserver`."""
        self._calls[outcome].inc()

    def on_retry(self, reason: str) -> None:
        """Count a repetition; see :class:`turnkeeper.connector.call.CallObserver`."""
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
