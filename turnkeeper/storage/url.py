"""Opening a storage by its URL, as STORAGE_URL names it."""

from __future__ import annotations

import time
from collections.abc import Callable

from turnkeeper.errors import SettingsError
from turnkeeper.storage.records import RecordStorage


def store_at(url: str, clock: Callable[[], float] | None = None) -> RecordStorage:
    """Make the storage a URL names; nothing is connected until its ``open()``.

    ``sqlite:///data/bot.db`` (three slashes: relative to the working directory; four: absolute),
    ``postgresql://user:password@host/database``, ``redis://host:6379/0``, ``memory:``.

    :param clock: seconds since the epoch. Without one records expire by the machine's, and are due
        by the server's, where there is one.
    :raises SettingsError: no store speaks this scheme, or its driver is not installed.
    """
    # Imported late, so that a bot on SQLite loads no other driver.
    scheme = url.partition(":")[0].lower()
    if scheme == "memory":
        from turnkeeper.storage.memory import MemoryStorage  # noqa: PLC0415

        return MemoryStorage(clock or time.time)
    if scheme == "sqlite":
        from turnkeeper.storage.sqlite.storage import SQLiteStorage  # noqa: PLC0415

        return SQLiteStorage(url, clock=clock or time.time)
    if scheme in ("postgresql", "postgres"):
        from turnkeeper.storage.postgresql.storage import PostgreSQLStorage  # noqa: PLC0415

        return PostgreSQLStorage(url, clock=clock)
    if scheme in ("redis", "rediss", "valkey", "valkeys"):
        from turnkeeper.storage.redis.storage import RedisStorage  # noqa: PLC0415

        return RedisStorage(url, clock=clock)
    # What stands there may be a password in the wrong place, so it is not quoted.
    raise SettingsError.of(
        "STORAGE_URL",
        "must begin with the name of a store: sqlite:, postgresql:, redis: or memory:",
    )
