"""Storage in Redis or Valkey: one round trip a fetch and one a commit.

``redis://user:password@host:6379/0?option=value``, or ``rediss://`` for TLS; ``valkey://`` and
``valkeys://`` mean the same. Options of our own: ``prefix`` (of all keys, "bot"), ``pool_max``
(connections a process, 20) and ``timeout`` (seconds a call may take in all, 5). The other options
are the driver's: ``ssl_ca_certs``, ``health_check_interval``...

How safe a commit is depends on the server: with ``appendfsync always`` it outlives a power failure,
with the append-only file's default a second may be lost, with snapshots alone minutes. A replica
that takes over may lack the last commits.

All keys share a hash tag. So a cluster can serve them, each bot from one shard.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageUnavailable, WriteConflict
from turnkeeper.storage.place import is_elsewhere
from turnkeeper.storage.records import Change, Record, RecordStorage
from turnkeeper.storage.redis import record as redis_record
from turnkeeper.storage.redis import script as redis_script
from turnkeeper.storage.redis.connection import INSTALLED, connect, translated_errors
from turnkeeper.storage.redis.tls import url_of, warn_of_risk
from turnkeeper.storage.server_clock import ServerClock
from turnkeeper.storage.server_url import ServerUrl

with contextlib.suppress(ImportError):  # the storage says so when it is made
    from redis import exceptions

_SCHEMES: Final = {"valkey": "redis", "valkeys": "rediss"}


class RedisStorage(RecordStorage):
    """Records in a Redis or Valkey server, changed by scripts that run there as a whole.

    :param url: see the top of this module.
    :param clock: seconds since the epoch; tests pass their own. Without one records expire by the
        machine's and are due by the server's.
    :raises SettingsError: the URL cannot be read, or redis-py is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] | None = None) -> None:
        if not INSTALLED:
            raise SettingsError.of(
                "STORAGE_URL",
                "Redis and Valkey need a driver; install it with: "
                "pip install -c constraints.txt redis",
            )
        scheme, colon, rest = url.partition(":")
        server = ServerUrl.parse(_SCHEMES.get(scheme.lower(), scheme.lower()) + colon + rest)
        database = server.address.partition("/")[2]
        if database and not database.isdecimal():
            raise SettingsError.of(
                "STORAGE_URL", "the database of a Redis URL is a number, as in /0"
            )
        prefix = server.options.pop("prefix", "bot")
        if not prefix or set(prefix) & set("{}"):
            raise SettingsError.of("STORAGE_URL", "prefix must be a word without braces")
        self._address = server.address
        self._timeout = server.take("timeout", 5, least=0.1)
        self._pool_max = int(server.take("pool_max", 20, least=1))
        self._server = server
        self._elsewhere = is_elsewhere(url)
        self._clock = clock or time.time
        self._own_clock = clock
        self._now = ServerClock(clock)
        self._client: Any = None
        self._connections = asyncio.Semaphore(self._pool_max)
        self._tag = f"{{{prefix}}}:".encode()
        names = (b"keys", b"owners", b"due", b"due_at")
        self._keys, self._owners, self._due, self._due_at = (self._tag + name for name in names)

    async def open(self) -> None:
        await self.close()
        with translated_errors(self._address, self._timeout, opening=True):
            async with asyncio.timeout(self._timeout):
                url, key = url_of(self._server), self._tag + b"format"
                self._client = await connect(url, self._address, key)
        if self._elsewhere:
            warn_of_risk(self._server)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeout), contextlib.AsyncExitStack() as all_of_them:
                for _ in range(self._pool_max):
                    await all_of_them.enter_async_context(self._connections)
        await client.aclose()

    async def ping(self) -> None:
        # A write, which a replica or a server out of memory refuses; it may be sent twice.
        await self._read("SET", self._tag + b"ping", b"")

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        wanted = list(keys)
        if not wanted:
            return {}
        values = await self._read("MGET", *map(self._record, wanted))
        now = self._clock()
        return {
            key: record
            for key, value in zip(wanted, values, strict=True)
            if value is not None and (record := redis_record.unpack(value, now))
        }

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        if not changes:
            return {}
        e_tag, now = secrets.token_hex(8), self._clock()
        arguments: list[bytes | float] = [now, self._own_time()]
        for change in changes:
            arguments += redis_record.pack(change, e_tag, now)
        records = [self._record(change.key) for change in changes]
        conflict = await self._script(redis_script.COMMIT, records, arguments)
        if conflict:
            raise WriteConflict(changes[conflict - 1].key)
        return {one.key: e_tag for one in changes if one.body is not None and not one.keep}

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        index, head = (self._owners, redis_record.owned(owner)) if owner else (self._keys, b"")
        start, last = redis_record.encode(prefix), redis_record.encode(after)
        # No UTF-8 text holds the byte FF: prefix + FF comes after every key with the prefix.
        high = b"(" + head + start + b"\xff" if head + start else b"+"
        page: list[tuple[str, Record]] = []
        while len(page) < limit:
            low = b"(" + head + last if last >= start else b"[" + head + start
            room = limit - len(page)
            members = await self._read("ZRANGEBYLEX", index, low, high, "LIMIT", 0, room)
            if not members:
                break
            keys = [member[len(head) :].decode() for member in members]
            found = await self.fetch(keys)
            # An index may be behind: its record gone, or now another owner's.
            page += [
                (key, record)
                for key in keys
                if (record := found.get(key)) and owner in (None, record.owner)
            ]
            last = members[-1][len(head) :]
        return page

    async def sweep(self, limit: int = 500) -> int:
        now = self._clock()
        members = await self._read("ZRANGEBYSCORE", self._due, "-inf", now, "LIMIT", 0, limit)
        if not members:
            return 0
        records: list[bytes] = []
        arguments: list[bytes | float] = [now]
        for member in members:
            key = redis_record.key_of(member)
            records.append(self._tag + b"record:" + key)
            arguments += (key, member)
        return await self._script(redis_script.SWEEP, records, arguments)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        passed, more = 0, True
        while more and len(found) < limit:
            page = (self._own_time(), passed, limit)
            look = partial(self._evaluate, redis_script.DUE, [self._due_at], page)
            asked = time.monotonic()
            now, members = await self._again(look)
            self._now.learn(float(now), asked)
            keys = [member.decode() for member in members[::2]]
            more = len(keys) == limit
            due_at = dict(zip(keys, map(float, members[1::2]), strict=True))
            wanted = [key for key in keys if key.startswith(prefix)]
            records = await self.fetch(wanted)
            stale = [
                key
                for key in wanted
                if (record := records.get(key)) is None or record.due_at != due_at[key]
            ]
            found += [(key, float(now) - due_at[key]) for key in wanted if key not in stale]
            passed += len(keys) - (await self._heal(stale) if stale else 0)
        return found[:limit]

    def now(self) -> float:
        return self._now()

    async def _heal(self, keys: Sequence[str]) -> int:
        """Take out of the set what is not due by its record; return how many that was."""
        records = [self._due_at, *map(self._record, keys)]
        members = [redis_record.encode(key) for key in keys]
        heal = partial(self._evaluate, redis_script.HEAL, records, members)
        return int(await self._again(heal))

    def _own_time(self) -> bytes | float:
        """Return the time of the clock that was given; empty where the server's counts."""
        return self._own_clock() if self._own_clock else b""

    def _record(self, key: str) -> bytes:
        return self._tag + b"record:" + redis_record.encode(key)

    async def _read(self, *command: Any) -> Any:
        """Send a command that may be sent twice."""
        return await self._again(partial(self._send, *command))

    async def _again(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """Send what may be sent twice; on a fresh connection if the first one was lost."""
        with translated_errors(self._address, self._timeout):
            async with asyncio.timeout(self._timeout):
                try:
                    return await send()
                except exceptions.ConnectionError:
                    # The others that lie idle are as old. A client of a cluster does this itself.
                    if pool := getattr(self._client, "connection_pool", None):
                        await pool.disconnect(inuse_connections=False)
                return await send()

    async def _script(
        self, script: str, records: Sequence[bytes], arguments: Sequence[bytes | float]
    ) -> int:
        """Run a script; never again when its answer is lost, for it may have taken effect."""
        keys = (self._keys, self._owners, self._due, self._due_at, *records)
        with translated_errors(self._address, self._timeout):
            async with asyncio.timeout(self._timeout):
                return int(await self._evaluate(script, keys, arguments))

    async def _evaluate(
        self, script: str, keys: Sequence[bytes], arguments: Sequence[bytes | float]
    ) -> Any:
        try:
            sha = redis_script.digest(script)
            return await self._send("EVALSHA", sha, len(keys), *keys, *arguments)
        except exceptions.NoScriptError:
            # The first time, or the server was restarted: it ran nothing.
            return await self._send("EVAL", script, len(keys), *keys, *arguments)

    async def _send(self, *command: Any) -> Any:
        async with self._connections:
            if self._client is None:
                raise StorageUnavailable(f"Redis at {self._address}: the storage is not open")
            return await self._client.execute_command(*command)
