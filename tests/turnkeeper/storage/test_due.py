"""What is due is found by an index, by the store's own clock, and in stores that 0.3 made too."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import redis

from tests.turnkeeper.clock import Clock
from tests.turnkeeper.storage.relay import Relay
from tests.turnkeeper.stores import empty_store
from turnkeeper.errors import SettingsError
from turnkeeper.storage import ANY, Change, MemoryStorage, RecordStorage, store_at
from turnkeeper.storage.connection import Connection
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.postgresql import statements as postgresql
from turnkeeper.storage.server_clock import ServerClock
from turnkeeper.storage.sqlite import statements as sqlite

HOUR = 3600.0
DUE, QUIET = Change("due", "{}", ANY, due_in=0), Change("quiet", "{}", ANY)

# As version 0.3 writes.
SQLITE_WRITE = (
    "INSERT INTO records (key, e_tag, owner, expires_at, due, body)"
    " VALUES (?, 'of-0.3', '', NULL, NULL, '{}') ON CONFLICT (key) DO UPDATE SET"
    " e_tag = excluded.e_tag, owner = excluded.owner, expires_at = excluded.expires_at,"
    " due = excluded.due, body = excluded.body"
)
POSTGRESQL_WRITE = (
    "insert into bot_records (key, body, e_tag, previous, owner, expires_at)"
    " values ($1, '{}', 'of-0.3', null, '', null) on conflict (key) do update set"
    " body = excluded.body, e_tag = excluded.e_tag, previous = excluded.previous,"
    " owner = excluded.owner, expires_at = excluded.expires_at"
)


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[RecordStorage]:
    storage = store_at(url, clock)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


async def due_keys(storage: RecordStorage) -> list[str]:
    return [key for key, _ in await storage.due()]


@pytest.fixture
async def postgresql_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of an empty database."""
    async with empty_store("postgresql", request) as url:
        yield url


@pytest.fixture
async def redis_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of an empty Valkey."""
    async with empty_store("redis", request) as url:
        yield url


@pytest.fixture
def valkey(redis_url: str) -> Iterator[Any]:
    """The same, past the storage."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def connection(postgresql_url: str) -> AsyncIterator[Any]:
    """The database, past the storage."""
    connection = await asyncpg.connect(postgresql_url)
    yield connection
    await connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


# By an index


async def test_sqlite_looks_into_the_index_alone(file: Path) -> None:
    async with opened(f"sqlite:///{file}"):
        with closing(sqlite3.connect(file)) as connection:
            values = (0.0, 0.0, 0.0, 5, "~bot/", 100)
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sqlite.DUE}", values).fetchall()
    assert [step[3] for step in plan] == ["SEARCH records USING INDEX records_due_at (due_at<?)"]


@pytest.mark.parametrize("due_at", ["null", "1e10 + length(key)", "length(key)"])
async def test_postgresql_looks_into_the_index_alone(
    postgresql_url: str, connection: asyncpg.Connection, due_at: str
) -> None:
    """Where nothing is due, where all of it is some time, and where all of it is."""
    async with opened(postgresql_url):
        await connection.execute(
            "insert into bot_records (key, body, e_tag, owner)"
            " select 'k' || n, '{}', '1', '' from generate_series(1, 20000) as n"
        )
        await connection.execute(f"update bot_records set due_at = {due_at}")  # noqa: S608
        await connection.execute("analyze bot_records")
        for prefix in ("", "k1234"):
            arguments = (None, time.time(), prefix, 100)
            rows = await connection.fetch(f"explain {postgresql.DUE}", *arguments)
            plan = "\n".join(row[0] for row in rows)
            assert "Index Scan using bot_records_due_at on bot_records" in plan
            assert "Index Cond: (due_at <= " in plan  # it ends where nothing more is due
            assert "Sort" not in plan


async def test_a_look_at_redis_is_one_round_trip_whatever_is_quiet(redis_url: str) -> None:
    port = urlsplit(redis_url).port
    relay = Relay(lambda: asyncio.open_connection("127.0.0.1", port))
    async with relay, opened(f"redis://127.0.0.1:{relay.port}") as storage:
        later = [Change(f"k{n}", "{}", None, due_in=HOUR) for n in range(1000)]
        await storage.commit([*later, QUIET])
        await storage.due()  # teaches the server the script
        relay.trips = 0
        assert await storage.due() == []
        assert relay.trips == 1


# By the store's own clock


