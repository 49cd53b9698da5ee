"""The routes of a host on an application: the path of channels, and those of operators."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from turnkeeper.errors import StorageError
from turnkeeper.inbound.activity import MAX_BODY
from turnkeeper.inbound.connection import bounds
from turnkeeper.inbound.refusal import Handler, answer, expect
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import RecordStorage


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a host must have to be ready.

    :param storage: takes writes.
    :param keys: whether the keys are there that tokens are checked with.
    :param login_fails: whether the login service gives no token for calls to the channel.
    """

    storage: RecordStorage
    keys: Callable[[], bool]
    login_fails: Callable[[], bool]

    async def faults(self) -> dict[str, str]:
        """Return what is missing, by its name."""
        faults = {}
        try:
            async with asyncio.timeout(2):
                await self.storage.ping()
        except (StorageError, TimeoutError):
            faults["storage"] = "does not take writes"
        if not self.keys():
            faults["keys"] = "not fetched yet"
        if self.login_fails():
            faults["login"] = "the login service gives no token"
        return faults


_SILENT: Final = logging.getLogger(f"{__name__}.server")
_SILENT.disabled = True

_HOSTS: Final = web.AppKey[list[Readiness]]("hosts")


def add_routes(app: web.Application, path: str, handler: Handler, readiness: Readiness) -> None:
    """Add the routes of a host to an application, which may have others, also another host's.

    :param path: where channels deliver.
    :param handler: takes what they deliver.
    :raises ValueError: there is something else already.
    """
    for resource in app.router.resources():
        if resource.canonical == path and any(one.method in ("*", "POST") for one in resource):
            raise ValueError(f"the application has something else at {path}")
    app.router.add_route("*", path, handler, expect_handler=expect)
    if _HOSTS in app:  # another host has come first
        app[_HOSTS].append(readiness)
        return
    app[_HOSTS] = [readiness]
    taken = {resource.canonical for resource in app.router.resources()}
    for name, tell in (("/healthz", healthz), ("/readyz", readyz)):
        if name not in taken:  # what the application has there itself stays
            app.router.add_get(name, tell)


async def healthz(_: web.Request) -> web.Response:
    """The process is alive."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Every host on the application is ready."""
    faults: dict[str, str] = {}
    for readiness in request.app[_HOSTS]:
        faults |= await readiness.faults()
    if faults:
        return web.json_response({"status": "not ready", **faults}, status=503)
    return web.json_response({"status": "ok"})


def add_metrics(app: web.Application, metrics: Metrics) -> None:
    """Add ``GET /metrics`` to an application: what happened so far, for Prometheus."""

    async def show(_: web.Request) -> web.Response:
        body, content_type = metrics.exposition()
        return web.Response(body=body, headers={"Content-Type": content_type})

    app.router.add_get("/metrics", show)


def new_application(metrics: Metrics) -> web.Application:
    """Return an application that answers with short JSON also what no route of it takes."""

    async def refuse(request: web.Request) -> web.StreamResponse:
        methods = {
            route.method
            for resource in request.app.router.resources()
            if resource.canonical == request.path
            for route in resource
        }
        if methods:
            raise web.HTTPMethodNotAllowed(request.method, methods)
        raise web.HTTPNotFound

    async def unknown(request: web.Request) -> web.StreamResponse:
        return await answer(request, refuse, metrics)

    app = web.Application(
        client_max_size=MAX_BODY + 1,
        handler_args={
            **bounds(),
            # A compressed body is refused; it must not be unpacked first, before anybody has asked.
            "auto_decompress": False,
            # What a handler raises is logged by inbound.refusal. What is left are bad requests of
            # strangers, which the log of a server, such as gunicorn's, would quote.
            "logger": _SILENT,
        },
    )
    # A route, and no middleware: that would cost each turn 1% of its instructions.
    app.router.add_route("*", "/{path:.*}", unknown, expect_handler=expect)
    return app
