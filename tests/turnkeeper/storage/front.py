"""What stands in front of a store's server: it ends TLS as a server's own would, or refuses it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""How a client of PostgreSQL asks for TLS; see its manual, "Message Formats"."""


class Front:
    """Listens on this machine and passes on all bytes, both ways.

    ``received`` holds what clients sent, without the TLS around it.

    :param connect: connects to the server.
    :param tls: with which it answers; None for none.
    :param asked: whether clients ask for TLS first, as those of PostgreSQL do.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Streams]],
        tls: ssl.SSLContext | None,
        *,
        asked: bool = False,
    ) -> None:
        self._connect = connect
        self._tls = tls
        self._asked = asked
        self._server: asyncio.Server
        self._serving: list[asyncio.Task[None]] = []
        self.received = b""

    @property
    def place(self) -> str:
        """A host and port that lead to it; the host is none that is known for this machine."""
        return f"0.0.0.0:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Front:
        tls = None if self._asked else self._tls
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for each in self._serving:
            each.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await self._welcome(reader, writer)
            server_reader, server_writer = await self._connect()
            server_writer.write(first)
            ways = (
                asyncio.create_task(self._requests(reader, server_writer)),
                asyncio.create_task(_pass_on(server_reader, writer)),
            )
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                server_writer.close()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            writer.close()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Begin TLS where it is asked for; what was said that did not ask for it."""
        if not self._asked:
            return b""
        first = await reader.readexactly(len(SSL_REQUEST))
        self.received += first
        if first != SSL_REQUEST:
            return first
        writer.write(b"S" if self._tls else b"N")
        if self._tls:
            await writer.start_tls(self._tls)
        return b""

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 20):
            self.received += data
            writer.write(data)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 20):
        writer.write(data)
