"""A connection that holds and parses little until somebody asks for the body of its request.

By default aiohttp receives up to 256 KB at once and parses it before a handler has seen the head: a
stranger's body of single bytes in chunks of their own then costs thirty times its refusal.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

AT_ONCE: Final = 16 * 1024
"""Bytes that are received at once: most requests of channels as a whole, and no more."""

UNASKED: Final = 1024
"""Of a body that nobody has asked for, twice as many bytes are parsed, or 64 chunks."""

LINGERING: Final = 2.0
"""Seconds for which a client whose body is not read may go on sending, so that it can read its
answer: a connection that is closed at once is reset."""


def bounds() -> dict[str, Any]:
    """Return ``handler_args`` of an application that takes activities and nothing else.

    One that somebody else has made may take uploads on other paths: it keeps its own.
    """
    return {"read_bufsize": UNASKED, "lingering_time": LINGERING}


class Connection(web.RequestHandler):
    """aiohttp's, within these bounds."""

    __slots__ = ("_ignores",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ignores = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; called by the event loop."""
        _receive_at_most(AT_ONCE, transport)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take what has come; called by the event loop."""
        if not self._ignores:
            super().data_received(data)

    def ignore_rest(self) -> None:
        """Take nothing more; what still comes is thrown away unparsed, and much of it at once."""
        self._ignores = True
        _receive_at_most(16 * AT_ONCE, self.transport)


def _receive_at_most(size: int, transport: asyncio.BaseTransport | None) -> None:
    if transport is not None and hasattr(transport, "max_size"):  # of asyncio, and not of others
        transport.max_size = size


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)


def bound_connections(app: web.Application) -> None:
    """Have an application be served by such connections, whoever's its server is."""
    make = getattr(app, "_make_handler", None)
    if make is None:  # another aiohttp, which makes connections elsewhere
        return

    def make_handler(**named: Any) -> web.Server:
        server: web.Server = make(**named)
        server.__class__ = _Server
        return server

    object.__setattr__(app, "_make_handler", make_handler)  # it warns of attributes of others


def leave_unread(request: web.Request, response: web.StreamResponse) -> None:
    """Answer a request without the rest of its body, where it has not come as a whole."""
    if request.content.is_eof():
        return
    response.force_close()
    if isinstance(connection := request.protocol, Connection):
        connection.ignore_rest()
