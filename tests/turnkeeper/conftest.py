"""Fixtures of the engine's tests: every storage, the channel, and the tiny bot over real HTTP."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.turnkeeper.bot import StartBot, create_app, starting
from tests.turnkeeper.stores import postgresql_server, storage, storage_url, valkey_server
from turnkeeper.testing import Cloud

__all__ = ["postgresql_server", "storage", "storage_url", "valkey_server"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """On CI a skipped test is a failed one."""
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """The channel's side, in local mode."""
    async with Cloud() as cloud:
        yield cloud


@pytest.fixture
async def start_bot(tmp_path: Path) -> AsyncIterator[StartBot]:
    """Starts bots in this process; they are stopped after the test."""
    async with starting(create_app, tmp_path) as start:
        yield start


@pytest.fixture
async def bot(start_bot: StartBot) -> str:
    """The tiny bot, on SQLite as it comes."""
    return await start_bot()
