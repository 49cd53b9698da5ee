"""STORAGE_URL picks the storage; what it cannot be is one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from turnkeeper.errors import SettingsError
from turnkeeper.storage import MemoryStorage, store_at
from turnkeeper.storage.postgresql.storage import PostgreSQLStorage
from turnkeeper.storage.redis.storage import RedisStorage
from turnkeeper.storage.sqlite.storage import SQLiteStorage


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory:", MemoryStorage),
        ("sqlite:///data/bot.db", SQLiteStorage),
        ("SQLite:////var/lib/bot.db", SQLiteStorage),
        ("postgresql://bot@localhost/bot", PostgreSQLStorage),
        ("postgres://bot@localhost/bot", PostgreSQLStorage),
        ("redis://localhost:6379/0", RedisStorage),
        ("rediss://localhost:6379/0", RedisStorage),
        ("valkey://localhost:6379/0", RedisStorage),
        ("valkeys://localhost:6379/0", RedisStorage),
    ],
)
def test_the_scheme_picks_the_storage(url: str, kind: type) -> None:
    assert type(store_at(url)) is kind


@pytest.mark.parametrize("url", ["", "data/bot.db", "mysql://localhost/bot", "sqlite3:///bot.db"])
def test_an_unknown_scheme_is_refused_and_the_known_ones_are_named(url: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^STORAGE_URL: .*sqlite:.*postgresql:.*redis:.*memory:"
    ):
        store_at(url)


def test_a_bot_on_sqlite_loads_no_driver_of_another_store() -> None:
    program = (
        "import sys; from turnkeeper.storage import store_at; store_at('sqlite:///bot.db');"
        "print(sorted({'asyncpg', 'redis'} & set(sys.modules)))"
    )
    output = subprocess.check_output(  # noqa: S603  # our own interpreter and program
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], text=True
    )
    assert output.strip() == "[]"
