"""The channel's side: persons who talk to a bot, and wait for each reply and each 2xx.

It takes care that every turn got its 2xx and exactly the one reply that was expected, and fails
if not: a bot is not fast that does something else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from benchmarks.activities import Line, message
from benchmarks.servers import BenchmarkFailed
from benchmarks.sink import Sink, message_size

_PATH: Final = "/connector"
_SLOWEST: Final = 120.0  # seconds one run may take


@dataclass(slots=True)
class Load:
    """A run of turns as the channel saw it.

    :param latencies: seconds from a message to its 2xx, one a turn.
    :param seconds: from the first message to the last answer.
    """

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Channel:
    """A channel on a loopback port; use it in an ``async with`` block.

    :param is_good: says whether a bearer token is one that the login service issued.
    """

    def __init__(self, is_good: Callable[[str], bool]) -> None:
        self.delay = 0.0
        self.service_url = ""
        self._is_good = is_good
        self._signed_in = False
        self._talkers: dict[bytes, _Talker] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Sink(self), "127.0.0.1", 0, backlog=1024)
        port = self._server.sockets[0].getsockname()[1]
        self.service_url = f"http://127.0.0.1:{port}{_PATH}"
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()

    async def talk(
        self, url: str, speakers: Sequence[Iterator[Line]], *, token: str = "", delay: float = 0.0
    ) -> Load:
        """Have speakers talk to a bot side by side, each one line after the other.

        :param url: where the bot takes activities.
        :param speakers: what each says; one is one connection and one turn in flight.
        :param token: the channel's, for a bot that checks it. The bot must show its own then.
        :param delay: seconds until the connector answers.
        :raises BenchmarkFailed: a turn got no 2xx, or not the one reply that was expected.
        """
        self.delay, self._signed_in = delay, bool(token)
        address = urlsplit(url)
        here = address.hostname or "", address.port or 80
        header = f"\r\nAuthorization: Bearer {token}" if token else ""
        head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}{header}\r\n"
            "Content-Type: application/json; charset=utf-8\r\nContent-Length: "
        ).encode()
        load = Load()
        talkers = [_Talker(self, lines, head, load.latencies) for lines in speakers]
        loop = asyncio.get_running_loop()
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(_SLOWEST):
                for talker in talkers:
                    await loop.create_connection(partial(_same, talker), *here)
                await asyncio.gather(*(talker.done for talker in talkers))
        except TimeoutError:
            raise BenchmarkFailed(f"{url}: turns are not answered") from None
        finally:
            self._talkers.clear()
            for talker in talkers:
                talker.close()
        load.seconds = time.perf_counter() - begin
        return load

    def await_reply(self, conversation: bytes, talker: _Talker | None) -> None:
        """Say who waits for the reply in a conversation; None: nobody does any more."""
        if talker:
            self._talkers[conversation] = talker
        else:
            self._talkers.pop(conversation, None)

    def may_post(self, token: str) -> bool:
        """See :class:`benchmarks.sink.Taker`."""
        return not self._signed_in or self._is_good(token)

    def take(self, conversation: bytes, body: bytes) -> bool:
        """See :class:`benchmarks.sink.Taker`."""
        if talker := self._talkers.get(conversation):
            talker.reply(body)
        return talker is not None


class _Talker(asyncio.Protocol):
    """A speaker's connection to the bot."""

    def __init__(
        self, channel: Channel, lines: Iterator[Line], head: bytes, latencies: list[float]
    ) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._channel = channel
        self._service_url = channel.service_url.encode()
        self._lines = lines
        self._head = head
        self._latencies = latencies
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._line: Line | None = None
        self._begin = 0.0
        self._replied = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if self._line:
            self._channel.await_reply(self._line.conversation, None)
        self._line = line = next(self._lines, None)
        if line is None:
            self.done.set_result(None)
            return
        self._channel.await_reply(line.conversation, self)
        self._replied = False
        body = message(line, self._service_url)
        self._begin = time.perf_counter()
        assert self._transport  # noqa: S101 - connected
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if message_size(self._received) is None:
            return
        status, self._received = self._received[9:12], b""
        if not status.startswith(b"2"):
            self._fail(f"a turn was answered {status.decode()}")
        elif not self._replied:
            self._fail("a turn was answered 2xx without its reply")
        else:
            self._latencies.append(time.perf_counter() - self._begin)
            self._next()

    def reply(self, body: bytes) -> None:
        """Take a reply of the bot; it comes before the 2xx."""
        assert self._line  # noqa: S101 - found by it
        if self._replied:
            self._fail("a turn got two replies")
        elif self._line.expected not in body:
            self._fail(f"expected {self._line.expected!r} in {body!r}")
        self._replied = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the bot closed a connection")

    def _fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(BenchmarkFailed(reason))

    def close(self) -> None:
        """Hang up."""
        if not self.done.cancel():
            with suppress(asyncio.CancelledError):
                self.done.exception()
        if self._transport:
            self._transport.close()


def _same(talker: _Talker) -> _Talker:
    """A factory of protocols where the protocol is there already."""
    return talker
