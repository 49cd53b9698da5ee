"""What strangers send costs the bot its refusal and little else."""

from __future__ import annotations

import asyncio
import io
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, FormData, web
from aiohttp.test_utils import TestServer
from yarl import URL

from tests.turnkeeper.bot import StartBot, make_host
from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from tests.turnkeeper.observing.test_counted import figures_of
from tests.turnkeeper.tiny.app import make_bot
from turnkeeper.inbound import connection
from turnkeeper.testing import Cloud

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNKS = 40_000
REFUSED = "bot_requests_refused_total"


@asynccontextmanager
async def connected(bot: str) -> AsyncIterator[Connection]:
    """A connection to a bot."""
    url = URL(bot)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        writer.close()


def head(bot: str, *fields: str) -> bytes:
    """The head of a request with an activity."""
    lines = [f"POST {URL(bot).path} HTTP/1.1", "Host: localhost", *fields, "", ""]
    return "\r\n".join(lines).encode()


@contextmanager
def counting_calls() -> Iterator[Counter[str]]:
    """Count the calls of Python's functions within the block, by their names."""
    calls = Counter[str]()

    def count(frame: Any, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.fixture
async def guarded(start_bot: StartBot) -> str:
    """A bot with credentials; nobody has its keys."""
    return await start_bot(
        app_id="b0b0b0b0-0000-4000-8000-000000000000",
        app_password="not a secret",  # noqa: S106 - as it says
        open_id_metadata_url="http://127.0.0.1:9/",
    )


@pytest.mark.parametrize(
    "body",
    [
        ("Content-Length: 100",),
        ("Content-Length: 99999999",),
        ("Transfer-Encoding: chunked",),
        ("Content-Length: 100", "Content-Encoding: gzip"),
        ("Content-Length: 100", "Content-Type: text/plain"),
    ],
)
@pytest.mark.parametrize("token", [(), ("Authorization: Bearer a.b.c",)])
async def test_who_sends_is_known_before_anything_is_read(
    guarded: str, body: tuple[str, ...], token: tuple[str, ...]
) -> None:
    async with connected(guarded) as (reader, writer):
        writer.write(head(guarded, *body, *token))
        answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Connection: close" in answer


async def test_little_is_parsed_before_it_is_asked_for(guarded: str) -> None:
    async with connected(guarded) as (reader, writer):
        with counting_calls() as calls:
            writer.write(head(guarded, "Transfer-Encoding: chunked") + b"1\r\na\r\n" * CHUNKS)
            assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    assert calls["feed_data"] < CHUNKS / 40


async def test_what_comes_behind_a_refusal_is_not_parsed(
    start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connection.LINGERING == 2.0
    monkeypatch.setattr(connection, "LINGERING", 0.2)
    bot = await start_bot()
    async with connected(bot) as (reader, writer):
        writer.write(head(bot, "Transfer-Encoding: chunked", "Via: somebody"))
        assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
        with counting_calls() as calls:
            writer.write(b"1\r\na\r\n" * 1_000)
            await reader.read()  # to the end of the connection
    assert calls["feed_data"] < 100


async def test_who_is_refused_can_send_all_of_it_and_read_why(guarded: str) -> None:
    async with connected(guarded) as (reader, writer):
        writer.write(head(guarded, "Content-Length: 200000"))
        for _ in range(20):
            writer.write(b"x" * 10_000)
            await writer.drain()
        answer = await reader.readuntil(b"}")
    assert b"no valid token" in answer


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_who_hangs_up_in_the_middle_is_no_error(
    cloud: Cloud, server: Callable[..., BotProcess | Gunicorn]
) -> None:
    async with server({"STORAGE_URL": "memory:"}) as bot:
        for sent in (b"", b"{", b'{"type": "message"'):
            async with connected(bot.url) as (reader, writer):
                writer.write(head(bot.url, "Content-Length: 100", "Expect: 100-continue"))
                assert await reader.readuntil(b"\r\n\r\n")
                writer.write(sent)
        async with asyncio.timeout(20):
            while (figures := await figures_of(URL(bot.url))).get(REFUSED) != 3:
                pass
        assert "bot_turns_failed_total" not in figures
        assert await cloud.person(bot_url=bot.url).says("hi") == ["Who are you?"]
        await bot.terminate()
    assert "ERROR" not in bot.told()
    assert "Traceback" not in bot.told()


async def test_on_other_paths_an_application_takes_what_it_takes(cloud: Cloud) -> None:
    async def upload(request: web.Request) -> web.Response:
        sizes = [len(await part.read()) async for part in await request.multipart()]  # type: ignore[union-attr]
        return web.json_response(sizes)

    app, host = web.Application(client_max_size=10**7), make_host(storage_url="memory:")
    app.router.add_post("/upload", upload)
    host.attach(app, make_bot(host))
    async with TestServer(app) as server, ClientSession() as session:
        form = FormData()
        for size in (3_000_000, 10):
            form.add_field("file", io.BytesIO(b"x" * size), filename="f" * 3_000)
        async with session.post(server.make_url("/upload"), data=form) as answer:
            assert await answer.json() == [3_000_000, 10]
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))
        assert await person.says("hi") == ["Who are you?"]
