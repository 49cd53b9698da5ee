"""OpenTelemetry spans, where ``opentelemetry-api`` is installed; else nothing at all.

Where they go is the operator's business, as with any program: see ``opentelemetry-instrument``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

try:
    from opentelemetry import trace
except ImportError:
    _tracer = None
else:
    # Without a provider (see opentelemetry-instrument) spans would cost time and go nowhere.
    _provided = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    _tracer = trace.get_tracer("turnkeeper") if _provided else None

_NO_SPAN: AbstractContextManager[Any] = nullcontext()


def span(name: str, **attributes: str) -> AbstractContextManager[Any]:
    """A span around a block; of an error that leaves the block it holds the type alone.

    :param name: what is done, such as "turn".
    :param attributes: ids; no text of anybody.
    """
    if _tracer is None:
        return _NO_SPAN
    return _recorded(_tracer, name, attributes)


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
