"""Two processes on one store do what one process does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.turnkeeper.e2e.process import BotProcess
from turnkeeper.testing import Cloud

DURABLE = pytest.mark.parametrize("storage_url", ["sqlite", "postgresql", "redis"], indirect=True)


@pytest.fixture
async def bots(storage_url: str) -> AsyncIterator[tuple[str, str]]:
    """The URLs of two bot processes on one store."""
    variables = {"STORAGE_URL": storage_url}
    async with AsyncExitStack() as stack:
        one, two = (BotProcess(variables), BotProcess(variables))
        await asyncio.gather(one.start(), two.start())
        for bot in (one, two):
            stack.push_async_exit(bot)
        yield one.url, two.url


@DURABLE
async def test_a_conversation_may_alternate_between_them(
    cloud: Cloud, bots: tuple[str, str]
) -> None:
    person = cloud.person(channel="msteams")
    assert await person.says("hi", bots[0]) == ["Who are you?"]
    assert await person.says("Ada", bots[1]) == ["Hello Ada."]
    for number in range(1, 11):
        texts = await person.says(f"message {number}", bots[number % 2])
        assert texts == [f"Ada {number}: message {number}"]


@DURABLE
async def test_two_names_that_race_leave_one_and_both_are_answered(
    cloud: Cloud, bots: tuple[str, str]
) -> None:
    async def race() -> None:
        person = cloud.person(channel="msteams")
        await person.says("hi", bots[0])
        await asyncio.gather(person.says("Ada", bots[0]), person.says("Grace", bots[1]))
        said = cloud.texts(person.conversation.id)
        assert said in [
            ["Who are you?", f"Hello {name}.", f"{name} 1: {other}"]
            for name, other in (("Ada", "Grace"), ("Grace", "Ada"))
        ]

    for _ in range(10):
        await asyncio.gather(*(race() for _ in range(20)))


@DURABLE
async def test_a_message_delivered_to_both_at_once_is_answered_once(
    cloud: Cloud, bots: tuple[str, str]
) -> None:
    async def deliver() -> None:
        person = cloud.person(channel="msteams")
        activity = person.message("hi")
        turns = await asyncio.gather(*(person.sends(activity, bot) for bot in bots * 2))
        assert {turn.status for turn in turns} == {201}
        assert cloud.texts(person.conversation.id) == ["Who are you?"]

    await asyncio.gather(*(deliver() for _ in range(20)))
