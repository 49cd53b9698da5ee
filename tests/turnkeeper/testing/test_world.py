"""Processes die at the point of a turn that is named, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.turnkeeper.e2e.process import TINY
from turnkeeper.testing import Point, World


@pytest.mark.parametrize("point", Point)
async def test_a_process_dies_there_and_the_next_goes_on(point: Point) -> None:
    async with World(TINY) as world:
        first = await world.process()
        ada = world.cloud.person("Ada", bot_url=first.url)
        assert await ada.says("hi") == ["Who are you?"]
        await first.dies(point)
        with pytest.raises(ConnectionError):
            await ada.says("Ada")
        await first.died()
        sent = world.cloud.texts(ada.place.id)[1:]
        assert sent == (["Hello Ada."] if point is Point.AFTER_SEND else [])
        second = await world.process()
        told = await ada.repeats(second.url)
        assert told == ["Hello Ada."] * (2 if point is Point.AFTER_SEND else 1)
        assert await ada.says("x", second.url) == ["Ada 1: x"]


async def test_a_process_that_ends_otherwise_has_not_died() -> None:
    async with World(TINY) as world:
        process = await world.process()
        await process.terminate()
        with pytest.raises(AssertionError, match="exit code 0"):
            await process.died()


async def test_a_program_that_cannot_start_says_why() -> None:
    async with World(TINY, {"PORT": "many"}) as world:
        with pytest.raises(AssertionError, match="exit code 2.*PORT"):
            await world.process()
