"""The HTTP side: /api/messages, /healthz, /readyz, /metrics; every refusal is short JSON."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from math import inf
from typing import Final

from aiohttp import HttpVersion11, web
from botbuilder.core import Bot
from yarl import URL

from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.errors import (
    DeliveryError,
    RequestRefused,
    StorageError,
    TokenUnavailable,
    UnreadableRecord,
)
from turnkeeper.inbound.activity import MAX_BODY, read_activity
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.observing.tracing import span
from turnkeeper.storage import RecordStorage
from turnkeeper.variables import is_loopback

ADAPTER: Final = web.AppKey("adapter", CloudAdapter)
BOT: Final = web.AppKey("bot", Bot)
STORAGE: Final = web.AppKey("storage", RecordStorage)
METRICS: Final = web.AppKey("metrics", Metrics)
MAX_TURNS: Final = web.AppKey("max_turns", int)
SLOW_BODIES: Final = web.AppKey[dict[asyncio.Timeout, None]]("slow_bodies")
LOOPBACK_ONLY: Final = web.AppKey("loopback_only", bool)
KEYS_READY: Final = web.AppKey[Callable[[], bool]]("keys_ready")

MAX_SLOW_BODIES: Final = 1_000
"""Requests whose bodies are still on their way; each may hold 256 KiB of memory."""

SLOWEST_BODY: Final = 10.0
"""Seconds a client may take to send its request's body."""

_QUIET = 60.0  # seconds between two alarms
_PROXY_HEADERS = frozenset({"forwarded", "via", "x-real-ip"})
_PROXY_PREFIXES = ("x-forwarded-", "cf-")  # the latter of Cloudflare, whose tunnels are much used

_log = logging.getLogger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ProxyAlarm:
    """Tells the operator, once a minute at most, of a proxy in front of a bot in local mode.

    :param clock: seconds, from any moment on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._quiet_until = -inf

    def ring(self) -> None:
        """Log it, unless that was just done."""
        if (now := self._clock()) < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        _log.error(
            "A proxy passes requests to a bot without credentials; they are refused. "
            "Set MicrosoftAppId and its secret."
        )


PROXY_ALARM: Final = web.AppKey("proxy_alarm", ProxyAlarm)


async def messages(request: web.Request) -> web.Response:
    """Take one activity; 201, or the answer of an invoke or of ``expectReplies``."""
    app = request.app
    metrics = app[METRICS]
    if app[LOOPBACK_ONLY]:
        _refuse_others(request)
    # Before it has a turn's place: whoever is slow to send keeps nobody else from it.
    body = await _body(request)
    began: float | None = metrics.begin_turn(app[MAX_TURNS])
    try:
        activity = read_activity(body, request.headers.get("Content-Type"))
        ids = {"conversation": activity.conversation.id, "activity": activity.id or ""}
        TurnIds.add(**ids)
        with span("turn", channel=activity.channel_id, **ids):
            response = await app[ADAPTER].process_activity(
                request.headers.get("Authorization"), activity, app[BOT].on_turn
            )
    except RequestRefused:
        began = None
        raise
    finally:
        metrics.end_turn(began)
    if response is None:
        return web.Response(status=HTTPStatus.CREATED)
    if response.body is None:
        return web.Response(status=response.status)
    return web.json_response(response.body, status=response.status)


def _refuse_others(request: web.Request) -> None:
    """Let pass what comes from this machine.

    That is no page that a browser here shows, whose host is another name, and nothing that a proxy
    or a tunnel here passes on: whoever sent it may be anywhere.

    :raises RequestRefused: 403, it comes from elsewhere.
    """
    here = _is_loopback(request.remote)
    if here and any(map(_is_of_proxy, request.headers)):
        request.app[PROXY_ALARM].ring()
        raise RequestRefused(
            403, "local_mode", "Without credentials the bot takes nothing from a proxy."
        )
    if not (here and _is_here(request.host)):
        raise RequestRefused(
            403, "local_mode", "Without credentials the bot talks to its own machine alone."
        )


def _is_of_proxy(header: str) -> bool:
    """Whether a header of this name is what proxies add."""
    name = header.lower()
    return name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES)


@lru_cache(maxsize=1024)
def _is_loopback(address: str | None) -> bool:
    return not address or is_loopback(address)  # none: a Unix socket


@lru_cache(maxsize=1024)
def _is_here(host: str) -> bool:
    """Whether a ``Host`` header, which may end in a port, names this machine."""
    try:
        name = URL(f"http://{host}").host or ""
    except ValueError:
        return False
    return name.endswith(".localhost") or is_loopback(name)


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_BODY:
        raise RequestRefused(413, "too_large", f"At most {MAX_BODY} bytes are taken.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestRefused(415, "content_encoding", "The body must not be compressed.")
    try:
        if request.content.is_eof():  # it is all here: nothing to wait for
            return await request.read()
        slow = request.app[SLOW_BODIES]
        if len(slow) >= MAX_SLOW_BODIES:
            # The one that has taken longest: who sends in two parts must not wait behind those.
            oldest = next(iter(slow))
            del slow[oldest]
            if not oldest.expired():
                oldest.reschedule(0)
        async with asyncio.timeout(SLOWEST_BODY) as limit:
            slow[limit] = None
            try:
                return await request.read()
            finally:
                slow.pop(limit, None)
    except TimeoutError:
        raise RequestRefused(408, "too_slow", "The body did not arrive in time.") from None
    except web.RequestPayloadError:
        raise RequestRefused(400, "bad_body", "The body does not end as it should.") from None


async def probe(_: web.Request) -> web.Response:
    """Answer the HEAD with which the Agents Playground looks whether a bot is there."""
    return web.Response()


async def healthz(_: web.Request) -> web.Response:
    """The process is alive."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """The store takes writes, and the keys that tokens are checked with are there."""
    faults = {}
    try:
        async with asyncio.timeout(2):
            await request.app[STORAGE].ping()
    except (StorageError, TimeoutError):
        faults["storage"] = "does not take writes"
    if not request.app[KEYS_READY]():
        faults["keys"] = "not fetched yet"
    if faults:
        return web.json_response({"status": "not ready", **faults}, status=503)
    return web.json_response({"status": "ok"})


async def metrics(request: web.Request) -> web.Response:
    """What happened so far, in the Prometheus text format."""
    body, content_type = request.app[METRICS].exposition()
    return web.Response(body=body, headers={"Content-Type": content_type})


@web.middleware
async def answer_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer every error with ``{"error": {"code", "message"}}`` and nothing of its insides."""
    with TurnIds({}):  # messages() adds those of its turn, and what is logged here carries them
        return await _answer(request, handler)