async def test_postgresql_goes_by_the_time_of_the_server(
    postgresql_url: str, connection: asyncpg.Connection
) -> None:
    # A server that is an hour ahead of this machine.
    await connection.execute("create schema ahead")
    for name in ("now", "clock_timestamp"):
        await connection.execute(
            f"create function ahead.{name}() returns timestamptz language sql stable"
            f" as $$ select pg_catalog.{name}() + interval '1 hour' $$"
        )
    async with opened(f"{postgresql_url}&search_path=ahead,pg_catalog") as storage:
        assert abs(storage.now() - time.time()) < 60
        assert await storage.due() == []
        assert abs(storage.now() - time.time() - HOUR) < 60
        await storage.commit([DUE, Change("later", "{}", None, due_in=HOUR)])
        [(key, late)] = await storage.due()
        assert key == "due"
        assert late < HOUR / 2
        due_at = (await storage.fetch(["due"]))["due"].due_at
        assert due_at is not None
        assert HOUR / 2 < due_at - time.time() < 2 * HOUR
    async with opened(f"{postgresql_url}&search_path=ahead,pg_catalog", Clock(5.0)) as storage:
        assert await storage.due() == []
        await storage.commit([DUE])
        assert await storage.due() == [("due", 0)]
        assert (await storage.fetch(["due"]))["due"].due_at == 5.0


async def test_redis_goes_by_the_time_of_the_server_unless_a_clock_is_given(
    redis_url: str, valkey: Any
) -> None:
    def asked() -> int:
        return int(valkey.info("commandstats").get("cmdstat_time", {"calls": 0})["calls"])

    before = asked()
    async with opened(redis_url, Clock(5.0)) as storage:
        await storage.commit([DUE, QUIET])
        assert await storage.due() == [("due", 0)]
        assert asked() == before
    async with opened(redis_url) as storage:
        await storage.commit([QUIET])
        assert asked() == before
        await storage.commit([DUE])
        assert asked() == before + 1
        assert await due_keys(storage) == ["due"]
        assert asked() == before + 2


