"""Fixtures: a SQLite storage, and where its file is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from turnkeeper.storage.sqlite.storage import SQLiteStorage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "bot.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[SQLiteStorage]:
    """An empty storage in that file."""
    store = SQLiteStorage(f"sqlite:///{path}")
    await store.open()
    yield store
    await store.close()
