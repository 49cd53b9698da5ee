"""The floor: an aiohttp handler that parses the activity and posts one reply, and nothing else.

It keeps no state, checks nothing and knows no dialog. What it costs is what HTTP and JSON cost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import aiohttp
from aiohttp import web

from benchmarks.servers import listen

TEXT: Final = (
    "Ada sent: hello\n"
    "Message received at: Tuesday, November 24, 2026, 6:44:54 AM (UTC)\n"
    "Message received from: Microsoft Teams (msteams)"
)
"""As long as the other bots' replies."""

SESSION: Final = web.AppKey("session", aiohttp.ClientSession)


async def messages(request: web.Request) -> web.Response:
    """Post one reply to the conversation that the activity came from."""
    activity = await request.json()
    conversation, activity_id = activity["conversation"], activity["id"]
    reply = {
        "type": "message",
        "channelId": activity["channelId"],
        "serviceUrl": activity["serviceUrl"],
        "from": activity["recipient"],
        "recipient": activity["from"],
        "conversation": conversation,
        "replyToId": activity_id,
        "locale": activity["locale"],
        "text": TEXT,
    }
    url = f"{activity['serviceUrl']}/v3/conversations/{conversation['id']}/activities/{activity_id}"
    async with request.app[SESSION].post(url, json=reply) as response:
        await response.read()
    return web.Response(status=201)


def main() -> None:
    """Serve until the process is ended."""

    async def session(app: web.Application) -> AsyncIterator[None]:
        connections = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connections) as app[SESSION]:
            yield

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    app.cleanup_ctx.append(session)
    listen(app)


if __name__ == "__main__":
    main()
