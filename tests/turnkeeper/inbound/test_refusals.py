"""What who is refused is told: when to come again, what to show, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext

from tests.turnkeeper.bot import StartBot
from turnkeeper import Host, Settings
from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage import Change, MemoryStorage
from turnkeeper.testing import Answer, Cloud

SECRET = "secret"  # noqa: S105 - of nothing


class Store(MemoryStorage):
    """A store that can be away."""

    away = False

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        if self.away:
            raise StorageUnavailable("the store is away")
        return await super().commit(changes)


async def echo(context: TurnContext) -> None:
    """Say what was said."""
    await context.send_activity(context.activity.text)


@asynccontextmanager
async def echoing(store: Store) -> AsyncIterator[str]:
    """A bot on a store; yields the URL of its ``/api/messages``."""
    async with TestServer(Host(Settings(), storage=store).app(echo)) as server:
        yield str(server.make_url("/api/messages"))


async def test_a_store_that_is_away_is_503_and_may_be_tried_again(cloud: Cloud) -> None:
    store = Store()
    async with echoing(store) as bot:
        person = cloud.person(channel="msteams")
        body = person.message("hi")
        store.away = True
        refused = await cloud.post_to_bot(bot, body)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
        assert json.loads(refused.body)["error"]["code"] == "storage_unavailable"
        assert cloud.texts(person.conversation.id) == []
        store.away = False
        assert (await cloud.post_to_bot(bot, body)).status == 201
        assert cloud.texts(person.conversation.id) == ["hi"]


async def test_what_is_committed_is_taken_whether_or_not_the_channel_takes_the_replies(
    cloud: Cloud,
) -> None:
    async with echoing(Store()) as bot:
        person = cloud.person(channel="msteams")
        cloud.faults.always(Answer(503, headers={"Retry-After": "60"}))
        assert (await cloud.post_to_bot(bot, person.message("hi"))).status == 201
        assert cloud.texts(person.conversation.id) == []


async def test_a_conversation_that_is_owed_the_replies_of_50_turns_takes_no_more(
    cloud: Cloud,
) -> None:
    async with echoing(Store()) as bot:
        person = cloud.person(channel="msteams")
        cloud.faults.always(Answer(503, headers={"Retry-After": "60"}))
        messages = [person.message(f"{number}", id=f"{number}") for number in range(51)]
        taken = await asyncio.gather(*(cloud.post_to_bot(bot, one) for one in messages[:50]))
        assert {one.status for one in taken} == {201}
        refused = await cloud.post_to_bot(bot, messages[50])
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
        assert json.loads(refused.body)["error"]["code"] == "replies_owed"
        assert (await cloud.post_to_bot(bot, messages[0])).status == 201, "it took effect"


async def test_who_shows_no_token_is_told_that_one_is_asked_for(start_bot: StartBot) -> None:
    async with Cloud(app_id="app", app_password=SECRET) as cloud:
        bot = await start_bot(
            app_id="app",
            app_password="secret",  # noqa: S106 - of a fake cloud
            login_url=cloud.url,
            open_id_metadata_url=cloud.open_id_metadata_url,
            service_hosts=("127.0.0.1",),
        )
        body = cloud.person(channel="msteams").message("hi")
        answer = await cloud.post_to_bot(bot, body, {"Authorization": ""})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await cloud.post_to_bot(bot, body)).status == 201


async def test_who_comes_while_too_many_turns_are_under_way_is_told_to_come_again(
    cloud: Cloud,
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow_bot(context: TurnContext) -> None:
        reached.set()
        await go_on.wait()

    server = TestServer(Host(Settings(max_turns=1), storage=Store()).app(slow_bot))
    await server.start_server()
    bot = str(server.make_url("/api/messages"))
    slow, quick = (
        cloud.person(channel="msteams", bot_url=bot),
        cloud.person(channel="msteams", bot_url=bot),
    )
    first = asyncio.ensure_future(slow.says("hi"))
    await reached.wait()
    body = quick.message("hi")
    refused = await cloud.post_to_bot(bot, body)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert json.loads(refused.body)["error"]["code"] == "overloaded"
    go_on.set()
    await first
    for _ in range(3):  # one after another there is room
        assert (await cloud.post_to_bot(bot, body)).status == 201
    await server.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_another_method_is_told_which_are_allowed(bot: str, method: str) -> None:
    async with aiohttp.ClientSession() as session, session.request(method, bot) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "HEAD,POST"
