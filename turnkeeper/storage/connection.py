"""The process's one connection to a store: it opens itself at the first use."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from turnkeeper.errors import BotError, Fault, SettingsError
from turnkeeper.settings import fit_to_print
from turnkeeper.storage.format import mark
from turnkeeper.storage.memory import MemoryStorage
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.records import Change, Record, RecordStorage
from turnkeeper.storage.url import store_at

_CONNECTIONS: Final[dict[str, Connection]] = {}


class Connection(RecordStorage):
    """A store for whoever in the process uses it; see :func:`connection_to`.

    It opens in the event loop that uses it first, so that a server may fork after it was made. When
    that loop is over, it opens anew in the next one.

    :ivar url: of the store.

    :param url: the same; one that names no store raises at the first use.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._store: RecordStorage | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._users = 0
        self._lent = False
        # By which states and adapters tell whether they are on one store.
        self.named = cache(self._named)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the URL."""
        try:
            store_at(self.url)
        except SettingsError as error:
            return error.faults
        return ()

    @contextmanager
    def lent(self, store: RecordStorage) -> Iterator[None]:
        """Have all who use the connection find another store within the block, for a test.

        :param store: not open yet.
        :raises BotError: the connection is open.
        """
        if self._users:
            raise BotError("the store is open; close the application that uses it first")
        before = self._store, self._loop, self._lent
        self._store, self._loop, self._lent = store, None, True
        try:
            yield
        finally:
            (self._store, self._loop, self._lent), self._users = before, 0

    def _named(self, bot: str) -> RecordStorage:
        """Return the part of the store that is a bot's, the same at each call.

        :param bot: BOT_NAME; "" for the whole.
        """
        return Namespace(self, bot) if bot else self

    async def open(self) -> None:
        """Be open until :meth:`close` was called as often.

        :raises SettingsError: the store can never be used.
        :raises StorageError: it is away, or cannot be read.
        """
        await self._opened()
        self._users += 1

    async def close(self) -> None:
        """Close the store, unless it was opened for others too. Who uses it again opens it."""
        self._users = max(0, self._users - 1)
        await self.close_idle()

    async def close_idle(self) -> None:
        """Close the store where it is open for nobody."""
        loop = asyncio.get_running_loop()
        if self._store is not None and self._loop is loop and not self._users:
            store, self._loop = self._store, None
            await store.close()

    async def ping(self) -> None:
        await (await self._opened()).ping()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return await (await self._opened()).fetch(keys)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await (await self._opened()).commit(changes)

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        store = await self._opened()
        return await store.scan(prefix=prefix, owner=owner, after=after, limit=limit)

    async def sweep(self, limit: int = 500) -> int:
        return await (await self._opened()).sweep(limit)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        return await (await self._opened()).due(prefix=prefix, limit=limit)

    def now(self) -> float:
        return super().now() if self._store is None else self._store.now()

    async def compact(self) -> None:
        """Leave no byte of an erased record, where the store can do that."""
        compact = getattr(await self._opened(), "compact", None)
        if compact is not None:
            await compact()

    async def _opened(self) -> RecordStorage:
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._store is not None:
            return self._store
        if self._loop is not None and self._loop is not loop:
            if not self._loop.is_closed():
                raise BotError("the store is open in another event loop; close it there first")
            self._users, self._loop, self._opening = 0, None, asyncio.Lock()
        async with self._opening:
            if self._loop is None:
                store = self._store
                # What is in memory must stay there.
                if store is None or not (self._lent or isinstance(store, MemoryStorage)):
                    store = store_at(self.url)
                await store.open()
                try:
                    await mark(store)
                except BaseException:
                    await store.close()
                    raise
                self._store, self._loop = store, loop
        assert self._store is not None  # noqa: S101 - opened just now
        return self._store


def url_of(records: RecordStorage) -> str:
    """Return the URL of a store, fit to be printed; the name of its class where it has none."""
    store = records.storage if isinstance(records, Namespace) else records
    return fit_to_print(store.url) if isinstance(store, Connection) else type(store).__name__


def connection_to(url: str) -> Connection:
    """Return the process's one connection to a store.

    :param url: as STORAGE_URL has it. ``memory:`` is one store a process, ``memory:NAME`` another.
    """
    return _CONNECTIONS.setdefault(url, Connection(url))
