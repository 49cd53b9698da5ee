"""The thread for what may take long on the SQLite file; what waits there is one transaction."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage.records import Change
from turnkeeper.storage.sqlite.file import Connection, SQLiteFile
from turnkeeper.storage.sqlite.statements import roll_back, write

T = TypeVar("T")
_Call = Callable[[Connection], Any]
_Outcome = tuple[asyncio.Future[Any], Any, Exception | None]


@dataclass(frozen=True, slots=True)
class _Job:
    """What waits for the thread: the changes of a commit, or a call; with neither, the end."""

    future: asyncio.Future[Any]
    changes: Sequence[Change] = ()
    call: _Call | None = None


class Writer:
    """The thread and its queue, for callers on the event loop it is made on.

    :param file: the file; nothing of it is touched before :meth:`start`.
    :param clock: seconds since the epoch.
    """

    def __init__(self, file: SQLiteFile, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._ended: asyncio.Future[None] | None = None
        opened = self._loop.create_future()
        self._opened: asyncio.Future[None] = opened
        # A daemon, so that a program that ends without close() does not hang.
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)

    async def start(self) -> None:
        """Start the thread and open the file in it.

        :raises SettingsError: the file can never be used.
        :raises StorageUnavailable: it cannot be used now.
        """
        self._thread.start()
        try:
            await self._opened
        except BaseException:
            await self.close()
            raise

    def commit(self, changes: Sequence[Change]) -> asyncio.Future[dict[str, str]]:
        """Queue one commit; the future gives the new e_tags, or the error of this commit alone.

        :param changes: at least one.
        """
        return self._submit(_Job(self._loop.create_future(), changes))

    def call(self, call: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Queue a call with the thread's connection, outside of any transaction."""
        return self._submit(_Job(self._loop.create_future(), call=call))

    async def close(self) -> None:
        """Finish what is queued, then end the thread; whatever comes later is refused."""
        if self._ended is None:
            self._ended = self._loop.create_future()
            self._queue.put(_Job(self._ended))
        await asyncio.shield(self._ended)
        self._thread.join()

    def _submit(self, job: _Job) -> asyncio.Future[Any]:
        if self._ended:
            raise StorageUnavailable(f"{self._file.path}: the storage is closed")
        self._queue.put(job)
        return job.future

    # From here on: in the thread.

    def _run(self) -> None:
        end: _Job | None = None
        try:
            self._file.create()
            connection = self._file.connect()
        except Exception as error:
            self._deliver([(self._opened, None, error)])
            end = self._queue.get()  # from start(); nobody else has had the writer yet
        else:
            with closing(connection):
                self._deliver([(self._opened, None, None)])
                while end is None:
                    end = self._serve(connection)
            # The last connection to close, of all processes, has copied the log into the file.
        self._deliver([(end.future, None, None)])

    def _serve(self, connection: Connection) -> _Job | None:
        """Do all that waits now, in order; return the job that ends the thread, once it comes."""
        jobs = [self._queue.get()]
        jobs += [self._queue.get() for _ in range(self._queue.qsize())]
        commits: list[_Job] = []
        for job in jobs:
            if job.changes:
                commits.append(job)
                continue
            self._commit(connection, commits)
            commits = []
            if job.call is None:
                return job
            self._answer(connection, job.future, job.call)
        self._commit(connection, commits)
        return None

    def _answer(self, connection: Connection, future: asyncio.Future[Any], call: _Call) -> None:
        try:
            self._file.check_in_place(connection)
            self._deliver([(future, call(connection), None)])
        except Exception as error:
            self._deliver([(future, None, self._explained(error))])
        finally:
            roll_back(connection)

    def _commit(self, connection: Connection, jobs: list[_Job]) -> None:
        """Group commit: one transaction, and one wait for the disk, for all commits waiting."""
        if not jobs:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            now = self._clock()  # after what may be a wait for another process
            outcomes = [self._apply(connection, job, now, len(jobs) == 1) for job in jobs]
            self._file.check_in_place(connection)
            refused = all(error for _, _, error in outcomes)
            connection.execute("ROLLBACK" if refused else "COMMIT")
        except Exception as error:
            roll_back(connection)
            outcomes = [(job.future, None, self._explained(error)) for job in jobs]
        self._deliver(outcomes)

    def _explained(self, error: Exception) -> Exception:
        return self._file.unavailable(error) if isinstance(error, sqlite3.Error) else error

    @staticmethod
    def _apply(connection: Connection, job: _Job, now: float, alone: bool) -> _Outcome:
        """Write one commit of a group, or none of it."""
        if not alone:
            connection.execute("SAVEPOINT one")
        try:
            outcome: _Outcome = (job.future, write(connection, job.changes, now), None)
        except sqlite3.Error:
            raise
        except Exception as refusal:  # a conflict, or a key that UTF-8 cannot hold
            outcome = (job.future, None, refusal)
            if not alone:
                connection.execute("ROLLBACK TO one")
        if not alone:
            connection.execute("RELEASE one")
        return outcome

    def _deliver(self, outcomes: list[_Outcome]) -> None:
        # A loop that was closed without close() waits for nothing any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_resolve, outcomes)


def _resolve(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # its caller gave up, or it was answered
            continue
        if error:
            future.set_exception(error)
        else:
            future.set_result(result)
