"""What is asked for in one round of the event loop is done at once; each caller gets its own."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from errors import WriteConflict
from state.storage import ANY, Change
from state.storage.sqlite import SQLiteStorage
from tests.state.sqlite.log import transactions_in


def statements_of(storage: SQLiteStorage) -> list[str]:
    """What the loop's own connection is told from now on."""
    assert storage._rounds is not None
    statements: list[str] = []
    storage._rounds._connection.set_trace_callback(statements.append)
    return statements


async def test_commits_of_one_round_are_one_transaction(path: Path, storage: SQLiteStorage) -> None:
    await storage.commit([Change("before", "{}", None)])
    before = transactions_in(path)
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(50)))
    assert transactions_in(path) == before + 1
    assert len(await storage.scan()) == 51


async def test_reads_of_one_round_are_one_statement_and_each_gets_its_own(
    storage: SQLiteStorage,
) -> None:
    bodies = {f"k{n}": f'{{"n":{n}}}' for n in range(20)}
    await storage.commit([Change(key, body, None) for key, body in bodies.items()])
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


async def test_what_its_caller_gave_up_before_the_round_is_not_written(
    storage: SQLiteStorage,
) -> None:
    given_up = asyncio.ensure_future(storage.commit([Change("given up", "{}", None)]))
    other = asyncio.ensure_future(storage.commit([Change("k", "{}", None)]))
    asyncio.get_running_loop().call_soon(given_up.cancel)  # behind the two, before their round
    await asyncio.wait([given_up, other])
    assert given_up.cancelled()
    assert [key for key, _ in await storage.scan()] == ["k"]


async def test_close_does_what_was_asked_for(path: Path, storage: SQLiteStorage) -> None:
    assert storage._rounds is not None
    commit = storage._rounds.commit([Change("k", "{}", None)])
    read = storage._rounds.fetch(["k"])
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
    os.rename(path, path.with_name("elsewhere.db"))
    commits = [storage.commit([Change(f"k{n}", "{}", None)]) for n in range(count)]
    results = await asyncio.gather(*commits, return_exceptions=True)
    assert {str(result).split(": ")[1][:12] for result in results} == {"it was moved"}
