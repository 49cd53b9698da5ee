"""``backup``: a whole copy of the SQLite file that nobody else may read, while the bot runs."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import operate
from turnkeeper.storage import ANY, Change, RecordStorage, store_at

LARGE = "x" * 1_000_000
RECORDS = [Change(f"k{n}", f'"{LARGE}"', None, "ada") for n in range(40)]


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[RecordStorage]:
    """The bot's store; it stays open, as while the bot runs."""
    storage = store_at("sqlite:///data/bot.db")
    await storage.open()
    await storage.commit(RECORDS)
    yield storage
    await storage.close()


async def records_in(path: Path) -> dict[str, str]:
    copy = store_at(f"sqlite:///{path}")
    await copy.open()
    found = {key: record.body for key, record in await copy.scan()}
    await copy.close()
    return found


async def test_it_is_the_store_at_one_moment_while_the_bot_writes(
    storage: RecordStorage, folder: Path
) -> None:
    written, begun = 0, asyncio.Event()
    ended = asyncio.Event()

    async def write() -> None:
        nonlocal written
        while not ended.is_set():
            written += 1
            both = [Change(key, str(written), ANY) for key in ("first", "last")]
            await storage.commit(both)
            begun.set()
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    await begun.wait()
    result = await operate("backup", "copy.db")
    ended.set()
    await writing
    assert (result.code, result.output) == (0, ""), result.errors
    found = await records_in(folder / "copy.db")
    assert found["first"] == found["last"]
    assert int(found["first"]) <= written
    assert {change.key for change in RECORDS} < found.keys()
    assert (await storage.fetch(["first"]))["first"].body == str(written)


@pytest.mark.usefixtures("storage")
async def test_it_is_for_the_owners_eyes_alone_and_tells_how_far_it_is(folder: Path) -> None:
    before = os.umask(0)
    try:
        result = await operate("backup", "copy.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600
    assert sorted(os.listdir(folder)) == ["copy.db", "data"]
    *progress, last = result.errors.splitlines()
    assert len(progress) > 1
    assert progress[-1].startswith("100%")
    assert progress[-1].endswith("pages copied")
    assert f"{folder}/data/bot.db is copied to copy.db and checked" in last


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize("there", ["file", "link", "broken link", "folder", "another's half"])
async def test_what_is_there_is_never_touched(folder: Path, there: str) -> None:
    target = folder / ("copy.db.partial" if there == "another's half" else "copy.db")
    match there:
        case "link" | "broken link":
            other = folder / "other"
            if there == "link":
                other.write_text("other")
            target.symlink_to(other)
        case "folder":
            target.mkdir()
        case _:
            target.write_text("mine")
    before = sorted(os.listdir(folder))
    result = await operate("backup", "copy.db")
    assert (result.code, result.output) == (1, "")
    assert "there already" in result.errors
    assert sorted(os.listdir(folder)) == before
    assert there in ("link", "broken link", "folder") or target.read_text() == "mine"
    assert there != "link" or target.read_text() == "other"


async def test_a_copy_of_a_damaged_file_is_not_kept(storage: RecordStorage, folder: Path) -> None:
    await storage.close()
    with (folder / "data" / "bot.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    result = await operate("backup", "copy.db")
    assert result.code == 1
    assert "error: " in result.errors
    assert os.listdir(folder) == ["data"]


async def test_a_store_of_an_earlier_version_is_copied_as_it_is(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "old.db")) as old:
        old.execute("CREATE TABLE records (key TEXT)")
        old.execute("INSERT INTO records VALUES ('k')")
        old.commit()
    before = (folder / "old.db").read_bytes()
    result = await operate("backup", "--url", "sqlite:///old.db", "copy.db")
    assert result.code == 0
    assert (folder / "old.db").read_bytes() == before
    with closing(sqlite3.connect(folder / "copy.db")) as copy:
        assert copy.execute("SELECT key FROM records").fetchall() == [("k",)]


@pytest.mark.parametrize(
    ("url", "tool"),
    [
        ("postgresql://127.0.0.1:1/bot", "pg_dump"),
        ("redis://127.0.0.1:1/0", "redis-cli --rdb"),
        ("valkey://127.0.0.1:1/0", "valkey-cli --rdb"),
        ("sqlite:///nothing.db", "nothing.db does not exist"),
    ],
)
async def test_of_another_store_it_names_the_tool(folder: Path, url: str, tool: str) -> None:
    result = await operate("backup", "--url", url, "copy.db")
    assert (result.code, result.output) == (2, "")
    assert tool in result.errors
    assert os.listdir(folder) == []
