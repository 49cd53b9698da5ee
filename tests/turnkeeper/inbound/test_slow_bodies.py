"""A body that does not come is waited for, but not for ever, and not for any number of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from tests.turnkeeper.bot import StartBot
from turnkeeper.inbound import body
from turnkeeper.inbound.body import SLOWEST_BODY
from turnkeeper.testing import Cloud

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def request_to(bot: str, length: int, sent: bytes) -> AsyncIterator[Connection]:
    """A request whose body is to have a length: the bot waits for it, and something is sent."""
    url = URL(bot)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {url.path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):  # half of what a body may take
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(sent)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, str]:
    """The status and the code of an answer."""
    async with asyncio.timeout(5):  # half of what a body may take
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        error = json.loads(await reader.readexactly(length))["error"]
    return int(head.split()[1]), error["code"]


async def test_a_body_that_does_not_come_is_answered_408(
    bot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SLOWEST_BODY == 10.0
    monkeypatch.setattr(body, "SLOWEST_BODY", 0.01)
    async with request_to(bot, 100, b'{"type": "mess') as (reader, _):
        assert await answer_of(reader) == (408, "too_slow")


async def test_a_slow_body_costs_the_bot_nothing_else(
    cloud: Cloud, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "SLOWEST_BODY", 0.01)
    bot = await start_bot(max_turns=1)
    for _ in range(3):
        async with request_to(bot, 100, b"{") as (reader, _):
            assert await answer_of(reader) == (408, "too_slow")
    assert await cloud.person(bot_url=bot).says("hi") == ["Who are you?"]


async def test_bodies_that_have_come_make_room_for_others(
    bot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MAX_UNFINISHED", 4)
    async with request_to(bot, 2, b"{") as (slow, more):
        for _ in range(5):  # each comes in two parts, and is here as a whole in the end
            async with request_to(bot, 2, b"{") as (reader, writer):
                writer.write(b"}")
                assert await answer_of(reader) == (400, "bad_activity")
        more.write(b"}")
        assert await answer_of(slow) == (400, "bad_activity")
