"""The tiny bot with a route of its own that has it speak first."""

from __future__ import annotations

import asyncio
import json
import socket

from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.schema import ConversationReference

from tests.turnkeeper.tiny.app import app, host
from turnkeeper.serving.server import serve_until_stopped

speaking: set[asyncio.Task[None]] = set()


async def remind(request: web.Request) -> web.Response:
    """Speak in the conversation whose reference is posted, after the answer to the request."""
    reference = ConversationReference.deserialize(await request.json())

    async def say(context: TurnContext) -> None:
        await context.send_activity("Do not forget.")

    speaking.add(asyncio.create_task(host.adapter.continue_conversation(reference, say)))
    return web.Response(status=202)


def main() -> None:
    """Serve until SIGTERM."""
    app.router.add_post("/api/remind", remind)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/messages"
        asyncio.run(
            serve_until_stopped([(app, listener)], lambda: print("Listening on", url, flush=True))
        )
    print(json.dumps([str(task.exception()) for task in speaking]))


if __name__ == "__main__":
    main()
