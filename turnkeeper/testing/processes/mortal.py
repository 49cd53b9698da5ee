"""What a process is made of that kills itself, by kill -9, at a point of a turn."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Collection, Sequence
from enum import StrEnum
from typing import Any, Final

from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Outcome
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import Change, Record, RecordStorage

ARMED: Final = "Dies "
"""What the line begins with by which it says that it was told."""


class Point(StrEnum):
    """A point in the way of a turn."""

    BEFORE_READ = "before read"  #: of the ledger and the states
    AFTER_READ = "after read"
    BEFORE_COMMIT = "before commit"  #: of the states and what is owed
    AFTER_COMMIT = "after commit"
    BEFORE_SEND = "before send"  #: of a reply, an update or a deletion
    AFTER_SEND = "after send"  #: the channel has it, and nobody has noted so


class Death:
    """Waits for its point. It is told by another thread."""

    def __init__(self) -> None:
        self.point: Point | None = None

    def at(self, point: Point) -> None:
        """Die if this is the point."""
        if self.point is point:
            os.kill(os.getpid(), signal.SIGKILL)

    def listen(self) -> None:
        """Take the points from the input. Who started this has ended where that does: die too."""
        while line := os.read(sys.stdin.fileno(), 100):  # with no lock, which an end would wait for
            self.point = Point(line.decode().strip())
            print(f"{ARMED}{self.point}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


class MortalStorage(RecordStorage):
    """A store that a process uses until it dies.

    What is written besides turns, such as what was sent, is no commit of a turn.
    """

    def __init__(self, store: RecordStorage, death: Death) -> None:
        self._store = store
        self._death = death
        self._seen: dict[str, str] = {}

    async def open(self) -> None:
        await self._store.open()

    async def close(self) -> None:
        await self._store.close()

    async def ping(self) -> None:
        await self._store.ping()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        ledgers = [key for key in keys if "/ledgers/" in key]
        if ledgers:
            self._death.at(Point.BEFORE_READ)
        found = await self._store.fetch(keys)
        for key in ledgers:
            self._seen[key] = Ledger.read(key, found.get(key)).seen
        if ledgers:
            self._death.at(Point.AFTER_READ)
        return found

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        of_turn = any(self._enters(change) for change in changes)
        if of_turn:
            self._death.at(Point.BEFORE_COMMIT)
        e_tags = await self._store.commit(changes)
        for change in changes:
            if "/ledgers/" in change.key:
                self._seen[change.key] = _seen_in(change)
        if of_turn:
            self._death.at(Point.AFTER_COMMIT)
        return e_tags

    def _enters(self, change: Change) -> bool:
        """Whether a change enters a turn in a ledger."""
        if "/ledgers/" not in change.key:
            return False
        seen = _seen_in(change)
        return seen not in ("", self._seen.get(change.key))

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        return await self._store.scan(prefix=prefix, owner=owner, after=after, limit=limit)

    async def sweep(self, limit: int = 500) -> int:
        return await self._store.sweep(limit)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        return await self._store.due(prefix=prefix, limit=limit)

    def now(self) -> float:
        return self._store.now()


def _seen_in(change: Change) -> str:
    """The turns that a ledger knows once a change is written."""
    return Ledger.read(change.key, Record(change.body, "") if change.body else None).seen


class MortalConnector(Connector):
    """A connector that a process uses until it dies."""

    def __init__(self, death: Death, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._death = death

    async def attempt_send(self, *arguments: Any, **options: Any) -> Outcome:
        return await self._mortally(super().attempt_send(*arguments, **options))

    async def attempt_update(self, *arguments: Any, **options: Any) -> Outcome:
        return await self._mortally(super().attempt_update(*arguments, **options))

    async def attempt_delete(self, *arguments: Any, **options: Any) -> Outcome:
        return await self._mortally(super().attempt_delete(*arguments, **options))

    async def _mortally(self, attempt: Awaitable[Outcome]) -> Outcome:
        self._death.at(Point.BEFORE_SEND)
        outcome = await attempt
        self._death.at(Point.AFTER_SEND)
        return outcome
