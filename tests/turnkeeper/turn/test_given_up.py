"""A reply that the channel never takes does not block its conversation for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from tests.turnkeeper.turn.world import Crash, Process, World, message
from turnkeeper.connector.outcome import Failed, Outcome
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import REPLY_TTL

POISON = "1: a"
REST = ["end of 1"]
GIVEN_UP = "given-up//msteams/c/1-0"


@pytest.fixture
async def process(world: World) -> Process:
    process = world.process()
    await process.dispatch()
    return process


def now() -> float:
    return asyncio.get_running_loop().time()


def answers(process: Process, text: str, outcome: Callable[[], Outcome | None]) -> None:
    """Have the channel answer so to a reply of this text."""
    attempt = process.connector.attempt_send

    async def attempt_send(*arguments: Any, **named: Any) -> Outcome:
        if text.encode() in arguments[2] and (answer := outcome()):
            return answer
        return await attempt(*arguments, **named)

    process.connector.attempt_send = attempt_send  # type: ignore[method-assign]


async def given_up_after(world: World) -> float:
    """Wait until the first reply is given up; return how long that took."""
    async with asyncio.timeout(86_000):
        while not await world.storage.fetch([GIVEN_UP]):  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(5)
    return now()


@pytest.mark.parametrize(
    ("status", "seconds"), [(500, 15 * 60), (503, REPLY_TTL), (429, REPLY_TTL)]
)
async def test_after_its_time_it_is_given_up_and_the_conversation_goes_on(
    world: World,
    process: Process,
    caplog: pytest.LogCaptureFixture,
    status: int,
    seconds: float,
) -> None:
    world.channel.answers[POISON] = status
    await process.take(message("a"))
    await process.take(message("b"))
    assert world.channel.received == {}
    assert seconds < await given_up_after(world) < seconds + 130
    await asyncio.sleep(62)  # as after any failed try
    assert world.channel.received == {"c": [*REST, "2: b", "end of 2"]}
    assert process.figure("bot_replies_given_up_total") == 1
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["msteams/ledgers/c/: a reply is given up"]
    assert POISON not in caplog.text
    await process.stop()


async def test_a_setting_says_how_long_it_is_tried(world: World) -> None:
    process = world.process(reply_ttl=120.0)
    await process.dispatch()
    world.channel.answers[POISON] = 503
    await process.take(message("a"))
    assert 120 < await given_up_after(world) < 190
    await process.stop()


async def test_what_the_channel_takes_in_time_is_not_given_up(
    world: World, process: Process
) -> None:
    world.channel.down = True
    await process.take(message("a"))
    await asyncio.sleep(REPLY_TTL - 120)
    world.channel.down = False
    await asyncio.sleep(120)
    assert world.channel.received == {"c": [POISON, *REST]}
    assert process.figure("bot_replies_given_up_total") == 0
    assert process.figure("bot_replies_sent_late_total") == 2
    await process.stop()


async def test_waits_that_the_channel_asks_for_do_not_count(world: World, process: Process) -> None:
    answers(process, POISON, lambda: Failed("busy", 429, 600.0) if now() < 5 * 3600 else None)
    await process.take(message("a"))
    await asyncio.sleep(6 * 3600)
    assert world.channel.received == {"c": [POISON, *REST]}
    await process.stop()


async def test_where_the_bot_cannot_log_in_nothing_is_ever_given_up(
    world: World, process: Process
) -> None:
    answers(
        process,
        POISON,
        lambda: Failed("login", 500, of_the_bot=True) if now() < 3 * 3600 else None,
    )
    await process.take(message("a"))
    await asyncio.sleep(3 * 3600 + 120)
    assert world.channel.received == {"c": [POISON, *REST]}
    await process.stop()


async def test_it_is_kept_for_the_operator_for_a_day(world: World, process: Process) -> None:
    world.channel.answers[POISON] = 500
    await process.take(message("a"))
    await given_up_after(world)
    record = (await world.storage.fetch([GIVEN_UP]))[GIVEN_UP]
    assert record.owner == "msteams/users/ada"
    kept = Owed.read(GIVEN_UP, record)
    assert POISON in str(kept.effects[0].to_json())
    await asyncio.sleep(100)
    assert await world.storage.scan(prefix="owed/") == []
    await process.stop()
    await asyncio.sleep(86_200)
    assert await world.storage.fetch([GIVEN_UP])
    await asyncio.sleep(100)
    assert await world.storage.fetch([GIVEN_UP]) == {}


async def test_what_stood_unsent_while_the_bot_was_away_is_tried_before_it_is_given_up(
    world: World,
) -> None:
    first = world.process()
    first.steps.plan(2, after=True)  # it is committed, and nobody tries
    with pytest.raises(Crash):
        await first.take(message("a"))
    await first.stop()
    world.channel.down = True
    await asyncio.sleep(3 * REPLY_TTL)
    fresh = world.process()
    await fresh.dispatch()
    await asyncio.sleep(30)  # the channel is away as well, for a moment
    world.channel.down = False
    await asyncio.sleep(40)
    assert world.channel.received == {"c": [POISON, *REST]}
    await fresh.stop()


# Later turns that speak of what was never taken.


async def refer(process: Process, do: Callable[[TurnContext, str], object]) -> list[str]:
    """Say "draft", which the channel does not take, and in a later turn do something to it."""
    ids: list[str] = []

    async def bot(context: TurnContext) -> None:
        if context.activity.text == "a":
            ids.append((await context.send_activity("draft")).id)
        else:
            await do(context, ids[0])  # type: ignore[misc]
            await context.send_activity("done")

    process.bot.on_turn = bot
    await process.take(message("a"))
    await process.take(message("b"))
    await process.stop()
    return process.world.channel.received["c"]


@pytest.mark.parametrize("status", [403, 404, 501])
async def test_an_update_of_a_refused_reply_goes_as_a_new_message(
    world: World, process: Process, status: int
) -> None:
    world.channel.answers["draft"] = status

    async def update(context: TurnContext, reply: str) -> None:
        await context.update_activity(Activity(type="message", id=reply, text="better"))

    assert await refer(process, update) == ["better", "done"]


async def test_and_an_update_of_that_finds_it(world: World, process: Process) -> None:
    world.channel.answers["draft"] = 403

    async def update_twice(context: TurnContext, reply: str) -> None:
        for text in ("better", "best"):
            await context.update_activity(Activity(type="message", id=reply, text=text))

    assert await refer(process, update_twice) == ["better", "update channel-1: best", "done"]


async def test_a_deletion_of_it_is_dropped(world: World, process: Process) -> None:
    world.channel.answers["draft"] = 403

    async def delete(context: TurnContext, reply: str) -> None:
        await context.delete_activity(reply)

    assert await refer(process, delete) == ["done"]
    assert process.figure("bot_replies_refused_total") == 1


async def test_a_refusal_is_in_the_log_and_counted(
    world: World, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    world.channel.answers[POISON] = 403
    await process.take(message("a"))
    assert world.channel.received == {"c": REST}
    assert process.figure("bot_replies_refused_total") == 1
    assert [record.getMessage() for record in caplog.records] == [
        "msteams/ledgers/c/: the channel refused a reply: 403"
    ]
    await process.stop()
