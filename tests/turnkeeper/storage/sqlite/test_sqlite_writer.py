"""What the SQLite storage promises of its lock, and of the thread that waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.turnkeeper.storage.sqlite.outside import locked, transactions_in
from turnkeeper.errors import StorageUnavailable, WriteConflict
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite.storage import SQLiteStorage


async def begun(*actions: Coroutine[Any, Any, object]) -> list[asyncio.Task[object]]:
    """Start the actions and let each run as far as it gets without waiting for the thread."""
    futures = [asyncio.create_task(action) for action in actions]
    for _ in range(4):  # one in which they ask, one in which it is done, and two to spare
        await asyncio.sleep(0)
    return futures


async def test_a_busy_writer_elsewhere_is_waited_for_and_not_by_the_loop(path: Path) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}?timeout=60")
    await storage.open()
    begun_to_wait, is_locked = threading.Event(), threading.Event()

    def write_elsewhere() -> bool:
        with locked(path):
            is_locked.set()
            return begun_to_wait.wait(timeout=10)

    with ThreadPoolExecutor(1) as elsewhere:
        went_on = elsewhere.submit(write_elsewhere)
        is_locked.wait()
        [commit] = await begun(storage.commit([Change("k", "{}", None)]))
        assert not commit.done()
        begun_to_wait.set()
        assert went_on.result()
    await commit
    assert "k" in await storage.fetch(["k"])
    await storage.close()


async def test_reads_do_not_wait_for_a_writer_elsewhere(path: Path, storage: SQLiteStorage) -> None:
    await storage.commit([Change("k", "{}", None)])
    with locked(path):
        assert "k" in await storage.fetch(["k"])


async def test_a_writer_elsewhere_that_never_ends_makes_the_store_unavailable(path: Path) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}?timeout=0.05")
    await storage.open()
    with locked(path):
        with pytest.raises(StorageUnavailable, match="locked"):
            await storage.commit([Change("k", "{}", None)])
        other = SQLiteStorage(f"sqlite:///{path}?timeout=0.05")
        with pytest.raises(StorageUnavailable, match="locked"):
            await other.open()
    await other.open()
    assert await other.fetch(["k"]) == {}
    await other.close()
    await storage.commit([Change("k", "{}", None)])
    await storage.close()


async def test_a_new_file_that_another_process_is_making_too_is_waited_for(path: Path) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}")
    with locked(path):
        [opening] = await begun(storage.open())
        await asyncio.wait([opening], timeout=0.05)
        assert not opening.done()
    await opening
    await storage.close()


async def test_commits_that_had_to_wait_are_one_transaction(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change("before", "{}", None)])
    before = transactions_in(path)
    with locked(path):
        commits = await begun(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
    await asyncio.gather(*commits)
    assert len(await storage.scan()) == 51
    # The thread may have taken the first few before the others came.
    assert 1 <= transactions_in(path) - before <= 2


async def test_with_synchronous_full_commits_at_once_share_the_wait_for_the_disk(
    path: Path,
) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}?synchronous=full")
    await storage.open()
    before = transactions_in(path)
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
    assert 1 <= transactions_in(path) - before <= 25
    await storage.close()


async def test_in_a_group_a_conflict_fails_one_commit_and_later_ones_see_earlier_ones(
    path: Path, storage: SQLiteStorage
) -> None:
    e_tag = (await storage.commit([Change("shared", '{"by":0}', None)]))["shared"]
    with locked(path):
        commits = await begun(
            *(
                storage.commit(
                    [
                        Change(f"own{n}", "{}", None),
                        Change("shared", f'{{"by":{n}}}', e_tag),
                        Change(f"last{n}", "{}", None),
                    ]
                )
                for n in range(1, 9)
            ),
            storage.commit([Change("own1", None, ANY), Change("alone", "{}", None)]),
        )
    first, *others, last = await asyncio.gather(*commits, return_exceptions=True)
    assert isinstance(first, dict)
    assert isinstance(last, dict)
    assert [type(other) for other in others] == [WriteConflict] * 7
    records = {key: record.body for key, record in await storage.scan()}
    assert records == {"alone": "{}", "last1": "{}", "shared": '{"by":1}'}


async def test_a_caller_that_gives_up_in_the_queue_takes_nobody_with_it(
    path: Path, storage: SQLiteStorage
) -> None:
    with locked(path):
        commits = await begun(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(9)))
        commits[4].cancel()
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert [isinstance(result, dict) for result in results].count(True) == 8
    assert isinstance(results[4], asyncio.CancelledError)
    await storage.ping()


async def test_a_ping_waits_for_the_lock_and_many_wait_as_one(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change("before", "{}", None)])
    before = transactions_in(path)
    with locked(path):
        pings = await begun(*(storage.ping() for _ in range(9)))
        pings[0].cancel()  # as one that waits no longer
        [commit] = await begun(storage.commit([Change("k", "{}", None)]))
        assert not any(ping.done() for ping in pings[1:])
    await asyncio.gather(*pings[1:], commit)
    assert transactions_in(path) == before + 2


async def test_close_waits_for_commits_in_the_queue(path: Path, storage: SQLiteStorage) -> None:
    with locked(path):
        commits = await begun(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(9)))
        closings = await begun(storage.close(), storage.close())
    await asyncio.gather(*closings)
    assert all(commit.done() and not commit.exception() for commit in commits)
