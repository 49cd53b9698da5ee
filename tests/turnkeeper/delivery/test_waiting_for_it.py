"""Waiting until what a turn owes has left: who gives up waiting takes nobody else with them."""

from __future__ import annotations

import asyncio

from tests.turnkeeper.delivery.store import Store
from tests.turnkeeper.turn.world import World, message


async def test_who_is_cancelled_cancels_nobody_else_s_waiting() -> None:
    world = World(Store())
    process = world.process()
    world.channel.down = True
    first = await process.begin(message("a"))
    again = await process.begin(message("a"))  # the channel delivers it again, and waits too
    first.cancel()
    await asyncio.wait({first})
    world.channel.down = False
    await again
    await process.stop()
