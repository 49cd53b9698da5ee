"""The SDK's own tests of a storage pass on every store, outside of turns and within one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.testing import StorageBaseTests

from turnkeeper import Host, Settings
from turnkeeper.storage import RecordStorage
from turnkeeper.testing import Cloud

SdkTest = Callable[[Any], Awaitable[bool]]
SDK_TESTS = {name: test for name, test in vars(StorageBaseTests).items() if name[0] != "_"}

each = pytest.mark.parametrize("name", SDK_TESTS)


def test_there_are_as_many_as_the_sdk_has() -> None:
    assert len(SDK_TESTS) == 11


@each
async def test_it_passes(storage: RecordStorage, name: str) -> None:
    host = Host(Settings(), storage=storage)
    test: SdkTest = getattr(StorageBaseTests, name)
    assert await test(host.storage)


@each
async def test_it_passes_within_a_turn(storage_url: str, name: str) -> None:
    host = Host(Settings())
    test: SdkTest = getattr(StorageBaseTests, name)

    async def bot(context: TurnContext) -> None:
        await context.send_activity(str(await test(host.storage)))

    async with Cloud(host, bot, storage=storage_url) as cloud:
        assert await cloud.person("Ada").says("test") == ["True"]
