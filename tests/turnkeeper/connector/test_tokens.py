"""Calls that have no token, or wait for one."""

from __future__ import annotations

import asyncio

import pytest

from turnkeeper.connector.client import Connector
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.login.credentials import Secret
from turnkeeper.login.token import NoToken, TokenSource
from turnkeeper.testing import Answer, Cloud

SECRET = "secret"  # noqa: S105 - of nothing


async def test_without_any_token_a_401_is_a_refusal_for_good(cloud: Cloud) -> None:
    cloud.faults.always(Answer(401))
    client = Connector(NoToken())
    with pytest.raises(DeliveryRefused) as refusal:
        await client.send(cloud.service_url, "c", b"{}")
    assert refusal.value.status == 401
    assert len(cloud.connector.requests) == 1
    await client.close()


async def test_a_login_service_is_waited_for_until_the_deadline_and_no_longer() -> None:
    async with Cloud(app_id="app", app_password=SECRET) as cloud:
        asked, never = asyncio.Event(), asyncio.Event()
        cloud.login.faults.always(Answer(reached=asked, after=never))
        url = f"{cloud.url}/botframework.com/oauth2/v2.0/token"
        credential = Secret(url, "app", "secret", "https://api.botframework.com/.default")
        token = TokenSource(credential, timeout=3600)  # it would wait far longer
        client = Connector(token)
        deadline = asyncio.get_running_loop().time() + 0.05
        async with asyncio.timeout(10):
            with pytest.raises(DeliveryFailed, match="login service"):
                await client.send(cloud.service_url, "c", b"{}", deadline=deadline)
        assert cloud.connector.requests == []
        await client.close()
        await token.close()
        never.set()
