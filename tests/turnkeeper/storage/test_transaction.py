"""A transaction writes what changed, under what it read, with the life it was given."""

import asyncio
from collections.abc import Collection, Iterator

import pytest

from tests.turnkeeper.clock import Clock
from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, MemoryStorage, Record
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


async def test_a_revision_is_made_of_the_newest_record_and_conflicts_with_nobody() -> None:
    storage = MemoryStorage()
    await storage.commit([Change("k", "1", None), Change("other", "o", None)])
    transaction = Transaction(storage, hosted=True)
    await transaction.load(["k", "other"])
    seen: list[str | None] = []

    def revise(record: Record | None) -> Iterator[Change]:
        seen.append(record.body if record else None)
        yield Change("k", f"{seen[-1]}+", record.e_tag if record else None)

    transaction.revise("k", revise)
    assert transaction.changed
    await storage.commit([Change("k", "2", ANY)])
    await transaction.commit()
    assert seen == ["1", "2"]
    assert (await storage.fetch(["k"]))["k"].body == "2+"


async def test_a_revision_may_end_the_commit() -> None:
    storage = MemoryStorage()
    transaction = Transaction(storage)
    await transaction.load(["k"])

    def revise(record: Record | None) -> Iterator[Change]:
        yield Change("k", "1", None)
        raise WriteConflict("k")

    transaction.revise("k", revise)
    with pytest.raises(WriteConflict):
        await transaction.commit()
    assert await storage.scan() == []


@pytest.mark.parametrize("there", [True, False])
async def test_what_was_only_read_must_be_as_it_was_where_the_host_commits(there: bool) -> None:
    storage = MemoryStorage()
    if there:
        await storage.commit([Change("read", "1", None)])
    for hosted, unchecked in ((False, False), (True, True), (True, False)):
        transaction = Transaction(storage, hosted=hosted)
        await transaction.load(["read", "put"])
        if unchecked:
            transaction.leave_unchecked("read")
        transaction.put("put", f"{hosted} {unchecked}")
        await storage.commit([Change("read", f"by another, {hosted}, {unchecked}", ANY)])
        if hosted and not unchecked:
            with pytest.raises(WriteConflict):
                await transaction.commit()
        else:
            await transaction.commit()


async def test_what_was_only_read_is_not_written() -> None:
    storage = MemoryStorage()
    await storage.commit([Change("read", "1", None, "ada", due_in=5)])
    before = await storage.fetch(["read"])
    transaction = Transaction(storage, hosted=True)
    await transaction.load(["read", "absent", "put"])
    transaction.put("put", "1")
    await transaction.commit()
    assert await storage.fetch(["read", "absent"]) == before
