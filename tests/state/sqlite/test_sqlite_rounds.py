"""What is asked for in one round of the event loop is done at once; each caller gets its own."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path

import pytest

from tests.state.sqlite.outside import locked, transactions_in
from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite import loop_connection as sqlite_rounds
from turnkeeper.storage.sqlite.loop_connection import _ROUND
from turnkeeper.storage.sqlite.loop_load import LoopLoad
from turnkeeper.storage.sqlite.storage import SQLiteStorage


@pytest.fixture(autouse=True)
def _a_quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine of the tests is, its disk counts as quick."""
    monkeypatch.setattr(sqlite_rounds, "_SLOW", 60.0)


def statements_of(storage: SQLiteStorage) -> list[str]:
    """What the loop's own connection is told from now on."""
    assert storage._rounds is not None
    statements: list[str] = []
    storage._rounds._connection.set_trace_callback(statements.append)
    return statements


def fill(storage: SQLiteStorage) -> None:
    """Have the storage take the loop for one that works all the time."""
    assert storage._rounds is not None
    works_always = itertools.count(step=10)  # ten seconds in each that passes
    storage._rounds._load = LoopLoad(itertools.count().__next__, works_always.__next__)


def spare(storage: SQLiteStorage) -> None:
    """Have the storage take the loop for one that has nothing to do."""
    assert storage._rounds is not None
    storage._rounds._load = LoopLoad(itertools.count().__next__, worked=lambda: 0)


async def test_a_loop_that_has_time_answers_at_once(storage: SQLiteStorage) -> None:
    spare(storage)
    for number in range(3):
        commit = asyncio.ensure_future(storage.commit([Change(f"k{number}", "{}", None)]))
        await asyncio.sleep(0)
        assert commit.done()
        read = asyncio.ensure_future(storage.fetch([f"k{number}"]))
        await asyncio.sleep(0)
        assert f"k{number}" in read.result()


async def test_no_round_of_the_loop_is_held_up_by_answers_at_once(
    path: Path, storage: SQLiteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_rounds, "_SHARE", 1e-9)  # seconds: each answer takes longer
    spare(storage)
    await storage.commit([Change("before", "{}", None)])
    for round_number in range(2):
        await asyncio.sleep(0)  # begins another round
        before = transactions_in(path)
        commits = [storage.commit([Change(f"{round_number} {n}", "{}", None)]) for n in range(9)]
        await asyncio.gather(*commits)
        assert transactions_in(path) == before + 2  # the first, and all others


