"""Single requests to channels: pooled, authorised, limited in time, behind a gate.

A connection that hangs is held by one conversation, which sends one activity at a time. With as
many connections a host as there are turns in flight, none waits for another's connection.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

import aiohttp

from turnkeeper.connector.call import Call, Gate
from turnkeeper.connector.session import GatedBody, bearer, open_session
from turnkeeper.deadlines import Deadlines
from turnkeeper.outbound.backoff import reason_of, retry_after
from turnkeeper.outbound.body import read_body
from turnkeeper.outbound.proxy import proxy_for

_NO_TYPE: Final = ("Content-Type",)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel answers.

    :param status: the HTTP status.
    :param body: of the answer; empty where it broke off.
    :param wish: seconds that the channel asks to be left alone.
    """

    status: int
    body: bytes
    wish: float | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There is no answer.

    :param reason: why, in a word; see :func:`turnkeeper.outbound.backoff.reason_of`.
    :param error: as aiohttp raised it; None where no connection was asked for.
    :param held: the gate was closed.
    :param left: the request may have arrived.
    """

    reason: str
    error: Exception | None = None
    held: bool = False
    left: bool = False

    def __str__(self) -> str:
        return self.reason if self.error is None else f"{self.reason}: {type(self.error).__name__}"


class Requests:
    """Makes requests. For the arguments see :class:`turnkeeper.connector.client.Connector`."""

    def __init__(self, *, attempt_timeout: float, connect_timeout: float, per_host: int) -> None:
        self._attempt_timeout = attempt_timeout
        self._connect_timeout = connect_timeout
        self._per_host = per_host
        # They limit the whole of a request. A limit of the session's would cost more.
        self._deadlines = Deadlines()
        self._session: aiohttp.ClientSession | None = None
        self.closed = False

    async def close(self) -> None:
        """Close all connections. Requests under way, and later ones, have no answer."""
        self.closed = True
        if self._session is not None:
            await self._session.close()

    async def make(
        self, call: Call, token: str | None, *, gate: Gate | None = None, room: float = math.inf
    ) -> Answer | NoAnswer:
        """Make one request.

        :param token: what the channel is shown; None for none.
        :param gate: without it the request may always leave.
        :param room: seconds that it may take, where these are fewer than those of any request.
        """
        if self.closed:
            return NoAnswer("the bot is shutting down")
        if call.body is None and gate is not None and not gate():
            # Older versions of aiohttp send headers, which are all there is, ahead of the body.
            return NoAnswer("held", held=True)
        body = GatedBody(call.body or b"", gate)
        response: aiohttp.ClientResponse | None = None
        answer = b""
        try:
            with self._deadlines.limit(min(room, self._attempt_timeout)):
                response = await self._open_session().request(
                    call.method,
                    call.url,
                    data=body,
                    headers=bearer(token),
                    skip_auto_headers=_NO_TYPE if call.body is None else None,
                    allow_redirects=False,
                    proxy=proxy_for(call.url),
                )
                try:
                    answer = await read_body(response, call.limit)
                finally:
                    if response.connection is not None:  # not all was read
                        response.close()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            if response is None:
                return NoAnswer(reason_of(error), error, body.held, body.left)
            # The status says what became of it: what breaks off is the receipt.
        wish = retry_after(response.headers.get("Retry-After"), time.time())
        return Answer(response.status, answer, wish)

    def _open_session(self) -> aiohttp.ClientSession:
        # Made on first use: it belongs to the event loop that runs then.
        if self._session is None:
            self._session = open_session(
                per_host=self._per_host, connect_timeout=self._connect_timeout
            )
        return self._session
