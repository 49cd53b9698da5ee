"""The event loop's own connection to the SQLite file: a turn's few records, without a thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final

from turnkeeper.storage.records import Change, Record
from turnkeeper.storage.sqlite.file import SQLiteFile
from turnkeeper.storage.sqlite.statements import checkpoint, fetch, roll_back, write
from turnkeeper.storage.sqlite.writer import Writer

_QUICK_KEYS: Final = 8
_QUICK_CHARACTERS: Final = 65_536
"""What is larger than a turn's records is read and written by the thread."""
_ONE_TURN: Final = 2
"""What a turn that comes alone asks for in one iteration of the loop: to read, and to write."""
_LOG: Final = 500
"""Records written on the loop before the thread copies the log into the file."""

_Records = dict[str, Record]
_ETags = dict[str, str]
_Read = tuple[Collection[str], asyncio.Future[_Records]]
_Commit = tuple[Sequence[Change], asyncio.Future[_ETags]]


class LoopConnection:
    """Reads and writes turns' few records on the event loop's thread; nothing waits there.

    Through a thread, which has to be woken and to wake the loop, a turn's reads and writes cost
    twice as much. With a write-ahead log no reader waits for a writer, and a commit hands its pages
    to the system without waiting for the disk (except under synchronous=full). One connection
    serves both: its page cache holds until another connection writes.

    Who asks first in an iteration of the loop is answered at once. What others ask for in it is one
    SELECT and one transaction, and after an iteration with several turns nobody is answered at
    once: with 32 turns in flight a turn costs a fifth less CPU than with two of its own, and one
    that comes alone 6% less than if it were gathered too.

    What may take long goes to the writer's thread: a lock that another process holds, copying the
    log into the file, large records, many keys.

    :param file: the file, which exists.
    :param writer: the thread.
    :param clock: seconds since the epoch.
    """

    def __init__(self, file: SQLiteFile, writer: Writer, clock: Callable[[], float]) -> None:
        self._file = file
        self._writer = writer
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._reads: list[_Read] = []
        self._commits: list[_Commit] = []
        self._asked = 0  # in this iteration of the loop
        self._read_first = self._wrote_first = self._crowded = False
        self._logged = 0
        self._checkpoint: asyncio.Future[None] | None = None
        self._connection = file.connect()
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")

    def close(self) -> None:
        """Do what is asked for, then close the connection."""
        self._read()
        self._write()
        self._connection.close()

    async def fetch(self, keys: Collection[str]) -> _Records:
        """Return the records under some keys; see :meth:`RecordStorage.fetch`."""
        if len(keys) > _QUICK_KEYS:
            return await self._fetch_in_thread(keys)
        self._count()
        if not (self._read_first or self._crowded):
            self._read_first = True
            try:
                return fetch(self._connection, keys, self._clock())
            except sqlite3.Error:  # the thread waits for the lock, or says what is wrong
                pass
            finally:
                roll_back(self._connection)  # a read that failed must not go on reading the past
            return await self._fetch_in_thread(keys)
        future: asyncio.Future[_Records] = self._loop.create_future()
        if not self._reads:
            self._loop.call_soon(self._read)
        self._reads.append((keys, future))
        return await future

    async def commit(self, changes: Sequence[Change]) -> _ETags:
        """Write some changes, all or none; see :meth:`RecordStorage.commit`."""
        if not self._is_quick_to_write(changes):
            return await self._writer.commit(tuple(changes))
        self._count()
        if not (self._wrote_first or self._crowded):
            self._wrote_first = True
            try:
                return self._write_together([changes])[0]
            except sqlite3.Error:  # as above; nothing was written
                return await self._writer.commit(tuple(changes))
        future: asyncio.Future[_ETags] = self._loop.create_future()
        if not self._commits:
            self._loop.call_soon(self._write)
        self._commits.append((changes, future))
        return await future

    def _count(self) -> None:
        if not self._asked:
            self._loop.call_soon(self._end_iteration)
        self._asked += 1

    def _end_iteration(self) -> None:
        self._crowded = self._asked > _ONE_TURN
        self._asked = 0
        self._read_first = self._wrote_first = False

    def _is_quick_to_write(self, changes: Sequence[Change]) -> bool:
        return (
            len(changes) <= _QUICK_KEYS
            and sum(len(change.body or "") for change in changes if not change.keep)
            <= _QUICK_CHARACTERS
            and self._file.synchronous != "full"
            # The log must be begun anew by the thread, as that waits for the disk.
            and (self._checkpoint is None or self._checkpoint.done())
        )

    def _read(self) -> None:
        reads, self._reads = _wanted(self._reads), []
        if not reads:
            return
        found = None
        # If it fails, the thread waits for the lock, or says what is wrong with which key.
        with suppress(Exception):
            keys = {key for keys, _ in reads for key in keys}
            found = fetch(self._connection, keys, self._clock())
        roll_back(self._connection)  # a read that failed must not go on reading the past
        for keys, future in reads:
            if found is None:
                _pass_on(self._fetch_in_thread(keys), future)
            else:
                future.set_result({key: found[key] for key in keys if key in found})

    def _fetch_in_thread(self, keys: Collection[str]) -> asyncio.Future[_Records]:
        wanted, now = tuple(keys), self._clock()
        return self._writer.call(lambda connection: fetch(connection, wanted, now))

    def _write(self) -> None:
        commits, self._commits = _wanted(self._commits), []
        if not commits or self._settled(commits):
            return
        for one in commits:  # one of them conflicts, or the file is locked
            if len(commits) == 1 or not self._settled([one]):
                _pass_on(self._writer.commit(tuple(one[0])), one[1])

    def _settled(self, commits: Sequence[_Commit]) -> bool:
        """Write all of these and tell their callers, or write none; whether the callers were told.

        If not, each is to be tried on its own, and a single one by the thread: it waits for the
        lock, or says what is wrong.
        """
        try:
            e_tags = self._write_together([changes for changes, _ in commits])
        except Exception as error:
            if len(commits) > 1 or isinstance(error, sqlite3.Error):
                return False
            commits[0][1].set_exception(error)
            return True
        for (_, future), tags in zip(commits, e_tags, strict=True):
            future.set_result(tags)
        return True

    def _write_together(self, commits: Sequence[Sequence[Change]]) -> list[_ETags]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            now = self._clock()
            e_tags = [write(connection, changes, now) for changes in commits]
            self._file.check_in_place(connection)
            connection.execute("COMMIT")
        finally:
            roll_back(connection)
        self._logged += sum(not one.keep for changes in commits for one in changes)
        if self._logged >= _LOG:
            self._logged = 0
            self._checkpoint = self._writer.call(checkpoint)
            self._checkpoint.add_done_callback(_look_at)
        return e_tags


def _wanted(asked: list[tuple[Any, asyncio.Future[Any]]]) -> list[tuple[Any, asyncio.Future[Any]]]:
    """Return those whose callers have not given up."""
    return [one for one in asked if not one[1].done()]


def _pass_on(source: asyncio.Future[Any], target: asyncio.Future[Any]) -> None:
    """Have one future end as the other does."""

    def end(done: asyncio.Future[Any]) -> None:
        if target.done():
            _look_at(done)
        elif error := done.exception():
            target.set_exception(error)
        else:
            target.set_result(done.result())

    source.add_done_callback(end)


def _look_at(done: asyncio.Future[Any]) -> None:
    """Look at an error that concerns nobody any more; asyncio logs what nobody looks at."""
    if not done.cancelled():
        done.exception()
