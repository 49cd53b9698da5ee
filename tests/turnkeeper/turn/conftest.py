"""Fixtures: a world for turns, and a process in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.turnkeeper.turn.world import Process, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()
