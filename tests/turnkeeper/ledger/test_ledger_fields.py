"""What another version keeps in a ledger is kept by this one, whatever happens in a turn."""

from __future__ import annotations

import json
from typing import Any

from tests.turnkeeper.turn.world import World, message
from turnkeeper.storage import ANY, Change

KEY = "msteams/ledgers/c/"


async def ledger(world: World) -> dict[str, Any]:
    """The ledger as it is stored."""
    record = (await world.storage.fetch([KEY]))[KEY]
    turns: dict[str, Any] = json.loads(record.body)["state"]["turns"]
    return turns


async def another_version_adds(world: World, **fields: Any) -> None:
    """Another version writes the ledger, with fields that this one does not know."""
    turns = await ledger(world)
    record = (await world.storage.fetch([KEY]))[KEY]
    body = json.dumps({"v": 2, "state": {"turns": turns | fields}})
    await world.storage.commit([Change(KEY, body, ANY, record.owner, record.expires_at, 0)])


async def test_unknown_fields_of_a_ledger_stay_through_turns_and_receipts() -> None:
    world = World()
    process = world.process()
    await process.take(message("a"))
    await another_version_adds(world, tally={"a": [1]}, flag=None)
    world.channel.answers = {"2: b": 503}
    await process.take(message("b"))
    await process.take(message("c", delivery_mode="expectReplies"))
    await process.stop()
    turns = await ledger(world)
    assert turns["queue"]["open"]["2"]["marks"][0] > 0  # it was tried, and that was written
    assert (turns["tally"], turns["flag"]) == ({"a": [1]}, None)
    assert len(turns["seen"].split()) == 3
