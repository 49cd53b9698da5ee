"""What was sent is written down once the store takes it; an end does not wait for ever for that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.turnkeeper.storage.sqlite.outside import locked
from tests.turnkeeper.turn.world import Process, World, at_once, ledger_of, message
from turnkeeper.delivery import receipts, sender
from turnkeeper.delivery.sender import LEASE
from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage import Change
from turnkeeper.storage.sqlite.storage import SQLiteStorage
from turnkeeper.turn import order

FIRST = ["1: a", "end of 1"]
SECOND = ["2: b", "end of 2"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


@asynccontextmanager
async def world_on(path: Path, *, patience: float) -> AsyncIterator[World]:
    """A world on a SQLite file that waits so many seconds while another process writes."""
    storage = SQLiteStorage(f"sqlite:///{path}?timeout={patience}")
    await storage.open()
    yield World(storage)
    await storage.close()


@asynccontextmanager
async def held_back(
    process: Process, *conversations: str
) -> AsyncIterator[tuple[Sequence[asyncio.Future[Any]], asyncio.Event]]:
    """Committed turns of a message "a" each, and what lets their replies go."""
    gate, sending = asyncio.Event(), 0

    async def hold(_: str) -> None:
        nonlocal sending
        sending += 1
        await gate.wait()

    process.connector.hold = hold
    turns = [
        asyncio.ensure_future(process.take(message("a", conversation=name, person=name)))
        for name in conversations
    ]
    while sending < len(turns):  # noqa: ASYNC110 - they are on their way
        await asyncio.sleep(0)
    yield turns, gate
    process.connector.hold = at_once


def watch_commits(
    process: Process,
    before: Callable[[list[str]], Awaitable[None]],
    after: Callable[[list[str]], None] = lambda _: None,
) -> None:
    """Have something happen around each commit of a process from now on; it is told the keys.

    :param after: is called where the store has taken it.
    """
    commit = process.records.commit

    async def watched(changes: Sequence[Change]) -> dict[str, str]:
        keys = [change.key for change in changes]
        await before(keys)
        e_tags = await commit(changes)
        after(keys)
        return e_tags

    process.records.commit = watched  # type: ignore[method-assign]


async def test_an_end_does_not_wait_for_the_store_and_names_whom_it_concerns(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(receipts, "CLOSING", 0.05)
    names = [f"c{number}" for number in range(25)]
    async with world_on(path, patience=300) as world:
        process = world.process()
        async with held_back(process, *names) as (turns, gate):
            with locked(path):
                gate.set()
                while world.channel.count < 2 * len(names):  # noqa: ASYNC110 - on their way
                    await asyncio.sleep(0)
                for turn in turns:
                    turn.cancel()  # as a server that ends does with turns that take too long
                await asyncio.gather(*turns, return_exceptions=True)
                async with asyncio.timeout(60):  # far less than the store's own patience
                    await process.stop()
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    said = record.getMessage()
    assert "may get a reply twice: 25: msteams/ledgers/c0/, " in said
    assert said.count("msteams/ledgers/c") == 20
    assert said.endswith(" and 5 more")


async def test_an_end_asks_a_store_that_is_away_once_for_all_receipts(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world_on(path, patience=0.01) as world:
        process = world.process()
        async with held_back(process, "c", "d", "e") as (turns, gate):
            with locked(path):
                gate.set()
                await asyncio.gather(*turns)
                caplog.clear()
                begun = list[list[str]]()

                async def note(keys: list[str]) -> None:
                    begun.append(keys)

                watch_commits(process, note)
                await process.stop()
    assert [sorted(keys) for keys in begun] == [[f"msteams/ledgers/{name}/" for name in "cde"]]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("names", ["c", "cd"])
async def test_a_failed_receipt_is_written_once_the_store_answers_and_no_turn_waits_for_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    assert receipts.LATER < LEASE / 2  # a short outage is over before others may go on
    monkeypatch.setattr(receipts, "LATER", 0.001)
    monkeypatch.setattr(order, "PATIENCE", 0.01)  # for turns that have to wait after all
    async with world_on(path, patience=0.01) as world:
        process, other = world.process(), world.process()
        met: list[type] = []
        looking, asked, written = False, asyncio.Event(), asyncio.Event()
        unwritten = set(names)

        async def look(_: list[str]) -> None:
            """See what meets the turns that come in while the store is asked again."""
            nonlocal looking
            if looking or asked.is_set():
                return
            looking = True
            coming = (process.take(message("b", conversation=name, person=name)) for name in names)
            met.extend(map(type, await asyncio.gather(*coming, return_exceptions=True)))
            looking = False
            if len(met) >= 3 * len(names):
                asked.set()

        def note(keys: list[str]) -> None:
            unwritten.difference_update(map(ledger_of, keys))
            if not unwritten:
                written.set()

        async with asyncio.timeout(60), held_back(process, *names) as (turns, gate):
            with locked(path):
                gate.set()
                await asyncio.gather(*turns)
                watch_commits(process, look, note)
                await asked.wait()
            assert set(met) == {StorageUnavailable}  # they got as far as the store
            await written.wait()
        world.now += LEASE + 1
        for name in names:
            await other.take(message("b", conversation=name, person=name))
        assert world.channel.received == dict.fromkeys(names, FIRST + SECOND)
        await process.stop()
        await other.stop()


async def test_a_receipt_that_is_out_of_date_does_not_keep_the_others_from_being_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sender, "LINGER", 3600)  # until the end
    world = World()
    process, other = world.process(), world.process()
    async with held_back(process, "c", "d", "e") as (turns, gate):
        gate.set()
        await asyncio.gather(*turns)
    world.now += LEASE + 1
    await other.take(message("b", conversation="c", person="c"))  # sends what was sent again
    await process.stop()
    for name in "de":
        await other.take(message("b", conversation=name, person=name))
    await other.stop()
    assert world.channel.received == {
        "c": FIRST + FIRST + SECOND,
        "d": FIRST + SECOND,
        "e": FIRST + SECOND,
    }
    assert caplog.records == []
