"""Pauses that a bot asks for take nothing from the time that its replies have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from tests.turnkeeper.turn.world import World, message
from turnkeeper import Host, Settings, deadlines
from turnkeeper.delivery import sender
from turnkeeper.testing import Answer, Clock, Cloud
from turnkeeper.turn import turns
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


async def test_a_channel_that_fails_has_as_long_as_without_pauses(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    cloud.faults.next(Answer(), *[Answer(503)] * 1_000)
    assert (await ada.sends(ada.message("3"))).status == 502
    assert 15 < passed(cloud) <= 15 + 10


async def test_what_is_owed_stays_with_its_process_in_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)
    monkeypatch.setattr(sender, "LEASE", 0.3)
    monkeypatch.setattr(turns, "LEASE", 0.3)
    world = World()
    world.clock = asyncio.get_running_loop().time  # type: ignore[method-assign]
    process, other = world.process(), world.process()
    pausing, over, renewed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    records, commits = process.records, []
    commit = records.commit

    async def noting_commit(changes: object) -> dict[str, str]:
        e_tags = await commit(changes)  # type: ignore[arg-type]
        commits.append(changes)
        if len(commits) == 5:  # its turn's own, and four more
            renewed.set()
        return e_tags

    async def pause(_: float) -> None:
        pausing.set()
        await over.wait()

    monkeypatch.setattr(records, "commit", noting_commit)
    monkeypatch.setattr(process.connector, "pause", pause)
    monkeypatch.setattr(process.bot, "on_turn", bot)
    slow = asyncio.ensure_future(process.take(message("1")))
    await pausing.wait()
    following = asyncio.ensure_future(other.take(message("b")))
    await renewed.wait()
    assert not following.done()
    over.set()
    await asyncio.gather(slow, following)
    assert world.channel.received == {"c": ["one moment", "done", "1: b", "end of 1"]}
    await process.stop()
    await other.stop()
