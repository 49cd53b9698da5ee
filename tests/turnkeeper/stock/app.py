"""The stock bot as a program, as Microsoft's samples are: ``python app.py``."""

from __future__ import annotations

import os
import socket

from aiohttp import web
from botbuilder.core.integration import aiohttp_error_middleware

from tests.turnkeeper.stock.bot import make_adapter, make_bot

ADAPTER = make_adapter()
BOT = make_bot()


async def messages(request: web.Request) -> web.StreamResponse:
    """Take an activity; not reached."""
    return await ADAPTER.process(request, BOT)


APP = web.Application(middlewares=[aiohttp_error_middleware])
APP.router.add_post("/api/messages", messages)
ADAPTER.attach(APP, BOT)


async def listening(_: web.Application) -> None:
    """Tell the test where."""
    print(f"Listening on http://127.0.0.1:{PORT}/api/messages", flush=True)


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
    PORT = listener.getsockname()[1]
    APP.on_startup.append(listening)
    web.run_app(APP, sock=listener, print=lambda _: None)
