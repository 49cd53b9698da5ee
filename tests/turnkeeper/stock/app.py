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


def serve(app: web.Application) -> None:
    """Serve an application at PORT, and tell the test where."""
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/messages"

    async def tell(_: web.Application) -> None:
        print(f"Listening on {url}", flush=True)

    app.on_startup.append(tell)
    web.run_app(app, sock=listener, print=lambda _: None)


if __name__ == "__main__":
    serve(APP)
