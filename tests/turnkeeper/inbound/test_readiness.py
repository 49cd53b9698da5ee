"""A bot is ready when its store takes writes and its tokens can be checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from tests.turnkeeper.bot import StartBot
from turnkeeper.testing import Answer, Cloud

SECRET = "secret"  # noqa: S105 - of nothing


@pytest.fixture
async def bot_cloud() -> AsyncIterator[Cloud]:
    """A cloud that signs tokens for the bot."""
    async with Cloud(app_id="app", app_password=SECRET) as cloud:
        yield cloud


async def readiness_of(bot: str) -> tuple[int, dict[str, str]]:
    """The answer of ``/readyz``."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(bot).with_path("/readyz")) as answer,
    ):
        return answer.status, await answer.json()


async def readiness_once(bot: str, status: int) -> dict[str, str]:
    """The answer of ``/readyz`` once it has a status."""
    async with asyncio.timeout(30):
        while True:
            answered, answer = await readiness_of(bot)
            if answered == status:
                return answer


async def test_it_is_not_ready_before_it_has_the_keys_of_its_channel(
    bot_cloud: Cloud, start_bot: StartBot
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()
    bot_cloud.login.key_faults.always(Answer(reached=asked, after=go_on))
    bot = await start_bot(
        app_id="app",
        app_password="secret",  # noqa: S106 - of a fake cloud
        login_url=bot_cloud.url,
        open_id_metadata_url=bot_cloud.open_id_metadata_url,
    )
    async with asyncio.timeout(5):
        await asked.wait()  # by itself: nobody has sent anything
    status, answer = await readiness_of(bot)
    assert (status, answer["keys"]) == (503, "not fetched yet")
    go_on.set()
    assert await readiness_once(bot, 200) == {"status": "ok"}  # they are on their way


async def test_it_is_not_ready_while_the_login_service_gives_no_token(
    bot_cloud: Cloud, start_bot: StartBot
) -> None:
    bot_cloud.login.faults.always(Answer(500))
    bot = await start_bot(
        app_id="app",
        app_password="secret",  # noqa: S106 - of a fake cloud
        login_url=bot_cloud.url,
        open_id_metadata_url=bot_cloud.open_id_metadata_url,
    )
    while (answer := await readiness_once(bot, 503)).pop("keys", None):
        pass  # they are on their way
    assert answer == {"status": "not ready", "login": "the login service gives no token"}
    bot_cloud.login.faults.recover()
    # Nothing is sent to a bot that is not ready: it finds out by itself, after a pause.
    assert await readiness_once(bot, 200) == {"status": "ok"}
    bot_cloud.login.faults.always(Answer(500))
    assert await readiness_of(bot) == (200, {"status": "ok"})  # as long as its token holds


async def test_in_local_mode_there_are_no_keys_to_wait_for(bot: str) -> None:
    assert await readiness_of(bot) == (200, {"status": "ok"})
