"""Requests leave at once, and are the very bytes that aiohttp's own would be."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from turnkeeper.connector.client import Connector
from turnkeeper.connector.prompt_request import REQUEST_CLASS, PromptRequest
from turnkeeper.login.token import NoToken
from turnkeeper.outbound.backoff import reason_of

_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server by hand, so that the test says when it reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def _post(
    session: aiohttp.ClientSession, listener: socket.socket, size: int, *, as_proxy: bool = False
) -> asyncio.Task[int]:
    async def post() -> int:
        body = aiohttp.BytesPayload(b"x" * size, content_type="application/json") if size else None
        root = f"http://127.0.0.1:{listener.getsockname()[1]}"
        host, proxy = ("http://channel.example", root) if as_proxy else (root, None)
        async with session.post(f"{host}/v3/a%2Fb?c=d", data=body, proxy=proxy) as response:
            await response.read()
            return response.status

    return asyncio.ensure_future(post())


async def _bytes_of(
    request_class: type[aiohttp.ClientRequest],
    listener: socket.socket,
    size: int,
    *,
    as_proxy: bool = False,
) -> bytes:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(request_class=request_class) as session:
        task = _post(session, listener, size, as_proxy=as_proxy)
        peer, _ = await loop.sock_accept(listener)
        with peer:
            received = b""
            while (
                not received.partition(b"\r\n\r\n")[1]
                or len(received.partition(b"\r\n\r\n")[2]) < size
            ):
                received += await loop.sock_recv(peer, 65536)
            await loop.sock_sendall(peer, _ANSWER)
            assert await task == 201
    return received


@pytest.mark.parametrize("size", [0, 10, 32 * 1024, 32 * 1024 + 1, 500_000])
async def test_it_writes_what_aiohttp_writes(listener: socket.socket, size: int) -> None:
    async with asyncio.timeout(10):
        own = await _bytes_of(PromptRequest, listener, size)
        assert own == await _bytes_of(aiohttp.ClientRequest, listener, size)


async def test_a_proxy_for_plain_http_gets_what_aiohttp_writes(listener: socket.socket) -> None:
    async with asyncio.timeout(10):
        own = await _bytes_of(PromptRequest, listener, 10, as_proxy=True)
        assert own.startswith(b"POST http://channel.example/v3/a%2Fb?c=d HTTP/1.1\r\n")
        assert own == await _bytes_of(aiohttp.ClientRequest, listener, 10, as_proxy=True)


async def test_it_leaves_in_the_round_of_the_loop_in_which_it_was_made(
    listener: socket.socket,
) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10), aiohttp.ClientSession(request_class=REQUEST_CLASS) as session:
        first = _post(session, listener, 10)
        peer, _ = await loop.sock_accept(listener)
        with peer:
            await loop.sock_recv(peer, 65536)
            await loop.sock_sendall(peer, _ANSWER)
            await first  # the connection is open and idle now
            second = _post(session, listener, 10)
            await asyncio.sleep(0)  # one round
            readable, _, _ = select.select([peer], [], [], 5)  # the loop stands still meanwhile
            assert readable
            assert peer.recv(65536).endswith(b"x" * 10)
            await loop.sock_sendall(peer, _ANSWER)
            assert await second == 201


async def test_an_answer_is_heard_before_a_large_body_is_read(listener: socket.socket) -> None:
    def narrow(address: tuple[Any, ...]) -> socket.socket:
        made = socket.socket(*address[:3])
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return made

    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(socket_factory=narrow)
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession(request_class=PromptRequest, connector=connector) as session,
    ):
        task = _post(session, listener, 500_000)
        peer, _ = await loop.sock_accept(listener)
        with peer:
            await loop.sock_sendall(peer, b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            assert await task == 413


@pytest.mark.parametrize("request_class", [PromptRequest, aiohttp.ClientRequest])
async def test_a_connection_that_is_closed_meanwhile_is_told_from_one_that_cannot_be_made(
    listener: socket.socket, request_class: type[aiohttp.ClientRequest]
) -> None:
    class Closing(aiohttp.TCPConnector):
        async def connect(self, *arguments: Any, **options: Any) -> Any:
            connection = await super().connect(*arguments, **options)
            assert connection.protocol is not None
            assert isinstance(connection.protocol.transport, asyncio.Transport)
            connection.protocol.transport.abort()
            return connection

    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession(request_class=request_class, connector=Closing()) as session,
    ):
        with pytest.raises(aiohttp.ClientError) as failure:
            await _post(session, listener, 10)
    assert reason_of(failure.value) == "disconnected"


async def test_replies_leave_so() -> None:
    connector = Connector(NoToken())
    assert connector._calls._open_session()._request_class is REQUEST_CLASS
    await connector.close()
