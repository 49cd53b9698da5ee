"""What every storage promises of opening and closing, and of several storages on one store."""

from __future__ import annotations

import asyncio

import pytest

from turnkeeper.errors import StorageUnavailable, WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage, open_storage

SHARED = ("sqlite", "postgresql", "redis")
shared = pytest.mark.parametrize("storage_url", SHARED, indirect=True)


async def test_closing_twice_is_no_error(storage: RecordStorage) -> None:
    await storage.close()
    await storage.close()


async def test_closing_what_was_never_opened_is_no_error(storage_url: str) -> None:
    await open_storage(storage_url).close()


@shared
async def test_a_closed_storage_is_unavailable(storage: RecordStorage) -> None:
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


@shared
async def test_close_finishes_the_writes_under_way(storage_url: str) -> None:
    storage = open_storage(storage_url)
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

    again = open_storage(storage_url)
    await again.open()
    assert {key for key, _ in await again.scan()} == kept
    await again.close()


@shared
async def test_what_was_committed_is_there_after_opening_again(storage_url: str) -> None:
    for n in range(3):
        storage = open_storage(storage_url)
        await storage.open()
        assert len(await storage.scan()) == n
        await storage.commit([Change(f"k{n}", "{}", None)])
        await storage.close()


@shared
async def test_two_storages_on_one_store_see_each_other(
    storage: RecordStorage, storage_url: str
) -> None:
    other = open_storage(storage_url)
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


@shared
async def test_two_storages_may_open_an_empty_store_at_once(storage_url: str) -> None:
    storages = [open_storage(storage_url) for _ in range(4)]
    await asyncio.gather(*(storage.open() for storage in storages))
    await asyncio.gather(*(s.commit([Change(f"k{n}", "{}", None)]) for n, s in enumerate(storages)))
    assert [len(await storage.scan()) for storage in storages] == [4, 4, 4, 4]
    await asyncio.gather(*(storage.close() for storage in storages))


async def test_a_caller_that_gives_up_breaks_nothing(storage: RecordStorage) -> None:
    for _ in range(5):
        task = asyncio.ensure_future(storage.commit([Change("k", "{}", ANY)]))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    e_tags = await storage.commit([Change("k", '{"v":1}', ANY)])
    assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]
