"""The event loop's own connection: what turns want in one round of the loop is done at once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final

from turnkeeper.storage.records import Change, Record
from turnkeeper.storage.sqlite.file import SQLiteFile
from turnkeeper.storage.sqlite.loop_load import LoopLoad
from turnkeeper.storage.sqlite.statements import checkpoint, fetch, roll_back, write
from turnkeeper.storage.sqlite.writer import Writer

_QUICK_KEYS: Final = 8
_QUICK_CHARACTERS: Final = 65_536
"""What is larger than a turn's records is read and written by the thread."""
_ROUND: Final = 50
"""So many reads, or commits, are done at once: 2 ms. More go on in the next round."""
_SLOW: Final = 0.01
"""Seconds: the event loop must not stand still longer."""
_SHARE: Final = 0.0001
"""Seconds of one round of the loop in which everybody is answered at once; the rest wait."""
_DETOUR: Final = 100
"""So many times a round's reads or commits go to the thread after one on the loop was slow."""
_LOG: Final = 500
"""Records written on the loop before the thread copies the log into the file."""

_Records = dict[str, Record]
_ETags = dict[str, str]


class Rounds:
    """Reads and writes turns' few records on the event loop's thread; nothing waits there.

    Through a thread, which has to be woken and to wake the loop, a turn's reads and writes cost
    twice as much. With a write-ahead log no reader waits for a writer, and a commit hands its pages
    to the system without waiting for the disk (except under synchronous=full). One connection
    serves both: its page cache holds until another connection writes.

    While the loop has nothing to spare, what is asked for in one round of it is one SELECT and one
    transaction: with 32 turns in flight a turn costs 85 microseconds less than with two of its own.
    Else everybody is answered at once, as long as that does not hold up the round: turns that wait
    for each other's commits send their replies together, get their answers together, and wait for
    each other again.

    What may take long goes to the writer's thread: a lock that another process holds, copying the
    log into the file, large records, many keys, and all for a while when the disk was found slow.

    :param file: the file, which exists.
    :param writer: the thread.
    :param clock: seconds since the epoch.
    """

    def __init__(self, file: SQLiteFile, writer: Writer, clock: Callable[[], float]) -> None:
        self._file = file
        self._writer = writer
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._reads: list[tuple[Collection[str], asyncio.Future[_Records]]] = []
        self._commits: list[tuple[Sequence[Change], asyncio.Future[_ETags]]] = []
        self._load = LoopLoad()
        self._spent = 0.0  # seconds of this round of the loop
        self._detour = 0
        self._logged = 0
        self._checkpoint: asyncio.Future[None] | None = None
        self._connection = file.connect()
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")

    def close(self) -> None:
        """Do what is asked for, then close the connection."""
        while self._reads or self._commits:
            self._read()
            self._write()
        self._connection.close()

    async def fetch(self, keys: Collection[str]) -> _Records:
        """The records under some keys; see :meth:`RecordStorage.fetch`."""
        if len(keys) > _QUICK_KEYS:
            return await self._fetch_in_thread(keys)
        if self._has_time() and not self._detour:
            started = time.perf_counter()
            try:
                return fetch(self._connection, keys, self._clock())
            except sqlite3.Error:
                pass  # the thread waits for the lock, or says what is wrong
            finally:
                self._watch(started)
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
        if self._has_time() and not self._detour:
            started = time.perf_counter()
            try:
                return self._write_at_once([changes])[0]
            except sqlite3.Error:
                pass  # as above; nothing was written
            finally:
                self._watch(started)
            return await self._writer.commit(tuple(changes))
        future: asyncio.Future[_ETags] = self._loop.create_future()
        if not self._commits:
            self._loop.call_soon(self._write)
        self._commits.append((changes, future))
        return await future

    def _has_time(self) -> bool:
        return self._spent < _SHARE and not (self._reads or self._commits or self._load.is_full())

    def _end_round(self) -> None:
        self._spent = 0.0

    def _is_quick_to_write(self, changes: Sequence[Change]) -> bool:
        return (
            len(changes) <= _QUICK_KEYS
            and sum(len(change.body or "") for change in changes) <= _QUICK_CHARACTERS
            and self._file.synchronous != "full"
            # The log must be begun anew by the thread, as that waits for the disk.
            and (self._checkpoint is None or self._checkpoint.done())
        )

    def _read(self) -> None:
        reads, self._reads = self._reads[:_ROUND], self._reads[_ROUND:]
        if self._reads:
            self._loop.call_soon(self._read)
        found = None
        if reads and self._is_quick():
            started = time.perf_counter()
            # If it fails, the thread waits for the lock, or says what is wrong with which key.
            with suppress(Exception):
                wanted = {key for keys, _ in reads for key in keys}
                found = fetch(self._connection, wanted, self._clock())
            roll_back(self._connection)  # a read that failed must not go on reading the past
            self._watch(started)
        for keys, future in reads:
            if future.done():  # its caller gave up
                continue
            if found is None:
                _pass_on(self._fetch_in_thread(keys), future)
            else:
                future.set_result({key: found[key] for key in keys if key in found})

    def _fetch_in_thread(self, keys: Collection[str]) -> asyncio.Future[_Records]:
        wanted, now = tuple(keys), self._clock()
        return self._writer.call(lambda connection: fetch(connection, wanted, now))

    def _write(self) -> None:
        commits, self._commits = self._commits[:_ROUND], self._commits[_ROUND:]
        if self._commits:
            self._loop.call_soon(self._write)
        commits = [one for one in commits if not one[1].done()]  # others' callers gave up
        if commits and self._is_quick():
            started = time.perf_counter()
            if self._settled(commits):
                commits = []
            elif len(commits) > 1:
                commits = [one for one in commits if not self._settled([one])]
            self._watch(started)
        for changes, future in commits:
            _pass_on(self._writer.commit(tuple(changes)), future)

    def _settled(self, commits: Sequence[tuple[Sequence[Change], asyncio.Future[_ETags]]]) -> bool:
        """Write all of these and tell their callers, or write none; whether the callers were told.

        If not, each is to be tried on its own, and a single one by the thread: it waits for the
        lock, or says what is wrong.
        """
        try:
            e_tags = self._write_at_once([changes for changes, _ in commits])
        except Exception as error:
            if len(commits) > 1 or isinstance(error, sqlite3.Error):
                return False
            commits[0][1].set_exception(error)
            return True
        for (_, future), tags in zip(commits, e_tags, strict=True):
            future.set_result(tags)
        return True

    def _write_at_once(self, commits: Sequence[Sequence[Change]]) -> list[_ETags]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            now = self._clock()
            e_tags = [write(connection, changes, now) for changes in commits]
            self._file.check_in_place(connection)
            connection.execute("COMMIT")
        finally:
            roll_back(connection)
        self._logged += sum(map(len, commits))
        if self._logged >= _LOG:
            self._logged = 0
            self._checkpoint = self._writer.call(checkpoint)
            self._checkpoint.add_done_callback(_look_at)
        return e_tags

    def _is_quick(self) -> bool:
        """Whether the disk has been quick of late. Call it once for all that is done together."""
        self._detour = max(self._detour - 1, 0)
        return not self._detour

    def _watch(self, started: float) -> None:
        spent = time.perf_counter() - started
        if not self._spent:
            self._loop.call_soon(self._end_round)
        self._spent += spent
        if spent > _SLOW:
            self._detour = _DETOUR


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
    """An error that nobody looks at is logged; some concern nobody any more."""
    if not done.cancelled():
        done.exception()
