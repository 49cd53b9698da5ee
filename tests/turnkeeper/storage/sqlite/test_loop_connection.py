"""In one iteration of the event loop the first is answered at once, and the others together."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.turnkeeper.storage.sqlite.outside import locked, transactions_in
from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite.file import Connection, SQLiteFile
from turnkeeper.storage.sqlite.storage import SQLiteStorage


@pytest.fixture(autouse=True)
def on_loop(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections of the event loop's own thread, as they are opened."""
    connections: list[Connection] = []
    connect, loop_thread = SQLiteFile.connect, threading.get_ident()

    def connect_here(file: SQLiteFile) -> Connection:
        connection = connect(file)
        if threading.get_ident() == loop_thread:
            connections.append(connection)
        return connection

    monkeypatch.setattr(SQLiteFile, "connect", connect_here)
    return connections


def statements_of(connections: list[Connection]) -> list[str]:
    """What the only one of some connections is told from now on."""
    [connection] = connections
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    return statements


async def test_commits_of_one_iteration_are_the_first_and_one_transaction_for_the_others(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change("before", "{}", None)])
    await asyncio.sleep(0)  # the next iteration
    before = transactions_in(path)
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
    assert transactions_in(path) == before + 2
    assert len(await storage.scan()) == 51


async def test_reads_of_one_iteration_are_two_statements_and_each_gets_its_own(
    storage: SQLiteStorage, on_loop: list[Connection]
) -> None:
    bodies = {f"k{n}": f'{{"n":{n}}}' for n in range(20)}
    await storage.commit([Change(key, body, None) for key, body in bodies.items()])
    statements = statements_of(on_loop)
    pairs = [(f"k{n}", f"k{n + 1}") for n in range(19)]
    found = await asyncio.gather(*map(storage.fetch, pairs), storage.fetch(["absent"]))
    assert len(statements) == 2
    assert [{key: one[key].body for key in one} for one in found[:-1]] == [
        {first: bodies[first], second: bodies[second]} for first, second in pairs
    ]
    assert found[-1] == {}


async def test_a_conflict_in_a_group_fails_one_commit_and_later_ones_see_earlier_ones(
    storage: SQLiteStorage,
) -> None:
    e_tag = (await storage.commit([Change("shared", "{}", None)]))["shared"]
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


async def test_what_its_caller_gave_up_at_once_is_not_written(
    storage: SQLiteStorage,
) -> None:
    await storage.fetch(["k"])
    first = asyncio.ensure_future(storage.commit([Change("first", "{}", None)]))
    given_up = asyncio.ensure_future(storage.commit([Change("given up", "{}", None)]))
    other = asyncio.ensure_future(storage.commit([Change("k", "{}", None)]))
    asyncio.get_running_loop().call_soon(given_up.cancel)  # behind them, before they are done
    await asyncio.wait([first, given_up, other])
    assert given_up.cancelled()
    assert [key for key, _ in await storage.scan()] == ["first", "k"]


async def test_close_does_what_was_asked_for(path: Path, storage: SQLiteStorage) -> None:
    asked: list[asyncio.Future[dict[str, Any]]] = [
        asyncio.ensure_future(one)
        for n in range(2)
        for one in (storage.commit([Change(f"k{n}", "{}", None)]), storage.fetch(["absent"]))
    ]
    await asyncio.sleep(0)  # they have asked, and the later two are not yet done
    await storage.close()
    assert [list(found) for found in await asyncio.gather(*asked)] == [["k0"], [], ["k1"], []]
    again = SQLiteStorage(f"sqlite:///{path}")
    await again.open()
    assert list(await again.fetch(["k0", "k1"])) == ["k0", "k1"]
    await again.close()


@pytest.mark.parametrize("count", [1, 2, 9])
async def test_a_file_that_is_gone_is_not_written_to(
    path: Path, storage: SQLiteStorage, count: int
) -> None:
    os.rename(path, path.with_name("elsewhere.db"))
    commits = [storage.commit([Change(f"k{n}", "{}", None)]) for n in range(count)]
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert {str(result).split(": ")[1][:12] for result in results} == {"it was moved"}


async def test_a_reader_that_gives_up_takes_nobody_with_it(storage: SQLiteStorage) -> None:
    await storage.commit([Change("k", "{}", None)])
    await asyncio.sleep(0)  # the next iteration
    _, given_up, *others = [asyncio.ensure_future(storage.fetch(["k"])) for _ in range(4)]
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


async def test_a_read_that_fails_does_not_go_on_reading_the_past(
    storage: SQLiteStorage, on_loop: list[Connection]
) -> None:
    e_tag = (await storage.commit([Change("k", "{}", None)]))["k"]
    [connection] = on_loop
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
    path: Path, on_loop: list[Connection], options: str, body: str
) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}{options}")
    await storage.open()
    statements = statements_of(on_loop)
    await storage.commit([Change("k", body, None)])
    assert statements == []
    await storage.close()


async def test_more_than_one_statement_takes_is_read_together_too(storage: SQLiteStorage) -> None:
    keys = [f"k{n}" for n in range(600)]
    async with asyncio.timeout(10):
        await asyncio.gather(*(storage.commit([Change(key, "{}", None)]) for key in keys))
        found = await asyncio.gather(*(storage.fetch([key]) for key in keys))
    assert [list(one) for one in found] == [[key] for key in keys]


async def test_many_keys_are_read_by_the_thread(
    storage: SQLiteStorage, on_loop: list[Connection]
) -> None:
    statements = statements_of(on_loop)
    assert await storage.fetch([f"k{n}" for n in range(9)]) == {}
    assert statements == []
