"""A class of the bot's that names conversations: the person's, who are forgotten with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from botbuilder.core import TurnContext

from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper import Host, Settings, Types
from turnkeeper.errors import BotError

LEDGER = "msteams/ledgers/c/"


def none() -> Any:
    """Return nothing, as a method does whose author has forgotten to."""


def fails() -> Any:
    raise KeyError("s3cret")


answers: dict[str, Callable[[], Any]] = {
    "none": none,
    "fails": fails,
    "numbers": lambda: [5],
    "places": lambda: ["19:h"],
}


@dataclass
class Visits:
    """Where a person was; what it says of that is chosen by its one word."""

    word: str = ""

    def conversations(self) -> Iterable[str]:
        """Return the ids of conversations."""
        chosen: Iterable[str] = answers[self.word]()
        return chosen


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    """A process whose bot keeps a word, and forgets who says "forget me"."""
    process = World().process()
    host = Host(Settings(), storage=process.records, types=Types(Visits))
    host.adapter.open(process.connector)
    host.adapter.on_turn_error = None
    visits = host.user_state.create_property("Visits")

    class Bot:
        async def on_turn(self, context: TurnContext) -> None:
            if context.activity.text == "forget me":
                await host.forget(context)
            else:
                await visits.set(context, Visits(context.activity.text))

    process.adapter, process.bot = host.adapter, Bot()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(process.stop)
        yield process


@pytest.mark.parametrize("word", ["none", "fails", "numbers"])
async def test_one_that_names_none_rightly_is_told_of_and_nothing_is_erased(
    process: Process, word: str
) -> None:
    await process.take(message(word))
    before = await process.world.storage.scan()
    with pytest.raises(BotError, match=r"^Visits\.conversations\(\) .* nobody is erased") as told:
        await process.take(message("forget me"))
    assert "s3cret" not in str(told.value)
    assert await process.world.storage.scan() == before


async def test_one_that_names_them_is_erased(process: Process) -> None:
    await process.take(message("places"))
    await process.take(message("forget me"))
    assert [key for key, _ in await process.world.storage.scan()] == [LEDGER]
