"""Commits, reads and cancellations at once, within one process."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.testing.contract.records import bodies, put


@pytest.mark.asyncio
class Races:
    """What many callers do at once has the effect of one after the other."""

    async def test_of_many_commits_at_once_on_one_record_one_passes(
        self, storage: RecordStorage
    ) -> None:
        read = await put(storage, "k")
        results = await asyncio.gather(
            *(
                storage.commit(
                    [Change(f"own{n}", "{}", None), Change("k", f'{{"n":{n}}}', read["k"])]
                )
                for n in range(20)
            ),
            return_exceptions=True,
        )
        winners = [n for n, result in enumerate(results) if isinstance(result, dict)]
        assert len(winners) == 1
        assert sum(isinstance(result, WriteConflict) for result in results) == 19
        expected = {"k": f'{{"n":{winners[0]}}}', f"own{winners[0]}": "{}"}
        assert {key: record.body for key, record in await storage.scan()} == expected

    async def test_commits_at_once_on_different_records_all_pass(
        self, storage: RecordStorage
    ) -> None:
        await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
        assert len(await storage.scan()) == 50

    async def test_a_fetch_sees_all_of_a_commit_or_nothing(self, storage: RecordStorage) -> None:
        await put(storage, "a", "b")

        async def write(n: int) -> None:
            body = f'{{"v":{n}}}'
            await storage.commit([Change("a", body, ANY), Change("b", body, ANY)])

        async def read() -> set[str]:
            return set((await bodies(storage, "a", "b")).values())

        doing = [task for n in range(50) for task in (write(n), read())]
        seen = [found for found in await asyncio.gather(*doing) if found is not None]
        assert [found for found in seen if len(found) != 1] == []

    async def test_no_increment_of_many_at_once_is_lost(self, storage: RecordStorage) -> None:
        await storage.commit([Change("k", "0", None)])

        async def increment() -> None:
            for _ in range(10):  # each conflict is another's success
                record = (await storage.fetch(["k"]))["k"]
                change = Change("k", str(int(record.body) + 1), record.e_tag)
                with contextlib.suppress(WriteConflict):
                    await storage.commit([change])
                    return

        await asyncio.gather(*(increment() for _ in range(10)))
        assert await bodies(storage, "k") == {"k": "10"}

    async def test_a_caller_that_gives_up_breaks_nothing(self, storage: RecordStorage) -> None:
        for _ in range(5):
            task = asyncio.ensure_future(storage.commit([Change("k", "{}", ANY)]))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        e_tags = await storage.commit([Change("k", '{"v":1}', ANY)])
        assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]
