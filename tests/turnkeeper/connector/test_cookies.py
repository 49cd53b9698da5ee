"""What a channel's host would have kept for the next call: it is kept for none.

The host is called by its name: of an IP address no jar of cookies keeps any.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from turnkeeper.connector.client import Connector
from turnkeeper.login.token import NoToken


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    client = Connector(NoToken())
    yield client
    await client.close()


@pytest.fixture
def cookies() -> list[str]:
    """The cookies of each call, as far as calls have come."""
    return []


@pytest.fixture
async def service_url(cookies: list[str]) -> AsyncIterator[str]:
    """A channel that wants to know its callers again."""

    async def answer(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie", ""))
        response = web.json_response({"id": str(len(cookies))})
        response.set_cookie("conversation", request.path.split("/")[3])
        return response

    app = web.Application()
    app.router.add_post("/v3/conversations/{id}/activities", answer)
    async with TestServer(app, host="localhost") as server:
        yield f"http://localhost:{server.port}"


async def test_no_conversation_hears_of_anothers_cookies(
    connector: Connector, service_url: str, cookies: list[str]
) -> None:
    for conversation in ("ada", "bob", "ada"):
        assert await connector.send(service_url, conversation, b"{}") is not None
    assert cookies == ["", "", ""]


async def test_a_client_that_keeps_cookies_would_have_told(
    service_url: str, cookies: list[str]
) -> None:
    async with ClientSession() as session:
        for _ in range(2):
            await session.post(f"{service_url}/v3/conversations/ada/activities")
    assert cookies == ["", "conversation=ada"]
