"""Pauses that a bot asks for take nothing from the time that its replies have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from tests.turnkeeper.turn.world import Crash, World, message
from turnkeeper import Host, Settings
from turnkeeper.testing import Clock, Cloud
from turnkeeper.turn.outbox import ALL_DELAYS_MS

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


async def bot(context: TurnContext) -> None:
    """Pause as often as one says, for five seconds each, and answer."""
    await context.send_activity("one moment")
    for _ in range(int(context.activity.text)):
        await context.send_activity(Activity(type="delay", value=5_000))
    await context.send_activity("done")


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """The bot, and a clock that stands still but for what is waited for."""
    async with Cloud(Host(Settings()), bot, clock=Clock(START)) as cloud:
        yield cloud


def passed(cloud: Cloud) -> float:
    """How many seconds have passed."""
    return (cloud.clock.now() - START).total_seconds()


@pytest.mark.parametrize(("pauses", "seconds"), [(1, 5), (2, 10), (5, 25), (6, 30), (40, 30)])
async def test_a_reply_behind_pauses_is_sent_and_they_last_30_seconds_at_most(
    cloud: Cloud, pauses: int, seconds: float
) -> None:
    assert ALL_DELAYS_MS == 30_000
    assert await cloud.person("Ada").says(str(pauses)) == ["one moment", "done"]
    assert passed(cloud) == seconds


async def test_what_is_owed_stays_with_its_process_in_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    process, other = world.process(), world.process()
    monkeypatch.setattr(process.bot, "on_turn", bot)
    await other.dispatch()
    await process.take(message("2"))
    assert world.channel.received == {"c": ["one moment"]}
    holder = (await world.ledger()).queue.holder
    for _ in range(7):
        assert (await world.ledger()).queue.holder == holder != ""
        await asyncio.sleep(1)
    await other.take(message("b"))
    assert world.channel.received == {"c": ["one moment", "done", "1: b", "end of 1"]}
    await process.stop()
    await other.stop()


async def test_a_process_that_dies_in_a_pause_leaves_what_is_behind_it_to_others() -> None:
    world = World()
    process, other = world.process(), world.process()
    process.bot.on_turn = bot
    await other.dispatch()
    taking = await process.begin(message("1"))
    await asyncio.sleep(1)
    process.steps.dead = True
    with pytest.raises(Crash):
        await taking
    await asyncio.sleep(20)
    assert world.channel.received == {"c": ["one moment", "done"]}
    await process.stop()
    await other.stop()


async def test_the_answer_does_not_wait_for_a_long_pause() -> None:
    world = World()
    process = world.process()
    process.bot.on_turn = bot
    began = asyncio.get_running_loop().time()
    await process.take(message("6"))
    assert asyncio.get_running_loop().time() - began < 3
    await process.stop()