async def _answer(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestRefused as error:
        request.app[METRICS].refused.labels(error.code).inc()
        return _refusal(error.status, error.code, error.message, error.retry_after)
    except web.HTTPException as error:
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "_")
        response = _refusal(error.status, code, error.reason)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except StorageError as error:
        _log.error("turn refused: %s", error)
        return _without_memory(request, error)
    except (DeliveryError, TokenUnavailable) as error:
        _log.error("replies are still owed: %s", error)
        request.app[METRICS].on_failed_turn("delivery")
        return _refusal(502, "delivery_failed", "The replies could not be delivered yet.", 2)
    except Exception:
        _log.exception("turn failed")
        request.app[METRICS].on_failed_turn("internal")
        return _refusal(500, "internal_error", "Something went wrong.")


def _without_memory(request: web.Request, error: StorageError) -> web.Response:
    if isinstance(error, UnreadableRecord):  # somebody has to mend it: no wait is worth a word
        request.app[METRICS].on_failed_turn("record_unreadable")
        return _refusal(503, "record_unreadable", "What the bot remembers here cannot be read.")
    request.app[METRICS].on_failed_turn("storage")
    return _refusal(503, "storage_unavailable", "The bot cannot reach its memory now.", 2)


async def _expect(request: web.Request) -> web.Response | None:
    """Answer an ``Expect`` header; aiohttp refuses what it does not know in plain text."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return _refusal(417, "expectation_failed", "Only 100-continue can be expected.")
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun
    return None


def _refusal(status: int, code: str, message: str, retry_after: int | None = None) -> web.Response:
    response = web.json_response({"error": {"code": code, "message": message}}, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def add_routes(app: web.Application) -> None:
    """Add the routes to an application made with :func:`answer_errors` as its middleware."""
    app[SLOW_BODIES] = {}
    app[PROXY_ALARM] = ProxyAlarm()
    app.router.add_post("/api/messages", messages, expect_handler=_expect)
    app.router.add_head("/api/messages", probe)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


def metrics_app(metrics_of_bot: Metrics) -> web.Application:
    """An application with ``GET /metrics`` and nothing else, for a port of its own.

    :param metrics_of_bot: what it shows.
    """
    app = web.Application(middlewares=[answer_errors])
    app[METRICS] = metrics_of_bot
    app.router.add_get("/metrics", metrics)
    return app
