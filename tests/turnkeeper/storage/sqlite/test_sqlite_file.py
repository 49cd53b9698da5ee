"""What the SQLite storage promises of its file: which it is, who may read it, what it refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from turnkeeper.errors import SettingsError, StorageUnavailable
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite.storage import SQLiteStorage

BIG = '{"text":"' + "x" * 4_000_000 + '"}'
DIARY = "Dear diary, " * 1000


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///bot.db", "bot.db"),
        ("sqlite:///data/deep/bot.db", "data/deep/bot.db"),
        ("sqlite:///data/../bot.db?synchronous=full", "bot.db"),
        ("sqlite:///with%20blank%3Fand%25%23.db", "with blank?and%#.db"),
        ("sqlite:///Z%C3%BCrich/鍵.db?timeout=0.5&synchronous=OFF", "Zürich/鍵.db"),
    ],
)
async def test_the_url_names_the_file_and_its_folder_is_made(
    url: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = SQLiteStorage(url)
    assert names(tmp_path) == []
    await storage.open()
    await storage.commit([Change("k", "{}", None)])
    await storage.close()
    assert (tmp_path / expected).stat().st_size > 0


async def test_four_slashes_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    storage = SQLiteStorage(f"sqlite:////{str(tmp_path)[1:]}/folder/bot.db")
    await storage.open()
    await storage.close()
    assert (tmp_path / "folder/bot.db").exists()


async def test_the_file_stays_where_it_was_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = SQLiteStorage("sqlite:///bot.db")
    await storage.open()
    monkeypatch.chdir("/")
    await storage.commit([Change("k", "{}", None)])
    await storage.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///data/",
        "sqlite://data/bot.db",
        "sqlite:bot.db",
        "sqlite:///:memory:",
        "sqlite:///bot%00.db",
        "sqlite:///bot.db?synchronous=sometimes",
        "sqlite:///bot.db?synchronous=",
        "sqlite:///bot.db?timeout=soon",
        "sqlite:///bot.db?timeout=-1",
        "sqlite:///bot.db?timeout=nan",
        "sqlite:///bot.db?mode=ro",
    ],
)
def test_a_url_that_names_no_file_or_an_unknown_option_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^STORAGE_URL: .*(sqlite:///|memory:|there are)"):
        SQLiteStorage(url)


async def refused(path: Path | str) -> str:
    """Open a storage on this path; return the words that say why it cannot be."""
    storage = SQLiteStorage(f"sqlite:///{path}")
    with pytest.raises(SettingsError) as fault:
        await storage.open()
    await storage.close()
    [found] = fault.value.faults
    assert found.variable == "STORAGE_URL"
    assert str(path) in found.text
    return found.text


async def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert "is a directory" in await refused(tmp_path)


async def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    await refused(tmp_path / "file/bot.db")


async def test_a_folder_one_may_not_write_to_is_refused(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # to root no folder is closed
        assert "permission denied" in await refused(closed / "bot.db")
    finally:
        os.seteuid(user)


@pytest.fixture
def diary(path: Path) -> Iterator[Path]:
    path.write_text(DIARY)
    yield path
    assert path.read_text() == DIARY


async def test_a_file_of_another_kind_is_refused_and_left_alone(diary: Path) -> None:
    assert "not a SQLite database" in await refused(diary)


@pytest.fixture
def customers(path: Path) -> Iterator[Path]:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE customers (name TEXT)")
    content = path.read_bytes()
    yield path
    assert path.read_bytes() == content


async def test_a_database_of_another_program_is_refused_and_left_alone(customers: Path) -> None:
    assert "another program" in await refused(customers)


async def test_a_file_of_a_newer_bot_is_refused_and_left_alone(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change("k", "{}", None)])
    await storage.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 2")
    assert "newer version" in await refused(path)
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("SELECT key FROM records").fetchall() == [("k",)]


@pytest.mark.parametrize("mask", [0o000, 0o022])
async def test_nobody_else_may_read_the_files(path: Path, mask: int) -> None:
    storage, before = SQLiteStorage(f"sqlite:///{path}"), os.umask(mask)
    try:
        await storage.open()
        await storage.commit([Change("k", "{}", None)])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in os.scandir(path.parent)}
        assert modes == {"bot.db": 0o600, "bot.db-wal": 0o600, "bot.db-shm": 0o600}
        await storage.close()
    finally:
        os.umask(before)
    assert names(path.parent) == ["bot.db"]


async def test_a_moved_or_deleted_file_is_not_written_to_and_none_is_made_in_its_place(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change("before", "{}", None)])
    away = path.with_name("away.db")
    os.rename(path, away)
    for changes in ([Change("lost", "{}", None)], [Change("lost", BIG, None)]):
        with pytest.raises(StorageUnavailable, match="moved, deleted or replaced"):
            await storage.commit(changes)
    with pytest.raises(StorageUnavailable):
        await storage.ping()
    assert "bot.db" not in names(path.parent)

    with closing(sqlite3.connect(path)) as another:
        another.execute("CREATE TABLE records (key TEXT)")
    with pytest.raises(StorageUnavailable):
        await storage.commit([Change("lost", "{}", None)])

    os.rename(away, path)
    await storage.ping()
    await storage.commit([Change("after", "{}", None)])
    assert [key for key, _ in await storage.scan()] == ["after", "before"]


async def test_a_damaged_file_is_a_store_that_does_not_answer(
    path: Path, storage: SQLiteStorage
) -> None:
    await storage.commit([Change(f"k{n}", "{}", None) for n in range(1000)])
    await storage.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 8)
    damaged = SQLiteStorage(f"sqlite:///{path}")
    await damaged.open()
    with pytest.raises(StorageUnavailable, match="damaged"):
        await damaged.fetch(["k1"])
    with pytest.raises(StorageUnavailable, match="damaged"):
        await damaged.commit([Change("k1", "{}", ANY)])
    await damaged.close()


async def test_a_copy_of_the_file_and_its_log_is_a_backup(
    storage: SQLiteStorage, tmp_path: Path
) -> None:
    await storage.commit([Change("k", "{}", None)])
    os.mkdir(tmp_path / "backup")
    for name in ("bot.db", "bot.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / "backup")
    backup = SQLiteStorage(f"sqlite:///{tmp_path}/backup/bot.db")
    await backup.open()
    assert await backup.fetch(["k"]) == await storage.fetch(["k"])
    await backup.close()
