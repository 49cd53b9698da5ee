"""OpenTelemetry spans, where ``opentelemetry-api`` is installed; else nothing at all.

Where they go is the operator's business, as with any program: see ``opentelemetry-instrument``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

try:
    from opentelemetry import trace
except ImportError:
    tracer = None
else:
    tracer = trace.get_tracer("turnkeeper")
"""Begins the spans; None where OpenTelemetry is not installed."""

_NO_SPAN: AbstractContextManager[Any] = nullcontext()


def span(name: str, **attributes: str) -> AbstractContextManager[Any]:
    """A span around a block; of an error that leaves the block it holds the type alone.

    :param name: what is done, such as "turn".
    :param attributes: ids; no text of anybody.
    """
    if tracer is None or not provider.is_set():
        return _NO_SPAN
    return _recorded(tracer, name, attributes)


class Provider:
    """Whether there is a provider, which may be set at any time. It is looked for once a second:
    without one spans would cost time and go nowhere, and to look takes 1% of a turn.
    """

    def __init__(self) -> None:
        self._found = False
        self._look_at = 0.0

    def is_set(self) -> bool:
        """Return whether spans go anywhere, as far as that is known."""
        if not self._found and (now := time.monotonic()) >= self._look_at:
            self._look_at = now + 1
            self._found = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        return self._found


provider = Provider()
"""That of this process."""


@contextmanager
def _recorded(tracer: trace.Tracer, name: str, attributes: dict[str, str]) -> Iterator[None]:
    # By itself a span keeps an error with its message and traceback: they may quote a person.
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise
