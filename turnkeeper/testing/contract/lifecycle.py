"""Opening and closing, and several storages on one store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from turnkeeper.errors import StorageUnavailable, WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.testing.clock import Clock

Another = Callable[[], RecordStorage]
"""Makes a further storage on the test's store, as another process has it, and not open yet."""


@pytest.mark.asyncio
class Lifecycle:
    """A store is opened and closed; where there is ``another``, storages share it."""

    async def test_closing_twice_is_no_error(self, storage: RecordStorage) -> None:
        await storage.close()
        await storage.close()

    async def test_closing_what_was_never_opened_is_no_error(self, another: Another) -> None:
        await another().close()

    async def test_a_closed_storage_is_unavailable(
        self, storage: RecordStorage, another: Another
    ) -> None:
        await storage.commit([Change("k", "{}", ANY)])
        await storage.close()
        with pytest.raises(StorageUnavailable):
            await storage.fetch(["k"])
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("k", "{}", ANY)])
        with pytest.raises(StorageUnavailable):
            await storage.scan()
        with pytest.raises(StorageUnavailable):
            await storage.sweep()
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        other = another()
        await other.open()
        assert list(await other.fetch(["k"])) == ["k"]
        await other.close()

    async def test_close_finishes_the_writes_under_way(self, another: Another) -> None:
        storage = another()
        await storage.open()
        writes = [
            asyncio.ensure_future(storage.commit([Change(f"k{n}", "{}", None)])) for n in range(9)
        ]
        await asyncio.sleep(0)  # let each of them begin
        await storage.close()
        results = await asyncio.gather(*writes, return_exceptions=True)
        kept = {f"k{n}" for n, result in enumerate(results) if isinstance(result, dict)}
        refused = [result for result in results if not isinstance(result, dict)]
        assert all(isinstance(result, StorageUnavailable) for result in refused)

        again = another()
        await again.open()
        assert {key for key, _ in await again.scan()} == kept
        await again.close()

    async def test_what_was_committed_is_there_after_opening_again(self, another: Another) -> None:
        for n in range(3):
            storage = another()
            await storage.open()
            assert len(await storage.scan()) == n
            await storage.commit([Change(f"k{n}", "{}", None)])
            await storage.close()

    async def test_two_storages_on_one_store_see_each_other(
        self, storage: RecordStorage, another: Another
    ) -> None:
        other = another()
        await other.open()
        try:
            mine = await storage.commit([Change("k", '{"v":1}', None)])
            theirs = await other.fetch(["k"])
            assert theirs["k"].e_tag == mine["k"]
            await other.commit([Change("k", '{"v":2}', theirs["k"].e_tag)])
            with pytest.raises(WriteConflict):
                await storage.commit([Change("k", '{"v":3}', mine["k"])])
            assert (await storage.fetch(["k"]))["k"].body == '{"v":2}'
        finally:
            await other.close()

    async def test_what_one_storage_deletes_and_sweeps_is_gone_for_the_other(
        self, storage: RecordStorage, another: Another, clock: Clock
    ) -> None:
        other = another()
        await other.open()
        await storage.commit(
            [Change(key, "{}", None, owner="o") for key in ("deleted", "kept")]
            + [Change("expired", "{}", None, "o", clock() - 1)]
        )
        assert [key for key, _ in await other.scan(owner="o")] == ["deleted", "kept"]
        await other.commit([Change("deleted", None, ANY)])
        assert list(await storage.fetch(["deleted", "kept"])) == ["kept"]
        assert [await other.sweep(), await storage.sweep()] == [1, 0]
        await other.close()
        assert [key for key, _ in await storage.scan()] == ["kept"]

    async def test_two_storages_may_open_an_empty_store_at_once(self, another: Another) -> None:
        storages = [another() for _ in range(4)]
        await asyncio.gather(*(storage.open() for storage in storages))
        await asyncio.gather(
            *(s.commit([Change(f"k{n}", "{}", None)]) for n, s in enumerate(storages))
        )
        assert [len(await storage.scan()) for storage in storages] == [4, 4, 4, 4]
        await asyncio.gather(*(storage.close() for storage in storages))
