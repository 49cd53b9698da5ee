"""What another version keeps in a ledger is kept by this one, whatever happens in a turn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.turnkeeper.turn.world import World, message
from turnkeeper.errors import DeliveryFailed
from turnkeeper.storage import ANY, Change

KEY = "msteams/ledgers/c/"


async def ledger(world: World) -> dict[str, Any]:
    """The ledger as it is stored."""
    record = (await world.storage.fetch([KEY]))[KEY]
    turns: dict[str, Any] = json.loads(record.body)["state"]["turns"]
    return turns


async def another_version_adds(world: World, in_owed: dict[str, Any], **fields: Any) -> None:
    """Another version writes the ledger, with fields that this one does not know."""
    turns = await ledger(world)
    if in_owed:
        turns["owed"] |= in_owed
    body = json.dumps({"v": 1, "state": {"turns": turns | fields}})
    await world.storage.commit([Change(KEY, body, ANY)])


async def test_unknown_fields_of_a_ledger_stay_through_turns() -> None:
    world = World()
    process = world.process()
    await process.take(message("a"))
    await another_version_adds(world, {}, tally={"a": [1]}, flag=None)
    await process.take(message("b"))
    await process.take(message("c", delivery_mode="expectReplies"))
    await process.stop()
    turns = await ledger(world)
    assert (turns["tally"], turns["flag"]) == ({"a": [1]}, None)
    assert len(turns["seen"].split()) == 3


async def test_unknown_fields_of_what_is_owed_stay_until_it_is_sent() -> None:
    world = World()
    process = world.process()
    world.channel.down = True
    with pytest.raises(DeliveryFailed):
        await process.take(message("a"))
    await another_version_adds(world, {"priority": 7}, tally=1)
    # It is claimed, renewed, refused and noted so: all of these write the ledger.
    world.channel.down, world.channel.answers = False, {"end of 1": 500}
    with pytest.raises(DeliveryFailed):
        await process.take(message("b"))
    turns = await ledger(world)
    assert (turns["owed"]["priority"], turns["owed"]["sent"]) == (7, 1)
    assert (turns["owed"]["refusals"], turns["tally"]) == (1, 1)
    world.channel.answers.clear()
    await process.take(message("b"))
    await process.stop()
    turns = await ledger(world)
    assert turns["tally"] == 1
    assert "owed" not in turns
    assert world.channel.received == {"c": ["1: a", "end of 1", "2: b", "end of 2"]}
