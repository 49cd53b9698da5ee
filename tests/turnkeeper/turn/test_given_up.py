"""A reply that the channel never takes does not block its conversation for ever."""

import subprocess
import sys

import pytest

from tests.turnkeeper.e2e.process import ROOT
from tests.turnkeeper.turn.world import World, message
from turnkeeper.errors import DeliveryFailed
from turnkeeper.ledger.ledger import REFUSALS, REFUSED_FOR

POISON = "1: a"


async def say(world: World, text: str, times: int = 1) -> None:
    """Say something to a fresh process, again and again, to no avail."""
    for _ in range(times):
        process = world.process()
        with pytest.raises(DeliveryFailed):
            await process.take(message(text))
        await process.stop()


async def test_after_an_hour_of_server_errors_the_conversation_goes_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.channel.answers[POISON] = 500
    await say(world, "a", REFUSALS)
    world.now += REFUSED_FOR
    process = world.process()
    await process.take(message("b"))
    assert world.channel.received == {"c": ["end of 1", "2: b", "end of 2"]}
    assert process.figure("bot_replies_given_up_total") == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "msteams/ledgers/c/: a reply is given up" in caplog.text
    assert POISON not in caplog.text
    await process.stop()


@pytest.mark.parametrize(
    ("refusals", "seconds"), [(REFUSALS - 2, REFUSED_FOR), (5 * REFUSALS, REFUSED_FOR - 1)]
)
async def test_before_it_is_tried_again(world: World, refusals: int, seconds: float) -> None:
    world.channel.answers[POISON] = 502
    await say(world, "a", refusals)
    world.now += seconds
    await say(world, "b")
    world.channel.answers.clear()
    process = world.process()
    await process.take(message("b"))
    assert world.channel.received == {"c": [POISON, "end of 1", "2: b", "end of 2"]}
    await process.stop()


@pytest.mark.parametrize("status", [None, 401, 412, 429])
async def test_a_channel_that_is_away_or_asks_to_wait_is_waited_for(
    world: World, status: int | None
) -> None:
    if status:
        world.channel.answers[POISON] = status
    else:
        world.channel.down = True
    for _ in range(2 * REFUSALS):
        await say(world, "a")
        world.now += REFUSED_FOR
    world.channel.answers.clear()
    world.channel.down = False
    process = world.process()
    await process.take(message("a"))
    assert world.channel.received == {"c": [POISON, "end of 1"]}
    await process.stop()


async def test_each_reply_has_an_hour_of_its_own(world: World) -> None:
    world.channel.answers[POISON] = 500
    await say(world, "a", REFUSALS)
    world.channel.answers = {"end of 1": 500}
    world.now += REFUSED_FOR
    await say(world, "a", REFUSALS)
    assert world.channel.received == {"c": [POISON]}
    world.channel.answers.clear()
    process = world.process()
    await process.take(message("a"))
    assert world.channel.received == {"c": [POISON, "end of 1"]}
    await process.stop()


def test_processes_that_a_server_forks_do_not_take_each_other_for_one() -> None:
    forks = """
import asyncio, os
from tests.turnkeeper.turn.world import World, message
from turnkeeper.ledger.ledger import Ledger

world = World()
process = world.process()
parent = os.fork()


async def holder():
    await process.take(message("a"))
    [key] = [key for key, _ in await world.storage.scan(prefix="msteams/ledgers/")]
    return Ledger.read(key, (await world.storage.fetch([key]))[key]).holder


if parent:
    os.wait()
print(asyncio.run(holder()), flush=True)
"""
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", forks], capture_output=True, text=True, cwd=ROOT, check=True
    )
    child, parent = told.stdout.split()
    assert child != parent
