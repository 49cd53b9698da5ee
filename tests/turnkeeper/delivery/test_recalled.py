"""What a process has sent it knows, also where the store did not take the receipt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from tests.turnkeeper.turn.world import World, message
from turnkeeper.delivery import receipts
from turnkeeper.errors import DeliveryFailed, StorageUnavailable
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import Change, MemoryStorage

FIRST, SECOND = ["1: a", "end of 1"], ["2: b", "end of 2"]


class Failing(MemoryStorage):
    """A store that does not take some commits.

    :ivar fails: their numbers, from 1.
    """

    def __init__(self, *fails: int) -> None:
        super().__init__()
        self.fails = fails
        self.commits = 0

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self.commits += 1
        if self.commits in self.fails:
            raise StorageUnavailable("the store is away")
        return await super().commit(changes)


async def test_the_next_turn_does_not_send_it_again() -> None:
    world = World(Failing(2))  # the receipt of the first turn
    process = world.process()
    await process.take(message("a"))
    await process.take(message("b"))
    await process.stop()
    assert world.channel.received == {"c": FIRST + SECOND}


async def test_nor_does_the_next_process_once_it_is_written_down() -> None:
    world = World(Failing(2))
    process, other = world.process(), world.process()
    await process.take(message("a"))
    await process.stop()  # writes down what is left
    await other.take(message("b"))
    await other.stop()
    assert world.channel.received == {"c": FIRST + SECOND}


async def test_it_is_written_down_as_soon_as_the_store_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts, "LATER", 0.001)
    world = World(Failing(2))
    process = world.process()
    await process.take(message("a"))

    async def owes() -> bool:
        key = "msteams/ledgers/c/"
        return Ledger.read(key, (await world.storage.fetch([key]))[key]).owed is not None

    assert await owes()
    async with asyncio.timeout(10):
        while await owes():  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0)
    await process.stop()


async def test_a_reply_is_known_by_its_id_all_the_same() -> None:
    world = World(Failing(2))
    process = world.process()
    await process.take(message("a"))
    await process.take(message("b"))
    records = dict(await world.storage.scan())
    ledger = records["msteams/ledgers/c/"].body
    assert all(f'"channel-{number}"' in ledger for number in range(1, 5))
    await process.stop()


@pytest.mark.parametrize("down", [True, False])
async def test_an_end_warns_of_what_may_be_sent_twice_and_of_nothing_else(
    down: bool, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(Failing(*range(2, 100)))  # it takes the turn, and nothing after that
    process = world.process()
    world.channel.down = down
    if down:
        with pytest.raises(DeliveryFailed):
            await process.take(message("a"))
    else:
        await process.take(message("a"))
    await process.stop()
    warnings = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert any("may get a reply twice" in warning for warning in warnings) is not down
