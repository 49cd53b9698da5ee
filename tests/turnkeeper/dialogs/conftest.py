"""Fixtures of the tests of dialogs: the bot that asks for a colour, and Ada."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.dialogs import Dialog

from tests.turnkeeper.dialogs.colours import Colours, bot_with, new_host
from turnkeeper import Host
from turnkeeper.testing import Clock, Cloud, Person

Deploy = Callable[..., Awaitable[None]]


@pytest.fixture
def host() -> Host:
    return new_host()


@pytest.fixture
async def cloud(host: Host) -> AsyncIterator[Cloud]:
    """The cloud around the first version of the bot. The clock stands still."""
    bot = bot_with(host, Colours())
    async with Cloud(host, bot, clock=Clock(datetime(2026, 12, 1, tzinfo=UTC))) as cloud:
        yield cloud


@pytest.fixture
def ada(cloud: Cloud) -> Person:
    return cloud.person("Ada", channel="msteams")


@pytest.fixture
def deploy(cloud: Cloud, host: Host) -> Deploy:
    """Puts another version of the bot in the place of the one that runs."""

    async def deploy(dialog: Dialog | None = None, **options: Any) -> None:
        await cloud.restart(bot_with(host, dialog or Colours(), **options))

    return deploy
