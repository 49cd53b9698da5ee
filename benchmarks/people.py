"""A SQLite file full of people whom the bot knows.

Their records are copies of those that the bot itself writes about one person: whatever it
comes to store, the file holds the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.activities import Line, conversation
from benchmarks.channel import Channel
from benchmarks.servers import OURS, Server
from turnkeeper.storage import store_at
from turnkeeper.storage.format import KEY as MARK
from turnkeeper.storage.records import Change, Record, RecordStorage

_BATCH: Final = 1000
_TURNS: Final = 60  # more than the bot remembers of a conversation: its records are full-grown
_LINGER: Final = 0.3  # seconds after which the bot has written down all about a turn


@dataclass(frozen=True, slots=True)
class Person:
    """The records about one person, as a template for others.

    :param number: the 12 digits that stand for the person, in keys and in bodies.
    :param records: all of them, by key: what a turn reads.
    :param written: the keys of those that a greeting writes.
    """

    number: str
    records: dict[str, Record]
    written: frozenset[str]

    def keys(self, number: int) -> list[str]:
        """What a turn of another person reads."""
        return [self._other(key, number) for key in self.records]

    def changes(self, number: int) -> list[Change]:
        """What a greeting of another person writes, without the e_tags it was read with."""
        return [self._change(key, number) for key in self.written]

    def all_changes(self, number: int) -> list[Change]:
        """What makes another person known."""
        return [self._change(key, number) for key in self.records]

    def _change(self, key: str, number: int) -> Change:
        record = self.records[key]
        body, owner = self._other(record.body, number), self._other(record.owner, number)
        return Change(self._other(key, number), body, None, owner, record.expires_at)

    def _other(self, text: str, number: int) -> str:
        return text.replace(self.number, f"{number:012}")


async def meet_a_person(folder: Path) -> Person:
    """Have the bot meet one person, over HTTP, and look at what it then stores."""
    url = f"sqlite:///{folder / 'one.db'}"
    async with Channel(lambda _: False) as channel, Server(OURS, {"STORAGE_URL": url}) as server:
        lines: list[Line] = list(conversation(_TURNS))
        number = lines[0].person.decode()
        storage = store_at(url)
        await storage.open()
        try:
            await channel.talk(server.url, [iter(lines[:-1])])
            await asyncio.sleep(_LINGER)
            before = await _records(storage)
            await channel.talk(server.url, [iter(lines[-1:])])
            await asyncio.sleep(_LINGER)
            after = await _records(storage)
        finally:
            await storage.close()
    written = {key for key, record in after.items() if before.get(key) != record}
    return Person(number, after, frozenset(written))


async def _records(storage: RecordStorage) -> dict[str, Record]:
    """All records but the store's own mark: that is no person's."""
    return {key: record for key, record in await storage.scan() if key != MARK}


async def fill(storage: RecordStorage, person: Person, count: int) -> None:
    """Store ``count`` people, numbered from 0."""
    for start in range(0, count, _BATCH):
        changes = [
            change
            for number in range(start, min(start + _BATCH, count))
            for change in person.all_changes(number)
        ]
        await storage.commit(changes)
