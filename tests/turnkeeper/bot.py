"""The tiny bot on a host whose settings a test gives; and how a test starts any bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.turnkeeper.tiny.app import TYPES, make_bot
from turnkeeper import Host, Settings

StartBot = Callable[..., Awaitable[str]]
"""Starts a bot with some settings and returns the URL of its ``/api/messages``."""


def make_host(**values: Any) -> Host:
    """Return a host with the tiny bot's types.

    :param values: fields of the engine's settings.
    """
    return Host(Settings(**values), types=TYPES)


def create_app(**values: Any) -> web.Application:
    """Return the tiny bot as an application.

    :param values: fields of the engine's settings.
    """
    host = make_host(**values)
    return host.app(make_bot(host))


@asynccontextmanager
async def starting(
    create_app: Callable[..., web.Application], folder: Path
) -> AsyncIterator[StartBot]:
    """Start bots in this process; they are stopped at the end.

    Two bots with the same settings are as two processes on one store.

    :param create_app: makes a bot of its settings.
    :param folder: where its store is, if the settings do not say.
    """
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> str:
            values: dict[str, object] = {"storage_url": f"sqlite:///{folder}/bot.db", **settings}
            server = await stack.enter_async_context(TestServer(create_app(**values)))
            return str(server.make_url("/api/messages"))

        yield start
