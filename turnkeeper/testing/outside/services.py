"""All that a bot talks to, in one aiohttp application on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from turnkeeper.testing.outside.connector import Activity, Connector, texts_of
from turnkeeper.testing.outside.identity import Identity
from turnkeeper.testing.outside.login import Login


class Services:
    """The connector and the login service, on a loopback port while the block runs.

    :param app_id: the bot's app id. With one, bots are asked for the token that was issued to them;
        "" is local mode, where nobody asks for anything.
    :param app_password: the bot's secret.
    :param certificate: the public key (PEM) of the bot's certificate, if it has one.
    :param port: where to listen; 0 takes a free one.
    :param path: the path of the service URL, which bots must keep.
    :param token_lifetime: of the bot's access tokens, in seconds.
    :param clock: tells the connector the seconds since 1970. Tokens go by real time.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        app_id: str = "",
        app_password: str = "",
        *,
        certificate: bytes | None = None,
        port: int = 0,
        path: str = "/connector",
        token_lifetime: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app_id = app_id
        self.port = port
        self.path = path
        self.identity = Identity()
        self.login = Login(
            self.identity, app_id, app_password, certificate=certificate, lifetime=token_lifetime
        )
        self.connector = Connector(path, self.login.is_good if app_id else None, clock)
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """The root: also the login URL for the bot's settings."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def service_url(self) -> str:
        """Where bots post their replies."""
        return self.url + self.path

    @property
    def open_id_metadata_url(self) -> str:
        """Where bots find the channel's keys."""
        return f"{self.url}/v1/.well-known/openidconfiguration"

    def sent(self, conversation_id: str) -> list[Activity]:
        """Return the activities that the channel took for a conversation, in order.

        Each has the ``id`` that the channel gave it.
        """
        return list(self.connector.transcript(conversation_id).sent)

    def updated(self, conversation_id: str) -> list[Activity]:
        """Return the updates that the channel took for a conversation, in order."""
        return list(self.connector.transcript(conversation_id).updated)

    def deleted(self, conversation_id: str) -> list[str]:
        """Return the ids of the activities that the channel was told to delete, in order."""
        return list(self.connector.transcript(conversation_id).deleted)

    def texts(self, conversation_id: str) -> list[str]:
        """Return the texts of the messages among :meth:`sent`."""
        return texts_of(self.sent(conversation_id))

    async def wait_for(
        self, conversation_id: str, count: int, *, seconds: float = 10.0
    ) -> list[Activity]:
        """Wait until a conversation holds ``count`` activities or more; return them all.

        :raises AssertionError: it did not in time; the message says what it holds.
        """
        try:
            await self.connector.wait_until(
                lambda: len(self.sent(conversation_id)) >= count, seconds
            )
        except TimeoutError:
            raise AssertionError(
                f"{conversation_id}: {count} activities awaited, got {self.sent(conversation_id)}"
            ) from None
        return self.sent(conversation_id)

    async def wait_for_requests(self, count: int, *, seconds: float = 10.0) -> None:
        """Wait until ``count`` requests have come to the connector, answered or not.

        :raises AssertionError: they did not in time.
        """
        requests = self.connector.requests
        try:
            await self.connector.wait_until(lambda: len(requests) >= count, seconds)
        except TimeoutError:
            raise AssertionError(f"{count} requests awaited, got {len(requests)}") from None

    async def __aenter__(self) -> Self:
        """Listen."""
        self.port = await listen(self._stack, self.application(), self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self._stack.aclose()

    def application(self) -> web.Application:
        """Return the application, for who serves it at one more place."""
        app = web.Application(client_max_size=16 * 2**20, middlewares=[self.route])
        app.add_routes(self.login.routes())
        return app

    @web.middleware
    async def route(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request; a middleware."""
        # Not by the router: it decodes the path, and ids may decode to anything.
        if request.raw_path.startswith(f"{self.path}/v3/"):
            return await self.connector.handle(request)
        return await handler(request)


async def listen(
    stack: AsyncExitStack, app: web.Application, port: int = 0, *, grace: float = 0.1
) -> int:
    """Serve an application on loopback until a stack is closed, and return the port.

    :param port: 0 takes a free one.
    :param grace: seconds that requests under way have then. A handler of the cloud that waits for
        an event must not hold up the end of a test.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    taken: int = runner.addresses[0][1]
    return taken
