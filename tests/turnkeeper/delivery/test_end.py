"""The end of a process: what was sent is written down, if the store takes it soon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.turnkeeper.turn.world import World, message
from turnkeeper.delivery import receipts
from turnkeeper.errors import StorageUnavailable, WriteConflict
from turnkeeper.storage import Change, MemoryStorage


class Store(MemoryStorage):
    """A store that takes turns and no receipts, and in the end does what it is told.

    :ivar ending: what it raises in the end, one commit after another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ending: list[Exception] | None = None
        self.asked = 0

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        if self.ending is not None:
            self.asked += 1
            if not self.ending:
                await asyncio.Event().wait()
            raise self.ending.pop(0)
        if all("/ledgers/" in change.key for change in changes):
            raise StorageUnavailable("the store is away")
        return await super().commit(changes)


async def test_a_store_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "CLOSING", 0.05)
    store = Store()
    process = World(store).process()
    await process.take(message("a"))
    store.ending = []
    async with asyncio.timeout(5):
        await process.stop()
    assert store.asked == 1


async def test_a_store_that_goes_away_is_asked_no_more() -> None:
    store = Store()
    process = World(store).process()
    for name in "cde":
        await process.take(message("a", conversation=name, person=name))
    # All at once, which somebody else has changed; then one by one.
    store.ending = [WriteConflict("c"), *(StorageUnavailable("away") for _ in range(9))]
    await process.stop()
    assert store.asked == 2