@pytest.mark.parametrize("kind", ["postgresql", "redis"])
async def test_each_look_learns_the_time_of_the_server(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers_time, real = time.time, time.time()
    async with empty_store(kind, request) as url, opened(url) as storage:
        monkeypatch.setattr(time, "time", lambda: 5.0)  # this machine's clock is wrong
        assert storage.now() == 5.0
        assert await storage.due() == []
        assert real < storage.now() < real + 60
        await storage.commit([DUE])
        [_] = await storage.due()
        assert -0.01 < storage.now() - servers_time() < 10
    async with empty_store(kind, request) as url, opened(url, Clock(7.0)) as storage:
        await storage.due()
        assert storage.now() == 7.0


def test_a_servers_time_counts_from_when_it_was_asked() -> None:
    clock = ServerClock()
    clock.learn(1_000.0, asked=time.monotonic() - 3)
    assert 1_003.0 <= clock() < 1_004.0
    clock.learn(500.0, asked=time.monotonic())
    assert 500.0 <= clock() < 501.0


async def test_a_connection_goes_by_the_time_of_its_store() -> None:
    connection = Connection("memory:")
    assert abs(connection.now() - time.time()) < 60
    with connection.lent(MemoryStorage(Clock(5.0))):
        assert Namespace(connection, "shop").now() == 5.0


# In stores of 0.3, and beside a process of 0.3


async def test_a_sqlite_file_of_0_3_gets_the_index_and_0_3_goes_on(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as old:
        for statement in (*sqlite.TABLES, "PRAGMA user_version = 1", "PRAGMA journal_mode = WAL"):
            old.execute(statement)
        old.execute(SQLITE_WRITE, ("old",))
        async with opened(f"sqlite:///{file}") as storage:
            assert list(await storage.fetch(["old"])) == ["old"]
            assert await storage.due() == []
            await storage.commit([DUE, QUIET])
            for key in ("due", "quiet", "new"):
                old.execute(SQLITE_WRITE, (key,))
            assert await due_keys(storage) == ["due"]
            assert len(await storage.scan()) == 4
            e_tag = (await storage.fetch(["due"]))["due"].e_tag
            assert e_tag == "of-0.3"
            await storage.commit([Change("due", "{}", e_tag)])
            assert await storage.due() == []
        async with opened(f"sqlite:///{file}") as storage:
            assert len(await storage.scan()) == 4


async def test_tables_of_0_3_in_postgresql_get_the_index_and_0_3_goes_on(
    postgresql_url: str, connection: asyncpg.Connection
) -> None:
    for statement in postgresql.CREATE:
        await connection.execute(statement)
    await connection.execute(POSTGRESQL_WRITE, "old")
    async with opened(postgresql_url) as storage, opened(postgresql_url) as other:
        assert list(await storage.fetch(["old"])) == ["old"]
        assert await other.due() == []
        await storage.commit([DUE, QUIET])
        for key in ("due", "quiet", "new"):
            await connection.execute(POSTGRESQL_WRITE, key)
        assert await due_keys(other) == ["due"]
        assert len(await storage.scan()) == 4
        await storage.commit([Change("due", "{}", "of-0.3")])
        assert await other.due() == []


async def test_a_role_that_may_not_alter_the_tables_is_told_what_to_run(
    postgresql_url: str, connection: asyncpg.Connection
) -> None:
    for statement in postgresql.CREATE:
        await connection.execute(statement)
    role = f"role_{uuid4().hex}"
    await connection.execute(f"CREATE ROLE {role} LOGIN")
    await connection.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON bot_records, bot_format TO {role}"
    )
    url = postgresql_url.replace("//postgres:@", f"//{role}:@")
    with pytest.raises(SettingsError, match=r"must be owner of.*run as that role: alter") as caught:
        await store_at(url).open()
    await connection.execute(str(caught.value).partition("run as that role: ")[2])
    async with opened(url) as storage:
        await storage.commit([DUE])
        assert await due_keys(storage) == ["due"]


async def test_who_alters_the_tables_waits_for_nobody_for_long(
    postgresql_url: str, connection: asyncpg.Connection
) -> None:
    """And so has nobody wait: a backup that reads the tables may take hours."""
    for statement in postgresql.CREATE:
        await connection.execute(statement)
    async with connection.transaction():
        await connection.execute("lock table bot_records in access share mode")
        with pytest.raises(Exception, match="lock timeout"):
            await store_at(postgresql_url).open()
    async with opened(postgresql_url) as storage:
        await storage.commit([DUE])


@pytest.mark.parametrize("written", ["overwritten", "deleted"])
async def test_what_0_3_wrote_into_redis_is_due_no_more_and_leaves_the_index(
    redis_url: str, valkey: Any, written: str
) -> None:
    async with opened(redis_url) as storage:
        await storage.commit(
            [Change(f"k{n:03}", "{}", None, due_in=n - 1000.0) for n in range(300)]
        )
        for n in range(0, 300, 3):
            if written == "deleted":
                valkey.delete(f"{{bot}}:record:k{n:03}")
            else:
                valkey.set(f"{{bot}}:record:k{n:03}", "of-0.3 - 0 {}")
        left = [f"k{n:03}" for n in range(300) if n % 3]
        assert [key for key, _ in await storage.due(limit=150)] == left[:150]
        assert [key for key, _ in await storage.due(limit=1000)] == left
        assert valkey.zcard("{bot}:due_at") == 200
        again = Change("k000", "{}", ANY, due_in=-5000)
        await storage.commit([again])
        assert (await due_keys(storage))[:2] == ["k000", "k001"]


async def test_0_3_reads_and_overwrites_what_is_due_in_redis(redis_url: str, valkey: Any) -> None:
    async with opened(redis_url) as storage:
        await storage.commit([Change("k", '{"v": 1}', None, owner="ada", due_in=0)])
        # As 0.3 takes it apart.
        e_tag, expiry, length, rest = valkey.get("{bot}:record:k").split(b" ", 3)
        assert (expiry, int(length), rest) == (b"-", 3, b'ada{"v": 1}')
        assert b" " not in e_tag
        valkey.set("{bot}:record:k", b"of-0.3 - 3 ada{}")
        record = (await storage.fetch(["k"]))["k"]
        assert (record.e_tag, record.due_at) == ("of-0.3", None)
        await storage.commit([Change("k", "{}", "of-0.3", due_in=0)])
        assert await due_keys(storage) == ["k"]


async def test_a_record_of_redis_that_is_gone_leaves_nothing_in_the_index(
    redis_url: str, valkey: Any
) -> None:
    past = time.time() - 10
    async with opened(redis_url) as storage:
        for expires_at in (None, past):
            await storage.commit([Change("k", "{}", ANY, "ada", expires_at, HOUR)])
            assert valkey.zrange("{bot}:due_at", 0, -1) == [b"k"]
            if expires_at:
                assert await storage.sweep() == 1
            else:
                await storage.commit([Change("k", None, ANY)])
            assert valkey.keys() == [b"{bot}:format"]


async def test_what_has_expired_stays_in_the_index_of_redis_until_it_is_swept(
    redis_url: str,
) -> None:
    """A clock that was ahead and is set right must not have lost anything."""
    clock = Clock(5.0)
    async with opened(redis_url, clock) as storage:
        await storage.commit([Change("k", "{}", None, expires_at=100.0, due_in=0)])
        for now, found in ((200.0, []), (50.0, [("k", 45.0)])):
            clock.now = now
            assert await storage.due() == found
