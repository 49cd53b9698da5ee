"""A middleware that answers at one path of an application that has its own routes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from turnkeeper.serving.server import answer_impossible_hosts

_ATTACHED: Final = web.AppKey[set[str]]("attached")
_log = logging.getLogger(__name__)


def attach_at(
    path: str, app: web.Application, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    """Answer what is posted to a path, as the innermost middleware of an application.

    A handler that the application has there is not reached, and the log says so at the start.

    :param handle: returns the answer.
    :raises ValueError: the application has one at this path.
    """
    attached = app.setdefault(_ATTACHED, set())
    if path in attached:
        raise ValueError(f"an adapter is attached at {path} already")
    attached.add(path)

    @web.middleware
    async def take(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "POST" and request.path == path:
            return await handle(request)
        response: web.StreamResponse = await handler(request)
        return response

    async def tell(app: web.Application) -> None:
        for resource in app.router.resources():
            if resource.canonical == path and any(one.method == "POST" for one in resource):
                _log.info("the adapter answers at %s; its handler is not reached", path)

    app.middlewares.append(take)
    answer_impossible_hosts(app)
    app.on_startup.append(tell)
