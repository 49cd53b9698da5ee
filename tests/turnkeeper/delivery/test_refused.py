"""A reply that the channel refuses for good is dropped: what comes after it goes on."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount, ConversationParameters

from turnkeeper import Host, Settings
from turnkeeper.errors import DeliveryRefused
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Answer, Cloud


async def bot(context: TurnContext) -> None:
    """Say two things."""
    await context.send_activity(f"first of {context.activity.text}")
    await context.send_activity(f"second of {context.activity.text}")


@pytest.mark.parametrize("status", [400, 403, 404, 501])
async def test_the_next_replies_and_turns_are_sent(cloud: Cloud, status: int) -> None:
    host = Host(Settings(), storage=MemoryStorage())
    async with TestServer(host.app(bot)) as server:
        person = cloud.person(channel="msteams", bot_url=str(server.make_url("/api/messages")))
        cloud.faults.next(Answer(status))
        answer = await person.sends(person.message("a"))
        assert (answer.status, answer.texts) == (201, ["second of a"])
        assert await person.says("b") == ["first of b", "second of b"]


# Where the bot speaks first.


async def speak(context: TurnContext) -> None:
    """Say three things."""
    for text in ("one", "two", "three"):
        await context.send_activity(text)


def refused(cloud: Cloud, *statuses: int) -> None:
    """Have the channel refuse the next replies."""
    cloud.faults.next(*map(Answer, statuses))


async def test_who_speaks_first_is_told_what_was_refused_first() -> None:
    host = Host(Settings())
    said = host.conversation_state.create_property("said")

    async def note(context: TurnContext) -> None:
        await said.set(context, True)
        await speak(context)

    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        refused(cloud, 403, 404)
        with pytest.raises(DeliveryRefused) as refusal:
            await host.adapter.continue_conversation(ada.reference, note)
        assert refusal.value.status == 403
        assert await ada.hears() == ["three"]  # all were tried
        assert await ada.state("said") is True  # and all is committed
        await host.adapter.continue_conversation(ada.reference, speak)
        assert await ada.hears() == ["one", "two", "three"]  # nothing is owed


async def test_so_is_who_begins_a_conversation() -> None:
    host = Host(Settings())
    parameters = ConversationParameters(
        bot=ChannelAccount(id="bot"), members=[ChannelAccount(id="ada")]
    )
    async with Cloud(host, bot) as cloud:
        cloud.faults.next(Answer(), Answer(403))  # it is begun
        with pytest.raises(DeliveryRefused) as refusal:
            await host.adapter.create_conversation(
                "", speak, parameters, "msteams", cloud.service_url
            )
        assert refusal.value.status == 403
        [conversation] = cloud.connector.transcripts
        assert cloud.texts(conversation) == ["two", "three"]


async def test_a_turn_that_speaks_elsewhere_goes_on_where_that_is_refused() -> None:
    host = Host(Settings())

    async def tell_bob(context: TurnContext) -> None:
        if context.activity.text == "tell Bob":
            telling = host.adapter.continue_conversation(bob.reference, speak)
            await asyncio.gather(telling)  # a task of the turn
        await context.send_activity("told")

    async with Cloud(host, tell_bob) as cloud:
        ada, bob = cloud.person("Ada"), cloud.person("Bob")
        await bob.says("hi")
        refused(cloud, 403)
        assert await ada.says("tell Bob") == ["told"]  # nothing waits for Bob's
        await cloud.connector.wait_until(lambda: "three" in cloud.texts(bob.conversation.id), 10)
        assert await bob.hears() == ["two", "three"]


async def test_a_task_that_has_outlived_its_turn_is_told() -> None:
    host = Host(Settings())
    ended, tasks = asyncio.Event(), list[asyncio.Task[None]]()

    async def tell_later() -> None:
        await ended.wait()
        await host.adapter.continue_conversation(bob.reference, speak)

    async def begin(context: TurnContext) -> None:
        tasks.append(asyncio.create_task(tell_later()))
        await context.send_activity("later")

    async with Cloud(host, begin) as cloud:
        ada, bob = cloud.person("Ada"), cloud.person("Bob")
        bob.message("hi")  # now he has a reference
        assert await ada.says("tell Bob") == ["later"]
        refused(cloud, 403)
        ended.set()
        with pytest.raises(DeliveryRefused):
            await tasks[0]
