"""A store in memory that does what a test tells it, and notes what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from tests.turnkeeper.turn.world import Memory
from turnkeeper.errors import StorageUnavailable
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import ANY, Change, Record

START = 1_700_000_000.0


def key(name: str = "c") -> str:
    """The key of a conversation's ledger."""
    return f"msteams/ledgers/{name}/"


class Store(Memory):
    """A store whose clock is the event loop's.

    :ivar ahead: seconds by which its clock was set.
    :ivar away: whether it takes nothing, and answers nothing.
    :ivar lost: whether the answers of commits are lost, though they take effect.
    :ivar written: the keys of each commit that it took.
    :ivar asked: how many commits it was asked for.
    :ivar reads: how many reads, looks at what is due among them.
    :ivar before: is awaited with the keys before a commit.
    :ivar after: likewise after one that it took, before its answer.
    """

    def __init__(self) -> None:
        super().__init__(lambda: START + self.ahead + asyncio.get_running_loop().time())
        self.ahead = 0.0
        self.away = self.lost = False
        self.written: list[list[str]] = []
        self.asked = self.reads = 0
        self.before: Callable[[list[str]], Awaitable[None]] = _nothing
        self.after: Callable[[list[str]], Awaitable[None]] = _nothing

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        await asyncio.sleep(0)
        self.reads += 1
        if self.away:
            raise StorageUnavailable("the store is away")
        return await super().fetch(keys)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        await asyncio.sleep(0)
        keys = [change.key for change in changes]
        self.asked += 1
        await self.before(keys)
        if self.away:
            raise StorageUnavailable("the store is away")
        e_tags = await super().commit(changes)
        self.written.append([change.key for change in changes if not change.keep])
        await self.after(keys)
        if self.lost:
            raise StorageUnavailable("the answer is lost")
        return e_tags

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        self.reads += 1
        if self.away:
            raise StorageUnavailable("the store is away")
        return await super().due(prefix=prefix, limit=limit)

    async def ledger(self, name: str = "c") -> Ledger:
        """A ledger as it is stored."""
        return Ledger.read(key(name), (await Memory.fetch(self, [key(name)])).get(key(name)))

    async def change(self, name: str, do: Callable[[Ledger], object]) -> None:
        """Have another process change a ledger."""
        ledger = await self.ledger(name)
        do(ledger)
        record = (await Memory.fetch(self, [key(name)])).get(key(name))
        owner = record.owner if record else ""
        due_in = ledger.queue.due_in(self.now())
        await Memory.commit(self, [Change(key(name), ledger.body(), ANY, owner, None, due_in)])


async def _nothing(_: list[str]) -> None:
    pass
