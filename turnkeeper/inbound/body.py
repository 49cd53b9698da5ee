"""The body of a request, within limits of size and time, whoever's application it came to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web

from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import MAX_BODY

MAX_UNFINISHED: Final = 32 * 2**20
"""Bytes that all bodies of a process have that are still on their way, when they have come."""

SLOWEST_BODY: Final = 10.0
"""Seconds a client may take to send its request's body."""


class Bodies:
    """Reads the bodies of requests, and knows those that are still on their way."""

    def __init__(self) -> None:
        self._slow: dict[asyncio.Timeout, int] = {}
        self._bytes = 0

    async def read(self, request: web.Request) -> bytes:
        """Return the body of a request.

        :raises RequestRefused: 413, it is too large; 415, it is compressed; 408, it is too slow;
            400, it ends too early, or its sender has hung up.
        """
        if (request.content_length or 0) > MAX_BODY:
            raise RequestRefused(413, "too_large", f"At most {MAX_BODY} bytes are taken.")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise RequestRefused(415, "content_encoding", "The body must not be compressed.")
        try:
            if request.content.is_eof():  # it is all here: nothing to wait for
                return await _read(request)
            return await self._read_slowly(request)
        except TimeoutError:
            raise RequestRefused(408, "too_slow", "The body did not arrive in time.") from None
        except web.RequestPayloadError:
            raise RequestRefused(400, "bad_body", "The body does not end as it should.") from None
        except ConnectionError:  # nobody reads the answer, but it is counted
            raise RequestRefused(400, "hung_up", "The connection has ended.") from None

    async def _read_slowly(self, request: web.Request) -> bytes:
        length = MAX_BODY if request.content_length is None else request.content_length
        while self._slow and self._bytes + length > MAX_UNFINISHED:
            # The one that has taken longest: who sends in two parts must not wait behind those.
            oldest = next(iter(self._slow))
            self._forget(oldest)
            if not oldest.expired():
                oldest.reschedule(0)
        async with asyncio.timeout(SLOWEST_BODY) as limit:
            self._slow[limit] = length
            self._bytes += length
            try:
                return await _read(request)
            finally:
                self._forget(limit)

    def _forget(self, limit: asyncio.Timeout) -> None:
        self._bytes -= self._slow.pop(limit, 0)


async def _read(request: web.Request) -> bytes:
    limit = MAX_BODY + 1
    if request.client_max_size != limit:  # an application that somebody else has made
        with suppress(RuntimeError):  # its middleware has read the body already
            request = request.clone(client_max_size=limit)
    return await request.read()
