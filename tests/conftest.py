"""Fixtures of the bot's tests: the bot over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot import cloud_around
from turnkeeper.testing import Cloud


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    """The cloud around the bot, which keeps its state in SQLite, as it does by itself."""
    async with cloud_around(storage=f"sqlite:///{tmp_path}/bot.db") as cloud:
        yield cloud
