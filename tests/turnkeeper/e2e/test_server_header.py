"""No answer tells a stranger which versions the bot runs on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from tests.turnkeeper.bot import make_host
from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from tests.turnkeeper.tiny.app import make_bot

REQUESTS = [
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    b"no HTTP at all\r\n\r\n",
]


async def heads(url: str) -> list[str]:
    """The heads of what is answered to each request."""
    found = []
    where = URL(url)
    for request in REQUESTS:
        reader, writer = await asyncio.open_connection(where.host, where.port)
        writer.write(request)
        async with asyncio.timeout(20):
            found.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.close()
        await writer.wait_closed()
    return found


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_a_bot_names_none(tmp_path: Path, server: type[BotProcess]) -> None:
    variables = {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}
    async with server(variables) as bot:
        for head in await heads(bot.url):
            assert "\r\nServer: aiohttp\r\n" in head
        assert await bot.terminate() == 0


async def test_an_application_that_it_is_attached_to_names_none(tmp_path: Path) -> None:
    host = make_host(storage_url=f"sqlite:///{tmp_path}/bot.db")
    app = web.Application()
    host.attach(app, make_bot(host))
    async with TestServer(app) as server:
        for head in await heads(str(server.make_url("/"))):
            assert "\r\nServer: aiohttp\r\n" in head
