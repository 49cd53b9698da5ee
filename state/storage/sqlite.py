"""The default storage: one SQLite file, by the standard library's ``sqlite3``."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from errors import StorageUnavailable
from state.storage.base import Change, Record, RecordStorage
from state.storage.sqlite_file import Connection, SQLiteFile
from state.storage.sqlite_records import Page, checkpoint, fetch, roll_back, scan, sweep, write
from state.storage.sqlite_writer import Writer

T = TypeVar("T")

_QUICK_KEYS: Final = 8
_QUICK_CHARACTERS: Final = 65_536
"""What is larger than a turn's records is read and written by the thread."""
_SLOW: Final = 0.01
"""Seconds: the event loop must not stand still longer."""
_DETOUR: Final = 100
"""So many reads and commits go to the thread after one on the loop was slow."""
_LOG: Final = 500
"""Records written on the loop before the thread copies the log into the file."""


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
    :class:`errors.StorageUnavailable` until it is back or the bot is started again. An empty file
    in its place would have the bot ask everybody's name anew.

    :param url: see above.
    :param clock: seconds since the epoch.
    :raises errors.SettingsError: the URL names no file or has an unknown option.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        # Nothing is opened here: a server may fork after the storage was made.
        self._file = SQLiteFile.from_url(url)
        self._clock = clock
        self._writer: Writer | None = None
        self._here: Connection | None = None
        self._detour = 0
        self._logged = 0
        self._checkpoint: asyncio.Future[None] | None = None

    async def open(self) -> None:
        writer = Writer(self._file, self._clock)
        await writer.start()
        self._writer = writer
        self._here = self._file.connect()
        self._here.execute("PRAGMA busy_timeout = 0")
        self._here.execute("PRAGMA wal_autocheckpoint = 0")

    async def close(self) -> None:
        if self._here:
            self._here.close()
            self._here = None
        if self._writer:
            await self._writer.close()

    async def ping(self) -> None:
        await self._in_thread(lambda connection: fetch(connection, ("",), 0))

    # A turn's few records are read and written on the event loop's own thread where nothing is
    # to be waited for. With 100,000 people that takes 48 and 68 microseconds of CPU; through a
    # thread, which has to be woken and to wake the loop, 115 and 130. With a write-ahead log no
    # reader waits for a writer, and a commit hands its pages to the system without waiting for
    # the disk (except under synchronous=full). One connection serves both: its page cache holds
    # until another connection writes.
    # What may take long goes to the writer's thread: a lock that another holds, copying the log
    # into the file, large records, many keys, and all for a while when the disk was found slow.

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        now = self._clock()
        if self._here and len(keys) <= _QUICK_KEYS and self._quick():
            started = time.perf_counter()
            try:
                return fetch(self._here, keys, now)
            except sqlite3.Error:
                pass  # the thread waits for the lock, or says what is wrong
            finally:
                self._watch(started)
        wanted = tuple(keys)
        return await self._in_thread(lambda connection: fetch(connection, wanted, now))

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        if not changes:
            return {}
        if self._here and self._may_commit_here(changes) and self._quick():
            started = time.perf_counter()
            try:
                return self._commit_here(self._here, changes)
            except sqlite3.Error:
                pass  # as above; nothing was written
            finally:
                self._watch(started)
        return await self._opened().commit(tuple(changes))

    def _may_commit_here(self, changes: Sequence[Change]) -> bool:
        return (
            len(changes) <= _QUICK_KEYS
            and sum(len(change.body or "") for change in changes) <= _QUICK_CHARACTERS
            and self._file.synchronous != "full"
            # The log must be begun anew by the thread, as that waits for the disk.
            and (self._checkpoint is None or self._checkpoint.done())
        )

    def _commit_here(self, connection: Connection, changes: Sequence[Change]) -> dict[str, str]:
        try:
            connection.execute("BEGIN IMMEDIATE")
            e_tags = write(connection, changes, self._clock())
            self._file.check_in_place(connection)
            connection.execute("COMMIT")
        finally:
            roll_back(connection)
        self._logged += len(changes)
        if self._logged >= _LOG:
            self._logged = 0
            self._checkpoint = self._opened().call(checkpoint)
            self._checkpoint.add_done_callback(lambda done: done.cancelled() or done.exception())
        return e_tags

    def _quick(self) -> bool:
        """Whether the disk has been quick of late; called once a read or commit."""
        self._detour = max(self._detour - 1, 0)
        return not self._detour

    def _watch(self, started: float) -> None:
        if time.perf_counter() - started > _SLOW:
            self._detour = _DETOUR

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

    async def compact(self) -> None:
        """Give back free space, and leave no byte of an erased record in the file or its log.

        Writes wait while it runs, about a second for each 100 MB; reads go on. It needs as much
        free disk as the file is large.

        :raises errors.StorageUnavailable: the disk is full, or another process has been using
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

    def _opened(self) -> Writer:
        if self._writer is None:
            raise StorageUnavailable(f"{self._file.path}: the storage is not open")
        return self._writer
