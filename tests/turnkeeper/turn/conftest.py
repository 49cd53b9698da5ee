"""Fixtures: a world for turns, and a process in it; time passes at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.turnkeeper.turn.world import Process, World
from tests.turnkeeper.virtual_time import event_loop_policy

__all__ = ["event_loop_policy", "process", "world"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()
