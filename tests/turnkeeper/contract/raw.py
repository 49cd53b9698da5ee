"""The bytes that a store really has, beneath what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import redis

from turnkeeper.storage import RecordStorage
from turnkeeper.storage.sqlite.storage import SQLiteStorage


async def raw_bytes(storage_url: str, postgresql: Any = None) -> bytes:
    """All bytes of a store.

    :param postgresql: the server, where the store is in PostgreSQL: of the database all files of
        tables and indexes are read; the server's log of writes is its own affair.
    """
    scheme = urlsplit(storage_url).scheme
    if scheme == "sqlite":
        path = Path(urlsplit(storage_url).path[1:])
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    if scheme == "redis":
        return _all_of_redis(storage_url)
    connection = await asyncpg.connect(storage_url)
    try:
        await connection.execute("CHECKPOINT")
        folder = await connection.fetchval(
            "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    return b"".join(file.read_bytes() for file in (Path(postgresql.pgdata) / folder).iterdir())


async def purge(storage: RecordStorage, storage_url: str) -> None:
    """What docs/deploying.md says is to be done so that no byte of the erased is left."""
    if isinstance(storage, SQLiteStorage):
        await storage.compact()
    elif storage_url.startswith("postgresql"):
        connection = await asyncpg.connect(storage_url)
        await connection.execute("VACUUM FULL bot_records")
        await connection.close()


def _all_of_redis(url: str) -> bytes:
    found = b""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            found += key
            if client.type(key) == b"zset":
                found += b"\n".join(client.zrange(key, 0, -1))
            else:
                found += client.get(key) or b""
    return found
