"""The default storage: one SQLite file, by the standard library's ``sqlite3``."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage.private_file import warn_if_open
from turnkeeper.storage.records import Change, Record, RecordStorage
from turnkeeper.storage.sqlite.file import Connection, SQLiteFile
from turnkeeper.storage.sqlite.loop_connection import LoopConnection
from turnkeeper.storage.sqlite.statements import Page, due, scan, sweep, touch
from turnkeeper.storage.sqlite.writer import Writer

T = TypeVar("T")


class SQLiteStorage(RecordStorage):
    """Records in one SQLite file, which other processes may use at the same time.

    ``sqlite:///data/bot.db`` is relative to the working directory, ``sqlite:////abs/bot.db``
    absolute. Options follow a "?":

    ``synchronous``
        what a commit waits for. Whichever it is, killing the process (``kill -9``) loses nothing.

        - ``normal`` (the default): the system has the data. A power failure or a crash of the
          system may lose the commits of the last seconds; the file stays sound.
        - ``full``: the disk has the data. A power failure loses nothing, on a disk that keeps
          what it has confirmed. Each group of commits waits for the disk.
        - ``off``: never waits. A power failure may lose commits *and damage the file*.
    ``timeout``
        seconds to wait while another process writes, 5 by default.

    The file is made with mode 0600, and so are ``-wal`` and ``-shm`` beside it; they belong to
    it, and all three are to be copied together, with the bot stopped. When the file is moved or
    deleted under a running bot, nothing is written: each commit raises
    :class:`turnkeeper.errors.StorageUnavailable` until it is back or the bot is started again. An
    empty file in its place would have the bot ask everybody's name anew.

    :param url: see above.
    :param clock: seconds since the epoch.
    :raises SettingsError: the URL names no file or has an unknown option.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        # Nothing is opened here: a server may fork after the storage was made.
        self._file = SQLiteFile.from_url(url)
        self._clock = clock
        self._writer: Writer | None = None
        self._on_loop: LoopConnection | None = None
        self._ping: asyncio.Future[None] | None = None

    @property
    def path(self) -> str:
        """The absolute path of the file."""
        return self._file.path

    async def open(self) -> None:
        writer = Writer(self._file, self._clock)
        await writer.start()
        try:
            self._on_loop = LoopConnection(self._file, writer, self._clock)
        except sqlite3.Error as error:
            await writer.close()
            raise self._file.unavailable(error) from error
        self._writer = writer
        path = self._file.path
        warn_if_open("STORAGE_URL", (path, f"{path}-wal", f"{path}-shm"))

    async def close(self) -> None:
        if self._on_loop:
            self._on_loop.close()
            self._on_loop = None
        if self._writer:
            await self._writer.close()

    async def ping(self) -> None:
        # One for all who ask: where another process keeps the lock, it waits in the thread, and
        # turns' commits would wait behind each further one.
        if self._ping is None or self._ping.done():
            self._ping = self._opened().call(touch)
        await asyncio.shield(self._ping)

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return await self._connected().fetch(keys)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await self._connected().commit(changes) if changes else {}

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        now = self._clock()
        return await self._in_thread(
            lambda connection: scan(connection, Page(prefix, owner, after, limit, now))
        )

    async def sweep(self, limit: int = 500) -> int:
        now = self._clock()
        return await self._in_thread(lambda connection: sweep(connection, limit, now))

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        now = self._clock()
        return await self._in_thread(lambda connection: due(connection, prefix, limit, now))

    def now(self) -> float:
        return self._clock()

    async def compact(self) -> None:
        """Give back free space, and leave no byte of an erased record in the file or its log.

        Writes wait while it runs, about a second for each 100 MB; reads go on. It needs as much
        free disk as the file is large.

        :raises StorageUnavailable: the disk is full, or another process has been using
            the file all along; the records are as they were, and it may be called again.
        """
        await self._in_thread(self._compact)

    def _compact(self, connection: Connection) -> None:
        connection.execute("VACUUM")
        # Copies the log into the file and cuts it to nothing, once no other reader needs it.
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StorageUnavailable(f"{self._file.path}: in use; what was erased is in -wal yet")

    async def _in_thread(self, call: Callable[[Connection], T]) -> T:
        return await self._opened().call(call)

    def _connected(self) -> LoopConnection:
        if self._on_loop is None:
            raise StorageUnavailable(f"{self._file.path}: the storage is not open")
        return self._on_loop

    def _opened(self) -> Writer:
        if self._writer is None:
            raise StorageUnavailable(f"{self._file.path}: the storage is not open")
        return self._writer
