"""A bot that may open no more files goes on when it may again, and says little of it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from yarl import URL

from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from turnkeeper.testing import Cloud

FEW = ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"]


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_it_is_a_line_a_second_that_says_so(
    server: type[BotProcess], tmp_path: Path, cloud: Cloud
) -> None:
    variables = {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}
    async with server(variables, under=FEW) as bot:
        url = URL(bot.url)
        assert url.host
        assert url.port
        person = cloud.person(channel="msteams", bot_url=bot.url)
        await person.says("hi")
        with ExitStack() as connections:
            for _ in range(80):
                address = (url.host, url.port)
                connections.enter_context(
                    await asyncio.to_thread(socket.create_connection, address)
                )
            await bot.wait_for_lines("no connection can be taken: Too many open files", 2)
        async with Cloud() as other:  # the first one's connection may have been closed meanwhile
            assert await other.person(bot_url=bot.url).says("hi") == ["Who are you?"]
        assert await bot.terminate() == 0
    said = "\n".join(bot.printed)
    assert "Traceback" not in said
    assert said.count("asyncio") == said.count("no connection can be taken") < 10
