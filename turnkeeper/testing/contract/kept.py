"""What a commit only checks is as it was, and as it was read."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Final

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.storage.namespace import Namespace
from turnkeeper.testing.clock import Clock
from turnkeeper.testing.contract.lifecycle import Another
from turnkeeper.testing.contract.records import bodies, put

HOUR: Final = 3600.0
STALE: Final = "0123456789abcdef"
PAIR: Final = ("a", "b")


def kept(key: str, record: Record) -> Change:
    """Return the change that keeps a record as it was read."""
    return Change(key, record.body, record.e_tag, record.owner, record.expires_at, None, keep=True)


async def read(storage: RecordStorage, *keys: str) -> dict[str, Record]:
    """Return the records under some keys; all of them are there."""
    found = await storage.fetch(keys)
    assert set(found) == set(keys)
    return found


async def write_one_of_pair(
    storage: RecordStorage, key: str, found: dict[str, Record]
) -> int | None:
    """Count one of two records up beyond both, as they were read; None if that is a conflict."""
    [other] = set(PAIR) - {key}
    number = 1 + sum(int(record.body) for record in found.values())
    changes = [Change(key, str(number), found[key].e_tag), kept(other, found[other])]
    try:
        await storage.commit(random.sample(changes, len(changes)))
    except WriteConflict:
        return None
    return number


def write_in_thread(storage: RecordStorage, keys: Sequence[str]) -> list[int]:
    """Do so with a storage of its own in an event loop of its own; return what was written."""

    async def run() -> list[int]:
        await storage.open()
        try:
            written = [
                await write_one_of_pair(storage, key, await read(storage, *PAIR)) for key in keys
            ]
        finally:
            await storage.close()
        return [number for number in written if number is not None]

    return asyncio.run(run())


@pytest.mark.asyncio
class Kept:
    """A commit compares the e_tags of the records that it keeps, and writes none of them."""

    async def test_a_kept_record_stays_as_it_is(self, storage: RecordStorage) -> None:
        await put(storage, "written")
        await storage.commit([Change("kept", '{"v":1}', None, "ada", 4e9 + 0.25, HOUR)])
        before = await read(storage, "written", "kept")
        for _ in range(2):
            found = await read(storage, "written", "kept")
            changes = [Change("written", "{}", found["written"].e_tag), kept("kept", found["kept"])]
            e_tags = await storage.commit(changes)
            assert set(e_tags) == {"written"}
        after = await read(storage, "written", "kept")
        assert after["kept"] == before["kept"]
        assert after["written"].e_tag == e_tags["written"]
        assert [key for key, _ in await storage.scan(owner="ada")] == ["kept"]

    async def test_what_is_due_stays_due_where_it_is_kept(self, storage: RecordStorage) -> None:
        await storage.commit([Change("kept", "{}", None, due_in=-10)])
        found = await read(storage, "kept")
        await storage.commit([kept("kept", found["kept"]), Change("k", "{}", None)])
        assert [key for key, _ in await storage.due()] == ["kept"]
        assert await read(storage, "kept") == found

    async def test_the_other_fields_of_a_kept_record_are_not_looked_at(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        await storage.commit([Change("kept", "{}", None, "ada", 4e9)])
        before = await read(storage, "kept")
        e_tag = before["kept"].e_tag
        for body, expires_at in (("other", clock() - 1), ("", None), (None, None)):
            change = Change("kept", body, e_tag, "grace", expires_at, 0, keep=True)
            assert await storage.commit([change]) == {}
            assert set(await storage.commit([Change("k", "{}", ANY), change])) == {"k"}
            deleted = Change("k", None, ANY)
            assert await storage.commit([deleted, change]) == {}
            assert set(await storage.commit([deleted, Change("l", "{}", ANY), change])) == {"l"}
        assert await read(storage, "kept") == before
        assert await storage.due() == []

    @pytest.mark.parametrize("how", ["written", "deleted", "made again", "never there"])
    async def test_a_kept_record_of_another_e_tag_is_a_conflict(
        self, storage: RecordStorage, how: str
    ) -> None:
        await put(storage, "written", "deleted", "kept")
        change = Change("kept", "{}", STALE, keep=True)
        if how != "never there":
            change = kept("kept", (await read(storage, "kept"))["kept"])
        if how != "written":
            await storage.commit([Change("kept", None, ANY)])
        if how in ("written", "made again"):
            await put(storage, "kept")
        before = await storage.scan()
        others = [Change("written", "{}", ANY), Change("made", "{}", None)]
        delete = Change("deleted", None, ANY)
        for changes in ([*others, change], [change, *others, delete], [delete, change], [change]):
            with pytest.raises(WriteConflict) as refused:
                await storage.commit(changes)
            assert refused.value.key == "kept"
            assert await storage.scan() == before

    async def test_a_kept_record_that_has_expired_is_a_conflict(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        await storage.commit([Change("kept", "{}", None, "", moved_clock() + HOUR)])
        found = await read(storage, "kept")
        changes = [kept("kept", found["kept"]), Change("k", "{}", ANY)]
        await storage.commit(changes)
        moved_clock.move(seconds=HOUR)
        with pytest.raises(WriteConflict):
            await storage.commit(changes)

    async def test_what_is_to_be_absent_still_is_checked(self, storage: RecordStorage) -> None:
        absent = (Change("k", None, None), Change("k", "{}", None, keep=True))
        for change in absent:
            assert await storage.commit([change]) == {}
            assert set(await storage.commit([Change("l", "{}", ANY), change])) == {"l"}
            assert await storage.commit([change, Change("l", None, ANY)]) == {}
        assert await storage.scan() == []
        await put(storage, "k", "l")
        before = await storage.scan()
        for change in absent:
            for changes in (
                [change],
                [Change("l", "{}", ANY), change],
                [change, Change("l", None, ANY), Change("m", "{}", None)],
            ):
                with pytest.raises(WriteConflict) as refused:
                    await storage.commit(changes)
                assert refused.value.key == "k"
                assert await storage.scan() == before

    async def test_what_has_expired_is_absent_where_that_is_checked(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        await storage.commit([Change("k", "{}", ANY, "ada", clock() - 1)])
        e_tags = await storage.commit([Change("k", None, None), Change("l", "{}", None)])
        assert set(e_tags) == {"l"}
        assert list(await storage.fetch(["k", "l"])) == ["l"]
        await storage.commit([Change("k", '{"v":2}', None)])
        assert await bodies(storage, "k") == {"k": '{"v":2}'}

    async def test_a_record_may_be_kept_whatever_it_is(self, storage: RecordStorage) -> None:
        change = Change("k", "{}", ANY, keep=True)
        assert await storage.commit([change]) == {}
        assert await storage.fetch(["k"]) == {}
        e_tags = await put(storage, "k")
        assert set(await storage.commit([change, Change("l", "{}", None)])) == {"l"}
        assert (await read(storage, "k"))["k"].e_tag == e_tags["k"]

    async def test_many_records_may_be_kept(self, storage: RecordStorage) -> None:
        e_tags = await put(storage, *(f"k{n}" for n in range(1200)))
        changes = [Change(key, "{}", e_tag, keep=True) for key, e_tag in e_tags.items()]
        assert set(await storage.commit([*changes, Change("l", "{}", None)])) == {"l"}
        await put(storage, "k1100")
        with pytest.raises(WriteConflict):
            await storage.commit([*changes, Change("l", "{}", ANY)])

    async def test_in_a_namespace_too(self, storage: RecordStorage) -> None:
        shop = Namespace(storage, "shop")
        await shop.commit([Change("kept", "{}", None, "ada")])
        found = await read(shop, "kept")
        assert set(await shop.commit([kept("kept", found["kept"]), Change("k", "{}", None)])) == {
            "k"
        }
        assert await read(shop, "kept") == found
        await put(shop, "kept")
        with pytest.raises(WriteConflict) as refused:
            await shop.commit([kept("kept", found["kept"]), Change("k", "{}", ANY)])
        assert refused.value.key == "kept"

    async def test_of_two_that_write_what_the_other_keeps_one_passes(
        self, storage: RecordStorage
    ) -> None:
        for n in range(30):
            await storage.commit([Change(key, "1", ANY) for key in PAIR])
            found = await read(storage, *PAIR)
            keys = (*PAIR, *PAIR)[n % 2 :]
            results = await asyncio.gather(*(write_one_of_pair(storage, k, found) for k in keys))
            assert [number for number in results if number is not None] == [3]

    async def test_nor_do_two_pass_from_several_storages(
        self, storage: RecordStorage, another: Another
    ) -> None:
        await storage.commit([Change(key, "1", ANY) for key in PAIR])
        threads = [
            asyncio.to_thread(write_in_thread, another(), [PAIR[n % 2]] * 60) for n in range(4)
        ]
        numbers = [number for written in await asyncio.gather(*threads) for number in written]
        # Each is more than all before it; two that were written on the same reading are equal.
        assert len(set(numbers)) == len(numbers) > 0
        assert max(numbers) == max(int(body) for body in (await bodies(storage, *PAIR)).values())

    async def test_many_may_keep_a_record_at_once(self, storage: RecordStorage) -> None:
        e_tags = await put(storage, "kept")
        keep = Change("kept", '{"v":1}', e_tags["kept"], keep=True)
        await asyncio.gather(
            *(storage.commit([keep, Change(f"k{n}", "{}", None)]) for n in range(30))
        )
        assert len(await storage.scan()) == 31
