"""What only the SQLite storage promises: after a kill, on a full disk, of what was erased."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.turnkeeper.storage import committing_process
from turnkeeper.errors import StorageUnavailable
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite.storage import SQLiteStorage

SIDES = ("left", "right")
BIG = '{"text":"' + "x" * 4_000_000 + '"}'


def log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


async def test_an_expired_record_is_gone_from_the_very_moment(path: Path) -> None:
    now = 1_000_000.0
    storage = SQLiteStorage(f"sqlite:///{path}", clock=lambda: now)
    await storage.open()
    await storage.commit([Change("k", "{}", None, expires_at=now + 1)])
    now += 0.999
    assert "k" in await storage.fetch(["k"])
    assert await storage.sweep() == 0
    now += 0.001
    assert await storage.fetch(["k"]) == {}
    assert await storage.sweep() == 1
    await storage.close()


@pytest.mark.parametrize("body", ['{"text":"' + "x" * 5_000 + '"}', BIG])
async def test_a_full_disk_refuses_writes_and_loses_nothing(
    path: Path, storage: SQLiteStorage, body: str
) -> None:
    await storage.commit([Change("before", "{}", None)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a process may write to a file at most; to SQLite it looks like a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (log(path).stat().st_size + 4096, hard))
    try:
        with pytest.raises(StorageUnavailable, match="bot.db: the disk"):
            await storage.commit([Change("lost", body, None)])
        assert set(await storage.fetch(["before", "lost"])) == {"before"}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await storage.commit([Change("after", "{}", None)])
    assert [key for key, _ in await storage.scan()] == ["after", "before"]


@pytest.mark.parametrize("option", ["", "?synchronous=full", "?synchronous=off"])
async def test_every_confirmed_commit_survives_kill_9(path: Path, option: str) -> None:
    url = f"sqlite:///{path}{option}"
    for lines in (1, 300):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            committing_process.__name__,
            url,
            cwd=Path(__file__).parents[4],
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout
        confirmed = [await process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        confirmed += (await process.stdout.read()).splitlines(keepends=True)
        await process.wait()

        storage = SQLiteStorage(url)
        await storage.open()
        found = {key for key, _ in await storage.scan(limit=1_000_000)}
        for number in (int(line) for line in confirmed if line.endswith(b"\n")):
            assert {f"left/{number}", f"right/{number}"} <= found
        assert found == {f"{side}/{key.partition('/')[2]}" for key in found for side in SIDES}
        await TypedStorage(storage).delete(found)
        await storage.close()
        with closing(sqlite3.connect(path)) as check:
            assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_the_log_does_not_grow_for_ever(path: Path, storage: SQLiteStorage) -> None:
    largest = 0
    for n in range(3000):
        await storage.commit([Change(f"k{n % 10}", f'{{"n":{n}}}', ANY)])
        await asyncio.sleep(0)
        largest = max(largest, os.stat(log(path)).st_size)
    assert largest < 10_000_000


async def test_after_compact_no_byte_of_what_was_erased_is_left(
    path: Path, storage: SQLiteStorage
) -> None:
    erased = "Rumpelstiltskin"
    await storage.commit([Change(f"kept/{n}", '{"n":1}', None) for n in range(100)])
    await storage.commit(
        [
            Change(f"{erased}/key", f'{{"n":"{erased}"}}', None, owner=f"{erased}/owner"),
            Change("changed", f'{{"n":"{erased}"}}', None, expires_at=4e9),
            Change("large", f'{{"n":"{erased * 1000}"}}', None),
        ]
    )
    await storage.commit([Change("changed", '{"n":""}', ANY)])
    await TypedStorage(storage).delete([f"{erased}/key", "large"])
    assert erased.encode() in log(path).read_bytes()

    await storage.compact()

    for file in path.parent.iterdir():
        assert erased.encode() not in file.read_bytes(), file.name
    assert len(await storage.scan()) == 101
    await storage.commit([Change("after", "{}", None)])


async def test_compact_gives_space_back(path: Path, storage: SQLiteStorage) -> None:
    await storage.commit([Change("large", BIG, None)])
    await TypedStorage(storage).delete(["large"])
    await storage.compact()
    assert os.stat(path).st_size < 100_000


async def test_compact_says_so_when_a_reader_keeps_the_log(path: Path) -> None:
    storage = SQLiteStorage(f"sqlite:///{path}?timeout=0.05")
    await storage.open()
    await storage.commit([Change("k", "{}", None)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM records").fetchall()
        with pytest.raises(StorageUnavailable):
            await storage.compact()
    await storage.compact()
    await storage.close()
