"""How often a turn reads the SQLite file and how often it writes to it, counted by SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from aiohttp import web

from app import TYPES, make_bot
from benchmarks.activities import Line, conversation
from benchmarks.channel import Channel
from config import Config
from turnkeeper import Host, Settings
from turnkeeper.storage.sqlite.file import SQLiteFile

_CONVERSATIONS: Final = 32
_TURNS: Final = 20
_QUIET_TURNS: Final = 50
_PAUSE: Final = 0.1  # seconds between turns that come alone


@dataclass(slots=True)
class Counts:
    """Of one run.

    :param turns: how many there were.
    :param reads: of turns' records, outside of a transaction that writes.
    :param writes: transactions that wrote records.
    """

    turns: int = 0
    reads: int = 0
    writes: int = 0

    @property
    def reads_a_turn(self) -> float:
        """Reads per turn."""
        return self.reads / self.turns

    @property
    def writes_a_turn(self) -> float:
        """Write transactions per turn."""
        return self.writes / self.turns


class _Trace:
    """Follows the statements of one connection."""

    def __init__(self, connection: sqlite3.Connection, counts: Counts) -> None:
        self._connection = connection
        self._counts = counts
        self._wrote = False

    def __call__(self, statement: str) -> None:
        word = statement.split(maxsplit=1)[0].upper()
        if word == "BEGIN":
            self._wrote = False
        elif word == "COMMIT":
            self._counts.writes += self._wrote
        elif " records" in statement:
            self._wrote = self._wrote or word in ("INSERT", "UPDATE", "DELETE")
            turns = " ORDER BY " not in statement  # what is looked for each second is no turn's
            self._counts.reads += turns and word == "SELECT" and not self._connection.in_transaction


async def busy_turns(url: str) -> Counts:
    """Conversations side by side, in each the next message at once after the answer.

    :param url: a SQLite storage.
    """
    speakers = [conversation(_TURNS) for _ in range(_CONVERSATIONS)]
    with _counting() as counts:
        await _serve(url, counts, speakers, pause=0)
    return counts


async def quiet_turns(url: str, people: Iterator[Line]) -> Counts:
    """Turns that come alone, each of another person, with nothing before or after.

    :param people: persons the bot knows.
    """
    with _counting() as counts:
        await _serve(url, counts, [iter([line]) for line in islice(people, _QUIET_TURNS)], _PAUSE)
    return counts


async def _serve(url: str, counts: Counts, speakers: list[Iterator[Line]], pause: float) -> None:
    host = Host(Settings(storage_url=url), types=TYPES)
    runner = web.AppRunner(host.app(make_bot(host, Config())), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
    counts.reads = counts.writes = 0  # what the start did is no turn's
    try:
        async with Channel(lambda _: False) as channel:
            for group in [[one] for one in speakers] if pause else [speakers]:
                load = await channel.talk(bot, group)
                counts.turns += len(load.latencies)
                await asyncio.sleep(pause)
    finally:
        await runner.cleanup()


@contextmanager
def _counting() -> Iterator[Counts]:
    """Count what all connections do that are made meanwhile."""
    counts = Counts()
    connect: Any = SQLiteFile.connect

    def traced(self: SQLiteFile) -> Any:
        connection = connect(self)
        connection.set_trace_callback(_Trace(connection, counts))
        return connection

    SQLiteFile.connect = traced  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        SQLiteFile.connect = connect  # type: ignore[method-assign]
