"""Storage in PostgreSQL: one table, one round trip a fetch and one a commit.

``postgresql://user:password@host:5432/database?option=value``. Options of our own: ``pool_max``
(connections a process, 10), ``timeout`` (seconds a call may take in all, 5) and
``statement_cache_size`` (100, but 0 behind a pooler such as PgBouncer: statements that are kept do
not work in its transaction mode; without them a call is one more round trip). The other options are
the driver's: ``sslmode``, ``application_name``... Without ``sslmode`` a server that is not on this
machine must have a certificate for its name; see :mod:`turnkeeper.storage.postgresql.tls`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageUnavailable, WriteConflict
from turnkeeper.storage.place import is_elsewhere
from turnkeeper.storage.postgresql import statements as sql
from turnkeeper.storage.postgresql.connection import (
    Undone,
    complete,
    is_pooled,
    prepare,
    translated_errors,
)
from turnkeeper.storage.postgresql.tls import tls_of, warn_of_risk
from turnkeeper.storage.records import Change, Record, RecordStorage
from turnkeeper.storage.server_clock import ServerClock
from turnkeeper.storage.server_url import ServerUrl

try:
    import asyncpg
except ImportError:
    asyncpg = None

_TRIES: Final = 10
"""How often a commit is run at most when the server undid it for a race with another commit."""

_STATEMENTS: Final = 100
"""How many prepared statements a connection keeps."""

_RELEASE_TIMEOUT: Final = 1.0
"""Seconds to wait for the server to confirm that a statement was cancelled."""


class PostgreSQLStorage(RecordStorage):
    """Records in one table of a PostgreSQL database, through a pool of connections.

    :param url: see the top of this module; the tables are made when missing.
    :param clock: seconds since the epoch; tests pass their own. Without one records expire by the
        machine's and are due by the server's.
    :raises SettingsError: the URL cannot be read, or asyncpg is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] | None = None) -> None:
        if asyncpg is None:
            raise SettingsError.of(
                "STORAGE_URL",
                "PostgreSQL needs a driver; install it with: "
                "pip install -c constraints.txt asyncpg",
            )
        server = ServerUrl.parse(url)
        self._address = server.address
        self._pool_max = int(server.take("pool_max", 10, least=1))
        self._timeout = server.take("timeout", 5, least=0.1)
        self._cache_chosen = "statement_cache_size" in server.options
        self._statement_cache_size = int(server.take("statement_cache_size", _STATEMENTS))
        self._server = server
        self._elsewhere = is_elsewhere(url)
        self._clock = clock or time.time
        self._own_clock = clock
        self._now = ServerClock(clock)
        self._pool: Any = None

    async def open(self) -> None:
        await self.close()
        pool: Any = None
        with translated_errors(self._address, self._timeout, opening=True):
            try:
                async with asyncio.timeout(self._timeout) as limit:
                    dsn = self._server.rest()
                    tls = tls_of(self._server) if self._elsewhere else None
                    if not self._cache_chosen:
                        pooled = await is_pooled(dsn, tls, self._address)
                        self._statement_cache_size = 0 if pooled else _STATEMENTS
                    pool = asyncpg.create_pool(
                        dsn,
                        ssl=tls,
                        min_size=1,
                        max_size=self._pool_max,
                        timeout=self._timeout,
                        statement_cache_size=self._statement_cache_size,
                        max_cached_statement_lifetime=0,
                        reset=_leave_as_it_is,
                    )
                    await pool
                    async with pool.acquire() as connection:
                        if not await prepare(connection, self._address):
                            # Once in a table's life; to index a large one takes its time.
                            limit.reschedule(None)
                            await complete(connection, self._address)
            except BaseException:
                if pool is not None:
                    pool.terminate()
                raise
        self._pool = pool
        if self._elsewhere:
            warn_of_risk(self._server)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self._timeout):
                await pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pool.terminate()

    async def ping(self) -> None:
        await self._read(sql.PING)

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        if not keys:
            return {}
        rows = await self._read(sql.FETCH, list(keys), self._clock())
        return {key: Record(*record) for key, *record in rows}

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        if not changes:
            return {}
        e_tag = secrets.token_hex(8)
        ordered = sorted(changes, key=lambda change: change.key)
        arguments: list[Any] = [
            [change.key for change in ordered],
            [change.body for change in ordered],
            [change.e_tag for change in ordered],
            [change.owner for change in ordered],
            [change.expires_at for change in ordered],
            self._clock(),
            [change.due_in for change in ordered],
            [change.keep for change in ordered],
            self._own_time(),
            e_tag,
        ]
        written = [one.key for one in changes if one.body is not None and not one.keep]
        absent = [one for one in changes if one.body is None and not one.keep]
        if not written:
            statement = sql.COMMIT_DELETES if absent else sql.COMMIT_KEEPS
            del arguments[-2:]
        elif any(one.e_tag is not None for one in absent):
            statement = sql.COMMIT_MIXED
        else:  # nothing to delete, but for what has expired, which a sweep may do
            statement = sql.COMMIT_WRITES
        for _ in range(_TRIES):
            try:
                conflict = await self._run(statement, *arguments)
            except Undone:
                continue
            if conflict:
                raise WriteConflict(conflict[0]["key"])
            return dict.fromkeys(written, e_tag)
        raise WriteConflict(ordered[0].key)

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        statement, arguments = sql.scan_statement(prefix, owner, after, limit, self._clock())
        rows = await self._read(statement, *arguments)
        return [(key, Record(*record)) for key, *record in rows]

    async def sweep(self, limit: int = 500) -> int:
        return len(await self._run(sql.SWEEP, self._clock(), limit))

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        asked = time.monotonic()
        rows = await self._read(sql.DUE, self._own_time(), self._clock(), prefix, limit)
        self._now.learn(rows[0][0], asked)
        return [(key, late) for _, key, late in rows if key is not None]

    def now(self) -> float:
        return self._now()

    def _own_time(self) -> float | None:
        """Return the time of the clock that was given; None where the server's counts."""
        return self._own_clock() if self._own_clock else None

    async def _read(self, statement: str, *arguments: Any) -> list[Any]:
        """Run a statement that may run twice; on a fresh connection if the first one was lost.

        After a restart of the server the pool's connections are lost though the server is well.
        A commit is never run again on this ground: it may have taken effect.
        """
        with translated_errors(self._address, self._timeout):
            async with asyncio.timeout(self._timeout):
                try:
                    return await self._once(statement, *arguments)
                except (
                    ConnectionError,
                    asyncpg.PostgresConnectionError,
                    asyncpg.AdminShutdownError,
                ):
                    if self._pool is not None:
                        await self._pool.expire_connections()
                return await self._once(statement, *arguments)

    async def _run(self, statement: str, *arguments: Any) -> list[Any]:
        with translated_errors(self._address, self._timeout):
            async with asyncio.timeout(self._timeout):
                return await self._once(statement, *arguments)

    async def _once(self, statement: str, *arguments: Any) -> list[Any]:
        pool = self._pool
        if pool is None:
            raise StorageUnavailable(f"PostgreSQL at {self._address}: the storage is not open")
        connection = await pool.acquire()
        try:
            rows: list[Any] = await connection.fetch(statement, *arguments)
        finally:
            # What goes wrong while a connection is given back costs the pool that connection.
            with contextlib.suppress(
                TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError
            ):
                await pool.release(connection, timeout=_RELEASE_TIMEOUT)
        return rows


async def _leave_as_it_is(_connection: object) -> None:
    """Nothing is ever set on a connection, so giving it back needs no round trip to reset it."""
