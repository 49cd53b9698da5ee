"""A company's HTTP proxy, as far as tunnels go."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self


class Proxy:
    """Listens on loopback and makes each tunnel end at one port, whatever host it is for.

    ``heads`` holds the requests that came, without their bodies.

    :param target: the loopback port where all tunnels end.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server
        self.heads: list[str] = []
        self.port = 0

    @property
    def hosts(self) -> set[str]:
        """The hosts and ports that tunnels were asked for."""
        return {head.split()[1] for head in self.heads if head.startswith("CONNECT ")}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if not self.heads[-1].startswith("CONNECT "):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_pass_on(reader, inner_writer))
                ways.create_task(_pass_on(inner_reader, writer))
        finally:
            writer.close()
            inner_writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()
