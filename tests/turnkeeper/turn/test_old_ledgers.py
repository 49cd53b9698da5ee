"""A ledger that version 0.1 kept of a conversation, for all bots on the store, is gone on from."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from botbuilder.schema import Activity, ChannelAccount

from tests.turnkeeper.turn.world import Process, World, log_of, message
from turnkeeper.errors import UnreadableRecord
from turnkeeper.storage import ANY, Change

OLD, NEW = "msteams/turns/c", "msteams/ledgers/c/"
FIRST, SECOND, THIRD = ([f"{n}: {text}", f"end of {n}"] for n, text in enumerate("abc", 1))


async def old_world(*, owes: bool = False, bot: str = "bot") -> World:
    """A world in which version 0.1 has taken one message, and perhaps owes its replies.

    :param bot: who the bot was in that message, and as whom it owes them.
    """
    world = World()
    process = world.process()
    world.channel.down = owes
    if owes:
        await process.take(message_to(bot, "a"))
    else:
        await process.take(message("a"))
    await process.stop()
    world.channel.down = False
    record = (await world.storage.fetch([NEW]))[NEW]
    turns: dict[str, Any] = {"seen": (await world.ledger()).seen, "holder": "h"}
    changes = [Change(NEW, None, ANY)]
    for key, owed in await world.storage.scan(prefix="owed/"):
        of_turn = json.loads(owed.body)["state"]["owed"]
        turns["owed"] = {
            "turn": of_turn["turn"],
            "effects": of_turn["effects"],
            "sent": 0,
            "holder": "h",
            "until": 1.0,
        }
        changes.append(Change(key, None, ANY))
    body = json.dumps({"v": 1, "state": {"turns": turns}})
    await world.storage.commit([*changes, Change(OLD, body, ANY, record.owner)])
    return world


async def turns_in(world: World, key: str) -> dict[str, Any]:
    """A ledger as it is stored."""
    record = (await world.storage.fetch([key]))[key]
    turns: dict[str, Any] = json.loads(record.body)["state"]["turns"]
    return turns


def message_to(bot: str, text: str) -> Activity:
    """A message to the bot of this id."""
    activity = message(text)
    activity.recipient = ChannelAccount(id=bot)
    return activity


async def test_what_took_effect_then_takes_none_now() -> None:
    world = await old_world()
    process = world.process()
    await process.take(message("a"))
    await process.take(message("b"))
    await process.stop()
    assert await log_of(world, "msteams/conversations/c") == ["a", "b"]
    assert world.channel.received == {"c": FIRST + SECOND}
    records = await world.storage.fetch([OLD, NEW])
    assert records[NEW].owner == records[OLD].owner == "msteams/users/ada"


@pytest.mark.parametrize("text", ["a", "b"])
async def test_what_was_owed_then_is_sent_first_and_once(text: str) -> None:
    world = await old_world(owes=True)
    processes = [world.process(), world.process()]
    await asyncio.gather(*(process.take(message(text)) for process in processes))
    await processes[0].take(message("b"))
    for process in processes:
        await process.stop()
    assert world.channel.received == {"c": FIRST + SECOND}
    assert "owed" not in await turns_in(world, OLD)


async def test_what_another_bot_owes_is_left_to_it() -> None:
    world = await old_world(owes=True)
    process: Process = world.process()
    await process.take(message_to("another bot", "b"))
    await process.stop()
    assert world.channel.received == {"c": SECOND}
    assert len((await turns_in(world, OLD))["owed"]["effects"]) == 2


async def test_it_is_left_untouched_however_many_turns_come() -> None:
    world = await old_world(owes=True)
    before = await world.storage.fetch([OLD])
    for _ in range(2):  # the second process finds this version's own ledger
        process = world.process()
        for text in ("b", "c"):
            await process.take(message_to("another bot", text))
        await process.stop()
    assert world.channel.received == {"c": [*SECOND, *THIRD]}
    assert await world.storage.fetch([OLD]) == before
    assert "owed" not in await turns_in(world, NEW)


@pytest.mark.parametrize(("then", "now"), [("28:bot", "bot"), ("bot", "28:bot")])
async def test_a_bot_with_and_without_the_prefix_of_teams_is_one(then: str, now: str) -> None:
    world = await old_world(owes=True, bot=then)
    process = world.process()
    await process.take(message_to(now, "b"))
    await process.stop()
    assert world.channel.received == {"c": FIRST + SECOND}
    assert "owed" not in await turns_in(world, OLD)


async def test_what_seemed_another_bots_is_sent_first_and_once_when_it_proves_to_be_ours() -> None:
    world = await old_world(owes=True, bot="28:bot")
    process = world.process()
    await process.take(message_to("bot-app-id", "b"))
    assert world.channel.received == {"c": SECOND}
    for _ in range(2):
        await process.take(message_to("28:bot", "c"))
    await process.stop()
    assert world.channel.received == {"c": [*SECOND, *FIRST, *THIRD]}
    assert await log_of(world, "msteams/conversations/c") == ["a", "b", "c"]
    for key in (OLD, NEW):
        assert "owed" not in await turns_in(world, key)


async def test_then_it_is_also_sent_once_where_two_processes_meet() -> None:
    world = await old_world(owes=True, bot="28:bot")
    processes = [world.process(), world.process()]
    await processes[0].take(message_to("bot-app-id", "b"))
    await asyncio.gather(*(process.take(message_to("28:bot", "c")) for process in processes))
    for process in processes:
        await process.stop()
    assert world.channel.received == {"c": [*SECOND, *FIRST, *THIRD]}


async def test_one_that_cannot_be_read_is_kept_as_it_is() -> None:
    world = World()
    await world.storage.commit([Change(OLD, '{"v":99}', ANY)])
    process = world.process()
    with pytest.raises(UnreadableRecord, match=f"^{OLD}: "):
        await process.take(message("a"))
    await process.stop()
    assert [(key, record.body) for key, record in await world.storage.scan()] == [(OLD, '{"v":99}')]


async def test_an_answer_that_speaks_of_what_is_owed_is_no_debt() -> None:
    world = await old_world()
    answers = {"00": {"status": 200, "body": {"owed": 12}}}
    turns = {"seen": " 00", "answers": answers}
    old = json.dumps({"v": 1, "state": {"turns": turns}})
    await world.storage.commit([Change(OLD, old, ANY)])
    process = world.process()
    for text in ("a", "b"):
        async with asyncio.timeout(5):
            await process.take(message(text))
    assert world.channel.received["c"][2:] == ["2: a", "end of 2", "3: b", "end of 3"]
    await process.stop()


async def test_what_a_ledger_of_0_2_to_0_4_owes_is_sent_first_by_the_turn_that_meets_it() -> None:
    world = await old_world(owes=True)
    record = (await world.storage.fetch([OLD]))[OLD]
    await world.storage.commit(
        [Change(OLD, None, ANY), Change(NEW, record.body, ANY, record.owner)]
    )
    processes = [world.process(), world.process()]
    await asyncio.gather(*(process.take(message("b")) for process in processes))
    await asyncio.sleep(3)
    assert world.channel.received == {"c": FIRST + SECOND}
    assert await log_of(world, "msteams/conversations/c") == ["a", "b"]
    assert "owed" not in await turns_in(world, NEW)
    assert await world.storage.scan(prefix="owed/") == []
    for process in processes:
        await process.stop()
