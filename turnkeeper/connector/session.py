"""The connections to channels, as a session of aiohttp, and what is sent on them."""

from __future__ import annotations

from typing import Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from turnkeeper.connector.call import Gate

# Seconds an idle connection is kept: well below the 4 minutes of Azure's load balancer.
_KEEP_ALIVE: Final = 60.0


def open_session(*, per_host: int, connect_timeout: float) -> aiohttp.ClientSession:
    """Return a new session. Make it where it is first used: it belongs to the running event loop.

    It has no limit on the whole of a request: whoever makes one sets it.

    :param per_host: connections to one host.
    :param connect_timeout: seconds to open a connection.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, limit_per_host=per_host, keepalive_timeout=_KEEP_ALIVE
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        # Compressed answers are not asked for: a small one could be huge inside.
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),  # one conversation's are nothing to another
        trust_env=False,
    )


def as_json(body: bytes) -> aiohttp.BytesPayload:
    """Return the body of a request that is JSON already."""
    return aiohttp.BytesPayload(body, content_type=_JSON)


def bearer(token: str | None) -> dict[str, str] | None:
    """Return the headers that show a token; None in local mode, where there is none."""
    return None if token is None else {"Authorization": f"Bearer {token}"}


class GatedBody(aiohttp.BytesPayload):
    """The body of a request, JSON or empty, which leaves if a gate is open at that moment.

    aiohttp writes a body when the connection stands, and the headers with it: behind a closed gate
    the server sees no request, and the connection is closed. Without a body to write it would send
    the headers alone, which are a whole ``DELETE``: an empty body is one, too.

    :ivar held: the gate was closed.
    :ivar left: the request has begun to leave, maybe before the gate was closed: aiohttp repeats
        ``PUT`` and ``DELETE`` by itself where a connection breaks.
    """

    def __init__(self, body: bytes, gate: Gate | None) -> None:
        super().__init__(body, content_type=_JSON)
        self._gate = gate
        self.held = self.left = False

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body, as aiohttp did before it knew :meth:`write_with_length`."""
        self._pass()
        await super().write(writer)

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write the body."""
        self._pass()
        await super().write_with_length(writer, content_length)

    def _pass(self) -> None:
        if self._gate is not None and not self._gate():
            self.held = True
            raise _GateClosedError
        self.left = True


class _GateClosedError(Exception):
    """Ends a request; aiohttp makes an error of its own of it."""


_JSON: Final = "application/json; charset=utf-8"
