"""OpenTelemetry spans, where ``opentelemetry-api`` is installed; else nothing at all.

Where they go is the operator's business, as with any program: see ``opentelemetry-instrument``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

try:
    from opentelemetry import trace
except ImportError:
    _tracer = None
else:
    # Without a provider (see opentelemetry-instrument) spans would cost time and go nowhere.
    _provided = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    _tracer = trace.get_tracer("waterfall_bot") if _provided else None

_NO_SPAN: AbstractContextManager[Any] = nullcontext()


def span(name: str, **attributes: str) -> AbstractContextManager[Any]:
    """A span around a block.

    :param name: what is done, such as "turn".
    :param attributes: ids; no text of anybody.
    """
    if _tracer is None:
        return _NO_SPAN
    return _tracer.start_as_current_span(name, attributes=attributes)
