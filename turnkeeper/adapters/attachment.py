"""A middleware that answers at one path of an application that has its own routes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from turnkeeper.inbound.connection import bound_connections
from turnkeeper.serving.server import (
    answer_impossible_hosts,
    leave_bodies_packed,
    name_no_versions,
)

_ATTACHED: Final = web.AppKey[set[str]]("attached")
_log = logging.getLogger(__name__)


def attach_at(
    path: str, app: web.Application, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    """Answer what is posted to a path, as the innermost middleware of an application.

    A handler that the application has there is not reached, and the log says so at the start.

    Compressed bodies arrive as they are, at every path, unless the application was made with
    ``handler_args={"auto_decompress": True}``: the server would unpack them before anybody has
    asked who sends them.

    :param handle: returns the answer.
    :raises ValueError: it is no path, or the application has one there.
    """
    if not path.startswith("/"):
        raise ValueError(f"path: must begin with a slash, not {path!r}")
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

    async def check(app: web.Application) -> None:
        inside = app.middlewares[app.middlewares.index(take) + 1 :]
        if any(getattr(one, "__module__", "") != __name__ for one in inside):
            raise RuntimeError(
                "attach the adapter after the application's last middleware: one that was added "
                "later does not see what channels deliver"
            )
        for resource in app.router.resources():
            if resource.canonical == path and any(one.method == "POST" for one in resource):
                _log.info("the adapter answers at %s; its handler is not reached", path)

    app.middlewares.append(take)
    answer_impossible_hosts(app)
    bound_connections(app)
    leave_bodies_packed(app)
    name_no_versions()
    app.on_startup.append(check)
