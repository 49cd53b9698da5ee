"""A store can be copied into any other, byte for byte, also in several attempts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.turnkeeper.contract.operator_command import ended, operate, start
from tests.turnkeeper.stores import shared
from turnkeeper.operator.migration import copy, differences
from turnkeeper.storage import ANY, Change, MemoryStorage, Record, RecordStorage, store_at
from turnkeeper.storage import format as store_format

HOUR = 3600


@pytest.fixture
async def servers(postgresql_server: Any, valkey_server: Any) -> AsyncIterator[tuple[str, str]]:
    """The URLs of an empty PostgreSQL database and an empty Valkey."""
    with redis.Redis.from_url(valkey_server.connection_url) as client:
        client.flushall()
    database = f"bot_{uuid4().hex}"
    root = await asyncpg.connect(postgresql_server.get_uri())
    await root.execute(f"CREATE DATABASE {database}")
    yield postgresql_server.get_uri(database), valkey_server.connection_url
    await root.execute(f"DROP DATABASE {database} WITH (FORCE)")
    await root.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RecordStorage]:
    storage = store_at(url)
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


async def fill(storage: RecordStorage, changes: list[Change]) -> None:
    for first in range(0, len(changes), 500):
        await storage.commit(changes[first : first + 500])


async def contents(storage: RecordStorage) -> dict[str, tuple[str, str, float | None]]:
    """Everything that a copy must have: all but the e_tags."""
    records = await storage.scan(limit=1_000_000)
    return {key: (record.body, record.owner, record.expires_at) for key, record in records}


def some_records(count: int) -> list[Change]:
    """Records of all kinds: readable and not, long and empty, owned and not, with odd expiries."""
    soon = time.time() + HOUR
    return [
        Change(f"msteams/users/29:{n}", json.dumps({"v": 1, "state": {"n": n}}), None, f"o/{n % 7}")
        for n in range(count)
    ] + [
        Change("emulator/conversations/ü|1", '{"v":1,"state":{"text":"\\ud83d"}}', None),
        Change("unreadable", '{"v":999}\n', None, "o/1", soon + 0.123456789),
        Change("no json \x1b[31m", "\x7f plain text, 日本語 \u202e", None, "", soon + 1 / 3),
        Change("empty", "", None, "a/users/ b", 4102444800.0),
        Change("long", "x" * 1_000_000, None, "o/2", 1e11),
    ]


def copied(target: RecordStorage, source: RecordStorage, overwrite: bool = False) -> Any:
    return copy(source, target, overwrite=overwrite, progress=lambda _: None)


async def test_a_round_trip_through_every_store_changes_nothing(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    first, last = (f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "last"))
    stores = [first, *servers, last]
    async with opened(first) as storage:
        await fill(storage, some_records(1_200))
        await storage.commit([Change("expired", "{}", None, "o", time.time() - 1)])
        before = await contents(storage)
    for source, target in zip(stores, stores[1:], strict=False):
        result = await operate("migrate", source, target)
        assert result.code == 0, result.errors
        assert result.output == (
            "1,205 records copied, 0 overwritten, 0 there already; "
            "1,205 of 1,205 are now the same in both stores\n"
        )
        assert "100%  1,205 of 1,205 copied\n" in result.errors
        assert "100%  1,205 of 1,205 compared\n" in result.errors
    async with opened(last) as storage:
        assert await contents(storage) == before


@shared
async def test_a_migration_that_is_killed_goes_on_where_it_was(
    storage: RecordStorage, storage_url: str, tmp_path: Path
) -> None:
    source_url = f"sqlite:///{tmp_path}/source.db"
    async with opened(source_url) as source:
        await fill(source, some_records(6_000))
        expected = await contents(source)
    process = await start("migrate", source_url, storage_url)
    assert process.stderr
    while b"6,005 copied" not in await process.stderr.readline():
        pass
    process.kill()
    await process.wait()
    assert 0 < len(await storage.scan(limit=10_000)) < len(expected)
    result = await operate("migrate", source_url, storage_url)
    assert result.code == 0, result.errors
    assert "6,005 of 6,005 are now the same" in result.output
    assert " 0 there already" not in result.output
    assert await contents(storage) == expected


async def test_what_the_target_has_otherwise_is_left_alone_unless_told(
    storage: RecordStorage,
) -> None:
    source = MemoryStorage()
    await fill(source, some_records(250))
    newer = [
        Change("msteams/users/29:1", '{"newer":1}', None, "o/1"),
        Change("msteams/users/29:2", json.dumps({"v": 1, "state": {"n": 2}}), None, "other"),
        Change("empty", "", None, "a/users/ b", None),
    ]
    await fill(storage, [*newer, Change("only in the target", "{}", None)])
    done = await copied(storage, source)
    assert (done.copied, done.overwritten, done.present) == (252, 0, 0)
    keys = sorted(change.key for change in newer)
    assert await differences(source, storage, progress=lambda _: None) == keys
    held = await contents(storage)
    assert [held[change.key] for change in newer] == [
        (change.body, change.owner, change.expires_at) for change in newer
    ]
    done = await copied(storage, source, overwrite=True)
    assert (done.copied, done.overwritten, done.present) == (0, 3, 252)
    assert await differences(source, storage, progress=lambda _: None) == []
    assert "only in the target" in await contents(storage)


@shared
async def test_the_command_says_what_differs_and_overwrites_when_told(
    storage: RecordStorage, storage_url: str, tmp_path: Path
) -> None:
    source_url = f"sqlite:///{tmp_path}/source.db"
    async with opened(source_url) as source:
        await fill(source, [Change("a", "1", None), Change("b\n", "1", None)])
    await fill(storage, [Change("a", "1", None), Change("b\n", "2", None)])
    result = await operate("migrate", source_url, storage_url)
    assert result.code == 1
    assert "0 records copied, 0 overwritten, 1 there already; 1 of 2 are now" in result.output
    assert "b\\u000a: differs\nerror: 1 record of the source differ" in result.errors
    result = await operate("migrate", source_url, storage_url, "--overwrite")
    assert result.code == 0, result.errors
    assert "0 records copied, 1 overwritten, 1 there already; 2 of 2 are now" in result.output
    assert (await storage.fetch(["b\n"]))["b\n"].body == "1"


async def test_a_record_that_the_target_cannot_hold_is_named_and_the_others_are_copied(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    source_url = f"sqlite:///{tmp_path}/source.db"
    endless = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(4_000))  # does not compress
    async with opened(source_url) as source:
        await fill(source, [*some_records(10), Change(endless, "{}", None)])
    result = await operate("migrate", source_url, servers[0])
    assert result.code == 1
    assert "15 of 16 are now the same" in result.output
    assert "a key of more than about 2,500 bytes" in result.errors


async def test_records_written_to_the_target_meanwhile_are_not_lost(
    storage: RecordStorage,
) -> None:
    source = MemoryStorage()
    await fill(source, some_records(1_000))
    keys = [f"msteams/users/29:{n}" for n in range(0, 1_000, 50)]

    async def write() -> None:
        for key in keys:
            await storage.commit([Change(key, '{"mine":1}', ANY)])

    await asyncio.gather(copied(storage, source), write(), copied(storage, source))
    held = await contents(storage)
    assert [held[key][0] for key in keys] == ['{"mine":1}'] * len(keys)
    assert await differences(source, storage, progress=lambda _: None) == sorted(keys)


async def test_a_record_that_expires_meanwhile_is_no_difference() -> None:
    class Older(MemoryStorage):
        """Still gives out what has expired."""

        def _live(self, key: str) -> Record | None:
            return self._records.get(key)

    source, target = Older(), MemoryStorage()
    await source.commit([Change("k", "{}", None, "", time.time() - 1)])
    await copied(target, source)
    assert await differences(source, target, progress=lambda _: None) == []


async def test_the_mark_of_a_store_is_copied_unless_the_target_has_its_own() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    await store_format.mark(source)
    done = await copied(target, source)
    assert (done.copied, done.present) == (1, 0)
    assert await contents(target) == await contents(source)

    own = '{"v":1,"state":{"format":1}}'
    await target.commit([Change(store_format.KEY, own, ANY)])
    for overwrite in (False, True):
        done = await copied(target, source, overwrite=overwrite)
        assert (done.copied, done.present, done.overwritten) == (0, 1, 0)
        assert await differences(source, target, progress=lambda _: None) == []
        assert (await contents(target))[store_format.KEY][0] == own


async def test_a_store_without_a_mark_is_copied_without_one() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    await source.commit([Change("k", "{}", None)])
    await copied(target, source)
    assert await differences(source, target, progress=lambda _: None) == []
    assert list(await contents(target)) == ["k"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    records=st.dictionaries(
        TEXT.filter(bool),
        st.tuples(
            TEXT, TEXT, st.none() | st.floats(time.time() + 1e6, 1e12, allow_subnormal=False)
        ),
        max_size=5,
    )
)
async def test_any_text_is_copied_as_it_is(
    storage: RecordStorage, records: dict[str, tuple[str, str, float | None]]
) -> None:
    await storage.commit([Change(key, None, ANY) for key, _ in await storage.scan()])
    source = MemoryStorage()
    await fill(source, [Change(key, body, None, *more) for key, (body, *more) in records.items()])  # type: ignore[arg-type]
    await copied(storage, source)
    assert await contents(storage) == records
    back = MemoryStorage()
    await copied(back, storage)
    assert await contents(back) == records


async def test_two_migrations_at_once_come_to_the_same(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    source_url = f"sqlite:///{tmp_path}/source.db"
    async with opened(source_url) as source:
        await fill(source, some_records(1_500))
        expected = await contents(source)
    processes = [await start("migrate", source_url, servers[0]) for _ in range(2)]
    results = await asyncio.gather(*map(ended, processes))
    assert [result.code for result in results] == [0, 0], results
    async with opened(servers[0]) as target:
        assert await contents(target) == expected
