"""A relay between a storage and its server: it counts round trips, and it can lose an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Relay:
    """Listens on loopback and passes on all bytes, both ways.

    ``trips`` counts how often a client spoke after the server had; ``requests`` holds what clients
    sent. With ``losing`` set, the next answer of the server is dropped with its connection.
    """

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._server: asyncio.Server
        self.port = 0
        self.trips = 0
        self.losing = False
        self.requests: list[bytes] = []

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await self._connect()
        client_speaks = False

        async def requests() -> None:
            nonlocal client_speaks
            while data := await reader.read(1 << 20):
                if not client_speaks:
                    client_speaks = True
                    self.trips += 1
                self.requests.append(data)
                server_writer.write(data)

        async def answers() -> None:
            nonlocal client_speaks
            while data := await server_reader.read(1 << 20):
                client_speaks = False
                if self.losing:
                    self.losing = False
                    return
                writer.write(data)

        ways = [asyncio.create_task(requests()), asyncio.create_task(answers())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for each in (writer, server_writer):
                each.close()
            with suppress(OSError):
                await asyncio.gather(*ways, return_exceptions=True)
