"""Fixtures: the whole bot over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot import create_app
from tests.turnkeeper.bot import StartBot, starting


@pytest.fixture
async def start_bot(tmp_path: Path) -> AsyncIterator[StartBot]:
    """Starts bots in this process; they are stopped after the test."""
    async with starting(create_app, tmp_path) as start:
        yield start
