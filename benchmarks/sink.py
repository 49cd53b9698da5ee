"""The connector that takes the bots' replies: one asyncio protocol, and no more HTTP than it needs.

It must cost less than the cheapest server under measurement, so it is no aiohttp application.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol
from urllib.parse import unquote_to_bytes

END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\nContent-Length: "
_BEARER: Final = b"\r\nAuthorization: Bearer "
_CONVERSATIONS: Final = b"/v3/conversations/"


class Taker(Protocol):
    """Who gets the replies."""

    delay: float
    """Seconds until the connector answers."""

    def may_post(self, token: str) -> bool:
        """Whether this is the bearer token of a bot; "" where it shows none."""

    def take(self, conversation: bytes, body: bytes) -> bool:
        """Take a reply; False where nobody awaits one in the conversation."""


class Sink(asyncio.Protocol):
    """A connection of a bot to the connector.

    :param taker: gets what is posted.
    """

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        size = message_size(self._received)
        if size is None:
            return
        head, _, body = self._received[:size].partition(END)
        self._received = self._received[size:]
        answer = self._take(head, body)
        if self._taker.delay:
            asyncio.get_running_loop().call_later(self._taker.delay, self._answer, answer)
        else:
            self._answer(answer)

    def _take(self, head: bytes, body: bytes) -> bytes:
        token = head.partition(_BEARER)[2].partition(b"\r\n")[0]
        if not self._taker.may_post(token.decode()):
            return _response(401, b"{}")
        conversation = head.partition(_CONVERSATIONS)[2].partition(b"/")[0]
        if not self._taker.take(unquote_to_bytes(conversation), body):
            return _response(404, b"{}")
        return _response(201, b'{"id":"1700000000000"}')

    def _answer(self, answer: bytes) -> None:
        assert self._transport  # noqa: S101 - connected
        self._transport.write(answer)


def message_size(received: bytes) -> int | None:
    """How long the HTTP message at the beginning is; None if it is not there as a whole."""
    end = received.find(END)
    if end < 0:
        return None
    size = end + len(END)
    at = received.find(_LENGTH, 0, end)
    if at >= 0:
        at += len(_LENGTH)
        size += int(received[at : received.find(b"\r\n", at)])
    return size if len(received) >= size else None


def _response(status: int, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %d .\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (status, len(body), body)
    )
