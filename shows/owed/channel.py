"""A channel that answers as it is told, may be away, and keeps a log of all that is posted to it.

An asyncio protocol, since it has to break connections before and after it has read a request, and
to know when a connection ended; and it shares two cores with the bots.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote_to_bytes

from benchmarks.sink import END, message_size
from tests.turnkeeper.ports import reserved_port

_CONVERSATIONS: Final = b"/v3/conversations/"
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: what closes is reset


@dataclass(frozen=True, slots=True)
class Answer:
    """What the channel does with a request.

    :param status: of the HTTP answer; a 2xx takes the activity when its body is there.
    :param after: seconds until it is answered.
    :param retry_after: seconds that it asks the bot to wait.
    :param reset: "before": the connection is reset as the head is there, and nothing is taken;
        "after": the activity is taken, and the connection is reset in place of an answer.
    """

    status: int = 201
    after: float = 0.0
    retry_after: int | None = None
    reset: str = ""


@dataclass(slots=True)
class Post:
    """A request in the log. Times are monotonic.

    :param text: of the activity; "" where it was not read.
    :param begun: when its head was there.
    :param answer: what it got, or was to get.
    :param line: the connection.
    :param taken: whether the channel has taken it.
    :param answered: when it was answered or reset.
    :param cut: whether the channel broke the connection in place of an answer.
    """

    text: str
    begun: float
    answer: Answer
    line: Line
    taken: bool = False
    answered: float = inf
    cut: bool = False

    @property
    def answer_lost(self) -> bool:
        """Whether it was taken, and the channel itself has kept that from the bot."""
        return self.taken and self.cut


Answers = Callable[[str, int], Answer]
"""Gives the answer to a conversation's request; told the conversation and how many came before."""


@dataclass
class Channel:
    """A connector's service, at a port of its own, that listens while the block runs.

    :param answers: by default all is taken at once.
    :param delay: seconds that every answer takes at least.
    :ivar log: the requests by conversation, in order.
    """

    answers: Answers = lambda *_: Answer()
    delay: float = 0.0
    log: dict[str, list[Post]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._lines: set[Line] = set()
        self._stack = ExitStack()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The service URL."""
        return f"http://127.0.0.1:{self._port}"

    def taken(self, conversation: str) -> list[str]:
        """Return the texts that it took in a conversation, in order, with those that came twice."""
        return [post.text for post in self.log.get(conversation, ()) if post.taken]

    async def leave(self) -> None:
        """Be away: refuse connections, and break those there are."""
        if self._server:
            self._server.close()
            self._server = None
        for line in list(self._lines):
            line.reset()

    async def back(self) -> None:
        """Listen, again."""
        loop = asyncio.get_running_loop()
        make = lambda: Line(self, self._lines)  # noqa: E731
        self._server = await loop.create_server(make, "127.0.0.1", self._port, backlog=1024)

    async def __aenter__(self) -> Self:
        """Listen."""
        self._port = self._stack.enter_context(reserved_port())
        await self.back()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        await self.leave()
        self._stack.close()


class Line(asyncio.Protocol):
    """A connection of a bot.

    :param channel: to which.
    :param lines: where it is listed while it is open.
    :ivar ended: when it ended; monotonic.
    """

    def __init__(self, channel: Channel, lines: set[Line]) -> None:
        self._channel = channel
        self._lines = lines
        self._received = b""
        self._post: Post | None = None
        self._transport: asyncio.Transport | None = None
        self.ended = inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
        self._transport = transport
        self._lines.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self.ended = time.monotonic()
        self._lines.discard(self)

    def data_received(self, data: bytes) -> None:
        """Read on; answer what is there as a whole."""
        self._received += data
        if self._post is None and END in self._received:
            self._begin()
        size = message_size(self._received)
        if self._post is None or size is None:
            return
        body = self._received[:size].partition(END)[2]
        self._received = self._received[size:]
        post = self._post
        post.text = json.loads(body).get("text", "")
        post.taken = post.answer.status < 300 and post.answer.reset != "before"  # noqa: PLR2004
        if post.answer.reset:
            self.reset()
        elif wait := max(post.answer.after, self._channel.delay):
            asyncio.get_running_loop().call_later(wait, self._answer)
        else:
            self._answer()

    def reset(self) -> None:
        """Break the connection, by a RST."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._post:
            self._post.cut = True
            self._post.answered = time.monotonic()
        found = self._transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def _begin(self) -> None:
        path = self._received.partition(_CONVERSATIONS)[2].partition(b" ")[0]
        conversation = unquote_to_bytes(path.partition(b"/")[0]).decode()
        posts = self._channel.log[conversation]
        answer = self._channel.answers(conversation, len(posts))
        self._post = Post("", time.monotonic(), answer, self)
        posts.append(self._post)
        if answer.reset == "before":
            if (size := message_size(self._received)) is not None:  # for the log alone
                body = self._received[:size].partition(END)[2]
                self._post.text = json.loads(body).get("text", "")
            self.reset()
            self._post, self._received = None, b""

    def _answer(self) -> None:
        post, self._post = self._post, None
        if post is None or self._transport is None or self._transport.is_closing():
            return
        post.answered = time.monotonic()
        wait = post.answer.retry_after
        asked = b"" if wait is None else b"Retry-After: %d\r\n" % wait
        body = b'{"id":"%d"}' % time.monotonic_ns()
        self._transport.write(
            b"HTTP/1.1 %d .\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b"
            % (post.answer.status, asked, len(body), body)
        )
