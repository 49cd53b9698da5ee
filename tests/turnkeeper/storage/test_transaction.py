"""A transaction writes what changed, under what it read, with the life it was given."""

import asyncio
from collections.abc import Collection

import pytest

from tests.turnkeeper.clock import Clock
from turnkeeper.errors import WriteConflict
from turnkeeper.storage import Change, MemoryStorage, Record
from turnkeeper.storage.transaction import Transaction

DAY = 86_400.0


class SlowStorage(MemoryStorage):
    """Memory whose second fetch is asked early and answered late."""

    def __init__(self) -> None:
        super().__init__()
        self.fetches = 0
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        self.fetches += 1
        if self.fetches == 2:
            self.asked.set()
            await self.go_on.wait()
        return await super().fetch(keys)


async def write(storage: MemoryStorage, clock: Clock, body: str, ttl: float | None) -> bool:
    """Write a record as a turn would; whether anything was written."""
    transaction = Transaction(storage, clock=clock)
    await transaction.load(["k"])
    transaction.put("k", body, ttl=ttl)
    changed = transaction.changed
    await transaction.commit()
    return changed


async def test_a_record_that_is_used_lives_on() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    await write(storage, clock, "{}", 30 * DAY)
    for _ in range(5):
        clock.now += 20 * DAY
        await write(storage, clock, "{}", 30 * DAY)
    assert "k" in await storage.fetch(["k"])


async def test_a_record_that_is_not_used_expires() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    await write(storage, clock, "{}", 30 * DAY)
    clock.now += 31 * DAY
    assert await storage.fetch(["k"]) == {}
    assert await storage.sweep() == 1


async def test_an_unchanged_record_is_not_rewritten_before_half_of_its_life() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    assert await write(storage, clock, "{}", 30 * DAY)
    clock.now += 10 * DAY
    assert not await write(storage, clock, "{}", 30 * DAY)
    clock.now += 10 * DAY
    assert await write(storage, clock, "{}", 30 * DAY)


async def test_a_changed_time_to_live_reaches_old_records() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    await write(storage, clock, "{}", None)
    assert await write(storage, clock, "{}", 30 * DAY)
    assert await write(storage, clock, "{}", None)
    assert not await write(storage, clock, "{}", None)


async def test_each_record_is_read_once() -> None:
    storage = MemoryStorage()
    transaction = Transaction(storage)
    await transaction.load(["k"])
    await write(storage, Clock(1_000_000.0), "{}", None)
    await transaction.load(["k"])
    assert transaction.record("k") is None
    await transaction.load(["k"], again=True)
    assert transaction.record("k") is not None


async def test_what_one_task_has_read_and_put_no_other_reads_anew() -> None:
    clock = Clock(1_000_000.0)
    storage = SlowStorage()
    await write(storage, clock, "old", None)
    transaction = Transaction(storage)
    late = asyncio.create_task(transaction.load(["k"]))
    await storage.asked.wait()
    await transaction.load(["k"])
    transaction.put("k", "mine")
    await write(storage, clock, "theirs", None)
    storage.go_on.set()
    await late
    assert transaction.body("k") == "mine"
    transaction.put("k", "mine still")
    with pytest.raises(WriteConflict):
        await transaction.commit()


async def test_what_is_put_blindly_is_written_whatever_others_did() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage()
    transaction = Transaction(storage)
    for body in ("mine", None):
        await transaction.load(["k"], again=True)
        await write(storage, clock, "theirs", None)
        transaction.put("k", body, blindly=True)
        await transaction.commit()
        stored = (await storage.fetch(["k"])).get("k")
        assert (stored and stored.body) == body


async def test_the_last_put_counts_and_can_be_taken_back() -> None:
    storage = MemoryStorage()
    transaction = Transaction(storage)
    await transaction.load(["k"])
    transaction.put("k", "1")
    transaction.put("k", "2")
    await transaction.commit()
    assert (await storage.fetch(["k"]))["k"].body == "2"
    transaction.put("k", "3")
    transaction.put("k", "2")
    assert not transaction.changed
    transaction.put("k", None)
    transaction.discard()
    assert not transaction.changed


async def test_a_second_commit_builds_on_the_first() -> None:
    storage = MemoryStorage()
    transaction = Transaction(storage)
    await transaction.load(["k"])
    for body in ("1", "2", None, "3"):
        transaction.put("k", body)
        await transaction.commit()
    assert (await storage.fetch(["k"]))["k"].body == "3"


async def test_an_unchanged_record_is_written_where_it_is_or_was_due() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    told: list[tuple[float | None, list[float]]]
    told = [(-5.0, [5.0]), (60.0, []), (0.0, [0.0]), (None, []), (0.0, [0.0]), (None, [])]
    for blindly in (False, True):
        for due_in, late in told:
            transaction = Transaction(storage, clock=clock)
            await transaction.load(["k"])
            transaction.put("k", "{}", due_in=due_in, blindly=blindly)
            assert transaction.changed
            await transaction.commit()
            assert [one for _, one in await storage.due()] == late
    assert not await write(storage, clock, "{}", None)


async def test_what_a_transaction_wrote_as_due_it_can_take_back() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    transaction = Transaction(storage, clock=clock)
    await transaction.load(["k"])
    for due_in, found in ((0.0, [("k", 0.0)]), (None, [])):
        transaction.put("k", "{}", due_in=due_in)
        await transaction.commit()
        assert await storage.due() == found
    transaction.put("k", "{}")
    assert not transaction.changed


async def test_what_is_rewritten_is_due_as_it_was() -> None:
    clock = Clock(1_000_000.0)
    storage = MemoryStorage(clock)
    await storage.commit([Change("k", "old", None, due_in=60), Change("quiet", "old", None)])
    clock.now += 90
    transaction = Transaction(storage, clock=clock)
    await transaction.load(["k", "quiet"])
    transaction.rewrite("k", "new")
    transaction.rewrite("quiet", "new")
    await transaction.commit()
    assert await storage.due() == [("k", 30)]
