"""Fixtures: applications served over HTTP, and a store in a file of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

Serve = Callable[[web.Application], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves applications until the end of the test, and gives the URL of ``/api/messages``."""
    async with AsyncExitStack() as stack:

        async def start(app: web.Application) -> str:
            server = await stack.enter_async_context(TestServer(app))
            return str(server.make_url("/api/messages"))

        yield start


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a store, which the environment names; no ``.env`` is read."""
    url = f"sqlite:///{tmp_path}/bot.db"
    monkeypatch.setenv("STORAGE_URL", url)
    monkeypatch.chdir(tmp_path)
    return url