@pytest.mark.parametrize("slow", [True, False])
async def test_after_a_slow_answer_the_thread_answers_for_a_while(
    storage: SQLiteStorage, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    spare(storage)
    await storage.commit([Change("k", "{}", None)])
    monkeypatch.setattr(sqlite_rounds, "_SLOW", 0.0 if slow else 60.0)
    await storage.commit([Change("l", "{}", None)])
    statements = statements_of(storage)
    await storage.commit([Change("m", "{}", None)])
    await storage.fetch(["k"])
    assert bool(statements) is not slow


async def test_commits_of_one_round_are_one_transaction(path: Path, storage: SQLiteStorage) -> None:
    await storage.commit([Change("before", "{}", None)])
    fill(storage)
    before = transactions_in(path)
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
    assert transactions_in(path) == before + 1
    assert len(await storage.scan()) == 51


async def test_reads_of_one_round_are_one_statement_and_each_gets_its_own(
    storage: SQLiteStorage,
) -> None:
    bodies = {f"k{n}": f'{{"n":{n}}}' for n in range(20)}
    await storage.commit([Change(key, body, None) for key, body in bodies.items()])
    fill(storage)
    statements = statements_of(storage)
    pairs = [(f"k{n}", f"k{n + 1}") for n in range(19)]
    found = await asyncio.gather(*map(storage.fetch, pairs), storage.fetch(["absent"]))
    assert len(statements) == 1
    assert [{key: one[key].body for key in one} for one in found[:-1]] == [
        {first: bodies[first], second: bodies[second]} for first, second in pairs
    ]
    assert found[-1] == {}


async def test_a_conflict_in_a_round_fails_one_commit_and_later_ones_see_earlier_ones(
    storage: SQLiteStorage,
) -> None:
    e_tag = (await storage.commit([Change("shared", "{}", None)]))["shared"]
    fill(storage)
    changes = [
        [Change(f"own{n}", "{}", None), Change("shared", f'{{"by":{n}}}', e_tag)] for n in range(4)
    ]
    last = storage.commit([Change("own0", None, ANY), Change("alone", "{}", None)])
    results = await asyncio.gather(*map(storage.commit, changes), last, return_exceptions=True)
    assert [type(result) for result in results] == [dict, *[WriteConflict] * 3, dict]
    records = {key: record.body for key, record in await storage.scan()}
    assert records == {"alone": "{}", "shared": '{"by":0}'}


async def test_a_key_that_cannot_be_stored_fails_alone(storage: SQLiteStorage) -> None:
    broken = "half of a pair: \ud800"
    fill(storage)
    good, bad = await asyncio.gather(
        storage.commit([Change("k", "{}", None)]),
        storage.commit([Change(broken, "{}", None)]),
        return_exceptions=True,
    )
    assert isinstance(good, dict)
    assert isinstance(bad, UnicodeEncodeError)
    found, refused = await asyncio.gather(
        storage.fetch(["k"]), storage.fetch([broken]), return_exceptions=True
    )
    assert isinstance(found, dict)
    assert list(found) == ["k"]
    assert isinstance(refused, UnicodeEncodeError)


async def test_what_its_caller_gave_up_before_the_round_is_not_written(
    storage: SQLiteStorage,
) -> None:
    fill(storage)
    given_up = asyncio.ensure_future(storage.commit([Change("given up", "{}", None)]))
    other = asyncio.ensure_future(storage.commit([Change("k", "{}", None)]))
    asyncio.get_running_loop().call_soon(given_up.cancel)  # behind the two, before their round
    await asyncio.wait([given_up, other])
    assert given_up.cancelled()
    assert [key for key, _ in await storage.scan()] == ["k"]


async def test_close_does_what_was_asked_for(path: Path, storage: SQLiteStorage) -> None:
    fill(storage)
    commit = asyncio.ensure_future(storage.commit([Change("k", "{}", None)]))
    read = asyncio.ensure_future(storage.fetch(["k"]))
    await asyncio.sleep(0)  # they have asked, and it is not yet done
    await storage.close()
    assert await read == {}
    assert "k" in await commit
    again = SQLiteStorage(f"sqlite:///{path}")
    await again.open()
    assert "k" in await again.fetch(["k"])
    await again.close()


@pytest.mark.parametrize("count", [1, 2, 9])
async def test_a_file_that_is_gone_is_not_written_to(
    path: Path, storage: SQLiteStorage, count: int
) -> None:
    fill(storage)
    os.rename(path, path.with_name("elsewhere.db"))
    commits = [storage.commit([Change(f"k{n}", "{}", None)]) for n in range(count)]
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert {str(result).split(": ")[1][:12] for result in results} == {"it was moved"}


async def test_a_reader_that_gives_up_takes_nobody_with_it(storage: SQLiteStorage) -> None:
    await storage.commit([Change("k", "{}", None)])
    fill(storage)
    given_up, *others = [asyncio.ensure_future(storage.fetch(["k"])) for _ in range(3)]
    asyncio.get_running_loop().call_soon(given_up.cancel)
    async with asyncio.timeout(5):
        assert [list(found) for found in await asyncio.gather(*others)] == [["k"], ["k"]]
    assert given_up.cancelled()


async def test_a_caller_that_gives_up_while_the_thread_works_leaves_no_error(
    path: Path, storage: SQLiteStorage, caplog: pytest.LogCaptureFixture
) -> None:
    with locked(path):
        commit = asyncio.ensure_future(storage.commit([Change("k", "{}", None)]))
        for _ in range(4):
            await asyncio.sleep(0)
        commit.cancel()
    await storage.ping()
    assert commit.cancelled()
    assert caplog.records == []


async def test_a_read_that_fails_does_not_go_on_reading_the_past(storage: SQLiteStorage) -> None:
    e_tag = (await storage.commit([Change("k", "{}", None)]))["k"]
    assert storage._rounds is not None
    connection = storage._rounds._connection
    fill(storage)
    connection.execute("BEGIN")
    with pytest.raises(UnicodeEncodeError):
        await storage.fetch(["half of a pair: \ud800"])
    assert not connection.in_transaction
    await storage.commit([Change("k", '{"new":1}', e_tag)])
    assert (await storage.fetch(["k"]))["k"].body == '{"new":1}'


@pytest.mark.parametrize(
    ("options", "body"), [("?synchronous=full", "{}"), ("", '{"text":"' + "x" * 70_000 + '"}')]
)
async def test_what_may_take_long_is_written_by_the_thread(
    path: Path, options: str, body: str
) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}{options}")
    await storage.open()
    statements = statements_of(storage)
    await storage.commit([Change("k", body, None)])
    assert statements == []
    await storage.close()


async def test_more_than_a_round_takes_goes_on_in_the_next(storage: SQLiteStorage) -> None:
    keys = [f"k{n}" for n in range(2 * _ROUND + 1)]
    async with asyncio.timeout(10):
        await asyncio.gather(*(storage.commit([Change(key, "{}", None)]) for key in keys))
        fill(storage)
        statements = statements_of(storage)
        found = await asyncio.gather(*(storage.fetch([key]) for key in keys))
    assert [list(one) for one in found] == [[key] for key in keys]
    assert len(statements) == 3
