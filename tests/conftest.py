"""Fixtures for all: every storage, and the channel. On CI no test is skipped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from tests.cloud import FakeCloud
from tests.turnkeeper.bot import StartBot
from tests.turnkeeper.stores import postgresql_server, storage, storage_url, valkey_server

__all__ = ["postgresql_server", "storage", "storage_url", "valkey_server"]  # fixtures for all


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """On CI a skipped test is a failed one."""
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"


@pytest.fixture
async def cloud() -> AsyncIterator[FakeCloud]:
    """The channel's side, in local mode."""
    async with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
async def bot(start_bot: StartBot) -> str:
    """The bot of these tests, on SQLite as it comes; each house starts its own."""
    return await start_bot()
