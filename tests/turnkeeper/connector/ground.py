"""What the connector's tests stand on: time that is theirs, channels, connections."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from turnkeeper.connector.call import CallObserver
from turnkeeper.connector.client import Connector
from turnkeeper.login.credentials import Secret
from turnkeeper.login.token import TokenSource
from turnkeeper.testing import Cloud

APP = ("11111111-app", "secret")


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Counts:
    """Counts what the connector tells of its requests."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()

    def on_attempt(self, outcome: str) -> None:
        self.attempts[outcome] += 1

    def on_retry(self, reason: str) -> None:
        self.retries[reason] += 1


def message(conversation_id: str, **fields: Any) -> bytes:
    activity = {"type": "message", "text": "hello", "from": {"id": "28:bot"}}
    return json.dumps(activity | {"conversation": {"id": conversation_id}} | fields).encode()


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """A server with one handler, for answers that no script can give; yields its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def authenticated(
    observer: CallObserver | None = None, clock: Clock | None = None, attempt_timeout: float = 5.0
) -> AsyncIterator[tuple[Cloud, Connector]]:
    """A cloud that asks for tokens, and a connector that gets them there."""
    async with Cloud(app_id=APP[0], app_password=APP[1]) as cloud:
        url = f"{cloud.url}/botframework.com/oauth2/v2.0/token"
        token = TokenSource(Secret(url, *APP, scope="https://api.botframework.com/.default"))
        client = Connector(
            token,
            sleep=Clock().sleep,
            observer=observer,
            clock=clock,
            attempt_timeout=attempt_timeout,
        )
        try:
            yield cloud, client
        finally:
            await client.close()
            await token.close()


class Wire:
    """A server of bare connections: it keeps what comes, and answers as it is told.

    :ivar received: the bytes of each connection, in the order of their opening.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.url = ""
        self._answers: list[bytes] = []
        self._changed = asyncio.Condition()
        self._open: list[bool] = []
        self._writer: asyncio.StreamWriter | None = None
        self._answered = asyncio.Event()

    def answers(self, *answers: bytes) -> None:
        """Order what requests are answered, b"" for the end of the connection, then 201."""
        self._answers += answers

    async def wait_for_connections(self, number: int, *, ended: bool = False) -> None:
        """Wait until so many connections have come, or have come and ended."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(
                lambda: len(self._open) >= number and not (ended and any(self._open[:number]))
            )

    async def wait_for_answer(self) -> None:
        """Wait until the next answer has been written."""
        self._answered.clear()
        async with asyncio.timeout(5):
            await self._answered.wait()

    def hang_up(self) -> None:
        """End the connection on which there was the last answer."""
        assert self._writer is not None
        self._writer.close()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        number = len(self._open)
        self._open.append(True)
        self.received.append(b"")
        await self._tell()
        try:
            while data := await reader.read(65536):
                self.received[number] += data
                answer = self._answers.pop(0) if self._answers else CREATED
                if not answer:
                    break
                writer.write(answer)
                self._writer = writer
                self._answered.set()
        except ConnectionError:
            pass
        writer.close()
        self._open[number] = False
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    """A server of bare connections."""
    made = Wire()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """An answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


CREATED = http(201, b'{"id":"7"}')
