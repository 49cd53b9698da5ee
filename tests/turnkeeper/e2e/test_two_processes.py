"""Two processes on one store do what one process does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.cloud import FakeCloud
from tests.turnkeeper.e2e.process import BotProcess

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
    cloud: FakeCloud, bots: tuple[str, str]
) -> None:
    person = cloud.person("msteams")
    assert (await person.says("hi", bots[0])).texts == ["Who are you?"]
    assert (await person.says("Ada", bots[1])).texts == ["Hello Ada."]
    for number in range(1, 11):
        turn = await person.says(f"message {number}", bots[number % 2])
        assert (turn.status, turn.texts) == (201, [f"Ada {number}: message {number}"])


@DURABLE
async def test_two_names_that_race_leave_one_and_both_are_answered(
    cloud: FakeCloud, bots: tuple[str, str]
) -> None:
    async def race() -> None:
        person = cloud.person("msteams")
        await person.says("hi", bots[0])
        turns = await asyncio.gather(person.says("Ada", bots[0]), person.says("Grace", bots[1]))
        assert [turn.status for turn in turns] == [201, 201]
        said = cloud.texts(person.place.id)
        assert said in [
            ["Who are you?", f"Hello {name}.", f"{name} 1: {other}"]
            for name, other in (("Ada", "Grace"), ("Grace", "Ada"))
        ]

    for _ in range(10):
        await asyncio.gather(*(race() for _ in range(20)))


@DURABLE
async def test_a_message_delivered_to_both_at_once_is_answered_once(
    cloud: FakeCloud, bots: tuple[str, str]
) -> None:
    async def deliver() -> None:
        person = cloud.person("msteams")
        activity = person.message("hi")
        turns = await asyncio.gather(*(person.sends(activity, bot) for bot in bots * 2))
        assert {turn.status for turn in turns} == {201}
        assert cloud.texts(person.place.id) == ["Who are you?"]

    await asyncio.gather(*(deliver() for _ in range(20)))
