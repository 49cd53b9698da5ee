"""Files that others on the machine may read are named at the start, with what cures it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from turnkeeper import Host, Settings
from turnkeeper.storage import ANY, Change, store_at
from turnkeeper.storage.private_file import create, write


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def any_mode() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
async def test_a_store_that_others_may_read_or_write_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    store = store_at("sqlite:///my bot.db")
    await store.open()
    await store.close()
    assert warnings(caplog) == []
    (tmp_path / "my bot.db").chmod(mode)
    await store.open()
    [warning] = warnings(caplog)
    path = f"{tmp_path}/my bot.db"
    assert warning.endswith(f"run: chmod 600 '{path}' '{path}-wal' '{path}-shm'")
    assert "STORAGE_URL" in warning
    await store.close()


async def test_of_the_files_of_a_store_those_are_named_that_others_may_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = store_at("sqlite:///bot.db")
    await running.open()
    await running.commit([Change("k", "{}", ANY)])
    (tmp_path / "bot.db-wal").chmod(0o644)
    other = store_at("sqlite:///bot.db")
    await other.open()
    assert [one.rpartition(": ")[2] for one in warnings(caplog)] == [
        f"chmod 600 {tmp_path}/bot.db-wal"
    ]
    await other.close()
    await running.close()


async def test_the_file_of_the_settings_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for mode, found in ((0o600, 0), (0o400, 0), (0o640, 1)):
        caplog.clear()
        (tmp_path / ".env").write_text("MAX_TURNS=5\n")
        (tmp_path / ".env").chmod(mode)
        async with Host(Settings(storage_url="memory:")):
            pass
        assert [".env" in one and "chmod 600 .env" in one for one in warnings(caplog)] == (
            [True] * found
        )
        (tmp_path / ".env").unlink()


@pytest.mark.usefixtures("any_mode")
def test_a_new_file_is_its_owners_alone_and_never_one_that_is_there(tmp_path: Path) -> None:
    os.close(create("new"))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    os.symlink("new", "link")
    os.symlink("nowhere", "broken")
    for there in ("new", "link", "broken"):
        with pytest.raises(FileExistsError):
            create(there)
    assert not (tmp_path / "nowhere").exists()


def test_a_text_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write("whole", "Zoë\n")
    assert (tmp_path / "whole").read_text("utf-8") == "Zoë\n"
    with pytest.raises(UnicodeEncodeError):
        write("half", "x" * 100_000 + "\ud800")
    assert not (tmp_path / "half").exists()
    with pytest.raises(FileExistsError):
        write("whole", "another")
    assert (tmp_path / "whole").read_text("utf-8") == "Zoë\n"
