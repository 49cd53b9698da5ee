"""What a request is answered that is refused, or that fails: short JSON, nothing of its insides."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import HttpVersion11, web

from turnkeeper.errors import RequestRefused, StorageError, UnreadableRecord
from turnkeeper.inbound.connection import leave_unread
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics

_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def answer(request: web.Request, handler: Handler, metrics: Metrics) -> web.StreamResponse:
    """Return what a handler answers, or ``{"error": {"code", "message"}}`` where it raises.

    :param metrics: counts refusals and failures.
    """
    with TurnIds({}):  # the handler adds those of its turn, and what is logged here carries them
        try:
            return await handler(request)
        except Exception as error:
            response = _answer_to(error, metrics)
    leave_unread(request, response)
    return response


def _answer_to(error: Exception, metrics: Metrics) -> web.Response:
    if isinstance(error, RequestRefused):
        metrics.refused.labels(error.code).inc()
        return refusal(error.status, error.code, error.message, error.retry_after)
    if isinstance(error, web.HTTPException):
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        response = refusal(error.status, code, error.reason)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    if isinstance(error, StorageError):
        _log.error("turn refused: %s", error)
        return _without_memory(error, metrics)
    _log.exception("turn failed", exc_info=error)
    metrics.on_failed_turn("internal")
    return refusal(500, "internal_error", "Something went wrong.")


def _without_memory(error: StorageError, metrics: Metrics) -> web.Response:
    if isinstance(error, UnreadableRecord):  # somebody has to mend it: no wait is worth a word
        metrics.on_failed_turn("record_unreadable")
        return refusal(503, "record_unreadable", "What the bot remembers here cannot be read.")
    metrics.on_failed_turn("storage")
    return refusal(503, "storage_unavailable", "The bot cannot reach its memory now.", 2)


def refusal(status: int, code: str, message: str, retry_after: int | None = None) -> web.Response:
    """Return the answer to a request that is refused.

    :param retry_after: seconds for a ``Retry-After`` header, or None.
    """
    response = web.json_response({"error": {"code": code, "message": message}}, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def expect(request: web.Request) -> web.Response | None:
    """Answer an ``Expect`` header; aiohttp refuses what it does not know in plain text."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return refusal(417, "expectation_failed", "Only 100-continue can be expected.")
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun
    return None
