"""Fixtures: the tiny bot over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.turnkeeper.bot import StartBot, create_app, starting


@pytest.fixture
async def start_bot(tmp_path: Path) -> AsyncIterator[StartBot]:
    """Starts bots in this process; they are stopped after the test."""
    async with starting(create_app, tmp_path) as start:
        yield start
