"""Fixtures: every storage, and the whole bot over real HTTP."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from tests.bot import create_app
from tests.cloud import FakeCloud
from tests.turnkeeper.stores import postgresql_server, storage, storage_url, valkey_server

__all__ = ["postgresql_server", "storage", "storage_url", "valkey_server"]  # fixtures for all

StartBot = Callable[..., Awaitable[str]]
"""Starts the bot with some settings and returns the URL of its ``/api/messages``."""


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
async def start_bot(tmp_path: Path) -> AsyncIterator[StartBot]:
    """Starts bots in this process; they are stopped after the test.

    Two bots with the same settings are as two processes on one store.
    """
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> str:
            values: dict[str, object] = {"storage_url": f"sqlite:///{tmp_path}/bot.db", **settings}
            server = await stack.enter_async_context(TestServer(create_app(**values)))
            return str(server.make_url("/api/messages"))

        yield start


@pytest.fixture
async def bot(start_bot: StartBot) -> str:
    """A bot on SQLite as it comes."""
    return await start_bot()
