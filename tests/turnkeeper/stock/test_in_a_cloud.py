"""A stock bot in a test: within a cloud its adapter and its states stand on the cloud's ground."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from botbuilder.core import TurnContext

from tests.turnkeeper.stock.bot import Profile, make_adapter, make_bot
from turnkeeper import ConversationState, Types, UserState, open_storage
from turnkeeper.errors import BotError
from turnkeeper.testing import Answer, Clock, Cloud


async def test_it_is_asked_as_a_host_is() -> None:
    adapter, bot = make_adapter(), make_bot()
    async with Cloud(adapter, bot) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        assert await ada.says("hi") == ["Your name?"]
        assert await ada.says("Ada") == ["Hello Ada"]
        assert await ada.state("Profile") == Profile("Ada")


async def test_each_cloud_has_a_new_store_and_leaves_the_bots_own_alone(store: str) -> None:
    adapter, bot = make_adapter(), make_bot()
    for _ in range(2):
        async with Cloud(adapter, bot) as cloud:
            assert await cloud.person("Ada").says("hi") == ["Your name?"]
            assert await cloud.person("Ada").says("Ada") == ["Your name?"]  # elsewhere
    assert await open_storage(store).read(["emulator/users/Ada"]) == {}


async def test_a_bot_goes_on_after_a_restart_of_its_cloud() -> None:
    async with Cloud(make_adapter(), make_bot()) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["Your name?"]
        await cloud.restart()
        assert await ada.says("Ada") == ["Hello Ada"]


async def test_tokens_are_asked_for_where_it_has_credentials() -> None:
    password = "of nothing"  # noqa: S105
    async with Cloud(make_adapter(), make_bot(), app_id="app", app_password=password) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["Your name?"]
        answer = await cloud.post_to_bot("", ada.message("hi"), {"Authorization": ""})
        assert answer.status == 401


async def test_waits_that_the_channel_asks_for_take_no_time() -> None:
    async with Cloud(make_adapter(), make_bot(), clock=Clock()) as cloud:
        cloud.faults.next(Answer(429, retry_after=3))
        assert await cloud.person("Ada").says("hi") == ["Your name?"]


async def test_replies_are_given_up_when_its_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLY_TTL", "60")
    adapter, clock = make_adapter(), Clock()
    async with Cloud(adapter, make_bot(), clock=clock) as cloud:
        cloud.faults.always(Answer(503))
        assert (await cloud.post_to_bot("", cloud.person().message("hi"))).status == 201
        clock.move(minutes=2)
        async with asyncio.timeout(10):
            while not await adapter.records.scan(prefix="given-up/"):  # noqa: ASYNC110 - tried soon
                await asyncio.sleep(0.01)


async def test_one_that_is_open_stays_as_it_is() -> None:
    adapter, bot = make_adapter(), make_bot()
    async with adapter.lifecycle.opened():
        with pytest.raises(BotError, match="close the application that uses it first"):
            async with Cloud(adapter, bot):
                pass


async def test_a_state_is_read_by_the_types_of_its_own_view(store: str) -> None:
    @dataclass
    class Order:
        """In the conversation's state alone."""

        pizzas: int = 2

    users = UserState(open_storage(types=Types(Profile)))
    conversations = ConversationState(open_storage(types=Types(Order)))

    async def bot(context: TurnContext) -> None:
        await users.create_property("profile").set(context, Profile("Ada"))
        await conversations.create_property("order").set(context, Order())
        await users.save_changes(context)
        await conversations.save_changes(context)

    async with Cloud(make_adapter(), bot) as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        assert await ada.state("profile") == Profile("Ada")
        assert await ada.state("order") == Order()
